"""Tables of peer reviews. The database itself refuses a second person who knows the grade, and a report that slips past."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.goods.models import CATEGORIES
from app.kernel.db import Base, BigInt, Instant, JsonText, code_column, one_of, pk
from app.kernel.flow import Machine
from app.kernel.guards import append_only, closes_once, trigger
from app.peerreviews.states import REVIEW_FLOW, WITH_SOMEBODY

REVIEWER, SENIOR = "reviewer", "senior"
ANSWERS = ("handed_in", "decided", "passed", "timed_out", "ended")
AGREES, DIFFERED = "agree", "differ"
STANDS, LOOK_AGAIN = "stands", "look_again"
NOBODY = "nobody"  # staff_reason: nobody can be drawn

_NAMED = ", ".join(f"'{state}'" for state in WITH_SOMEBODY)


class PeerReview(Machine, Base):
    """The second look that one order's first report waits for."""

    __tablename__ = "peer_review"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"), unique=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("report_draft.id"))  # the first one, on which the second look is blind
    agency_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    appraiser_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    category: Mapped[str] = mapped_column(Text)
    reasons: Mapped[Any] = mapped_column(JsonText)  # of rules.NEW, VALUE, DRAWN
    basis: Mapped[Any] = mapped_column(JsonText)  # the figures that the reasons follow from
    created_at: Mapped[datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # who is to act now
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    answers: Mapped[Any] = mapped_column(JsonText)  # of the second person, so far
    answers_rev: Mapped[int] = mapped_column(BigInt, default=0)  # counts saves: two devices cannot overwrite each other
    staff_reason: Mapped[str | None] = mapped_column(Text)  # why staff are shown it

    __table_args__ = (
        one_of("state", REVIEW_FLOW.states),
        one_of("category", CATEGORIES),
        CheckConstraint("person_id IS NULL OR person_id <> appraiser_id", name="another_person"),
        CheckConstraint(f"state NOT IN ({_NAMED}) OR (person_id IS NOT NULL AND due_at IS NOT NULL)", name="somebody_named"),
        CheckConstraint("staff_reason IS NULL OR staff_reason = 'nobody'", name="staff_reason_known"),
        Index("ix_peer_review_person_id", "person_id"),
        Index("ix_peer_review_state", "state", "id"),
    )


class Asking(Base):
    """One person who was asked: for the second look, or as a senior to decide. By draw, or by staff."""

    __tablename__ = "peer_review_asking"

    id: Mapped[int] = pk()
    review_id: Mapped[int] = mapped_column(ForeignKey("peer_review.id"))
    no: Mapped[int] = mapped_column(BigInt)  # 1, 2, 3 ...
    role: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))  # for which the person works
    by: Mapped[str] = mapped_column(Text)  # draw or staff
    considered: Mapped[Any] = mapped_column(JsonText)  # public codes of those among whom it was drawn, in their order
    asked_at: Mapped[datetime] = mapped_column(Instant)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str | None] = mapped_column(Text)  # the person's words when passing it on

    __table_args__ = (
        UniqueConstraint("review_id", "no"),
        one_of("role", (REVIEWER, SENIOR)),
        one_of("by", ("draw", "staff")),
        CheckConstraint("answer IS NULL OR answer IN (" + ", ".join(f"'{each}'" for each in ANSWERS) + ")", name="answer_known"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_with_time"),
        Index("ix_peer_review_asking_person_id", "person_id", "id"),
    )


class ReviewResult(Base):
    """Both grades side by side: of one draft, and of the second look. ``content`` is canonical text, ``sha256`` its hash."""

    __tablename__ = "peer_review_result"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    review_id: Mapped[int] = mapped_column(ForeignKey("peer_review.id"))
    draft_id: Mapped[int] = mapped_column(ForeignKey("report_draft.id"), unique=True)
    no: Mapped[int] = mapped_column(BigInt)  # 1: blind; later ones compare a draft of after the appraiser looked again
    appraiser_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    outcome: Mapped[str] = mapped_column(Text)
    steps: Mapped[int | None] = mapped_column(BigInt)  # tiers by which the draft is better than the second look
    critical_misses: Mapped[int] = mapped_column(BigInt)
    content: Mapped[Any] = mapped_column(JsonText)
    sha256: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("review_id", "no"),
        one_of("outcome", (AGREES, DIFFERED)),
        CheckConstraint("reviewer_id <> appraiser_id", name="another_person"),
        CheckConstraint("steps IS NULL OR steps BETWEEN -20 AND 20", name="steps_believable"),
        CheckConstraint("outcome <> 'agree' OR (steps IS NOT NULL AND steps = 0)", name="same_grade_when_agreed"),
        CheckConstraint("critical_misses >= 0", name="misses_counted"),
    )


class ReviewDecision(Base):
    """A senior's word on two grades that differ, with the reason."""

    __tablename__ = "peer_review_decision"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    result_id: Mapped[int] = mapped_column(ForeignKey("peer_review_result.id"), unique=True)
    appraiser_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    decision: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("decision", (STANDS, LOOK_AGAIN)),
        CheckConstraint("by_id <> appraiser_id AND by_id <> reviewer_id", name="third_person"),
        CheckConstraint("length(reason) BETWEEN 10 AND 500", name="reason_length"),
    )


append_only(ReviewResult)
append_only(ReviewDecision)
closes_once(
    "peer_review_asking",
    ("id", "review_id", "no", "role", "person_id", "agency_id", '"by"', "considered", "asked_at"),  # by: a word of PL/pgSQL
    "answered_at",
    "who was asked stays; an answer is given once",
)


def _refuse(name: str, table: str, verb: str, when: str, sentence: str) -> None:
    """A trigger that refuses rows for which ``when`` holds."""
    function = name.removeprefix("tr_")
    end = "OLD" if verb == "DELETE" else "NEW"
    trigger(
        name,
        table,
        sqlite=f"CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {when.replace('IS DISTINCT FROM', 'IS NOT')} "
        f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END",
        postgresql=(
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {when} THEN RAISE EXCEPTION '{sentence}' USING ERRCODE = '23514'; END IF; RETURN {end}; END $$",
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()",
        ),
    )


_FIXED = ("id", "code", "appraisal_id", "draft_id", "agency_id", "appraiser_id", "category", "reasons", "basis", "created_at")
_refuse(
    "tr_peer_review_is_fixed",
    "peer_review",
    "UPDATE",
    " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in _FIXED)
    + " OR (NEW.answers IS DISTINCT FROM OLD.answers AND OLD.state <> 'asked')",
    "a peer review stays what it was asked for; its answers end with the handing in",
)
_refuse("tr_peer_review_stays", "peer_review", "DELETE", "OLD.id IS NOT NULL", "peer reviews stay")
_refuse(
    "tr_peer_review_result_blind",
    "peer_review_result",
    "INSERT",
    "NOT EXISTS (SELECT 1 FROM peer_review p, report_draft d WHERE p.id = NEW.review_id AND d.id = NEW.draft_id "
    "AND d.appraisal_id = p.appraisal_id AND d.appraiser_id = NEW.appraiser_id "
    "AND COALESCE(d.reviewer_id, 0) <> NEW.reviewer_id) "
    "OR (NEW.no > 1 AND NOT EXISTS (SELECT 1 FROM peer_review_result r WHERE r.review_id = NEW.review_id AND r.no = 1 "
    "AND r.reviewer_id = NEW.reviewer_id))",
    "sealed: a second look is of somebody who has not signed the first",
)
_refuse(
    "tr_peer_review_decision_fits",
    "peer_review_decision",
    "INSERT",
    "NOT EXISTS (SELECT 1 FROM peer_review_result r WHERE r.id = NEW.result_id AND r.outcome = 'differ' "
    "AND r.appraiser_id = NEW.appraiser_id AND r.reviewer_id = NEW.reviewer_id)",
    "sealed: a decision needs two grades that differ",
)
# The first report of an order that a second look was asked for is the draft that it agreed with, or that a senior let stand.
_refuse(
    "tr_appraisal_report_second_look",
    "appraisal_report",
    "INSERT",
    "NEW.no = 1 AND EXISTS (SELECT 1 FROM peer_review p WHERE p.appraisal_id = NEW.appraisal_id) "
    "AND NOT EXISTS (SELECT 1 FROM peer_review_result r WHERE r.draft_id = NEW.draft_id AND (r.outcome = 'agree' "
    "OR EXISTS (SELECT 1 FROM peer_review_decision x WHERE x.result_id = r.id AND x.decision = 'stands')))",
    "a report is sealed by its second look",
)
