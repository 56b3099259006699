"""Two detours of a sale in the browser: a payment that the bank declines, and a meeting that the buyer asks to cancel."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from app.accounts.models import User
from app.demo import seed
from app.listings.models import Listing
from tests.browser.journey import press_through, sign_in
from tests.browser.product import Product
from tests.browser.seeing import Watch, visitor, zh

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_a_declined_payment_is_tried_again_and_a_meeting_is_ended_by_asking(
    town: Product, chromium: Browser, watch: Watch
) -> None:
    with town.hub.look() as work:
        offer = select(Listing).where(Listing.state == "active", Listing.by_meeting.is_(True)).order_by(Listing.id)
        listing = work.session.scalars(offer).first()
        assert listing is not None, "the town offers nothing that is handed over in person"
        seller_email = work.session.get_one(User, listing.seller_id).email
        buyer_email = next(one for one in ("deng@xunhe.example", "luo@xunhe.example") if one != seller_email)
    with visitor(chromium, town.address, watch) as buyer, visitor(chromium, town.address, watch) as seller:
        sign_in(buyer, buyer_email, password=seed.PASSWORD)
        sign_in(seller, seller_email, password=seed.PASSWORD)
        buyer.goto(f"/items/{listing.code}/buy")
        buyer.locator("input[name=delivery][value=meet]").check(force=True)
        with buyer.expect_navigation(url="**/pay/*"):
            buyer.get_by_role("main").locator("form button[type=submit]").last.tap()
        pay = buyer.url
        press_through(buyer, "Go to the checkout")
        press_through(buyer, "Decline, as a bank would")
        for _ in range(120):  # the provider's word comes by a message of its own
            buyer.goto(pay)
            if buyer.get_by_text(zh("Not paid yet")).count():
                break
            buyer.wait_for_timeout(500)
        expect(buyer.get_by_text(zh("Not paid yet")).first).to_be_visible()
        press_through(buyer, "Go to the checkout")
        press_through(buyer, "Pay with practice money")
        buyer.wait_for_url("**/orders/*", timeout=60_000)
        order = buyer.url

        seller.goto(order)
        seller.get_by_label(zh("Place and time of the meeting")).fill("观音桥地铁站 2 号口，周六下午三点")
        seller.locator("input[name=erased]").check(force=True)
        press_through(seller, "Tell the buyer")
        buyer.goto(order)
        buyer.locator("#cancel summary").tap()
        with buyer.expect_navigation():
            buyer.locator("form[action$='/cancel'] button[type=submit]").tap()
        expect(buyer.get_by_text(zh("You have asked to cancel. The platform holds your money.")).first).to_be_visible()
        expect(buyer.get_by_text(zh("The seller answers the wish to cancel"))).to_be_visible()
        seller.goto(order)
        press_through(seller, "I have the item: agree to the cancellation")
        buyer.goto(order)
        expect(buyer.get_by_text(zh("The order was cancelled before the item changed hands.")).first).to_be_visible()
    assert watch.take() == []
