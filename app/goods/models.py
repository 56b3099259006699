"""Things, their owners over time, and the numbers that are on sale."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, JsonText, code_column, one_of, pk
from app.kernel.guards import append_only

CATEGORIES = ("phone", "car", "appliance")
CLAIM_KINDS = ("imei", "serial", "vin")
REGISTERED = "registered"  # how the first owner came to the thing


class Thing(Base):
    """One object in the world. ``brand`` and ``model`` are catalogue codes, or "other" with the names in ``attributes``."""

    __tablename__ = "thing"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    category: Mapped[str] = mapped_column(Text)
    brand: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    storage_gb: Mapped[int | None] = mapped_column(BigInt)
    colour: Mapped[str | None] = mapped_column(Text)
    attributes: Mapped[Any] = mapped_column(JsonText)  # further facts of the object by the codes of its attribute schema
    imei: Mapped[str | None] = mapped_column(Text)
    serial: Mapped[str | None] = mapped_column(Text)
    vin: Mapped[str | None] = mapped_column(Text)
    owner_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("category", CATEGORIES),
        CheckConstraint("storage_gb IS NULL OR storage_gb > 0", name="storage_positive"),
        CheckConstraint("imei IS NULL OR length(imei) = 15", name="imei_length"),
        CheckConstraint("vin IS NULL OR length(vin) = 17", name="vin_length"),
        Index("ix_thing_owner_id", "owner_id"),
        Index("ix_thing_imei", "imei"),
        Index("ix_thing_vin", "vin"),
    )


class ThingOwner(Base):
    """Who owned the thing, in order; the last row names the present owner. Never changed."""

    __tablename__ = "thing_owner"

    id: Mapped[int] = pk()
    thing_id: Mapped[int] = mapped_column(ForeignKey("thing.id"))
    seq: Mapped[int] = mapped_column(BigInt)  # 1, 2, 3 ...
    owner_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    acquired_at: Mapped[datetime] = mapped_column(Instant)
    via: Mapped[str] = mapped_column(Text)  # "registered", or the code of the order that brought it

    __table_args__ = (
        UniqueConstraint("thing_id", "seq"),
        CheckConstraint("seq >= 1", name="seq_positive"),
        Index("ix_thing_owner_owner_id", "owner_id"),
    )


append_only(ThingOwner)


class ThingStatement(Base):
    """What an owner said about the thing's repairs when offering it in public, in the words of an appraisal scheme."""

    __tablename__ = "thing_statement"

    id: Mapped[int] = pk()
    thing_id: Mapped[int] = mapped_column(ForeignKey("thing.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    said_at: Mapped[datetime] = mapped_column(Instant)
    version_sha256: Mapped[str] = mapped_column(Text)  # of the listing version in which it stands
    scheme_id: Mapped[str] = mapped_column(Text)  # whose items and answers are meant
    # Item key -> answers that contradict what was said; {} contradicts nothing. None: the owner does not know.
    contradicted_by: Mapped[Any] = mapped_column(JsonText, nullable=True)

    __table_args__ = (Index("ix_thing_statement_thing_id", "thing_id", "id"),)


append_only(ThingStatement)


class ThingClaim(Base):
    """A number that is on sale. While ``released_at`` is empty nobody else can put the same number on sale."""

    __tablename__ = "thing_claim"

    id: Mapped[int] = pk()
    kind: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)
    thing_id: Mapped[int] = mapped_column(ForeignKey("thing.id"))
    holder: Mapped[str] = mapped_column(Text)  # code of the listing
    claimed_at: Mapped[datetime] = mapped_column(Instant)
    released_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        one_of("kind", CLAIM_KINDS),
        Index(
            "uq_thing_claim_on_sale",
            "kind",
            "value",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
        Index("ix_thing_claim_thing_id", "thing_id"),
    )
