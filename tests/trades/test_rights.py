"""Rights on the pages of an offer, a purchase and an order; exceptions only with the buyer's own confirmation for that order."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.accounts.models import User
from app.kernel.errors import InvalidInput
from app.kernel.hub import Hub
from app.listings.models import Listing
from app.regulations.queries import EXCLUDED, OPEN, Right
from app.trades import service
from app.trades.models import Order, OrderTerms
from app.trades.queries.rights import rights_of_order
from app.trades.states import ACCEPTANCE, AWAITING_PAYMENT, CLOSED_REFUNDED, PAID, PARCEL
from tests.accounts.making import actor, make_member, make_user, send_form
from tests.api.making import Program
from tests.appraisal.making import make_report
from tests.listings.making import fresh as fresh_listing
from tests.listings.making import make_listing
from tests.payments.making import settle
from tests.trades.browsing import page, purchase
from tests.trades.making import ADDRESS, as_buyer, as_seller, fresh, make_order

ASKED = "I confirm separately"


def dealers_offer(hub: Hub, **answers: str) -> tuple[User, Listing]:
    """A dealer's offer with a report; ``answers`` of the inspection name its defects."""
    dealer = make_member(hub, "dealer")
    listing = make_listing(hub, dealer)
    make_report(hub, listing=listing, **answers)
    hub.drain()
    return dealer, fresh_listing(hub, listing.id)


def buy(hub: Hub, listing: Listing, *confirmed: str) -> Order:
    with hub.begin(actor(hub, make_user(hub))) as work:
        return service.buy(work, hub.sealer, hub.settings, listing.code, listing.price_fen or 0, PARCEL, ADDRESS, confirmed)


def received(hub: Hub, order: Order) -> Order:
    settle(hub, order.payment_code)
    as_seller(hub, order, service.ship, order.code, "sf", "SF1234567890123", True)
    as_buyer(hub, order, service.confirm_receipt, order.code)
    return fresh(hub, order)


def rights(hub: Hub, order: Order) -> dict[str, Right]:
    with hub.look() as work:
        return {each.code: each for each in rights_of_order(work, work.session.get_one(Order, order.id))}


def test_who_sells_decides_which_rights_a_buyer_has(hub: Hub) -> None:
    private = rights(hub, make_order(hub, ACCEPTANCE))
    assert private["inspection_period"].state == OPEN
    assert "seven_day_return" not in private
    business = rights(hub, make_order(hub, ACCEPTANCE, seller=make_member(hub, "dealer")))
    assert business["seven_day_return"].state == OPEN
    assert "inspection_period" not in business


def test_a_seller_who_leaves_the_dealer_afterwards_takes_no_right_away(hub: Hub) -> None:
    order = make_order(hub, ACCEPTANCE, seller=make_member(hub, "dealer"))
    with hub.begin() as work:
        work.session.execute(text("UPDATE membership SET until_at = since_at WHERE user_id = :id"), {"id": order.seller_id})
    assert rights(hub, order)["seven_day_return"].state == OPEN


@pytest.mark.parametrize("state", [AWAITING_PAYMENT, CLOSED_REFUNDED])
def test_there_are_no_rights_before_the_payment_and_none_after_all_money_went_back(hub: Hub, state: str) -> None:
    assert rights(hub, make_order(hub, state)) == {}


def test_an_exception_is_never_chosen_beforehand_and_a_purchase_needs_none(hub: Hub, signed_in) -> None:
    _, listing = dealers_offer(hub, screen_glass="light")
    browser = signed_in(make_user(hub))
    shown = page(browser, f"/items/{listing.code}/buy")
    assert shown.count(ASKED) == 1
    box = shown[shown.index('name="confirmed"') - 120 : shown.index('name="confirmed"') + 120]
    assert "checked" not in box
    assert send_form(browser, f"/items/{listing.code}/buy", purchase()).status_code == 303
    with hub.look() as work:
        order = work.session.scalars(select(Order).where(Order.listing_id == listing.id)).one()
        assert work.session.scalars(select(OrderTerms.confirmed).where(OrderTerms.order_id == order.id)).one() == []
    assert rights(hub, received(hub, order))["seven_day_return"].state == OPEN


def test_what_the_buyer_confirmed_by_hand_leaves_the_return_out_and_is_kept_with_its_items(hub: Hub, signed_in) -> None:
    _, listing = dealers_offer(hub, screen_glass="light")
    browser = signed_in(make_user(hub))
    answer = send_form(browser, f"/items/{listing.code}/buy", {**purchase(), "confirmed": "disclosed_defect"})
    assert answer.status_code == 303
    with hub.look() as work:
        order = work.session.scalars(select(Order).where(Order.listing_id == listing.id)).one()
        terms = work.session.scalars(select(OrderTerms).where(OrderTerms.order_id == order.id)).one()
        assert (terms.seller_kind, terms.confirmed) == ("business", ["disclosed_defect"])
        assert "screen_glass" in terms.disclosed
    found = rights(hub, received(hub, order))
    assert found["seven_day_return"].state == EXCLUDED
    assert found["nonconformity_return"].state == OPEN
    assert "confirmed an exception separately" in page(browser, f"/orders/{order.code}")


def test_the_confirmation_of_one_order_says_nothing_about_another(hub: Hub) -> None:
    _, first = dealers_offer(hub, screen_glass="light")
    buy(hub, first, "disclosed_defect")
    _, second = dealers_offer(hub, screen_glass="light")
    assert rights(hub, received(hub, buy(hub, second)))["seven_day_return"].state == OPEN


@pytest.mark.parametrize("confirmed", ["activated_large_loss", "nothing", "disclosed_defect"])
def test_what_is_not_marked_on_the_offer_cannot_be_confirmed(hub: Hub, signed_in, confirmed: str) -> None:
    """Nor anything at all where a private person sells, or where the report names no defect."""
    if confirmed == "disclosed_defect":
        listing = make_listing(hub, make_user(hub))
    else:
        _, listing = dealers_offer(hub, screen_glass="light")
    with pytest.raises(InvalidInput) as refusal:
        buy(hub, listing, confirmed)
    assert "confirmed" in refusal.value.errors
    answer = send_form(signed_in(make_user(hub)), f"/items/{listing.code}/buy", {**purchase(), "confirmed": confirmed})
    assert answer.status_code == 422
    assert ADDRESS["address"] in answer.text, "what was typed is kept"
    with hub.look() as work:
        assert work.session.scalars(select(Order).where(Order.listing_id == listing.id)).all() == []


def test_the_database_keeps_what_was_confirmed(hub: Hub) -> None:
    order = make_order(hub, PAID)
    for statement in (
        "UPDATE order_terms SET confirmed = '[\"disclosed_defect\"]'",
        "UPDATE order_terms SET seller_kind = 'individual'",
        "DELETE FROM order_terms",
        f"INSERT INTO order_terms (order_id, seller_kind, rules_id, confirmed, disclosed, made_at) "
        f"SELECT {order.id}, seller_kind, rules_id, confirmed, disclosed, made_at FROM order_terms",
        "INSERT INTO order_terms (order_id, seller_kind, rules_id, confirmed, disclosed, made_at) "
        "SELECT 999, 'somebody', rules_id, confirmed, disclosed, made_at FROM order_terms",
    ):
        with pytest.raises(DBAPIError), hub.begin() as work:
            work.session.execute(text(statement.replace(":", "\\:")))


def test_the_offer_says_before_buying_what_comes_with_it_and_who_sells(hub: Hub, signed_in) -> None:
    _, listing = dealers_offer(hub)
    shown = page(signed_in(make_user(hub)), f"/items/{listing.code}")
    for words in ("Seven-day return without a reason", "Platform warranty by grade", "Business", "Law", "Platform policy"):
        assert words in shown, words
    private = page(signed_in(make_user(hub)), f"/items/{make_listing(hub, make_user(hub)).code}")
    assert "Checking what a private person sold" in private
    assert "Seven-day return without a reason" not in private


def test_the_page_of_rights_names_every_rule_with_its_source(app: Flask) -> None:
    shown = app.test_client().get("/rights").text
    for words in ("七日无理由退货", "旧电器电子产品免费包修", "消费者权益保护法第二十五条", "平台规则", "未与来源原文核对"):
        assert words in shown, words


def test_programs_read_rules_and_the_rights_of_their_order(hub: Hub, app: Flask) -> None:
    order = make_order(hub, ACCEPTANCE, seller=make_member(hub, "dealer"))
    with hub.look() as work:
        buyer, seller = (work.session.get_one(User, each) for each in (order.buyer_id, order.seller_id))
        work.session.expunge_all()
    for person in (buyer, seller):
        items = Program(app, hub, person).call("getOrderRights", {"code": order.code}).get_json()["items"]
        found = {each["code"]: each for each in items}
        assert found["seven_day_return"]["state"] == "open"
        assert found["seven_day_return"]["is_law"] is True
        assert found["free_repair"]["is_law"] is False
    rules = app.test_client().get("/api/v1/rights").get_json()
    assert {"seven_day_return", "dealer_car_warranty"} <= {each["code"] for each in rules["rules"]}


def test_programs_confirm_for_one_order_alone(hub: Hub, app: Flask) -> None:
    _, listing = dealers_offer(hub, screen_glass="light")
    program = Program(app, hub, make_user(hub))
    wanted = {"listing": listing.code, "expected_price_fen": listing.price_fen, "delivery": "parcel", "address": ADDRESS}
    assert program.call("buy", body={**wanted, "confirmed": ["activated_large_loss"]}).status_code == 422
    assert program.call("buy", body={**wanted, "confirmed": ["disclosed_defect"]}).status_code == 201
