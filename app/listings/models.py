"""Listings, their frozen versions, their photos, and the decisions made about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.goods.models import CATEGORIES
from app.kernel.db import Base, BigInt, Flag, Instant, JsonText, code_column, one_of, pk
from app.kernel.flow import Machine
from app.kernel.guards import append_only, trigger
from app.kernel.money import MAX_FEN
from app.listings.states import CLAIMING, STATES

MAX_PRICE_FEN = MAX_FEN
DECISION_KINDS = ("rules", "approve", "reject", "take_down", "restore")


class Listing(Base, Machine):
    """One offer of one thing. While it is a draft only ``draft`` counts; the other columns are copied from it at publishing."""

    __tablename__ = "listing"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    seller_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    thing_id: Mapped[int | None] = mapped_column(ForeignKey("thing.id"))  # set when it is published for the first time
    category: Mapped[str] = mapped_column(Text)
    schema_id: Mapped[str] = mapped_column(Text)  # "phone-1"
    draft: Mapped[Any] = mapped_column(JsonText)  # the seller's answers as they stand now
    revision: Mapped[int] = mapped_column(BigInt, default=1)  # counts changes of the answers; forms carry it
    current_version_no: Mapped[int] = mapped_column(BigInt, default=0)
    title: Mapped[str] = mapped_column(Text, default="")
    brand: Mapped[str] = mapped_column(Text, default="")
    model: Mapped[str] = mapped_column(Text, default="")
    storage_gb: Mapped[int | None] = mapped_column(BigInt)
    colour: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)  # a type of appliance, a body of cars
    energy: Mapped[str | None] = mapped_column(Text)  # of a car
    first_used: Mapped[str | None] = mapped_column(Text)  # "2019-05": a car's first registration, an appliance's purchase
    mileage_km: Mapped[int | None] = mapped_column(BigInt)
    capacity_tenths: Mapped[int | None] = mapped_column(BigInt)  # tenths of the unit in which its type is sold
    description: Mapped[str] = mapped_column(Text, default="")
    summary: Mapped[Any] = mapped_column(JsonText, default=dict)  # the seller's answers in a few words: {"zh", "en"}
    tier: Mapped[str | None] = mapped_column(Text)  # of the newest signed report about the thing
    report_code: Mapped[str | None] = mapped_column(Text)
    report_status: Mapped[str | None] = mapped_column(Text)  # graded, ungradable, ...
    reported_at: Mapped[datetime | None] = mapped_column(Instant)
    price_fen: Mapped[int | None] = mapped_column(BigInt)
    district: Mapped[str] = mapped_column(Text, default="")
    by_parcel: Mapped[bool] = mapped_column(Flag, default=False)
    by_meeting: Mapped[bool] = mapped_column(Flag, default=False)
    published_at: Mapped[datetime | None] = mapped_column(Instant)  # first time
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    reserved_at: Mapped[datetime | None] = mapped_column(Instant)  # when the last reservation was won
    removed_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # the operator who took it down
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("state", STATES),
        one_of("category", CATEGORIES),
        CheckConstraint(f"price_fen IS NULL OR price_fen BETWEEN 1 AND {MAX_PRICE_FEN}", name="price_range"),
        CheckConstraint(
            "state IN ('draft', 'withdrawn') OR (price_fen IS NOT NULL AND thing_id IS NOT NULL AND current_version_no >= 1 "
            "AND expires_at IS NOT NULL)",
            name="offer_is_whole",
        ),
        CheckConstraint("storage_gb IS NULL OR storage_gb > 0", name="storage_positive"),
        CheckConstraint("mileage_km IS NULL OR mileage_km >= 0", name="mileage_not_negative"),
        CheckConstraint("capacity_tenths IS NULL OR capacity_tenths > 0", name="capacity_positive"),
        CheckConstraint("first_used IS NULL OR length(first_used) = 7", name="first_used_length"),
        CheckConstraint("revision >= 1", name="revision_positive"),
        Index(
            "uq_listing_thing_on_sale",
            "thing_id",
            unique=True,
            sqlite_where=text("state IN ('" + "', '".join(CLAIMING) + "')"),
            postgresql_where=text("state IN ('" + "', '".join(CLAIMING) + "')"),
        ),
        Index("ix_listing_seller_id", "seller_id", "id"),
        Index("ix_listing_state", "state", "published_at"),
        Index("ix_listing_category", "category", "state", "published_at"),
        Index("ix_listing_price", "state", "price_fen", "published_at"),
        Index("ix_listing_model", "brand", "model", "storage_gb"),
    )


_SAFE_CHANGE = "NEW.code {word} OLD.code OR NEW.seller_id {word} OLD.seller_id OR NEW.created_at {word} OLD.created_at"
trigger(
    "tr_listing_is_the_sellers",
    "listing",
    sqlite=f"CREATE TRIGGER tr_listing_is_the_sellers BEFORE UPDATE ON listing WHEN {_SAFE_CHANGE.format(word='IS NOT')} "
    "BEGIN SELECT RAISE(ABORT, 'a listing keeps its seller'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION listing_is_the_sellers() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_SAFE_CHANGE.format(word='IS DISTINCT FROM')} THEN "
        "RAISE EXCEPTION 'a listing keeps its seller' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_listing_is_the_sellers BEFORE UPDATE ON listing "
        "FOR EACH ROW EXECUTE FUNCTION listing_is_the_sellers()",
    ),
)


class ListingChange(Base):
    """The journal of what is on sale: one row for each change of a listing that was or became active, written by triggers.

    Copies in memory (app.search.shelf) read what is newer than they are. Only the last JOURNAL rows are kept.
    """

    __tablename__ = "listing_change"

    id: Mapped[int] = pk()
    listing_id: Mapped[int] = mapped_column(BigInt)


JOURNAL = 100_000
_OLD = f"id <= (SELECT max(id) FROM listing_change) - {JOURNAL}"  # noqa: S608 - constants
# On PostgreSQL what another transaction is just removing is left to it: nobody waits for the journal.
_SKIPPING = f"id IN (SELECT id FROM listing_change WHERE {_OLD} ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED)"  # noqa: S608 - constants


def _journal(verb: str, row: str, condition: str) -> None:
    """Write the journal at this verb, where the condition holds for the row."""
    name, function = f"tr_listing_change_{verb.lower()}", f"listing_change_{verb.lower()}"
    note = f"INSERT INTO listing_change (listing_id) VALUES ({row}.id)"  # noqa: S608 - constants
    forget = "DELETE FROM listing_change WHERE"
    trigger(
        name,
        "listing",
        sqlite=f"CREATE TRIGGER {name} AFTER {verb} ON listing WHEN {condition} BEGIN {note}; {forget} {_OLD}; END",
        postgresql=(
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN {note}; {forget} {_SKIPPING}; RETURN NULL; END $$",
            f"CREATE TRIGGER {name} AFTER {verb} ON listing FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {function}()",
        ),
    )


_journal("INSERT", "NEW", "NEW.state = 'active'")
_journal("UPDATE", "NEW", "NEW.state = 'active' OR OLD.state = 'active'")
_journal("DELETE", "OLD", "OLD.state = 'active'")


class ListingVersion(Base):
    """What was promised at a moment: the canonical snapshot and its hash. Orders point at one. Never changed."""

    __tablename__ = "listing_version"

    id: Mapped[int] = pk()
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"))
    no: Mapped[int] = mapped_column(BigInt)  # 1, 2, 3 ...
    content: Mapped[Any] = mapped_column(JsonText)  # see versions.py
    sha256: Mapped[str] = mapped_column(Text)  # of the canonical content
    price_fen: Mapped[int] = mapped_column(BigInt)
    title: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("listing_id", "no"),
        CheckConstraint("no >= 1", name="no_positive"),
        CheckConstraint(f"price_fen BETWEEN 1 AND {MAX_PRICE_FEN}", name="price_range"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
    )


append_only(ListingVersion)


class ListingPhoto(Base):
    """A photo of a listing. ``position`` orders them; the first is the one on cards. ``shot`` names what it shows."""

    __tablename__ = "listing_photo"

    id: Mapped[int] = pk()
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"))
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id"), unique=True)
    shot: Mapped[str] = mapped_column(Text)  # code of a guided shot, or "other"
    position: Mapped[int] = mapped_column(BigInt)

    __table_args__ = (Index("ix_listing_photo_listing_id", "listing_id", "position"),)


def _photos_in_journal(name: str, event: str, of: str) -> None:
    """What happens to a photo of something on sale is a change of its card. Cards are kept in memory on SQLite only."""
    noted = f"SELECT id FROM listing WHERE state = 'active' AND id {of}"  # noqa: S608 - constants
    trigger(
        name,
        event.rpartition(" ")[2],
        sqlite=f"CREATE TRIGGER {name} AFTER {event} BEGIN INSERT INTO listing_change (listing_id) {noted}; END",
    )


_photos_in_journal("tr_listing_change_photo_insert", "INSERT ON listing_photo", "= NEW.listing_id")
_photos_in_journal("tr_listing_change_photo_update", "UPDATE ON listing_photo", "IN (OLD.listing_id, NEW.listing_id)")
_photos_in_journal("tr_listing_change_photo_delete", "DELETE ON listing_photo", "= OLD.listing_id")
_photos_in_journal(
    "tr_listing_change_photo", "UPDATE ON photo", "IN (SELECT listing_id FROM listing_photo WHERE photo_id = NEW.id)"
)


class ListingDecision(Base):
    """Why a rule, a member of staff or the system acted: the statement of reasons. Never changed."""

    __tablename__ = "listing_decision"

    id: Mapped[int] = pk()
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"))
    version_no: Mapped[int] = mapped_column(BigInt)  # which version it was about
    kind: Mapped[str] = mapped_column(Text)
    rules: Mapped[Any] = mapped_column(JsonText)  # codes of the rules that fired
    reason: Mapped[str] = mapped_column(Text)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # None: the system
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (one_of("kind", DECISION_KINDS), Index("ix_listing_decision_listing_id", "listing_id", "id"))


append_only(ListingDecision)
