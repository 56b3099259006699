"""News of this room."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.outbox import Event


@dataclass(frozen=True)
class PhotoReceived(Event):
    """Bytes of a photo lie in the store and wait to be cleaned."""

    photo_id: int


@dataclass(frozen=True)
class PhotoDeleted(Event):
    """The row is gone; the files may go too."""

    photo_code: str
