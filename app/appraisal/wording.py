"""What the reader of an order is told first, and the words of its timeline. Pure: plain values in, message ids out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from app.appraisal import states as s
from app.kernel.text import N_

OWNER, APPRAISER, AGENCY, STAFF = "owner", "appraiser", "agency", "staff"
_NEVER_CAME = N_("If the item does not come by then, the order ends; the page says what comes back of the fee.")


@dataclass(frozen=True)
class Status:
    """The first sentence, what comes next, until when, and what happens otherwise. ``values`` fills all of them."""

    sentence: str
    next_step: str = ""
    until: datetime | None = None
    otherwise: str = ""
    tone: str = "calm"  # calm, attention, done or danger
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What the sentence depends on besides state and reader."""

    has_fee: bool = False
    is_handed: bool = False  # the thing goes from hand to hand
    name: str = ""  # of the appraiser
    place: str = ""
    when: str = ""  # the booked time, in words
    way: str | None = None
    holder: str = "owner"
    back_way: str | None = None
    staff_reason: str | None = None
    pay_due_at: datetime | None = None
    answer_due_at: datetime | None = None
    come_due_at: datetime | None = None
    back_due_at: datetime | None = None
    report_due_at: datetime | None = None
    is_late: bool = False  # the next step should be done by now
    is_coming: bool = False  # its owner has sent it and the agency has not received it
    is_over: bool = False  # the booked time at a place began half an hour ago or earlier
    said: tuple[str, ...] = ()  # who is said not to have been there at the booked time, in the order of saying
    ended_by: str = ""  # why it was cancelled: owner, platform, sold, never_came or not_paid
    owner_code: str = ""  # whose request it was
    visit: str | None = None  # the state of the visit at home
    absent: str = ""  # who is said not to have been there
    object_due_at: datetime | None = None
    reason: str = ""  # why it was declined or not finished


def status_of(state: str, reader: str, facts: Facts) -> Status:
    """The one sentence for one reader. Answers every state."""
    values = {"name": facts.name, "place": facts.place, "when": facts.when, "reason": facts.reason}
    told = _ended(state, reader, facts) if state in s.ENDED else _running(state, reader, facts)
    return Status(told.sentence, told.next_step, told.until, told.otherwise, told.tone, values)


def _running(state: str, reader: str, facts: Facts) -> Status:
    if state == s.SCHEDULED and not facts.visit and (facts.said or facts.is_over):
        return _not_met(reader, facts)
    if state == s.AWAITING_ITEM and facts.is_late:
        return Status(
            N_("The parcel has not been received in time."),
            N_("Our staff look into it. When they end the order, a fee that was paid goes back whole."),
            tone="attention",
        )
    if state == s.SECOND_LOOK and facts.is_late:
        return Status(
            N_("The report is signed, and the second look before its issue takes too long."),
            N_("Our staff look into it. When they end the order, a fee that was paid goes back whole."),
            tone="attention",
        )
    if state in s.LATE and facts.is_late:
        return Status(
            N_("The report is late."),
            N_("Our staff look into it. When they end the order, the whole fee and the item go back to the owner.")
            if reader != APPRAISER
            else N_("Please finish it. Our staff can end the order now."),
            tone="attention",
        )
    told = _on_time(state, reader, facts)
    if state == s.AWAITING_ITEM and facts.report_due_at:
        otherwise = N_("If it has not been received by then, our staff look into it.")
        return replace(told, until=facts.report_due_at, otherwise=otherwise)
    if state in s.LATE and state != s.SCHEDULED and facts.report_due_at:
        return replace(told, until=facts.report_due_at, otherwise=N_("If there is no report by then, our staff look into it."))
    return told


def _on_time(state: str, reader: str, facts: Facts) -> Status:
    is_owner = reader == OWNER
    if state == s.REQUESTED:
        return Status(N_("The request is with the agency. No appraiser has accepted it yet."))
    if state == s.QUOTED:
        next_step = N_("Please pay it now. The platform holds the money until the report is signed.") if is_owner else ""
        otherwise = N_("If it is not paid by then, the order ends and nothing is charged.")
        return Status(N_("The appraisal fee is not paid yet."), next_step, facts.pay_due_at, otherwise, "attention")
    if state == s.FEE_PAID:
        if facts.staff_reason:
            return Status(
                N_("Nobody of the agency has taken the appraisal so far."),
                N_("Our staff look into it. The fee stays with the platform and is not lost."),
                tone="attention",
            )
        return Status(N_("The platform holds the fee. An appraiser is being chosen by lot."))
    if state == s.ASSIGNED:
        return _assigned(reader, facts)
    if state == s.ACCEPTED and not facts.is_handed:
        return Status(N_("%(name)s has accepted and will inspect the item."))
    if state == s.ACCEPTED and facts.visit:
        otherwise = N_("Without another time by then the order ends; the page says what comes back of the fee.")
        step = N_("Please choose another time below.") if is_owner else N_("The owner chooses another time.")
        return Status(N_("The time that was booked is over."), step, facts.come_due_at, otherwise, "attention")
    if state == s.ACCEPTED:
        otherwise = _NEVER_CAME if facts.come_due_at else ""
        if is_owner:
            next_step = N_("Please choose below when and how your item gets there.")
            return Status(N_("%(name)s has accepted."), next_step, facts.come_due_at, otherwise, "attention")
        return Status(
            N_("%(name)s has accepted."), N_("The owner now chooses when and how the item comes."), facts.come_due_at, otherwise
        )
    if state == s.SCHEDULED and facts.visit:
        return _at_home(reader, facts)
    if state == s.SCHEDULED:
        step = (
            N_("Come with the item. Give your six digits when you are there; they show that both of you have met.")
            if is_owner
            else N_("When owner and item are there, enter the owner's six digits: then the inspection begins.")
        )
        return Status(N_("A time is booked: %(when)s, %(place)s."), step, tone="attention")
    if state == s.AWAITING_ITEM:
        return _awaiting(reader, facts)
    if state == s.ITEM_RECEIVED:
        step = (
            N_("The inspection begins soon. You are told when the report is signed.")
            if is_owner
            else N_("Go on to the inspection.")
        )
        return Status(N_("The agency has the item."), step)
    if state == s.REPORT_DRAFT:
        return Status(N_("The inspection is done. %(name)s signs the report next."))
    if state == s.PEER_REVIEW:
        return Status(N_("The appraiser has signed. A senior appraiser of the agency reads the report and signs it too."))
    if state == s.SECOND_LOOK:
        return Status(
            N_("The report is signed. Before it is issued, somebody who does not know the grade looks a second time."),
            N_("You do not need to do anything. You are told when the report is issued.") if is_owner else "",
        )
    return Status(N_("%(name)s is inspecting the item."))


def _assigned(reader: str, facts: Facts) -> Status:
    if reader == APPRAISER:
        return Status(
            N_("This appraisal was assigned to you."),
            N_("Please accept it, or pass it on and say why."),
            facts.answer_due_at,
            N_("Without an answer by then it goes to the next one."),
            "attention",
        )
    return Status(
        N_("%(name)s was chosen and is asked."),
        N_("You do not need to do anything.") if reader == OWNER else "",
        facts.answer_due_at,
        N_("Without an answer by then the next one is chosen."),
    )


def _not_met(reader: str, facts: Facts) -> Status:
    """The booked time at a place has passed, and the owner's six digits were not entered."""
    mine = {OWNER: "owner", APPRAISER: "agency"}.get(reader, "")
    if not facts.said:
        step = {
            OWNER: N_("If nobody was there, please say so below. You can still meet: give your six digits then."),
            APPRAISER: N_(
                "Enter the owner's six digits when you have met. If not, say below that nobody was there, or offer another time."
            ),
        }
        otherwise = N_("If nothing is said by then, our staff look into it.")
        sentence = N_("The booked time has begun, and nobody has said that both met.")
        return Status(sentence, step.get(reader, ""), facts.report_due_at, otherwise, "attention")
    if len(facts.said) > 1:
        return Status(
            N_("Owner and appraiser both say that they were there at the agreed time. Our staff decide."), tone="attention"
        )
    if facts.said[0] == "owner":
        sentence = N_("The appraiser says that nobody was there at the agreed time.")
    else:
        sentence = N_("The owner says that nobody was there at the agreed time.")
    step = N_("If you were there, please say so below.") if mine == facts.said[0] else ""
    return Status(sentence, step, facts.report_due_at, N_("Then our staff decide how it goes on."), "attention")


def _at_home(reader: str, facts: Facts) -> Status:
    if facts.visit == "disputed":
        return Status(
            N_("Owner and appraiser both say that they were there at the agreed time. Our staff decide."), tone="attention"
        )
    if facts.visit == "absent":
        meant = facts.absent == ("owner" if reader == OWNER else "agency" if reader == APPRAISER else "")
        step = N_("If you were there, please say so below.") if meant else ""
        if facts.absent == "owner":
            sentence = N_("The appraiser says that nobody was there at the agreed time.")
            otherwise = N_("Without an objection by then the order ends, and a part of the fee goes back to the owner.")
        else:
            sentence = N_("It is noted that the appraiser did not come.")
            otherwise = N_("Without an objection by then the order ends, and the whole fee goes back to the owner.")
        return Status(sentence, step, facts.object_due_at, otherwise, "attention")
    if reader == OWNER:
        step = N_("Be at home with the item. Give your six digits when you have met; they show that both of you were there.")
        return Status(N_("%(name)s comes to your home: %(when)s."), step, tone="attention")
    step = N_("When you have met the owner, enter the owner's six digits: then the inspection begins.")
    return Status(N_("%(name)s is expected at the owner's home: %(when)s."), step, tone="attention")


def _awaiting(reader: str, facts: Facts) -> Status:
    is_owner = reader == OWNER
    if facts.holder == "carrier":
        there = N_("You are told when it is there. Until then the order cannot be cancelled.")
        step = there if is_owner else N_("When it is there, close the seal, note its number and take photos.")
        return Status(N_("The item is on its way to the agency by parcel."), step)
    otherwise = _NEVER_CAME if facts.come_due_at else ""
    if facts.way == "send":
        if is_owner:
            step = N_("Pack it well, send it to the address below, and enter the tracking number here.")
            return Status(N_("The agency waits for your parcel."), step, facts.come_due_at, otherwise, "attention")
        return Status(N_("The owner will send the item by parcel."), "", facts.come_due_at, otherwise)
    if is_owner:
        step = N_("Give your six digits only when you hand it over: they show that the agency has it.")
        return Status(N_("The agency waits for your item: %(place)s."), step, facts.come_due_at, otherwise, "attention")
    step = N_("When it is there, close the seal, note its number, take photos and enter the owner's six digits.")
    return Status(N_("The owner will bring the item: %(place)s."), step, facts.come_due_at, otherwise)


_CANCELLED = {
    "owner": N_("This request was taken back."),
    "platform": N_("This order has ended before its inspection."),
    "sold": N_("This request has ended: the item has a new owner."),
    "never_came": N_("This request has ended: the item did not come in time."),
    "not_paid": N_("This request has ended: the fee was not paid in time."),
}
_BY = {"change_hands": "sold", "come_timeout": "never_came", "pay_timeout": "not_paid"}


def ended_by(entries: Sequence[Entry], owner_code: str) -> str:
    """By what an order was cancelled: told by its last step, not by who owns the thing today."""
    steps = [entry for entry in entries if entry.verb.partition(".")[2] in (*_BY, "cancel")]
    if not steps:
        return ""
    verb = steps[-1].verb.partition(".")[2]
    return _BY.get(verb) or ("owner" if steps[-1].actor_code == owner_code else "platform")


def _ended(state: str, reader: str, facts: Facts) -> Status:
    if state == s.ISSUED:
        sentence, tone = N_("The report is signed."), "done"
    elif state == s.CORRECTION_REVIEW:
        sentence, tone = N_("The report is in force. A corrected version waits for the senior appraiser."), "calm"
    elif state in s.AFTER_ISSUE:
        sentence, tone = N_("The report is in force. Its appraiser is preparing a corrected version."), "calm"
    elif state == s.DECLINED:
        sentence, tone = N_("The agency could not take this appraisal."), "attention"
    elif state == s.CANCELLED:
        sentence, tone = _CANCELLED.get(facts.ended_by, _CANCELLED["owner"]), "attention"
    else:
        sentence, tone = N_("The appraisal could not be finished."), "attention"
    if facts.holder == "owner":
        return Status(sentence, N_("The reason: %(reason)s") if facts.reason else "", tone=tone)
    return Status(
        sentence, _way_back(reader, facts), facts.back_due_at, N_("If it is not back by then, our staff look into it."), tone
    )


def _way_back(reader: str, facts: Facts) -> str:
    if facts.is_coming:
        return (
            N_("Your parcel was still on its way to the agency, which sends it back. If it comes back undelivered, say so below.")
            if reader == OWNER
            else N_("A parcel of its owner is still on its way. When it is there, note that you have it; then it has to go back.")
        )
    if facts.holder == "carrier":
        return (
            N_("Your item is on its way back. Please say below when you have it.")
            if reader == OWNER
            else N_("The item is on its way back to its owner.")
        )
    if reader == OWNER:
        if facts.back_way == "parcel":
            return N_("Your item is still with the agency, which sends it back to the address that you gave.")
        return N_("Your item is still with the agency. Please fetch it and show your six digits.")
    if facts.back_way == "parcel":
        return N_("The item has to go back: send it to the owner's address and enter the tracking number.")
    return N_("The item has to go back: give it to its owner, compare the seal, and enter the owner's six digits.")


HAPPENED = {
    "appraisal.create": N_("Asked for"),
    "appraisal.quote": N_("The agency's fee was named"),
    "appraisal.settle": N_("Fee paid; the platform holds it"),
    "appraisal.pay_timeout": N_("Ended: the fee was not paid in time"),
    "appraisal.assign": N_("An appraiser was chosen"),
    "appraisal.pass": N_("Passed on to the next appraiser"),
    "appraisal.answer_timeout": N_("No answer in time; passed on to the next appraiser"),
    "appraisal.accept": N_("Accepted by the appraiser"),
    "appraisal.decline": N_("Declined"),
    "appraisal.cancel": N_("Taken back by the owner"),
    "appraisal.come_timeout": N_("Ended: the item did not come in time"),
    "appraisal.book": N_("A time was booked"),
    "appraisal.bring": N_("The owner chose how the item comes"),
    "appraisal.move": N_("Another time was chosen"),
    "appraisal.release": N_("Another time or way is chosen"),
    "appraisal.check_in": N_("Owner and appraiser met; the inspection began"),
    "appraisal.receive": N_("The agency took the item"),
    "appraisal.begin": N_("The inspection began"),
    "appraisal.freeze": N_("The report was frozen, to be signed"),
    "appraisal.hand_on": N_("The appraiser signed; the senior appraiser is asked"),
    "appraisal.confirm": N_("The senior appraiser signed; the report is in force"),
    "appraisal.hold": N_("Everybody has signed; a second person looks without knowing the grade"),
    "appraisal.let_through": N_("The second look is done; the report is in force"),
    "appraisal.look_again": N_("The second look differed; the appraiser looks again"),
    "appraisal.refer_back": N_("The senior appraiser asked for another look"),
    "appraisal.reopen": N_("The appraiser took the draft back"),
    "appraisal.correct": N_("A correction of the report began"),
    "appraisal.drop": N_("The correction was given up"),
    "appraisal.sign": N_("The report was signed"),
    "appraisal.give_up": N_("Could not be finished"),
    "appraisal.change_hands": N_("Ended: the item has a new owner"),
    "appraisal.send_back": N_("Sent back to the owner"),
    "appraisal.return": N_("The owner has the item again"),
}
_STOPPED = {"pay_timeout", "decline", "cancel", "come_timeout", "give_up", "change_hands"}

TAKEN_THERE, COMES = N_("The item comes to the appraiser"), N_("The appraiser comes to the owner's home")
COMING = (
    (s.FEE_PAID, N_("The fee is paid and held by the platform")),
    (s.ACCEPTED, N_("An appraiser accepts")),
    (s.ITEM_RECEIVED, TAKEN_THERE),
    (s.ISSUED, N_("The report is signed; the agency is paid")),
)
_RANK = {
    s.QUOTED: 0,
    s.FEE_PAID: 1,
    s.ASSIGNED: 1,
    s.ACCEPTED: 2,
    s.SCHEDULED: 2,
    s.AWAITING_ITEM: 2,
    s.ITEM_RECEIVED: 3,
    s.INSPECTING: 3,
    s.REPORT_DRAFT: 3,
    s.PEER_REVIEW: 3,
    s.SECOND_LOOK: 3,
}


class Entry(Protocol):
    """A transition in the audit trail."""

    verb: str
    actor_code: str
    actor_kind: str
    at: datetime


@dataclass(frozen=True)
class Step:
    """One line of the timeline: a message id, the public code of who did it ("" : by itself), when, how it is drawn."""

    what: str
    who: str = ""
    at: datetime | None = None
    state: str = "done"  # done, current, next or stopped
    due: datetime | None = None


def _happened(entry: Entry, facts: Facts) -> str:
    if entry.verb == "appraisal.cancel" and facts.owner_code not in ("", entry.actor_code):
        return N_("Ended before the inspection")  # a second look that its own room ended
    return HAPPENED.get(entry.verb, entry.verb)


def timeline(entries: Sequence[Entry], state: str, facts: Facts, status: Status) -> list[Step]:
    """What happened, and what follows when all goes well."""
    steps = [
        Step(
            _happened(entry, facts),
            entry.actor_code if entry.actor_kind == "user" and entry.verb != "appraisal.quote" else "",  # the price table quotes
            entry.at,
            "stopped" if entry.verb.partition(".")[2] in _STOPPED else "done",
        )
        for entry in entries
    ]
    if state in s.ENDED:
        if facts.holder != "owner":
            steps.append(Step(N_("The item goes back to its owner"), state="current", due=status.until))
        return steps
    left = [what for _state, what in COMING[_RANK[state] :]] if facts.has_fee else [N_("The report is signed")]
    if facts.is_handed and not facts.has_fee and _RANK[state] < _RANK[s.ITEM_RECEIVED]:
        left.insert(0, TAKEN_THERE)
    if facts.visit:
        left = [COMES if what == TAKEN_THERE else what for what in left]
    for place, what in enumerate(left):
        steps.append(Step(what, state="next" if place else "current", due=None if place else status.until))
    return steps
