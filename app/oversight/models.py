"""Purposes and accesses. Neither the officer nor staff can take back that something was read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, code_column, one_of, pk
from app.kernel.guards import append_only, trigger

WHAT = ("search", "record", "export")


class Purpose(Base):
    """Why an officer reads: a case number and a reason, open from one moment to another."""

    __tablename__ = "purpose"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    officer_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))  # the authority
    case_no: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("length(case_no) BETWEEN 3 AND 60", name="case_no_length"),
        CheckConstraint("length(reason) BETWEEN 10 AND 500", name="reason_length"),
        CheckConstraint("closed_at IS NULL OR closed_at >= opened_at", name="closed_after_opened"),
        Index("ix_purpose_officer_id", "officer_id", "id"),
    )


class AccessRow(Base):
    """One reading, written before anything is read. ``subject_id`` is empty for a search, which shows public names only."""

    __tablename__ = "access_row"

    id: Mapped[int] = pk()
    purpose_id: Mapped[int] = mapped_column(ForeignKey("purpose.id"))
    officer_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    what: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("app_user.id"))
    subject_code: Mapped[str] = mapped_column(Text)  # "" for a search
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("what", WHAT),
        CheckConstraint("(what = 'search') = (subject_id IS NULL)", name="subject_named"),
        Index("ix_access_row_subject_id", "subject_id", "id"),
        Index("ix_access_row_purpose_id", "purpose_id", "id"),
    )


append_only(AccessRow)

_FIXED = ("id", "code", "officer_id", "organisation_id", "case_no", "reason", "opened_at")


def _changed(word: str) -> str:
    return " OR ".join(f"NEW.{column} {word} OLD.{column}" for column in _FIXED)


trigger(
    "tr_purpose_is_fixed",
    "purpose",
    sqlite=f"CREATE TRIGGER tr_purpose_is_fixed BEFORE UPDATE ON purpose WHEN {_changed('IS NOT')} OR OLD.closed_at IS NOT NULL "
    "BEGIN SELECT RAISE(ABORT, 'a purpose can only be closed, once'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION purpose_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_changed('IS DISTINCT FROM')} OR OLD.closed_at IS NOT NULL THEN "
        "RAISE EXCEPTION 'a purpose can only be closed, once' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_purpose_is_fixed BEFORE UPDATE ON purpose FOR EACH ROW EXECUTE FUNCTION purpose_is_fixed()",
    ),
)
trigger(
    "tr_purpose_stays",
    "purpose",
    sqlite="CREATE TRIGGER tr_purpose_stays BEFORE DELETE ON purpose BEGIN SELECT RAISE(ABORT, 'a purpose stays'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION purpose_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'a purpose stays' USING ERRCODE = '23514'; END $$",
        "CREATE TRIGGER tr_purpose_stays BEFORE DELETE ON purpose FOR EACH ROW EXECUTE FUNCTION purpose_stays()",
    ),
)
