"""Claims, what they point at, what each side said, and their evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.aftersales import states
from app.aftersales.models.disputes import ClaimDispute, ClaimLeg, ClaimRuling, DisputeAsking
from app.aftersales.models.returns import ClaimReturn
from app.aftersales.rules import REASONS
from app.kernel.db import Base, BigInt, Instant, JsonText, code_column, one_of, pk
from app.kernel.flow import Machine
from app.kernel.guards import REFUSE_CHANGE, append_only, refuse, trigger
from app.kernel.money import MAX_FEN

__all__ = [
    "Claim",
    "ClaimDispute",
    "ClaimEvidence",
    "ClaimItem",
    "ClaimLeg",
    "ClaimProposal",
    "ClaimReturn",
    "ClaimRuling",
    "DisputeAsking",
]


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


_OPEN = f"state IN ({_listed(states.OPEN)})"


class Claim(Machine, Base):
    """One claim of one order's buyer, at most one open for an order. The standing proposal is the last of its proposals."""

    __tablename__ = "claim"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    order_id: Mapped[int] = mapped_column(ForeignKey("trade_order.id"))
    opened_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    rules_id: Mapped[str] = mapped_column(Text)  # the set of rights, and the right that it rests on
    right_code: Mapped[str] = mapped_column(Text)
    right_until: Mapped[datetime] = mapped_column(Instant)
    most_fen: Mapped[int] = mapped_column(BigInt)  # what could go back to the buyer when it was opened

    # The standing proposal.
    last_no: Mapped[int] = mapped_column(BigInt)
    last_kind: Mapped[str] = mapped_column(Text)
    last_remedy: Mapped[str | None] = mapped_column(Text)
    last_fen: Mapped[int] = mapped_column(BigInt)
    due_at: Mapped[datetime | None] = mapped_column(Instant)

    # How it ended, said once.
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    result_remedy: Mapped[str | None] = mapped_column(Text)
    result_fen: Mapped[int | None] = mapped_column(BigInt)
    ruled_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    fault: Mapped[str | None] = mapped_column(Text)
    ruling_text: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        one_of("state", states.CLAIM_FLOW.states),
        one_of("reason", tuple(REASONS)),
        one_of("last_kind", states.KINDS),
        CheckConstraint(f"last_remedy IS NULL OR last_remedy IN ({_listed(states.REMEDIES)})", name="last_remedy_known"),
        CheckConstraint(f"result_remedy IS NULL OR result_remedy IN ({_listed(states.REMEDIES)})", name="result_remedy_known"),
        CheckConstraint(f"fault IS NULL OR fault IN ({_listed(states.FAULTS)})", name="fault_known"),
        CheckConstraint(f"most_fen > 0 AND most_fen <= {MAX_FEN}", name="most_bounds"),
        CheckConstraint("last_fen BETWEEN 0 AND most_fen", name="proposal_within"),
        CheckConstraint("(last_kind = 'refuse') = (last_remedy IS NULL)", name="refusal_offers_nothing"),
        CheckConstraint("last_no > 0", name="last_no_positive"),
        CheckConstraint(f"state NOT IN ({_listed(states.ENDED)}) OR ended_at IS NOT NULL", name="ended_has_time"),
        CheckConstraint("state NOT IN ('seller_turn', 'buyer_turn', 'returning') OR due_at IS NOT NULL", name="turn_has_end"),
        CheckConstraint(
            "state <> 'remedied' OR (result_remedy IS NOT NULL AND result_fen IS NOT NULL)", name="remedied_is_whole"
        ),
        CheckConstraint(
            "(result_remedy IS NULL) = (result_fen IS NULL) AND (result_fen IS NULL OR result_fen BETWEEN 1 AND most_fen) "
            "AND (result_fen IS NULL OR state NOT IN ('denied', 'withdrawn', 'overtaken'))",
            name="result_fits",
        ),
        CheckConstraint(
            "(ruled_by IS NULL) = (ruling_text IS NULL) AND (ruled_by IS NULL) = (fault IS NULL)", name="ruling_is_whole"
        ),
        CheckConstraint("length(text) BETWEEN 10 AND 1000", name="text_length"),
        Index("uq_claim_open", "order_id", unique=True, sqlite_where=sql(_OPEN), postgresql_where=sql(_OPEN)),
        Index("ix_claim_order_id", "order_id", "id"),
        Index("ix_claim_opened_by", "opened_by", "id"),
    )


_SAID = (
    "code", "order_id", "opened_by", "opened_at", "reason", "text", "rules_id", "right_code", "right_until", "most_fen",
)  # fmt: skip
_RESULT = ("state", "ended_at", "result_remedy", "result_fen", "ruled_by", "fault", "ruling_text", "last_no", "last_fen")


def _moved(word: str) -> str:
    said = " OR ".join(f"NEW.{name} {word} OLD.{name}" for name in _SAID)
    ended = " OR ".join(f"NEW.{name} {word} OLD.{name}" for name in _RESULT)
    return f"{said} OR (OLD.state IN ({_listed(states.ENDED)}) AND ({ended}))"


_SENTENCE = "claim: what was claimed does not change, and what ended stays as it ended"
trigger(
    "tr_claim_is_fixed",
    "claim",
    sqlite=f"CREATE TRIGGER tr_claim_is_fixed BEFORE UPDATE ON claim WHEN {_moved('IS NOT')} "
    f"BEGIN SELECT RAISE(ABORT, '{_SENTENCE}'); END",
    postgresql=(
        REFUSE_CHANGE,
        f"CREATE TRIGGER tr_claim_is_fixed BEFORE UPDATE ON claim FOR EACH ROW WHEN ({_moved('IS DISTINCT FROM')}) "
        "EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)
trigger(
    "tr_claim_no_delete",
    "claim",
    sqlite="CREATE TRIGGER tr_claim_no_delete BEFORE DELETE ON claim BEGIN SELECT RAISE(ABORT, 'claims are kept'); END",
    postgresql=(
        REFUSE_CHANGE,
        "CREATE TRIGGER tr_claim_no_delete BEFORE DELETE ON claim FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)
refuse(
    "tr_claim_is_the_buyers",
    "claim",
    "INSERT",
    "NOT EXISTS (SELECT 1 FROM trade_order o WHERE o.id = NEW.order_id AND o.buyer_id = NEW.opened_by)",
    "claim: only the buyer of the order claims",
)
_OF_ITS_ORDER = (
    "NEW.claim_id IS NOT NULL AND NEW.order_id IS NOT NULL "
    "AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.id = NEW.claim_id AND c.order_id = NEW.order_id)"
)


class ClaimItem(Base):
    """One thing that was promised and that the claim points at: once in an order, whatever became of the claim."""

    __tablename__ = "claim_item"

    id: Mapped[int] = pk()
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id"), index=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("trade_order.id"))
    item_key: Mapped[str] = mapped_column(Text)
    name: Mapped[Any] = mapped_column(JsonText)
    promised: Mapped[Any] = mapped_column(JsonText)

    __table_args__ = (UniqueConstraint("order_id", "item_key"),)


append_only(ClaimItem)
refuse("tr_claim_item_of_order", "claim_item", "INSERT", _OF_ITS_ORDER, "claim_item: of the claim of its own order")


class ClaimProposal(Base):
    """What one side asks for, offers or refuses, in its own words."""

    __tablename__ = "claim_proposal"

    id: Mapped[int] = pk()
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id"))
    no: Mapped[int] = mapped_column(BigInt)
    by: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    remedy: Mapped[str | None] = mapped_column(Text)
    amount_fen: Mapped[int] = mapped_column(BigInt)
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("claim_id", "no"),
        one_of("by", states.SIDES),
        one_of("kind", states.KINDS),
        CheckConstraint("(kind = 'refuse') = (remedy IS NULL)", name="refusal_offers_nothing"),
        CheckConstraint("(kind = 'ask') = (by = 'buyer')", name="buyer_asks"),
        CheckConstraint(f"amount_fen BETWEEN 0 AND {MAX_FEN} AND (kind = 'refuse') = (amount_fen = 0)", name="amount_fits"),
    )


append_only(ClaimProposal)


class ClaimEvidence(Base):
    """A photo named by the hash of its bytes as they came, chained to the one before. The same bytes are evidence once."""

    __tablename__ = "claim_evidence"

    id: Mapped[int] = pk()
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("trade_order.id"), index=True)
    no: Mapped[int] = mapped_column(BigInt)
    by: Mapped[str] = mapped_column(Text)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id"), unique=True)
    sha256: Mapped[str] = mapped_column(Text, unique=True)
    previous: Mapped[str] = mapped_column(Text)  # empty for the first
    hash: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("claim_id", "no"),
        one_of("by", states.SIDES),
        CheckConstraint("length(sha256) = 64 AND length(hash) = 64", name="hashes_whole"),
        CheckConstraint("(no = 1) = (previous = '')", name="first_has_none_before"),
    )


append_only(ClaimEvidence)
refuse("tr_claim_evidence_of_order", "claim_evidence", "INSERT", _OF_ITS_ORDER, "claim_evidence: of the claim of its own order")
refuse(
    "tr_claim_evidence_chain",
    "claim_evidence",
    "INSERT",
    "NEW.no > 1 AND NOT EXISTS (SELECT 1 FROM claim_evidence e "
    "WHERE e.claim_id = NEW.claim_id AND e.no = NEW.no - 1 AND e.hash = NEW.previous)",
    "claim_evidence: names the hash of the one before",
)
