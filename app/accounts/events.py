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


@dataclass(frozen=True)
class InvitationMade(Event):
    """Somebody is asked to take a role; a mail must go there."""

    invitation_id: int


@dataclass(frozen=True)
class MemberJoined(Event):
    """A person has a new role in an organisation."""

    membership_id: int


@dataclass(frozen=True)
class MemberLeft(Event):
    """A person no longer has a role in an organisation."""

    membership_id: int
    reason: str  # empty: they left by themselves


@dataclass(frozen=True)
class InvitationDeclined(Event):
    """Somebody does not want the role that was offered."""

    invitation_id: int
