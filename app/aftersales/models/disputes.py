"""Disputes: who was drawn to decide a claim, the rulings with their reasons, and the parts of the money that follow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.aftersales.states import DISPUTE_ENDED, DISPUTE_FLOW, DISPUTE_OPEN, FAULTS, LEG_FLOW, REMEDIES, SIDES
from app.kernel.db import Base, BigInt, Instant, JsonText, code_column, one_of, pk
from app.kernel.flow import Machine
from app.kernel.guards import REFUSE_CHANGE, append_only, closes_once, refuse, trigger
from app.kernel.money import MAX_FEN

NOBODY = "nobody"  # staff_reason: nobody can be drawn
ANSWERS = ("ruled", "passed", "timed_out", "closed")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


_OPEN = f"state IN ({_listed(DISPUTE_OPEN)})"
_IS_PARTY_OR_RULED = (
    "EXISTS (SELECT 1 FROM claim_dispute d JOIN claim c ON c.id = d.claim_id JOIN trade_order o ON o.id = c.order_id "
    "WHERE d.id = NEW.dispute_id AND ({0} = o.buyer_id OR {0} = o.seller_id)) "
    "OR EXISTS (SELECT 1 FROM claim_ruling r WHERE r.dispute_id = NEW.dispute_id AND r.by_id = {0})"
)


class ClaimDispute(Machine, Base):
    """One claim before an arbitrator, at most one open for a claim. ``round`` 2 is the appeal."""

    __tablename__ = "claim_dispute"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id"))
    no: Mapped[int] = mapped_column(BigInt)  # 2, 3 ...: after a return that failed
    amount_fen: Mapped[int] = mapped_column(BigInt)  # what is divided
    opened_at: Mapped[datetime] = mapped_column(Instant)
    round: Mapped[int] = mapped_column(BigInt, default=1)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # who decides now
    due_at: Mapped[datetime | None] = mapped_column(Instant)  # until when it is decided, or appealed
    staff_reason: Mapped[str | None] = mapped_column(Text)
    accepted_buyer_at: Mapped[datetime | None] = mapped_column(Instant)
    accepted_seller_at: Mapped[datetime | None] = mapped_column(Instant)
    appealed_by: Mapped[str | None] = mapped_column(Text)
    appealed_at: Mapped[datetime | None] = mapped_column(Instant)
    appeal_text: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("claim_id", "no"),
        one_of("state", DISPUTE_FLOW.states),
        CheckConstraint(f"amount_fen BETWEEN 1 AND {MAX_FEN}", name="amount_bounds"),
        CheckConstraint("round IN (1, 2)", name="appealed_once"),
        CheckConstraint("state <> 'deciding' OR (person_id IS NOT NULL AND due_at IS NOT NULL)", name="somebody_named"),
        CheckConstraint("state <> 'ruled' OR due_at IS NOT NULL", name="appeal_has_end"),
        CheckConstraint("staff_reason IS NULL OR staff_reason = 'nobody'", name="staff_reason_known"),
        CheckConstraint(f"appealed_by IS NULL OR appealed_by IN ({_listed(SIDES)})", name="appealed_by_known"),
        CheckConstraint(
            "(appealed_by IS NULL) = (appealed_at IS NULL) AND (appealed_by IS NULL) = (appeal_text IS NULL) "
            "AND (appealed_by IS NULL) = (round = 1)",
            name="appeal_is_whole",
        ),
        CheckConstraint(f"state NOT IN ({_listed(DISPUTE_ENDED)}) OR ended_at IS NOT NULL", name="ended_has_time"),
        Index("uq_claim_dispute_open", "claim_id", unique=True, sqlite_where=sql(_OPEN), postgresql_where=sql(_OPEN)),
        Index("ix_claim_dispute_person_id", "person_id"),
        Index("ix_claim_dispute_state", "state", "id"),
    )


_BORN = ("id", "code", "claim_id", "no", "amount_fen", "opened_at")
_ONCE = ("appealed_by", "appealed_at", "appeal_text", "accepted_buyer_at", "accepted_seller_at")
_LAST = ("state", "round", "ended_at")


def _moved(word: str) -> str:
    def changed(names: tuple[str, ...]) -> str:
        return " OR ".join(f"NEW.{name} {word} OLD.{name}" for name in names)

    once = " OR ".join(f"(OLD.{name} IS NOT NULL AND NEW.{name} {word} OLD.{name})" for name in _ONCE)
    ended = f"(OLD.state IN ({_listed(DISPUTE_ENDED)}) AND ({changed((*_LAST, *_ONCE))}))"
    return f"{changed(_BORN)} OR {once} OR NEW.round < OLD.round OR {ended}"


trigger(
    "tr_claim_dispute_is_fixed",
    "claim_dispute",
    sqlite=f"CREATE TRIGGER tr_claim_dispute_is_fixed BEFORE UPDATE ON claim_dispute WHEN {_moved('IS NOT')} "
    "BEGIN SELECT RAISE(ABORT, 'claim_dispute: what was said once stays'); END",
    postgresql=(
        REFUSE_CHANGE,
        "CREATE TRIGGER tr_claim_dispute_is_fixed BEFORE UPDATE ON claim_dispute "
        f"FOR EACH ROW WHEN ({_moved('IS DISTINCT FROM')}) EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)
refuse("tr_claim_dispute_stays", "claim_dispute", "DELETE", "OLD.id IS NOT NULL", "claim_dispute: it is kept")
refuse(
    "tr_claim_dispute_of_claim",
    "claim_dispute",
    "INSERT",
    "NOT EXISTS (SELECT 1 FROM claim c WHERE c.id = NEW.claim_id AND c.state = 'escalated' AND c.most_fen = NEW.amount_fen)",
    "claim_dispute: of an escalated claim and its whole amount",
)
refuse(
    "tr_claim_dispute_sums",
    "claim_dispute",
    "UPDATE",
    "NEW.state IN ('carrying_out', 'done') AND NEW.amount_fen <> "
    "(SELECT COALESCE(SUM(l.amount_fen), 0) FROM claim_leg l WHERE l.dispute_id = NEW.id)",
    "claim_dispute: the parts of the money are the amount in dispute",
)
refuse(
    "tr_claim_dispute_is_paid",
    "claim_dispute",
    "UPDATE",
    "NEW.state = 'done' AND EXISTS (SELECT 1 FROM claim_leg l WHERE l.dispute_id = NEW.id AND l.state <> 'paid')",
    "claim_dispute: done when every part has gone its way",
)


class DisputeAsking(Base):
    """One person who was drawn to decide."""

    __tablename__ = "claim_dispute_asking"

    id: Mapped[int] = pk()
    dispute_id: Mapped[int] = mapped_column(ForeignKey("claim_dispute.id"))
    no: Mapped[int] = mapped_column(BigInt)  # 1, 2, 3 ...
    round: Mapped[int] = mapped_column(BigInt)
    person_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    considered: Mapped[Any] = mapped_column(JsonText)  # public codes of those among whom it was drawn, in their order
    asked_at: Mapped[datetime] = mapped_column(Instant)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str | None] = mapped_column(Text)  # the person's words when passing it on

    __table_args__ = (
        UniqueConstraint("dispute_id", "no"),
        CheckConstraint(f"answer IS NULL OR answer IN ({_listed(ANSWERS)})", name="answer_known"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_with_time"),
        Index("ix_claim_dispute_asking_person_id", "person_id", "id"),
    )


closes_once(
    "claim_dispute_asking",
    ("id", "dispute_id", "no", "round", "person_id", "considered", "asked_at"),
    "answered_at",
    "claim_dispute_asking: who was drawn stays; an answer is given once",
)
refuse(
    "tr_claim_dispute_asking_neutral",
    "claim_dispute_asking",
    "INSERT",
    _IS_PARTY_OR_RULED.format("NEW.person_id"),
    "claim_dispute_asking: neither a side of the sale nor who has ruled already",
)


class ClaimRuling(Base):
    """What an arbitrator decided: who gets how much of the amount, whose fault it was, on which rules and which evidence."""

    __tablename__ = "claim_ruling"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    dispute_id: Mapped[int] = mapped_column(ForeignKey("claim_dispute.id"))
    round: Mapped[int] = mapped_column(BigInt)
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    remedy: Mapped[str | None] = mapped_column(Text)  # None: nothing goes back
    amount_fen: Mapped[int] = mapped_column(BigInt)
    buyer_fen: Mapped[int] = mapped_column(BigInt)
    seller_fen: Mapped[int] = mapped_column(BigInt)
    fault: Mapped[str] = mapped_column(Text)
    reasons: Mapped[str] = mapped_column(Text)
    clauses: Mapped[Any] = mapped_column(JsonText)  # codes of rights, of the set that the claim names
    evidence: Mapped[Any] = mapped_column(JsonText)  # see queries.cited
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("dispute_id", "round"),
        one_of("fault", FAULTS),
        CheckConstraint(f"remedy IS NULL OR remedy IN ({_listed(REMEDIES)})", name="remedy_known"),
        CheckConstraint("buyer_fen >= 0 AND seller_fen >= 0 AND buyer_fen + seller_fen = amount_fen", name="sums_exactly"),
        CheckConstraint("(remedy IS NULL) = (buyer_fen = 0)", name="nothing_is_nothing"),
        CheckConstraint("remedy IS NULL OR remedy <> 'return_refund' OR seller_fen = 0", name="return_is_whole"),
        CheckConstraint("length(reasons) BETWEEN 10 AND 2000", name="reasons_length"),
        CheckConstraint("clauses <> '[]' AND evidence <> '[]'", name="reasoned"),
    )


append_only(ClaimRuling)
refuse(
    "tr_claim_ruling_fits",
    "claim_ruling",
    "INSERT",
    "NOT EXISTS (SELECT 1 FROM claim_dispute d WHERE d.id = NEW.dispute_id AND d.state = 'deciding' AND d.person_id = NEW.by_id "
    "AND d.round = NEW.round AND d.amount_fen = NEW.amount_fen)",
    "sealed: a ruling is by who was drawn, of the whole amount",
)
refuse(
    "tr_claim_ruling_another",
    "claim_ruling",
    "INSERT",
    _IS_PARTY_OR_RULED.format("NEW.by_id"),
    "sealed: a ruling is of another person than a side of the sale and than the first one",
)


class ClaimLeg(Machine, Base):
    """One part of the money after a final ruling, and how far it is. ``command_code``: what the payer was asked; None: nothing
    has to move (the seller has it already, or the order goes on with it)."""

    __tablename__ = "claim_leg"

    id: Mapped[int] = pk()
    dispute_id: Mapped[int] = mapped_column(ForeignKey("claim_dispute.id"))
    ruling_id: Mapped[int] = mapped_column(ForeignKey("claim_ruling.id"))
    receiver: Mapped[str] = mapped_column(Text)
    amount_fen: Mapped[int] = mapped_column(BigInt)
    command_code: Mapped[str | None] = mapped_column(ForeignKey("money_command.code"))
    retries: Mapped[int] = mapped_column(BigInt, default=0)

    __table_args__ = (
        UniqueConstraint("dispute_id", "receiver"),
        one_of("state", LEG_FLOW.states),
        one_of("receiver", SIDES),
        CheckConstraint("retries >= 0", name="retries_counted"),
        Index("ix_claim_leg_command_code", "command_code"),
    )


refuse(
    "tr_claim_leg_of_ruling",
    "claim_leg",
    "INSERT",
    "NOT EXISTS (SELECT 1 FROM claim_ruling r WHERE r.id = NEW.ruling_id AND r.dispute_id = NEW.dispute_id "
    "AND NEW.amount_fen > 0 AND NEW.amount_fen = CASE NEW.receiver WHEN 'buyer' THEN r.buyer_fen ELSE r.seller_fen END "
    "AND NOT EXISTS (SELECT 1 FROM claim_ruling x WHERE x.dispute_id = r.dispute_id AND x.round > r.round))",
    "claim_leg: a part as it was ruled",
)
refuse(
    "tr_claim_leg_is_fixed",
    "claim_leg",
    "UPDATE",
    "NEW.id <> OLD.id OR NEW.dispute_id <> OLD.dispute_id OR NEW.ruling_id <> OLD.ruling_id OR NEW.receiver <> OLD.receiver "
    "OR NEW.amount_fen <> OLD.amount_fen OR (OLD.state IN ('paid', 'dropped') AND NEW.state <> OLD.state)",
    "claim_leg: a part stays as it was ruled",
)
refuse("tr_claim_leg_stays", "claim_leg", "DELETE", "OLD.id IS NOT NULL", "claim_leg: it is kept")
