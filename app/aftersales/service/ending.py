"""How a claim ends: money by the verbs of trades, nothing, or the decision of staff."""

from __future__ import annotations

from app.aftersales.errors import PartyCannotDecide, StaffDecide
from app.aftersales.models import Claim
from app.aftersales.queries import role_in
from app.aftersales.rules import LONGEST, SHORTEST
from app.aftersales.service.opening import part_of
from app.aftersales.service.telling import locked, locked_of_payment, step_of, tell
from app.aftersales.states import CLAIM_FLOW, FAULTS, PARTIAL, RETURN, SELLER, SETTLED_BY
from app.kernel.deadlines import clear_deadlines
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.text import N_
from app.kernel.work import Work
from app.payments.events import BankDisputeLost
from app.trades import service as trading
from app.trades.models import Order
from app.trades.queries import is_completed


def accept(work: Work, code: str, version: int) -> Claim:
    """The seller gives what the buyer asks for; the money moves at once. Raises NotYourTurn, TurnOver, BadState, Conflict."""
    claim, order = step_of(work, code, SELLER, version)
    settle(work, claim, order, "accept", claim.last_remedy or PARTIAL, claim.last_fen)
    return claim


def rule(work: Work, code: str, version: int, remedy: str, amount_fen: int | None, fault: str, words: str) -> Claim:
    """An operator who is no party decides an escalated claim: ``remedy`` empty for nothing, otherwise a part or a return.

    Raises StaffDecide, PartyCannotDecide, InvalidInput naming the fields, BadState, Conflict on a stale page.
    """
    if not work.actor.has("operator"):
        raise StaffDecide()
    claim, order = locked(work, code)
    if role_in(work, order) is not None:
        raise PartyCannotDecide()
    if claim.version != version:
        raise Conflict()
    possible = (PARTIAL,) if is_completed(order) else (PARTIAL, RETURN)
    errors: dict[str, str] = {}
    if remedy and remedy not in possible:
        errors["remedy"] = N_("Please choose what the buyer gets. After the completion only a part of the price goes back.")
    if fault not in FAULTS:
        errors["fault"] = N_("Please choose who caused it.")
    if not SHORTEST <= len(words.strip()) <= LONGEST:
        errors["words"] = N_("Please give the reasons in 10 to 1,000 characters. Both sides read them.")
    if errors:
        raise InvalidInput(errors)
    amount = 0 if not remedy else claim.most_fen if remedy == RETURN else part_of(order, amount_fen, claim.most_fen)
    claim.ruled_by, claim.fault, claim.ruling_text = work.actor.id, fault, words.strip()
    if remedy:
        settle(work, claim, order, "grant", remedy, amount)
    else:
        end_without_money(work, claim, order, "dismiss", "denied")
    return claim


def settle(work: Work, claim: Claim, order: Order, event: str, remedy: str, amount_fen: int) -> None:
    """End the claim with money for the buyer, in one transaction with the order, the ledger and the record."""
    claim.result_remedy, claim.result_fen = remedy, amount_fen
    _end(work, claim, event, {"remedy": remedy, "fen": amount_fen})
    if remedy == RETURN:
        trading.refund_whole(work, order, claim.code)
    else:
        trading.refund_part(work, order, claim.code, amount_fen, f"claim {claim.code}")
    _record(work, claim, order, remedy, SETTLED_BY[event])
    tell(work, claim, order, remedy, amount_fen)


def end_without_money(work: Work, claim: Claim, order: Order, event: str, step: str) -> None:
    """End the claim; the order goes on where it stood."""
    _end(work, claim, event)
    trading.let_go(work, order, claim.code)
    _record(work, claim, order, None, SETTLED_BY[event])
    tell(work, claim, order, step)


def on_bank_dispute_lost(work: Work, event: BankDisputeLost) -> None:
    """The buyer has the money by the bank: there is nothing left to agree about."""
    found = locked_of_payment(work, event.payment_code)
    if found is None:
        return
    claim, order = found
    _end(work, claim, "bank_lost")
    trading.free_of_claim(work, order)
    _record(work, claim, order, None, SETTLED_BY["bank_lost"])
    tell(work, claim, order, "overtaken")


def _end(work: Work, claim: Claim, event: str, detail: dict[str, object] | None = None) -> None:
    claim.ended_at = work.now
    CLAIM_FLOW.apply(work, claim, event, detail=detail)
    claim.due_at = None
    clear_deadlines(work, "claim", claim.id)


def _record(work: Work, claim: Claim, order: Order, remedy: str | None, settled: str | None) -> None:
    """The seller's record: decided by staff with whose fault it was, otherwise how it ended between the two."""
    what: dict[str, object] = {"problem": claim.code, "reason": claim.reason}
    if settled is None:
        trading.note_of_claim(work, order, "dispute.decided", claim.code, **what, outcome=claim.fault, remedy=remedy or "none")
    else:
        trading.note_of_claim(work, order, "dispute.settled", claim.code, **what, outcome=settled)
