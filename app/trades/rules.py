"""Decisions of a sale on plain values: what was typed, when things are due, and what the reader is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from app.kernel.text import N_
from app.kernel.time import SHANGHAI, add_days
from app.trades import states as s

BUYER = "buyer"
SELLER = "seller"
STAFF = "staff"
NOBODY = "nobody"
ROLES = (BUYER, SELLER, STAFF)

MEET_CODE_DIGITS = 6
MEET_TRIES = 5
MEET_LOCK = timedelta(minutes=15)
# The acceptance deadline fires this much after its time. A problem reported in time may still be on its way through the
# database (statements end after 5 seconds); it must find the order open, because the report wins when its time is not later.
ACCEPTANCE_GRACE = timedelta(seconds=10)
CANCEL_ANSWER = timedelta(hours=24)  # how long a seller has to say that the buyer who wants to cancel has the item
LIFTS = ("yes", "small", "no")  # there is one; there is one but the thing does not fit; there is none
REMINDER_DAYS = 3  # a seller is reminded three days after the payment, or half way when the time is shorter

_MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})", re.ASCII)
_LANDLINE = re.compile(r"0[0-9]{9,11}", re.ASCII)
_TRACKING = re.compile(r"[A-Z0-9]{8,24}", re.ASCII)


class Terms(Protocol):
    """What an order takes over from the settings when it is made; config.Settings fits."""

    @property
    def fee_bp(self) -> int: ...
    @property
    def pay_minutes(self) -> int: ...
    @property
    def ship_days(self) -> int: ...
    @property
    def no_receipt_days(self) -> int: ...
    @property
    def acceptance_hours(self) -> int: ...
    @property
    def appliance_acceptance_days(self) -> int: ...


@dataclass(frozen=True)
class Address:
    """Where a parcel goes. Personal: stored sealed only."""

    name: str
    phone: str
    address: str
    floor: str = ""  # of an appliance: into which room it goes
    lift: str = ""
    remarks: str = ""

    def as_dict(self) -> dict[str, str]:
        room = {"floor": self.floor, "lift": self.lift, "remarks": self.remarks}
        return {
            "name": self.name,
            "phone": self.phone,
            "address": self.address,
            **{key: text for key, text in room.items() if text},
        }


def read_address(name: str, phone: str, address: str) -> tuple[Address, dict[str, str]]:
    """The address as it is kept, and one sentence per field that cannot be used (empty: all is well)."""
    name, address = name.strip(), address.strip()
    digits = re.sub(r"[ -]", "", phone.strip())
    mobile = _MOBILE.fullmatch(digits)
    errors: dict[str, str] = {}
    if not name:
        errors["name"] = N_("Please type the name of the person who receives the parcel.")
    elif len(name) > 40:
        errors["name"] = N_("This name is too long for a parcel label: at most 40 characters.")
    if mobile is None and _LANDLINE.fullmatch(digits) is None:
        errors["phone"] = N_("Please type a mobile number of 11 digits, or a landline number with its area code.")
    if len(address) < 5:
        errors["address"] = N_("Please type the whole address: province, city, district, street, house and room.")
    elif len(address) > 200:
        errors["address"] = N_("This address is too long for a parcel label: at most 200 characters.")
    return Address(name, mobile.group(1) if mobile else digits, address), errors


def read_room(to: Address, typed: Mapping[str, str]) -> tuple[Address, dict[str, str]]:
    """The address with floor, lift and remarks for bringing an appliance into the room; and what cannot be used."""
    floor, lift, remarks = (typed.get(key, "").strip() for key in ("floor", "lift", "remarks"))
    errors: dict[str, str] = {}
    if not floor or len(floor) > 20:
        errors["floor"] = N_("Please type the floor, for example 5.")
    if lift not in LIFTS:
        errors["lift"] = N_("Please say whether there is a lift.")
    if len(remarks) > 200:
        errors["remarks"] = N_("This is too long: at most 200 characters.")
    return replace(to, floor=floor, lift=lift, remarks=remarks), errors


def read_tracking_no(typed: str) -> str | None:
    """The tracking number in capitals without spaces and hyphens; None when it cannot be one."""
    number = re.sub(r"[\s-]", "", typed).upper()
    fits = _TRACKING.fullmatch(number) is not None and sum(letter.isdigit() for letter in number) >= 6
    return number if fits else None


def read_meet_code(typed: str) -> str | None:
    """The six digits, also when typed with a space between them; None when it is something else."""
    digits = re.sub(r"[ -]", "", typed.strip())
    return digits if digits.isascii() and digits.isdigit() and len(digits) == MEET_CODE_DIGITS else None


def clock_words(at: datetime) -> str:
    """An instant in a sentence, in Shanghai: 2026-11-23 14:05."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def reminder_at(paid_at: datetime, ship_days: int) -> datetime:
    """When the seller is reminded to ship."""
    return paid_at + timedelta(days=min(REMINDER_DAYS, ship_days / 2))


def acceptance_hours(category: str, terms: Terms) -> int:
    """How long the buyer may check the thing, as the order keeps it."""
    return 24 * terms.appliance_acceptance_days if category == "appliance" else terms.acceptance_hours


def acceptance_due_at(at: datetime, category: str, hours: int) -> datetime:
    """Until when the buyer may check it: an appliance to the end of the last of its days in Shanghai, a phone to the hour."""
    return add_days(at, hours // 24) if category == "appliance" else at + timedelta(hours=hours)


def cancel_due_at(asked_at: datetime) -> datetime:
    """Until when the seller can object to the buyer's wish to cancel a meeting."""
    return asked_at + CANCEL_ANSWER


def ship_due_at(paid_at: datetime, ship_days: int) -> datetime:
    """The end of the last day for shipping, in Shanghai."""
    return add_days(paid_at, ship_days)


@dataclass(frozen=True)
class Deadlines:
    """What is due when; None where nothing of the kind was set."""

    pay_at: datetime | None = None
    ship_at: datetime | None = None
    receipt_at: datetime | None = None
    acceptance_at: datetime | None = None
    cancel_at: datetime | None = None  # the buyer has asked to cancel a meeting; what is not answered by then is agreed to


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


PAID_BACK = ("refunded",)
NOT_TAKEN = ("none", "authorised")


def status_sentence(
    order_state: str,
    money_state: str,
    shipment_state: str,
    problem_state: str,
    role: str,
    deadlines: Deadlines,
    delivery: str = s.PARCEL,
) -> Status:
    """The one sentence from the four states of an order, for one reader. Answers every combination."""
    if order_state in s.FINAL:
        return _ended(order_state, money_state, shipment_state, role, delivery)
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


def _on_the_way(role: str, deadlines: Deadlines) -> Status:
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


def _send_back(shipment: str, delivery: str) -> str:
    """After a refund the thing belongs to the seller: how it gets there."""
    if shipment == s.SHIPPED:
        return N_(
            "All your money goes back to you. If the parcel still reaches you, please refuse it or send it back to the sender "
            "named on it."
        )
    if delivery == s.MEET:
        return N_(
            "All your money goes back to you. Please give the item back to the seller: where you met, or as the reasons below "
            "say. The seller then confirms it here."
        )
    return N_(
        "All your money goes back to you. Please send the item back to the seller: to the sender named on the parcel or as the "
        "reasons below say, with tracking, and keep the receipt. The seller then confirms it here."
    )


def _ended(order_state: str, money: str, shipment: str, role: str, delivery: str) -> Status:
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
        s.CLOSED_REFUNDED: N_("Staff have decided for a full refund."),
    }[order_state]
    buyer = Status(sentence, _money_back(order_state, money), tone="done")
    if order_state == s.CLOSED_REFUNDED and shipment in s.AWAY:
        buyer = Status(sentence, _send_back(shipment, delivery), tone="attention")
    seller = Status(sentence, _seller_after(order_state, shipment), tone="done")
    return _for(role, buyer, seller, sentence)


def _money_back(order_state: str, money: str) -> str:
    if money in PAID_BACK:
        return N_("All your money has been paid back. You do not need to do anything more.")
    if money in NOT_TAKEN:
        return N_("Nothing was charged. You do not need to do anything more.")
    return N_("All your money is on its way back to you. You do not need to do anything more.")


def _seller_after(order_state: str, shipment: str) -> str:
    if order_state == s.CLOSED_REFUNDED and shipment in s.AWAY:
        return N_("The buyer gets the money back. When you have the item again, say so here; then you can put it back on sale.")
    if order_state == s.CLOSED_REFUNDED and shipment == s.RETURNED:
        return N_("You have the item again. You do not need to do anything more.")
    return N_("Please do not send anything. You do not need to do anything more.")


def actions(
    order_state: str, shipment_state: str, problem_state: str, role: str, delivery: str, now: datetime, deadlines: Deadlines
) -> tuple[str, ...]:
    """What the reader can do now, the main step first; pages draw one button or form for each."""
    if role == BUYER:
        return _buyer_actions(order_state, problem_state, delivery, now, deadlines)
    if role == SELLER:
        return _seller_actions(order_state, shipment_state, problem_state, delivery, deadlines)
    return ("rule",) if problem_state == s.PROBLEM_OPEN else ()


def _buyer_actions(state: str, problem: str, delivery: str, now: datetime, deadlines: Deadlines) -> tuple[str, ...]:
    quiet = problem != s.PROBLEM_OPEN
    if state == s.AWAITING_PAYMENT:
        return ("pay", "cancel")
    if state == s.PAID:
        return ("cancel",)
    if state == s.FULFILLING and delivery == s.MEET:
        return ("tell_code", "ask_cancel") if quiet and deadlines.cancel_at is None else ("tell_code",)
    if state == s.FULFILLING:
        return ("receive",)
    if state == s.ACCEPTANCE and not quiet:
        return ("withdraw_problem",)
    if state == s.ACCEPTANCE:
        in_time = deadlines.acceptance_at is None or now <= deadlines.acceptance_at
        return ("accept", "problem") if in_time else ("accept",)
    return ()


def _seller_actions(state: str, shipment: str, problem: str, delivery: str, deadlines: Deadlines) -> tuple[str, ...]:
    quiet = problem != s.PROBLEM_OPEN
    if state == s.CLOSED_REFUNDED and shipment in s.AWAY:
        return ("take_back",)
    if state == s.PAID:
        return ("arrange", "cancel") if delivery == s.MEET else ("ship", "cancel")
    if state == s.FULFILLING and delivery == s.MEET:
        if quiet and deadlines.cancel_at is not None:
            return ("agree_cancel", "object_cancel", "enter_code")
        return ("enter_code", "rearrange", "cancel") if quiet else ("enter_code",)
    return ()
