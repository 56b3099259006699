"""What the notices room announces."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.outbox import Event


@dataclass(frozen=True)
class MailQueued(Event):
    """A mail is written down and waits to be sent."""

    mail_id: int
