"""Public keys of those who sign reports. No private key ever lies here, or anywhere on the marketplace's machine."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Instant, one_of, pk
from app.kernel.guards import append_only

REVOKED_FOR = ("lost", "stolen", "replaced", "left", "other")


class SigningKey(Base):
    """One public key, kept for ever: old reports need it. ``proof`` is the holder's signature over our challenge."""

    __tablename__ = "signing_key"

    id: Mapped[int] = pk()
    kid: Mapped[str] = mapped_column(Text, unique=True)  # beginning of the SHA-256 of the public key
    public_key: Mapped[str] = mapped_column(Text, unique=True)  # 32 bytes as 64 hexadecimal digits
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # None: held by the operator, for the demo
    label: Mapped[str] = mapped_column(Text)  # what the holder calls it
    registered_at: Mapped[datetime] = mapped_column(Instant)  # signs from then on
    until_at: Mapped[datetime | None] = mapped_column(Instant)  # the end that was planned when it was registered
    challenge: Mapped[str] = mapped_column(Text)
    proof: Mapped[str] = mapped_column(Text)  # 64 bytes as 128 hexadecimal digits

    __table_args__ = (
        CheckConstraint("length(kid) = 16", name="kid_length"),
        CheckConstraint("length(public_key) = 64", name="public_key_length"),
        CheckConstraint("length(label) BETWEEN 1 AND 60", name="label_length"),
        CheckConstraint("until_at IS NULL OR until_at > registered_at", name="until_after_start"),
        Index("ix_signing_key_holder_id", "holder_id"),
    )


class KeyRevocation(Base):
    """A key that signs no more. What it signed before stays valid, with a note."""

    __tablename__ = "key_revocation"

    id: Mapped[int] = pk()
    key_id: Mapped[int] = mapped_column(ForeignKey("signing_key.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    reason: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)  # what happened, as the person said it; may be empty
    revoked_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (UniqueConstraint("key_id"), one_of("reason", REVOKED_FOR))


append_only(SigningKey)
append_only(KeyRevocation)
