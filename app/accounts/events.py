"""What the accounts room announces."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.outbox import Event


@dataclass(frozen=True)
class UserRegistered(Event):
    """A new person can sign in."""

    user_id: int


@dataclass(frozen=True)
class RegistrationRequested(Event):
    """Somebody typed an address on the registration page; a mail must go there."""

    registration_id: int


@dataclass(frozen=True)
class ResetRequested(Event):
    """Somebody asked for a new password; a mail goes out when the address has an account."""

    reset_id: int


@dataclass(frozen=True)
class PasswordChanged(Event):
    """A password was changed or reset; every older session of the person has ended."""

    user_id: int
