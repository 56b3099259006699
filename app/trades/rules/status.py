"""The one sentence that a reader of an order is told, from the four states of the order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.kernel.text import N_
from app.trades import states as s
from app.trades.rules.roles import BUYER, NOBODY, SELLER, STAFF
from app.trades.rules.times import Deadlines


@dataclass(frozen=True)
class Status:
    """What the reader is told first. ``who`` (buyer, seller, staff, nobody) must act ``until``; ``otherwise`` happens if not."""

    sentence: str
    next_step: str
    who: str = NOBODY
    until: datetime | None = None
    otherwise: str = ""
    tone: str = "calm"  # calm, attention, done or danger
    values: Mapping[str, Any] = field(default_factory=dict)


PAID_BACK = ("refunded", "charged_back")
AT_THE_BANK = "disputed_by_bank"
CHARGED_BACK = "charged_back"  # the buyer's bank has kept the money for the buyer
NOT_TAKEN = ("none", "authorised")


def status_sentence(
    order_state: str,
    money_state: str,
    shipment_state: str,
    problem_state: str,
    role: str,
    deadlines: Deadlines,
    delivery: str = s.PARCEL,
    ended_by: str | None = None,
) -> Status:
    """The one sentence from the four states of an order, for one reader. Answers every combination."""
    if order_state in s.FINAL:
        if order_state == s.CLOSED_REFUNDED and shipment_state in s.AWAY:
            return _way_back(shipment_state, role, delivery, deadlines, _why_back(money_state, ended_by))
        return _ended(order_state, money_state, shipment_state, role, _why_back(money_state, ended_by))
    if money_state == AT_THE_BANK:
        return _at_the_bank(role)
    if problem_state == s.PROBLEM_OPEN:
        return _problem(order_state, role)
    if order_state == s.AWAITING_PAYMENT:
        return _unpaid(money_state, role, deadlines)
    if order_state == s.PAID:
        return (_meet_to_arrange if delivery == s.MEET else _to_ship)(role, deadlines)
    if order_state == s.FULFILLING:
        return (_meet_agreed if delivery == s.MEET else _on_the_way)(role, deadlines)
    return _checking(role, deadlines)


def _for(role: str, buyer: Status, seller: Status, staff: str) -> Status:
    """The status of the reader's side; staff read the buyer's facts with a sentence of their own."""
    if role == BUYER:
        return buyer
    if role == SELLER:
        return seller
    return Status(staff, N_("Staff do not need to do anything now."), buyer.who, buyer.until, buyer.otherwise, "calm")


def _unpaid(money: str, role: str, deadlines: Deadlines) -> Status:
    if money not in NOT_TAKEN:
        return _for(
            role,
            Status(
                N_("Your payment has arrived and is being booked."), N_("You do not need to do anything; this takes a moment.")
            ),
            Status(
                N_("The buyer's payment has arrived and is being booked."),
                N_("You do not need to do anything; this takes a moment."),
            ),
            N_("The payment has arrived and is being booked."),
        )
    until = deadlines.pay_at
    otherwise = N_("If it is not paid by then, the order ends and the item goes back on sale.")
    return _for(
        role,
        Status(
            N_("The item is reserved for you. It is not paid yet."),
            N_("Please pay now. The money is held by the platform until you have the item and accept it."),
            BUYER, until, otherwise, "attention",
        ),
        Status(
            N_("A buyer has reserved your item and has not paid yet."),
            N_("Please do not send anything yet. We tell you when the payment has arrived."),
            BUYER, until, otherwise,
        ),
        N_("The item is reserved and not paid yet."),
    )  # fmt: skip


def _to_ship(role: str, deadlines: Deadlines) -> Status:
    until = deadlines.ship_at
    return _for(
        role,
        Status(
            N_("You have paid. The platform holds your money; the seller has not received it."),
            N_("The seller ships the item. You can still cancel until then."),
            SELLER, until, N_("If it is not shipped by then, the order ends and you get all your money back."),
        ),
        Status(
            N_("The buyer has paid. The platform holds the money for you."),
            N_("Pack it well, send it, and enter the tracking number here. What holds data is erased first."),
            SELLER, until,
            N_("If it is not shipped by then, the buyer gets all the money back and this is noted in your record."),
            "attention",
        ),
        N_("The order is paid and waits for shipping."),
    )  # fmt: skip


def _meet_to_arrange(role: str, deadlines: Deadlines) -> Status:
    until = deadlines.ship_at
    return _for(
        role,
        Status(
            N_("You have paid. The platform holds your money; the seller has not received it."),
            N_(
                "The seller names a place and a time to meet. Until then you can cancel by yourself, afterwards the seller is "
                "asked."
            ),
            SELLER, until, N_("If no meeting is arranged by then, the order ends and you get all your money back."),
        ),
        Status(
            N_("The buyer has paid. The platform holds the money for you."),
            N_("Name a public place and a time to meet. What holds data is erased first."),
            SELLER, until,
            N_("If no meeting is arranged by then, the buyer gets all the money back and this is noted in your record."),
            "attention",
        ),
        N_("The order is paid and waits for a meeting to be arranged."),
    )  # fmt: skip


def _to_install(role: str, deadlines: Deadlines) -> Status:
    until, otherwise = deadlines.install_at, N_("If nobody says so by then, the time for checking begins all the same.")
    return _for(
        role,
        Status(
            N_("It is in your room. The platform holds your money."),
            N_("When it is installed, or cannot be, say so here: then your time begins for checking it and for a claim."),
            BUYER, until, otherwise, "attention",
        ),
        Status(
            N_("It is in the buyer's room and will be installed. The platform holds the money for you."),
            N_("The buyer says when it is installed; then the time for checking begins."),
            BUYER, until, otherwise,
        ),
        N_("It is in the buyer's room and will be installed."),
    )  # fmt: skip


def _on_the_way(role: str, deadlines: Deadlines) -> Status:
    if deadlines.install_at is not None:
        return _to_install(role, deadlines)
    otherwise = N_("If nobody confirms the receipt by then, staff look into it. The money stays with the platform meanwhile.")
    return _for(
        role,
        Status(
            N_("The seller has shipped the item."),
            N_("When it is in your hands, confirm the receipt here. Then you have time to check it."),
            BUYER, deadlines.receipt_at, otherwise,
        ),
        Status(
            N_("You have shipped the item. The platform holds the money for you."),
            N_("The buyer confirms the receipt. Please keep the receipt of the carrier."),
            BUYER, deadlines.receipt_at, otherwise,
        ),
        N_("The item has been shipped and its receipt is not confirmed yet."),
    )  # fmt: skip


def _cancel_asked(role: str, deadlines: Deadlines) -> Status:
    until = deadlines.cancel_at
    return _for(
        role,
        Status(
            N_("You have asked to cancel. The platform holds your money."),
            N_("The seller can agree, or say that you have the item already; then staff decide."),
            SELLER, until, N_("If the seller says nothing by then, the order ends and you get all your money back."),
        ),
        Status(
            N_("The buyer wants to cancel. The platform holds the money."),
            N_("If you have the item, agree. If the buyer has it, say so here: the money then stays until staff have decided."),
            SELLER, until, N_("If you say nothing by then, the order ends and the buyer gets all the money back."), "attention",
        ),
        N_("The buyer wants to cancel an arranged meeting; the seller has not answered yet."),
    )  # fmt: skip


def _meet_agreed(role: str, deadlines: Deadlines) -> Status:
    if deadlines.cancel_at is not None:
        return _cancel_asked(role, deadlines)
    otherwise = N_("If the item has not changed hands by then, staff look into it. The money stays with the platform meanwhile.")
    return _for(
        role,
        Status(
            N_("The meeting is arranged. The platform holds your money."),
            N_("Look at the item and check it first. Then give the seller your six digits, and take it with you."),
            SELLER, deadlines.receipt_at, otherwise, "attention",
        ),
        Status(
            N_("The meeting is arranged. The platform holds the money for you."),
            N_("Let the buyer check the item. Enter the six digits that the buyer gives you here first, then hand it over."),
            SELLER, deadlines.receipt_at, otherwise, "attention",
        ),
        N_("A meeting is arranged; the item has not changed hands yet."),
    )  # fmt: skip


def _checking(role: str, deadlines: Deadlines) -> Status:
    until = deadlines.acceptance_at
    return _for(
        role,
        Status(
            N_("You have the item. Now is the time to check it."),
            N_("If all is as described, accept it. If not, tell us that there is a problem: the money then stays where it is."),
            BUYER, until, N_("If you do neither by then, the sale is completed and the money goes to the seller."), "attention",
        ),
        Status(
            N_("The buyer has the item and is checking it."),
            N_("Please wait. The money is paid to you as soon as the buyer accepts."),
            BUYER, until, N_("If the buyer reports no problem by then, the sale is completed and the money is paid to you."),
        ),
        N_("The buyer has the item and is checking it."),
    )  # fmt: skip


def _problem(order_state: str, role: str) -> Status:
    if order_state != s.ACCEPTANCE:
        return _for(
            role,
            Status(
                N_("The handover is not confirmed. Staff are looking into it; your money is still with the platform."),
                N_("If you have the item by now, confirm it here. Otherwise please wait for the decision."),
                STAFF, None, N_("Nothing happens to the money until staff have decided."), "attention",
            ),
            Status(
                N_("The handover is not confirmed. Staff are looking into it; the money is still with the platform."),
                N_("Please keep what proves the handover, such as the receipt of the carrier, and wait for the decision."),
                STAFF, None, N_("Nothing happens to the money until staff have decided."), "attention",
            ),
            N_("The handover is not confirmed. A decision is needed."),
        )  # fmt: skip
    return _for(
        role,
        Status(
            N_("You have reported a problem. The money stays with the platform until staff have decided."),
            N_("Staff read what you wrote and decide. If you and the seller have solved it, you can take the problem back."),
            STAFF, None, N_("Nothing happens to the money until staff have decided."), "attention",
        ),
        Status(
            N_("The buyer has reported a problem. The money stays with the platform until staff have decided."),
            N_("Please read what the buyer wrote and answer it below, once. Staff decide and tell both of you the reasons."),
            STAFF, None, N_("Nothing happens to the money until staff have decided."), "attention",
        ),
        N_("A problem has been reported. A decision is needed."),
    )  # fmt: skip


def claim_status(role: str) -> Status:
    """While a claim holds the order: its own page says whose turn it is."""
    otherwise = N_("Nothing else happens to the order or its money until the claim has ended.")
    return _for(
        role,
        Status(
            N_("You have opened a claim about this item."),
            N_("Its page says whose turn it is, and until when."),
            NOBODY, None, otherwise, "attention",
        ),
        Status(
            N_("The buyer has opened a claim about this item."),
            N_("Please answer it on its page in time: silence counts as agreeing."),
            NOBODY, None, otherwise, "attention",
        ),
        N_("A claim about this order is open."),
    )  # fmt: skip


def _why_back(money: str, ended_by: str | None) -> str:
    if ended_by == BUYER:
        return N_("The buyer has refused a change on site. The order has ended with a full refund.")
    if money == CHARGED_BACK:
        return N_("The buyer's bank has given the buyer the money back.")
    return N_("Staff have decided for a full refund.") if ended_by == "staff" else N_("The order has ended with a full refund.")


def _at_the_bank(role: str) -> Status:
    otherwise = N_("Nothing happens to the money, and nothing happens by the clock, until the bank has decided.")
    return _for(
        role,
        Status(
            N_("Your bank has taken the payment back to look at it."),
            N_("Please wait for the bank's decision. We tell you as soon as we know it."),
            NOBODY, None, otherwise, "attention",
        ),
        Status(
            N_("The buyer's bank has taken the payment back to look at it."),
            N_("Please do not send or hand over anything until the bank has decided. Keep what proves the handover."),
            NOBODY, None, otherwise, "attention",
        ),
        N_("The buyer's bank has taken the payment back and has not decided."),
    )  # fmt: skip


def _way_back(shipment: str, role: str, delivery: str, deadlines: Deadlines, ruled: str) -> Status:
    """After a refund the thing belongs to its seller: how it gets there, and who must act."""
    staff = N_("The buyer has the money back; the item is not back with its seller yet.")
    if deadlines.returned_at is not None:
        return _for(
            role,
            Status(
                N_("You have sent the item back. All your money goes back to you."),
                N_("Keep the receipt of the carrier until the seller has confirmed here that the item has arrived."),
                SELLER,
            ),
            Status(
                N_("The buyer has sent the item back to you."),
                N_("When you have the item again, say so here; then you can put it back on sale."),
                SELLER, tone="attention",
            ),
            staff,
        )  # fmt: skip
    if shipment == s.SHIPPED:
        return _for(
            role,
            Status(
                ruled,
                N_(
                    "All your money goes back to you. If the parcel still reaches you, please refuse it or send it back to the "
                    "sender named on it."
                ),
                tone="attention",
            ),
            Status(
                ruled,
                N_("The buyer gets the money back. When you have the item again, say so here; then you can put it back on sale."),
                tone="attention",
            ),
            staff,
        )
    if deadlines.return_at is None:
        return _for(
            role,
            Status(
                ruled,
                N_(
                    "All your money goes back to you. The item goes back to the seller, who says here where to. Until then "
                    "please keep it safe and do not use it."
                ),
                SELLER, tone="attention",
            ),
            Status(
                ruled,
                N_("The buyer gets the money back, you get the item. Say here where the buyer sends it; nobody else sees that."),
                SELLER, tone="attention",
            ),
            staff,
        )  # fmt: skip
    otherwise = N_("If nothing is sent by then, staff see it in their list as overdue.")
    until = deadlines.return_at
    return _for(
        role,
        Status(
            ruled,
            N_("All your money goes back to you. Please send the item to the address below and enter the tracking number here.")
            if delivery == s.PARCEL
            else N_(
                "All your money goes back to you. Please give the item back in person, or send it to the address below and enter "
                "the tracking number here."
            ),
            BUYER, until, otherwise, "attention",
        ),
        Status(
            ruled,
            N_("The buyer has your address and sends the item back. When you have it, say so here."),
            BUYER, until, otherwise,
        ),
        staff,
    )  # fmt: skip


def _ended(order_state: str, money: str, shipment: str, role: str, why_back: str) -> Status:
    if order_state == s.COMPLETED:
        return _for(
            role,
            Status(N_("The sale is completed. The item is yours."), N_("You do not need to do anything more."), tone="done"),
            Status(
                N_("The sale is completed. Your money has been credited to you."),
                N_("You do not need to do anything more. The payout to your account follows by itself."),
                tone="done",
            ),
            N_("The sale is completed."),
        )
    sentence = {
        s.CANCELLED_UNPAID: N_("The order ended without a payment."),
        s.CANCELLED_BEFORE_SHIP: N_("The order was cancelled before the item changed hands."),
        s.CANCELLED_PLATFORM: N_("The platform stopped this order."),
        s.CLOSED_REFUNDED: why_back,
    }[order_state]
    buyer = Status(sentence, _money_back(order_state, money), tone="done")
    seller = Status(sentence, _seller_after(order_state, shipment), tone="done")
    return _for(role, buyer, seller, sentence)


def _money_back(order_state: str, money: str) -> str:
    if money in PAID_BACK:
        return N_("All your money has been paid back. You do not need to do anything more.")
    if money in NOT_TAKEN:
        return N_("Nothing was charged. You do not need to do anything more.")
    return N_("All your money is on its way back to you. You do not need to do anything more.")


def _seller_after(order_state: str, shipment: str) -> str:
    if order_state == s.CLOSED_REFUNDED and shipment == s.RETURNED:
        return N_("You have the item again. You do not need to do anything more.")
    return N_("Please do not send anything. You do not need to do anything more.")
