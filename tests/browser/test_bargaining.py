"""A bargained phone in the browser: offer, counter-offer, yes, payment, to the end. The buyer has scripts and a keyboard, the seller none."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.accounts.making import PASSWORD, make_user
from tests.browser import journey
from tests.browser.journey import Pictures, press_through, sign_in
from tests.browser.product import Product
from tests.browser.seeing import Watch, visitor, zh
from tests.listings.making import make_listing

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_a_phone_is_bargained_for_and_bought_at_the_agreed_price(product: Product, chromium: Browser, watch: Watch) -> None:
    hub, no_pictures = product.hub, Pictures(None)
    owner, wanting = make_user(hub, name="许清和", locale="zh_CN"), make_user(hub, name="沈知遥", locale="zh_CN")
    listing = make_listing(hub, owner)
    with (
        visitor(chromium, product.address, watch, script=True) as buyer,
        visitor(chromium, product.address, watch, script=False) as seller,
    ):
        sign_in(buyer, wanting.email, f"/items/{listing.code}", password=PASSWORD)
        buyer.get_by_role("link", name=zh("Offer a price")).press("Enter")
        journey.answer(buyer, zh("Have it sent by parcel"))
        buyer.get_by_label(zh("Who receives the parcel")).fill("沈知遥")
        buyer.get_by_label(zh("Phone number for the carrier")).fill("13800138000")
        buyer.get_by_label(zh("Delivery address")).fill("重庆市渝北区云杉路 8 号 2-1-4")
        buyer.get_by_label(zh("What do you offer?")).fill("2100")
        buyer.get_by_label(zh("What do you offer?")).press("Enter")
        buyer.wait_for_url("**/offers/*")

        sign_in(seller, owner.email, "/my/offers", password=PASSWORD)
        seller.get_by_role("link").filter(has_text=zh("Waits for you")).tap()
        seller.get_by_label(zh("Your price")).fill("2250")
        press_through(seller, "Send this price")
        offers = seller.url

        buyer.reload()
        buyer.get_by_role("button", name=zh("Accept %(price)s", price="¥2,250")).press("Enter")
        order = journey.pay(buyer, no_pictures, script=True)
        seller.goto(offers)
        expect(seller.get_by_text(zh("Agreed at %(price)s.", price="¥2,250"))).to_be_visible()
        journey.ship(seller, order, no_pictures)
        journey.receive_and_accept(buyer, order, no_pictures)
        expect(buyer.get_by_text("¥2,250").first).to_be_visible()
        journey.see_payout(seller, "2,205", no_pictures)
    assert watch.take() == []
