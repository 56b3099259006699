"""Why a report is looked at again, who asked, and what became of the deposit and of the grade."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.appraisal.models.second_looks import BLIND, CONTEST
from app.kernel.db import Base, BigInt, Flag, Instant, JsonText, code_column, one_of, pk
from app.kernel.flow import Machine
from app.kernel.guards import REFUSE_CHANGE, append_only, trigger
from app.kernel.money import MAX_FEN
from app.reinspection.states import DECIDED, OPEN, REINSPECTION_FLOW

SIDES = ("owner", "buyer")  # as what somebody contests: the thing is theirs (the seller, a next owner), or they are buying it
STAFF_REASONS = ("nobody", "busy", "slow")  # why staff must look at it
LONGEST_REASON = 1000
MOST_PHOTOS = 6


def _listed(words: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{word}'" for word in words) + ")"


_OPEN = f"state IN {_listed(OPEN)}"


class Reinspection(Machine, Base):
    """One re-inspection of one report. A contest has somebody who asked, their reasons and a deposit; a drawn one has none."""

    __tablename__ = "reinspection"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    report_id: Mapped[int] = mapped_column(ForeignKey("appraisal_report.id"))
    kind: Mapped[str] = mapped_column(Text)  # blind or contest
    created_at: Mapped[datetime] = mapped_column(Instant)
    terms_id: Mapped[str] = mapped_column(Text)  # see terms.yaml
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # who contests
    side: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    photos: Mapped[Any | None] = mapped_column(JsonText)  # codes of the photos that were sent with the reasons
    deposit_fen: Mapped[int | None] = mapped_column(BigInt)
    payment_code: Mapped[str | None] = mapped_column(ForeignKey("payment.code"), unique=True)
    pay_due_at: Mapped[datetime | None] = mapped_column(Instant)

    paid_at: Mapped[datetime | None] = mapped_column(Instant)
    second_look_id: Mapped[int | None] = mapped_column(ForeignKey("second_look.id"), unique=True)
    show_due_at: Mapped[datetime | None] = mapped_column(Instant)  # until when the agency of the day should have begun
    staff_reason: Mapped[str | None] = mapped_column(Text)  # why staff must look at it now
    end_reason: Mapped[str | None] = mapped_column(Text)  # why no result is possible, in words for those concerned

    # Said once, with the end: where the deposit goes, and how the two results compare.
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    refund_fen: Mapped[int | None] = mapped_column(BigInt)  # of the deposit, back to who paid it
    spent_fen: Mapped[int | None] = mapped_column(BigInt)  # of the deposit, to the second agency
    platform_fen: Mapped[int | None] = mapped_column(BigInt)  # paid to the second agency by the platform
    steps: Mapped[int | None] = mapped_column(BigInt)  # tiers by which the first report was better; None: not comparable
    critical_misses: Mapped[int | None] = mapped_column(BigInt)
    is_liable: Mapped[bool | None] = mapped_column(Flag)  # whether the first appraiser answers for the error

    __table_args__ = (
        one_of("state", REINSPECTION_FLOW.states),
        one_of("kind", (BLIND, CONTEST)),
        CheckConstraint(f"side IS NULL OR side IN {_listed(SIDES)}", name="side_known"),
        CheckConstraint(f"staff_reason IS NULL OR staff_reason IN {_listed(STAFF_REASONS)}", name="staff_reason_known"),
        CheckConstraint(
            "(kind = 'contest') = (by_id IS NOT NULL) AND (kind = 'contest') = (side IS NOT NULL) "
            "AND (kind = 'contest') = (reason IS NOT NULL) AND (kind = 'contest') = (deposit_fen IS NOT NULL) "
            "AND (kind = 'contest') = (payment_code IS NOT NULL) AND (kind = 'contest') = (pay_due_at IS NOT NULL)",
            name="contest_is_whole",
        ),
        CheckConstraint(f"reason IS NULL OR length(reason) BETWEEN 10 AND {LONGEST_REASON}", name="reason_length"),
        CheckConstraint(f"deposit_fen IS NULL OR deposit_fen BETWEEN 1 AND {MAX_FEN}", name="deposit_range"),
        CheckConstraint("state <> 'awaiting_deposit' OR kind = 'contest'", name="only_contests_are_paid"),
        CheckConstraint(
            f"kind <> 'contest' OR state NOT IN {_listed(('seeking', 'with_agency', *DECIDED))} OR paid_at IS NOT NULL",
            name="paid_before_agency",
        ),
        CheckConstraint(
            f"state NOT IN {_listed(('seeking', 'with_agency', *DECIDED))} OR second_look_id IS NOT NULL", name="look_known"
        ),
        CheckConstraint(
            "(settled_at IS NULL AND refund_fen IS NULL AND spent_fen IS NULL AND platform_fen IS NULL) OR "
            "(settled_at IS NOT NULL AND paid_at IS NOT NULL AND refund_fen >= 0 AND spent_fen >= 0 AND platform_fen >= 0 "
            "AND refund_fen + spent_fen = deposit_fen)",
            name="split_whole",
        ),
        CheckConstraint(
            f"paid_at IS NULL OR state IN {_listed(OPEN)} OR settled_at IS NOT NULL", name="ended_deposit_is_settled"
        ),
        CheckConstraint(
            f"(state NOT IN {_listed(DECIDED)} OR critical_misses IS NOT NULL) AND "
            f"(critical_misses IS NULL OR (is_liable IS NOT NULL AND state IN {_listed(('with_agency', *DECIDED))}))",
            name="decided_is_compared",
        ),
        CheckConstraint("steps IS NULL OR (critical_misses IS NOT NULL AND steps BETWEEN -20 AND 20)", name="steps_believable"),
        CheckConstraint("state <> 'closed' OR end_reason IS NOT NULL", name="closed_has_reason"),
        Index("uq_reinspection_open", "report_id", unique=True, sqlite_where=text(_OPEN), postgresql_where=text(_OPEN)),
        Index("ix_reinspection_report_id", "report_id", "id"),
        Index("ix_reinspection_by_id", "by_id", "id"),
    )


class Liability(Base):
    """What the first agency answers for after an amended grade, fen: said once, with the result. No row: for nothing.

    ``paid_fen`` came out of what the agency had earned, ``debt_fen`` is set against what it earns next.
    """

    __tablename__ = "reinspection_liability"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    reinspection_id: Mapped[int] = mapped_column(ForeignKey("reinspection.id"), unique=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    appraiser_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))  # who signed the first report
    at: Mapped[datetime] = mapped_column(Instant)
    cost_fen: Mapped[int] = mapped_column(BigInt)  # of the second look, to the agency that looked
    fee_fen: Mapped[int] = mapped_column(BigInt)  # of the first appraisal, back to who paid it
    platform_fen: Mapped[int] = mapped_column(BigInt)  # of that fee, the platform's share, which the platform gives back
    compensation_fen: Mapped[int] = mapped_column(BigInt)  # to the buyer who contested
    to_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # who gets the compensation
    paid_fen: Mapped[int] = mapped_column(BigInt)
    debt_fen: Mapped[int] = mapped_column(BigInt)

    __table_args__ = (
        CheckConstraint(
            "cost_fen >= 0 AND fee_fen >= 0 AND compensation_fen >= 0 AND paid_fen >= 0 AND debt_fen >= 0 "
            "AND platform_fen BETWEEN 0 AND fee_fen",
            name="not_negative",
        ),
        CheckConstraint(
            "cost_fen + fee_fen - platform_fen + compensation_fen = paid_fen + debt_fen AND paid_fen + debt_fen > 0",
            name="sum_whole",
        ),
        CheckConstraint("(compensation_fen > 0) = (to_id IS NOT NULL)", name="compensation_has_receiver"),
    )


append_only(Liability)


# What was asked and agreed never changes, what was said at the end is said once, and no row is ever deleted.
_ASKED = (
    *("id", "code", "report_id", "kind", "created_at", "terms_id", "by_id", "side", "reason"),
    *("deposit_fen", "payment_code", "pay_due_at"),
)
_ONCE = ("photos", "paid_at", "second_look_id")  # set once, and then fixed
_SAID = ("settled_at", "refund_fen", "spent_fen", "platform_fen")
_FOUND = ("steps", "critical_misses", "is_liable")


def _moved(word: str) -> str:
    parts = [f"NEW.{name} {word} OLD.{name}" for name in _ASKED]
    parts += [f"(OLD.{name} IS NOT NULL AND NEW.{name} {word} OLD.{name})" for name in _ONCE]
    parts += [f"(OLD.settled_at IS NOT NULL AND NEW.{name} {word} OLD.{name})" for name in _SAID]
    parts += [f"(OLD.critical_misses IS NOT NULL AND NEW.{name} {word} OLD.{name})" for name in _FOUND]
    return " OR ".join(parts)


_SENTENCE = "reinspection: what was asked, paid and found does not change"
trigger(
    "tr_reinspection_is_fixed",
    "reinspection",
    sqlite=f"CREATE TRIGGER tr_reinspection_is_fixed BEFORE UPDATE ON reinspection WHEN {_moved('IS NOT')} "
    f"BEGIN SELECT RAISE(ABORT, '{_SENTENCE}'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION reinspection_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_moved('IS DISTINCT FROM')} THEN RAISE EXCEPTION '{_SENTENCE}' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_reinspection_is_fixed BEFORE UPDATE ON reinspection "
        "FOR EACH ROW EXECUTE FUNCTION reinspection_is_fixed()",
    ),
)
trigger(
    "tr_reinspection_stays",
    "reinspection",
    sqlite="CREATE TRIGGER tr_reinspection_stays BEFORE DELETE ON reinspection "
    "BEGIN SELECT RAISE(ABORT, 'reinspection rows stay'); END",
    postgresql=(
        REFUSE_CHANGE,
        "CREATE TRIGGER tr_reinspection_stays BEFORE DELETE ON reinspection FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)
