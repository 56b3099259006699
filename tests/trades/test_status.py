"""Every state of an order has a plain answer for everybody who may read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from app.trades import rules, states

NOW = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)
DUE = rules.Deadlines(*(NOW + timedelta(days=day) for day in (1, 2, 3, 4)))
MONEY = ("none", "authorised", "held", "part_released", "released", "part_refunded", "refunding", "refunded", "failed",
         "disputed_by_bank", "charged_back")  # fmt: skip
AXES = (states.ORDER_FLOW.states, states.SHIPMENTS, states.PROBLEMS, rules.ROLES, states.DELIVERIES)


def everything():
    return product(states.ORDER_FLOW.states, MONEY, states.SHIPMENTS, states.PROBLEMS, rules.ROLES, states.DELIVERIES)


def test_every_combination_of_the_four_states_and_every_reader_has_an_answer():
    for order, money, shipment, problem, role, delivery in everything():
        status = rules.status_sentence(order, money, shipment, problem, role, DUE, delivery)
        assert status.sentence.endswith("."), (order, money, shipment, problem, role)
        assert status.next_step.endswith("."), (order, money, shipment, problem, role)
        assert status.who in (rules.BUYER, rules.SELLER, rules.STAFF, rules.NOBODY)
        assert status.tone in ("calm", "attention", "done", "danger")
        assert (status.until is None) or status.otherwise, "a deadline without its consequence"


def test_an_ended_order_waits_for_nobody():
    for order, money, shipment, problem, role, delivery in everything():
        if order in states.FINAL and not (order == states.CLOSED_REFUNDED and shipment in states.AWAY):
            status = rules.status_sentence(order, money, shipment, problem, role, DUE, delivery)
            assert (status.who, status.until, status.otherwise) == (rules.NOBODY, None, "")


def test_both_sides_are_told_the_same_deadline_and_the_same_person_who_must_act():
    for order, money, shipment, problem, _, delivery in everything():
        buyer, seller = (
            rules.status_sentence(order, money, shipment, problem, role, DUE, delivery) for role in ("buyer", "seller")
        )
        assert (buyer.until, buyer.who) == (seller.until, seller.who), (order, money, shipment, problem)


@pytest.mark.parametrize(
    ("order", "delivery", "who", "until"),
    [
        (states.AWAITING_PAYMENT, "parcel", rules.BUYER, DUE.pay_at),
        (states.PAID, "parcel", rules.SELLER, DUE.ship_at),
        (states.PAID, "meet", rules.SELLER, DUE.ship_at),
        (states.FULFILLING, "parcel", rules.BUYER, DUE.receipt_at),
        (states.ACCEPTANCE, "parcel", rules.BUYER, DUE.acceptance_at),
    ],
)
def test_an_open_order_names_who_acts_and_until_when(order, delivery, who, until):
    status = rules.status_sentence(
        order, "held" if order != states.AWAITING_PAYMENT else "none", "none", "none", "buyer", DUE, delivery
    )
    assert (status.who, status.until) == (who, until)


@pytest.mark.parametrize(
    ("ended_by", "sentence"),
    [
        ("staff", "Staff have decided for a full refund."),
        (None, "The order has ended with a full refund."),  # the two sides agreed in a claim, or somebody ruled about it
        ("buyer", "The buyer has refused a change on site. The order has ended with a full refund."),
    ],
)
def test_a_full_refund_names_staff_only_where_they_decided(ended_by, sentence):
    status = rules.status_sentence(states.CLOSED_REFUNDED, "refunded", "returned", "none", "buyer", DUE, "parcel", ended_by)
    assert status.sentence == sentence


WAY_BACK = {
    # (address named, sent back, shipment): who acts, what the seller can do, what the buyer can do
    (False, False, "delivered"): (rules.SELLER, ("ask_back", "take_back"), ()),
    (True, False, "delivered"): (rules.BUYER, ("ask_back", "take_back"), ("send_back",)),
    (True, True, "delivered"): (rules.SELLER, ("take_back",), ()),
    (False, False, "shipped"): (rules.NOBODY, ("take_back",), ()),
    (False, False, "returned"): (rules.NOBODY, (), ()),
    (True, True, "returned"): (rules.NOBODY, (), ()),
}


@pytest.mark.parametrize("delivery", states.DELIVERIES)
@pytest.mark.parametrize("case", WAY_BACK)
def test_after_a_refund_somebody_acts_until_the_item_is_back(case, delivery):
    named, sent, shipment = case
    due = replace(DUE, return_at=NOW + timedelta(days=7) if named else None, returned_at=NOW if sent else None)
    who, seller_can, buyer_can = WAY_BACK[case]
    for role, can in ((rules.SELLER, seller_can), (rules.BUYER, buyer_can), (rules.STAFF, ())):
        status = rules.status_sentence(states.CLOSED_REFUNDED, "refunded", shipment, "closed", role, due, delivery)
        assert status.until == (due.return_at if who == rules.BUYER and role != rules.NOBODY else None)
        assert rules.actions(states.CLOSED_REFUNDED, shipment, "closed", role, delivery, NOW, due) == can
        assert status.who == who


def test_an_open_problem_always_waits_for_staff_and_has_no_clock():
    for order, role in product((states.FULFILLING, states.ACCEPTANCE), rules.ROLES):
        status = rules.status_sentence(order, "held", "shipped", "open", role, DUE)
        assert (status.who, status.until) == (rules.STAFF, None)


def test_every_offered_action_is_one_that_the_state_allows():
    needs = {
        "pay": "settle", "ship": "ship", "arrange": "arrange", "rearrange": "rearrange", "tell_code": "meet",
        "enter_code": "meet", "receive": "receive", "accept": "accept", "problem": "report_problem",
        "withdraw_problem": "withdraw_problem", "rule": "rule_refund", "take_back": "take_back",
        "ask_back": "ask_back", "send_back": "send_back", "ask_cancel": "ask_cancel", "agree_cancel": "agree_cancel", "object_cancel": "object_cancel",
    }  # fmt: skip
    for order, shipment, problem, role, delivery in product(*AXES):
        if problem == "open" and order not in (states.FULFILLING, states.ACCEPTANCE):
            continue  # the database refuses it
        asked = replace(DUE, cancel_at=NOW + timedelta(hours=24))
        for action in {a for due in (DUE, asked) for a in rules.actions(order, shipment, problem, role, delivery, NOW, due)}:
            cancel = "cancel" if order == states.AWAITING_PAYMENT else f"{role}_cancel"
            event = cancel if action == "cancel" else needs[action]
            assert states.ORDER_FLOW.can(order, event), (order, action)


def test_a_problem_is_not_offered_after_the_window():
    late = DUE.acceptance_at + timedelta(seconds=1)
    assert rules.actions(states.ACCEPTANCE, "delivered", "none", "buyer", "parcel", DUE.acceptance_at, DUE) == (
        "accept",
        "problem",
    )
    assert rules.actions(states.ACCEPTANCE, "delivered", "none", "buyer", "parcel", late, DUE) == ("accept",)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("138 0013 8000", "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("023-63850000", "02363850000"),
    ],
)
def test_phone_numbers_are_kept_in_one_form(typed, kept):
    address, errors = rules.read_address("沈一", typed, "重庆市渝北区云杉路 8 号 1-2-3")
    assert errors == {}
    assert address.phone == kept


@pytest.mark.parametrize(
    "phone", ["", "12345", "１３８００１３８０００", "23800138000", "1380013800", "138001380000", "abc", "١٣٨٠٠١٣٨٠٠٠"]
)
def test_a_number_that_no_carrier_can_call_is_refused(phone):
    assert list(rules.read_address("沈一", phone, "重庆市渝北区云杉路 8 号")[1]) == ["phone"]


def test_every_part_of_an_address_is_needed_and_bounded():
    assert set(rules.read_address(" ", "", "短")[1]) == {"name", "phone", "address"}
    assert set(rules.read_address("名" * 41, "13800138000", "地" * 201)[1]) == {"name", "address"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("SF1234567890123", "SF1234567890123"),
        (" sf 1234 5678 9012 ", "SF123456789012"),
        ("7310-1234-5678", "731012345678"),
        ("12345", None),
        ("ABCDEFGHIJ", None),
        ("SF12345678901234567890123", None),
        ("运单12345678", None),
        ("１２３４５６７８９０", None),
        ("", None),
        ("<script>123456", None),
    ],
)
def test_tracking_numbers_have_a_form(typed, kept):
    assert rules.read_tracking_no(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("012345", "012345"),
        ("012 345", "012345"),
        ("012-345", "012345"),
        ("12345", None),
        ("1234567", None),
        ("１２３４５６", None),
    ],
)
def test_the_meeting_code_has_six_plain_digits(typed, kept):
    assert rules.read_meet_code(typed) == kept


def test_a_reminder_comes_before_the_end_also_when_the_time_is_short():
    assert rules.reminder_at(NOW, 7) == NOW + timedelta(days=3)
    assert rules.reminder_at(NOW, 1) == NOW + timedelta(hours=12)
    assert rules.return_reminder_at(NOW, NOW + timedelta(days=7)) == NOW + timedelta(days=5)
    assert rules.return_reminder_at(NOW, NOW + timedelta(days=1)) == NOW + timedelta(hours=12)


def test_reminders_of_the_way_back_come_less_and_less_often_and_then_end():
    days = [timedelta(days=each) for each in (3, 10, 24)]
    at = NOW
    for count, wanted in enumerate([NOW + each for each in days]):
        assert rules.way_back_reminders(NOW, at) == count
        at = rules.way_back_reminder_at(NOW, at)
        assert at == wanted
    assert rules.way_back_reminder_at(NOW, at) is None
    assert rules.ship_due_at(NOW, 7) == datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)
