"""Every state of an order has an answer for every event and every verb; nothing else moves it."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kernel.errors import BadState, Conflict, DomainError
from app.kernel.work import SYSTEM
from app.trades import queries, service
from app.trades.errors import CaseNotFound, NotYourStep, OrderNotFound, PartyCannotRule, StaffOnly
from app.trades.models import Order
from app.trades.states import FINAL, MEET, ORDER_FLOW, PARCEL
from tests.accounts.making import actor, make_member, make_user
from tests.trades.making import GROUNDS, REASON, as_buyer, as_operator, as_seller, fresh, make_order, report, user

STATES = ORDER_FLOW.states


@pytest.mark.parametrize("state", STATES)
def test_every_event_is_either_listed_or_refused(hub, state):
    order = make_order(hub, state)
    for event in ORDER_FLOW.events:
        if ORDER_FLOW.can(state, event):
            continue
        with pytest.raises(BadState) as refusal, hub.begin(SYSTEM) as work:
            ORDER_FLOW.apply(work, queries.order_by_id(work, order.id), event)
        assert refusal.value.values["state"] == state
        assert refusal.value.values["allowed"] == ORDER_FLOW.allowed(state)
    assert fresh(hub, order).version == order.version


# What each verb of a side can do in which state (delivery parcel); everything else is refused without any effect.
BUYER = {
    "cancel_unpaid": {"awaiting_payment"},
    "cancel_before_ship": {"paid"},
    "confirm_receipt": {"fulfilling"},
    "accept": {"acceptance"},
    "report_problem": {"acceptance"},
    "withdraw_problem": set(),
}
SELLER = {"cancel_before_ship": {"paid"}, "ship": {"paid"}, "take_back": {"closed_refunded"}}
STAFF = {"stop_order": {"awaiting_payment", "paid"}}


def _arguments(verb: str, order: Order, hub) -> tuple:
    return {
        "cancel_unpaid": (order.code,),
        "cancel_before_ship": (order.code, "changed_mind"),
        "confirm_receipt": (order.code,),
        "accept": (order.code, order.version),
        "report_problem": (order.code, "defect", REASON),
        "withdraw_problem": (order.code,),
        "ship": (order.code, "sf", "SF1234567890123", True),
        "take_back": (order.code,),
        "stop_order": (order.code, "收到线索，先停下这笔交易。"),
    }[verb]


@pytest.mark.parametrize("state", STATES)
def test_every_verb_is_either_right_for_the_state_or_refused_without_any_effect(hub, state):
    order = make_order(hub, state)
    for sides, take in ((BUYER, as_buyer), (SELLER, as_seller)):
        for verb, allowed in sides.items():
            if state in allowed:
                continue
            with pytest.raises(DomainError):
                take(hub, order, getattr(service, verb), *_arguments(verb, order, hub))
    for verb, allowed in STAFF.items():
        if state not in allowed:
            with pytest.raises(DomainError):
                as_operator(hub, getattr(service, verb), *_arguments(verb, order, hub))
    now = fresh(hub, order)
    assert (now.state, now.version, now.shipment_state, now.problem_state) == (
        order.state,
        order.version,
        order.shipment_state,
        order.problem_state,
    )


@pytest.mark.parametrize(
    ("state", "take", "verb"),
    [(state, as_buyer, verb) for verb, allowed in BUYER.items() for state in sorted(allowed)]
    + [(state, as_seller, verb) for verb, allowed in SELLER.items() for state in sorted(allowed)],
)
def test_the_right_verb_moves_the_order_and_is_refused_the_second_time(hub, state, take, verb):
    order = make_order(hub, state)
    take(hub, order, getattr(service, verb), *_arguments(verb, order, hub))
    moved = fresh(hub, order)
    assert moved.version == order.version + 1
    with pytest.raises(DomainError):
        take(hub, order, getattr(service, verb), *_arguments(verb, order, hub))
    assert fresh(hub, order).version == moved.version


@pytest.mark.parametrize("state", ["awaiting_payment", "paid", "fulfilling", "acceptance"])
def test_a_step_of_the_other_side_is_refused(hub, state):
    order = make_order(hub, state)
    for verb in BUYER:
        if verb != "cancel_before_ship":
            with pytest.raises(NotYourStep):
                as_seller(hub, order, getattr(service, verb), *_arguments(verb, order, hub))
    for verb in SELLER:
        if verb != "cancel_before_ship":
            with pytest.raises(NotYourStep):
                as_buyer(hub, order, getattr(service, verb), *_arguments(verb, order, hub))


def test_a_stranger_finds_no_order_whatever_they_try(hub):
    order = make_order(hub, "acceptance")
    case = report(hub, order)
    stranger = actor(hub, make_user(hub))
    for verb in {**BUYER, **SELLER}:
        with pytest.raises(OrderNotFound), hub.begin(stranger) as work:
            getattr(service, verb)(work, *_arguments(verb, order, hub))
    with pytest.raises(StaffOnly), hub.begin(stranger) as work:
        service.rule(work, case.code, "refund", GROUNDS, case.version)
    with pytest.raises(StaffOnly), hub.begin(stranger) as work:
        service.stop_order(work, order.code, "我不喜欢这笔交易，请停下。")
    with pytest.raises(StaffOnly), hub.look(stranger) as work:
        queries.cases_for_staff(work)


def test_parcel_steps_do_not_fit_a_meeting_and_the_other_way_round(hub):
    parcel, meeting = make_order(hub, "paid", delivery=PARCEL), make_order(hub, "paid", delivery=MEET)
    with pytest.raises(Conflict):
        as_seller(hub, meeting, service.ship, meeting.code, "sf", "SF1234567890123", True)
    with pytest.raises(Conflict):
        as_seller(hub, parcel, service.arrange_meeting, hub.sealer, parcel.code, "观音桥地铁站", True)
    with pytest.raises(Conflict):
        as_seller(hub, parcel, service.enter_meeting_code, hub.sealer, parcel.code, "123456")
    with pytest.raises(Conflict):
        as_buyer(hub, meeting, service.confirm_receipt, meeting.code)
    with pytest.raises(BadState):
        as_seller(hub, meeting, service.enter_meeting_code, hub.sealer, meeting.code, "123456")


def test_an_accept_from_an_old_page_changes_nothing(hub):
    order = make_order(hub, "acceptance")
    for stale in (order.version - 1, order.version + 1, -1):
        with pytest.raises(Conflict):
            as_buyer(hub, order, service.accept, order.code, stale)
    assert fresh(hub, order).state == "acceptance"


def test_a_meeting_can_still_be_cancelled_because_nothing_was_sent(hub):
    order = make_order(hub, "fulfilling", delivery=MEET)
    with pytest.raises(BadState):
        as_buyer(hub, order, service.cancel_before_ship, order.code)  # the buyer may have the item: the seller is asked
    as_seller(hub, order, service.cancel_before_ship, order.code, "changed_mind")
    assert fresh(hub, order).state == "cancelled_before_ship"
    parcel = make_order(hub, "fulfilling")
    with pytest.raises(Conflict):
        as_seller(hub, parcel, service.cancel_before_ship, parcel.code, "changed_mind")


def test_operators_who_are_parties_leave_the_decision_to_others(hub):
    staff = make_member(hub, "operator")
    order = make_order(hub, "acceptance", buyer=staff)
    case = report(hub, order)
    with pytest.raises(PartyCannotRule), hub.begin(actor(hub, staff)) as work:
        service.rule(work, case.code, "refund", GROUNDS, case.version)
    mine = make_order(hub, "paid", seller=staff)
    with pytest.raises(PartyCannotRule), hub.begin(actor(hub, staff)) as work:
        service.stop_order(work, mine.code, "这是我自己的订单，不该由我来停。")
    with pytest.raises(CaseNotFound):
        as_operator(hub, service.rule, "0" * 26, "refund", GROUNDS, 1)


def test_the_transitions_in_the_audit_trail_replay_to_the_present_state(hub):
    for state in STATES:
        order = make_order(hub, state)
        with hub.look() as work:
            steps = queries.history(work, order.id)
            at = ""
            for number, step in enumerate(steps, start=1):
                assert (step.from_state, step.row_version) == (at, number)
                at = step.to_state
            assert at == state
            assert len(steps) == order.version


CHANGES = (
    "price_fen = price_fen - 1",
    "fee_fen = 0",
    "buyer_id = seller_id",
    "seller_id = buyer_id",
    "listing_version_sha256 = 'x'",
    "total_fen = 1",
    "payment_code = 'other'",
    "acceptance_hours = 1",
    "tier = 'S'",
    "currency = 'USD'",
    "state = 'elsewhere'",
    "problem_state = 'perhaps'",
    "shipment_state = 'lost'",
    "delivered_at = NULL",
    "paid_at = NULL",
    "meet_wrong_tries = -1",
)


def test_the_database_itself_keeps_what_was_promised(hub):
    order = make_order(hub, "acceptance")
    for change in CHANGES:
        with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
            work.session.execute(text(f"UPDATE trade_order SET {change} WHERE id = {order.id}"))
    with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
        work.session.execute(text(f"DELETE FROM trade_order WHERE id = {order.id}"))


def test_the_database_refuses_a_second_order_that_holds_the_same_listing(hub):
    first = make_order(hub, "completed")
    columns = [column.name for column in Order.__table__.columns if column.name not in ("id", "code", "payment_code")]
    copy = (
        f"INSERT INTO trade_order (code, payment_code, {', '.join(columns)}) "
        f"SELECT 'x' || code, 'x' || payment_code, {', '.join(columns)} FROM trade_order WHERE id = {first.id}"
    )
    with pytest.raises(DBAPIError) as refusal, hub.begin(SYSTEM) as work:
        work.session.execute(text(copy))
    assert "unique" in str(refusal.value).lower()


def test_an_open_problem_cannot_end_in_the_database_either(hub):
    order = make_order(hub, "acceptance")
    report(hub, order)
    for state in ("completed", "closed_refunded"):
        with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
            work.session.execute(
                text(f"UPDATE trade_order SET state = '{state}', completed_at = created_at WHERE id = {order.id}")
            )


def test_final_states_have_no_way_back():
    """But for the return of a completed sale: the thing is back with its seller, and all the money with its buyer."""
    for state in FINAL:
        events = set(ORDER_FLOW.allowed(state)) - ({"claim_refund"} if state == "completed" else set())
        assert {ORDER_FLOW.table[(state, event)] for event in events} <= {state}


def test_the_reader_of_the_page_is_the_buyer_or_the_seller(hub):
    order = make_order(hub, "paid")
    for person in (user(hub, order.buyer_id), user(hub, order.seller_id)):
        with hub.look(actor(hub, person)) as work:
            assert queries.own_order(work, order.code).id == order.id
    for other in (make_user(hub), make_member(hub, "operator"), make_member(hub, "officer")):
        with pytest.raises(OrderNotFound), hub.look(actor(hub, other)) as work:
            queries.own_order(work, order.code)
