"""What the reader of a re-inspection is told first, and the words of its timeline. Pure: plain values in, message ids out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.kernel.text import N_
from app.reinspection import states as s


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
    """What the sentence depends on besides the state."""

    asked: bool  # whether the reader asked for it
    shows: bool  # whether the reader has the thing and shows it
    begun: bool = False  # whether the second inspection has begun
    holder: str = "owner"  # who has the thing: owner, carrier or agency
    agency: str = ""
    pay_due_at: datetime | None = None
    show_due_at: datetime | None = None
    with_staff: bool = False
    deposit: str = ""
    paid: bool = False
    reason: str = ""


def status_of(state: str, facts: Facts) -> Status:
    """The one sentence for one reader. Answers every state."""
    values = {"agency": facts.agency, "deposit": facts.deposit, "reason": facts.reason}
    told = _ended(state, facts) if state in s.ENDED else _running(state, facts)
    return Status(told.sentence, told.next_step, told.until, told.otherwise, told.tone, values)


def _running(state: str, facts: Facts) -> Status:
    if state == s.AWAITING_DEPOSIT:
        return Status(
            N_("The deposit of %(deposit)s is not paid yet."),
            N_("Please pay it now. Only then does the report count as contested, and another agency is drawn."),
            facts.pay_due_at,
            N_("If it is not paid by then, the contest ends and nothing is charged."),
            "attention",
        )
    if facts.with_staff:
        return Status(
            N_("It does not go on by itself at the moment. Our staff look into it."),
            N_("A deposit stays with the platform and is not lost."),
            tone="attention",
        )
    if state == s.SEEKING:
        return Status(N_("Another agency is being drawn by lot. It will not know the first result."))
    if facts.begun:
        return Status(N_("%(agency)s is inspecting the item without knowing the first result."))
    if facts.holder == "agency":
        return Status(N_("%(agency)s has the item and will inspect it without knowing the first result."))
    if facts.holder == "carrier":
        more = N_("You are told when it is there. Until then nothing can be taken back.")
        return Status(N_("The item is on its way to %(agency)s by parcel."), more)
    if facts.shows:
        return Status(
            N_("%(agency)s was drawn to look at the item a second time."),
            N_("Please show the item there. Do not say what the first report found: a second look counts only when it is blind."),
            facts.show_due_at,
            N_("If it is not shown by then, the second look ends without a result."),
            "attention",
        )
    return Status(N_("%(agency)s was drawn to look at the item a second time. It waits for the item."), until=facts.show_due_at)


def _ended(state: str, facts: Facts) -> Status:
    if state == s.UPHELD:
        more = N_("The deposit of %(deposit)s has paid the second inspection.") if facts.paid and facts.asked else ""
        return Status(N_("The second agency found the same grade. The first report stands."), more, tone="done")
    if state == s.AMENDED:
        more = N_("Your deposit of %(deposit)s is on its way back to you, the whole of it.") if facts.paid and facts.asked else ""
        return Status(N_("The second agency found another grade. Its report counts from now on."), more, tone="done")
    back = N_("Your deposit of %(deposit)s is on its way back to you, the whole of it.") if facts.paid and facts.asked else ""
    if state == s.WITHDRAWN:
        return Status(N_("It was taken back. The first report stays in force."), back)
    if state == s.LAPSED and not facts.paid and facts.deposit:
        more = N_("As long as the report is in force you can contest it again, on its page.")
        return Status(N_("The deposit did not come in time, so your contest has ended. Nothing was charged."), more)
    if state == s.LAPSED:
        return Status(N_("The item was not shown in time, so the second look has ended. The first report stays in force."), back)
    return Status(N_("It has ended without a result: %(reason)s"), back)


STEPS: dict[str, str] = {
    s.AWAITING_DEPOSIT: N_("The grade was contested"),
    s.SEEKING: N_("Another agency is drawn"),
    s.WITH_AGENCY: N_("An agency was drawn and asked"),
    s.UPHELD: N_("The same grade was found again"),
    s.AMENDED: N_("Another grade was found"),
    s.WITHDRAWN: N_("It was taken back"),
    s.LAPSED: N_("The time was over"),
    s.CLOSED: N_("It ended without a result"),
}
SIDE_WORDS = {"owner": N_("The owner of the item"), "buyer": N_("The buyer of the item")}
KIND_WORDS = {"blind": N_("Drawn by lot"), "contest": N_("Contested grade")}
STAFF_WORDS = {
    "nobody": N_("No other agency is left that could look at it"),
    "busy": N_("The item is being appraised otherwise"),
    "slow": N_("The second inspection takes longer than it should"),
}
STATE_WORDS: dict[str, tuple[str, str]] = {
    s.AWAITING_DEPOSIT: (N_("Deposit not paid"), "plain"),
    s.SEEKING: (N_("Agency being drawn"), "info"),
    s.WITH_AGENCY: (N_("With the second agency"), "info"),
    s.UPHELD: (N_("Upheld"), "good"),
    s.AMENDED: (N_("Amended"), "attention"),
    s.WITHDRAWN: (N_("Taken back"), "plain"),
    s.LAPSED: (N_("Time over"), "plain"),
    s.CLOSED: (N_("No result"), "plain"),
}
