"""An appliance comes into the room: what that costs is said before the payment, and installing it begins the time for checking."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.goods import catalogue
from app.kernel.clock import advance
from app.kernel.errors import BadState
from app.kernel.hub import Hub
from app.kernel.time import SHANGHAI, shanghai_day
from app.listings.schema import newest_schema
from app.trades import rules, service
from app.trades.carrying import Charge, Way, carrying, charges
from app.trades.errors import AlreadyInTheRoom, BadAddress, DeliveryPriced, NotInTheRoom, NotYourStep
from app.trades.models import Order, OrderDelivery
from app.trades.queries.carrying import delivery_of, slots
from app.trades.rules import Address
from app.trades.service import offers
from app.trades.states import ACCEPTANCE, COMPLETED, FULFILLING
from tests.accounts.making import make_user, send_form
from tests.api.making import Program
from tests.payments.making import run_money, settle
from tests.trades.bargaining import as_side, offer
from tests.trades.carrying import COSTS, WAY, brought, fridge, order_fridge
from tests.trades.making import ADDRESS, as_buyer, as_seller, fresh, later, make_order, money_of, report, user

TABLE = ("table", "old_unit", "installing")


def test_every_type_of_appliance_has_prices() -> None:
    schema = newest_schema("appliance")
    assert schema is not None
    assert set(carrying().types) == {kind.code for kind in catalogue.appliance_types()}
    bringing = next(question for question in schema.handing if question.code == "bringing")
    assert {option.code for option in bringing.options} == {"free", *TABLE}
    assert all(tariff.least_cm <= tariff.door_cm for tariff in carrying().types.values())


@pytest.mark.parametrize(
    ("offered", "way", "paid"),
    [
        (TABLE, Way(1, False, None, False, "none"), {"bring": 12_000}),
        (TABLE, Way(1, True, None, False, "none"), {"bring": 12_000}),  # the ground floor has no stairs
        (TABLE, Way(2, True, None, False, "none"), {"bring": 12_000, "stairs": 2_000}),
        (TABLE, Way(6, False, None, False, "none"), {"bring": 12_000}),  # by lift
        (TABLE, Way(6, True, None, False, "none"), {"bring": 12_000, "stairs": 10_000}),
        (TABLE, Way(-1, True, None, False, "none"), {"bring": 12_000, "stairs": 2_000}),
        (TABLE, Way(1, False, 75, False, "none"), {"bring": 12_000}),
        (TABLE, Way(1, False, 74, False, "none"), {"bring": 12_000, "narrow": 6_000}),
        (TABLE, Way(1, False, None, True, "seller"), {"bring": 12_000, "old_unit": 6_000, "install": 3_000}),
        (TABLE, Way(1, False, None, False, "own"), {"bring": 12_000}),
        ((), Way(30, True, 61, False, "none"), {}),  # the seller brings it for nothing
        (("old_unit",), Way(30, True, 61, True, "own"), {"old_unit": 6_000}),
    ],
)
def test_what_is_charged_for_a_fridge(offered: tuple[str, ...], way: Way, paid: dict[str, int]) -> None:
    assert charges(carrying().types["refrigerator"], offered, way) == tuple(Charge(*each) for each in paid.items())


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"floor": ""}, "floor"),
        ({"floor": "0"}, "floor"),
        ({"floor": "121"}, "floor"),
        ({"floor": "top"}, "floor"),
        ({"floor": "６"}, "floor"),
        ({"lift": "maybe"}, "lift"),
        ({"door_cm": "29"}, "door_cm"),
        ({"door_cm": "1e2"}, "door_cm"),
        ({"installing": "neighbour"}, "installing"),
        ({"slot": "tomorrow"}, "slot"),
    ],
)
def test_what_cannot_be_a_way_into_a_room_is_named(typed: dict[str, str], field: str) -> None:
    whole = {"floor": "6楼", "lift": "no", **typed}
    _to, errors = rules.read_room(Address("", "", ""), whole)
    assert set(errors) == {field}


def test_the_sum_is_seen_before_the_order_is_made(hub: Hub) -> None:
    listing = fridge(hub)
    for unseen in (0, COSTS - 1, COSTS + 1):
        with pytest.raises(DeliveryPriced):
            order_fridge(hub, listing, expected_fen=unseen)
    order = order_fridge(hub, listing)
    assert (order.delivery_fen, order.total_fen) == (COSTS, order.price_fen + COSTS)
    plan = _plan(hub, order)
    assert {line.code: line.fen for line in plan.lines} == {
        "bring": 12_000, "stairs": 10_000, "narrow": 6_000, "old_unit": 6_000, "install": 3_000,
    }  # fmt: skip
    assert plan.table_id == carrying().id


@pytest.mark.parametrize(
    ("offered", "way", "field"),
    [
        (("table",), {"installing": "none"}, "old_unit"),
        (("table", "old_unit"), {}, "installing"),
        (TABLE, {"door_cm": "59"}, "door_cm"),
        (TABLE, {"slot": "2020-01-01 am"}, "slot"),
    ],
)
def test_what_the_seller_does_not_offer_cannot_be_ordered(
    hub: Hub, offered: tuple[str, ...], way: dict[str, str], field: str
) -> None:
    with pytest.raises(BadAddress) as refused:
        order_fridge(hub, fridge(hub, *offered), **way)
    assert set(refused.value.errors) == {field}


def test_the_money_of_the_delivery_is_held_and_released_to_the_fen(hub: Hub) -> None:
    order = brought(hub)
    assert money_of(hub, order).held_fen == order.price_fen + COSTS
    as_buyer(hub, order, service.confirm_installed, order.code)
    as_buyer(hub, order, service.accept, order.code, fresh(hub, order).version)
    run_money(hub)
    money = money_of(hub, order)
    assert (money.held_fen, money.released_fen) == (0, order.price_fen + COSTS)
    assert order.fee_fen == (order.price_fen * order.fee_bp + 5_000) // 10_000, "the fee is of the price alone"


def test_all_of_it_goes_back_when_the_seller_does_not_come(hub: Hub) -> None:
    order = order_fridge(hub)
    settle(hub, order.payment_code)
    later(hub, days=8)
    assert fresh(hub, order).state == "cancelled_before_ship"
    assert money_of(hub, order).refunded_fen == order.total_fen


def test_installing_begins_the_time_for_checking(hub: Hub) -> None:
    order = brought(hub)
    assert (order.state, order.shipment_state, order.delivered_at) == (FULFILLING, "delivered", None)
    with pytest.raises(AlreadyInTheRoom):
        as_buyer(hub, order, service.confirm_receipt, order.code)
    with pytest.raises(NotYourStep):
        as_seller(hub, order, service.confirm_installed, order.code)
    later(hub, days=1)
    as_buyer(hub, order, service.confirm_installed, order.code)
    done = fresh(hub, order)
    assert done.state == ACCEPTANCE
    assert done.arrived_at is not None
    assert done.delivered_at is not None
    assert done.acceptance_due_at is not None
    assert done.delivered_at - done.arrived_at >= timedelta(days=1)
    assert shanghai_day(done.acceptance_due_at) - shanghai_day(done.delivered_at) == timedelta(days=7)
    with pytest.raises(BadState):
        as_buyer(hub, order, service.confirm_installed, order.code)


def test_time_installs_what_nobody_speaks_of_and_completes_it_seven_days_later(hub: Hub) -> None:
    order = brought(hub)
    later(hub, days=2)
    assert fresh(hub, order).state == FULFILLING
    later(hub, days=2)
    assert fresh(hub, order).state == ACCEPTANCE
    later(hub, days=5)
    assert fresh(hub, order).state == ACCEPTANCE
    later(hub, days=4)
    assert fresh(hub, order).state == COMPLETED


def test_what_has_not_arrived_is_never_installed_by_time(hub: Hub) -> None:
    order = order_fridge(hub)
    settle(hub, order.payment_code)
    as_seller(hub, order, service.ship, order.code, "own", "", False)
    with pytest.raises(NotInTheRoom):
        as_buyer(hub, order, service.confirm_installed, order.code)
    later(hub, days=30)
    assert fresh(hub, order).state == FULFILLING, "staff look into it"
    assert money_of(hub, order).released_fen == 0
    as_buyer(hub, order, service.confirm_receipt, order.code)
    assert fresh(hub, order).problem_state == "closed"
    assert not money_of(hub, order).frozen


def test_what_needs_no_installing_is_checked_from_the_receipt_on(hub: Hub) -> None:
    order = order_fridge(hub, expected_fen=COSTS - 3_000, installing="none")
    settle(hub, order.payment_code)
    as_seller(hub, order, service.ship, order.code, "own", "", False)
    as_buyer(hub, order, service.confirm_receipt, order.code)
    assert fresh(hub, order).state == ACCEPTANCE


def test_a_bargained_price_carries_its_delivery_too(hub: Hub) -> None:
    listing = fridge(hub)
    negotiation = offer(hub, listing, make_user(hub), 100_000, **WAY)
    order = as_side(hub, negotiation, "seller", offers.accept, hub.sealer, hub.settings, negotiation.code, negotiation.version)
    assert (order.price_fen, order.delivery_fen, order.total_fen) == (100_000, COSTS, 100_000 + COSTS)
    assert _plan(hub, order).total_fen == COSTS


def test_a_day_that_passed_while_they_bargained_is_agreed_on_again(hub: Hub) -> None:
    with hub.look() as work:
        tomorrow = slots(shanghai_day(work.now))[0]
    made = offer(hub, fridge(hub), make_user(hub), 100_000, **WAY, slot=tomorrow)
    with pytest.raises(BadAddress):
        offer(hub, fridge(hub, "table"), make_user(hub), 100_000, **WAY)
    with hub.begin() as work:
        tonight = (work.now.astimezone(SHANGHAI) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        advance(work, tonight - work.now + timedelta(seconds=1))
    with hub.look() as work:
        is_over = tomorrow not in slots(shanghai_day(work.now))
    order = as_side(hub, made, "seller", offers.accept, hub.sealer, hub.settings, made.code, made.version)
    assert is_over
    assert _plan(hub, order).slot_on is None


def test_slots_are_days_to_come(hub: Hub) -> None:
    with hub.look() as work:
        offered = slots(shanghai_day(work.now))
    assert len(offered) == 21
    order = order_fridge(hub, slot=offered[4])
    plan = _plan(hub, order)
    assert f"{plan.slot_on} {plan.slot_part}" == offered[4]


TAMPERING = (
    "UPDATE order_delivery SET total_fen = 0 WHERE order_id = :order",
    "DELETE FROM order_delivery WHERE order_id = :order",
    "UPDATE trade_order SET delivery_fen = 0, total_fen = price_fen WHERE id = :order",
    "UPDATE trade_order SET state = 'acceptance', delivered_at = created_at WHERE id = :shipped",
    "INSERT INTO order_delivery (order_id, table_id, bring_fen, stairs_fen, narrow_fen, old_unit_fen, install_fen, total_fen, "
    "installing, made_at) SELECT :phone, 'x', 100, 0, 0, 0, 0, 100, 'none', created_at FROM trade_order WHERE id = :phone",
)


@pytest.mark.parametrize("statement", TAMPERING)
def test_the_database_keeps_what_was_agreed(hub: Hub, statement: str) -> None:
    order, shipped, phone = order_fridge(hub), order_fridge(hub), make_order(hub, "awaiting_payment")
    settle(hub, shipped.payment_code)
    as_seller(hub, shipped, service.ship, shipped.code, "own", "", False)
    named = {name: row.id for name, row in (("order", order), ("shipped", shipped), ("phone", phone)) if f":{name}" in statement}
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text(statement), named)


def test_a_sum_that_is_not_its_lines_is_refused(hub: Hub) -> None:
    order = order_fridge(hub)
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(
            text(
                "INSERT INTO order_delivery (order_id, table_id, bring_fen, stairs_fen, narrow_fen, old_unit_fen, install_fen, "
                "total_fen, installing, made_at) SELECT :order, 'x', 1, 0, 0, 0, 0, :costs, 'none', created_at "
                "FROM trade_order WHERE id = :order"
            ),
            {"order": order.id, "costs": COSTS},
        )


def form(hub: Hub, listing, **changes: str) -> dict[str, str]:
    way = {key: value for key, value in WAY.items() if key != "old_unit"} | {"old_unit": "y"}
    return {"expected_price_fen": str(listing.price_fen), "delivery": "parcel", **ADDRESS, **way, **changes}


def test_the_page_shows_the_sum_and_then_takes_the_order(hub: Hub, signed_in) -> None:
    listing = fridge(hub)
    mine = signed_in(make_user(hub))
    page = mine.get(f"/items/{listing.code}/buy").text
    assert "What is charged, before you pay" in page
    assert "Show the whole sum" in page
    shown = send_form(mine, f"/items/{listing.code}/buy", form(hub, listing))
    assert shown.status_code == 409
    assert "¥370" in shown.text
    assert "By the stairs" in shown.text
    assert re.search(rf'name="expected_delivery_fen"[^>]*value="{COSTS}"', shown.text)
    narrow = send_form(mine, f"/items/{listing.code}/buy", form(hub, listing, door_cm="50"))
    assert narrow.status_code == 422
    assert "does not fit" in narrow.text
    taken = send_form(mine, f"/items/{listing.code}/buy", form(hub, listing, expected_delivery_fen=str(COSTS)))
    assert taken.status_code == 303


def test_the_order_says_what_comes_when_and_that_it_is_installed(hub: Hub, signed_in) -> None:
    order = brought(hub)
    mine = signed_in(user(hub, order.buyer_id))
    page = mine.get(f"/orders/{order.code}").text
    for words in ("It is in your room.", "Taking the old one away", "the seller", "It is installed"):
        assert words in page, page[page.index("<main") :][:3000]
    assert send_form(mine, f"/orders/{order.code}", {}, to=f"/orders/{order.code}/installed").status_code == 303
    assert fresh(hub, order).state == ACCEPTANCE
    theirs = signed_in(user(hub, order.seller_id)).get(f"/orders/{order.code}").text
    assert "Bringing it into the room" in theirs


def test_programs_ask_the_price_and_say_that_it_is_installed(hub: Hub, app: Flask) -> None:
    listing = fridge(hub)
    buyer = make_user(hub)
    program = Program(app, hub, buyer)
    asked = program.call("quoteDelivery", {"code": listing.code}, query={**WAY})
    assert asked.get_json()["total_fen"] == COSTS
    body = {"listing": listing.code, "expected_price_fen": listing.price_fen, "delivery": "parcel", "address": {**ADDRESS, **WAY}}
    assert program.call("buy", body=body).status_code == 409
    made = program.call("buy", body={**body, "expected_delivery_fen": COSTS})
    assert made.status_code == 201
    assert made.get_json()["room"]["installing"] == "seller"
    order = brought(hub)
    done = Program(app, hub, user(hub, order.buyer_id)).call("installOrder", {"code": order.code})
    assert done.get_json()["state"] == ACCEPTANCE


def test_a_problem_can_be_reported_once_it_is_installed(hub: Hub) -> None:
    order = brought(hub)
    as_buyer(hub, order, service.confirm_installed, order.code)
    report(hub, order)
    assert money_of(hub, order).frozen


def _plan(hub: Hub, order: Order) -> OrderDelivery:
    with hub.look() as work:
        plan = delivery_of(work, order.id)
        assert plan is not None
        work.session.expunge(plan)
        return plan
