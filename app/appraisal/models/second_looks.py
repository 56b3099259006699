"""A signed report is looked at a second time, blind, by another agency: which report, by which orders, and what came out.

Why it happens, who asked and who pays is told by the room of re-inspections. Here stands what a report's readers must know, and
what keeps the second appraiser from seeing the first result.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Instant, one_of, pk
from app.kernel.guards import append_only, closes_once, trigger

BLIND, CONTEST = "blind", "contest"  # drawn by lot, or asked for by somebody who doubts the grade; the words of agreements
UPHELD, AMENDED, NO_RESULT = "upheld", "amended", "none"
OUTCOMES = (UPHELD, AMENDED, NO_RESULT)


class SecondLook(Base):
    """One second look at one report. It ends once: the grade stands, the second report takes its place, or nothing came of it."""

    __tablename__ = "second_look"

    id: Mapped[int] = pk()
    report_id: Mapped[int] = mapped_column(ForeignKey("appraisal_report.id"))
    kind: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str | None] = mapped_column(Text)
    second_report_id: Mapped[int | None] = mapped_column(ForeignKey("appraisal_report.id"))

    __table_args__ = (
        one_of("kind", (BLIND, CONTEST)),
        CheckConstraint("outcome IS NULL OR outcome IN ('upheld', 'amended', 'none')", name="outcome_known"),
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended_with_outcome"),
        CheckConstraint("(second_report_id IS NOT NULL) = (outcome IS NOT NULL AND outcome <> 'none')", name="result_has_report"),
        CheckConstraint("second_report_id IS NULL OR second_report_id <> report_id", name="two_reports"),
        CheckConstraint("ended_at IS NULL OR ended_at >= begun_at", name="ended_after"),
        Index(
            "uq_second_look_open",
            "report_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_second_look_report_id", "report_id", "id"),
    )


closes_once("second_look", ("id", "report_id", "kind", "begun_at"), "ended_at", "a second look ends once")


class SecondLookOrder(Base):
    """An order by which another agency looks at the thing. An agency that declines is followed by the next one's order."""

    __tablename__ = "second_look_order"

    id: Mapped[int] = pk()
    second_look_id: Mapped[int] = mapped_column(ForeignKey("second_look.id"), index=True)
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"), unique=True)


append_only(SecondLookOrder)

# The second look is of the same thing and by another agency, whatever code writes it.
_MISFIT = (
    "NOT EXISTS (SELECT 1 FROM second_look s JOIN appraisal_report r ON r.id = s.report_id "
    "JOIN appraisal a ON a.id = NEW.appraisal_id "
    "WHERE s.id = NEW.second_look_id AND a.thing_id = r.thing_id AND a.agency_id <> r.agency_id)"
)
_REFUSED = "sealed: a second look is of the same thing and by another agency"
trigger(
    "tr_second_look_order_fits",
    "second_look_order",
    sqlite=f"CREATE TRIGGER tr_second_look_order_fits BEFORE INSERT ON second_look_order WHEN {_MISFIT} "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION second_look_order_fits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_MISFIT} THEN RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_second_look_order_fits BEFORE INSERT ON second_look_order "
        "FOR EACH ROW EXECUTE FUNCTION second_look_order_fits()",
    ),
)
