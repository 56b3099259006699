"""Many buyers press "buy" in the same moment, over HTTP, against two web processes: one gets the item, the others are told."""

from __future__ import annotations

import sys
import threading
from collections import Counter

import pytest
import requests
from sqlalchemy import select, text

from app.listings.models import Listing
from app.listings.states import RESERVED
from app.trades.models import Order
from app.trades.states import HOLDING
from tests.accounts.making import make_user
from tests.drills.conftest import FULL
from tests.drills.town import Buyer, Town, children_of, wait_for
from tests.listings.making import fresh

BUYERS, ROUNDS = (32, 50) if FULL else (8, 10)

pytestmark = pytest.mark.slow


def press_buy_at_once(buyers: list[Buyer], listing: Listing) -> Counter[str]:
    """Everybody has the page open, then everybody presses; returns how often each answer came."""
    forms = [buyer.purchase_form(listing.code) for buyer in buyers]
    start = threading.Barrier(len(buyers), timeout=120)
    answers: list[str] = [""] * len(buyers)

    def press(place: int) -> None:
        start.wait()
        try:
            answer = buyers[place].buy(listing.code, forms[place])
        except requests.RequestException as trouble:
            answers[place] = type(trouble).__name__
            return
        bought = answer.headers.get("Location", "").startswith("/pay/")
        answers[place] = "sold" if answer.status_code == 303 and bought else str(answer.status_code)

    threads = [threading.Thread(target=press, args=(place,)) for place in range(len(buyers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(180)
    return Counter(answers)


def orders_holding(town: Town, listing: Listing) -> int:
    with town.hub.look() as work:
        return len(work.session.scalars(select(Order.id).where(Order.listing_id == listing.id, Order.state.in_(HOLDING))).all())


def test_two_web_processes_sell_each_phone_to_exactly_one_of_many_buyers(found):
    town: Town = found()
    town.start("serve")
    seller = make_user(town.hub)
    buyers = [town.buyer() for _ in range(BUYERS)]
    town.wait_until_ready()
    wait_for(lambda: len(children_of(town.running["serve"].pid)) == 2, 60, lambda: "there are not two web processes")
    for _ in range(ROUNDS):
        listing = town.listing(seller)
        answers = press_buy_at_once(buyers, listing)
        assert answers == {"sold": 1, "409": BUYERS - 1}, (answers, town.log("serve")[-3000:])
        assert orders_holding(town, listing) == 1
        assert fresh(town.hub, listing.id).state == RESERVED


def test_the_same_race_sells_twice_without_the_guarded_update_and_the_index(found):
    town: Town = found(program=(sys.executable, "-m", "tests.drills.unguarded"))
    with town.hub.begin() as work:
        work.session.execute(text("DROP INDEX uq_trade_order_listing_held"))
    town.start("serve")
    seller = make_user(town.hub)
    buyers = [town.buyer() for _ in range(8)]
    town.wait_until_ready()
    listing = town.listing(seller)
    answers = press_buy_at_once(buyers, listing)
    assert answers["sold"] > 1, (answers, town.log("serve")[-3000:])
    assert orders_holding(town, listing) == answers["sold"]
