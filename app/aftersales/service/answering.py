"""Proposals and counter-proposals, escalation, and what the clock does when somebody is silent."""

from __future__ import annotations

from app.aftersales import rules
from app.aftersales.errors import ClaimNotFound, NothingOffered, NotYourTurn, TooManyRounds
from app.aftersales.models import Claim, ClaimProposal
from app.aftersales.queries import proposals_of, role_in
from app.aftersales.rules import LONGEST, MOST_ASKS, SHORTEST
from app.aftersales.service.ending import end_without_money, settle
from app.aftersales.service.opening import part_of
from app.aftersales.service.telling import locked, locked_by_id, step_of, tell, tell_staff
from app.aftersales.states import (
    ASK,
    BUYER,
    BUYER_TURN,
    CLAIM_FLOW,
    OFFER,
    PARTIAL,
    REFUSE,
    REMEDIES,
    RETURN,
    SELLER,
    SELLER_TURN,
)
from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.text import N_
from app.kernel.work import Work
from app.payments import queries as money
from app.trades import service as trading
from app.trades.models import Order
from app.trades.queries import is_completed


def offer(work: Work, code: str, version: int, remedy: str, amount_fen: int | None, words: str) -> Claim:
    """The seller offers something else. Raises InvalidInput, NotYourTurn, TurnOver, BadState, Conflict on a stale page."""
    claim, order = step_of(work, code, SELLER, version)
    return _propose(work, claim, order, "offer", OFFER, remedy, amount_fen, words)


def refuse(work: Work, code: str, version: int, words: str) -> Claim:
    """The seller refuses, with reasons; the buyer asks again, lets staff decide, or lets it go."""
    claim, order = step_of(work, code, SELLER, version)
    _check_words(words)
    _say(work, claim, "refuse", SELLER, REFUSE, None, 0, words)
    tell(work, claim, order, "refused")
    return claim


def agree(work: Work, code: str, version: int) -> Claim:
    """The buyer takes what the seller offers; the money moves at once. Raises NothingOffered after a refusal."""
    claim, order = step_of(work, code, BUYER, version)
    if claim.state == BUYER_TURN and claim.last_remedy is None:
        raise NothingOffered()
    settle(work, claim, order, "agree", claim.last_remedy or PARTIAL, claim.last_fen)
    return claim


def ask_again(work: Work, code: str, version: int, remedy: str, amount_fen: int | None, words: str) -> Claim:
    """The buyer asks for something else, three times in all. Raises TooManyRounds."""
    claim, order = step_of(work, code, BUYER, version)
    if sum(each.kind == ASK for each in proposals_of(work, claim.id)) >= MOST_ASKS:
        raise TooManyRounds(most=MOST_ASKS)
    return _propose(work, claim, order, "ask_again", ASK, remedy, amount_fen, words)


def escalate(work: Work, code: str, version: int) -> Claim:
    """The buyer lets the platform's staff decide. Nothing happens to the money until they do."""
    claim, order = step_of(work, code, BUYER, version)
    CLAIM_FLOW.apply(work, claim, "escalate")
    claim.due_at = None
    clear_deadlines(work, "claim", claim.id)
    tell(work, claim, order, "escalated")
    tell_staff(work, claim)
    return claim


def withdraw(work: Work, code: str, version: int) -> Claim:
    """The buyer takes the claim back; the order goes on where it stood. Raises NotYourTurn, BadState, Conflict."""
    claim, order = locked(work, code)
    mine = role_in(work, order)
    if mine is None:
        raise ClaimNotFound()
    if mine != BUYER:
        raise NotYourTurn()
    if claim.version != version:
        raise Conflict()
    end_without_money(work, claim, order, "withdraw", "withdrawn")
    return claim


def on_due(work: Work, claim_id: int) -> None:
    """A side was silent: the seller's silence is agreement to what was asked, the buyer's lets the claim go.

    While the buyer's bank looks at the payment the clock decides nothing.
    """
    claim, order = locked_by_id(work, claim_id)
    if claim.due_at is None or work.now < claim.due_at:
        return
    if money.open_dispute(work, order.payment_code) is not None:
        set_deadline(work, "claim", claim.id, "answer", work.now + trading.BANK_PAUSE, claim.version)
        return
    if claim.state == SELLER_TURN:
        settle(work, claim, order, "silence", claim.last_remedy or PARTIAL, claim.last_fen)
    elif claim.last_kind == REFUSE:
        end_without_money(work, claim, order, "lapse", "denied")
    else:
        end_without_money(work, claim, order, "let_go", "withdrawn")


def _propose(
    work: Work, claim: Claim, order: Order, event: str, kind: str, remedy: str, amount_fen: int | None, words: str
) -> Claim:
    possible = REMEDIES if not is_completed(order) else (PARTIAL,)
    if remedy not in possible:
        raise InvalidInput(
            {"remedy": N_("Please choose what you propose. After the completion only a part of the price goes back.")}
        )
    amount = claim.most_fen if remedy == RETURN else part_of(order, amount_fen, claim.most_fen)
    _check_words(words)
    by = SELLER if kind == OFFER else BUYER
    _say(work, claim, event, by, kind, remedy, amount, words)
    tell(work, claim, order, "offered" if kind == OFFER else "asked_again")
    return claim


def _check_words(words: str) -> None:
    if not SHORTEST <= len(words.strip()) <= LONGEST:
        raise InvalidInput({"words": N_("Please give your reasons in 10 to 1,000 characters. Both sides and staff read them.")})


def _say(work: Work, claim: Claim, event: str, by: str, kind: str, remedy: str | None, amount_fen: int, words: str) -> None:
    """Write the proposal, hand the turn over, and start the other side's time."""
    turn = CLAIM_FLOW.table.get((claim.state, event), BUYER_TURN)
    claim.last_no += 1
    claim.last_kind, claim.last_remedy, claim.last_fen = kind, remedy, amount_fen
    claim.due_at = rules.due_at(work.now, turn)
    CLAIM_FLOW.apply(work, claim, event, detail={"remedy": remedy, "fen": amount_fen})
    work.session.add(
        ClaimProposal(
            claim_id=claim.id,
            no=claim.last_no,
            by=by,
            kind=kind,
            remedy=remedy,
            amount_fen=amount_fen,
            words=words.strip(),
            at=work.now,
        )
    )
    work.session.flush()
    set_deadline(work, "claim", claim.id, "answer", claim.due_at, claim.version)
