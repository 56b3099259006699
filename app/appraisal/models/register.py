"""What an agency may do and with what: licences, suspensions, instruments and their calibrations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.goods.models import CATEGORIES
from app.kernel.db import Base, BigInt, Day, Instant, JsonText, code_column, one_of, pk
from app.kernel.guards import append_only, closes_once, trigger

ACTIONS = ("granted", "corrected", "withdrawn")


class Licence(Base):
    """One version of an agency's licence for one category. The newest version of a number counts, the earlier ones stay.

    A licence that was never withdrawn is in force from its first to its last day, both in Shanghai.
    """

    __tablename__ = "agency_licence"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    agency_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    category: Mapped[str] = mapped_column(Text)
    licence_no: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInt)  # 1, 2, 3 ... per number and category
    action: Mapped[str] = mapped_column(Text)  # what this version did
    valid_from: Mapped[date] = mapped_column(Day)
    valid_until: Mapped[date] = mapped_column(Day)  # the last day
    reason: Mapped[str] = mapped_column(Text)  # read by everybody
    unmet: Mapped[Any] = mapped_column(JsonText)  # codes of requirements that were not met when it was granted
    application_id: Mapped[int | None] = mapped_column(ForeignKey("agency_application.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # None: the system (the demo town)
    decided_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("licence_no", "category", "version"),
        one_of("category", CATEGORIES),
        one_of("action", ACTIONS),
        CheckConstraint("version >= 1 AND (version = 1) = (action = 'granted')", name="version_fits_action"),
        CheckConstraint("valid_from <= valid_until", name="dates_in_order"),
        CheckConstraint("length(licence_no) BETWEEN 3 AND 60", name="licence_no_length"),
        Index("ix_agency_licence_agency_id", "agency_id", "category"),
    )


append_only(Licence)

# A new version follows its predecessor, a number belongs to one agency, and no two licences of an agency and category overlap.
_MISFIT = (
    "NEW.version <> (SELECT coalesce(max(version), 0) + 1 FROM agency_licence AS own "
    "WHERE own.licence_no = NEW.licence_no AND own.category = NEW.category) "
    "OR EXISTS (SELECT 1 FROM agency_licence AS own WHERE own.licence_no = NEW.licence_no AND own.agency_id <> NEW.agency_id) "
    "OR (NEW.action <> 'withdrawn' AND EXISTS (SELECT 1 FROM agency_licence AS other "
    "WHERE other.agency_id = NEW.agency_id AND other.category = NEW.category AND other.licence_no <> NEW.licence_no "
    "AND other.action <> 'withdrawn' AND other.valid_from <= NEW.valid_until AND NEW.valid_from <= other.valid_until "
    "AND NOT EXISTS (SELECT 1 FROM agency_licence AS later WHERE later.licence_no = other.licence_no "
    "AND later.category = other.category AND later.version > other.version)))"
)
_REFUSED = "versions of a licence follow with no gaps, and its days overlap no other"
trigger(
    "tr_agency_licence_fits",
    "agency_licence",
    sqlite=f"CREATE TRIGGER tr_agency_licence_fits BEFORE INSERT ON agency_licence WHEN {_MISFIT} "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION agency_licence_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM 1 FROM organisation WHERE id = NEW.agency_id FOR NO KEY UPDATE; "  # two at once see one another
        f"IF {_MISFIT} THEN RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = '23514'; END IF; "
        "RETURN NEW; END $$",
        "CREATE TRIGGER tr_agency_licence_fits BEFORE INSERT ON agency_licence "
        "FOR EACH ROW EXECUTE FUNCTION agency_licence_fits()",
    ),
)


class Suspension(Base):
    """The agency takes no new work from ``since_at`` until it is lifted. Only who imposed it can lift it, once."""

    __tablename__ = "agency_suspension"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    agency_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    authority_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))  # the operator, or the regulator
    imposed_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    since_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text)  # read by everybody
    purpose_code: Mapped[str | None] = mapped_column(Text)  # the officer's open purpose
    lifted_at: Mapped[datetime | None] = mapped_column(Instant)
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    lift_reason: Mapped[str | None] = mapped_column(Text)  # read by everybody
    lift_purpose_code: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("length(reason) BETWEEN 10 AND 500", name="reason_length"),
        CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by_id IS NULL) AND (lifted_at IS NULL) = (lift_reason IS NULL)", name="lifted_whole"
        ),
        CheckConstraint("lifted_at IS NULL OR lifted_at >= since_at", name="lifted_after"),
        CheckConstraint("lift_reason IS NULL OR length(lift_reason) BETWEEN 10 AND 500", name="lift_reason_length"),
        Index(
            "uq_agency_suspension_open",
            "agency_id",
            "authority_id",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )


class Instrument(Base):
    """A piece of an agency's equipment. ``kind`` is a key of the schemes' instruments or of the register's own list."""

    __tablename__ = "agency_instrument"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    agency_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(Text)
    maker: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    serial: Mapped[str] = mapped_column(Text)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # None: the system
    added_at: Mapped[datetime] = mapped_column(Instant)
    retired_at: Mapped[datetime | None] = mapped_column(Instant)
    retire_reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("length(maker) >= 1 AND length(model) >= 1 AND length(serial) >= 1", name="named"),
        CheckConstraint("(retired_at IS NULL) = (retire_reason IS NULL)", name="retired_whole"),
        CheckConstraint("retired_at IS NULL OR retired_at >= added_at", name="retired_after"),
        Index(
            "uq_agency_instrument_in_use",  # a tester of several things is there once for each kind
            "kind",
            "maker",
            "model",
            "serial",
            unique=True,
            sqlite_where=text("retired_at IS NULL"),
            postgresql_where=text("retired_at IS NULL"),
        ),
        Index("ix_agency_instrument_agency_id", "agency_id", "kind"),
    )


class Calibration(Base):
    """A laboratory's certificate about an instrument. Never changed; one that is wrong is struck by a decision."""

    __tablename__ = "instrument_calibration"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    instrument_id: Mapped[int] = mapped_column(ForeignKey("agency_instrument.id"))
    done_on: Mapped[date] = mapped_column(Day)
    valid_until: Mapped[date] = mapped_column(Day)  # the last day
    certificate_no: Mapped[str] = mapped_column(Text)
    laboratory: Mapped[str] = mapped_column(Text)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # None: the system
    recorded_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("instrument_id", "certificate_no"),
        CheckConstraint("done_on <= valid_until", name="dates_in_order"),
        CheckConstraint("length(certificate_no) >= 3 AND length(laboratory) >= 2", name="named"),
    )


append_only(Calibration)


closes_once(
    "agency_suspension",
    ("id", "code", "agency_id", "authority_id", "imposed_by_id", "since_at", "reason", "purpose_code"),
    "lifted_at",
    "a suspension can only be lifted, once",
)
closes_once(
    "agency_instrument",
    ("id", "code", "agency_id", "kind", "maker", "model", "serial", "added_by_id", "added_at"),
    "retired_at",
    "an instrument can only be retired, once",
)
