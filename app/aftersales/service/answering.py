"""Proposals and counter-proposals, escalation, and what the clock does when somebody is silent."""

from __future__ import annotations

from datetime import timedelta

from app.aftersales import rules
from app.aftersales.errors import (
    ClaimNotFound,
    NothingOffered,
    NotYourTurn,
    RuledAlready,
    SentAlready,
    ThingNotWithBuyer,
    TooManyRounds,
)
from app.aftersales.models import Claim, ClaimProposal
from app.aftersales.queries import evidence_of, open_dispute_of, proposals_of, return_of, role_in
from app.aftersales.rules import LONGEST, MOST_ASKS, SHORTEST, is_ruled
from app.aftersales.service.disputes import to_arbitrator
from app.aftersales.service.ending import end_without_money, settle
from app.aftersales.service.opening import part_of
from app.aftersales.service.returning import on_return_due
from app.aftersales.service.telling import locked, locked_by_id, step_of, tell
from app.aftersales.states import (
    ASK,
    BUYER,
    BUYER_TURN,
    CLAIM_FLOW,
    ESCALATED,
    OFFER,
    PARTIAL,
    REFUSE,
    REMEDIES,
    RETURN,
    RETURNING,
    SELLER,
    SELLER_TURN,
)
from app.kernel.deadlines import set_deadline
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.text import N_
from app.kernel.work import Work
from app.payments import queries as money
from app.trades import service as trading
from app.trades.models import Order

NOT_PREPARED = timedelta(hours=1)  # photos that wait for the worker are looked at again so much later


def offer(work: Work, code: str, version: int, remedy: str, amount_fen: int | None, words: str) -> Claim:
    """The seller offers something else. Raises InvalidInput, NotYourTurn, TurnOver, BadState, Conflict on a stale page."""
    claim, order = step_of(work, code, SELLER, version)
    return _propose(work, claim, order, "offer", OFFER, remedy, amount_fen, words)


def refuse(work: Work, code: str, version: int, words: str) -> Claim:
    """The seller refuses, with reasons; the buyer asks again, lets an arbitrator decide, or lets it go."""
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
    """The buyer lets an arbitrator decide, who is drawn. Nothing happens to the money until the ruling is final."""
    claim, order = step_of(work, code, BUYER, version)
    to_arbitrator(work, claim, order, "escalate", "escalated")
    return claim


def withdraw(work: Work, code: str, version: int) -> Claim:
    """The buyer takes the claim back; the order goes on where it stood. Raises NotYourTurn, RuledAlready, BadState, Conflict."""
    claim, order = locked(work, code)
    mine = role_in(work, order)
    if mine is None:
        raise ClaimNotFound()
    if mine != BUYER:
        raise NotYourTurn()
    if claim.version != version:
        raise Conflict()
    going = return_of(work, claim.id)
    if claim.state == RETURNING and going is not None and going.sent_at is not None:
        raise SentAlready()
    dispute = open_dispute_of(work, claim.id)
    if dispute is not None and is_ruled(dispute.state, dispute.round) and claim.state == ESCALATED:
        raise RuledAlready()
    end_without_money(work, claim, order, "withdraw", "withdrawn")
    return claim


def on_due(work: Work, claim_id: int) -> None:
    """A side was silent: the seller's silence is agreement to what was asked and shown, the buyer's lets the claim go; on the
    way back see ``on_return_due``.

    While the buyer's bank looks at the payment the clock decides nothing, and whose turn it is keeps it for another pause.
    """
    claim, order = locked_by_id(work, claim_id)
    if claim.due_at is None or work.now < claim.due_at:
        return
    if money.open_dispute(work, order.payment_code) is not None:
        _wait(work, claim, trading.BANK_PAUSE)
    elif claim.state == RETURNING:
        on_return_due(work, claim, order)
    elif claim.state == SELLER_TURN:
        _seller_was_silent(work, claim, order)
    elif claim.last_kind == REFUSE:
        end_without_money(work, claim, order, "lapse", "denied")
    else:
        end_without_money(work, claim, order, "let_go", "withdrawn")


def _seller_was_silent(work: Work, claim: Claim, order: Order) -> None:
    """Silence agrees to what was shown: a file that turns out to be no photo shows nothing, and an arbitrator decides."""
    photos = {each.photo.state for each in evidence_of(work, claim.id)}
    if not photos or "ready" in photos:
        settle(work, claim, order, "silence", claim.last_remedy or PARTIAL, claim.last_fen)
    elif "received" in photos:
        _wait(work, claim, NOT_PREPARED)
    else:
        to_arbitrator(work, claim, order, "nothing_shown", "escalated")


def _wait(work: Work, claim: Claim, how_long: timedelta) -> None:
    claim.due_at = work.now + how_long
    set_deadline(work, "claim", claim.id, "answer", claim.due_at, claim.version)


def _propose(
    work: Work, claim: Claim, order: Order, event: str, kind: str, remedy: str, amount_fen: int | None, words: str
) -> Claim:
    if remedy not in REMEDIES:
        raise InvalidInput({"remedy": N_("Please choose what you propose.")})
    if remedy == RETURN and not trading.can_come_back(work, order):
        raise ThingNotWithBuyer()
    amount = claim.most_fen if remedy == RETURN else part_of(order, amount_fen, claim.most_fen)
    _check_words(words)
    by = SELLER if kind == OFFER else BUYER
    _say(work, claim, event, by, kind, remedy, amount, words)
    tell(work, claim, order, "offered" if kind == OFFER else "asked_again")
    return claim


def _check_words(words: str) -> None:
    if not SHORTEST <= len(words.strip()) <= LONGEST:
        raise InvalidInput(
            {"words": N_("Please give your reasons in 10 to 1,000 characters. Both sides and an arbitrator read them.")}
        )


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
