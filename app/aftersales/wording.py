"""What the pages of claims say: names, steps, and the one sentence at the top."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.aftersales import states as s
from app.kernel.text import N_

STATE_WORDS = {
    s.SELLER_TURN: N_("The seller answers"),
    s.BUYER_TURN: N_("The buyer answers"),
    s.ESCALATED: N_("An arbitrator decides"),
    s.RETURNING: N_("On its way back"),
    s.REMEDIED: N_("Settled"),
    s.DENIED: N_("Denied"),
    s.WITHDRAWN: N_("Ended without money"),
    s.OVERTAKEN: N_("Ended by the buyer's bank"),
}
REMEDY_WORDS = {
    s.PARTIAL: N_("Part of the price back, the item stays with the buyer"),
    s.RETURN: N_("Returning the item for the price"),
}
KIND_WORDS = {s.ASK: N_("The buyer asks for"), s.OFFER: N_("The seller offers"), s.REFUSE: N_("The seller refuses")}
FAULT_WORDS = {
    "seller_fault": N_("The seller"),
    "buyer_fault": N_("The buyer"),
    "shared": N_("Both"),
    "none": N_("Nobody, or it cannot be known"),
}
STEPS = {
    "claim.create": N_("Claim opened; the money stays where it is"),
    "claim.accept": N_("The seller agreed"),
    "claim.silence": N_("The seller did not answer in time, which counts as agreeing"),
    "claim.offer": N_("The seller offered something else"),
    "claim.refuse": N_("The seller refused"),
    "claim.withdraw": N_("The buyer took it back"),
    "claim.bank_lost": N_("The buyer's bank gave the money back"),
    "claim.agree": N_("The buyer agreed"),
    "claim.ask_again": N_("The buyer asked for something else"),
    "claim.escalate": N_("The buyer lets an arbitrator decide"),
    "claim.nothing_shown": N_("The seller was silent, but none of the files sent was a photo"),
    "claim.lapse": N_("The buyer did not answer the refusal in time"),
    "claim.let_go": N_("The buyer did not answer the offer in time"),
    "claim.grant": N_("Ruled: money goes back to the buyer"),
    "claim.dismiss": N_("Ruled: nothing goes back"),
    "claim.accept_return": N_("The seller agreed to the return"),
    "claim.silence_return": N_("The seller did not answer in time, which counts as agreeing to the return"),
    "claim.agree_return": N_("The buyer agreed to the return"),
    "claim.grant_return": N_("Ruled: the item goes back, then the money"),
    "claim.name_address": N_("The seller said where it goes back to"),
    "claim.send_back": N_("The buyer sent it"),
    "claim.receive_same": N_("The seller has it again; the numbers are those of what was sold"),
    "claim.receive_silence": N_("The seller did not say in time that something is wrong with what came back"),
    "claim.receive_other": N_("What came back is not as it was sent; an arbitrator decides"),
    "claim.nothing_came": N_("The seller says that nothing has come; an arbitrator decides"),
    "claim.stuck": N_("The return did not go on in time; an arbitrator decides"),
    "claim.not_sent": N_("The buyer did not send it in time"),
}
STEPS |= {
    "claim_dispute.create": N_("An arbitrator is to be drawn by lot"),
    "claim_dispute.name": N_("An arbitrator was drawn by lot"),
    "claim_dispute.pass": N_("The arbitrator passed it on; the next one is drawn"),
    "claim_dispute.timeout": N_("The arbitrator did not decide in time; the next one is drawn"),
    "claim_dispute.rule": N_("The first ruling was given"),
    "claim_dispute.rule_last": N_("The ruling on the appeal was given; it is final"),
    "claim_dispute.appeal": N_("One side appealed"),
    "claim_dispute.accept": N_("One side accepted the ruling"),
    "claim_dispute.accept_both": N_("Both sides accepted the ruling; it is final"),
    "claim_dispute.stand": N_("Nobody appealed in time; the ruling is final"),
    "claim_dispute.finish": N_("The ruling is carried out"),
    "claim_dispute.close": N_("The dispute ended without being carried out"),
}
DISPUTE_WORDS = {
    s.WAITING: N_("An arbitrator is drawn"),
    s.DECIDING: N_("The arbitrator decides"),
    s.RULED: N_("Ruled; an appeal is possible"),
    s.CARRYING_OUT: N_("Final; being carried out"),
    s.DONE: N_("Carried out"),
    s.CLOSED: N_("Ended without being carried out"),
}
LEG_WORDS = {
    s.PLANNED: N_("Waits for its turn"),
    s.BOOKED: N_("On its way"),
    s.PAID: N_("Has gone its way"),
    s.FAILED: N_("The payer refused; it is asked for again"),
    s.DROPPED: N_("Does not move: the dispute ended otherwise"),
}
SIDE_WORDS = {s.BUYER: N_("The buyer"), s.SELLER: N_("The seller")}
NOTHING_WORDS = N_("Nothing goes back")
RECEIPT_WORDS = {
    s.SAME: N_("The same item"),
    s.ALTERED: N_("Altered, or with another seal"),
    s.OTHER_ITEM: N_("Another item: its number is not the one that was sold"),
    s.SILENT: N_("Nothing said in time, which counts as the same item"),
}
NUMBER_WORDS = {"imei": N_("IMEI"), "serial": N_("Serial number"), "vin": N_("VIN")}
STAFF, ARBITRATOR = "staff", "arbitrator"
ADDRESS, SEND, RECEIVE = "address", "send", "receive"  # whose step of the way back is next


@dataclass(frozen=True)
class Said:
    """The sentence at the top: what happened, what the reader does next, until when, what happens otherwise."""

    sentence: str
    next_step: str = ""
    until: datetime | None = None
    otherwise: str = ""
    tone: str = "calm"


@dataclass(frozen=True)
class Disputed:
    """How a dispute stands, for the sentence at the top. ``accepted``: whether the reader has accepted the ruling."""

    state: str
    round: int = 1
    due_at: datetime | None = None
    accepted: bool = False


def status_of(
    state: str,
    role: str,
    last_kind: str,
    due_at: datetime | None,
    leg: str = ADDRESS,
    dispute: Disputed = Disputed(s.WAITING),
) -> Said:
    """For one reader (buyer, seller, staff, arbitrator). Answers every combination; ``leg``: the next step of the way back."""
    if state == s.RETURNING:
        return _going_back(role, leg, due_at)
    if state == s.SELLER_TURN:
        return _sellers_turn(role, due_at)
    if state == s.BUYER_TURN:
        return _buyers_turn(role, last_kind, due_at)
    if state == s.ESCALATED:
        return _disputed(role, dispute)
    return Said(
        {
            s.REMEDIED: N_("The claim is settled."),
            s.DENIED: N_("The claim is denied. The order goes on where it stood."),
            s.WITHDRAWN: N_("The claim has ended without money. The order goes on where it stood."),
            s.OVERTAKEN: N_("The buyer's bank has given the money back, so the claim has ended."),
        }[state],
        tone="done",
    )


_STILL = N_("The money stays where it is until the ruling is final.")


def _disputed(role: str, dispute: Disputed) -> Said:
    if dispute.state == s.WAITING:
        drawn = N_("An arbitrator is drawn by lot: somebody who has nothing to do with either side.")
        again = N_("One side has appealed. Another arbitrator is drawn by lot, whose ruling is final.")
        return Said(again if dispute.round == 2 else drawn, _STILL)
    if dispute.state == s.DECIDING:
        if role == ARBITRATOR:
            return Said(
                N_("You were drawn to decide this dispute."),
                N_("Read what both sides say and give your ruling with its reasons."),
                dispute.due_at, N_("If you do not decide, the next person is drawn."), "attention",
            )  # fmt: skip
        return Said(
            N_("An arbitrator decides about this claim and gives reasons to both of you."),
            _STILL,
            dispute.due_at,
            N_("If there is no ruling by then, the next arbitrator is drawn."),
        )
    if dispute.state == s.RULED:
        stands = N_("If nobody appeals, the ruling becomes final and is carried out.")
        if role in s.SIDES and not dispute.accepted:
            return Said(
                N_("There is a ruling. No money has moved yet."),
                N_("Read it below. Accept it, or appeal once to another arbitrator."),
                dispute.due_at, stands, "attention",
            )  # fmt: skip
        return Said(N_("There is a ruling. No money has moved yet."), N_("Please wait."), dispute.due_at, stands)
    return Said(N_("The ruling is final. The money goes as it says."), N_("Please wait."))


_LEGS = {
    ADDRESS: (
        s.SELLER,
        N_("A return is agreed: the item comes back to you, and then the money goes back."),
        N_("Say where it goes back to."),
        N_("If no address is named, an arbitrator decides."),
    ),
    SEND: (
        s.BUYER,
        N_("A return is agreed. The seller has named the address."),
        N_("Erase what is yours, sign out of your accounts, send it and enter the number of the parcel."),
        N_("If it is not sent, the claim ends without money."),
    ),
    RECEIVE: (
        s.SELLER,
        N_("The item is on its way back to you."),
        N_("When it is there, read its number off it and enter it: it must be the one that was sold."),
        N_("If you say nothing, it counts as received and the money goes back."),
    ),
}


def _going_back(role: str, leg: str, due_at: datetime | None) -> Said:
    whose, sentence, step, otherwise = _LEGS[leg]
    if role == whose:
        return Said(sentence, step, due_at, otherwise, "attention")
    waits = N_("A return is agreed. The money goes back when the seller has the item again.")
    return Said(waits, N_("Please wait for the other side."), due_at)


def _sellers_turn(role: str, due_at: datetime | None) -> Said:
    otherwise = N_("Silence counts as agreeing to what is asked.")
    if role == s.SELLER:
        return Said(
            N_("The buyer has opened a claim about what you sold."),
            N_("Look at the photos and answer: agree, offer something else, or refuse with your reasons."),
            due_at, otherwise, "attention",
        )  # fmt: skip
    return Said(N_("The seller has your claim and answers it."), N_("Please wait. You can also take it back."), due_at, otherwise)


def _buyers_turn(role: str, last_kind: str, due_at: datetime | None) -> Said:
    refused = last_kind == s.REFUSE
    otherwise = N_("If you do nothing, the claim ends without money.")
    if role == s.BUYER:
        return Said(
            N_("The seller refuses your claim.") if refused else N_("The seller offers something else."),
            N_("Ask again, let an arbitrator decide, or take the claim back.")
            if refused
            else N_("Agree, ask for something else, let an arbitrator decide, or take the claim back."),
            due_at, otherwise, "attention",
        )  # fmt: skip
    return Said(
        N_("The buyer has your answer."),
        N_("Please wait."),
        due_at,
        N_("If the buyer does nothing, the claim ends without money."),
    )
