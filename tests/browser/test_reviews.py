"""Reviews in the browser: the buyer's is sealed, the seller's opens both, the public page shows them, staff hide words."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.accounts.making import PASSWORD, make_member, make_user
from tests.browser import journey
from tests.browser.journey import press_through, sign_in
from tests.browser.product import Product
from tests.browser.seeing import Watch, visitor, zh
from tests.trades.making import make_order

pytestmark = [pytest.mark.slow, pytest.mark.browser]
WORDS, OTHER = "屏幕和描述的一样，包装很仔细。", "付款快，沟通顺利。"


def test_two_sides_review_each_other_and_both_are_opened_together(product: Product, chromium: Browser, watch: Watch) -> None:
    hub = product.hub
    owner, buying = make_user(hub, name="许清和", locale="zh_CN"), make_user(hub, name="沈知遥", locale="zh_CN")
    staff = make_member(hub, "operator", user=make_user(hub, locale="zh_CN"))
    path = f"/orders/{make_order(hub, 'completed', seller=owner, buyer=buying).code}"
    with (
        visitor(chromium, product.address, watch, script=True) as buyer,
        visitor(chromium, product.address, watch, script=False) as seller,
        visitor(chromium, product.address, watch, script=True) as anybody,
    ):
        sign_in(buyer, buying.email, path, password=PASSWORD)
        journey.answer(buyer, zh("4 stars: good"))
        buyer.get_by_label(zh("What should others know?")).fill(WORDS)
        press_through(buyer, "Seal the review")
        expect(buyer.get_by_text(zh("Your review is sealed: %(stars)s of 5 stars", stars=4))).to_be_visible()

        sign_in(seller, owner.email, path, password=PASSWORD)
        expect(seller.get_by_text(WORDS)).to_have_count(0)
        expect(seller.get_by_text(zh("The other side has written already."))).to_be_visible()
        journey.answer(seller, zh("5 stars: very good"))
        seller.get_by_label(zh("What should others know?")).fill(OTHER)
        press_through(seller, "Seal the review")
        expect(seller.get_by_text(WORDS)).to_be_visible()
        buyer.reload()
        expect(buyer.get_by_text(OTHER)).to_be_visible()

        anybody.goto(f"{product.address}/sellers/{owner.code}/reviews")
        expect(anybody.get_by_text(WORDS)).to_be_visible()
        sign_in(anybody, staff.email, f"/sellers/{owner.code}/reviews", password=PASSWORD)
        anybody.get_by_role("link", name=zh("Look into this review")).click()
        journey.answer(anybody, zh("It is advertising and says nothing of the sale"))
        press_through(anybody, "Hide the text")
        buyer.reload()
        expect(buyer.get_by_text(WORDS)).to_have_count(0)
        expect(buyer.get_by_text(zh("It is advertising and says nothing of the sale"))).to_be_visible()
    assert watch.take() == []
