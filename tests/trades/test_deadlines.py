"""What happens when nobody acts: each clock of an order, and who wins when two things meet in one moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.credit import queries as credit
from app.kernel.clock import advance
from app.kernel.deadlines import Deadline
from app.kernel.errors import Conflict
from app.kernel.work import SYSTEM
from app.trades import queries, rules, service
from app.trades.errors import AlreadyPaid, WindowOver
from app.trades.service import Found
from app.trades.states import ACCEPTANCE, COMPLETED, ORDER_FLOW
from tests.accounts.making import actor
from tests.listings.making import fresh as fresh_listing
from tests.payments.making import begin_checkout, deliver, run_money, sandbox
from tests.trades.carrying import brought, changed
from tests.trades.comparing import hand_in
from tests.trades.making import (
    PRICE,
    REASON,
    as_buyer,
    as_operator,
    as_seller,
    ask_back,
    fresh,
    later,
    make_order,
    money_of,
    user,
)
from tests.trades.test_sale import conduct, told


def clocks(hub, order) -> dict[str, object]:
    with hub.look() as work:
        waiting = select(Deadline).where(Deadline.entity == "order", Deadline.entity_id == order.id, Deadline.fired_at.is_(None))
        return {deadline.kind: deadline.due_at for deadline in work.session.scalars(waiting)}


def test_each_state_has_exactly_its_clocks(hub):
    assert set(clocks(hub, make_order(hub, "awaiting_payment"))) == {"pay"}
    assert set(clocks(hub, make_order(hub, "paid"))) == {"ship", "ship_reminder"}
    assert set(clocks(hub, make_order(hub, "fulfilling"))) == {"no_receipt"}
    assert set(clocks(hub, make_order(hub, "fulfilling", delivery="meet"))) == {"no_receipt"}
    assert set(clocks(hub, make_order(hub, "acceptance"))) == {"acceptance"}
    assert set(clocks(hub, make_order(hub, "closed_refunded"))) == {"way_back"}  # until the item is back with its seller
    for ended in ("completed", "cancelled_unpaid", "cancelled_before_ship", "cancelled_platform"):
        assert clocks(hub, make_order(hub, ended)) == {}


TAKEN = "周六下午三点在观音桥，买家验机后拿走了手机。"

# Every step that leaves the state as it is, and the clocks that run after it.
STAYS = {
    ("fulfilling", "rearrange"): {"no_receipt"},
    ("fulfilling", "no_receipt"): set(),  # staff look into it
    ("fulfilling", "arrive"): {"install"},
    ("fulfilling", "propose_change"): {"no_receipt"},
    ("fulfilling", "accept_change"): {"no_receipt"},
    ("fulfilling", "withdraw_change"): {"no_receipt"},
    ("fulfilling", "ask_cancel"): {"no_receipt", "cancel"},
    ("fulfilling", "object_cancel"): set(),
    ("acceptance", "check"): {"acceptance", "check_reminder"},
    ("acceptance", "report_problem"): set(),
    ("acceptance", "withdraw_problem"): {"acceptance"},
    ("closed_refunded", "ask_back"): {"way_back"},
    ("closed_refunded", "send_back"): {"way_back"},
    ("closed_refunded", "take_back"): set(),
}


def _stay(hub, state: str, event: str):
    """An order that has just made this step."""
    delivery = "meet" if state == "fulfilling" and event != "no_receipt" else "parcel"
    if event == "arrive":
        return brought(hub)
    if event.endswith("_change"):
        order = changed(hub)
        if event == "accept_change":
            as_buyer(hub, order, service.accept_change, order.code, order.version)
        elif event == "withdraw_change":
            as_seller(hub, order, service.withdraw_change, order.code)
        return order
    order = make_order(hub, state, delivery=delivery)
    if event == "rearrange":
        as_seller(hub, order, service.arrange_meeting, hub.sealer, order.code, "观音桥地铁站 3 号口，周日上午十点", True)
    elif event == "no_receipt":
        later(hub, days=11)
    elif event in ("ask_cancel", "object_cancel"):
        as_buyer(hub, order, service.ask_cancel, order.code, order.version)
        if event == "object_cancel":
            as_seller(hub, order, service.object_cancel, order.code, TAKEN)
    elif event in ("ask_back", "send_back"):
        ask_back(hub, order)
        if event == "send_back":
            as_buyer(hub, order, service.send_back, order.code, "sf", "SF1234567890123")
    elif event == "check":
        hand_in(hub, order, {"thing:number": Found("differs", "", "末四位是 9999。")})
    elif event == "take_back":
        as_seller(hub, order, service.take_back, order.code)
    else:
        as_buyer(hub, order, service.report_problem, order.code, "defect", REASON)
        if event == "withdraw_problem":
            as_buyer(hub, order, service.withdraw_problem, order.code)
    return order


def test_the_table_names_every_step_that_leaves_the_state_as_it_is():
    by_claims = {(state, event) for state in (ACCEPTANCE, COMPLETED) for event in ("open_claim", "end_claim")}
    by_claims.add(
        (COMPLETED, "settle_claim")
    )  # played in tests/aftersales, which see the time for checking stand still and go on
    assert set(STAYS) | by_claims == {(start, event) for (start, event), end in ORDER_FLOW.table.items() if start == end}


@pytest.mark.parametrize(("state", "event"), STAYS)
def test_after_a_step_that_leaves_the_state_its_clocks_still_run(hub, state, event):
    """A clock belongs to one version of the order: after a step without a new clock it would never strike."""
    order = _stay(hub, state, event)
    now = fresh(hub, order)
    assert now.state == state
    with hub.look() as work:
        steps = [entry.verb for entry in queries.history(work, order.id)]
        waiting = select(Deadline).where(Deadline.entity == "order", Deadline.entity_id == order.id, Deadline.fired_at.is_(None))
        found = {deadline.kind: deadline.row_version for deadline in work.session.scalars(waiting)}
    assert steps[-1] == f"order.{event}"
    assert found == dict.fromkeys(STAYS[state, event], now.version)


def test_a_meeting_that_was_changed_still_reaches_staff_on_the_first_day(hub):
    order = make_order(hub, "fulfilling", delivery="meet")
    later(hub, days=5)
    as_seller(hub, order, service.arrange_meeting, hub.sealer, order.code, "观音桥地铁站 3 号口，周日上午十点", True)
    assert fresh(hub, order).receipt_due_at == order.receipt_due_at
    later(hub, days=6)
    assert fresh(hub, order).problem_state == "open"


def test_an_unpaid_reservation_ends_and_the_item_goes_back_on_sale(hub):
    order = make_order(hub, "awaiting_payment")
    later(hub, minutes=25)  # a busy machine adds some of its own
    assert fresh(hub, order).state == "awaiting_payment"
    later(hub, minutes=6)
    ended = fresh(hub, order)
    assert (ended.state, ended.ended_by) == ("cancelled_unpaid", "time")
    assert fresh_listing(hub, order.listing_id).state == "active"
    assert "order.cancelled_unpaid" in told(hub, user(hub, order.buyer_id))


def test_money_that_is_captured_before_the_timer_runs_keeps_the_order(hub):
    order = make_order(hub, "awaiting_payment")
    sandbox(hub).books.decide(begin_checkout(hub, order.payment_code), paid=True)
    deliver(hub)  # the payment is settled, but trades has not heard of it yet
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(minutes=45))
    with hub.begin(SYSTEM) as work:
        service.on_pay_timeout(work, order.id)
    assert fresh(hub, order).state == "awaiting_payment"
    with pytest.raises(AlreadyPaid):
        as_buyer(hub, order, service.cancel_unpaid, order.code)
    run_money(hub)
    assert fresh(hub, order).state == "paid"


def test_money_that_comes_after_the_timer_goes_back(hub):
    order = make_order(hub, "awaiting_payment")
    intent = begin_checkout(hub, order.payment_code)
    later(hub, minutes=31)
    assert fresh(hub, order).state == "cancelled_unpaid"
    sandbox(hub).books.decide(intent, paid=True)
    run_money(hub)
    state = money_of(hub, order)
    assert (state.refund_paid_fen, state.held_fen) == (PRICE, 0)
    assert fresh_listing(hub, order.listing_id).state == "active"


def test_a_seller_is_reminded_once_and_then_loses_the_sale(hub):
    order = make_order(hub, "paid")
    later(hub, days=3, minutes=1)
    assert told(hub, user(hub, order.seller_id)).count("order.ship_reminder") == 1
    assert fresh(hub, order).state == "paid"
    later(hub, days=5)
    ended = fresh(hub, order)
    assert (ended.state, ended.ended_by) == ("cancelled_before_ship", "time")
    assert money_of(hub, order).state == "refunded"
    assert "order.cancelled_by_seller" in conduct(hub, order)
    assert fresh_listing(hub, order.listing_id).state == "paused", "who did not send it is not offered to the next buyer"
    with hub.look() as work:
        event = credit.events_of(work, order.seller_id)[0]
        assert "did not send or hand over in time" in credit.sentence(event.type, event.data)[0]


def test_shipping_after_the_date_but_before_the_clock_is_noted_as_late(hub):
    order = make_order(hub, "paid")
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(days=9))
    as_seller(hub, order, service.ship, order.code, "ems", "EA123456789CN", True)
    run_money(hub)
    assert fresh(hub, order).state == "fulfilling"
    assert "order.shipped_late" in conduct(hub, order)


def test_a_parcel_that_nobody_confirms_becomes_a_case_and_not_a_decision(hub):
    order = make_order(hub, "fulfilling")
    later(hub, days=11)
    waiting = fresh(hub, order)
    assert (waiting.state, waiting.problem_state) == ("fulfilling", "open")
    state = money_of(hub, order)
    assert (state.held_fen, state.frozen) == (PRICE, True)
    with hub.look() as work:
        case = queries.open_case_of(work, order.id)
        assert (case.reason, case.opened_by) == ("no_receipt", None)
    later(hub, days=400)
    assert fresh(hub, order).state == "fulfilling"


def test_the_case_about_a_missing_receipt_is_settled_by_the_receipt(hub):
    order = make_order(hub, "fulfilling")
    later(hub, days=11)
    as_buyer(hub, order, service.confirm_receipt, order.code)
    now = fresh(hub, order)
    assert (now.state, now.problem_state) == ("acceptance", "closed")
    assert not money_of(hub, order).frozen
    later(hub, days=4)
    assert fresh(hub, order).state == "completed"


def test_a_buyer_who_says_nothing_has_accepted(hub):
    order = make_order(hub, "acceptance")
    later(hub, hours=71)
    assert fresh(hub, order).state == "acceptance"
    later(hub, hours=2)
    assert fresh(hub, order).state == "completed"
    assert money_of(hub, order).state == "released"


def test_nothing_is_released_by_time_while_a_problem_is_open(hub):
    order = make_order(hub, "acceptance")
    as_buyer(hub, order, service.report_problem, order.code, "defect", REASON)
    later(hub, days=400)
    assert fresh(hub, order).state == "acceptance"
    assert money_of(hub, order).frozen


@pytest.mark.parametrize("seconds", [-1, 0])
def test_a_problem_reported_in_the_last_second_wins_against_the_clock(hub, seconds):
    """The claim's time is not later than the due time: whoever the database lets in first, the release does not happen."""
    order = make_order(hub, "acceptance")
    at = order.acceptance_due_at + timedelta(seconds=seconds)
    with hub.db.begin(SYSTEM, now=order.acceptance_due_at) as work:
        service.on_acceptance_timeout(work, order.id)  # the timer is early or in the same moment: it has nothing to say yet
    with hub.db.begin(actor(hub, user(hub, order.buyer_id)), now=at) as work:
        service.report_problem(work, order.code, "defect", REASON)
    with hub.db.begin(SYSTEM, now=order.acceptance_due_at + timedelta(minutes=1)) as work:
        service.on_acceptance_timeout(work, order.id)
    now = fresh(hub, order)
    assert (now.state, now.problem_state) == ("acceptance", "open")
    assert money_of(hub, order).held_fen == PRICE


def test_the_timer_leaves_time_for_a_claim_that_is_still_on_its_way(hub):
    order = make_order(hub, "acceptance")
    assert clocks(hub, order)["acceptance"] == order.acceptance_due_at + rules.ACCEPTANCE_GRACE


def test_a_problem_after_the_window_is_refused_and_the_clock_wins(hub):
    order = make_order(hub, "acceptance")
    late = order.acceptance_due_at + timedelta(seconds=1)
    with pytest.raises(WindowOver), hub.db.begin(actor(hub, user(hub, order.buyer_id)), now=late) as work:
        service.report_problem(work, order.code, "defect", REASON)
    with hub.db.begin(SYSTEM, now=late) as work:
        service.on_acceptance_timeout(work, order.id)
    assert fresh(hub, order).state == "completed"


def test_the_clocks_of_an_order_are_those_of_its_purchase(hub):
    order = make_order(hub, "paid")
    assert (order.ship_days, order.acceptance_hours, order.no_receipt_days) == (7, 72, 10)
    changed = hub.settings.model_copy(update={"acceptance_hours": 1, "ship_days": 1})
    hub.settings = changed
    later(hub, days=2)
    assert fresh(hub, order).state == "paid"


def test_a_timer_that_comes_late_or_twice_changes_nothing(hub):
    order = make_order(hub, "completed")
    for handler in (
        service.on_pay_timeout,
        service.on_ship_reminder,
        service.on_ship_timeout,
        service.on_no_receipt,
        service.on_acceptance_timeout,
    ):
        with hub.db.begin(SYSTEM, now=order.completed_at + timedelta(days=90)) as work:
            handler(work, order.id)
    assert fresh(hub, order).version == order.version


def test_a_timer_before_its_time_changes_nothing(hub):
    early = {
        "awaiting_payment": service.on_pay_timeout,
        "paid": service.on_ship_timeout,
        "fulfilling": service.on_no_receipt,
        "acceptance": service.on_acceptance_timeout,
    }
    for state, handler in early.items():
        order = make_order(hub, state)
        with hub.begin(SYSTEM) as work:
            handler(work, order.id)
        assert fresh(hub, order).state == state


def test_five_wrong_codes_lock_the_entry_for_a_quarter_of_an_hour(hub):
    order = make_order(hub, "fulfilling", delivery="meet")
    right = queries.meet_code(order, hub.sealer)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    left = [as_seller(hub, order, service.enter_meeting_code, hub.sealer, order.code, wrong).tries_left for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    locked = as_seller(hub, order, service.enter_meeting_code, hub.sealer, order.code, right)
    assert not locked.right
    assert locked.locked_until is not None
    assert fresh(hub, order).state == "fulfilling"
    later(hub, minutes=16)
    assert as_seller(hub, order, service.enter_meeting_code, hub.sealer, order.code, right).right


def test_an_accept_meets_a_conflict_when_the_clock_was_faster(hub):
    order = make_order(hub, "acceptance")
    later(hub, days=4)
    with pytest.raises(Conflict):
        as_buyer(hub, order, service.accept, order.code, order.version)
    assert money_of(hub, order).released_fen == PRICE


def test_staff_can_end_the_case_about_a_lost_parcel(hub):
    order = make_order(hub, "fulfilling")
    later(hub, days=11)
    with hub.look() as work:
        case = queries.open_case_of(work, order.id)
        code, version = case.code, case.version
    as_operator(hub, service.rule, code, "refund", "快递公司确认包裹丢失，退还全部货款。", version)
    run_money(hub)
    assert fresh(hub, order).state == "closed_refunded"
    assert money_of(hub, order).refund_paid_fen == PRICE
    assert fresh_listing(hub, order.listing_id).state == "reserved", "what is lost is not offered again"
