"""How a claim ends: money by the verbs of trades, or nothing; between the two, or by a ruling that is final."""

from __future__ import annotations

from app.aftersales import rules
from app.aftersales.models import Claim, ClaimReturn
from app.aftersales.queries import history, return_of
from app.aftersales.service.legs import after_claim
from app.aftersales.service.telling import locked_of_payment, step_of, tell
from app.aftersales.states import CLAIM_FLOW, PARTIAL, RETURN, SELLER, SETTLED_BY
from app.kernel.deadlines import clear_deadlines, set_deadline
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


def settle(work: Work, claim: Claim, order: Order, event: str, remedy: str, amount_fen: int) -> None:
    """End the claim with money for the buyer, in one transaction with the order, the ledger and the record. What is to come
    back goes on its way first; when it failed to, after another ruling, nothing is waited for any more."""
    going = return_of(work, claim.id)
    if remedy == RETURN and going is None:
        _start_return(work, claim, order, event)
        return
    if remedy == RETURN and going is not None and going.result is not None:
        settle_returned(work, claim, order, event)
        return
    claim.result_remedy, claim.result_fen = remedy, amount_fen
    _end(work, claim, event, {"remedy": remedy, "fen": amount_fen})
    if remedy == RETURN:
        trading.refund_whole(work, order, claim.code)
    else:
        trading.refund_part(work, order, claim.code, amount_fen, f"claim {claim.code}")
    after_claim(work, claim)
    _record(work, claim, order, remedy, SETTLED_BY[event])
    tell(work, claim, order, remedy, amount_fen)


def settle_returned(work: Work, claim: Claim, order: Order, event: str) -> None:
    """The thing is with its seller: end the claim, all the money goes back."""
    amount_fen = trading.refundable_fen(work, order)
    claim.result_remedy, claim.result_fen = RETURN, amount_fen
    _end(work, claim, event, {"remedy": RETURN, "fen": amount_fen})
    trading.refund_returned(work, order, claim.code, amount_fen)
    after_claim(work, claim)
    by_silence = any(step.verb == "claim.silence_return" for step in history(work, claim.id))
    _record(work, claim, order, RETURN, "silence" if by_silence else SETTLED_BY[event])
    tell(work, claim, order, "returned", amount_fen)


def ruling_remedies(work: Work, claim: Claim, order: Order) -> tuple[str, ...]:
    """What a ruling can give: a return as long as something can come back, has come, or is waited for by the order itself."""
    going = return_of(work, claim.id)
    failed = going is not None and going.result is None
    if is_completed(order) and (failed or not trading.can_come_back(work, order)):
        return (PARTIAL,)
    return (PARTIAL, RETURN)


def _start_return(work: Work, claim: Claim, order: Order, event: str) -> None:
    """The thing goes back first: the seller names an address, the money stays where it is until it has come."""
    claim.due_at = rules.days_later(work.now, rules.RETURN_DAYS["address"])
    CLAIM_FLOW.apply(work, claim, f"{event}_return")
    work.session.add(ClaimReturn(claim_id=claim.id, agreed_at=work.now))
    work.session.flush()
    set_deadline(work, "claim", claim.id, "answer", claim.due_at, claim.version)
    tell(work, claim, order, "return_agreed")


def end_without_money(work: Work, claim: Claim, order: Order, event: str, step: str) -> None:
    """End the claim; the order goes on where it stood."""
    _end(work, claim, event)
    trading.let_go(work, order, claim.code)
    after_claim(work, claim)
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
    after_claim(work, claim)
    _record(work, claim, order, None, SETTLED_BY["bank_lost"])
    tell(work, claim, order, "overtaken")


def _end(work: Work, claim: Claim, event: str, detail: dict[str, object] | None = None) -> None:
    claim.ended_at = work.now
    CLAIM_FLOW.apply(work, claim, event, detail=detail)
    claim.due_at = None
    clear_deadlines(work, "claim", claim.id)


def _record(work: Work, claim: Claim, order: Order, remedy: str | None, settled: str | None) -> None:
    """The seller's record: decided by a ruling with whose fault it was, otherwise how it ended between the two. What was
    ruled stands however the return that followed ended."""
    what: dict[str, object] = {"problem": claim.code, "reason": claim.reason}
    if settled is None or claim.fault is not None:
        trading.note_of_claim(work, order, "dispute.decided", claim.code, **what, outcome=claim.fault, remedy=remedy or "none")
    else:
        trading.note_of_claim(work, order, "dispute.settled", claim.code, **what, outcome=settled)
