"""An order's timeline: what happened, from the transitions of the audit trail, and what still comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.kernel.text import N_
from app.trades import states as s
from app.trades.rules import BUYER, NOBODY, SELLER, Status

PLATFORM = "platform"
CLOCK = "clock"

HAPPENED = {
    "order.create": N_("Reserved by the buyer"),
    "order.settle": N_("Paid; the platform holds the money"),
    "order.cancel": N_("Cancelled before the payment"),
    "order.pay_timeout": N_("Ended: not paid in time"),
    "order.stop": N_("Stopped by the platform"),
    "order.ship": N_("Shipped"),
    "order.arrange": N_("Meeting arranged"),
    "order.rearrange": N_("Meeting changed"),
    "order.buyer_cancel": N_("Cancelled by the buyer; the money goes back"),
    "order.seller_cancel": N_("Cancelled by the seller; the money goes back"),
    "order.ask_cancel": N_("The buyer asks to cancel; the seller has 24 hours to answer"),
    "order.agree_cancel": N_("The seller agrees to the cancellation; the money goes back"),
    "order.cancel_timeout": N_("The seller did not object in time; the money goes back"),
    "order.object_cancel": N_("The seller says that the buyer has the item; the money stays where it is"),
    "order.ship_timeout": N_("Ended: not sent in time; the money goes back"),
    "order.receive": N_("Receipt confirmed; time for checking begins"),
    "order.arrive": N_("It is in the room and will be installed"),
    "order.propose_change": N_("On site the seller asks for more for bringing it"),
    "order.accept_change": N_("The buyer accepts the change on site"),
    "order.withdraw_change": N_("The seller brings it for what was agreed"),
    "order.refuse_change": N_("The buyer refuses the change on site; it goes back, and all the money too"),
    "order.install": N_("Installed; time for checking begins"),
    "order.install_timeout": N_("The time for installing it is over; time for checking begins"),
    "order.meet": N_("Handed over with the six digits; time for checking begins"),
    "order.no_receipt": N_("Handover not confirmed in time; staff look into it"),
    "order.check": N_("The buyer has compared it, item by item, with what was promised"),
    "order.accept": N_("Accepted; the seller is paid"),
    "order.acceptance_timeout": N_("Time for checking is over; the seller is paid"),
    "order.report_problem": N_("Problem reported; the money stays where it is"),
    "order.withdraw_problem": N_("Problem taken back; time for checking begins again"),
    "order.rule_release": N_("Staff decided: the money goes to the seller"),
    "order.rule_refund": N_("Staff decided: the buyer gets the money back"),
    "order.open_claim": N_("Claim opened; the money stays where it is"),
    "order.end_claim": N_("The claim ended without money"),
    "order.settle_claim": N_("The claim is settled: a part of the price goes back to the buyer"),
    "order.claim_refund": N_("The claim is settled: the buyer gets all the money back, the item goes back"),
    "order.bank_lost": N_("The buyer's bank has given the buyer the money back"),
    "order.ask_back": N_("The seller has named the address for sending it back"),
    "order.send_back": N_("Sent back to the seller"),
    "order.take_back": N_("The seller has the item again"),
}

_COMING_PARCEL = (
    (s.PAID, N_("Payment arrives")),
    (s.FULFILLING, N_("Seller ships")),
    (s.ACCEPTANCE, N_("Buyer confirms the receipt")),
    (s.COMPLETED, N_("Buyer accepts; the seller is paid")),
)
_COMING_MEET = (
    (s.PAID, N_("Payment arrives")),
    (s.FULFILLING, N_("Seller arranges the meeting")),
    (s.ACCEPTANCE, N_("Handover with six digits")),
    (s.COMPLETED, N_("Buyer accepts; the seller is paid")),
)
_ORDER = (s.AWAITING_PAYMENT, s.PAID, s.FULFILLING, s.ACCEPTANCE, s.COMPLETED)
_STOPPED = {
    "order.cancel",
    "order.pay_timeout",
    "order.stop",
    "order.buyer_cancel",
    "order.seller_cancel",
    "order.ship_timeout",
    "order.agree_cancel",
    "order.cancel_timeout",
}


class Entry(Protocol):
    """A transition in the audit trail."""

    verb: str
    actor_code: str
    actor_kind: str
    at: datetime


@dataclass(frozen=True)
class Step:
    """One line: a message id, who did it (buyer, seller, platform, clock, or empty), when, and how it is drawn."""

    what: str
    who: str = ""
    at: datetime | None = None
    state: str = "done"  # done, current, next or stopped
    due: datetime | None = None


def timeline(
    entries: Sequence[Entry], order_state: str, delivery: str, status: Status, buyer_code: str, seller_code: str
) -> list[Step]:
    """The steps that were, the one that is due now, and those that follow when all goes well."""
    steps = [Step(_what(entry, seller_code), _who(entry, buyer_code, seller_code), entry.at, _drawn(entry)) for entry in entries]
    if order_state in s.FINAL:
        if status.who != NOBODY:  # refunded, and not back with its seller
            steps.append(Step(N_("The item goes back to the seller"), state="current", due=status.until))
        return steps
    coming = _COMING_MEET if delivery == s.MEET else _COMING_PARCEL
    left = [what for state, what in coming if _ORDER.index(state) > _ORDER.index(order_state)]
    if status.who == "staff":
        left = [N_("Staff decide")]
    elif steps and entries[-1].verb == "order.ask_cancel":
        left = [N_("The seller answers the wish to cancel")]  # the deadline is the seller's, not the handover's
    for place, what in enumerate(left):
        steps.append(Step(what, state="next" if place else "current", due=None if place else status.until))
    return steps


def _what(entry: Entry, seller_code: str) -> str:
    if entry.verb == "order.create" and entry.actor_code == seller_code:
        return N_("Offer accepted; reserved for the buyer")
    return HAPPENED.get(entry.verb, entry.verb)


def _who(entry: Entry, buyer_code: str, seller_code: str) -> str:
    if entry.actor_kind == "user":
        return {buyer_code: BUYER, seller_code: SELLER}.get(entry.actor_code, PLATFORM)
    return CLOCK if entry.verb.endswith(("_timeout", "no_receipt")) else PLATFORM


def _drawn(entry: Entry) -> str:
    return "stopped" if entry.verb in _STOPPED else "done"
