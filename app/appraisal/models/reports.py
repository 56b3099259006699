"""Signed reports."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Day, Instant, JsonText, code_column, one_of, pk
from app.kernel.guards import append_only, trigger

STATUSES = ("graded", "ungradable", "unsafe", "recycle_only", "prohibited", "accident", "not_tradable")  # of all schemes


class Report(Base):
    """A signed report: canonical content and its hash. A correction is a new row with the next ``no``."""

    __tablename__ = "appraisal_report"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"))
    no: Mapped[int] = mapped_column(BigInt)
    thing_id: Mapped[int] = mapped_column(ForeignKey("thing.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    appraiser_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    scheme_id: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    tier: Mapped[str | None] = mapped_column(Text)
    score: Mapped[str | None] = mapped_column(Text)  # decimal text with one digit; None where the scheme allows no score
    content: Mapped[Any] = mapped_column(JsonText)  # RFC 8785 text of the whole report
    sha256: Mapped[str] = mapped_column(Text)  # of that text
    signed_at: Mapped[datetime] = mapped_column(Instant)
    draft_id: Mapped[int | None] = mapped_column(  # carries the signatures; None: an older report, signed by typed name
        ForeignKey("report_draft.id")
    )
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # the senior who also signed
    valid_until: Mapped[date | None] = mapped_column(Day)  # last day; None: an older report without one
    seen: Mapped[Any | None] = mapped_column(JsonText)  # facts of the thing that lists show, as they were on that day

    __table_args__ = (
        one_of("status", STATUSES),
        CheckConstraint("(status IN ('graded', 'accident')) = (tier IS NOT NULL)", name="tier_only_when_graded"),
        UniqueConstraint("appraisal_id", "no"),
        Index("ix_appraisal_report_thing_id", "thing_id", "id"),
    )


class ReportRevocation(Base):
    """A report that its agency or the operator has withdrawn, with the reason that everybody can read."""

    __tablename__ = "report_revocation"

    id: Mapped[int] = pk()
    report_id: Mapped[int] = mapped_column(ForeignKey("appraisal_report.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    reason: Mapped[str] = mapped_column(Text)
    revoked_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (UniqueConstraint("report_id"), CheckConstraint("length(reason) BETWEEN 1 AND 500", name="reason_length"))


append_only(Report)
append_only(ReportRevocation)

# A report made from a draft is that draft, signed by everybody who must sign; a car's also by somebody who is not the appraiser.
_UNSIGNED = (
    "NEW.draft_id IS NOT NULL AND (NOT EXISTS (SELECT 1 FROM report_draft d WHERE d.id = NEW.draft_id AND d.sha256 = NEW.sha256 "
    "AND d.content = NEW.content AND d.code = NEW.code AND d.appraisal_id = NEW.appraisal_id "
    "AND d.appraiser_id = NEW.appraiser_id AND COALESCE(d.reviewer_id, 0) = COALESCE(NEW.reviewer_id, 0)) "
    "OR (NEW.reviewer_id IS NULL AND EXISTS (SELECT 1 FROM thing t WHERE t.id = NEW.thing_id AND t.category = 'car')) "
    "OR NOT (EXISTS (SELECT 1 FROM report_signature s WHERE s.draft_id = NEW.draft_id AND s.role = 'operator') "
    "OR (EXISTS (SELECT 1 FROM report_signature s WHERE s.draft_id = NEW.draft_id AND s.role = 'appraiser') "
    "AND (NEW.reviewer_id IS NULL "
    "OR EXISTS (SELECT 1 FROM report_signature s WHERE s.draft_id = NEW.draft_id AND s.role = 'reviewer')))))"
)
trigger(
    "tr_appraisal_report_signed",
    "appraisal_report",
    sqlite=f"CREATE TRIGGER tr_appraisal_report_signed BEFORE INSERT ON appraisal_report WHEN {_UNSIGNED} "
    "BEGIN SELECT RAISE(ABORT, 'a report is sealed by the signatures of its draft'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION appraisal_report_signed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_UNSIGNED} THEN "
        "RAISE EXCEPTION 'a report is sealed by the signatures of its draft' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_appraisal_report_signed BEFORE INSERT ON appraisal_report "
        "FOR EACH ROW EXECUTE FUNCTION appraisal_report_signed()",
    ),
)

# A next version keeps the grade, and follows only a report that still speaks for its thing: not withdrawn, not contested, not
# looked at by somebody whose report is signed and not yet decided about, none of a second look that only confirms, and no other
# inspection has taken its place since. See queries.standing.silenced and service.freezing.
_SILENCED = (
    "NEW.no > 1 AND (EXISTS (SELECT 1 FROM appraisal_report p WHERE p.appraisal_id = NEW.appraisal_id AND p.no = NEW.no - 1 "
    "AND (p.status <> NEW.status OR COALESCE(p.tier, '') <> COALESCE(NEW.tier, ''))) "
    "OR EXISTS (SELECT 1 FROM report_revocation v JOIN appraisal_report p ON p.id = v.report_id "
    "WHERE p.appraisal_id = NEW.appraisal_id AND p.no = NEW.no - 1) "
    "OR EXISTS (SELECT 1 FROM second_look l JOIN appraisal_report p ON p.id = l.report_id "
    "WHERE p.appraisal_id = NEW.appraisal_id AND l.ended_at IS NULL AND (l.kind = 'contest' OR EXISTS (SELECT 1 "
    "FROM second_look_order q JOIN appraisal_report r ON r.appraisal_id = q.appraisal_id WHERE q.second_look_id = l.id))) "
    "OR EXISTS (SELECT 1 FROM second_look_order q JOIN second_look l ON l.id = q.second_look_id "
    "WHERE q.appraisal_id = NEW.appraisal_id AND COALESCE(l.outcome, '') <> 'amended') "
    "OR EXISTS (SELECT 1 FROM appraisal_report o WHERE o.thing_id = NEW.thing_id AND o.appraisal_id <> NEW.appraisal_id "
    "AND o.id > (SELECT MAX(p.id) FROM appraisal_report p WHERE p.appraisal_id = NEW.appraisal_id) "
    "AND NOT EXISTS (SELECT 1 FROM second_look_order q JOIN second_look l ON l.id = q.second_look_id "
    "WHERE q.appraisal_id = o.appraisal_id AND COALESCE(l.outcome, '') <> 'amended')))"
)
_TAKES_NO_PLACE = "sealed: a correction overturns no grade, withdrawal, contest or later inspection"
trigger(
    "tr_appraisal_report_corrects",
    "appraisal_report",
    sqlite=f"CREATE TRIGGER tr_appraisal_report_corrects BEFORE INSERT ON appraisal_report WHEN {_SILENCED} "
    f"BEGIN SELECT RAISE(ABORT, '{_TAKES_NO_PLACE}'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION appraisal_report_corrects() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_SILENCED} THEN RAISE EXCEPTION '{_TAKES_NO_PLACE}' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_appraisal_report_corrects BEFORE INSERT ON appraisal_report "
        "FOR EACH ROW EXECUTE FUNCTION appraisal_report_corrects()",
    ),
)
