"""The way back of a thing in a claim: where to, with which parcel, and what the seller found in it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.aftersales.states import RECEIPTS
from app.kernel.db import Base, Instant, pk
from app.kernel.guards import REFUSE_CHANGE, refuse, trigger

_RECEIPTS = ", ".join(f"'{word}'" for word in RECEIPTS)


class ClaimReturn(Base):
    """One way back for a claim. What was sent and what was found are said once."""

    __tablename__ = "claim_return"

    id: Mapped[int] = pk()
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id"), unique=True)
    agreed_at: Mapped[datetime] = mapped_column(Instant)
    address_sealed: Mapped[str | None] = mapped_column(Text)  # the seller's; place "claim_return.address:<code of the claim>"
    carrier: Mapped[str | None] = mapped_column(Text)
    tracking_no: Mapped[str | None] = mapped_column(Text)  # empty when somebody brings it
    sent_at: Mapped[datetime | None] = mapped_column(Instant)  # by the buyer's word
    received_at: Mapped[datetime | None] = mapped_column(Instant)
    result: Mapped[str | None] = mapped_column(Text)
    read_number: Mapped[str | None] = mapped_column(Text)  # the number that the seller read off what came back
    read_seal: Mapped[str | None] = mapped_column(Text)  # the seal on it; None: none, or it was never sealed
    words: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint(f"result IS NULL OR result IN ({_RECEIPTS})", name="result_known"),
        CheckConstraint("(result IS NULL) = (received_at IS NULL)", name="result_has_time"),
        CheckConstraint(
            "(sent_at IS NULL) = (carrier IS NULL) AND (sent_at IS NULL OR address_sealed IS NOT NULL)", name="sent_somewhere"
        ),
    )


_BORN = ("claim_id", "agreed_at")
_SENT = ("address_sealed", "carrier", "tracking_no", "sent_at")
_FOUND = ("received_at", "result", "read_number", "read_seal", "words")


def _twice(word: str) -> str:
    def changed(names: tuple[str, ...]) -> str:
        return " OR ".join(f"NEW.{name} {word} OLD.{name}" for name in names)

    sent = f"(OLD.sent_at IS NOT NULL AND ({changed(_SENT)}))"
    return f"{changed(_BORN)} OR {sent} OR (OLD.result IS NOT NULL AND ({changed((*_SENT, *_FOUND))}))"


trigger(
    "tr_claim_return_said_once",
    "claim_return",
    sqlite=f"CREATE TRIGGER tr_claim_return_said_once BEFORE UPDATE ON claim_return WHEN {_twice('IS NOT')} "
    "BEGIN SELECT RAISE(ABORT, 'claim_return: what was sent and found is said once'); END",
    postgresql=(
        REFUSE_CHANGE,
        "CREATE TRIGGER tr_claim_return_said_once BEFORE UPDATE ON claim_return FOR EACH ROW "
        f"WHEN ({_twice('IS DISTINCT FROM')}) EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)
trigger(
    "tr_claim_return_no_delete",
    "claim_return",
    sqlite="CREATE TRIGGER tr_claim_return_no_delete BEFORE DELETE ON claim_return "
    "BEGIN SELECT RAISE(ABORT, 'claim_return: it is kept'); END",
    postgresql=(
        REFUSE_CHANGE,
        "CREATE TRIGGER tr_claim_return_no_delete BEFORE DELETE ON claim_return "
        "FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()",
    ),
)
refuse(
    "tr_claim_return_of_open_claim",
    "claim_return",
    "INSERT",
    "NOT EXISTS (SELECT 1 FROM claim c WHERE c.id = NEW.claim_id AND c.state = 'returning')",
    "claim_return: only of a claim whose return is agreed",
)
