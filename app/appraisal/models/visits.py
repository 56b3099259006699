"""Where and when a thing meets its appraiser, and in whose hands it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, JsonText, code_column, one_of, pk
from app.kernel.guards import append_only

WAYS = ("visit", "bring", "send")
BACK_WAYS = ("fetch", "parcel")
HOLDERS = ("owner", "carrier", "agency")
CUSTODY_KINDS = ("sent", "received", "sent_back", "returned")


class Place(Base):
    """Where an agency measures. ``kinds``: what it has of the places that schemes name (workshop, lift, hub)."""

    __tablename__ = "appraisal_place"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    agency_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    district: Mapped[str] = mapped_column(Text)  # code of goods' list of districts
    address: Mapped[str] = mapped_column(Text)
    kinds: Mapped[Any] = mapped_column(JsonText)
    created_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)  # offered no more; earlier orders keep it

    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 2 AND 40", name="name_length"),
        CheckConstraint("length(address) BETWEEN 4 AND 120", name="address_length"),
    )


class Slot(Base):
    """A time that an agency offers at one of its places, for one order."""

    __tablename__ = "appraisal_slot"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    place_id: Mapped[int] = mapped_column(ForeignKey("appraisal_place.id"))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)  # taken back by the agency while nobody had booked it

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index("ix_appraisal_slot_place", "place_id", "starts_at"),
    )


class Handing(Base):
    """How the thing of one order comes to the appraiser and back. Personal data is sealed."""

    __tablename__ = "appraisal_handing"

    id: Mapped[int] = pk()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"), unique=True)
    way: Mapped[str | None] = mapped_column(Text)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("appraisal_place.id"))
    slot_id: Mapped[int | None] = mapped_column(ForeignKey("appraisal_slot.id"), unique=True)  # a time belongs to one order
    digits_sealed: Mapped[str | None] = mapped_column(Text)  # six digits that the owner shows at the next hand-over
    wrong_tries: Mapped[int] = mapped_column(BigInt, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Instant)
    come_due_at: Mapped[datetime | None] = mapped_column(Instant)
    back_way: Mapped[str | None] = mapped_column(Text)
    back_address_sealed: Mapped[str | None] = mapped_column(Text)  # only for a parcel
    back_due_at: Mapped[datetime | None] = mapped_column(Instant)  # until when it should be with its owner again

    __table_args__ = (
        CheckConstraint("way IS NULL OR way IN ('visit', 'bring', 'send')", name="way_known"),
        CheckConstraint("back_way IS NULL OR back_way IN ('fetch', 'parcel')", name="back_way_known"),
        CheckConstraint("way IS NULL OR way <> 'visit' OR slot_id IS NOT NULL", name="visit_has_slot"),
        CheckConstraint("wrong_tries >= 0", name="wrong_tries_not_negative"),
    )


class CustodyEntry(Base):
    """One step of the thing from hand to hand. The last row says who holds it. Never changed.

    A hand-over counts when both sides took part: across a table by the owner's six digits (``confirmed`` is "digits"), by
    parcel by two rows, of whoever sent it and of whoever received it.
    """

    __tablename__ = "appraisal_custody"

    id: Mapped[int] = pk()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"))
    no: Mapped[int] = mapped_column(BigInt)  # 1, 2, 3 ...
    kind: Mapped[str] = mapped_column(Text)
    holder: Mapped[str] = mapped_column(Text)  # who has it after this step
    confirmed: Mapped[str] = mapped_column(Text)  # digits (both at one table) or parcel
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))  # who wrote it down
    place_id: Mapped[int | None] = mapped_column(ForeignKey("appraisal_place.id"))
    seal_no: Mapped[str | None] = mapped_column(Text)  # of the bag or label that was closed, or was found
    discrepancy: Mapped[str | None] = mapped_column(Text)  # what was not as it should be, in words
    carrier: Mapped[str | None] = mapped_column(Text)
    tracking_no: Mapped[str | None] = mapped_column(Text)
    photos: Mapped[Any] = mapped_column(JsonText)  # codes of photos
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("appraisal_id", "no"),
        one_of("kind", CUSTODY_KINDS),
        one_of("holder", HOLDERS),
        one_of("confirmed", ("digits", "parcel")),
    )


append_only(CustodyEntry)


class Absence(Base):
    """One side of a booked time at a place of the agency says that the other one was not there. Each side once for one time."""

    __tablename__ = "appraisal_absence"

    id: Mapped[int] = pk()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("appraisal_slot.id"))
    absent: Mapped[str] = mapped_column(Text)  # who was not there, as the other side says
    words: Mapped[str] = mapped_column(Text)  # both sides and staff read them
    said_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    said_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("appraisal_id", "slot_id", "absent"),
        one_of("absent", ("owner", "agency")),
        CheckConstraint("length(words) BETWEEN 4 AND 500", name="words_length"),
    )


append_only(Absence)
