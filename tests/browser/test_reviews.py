"""Reviews in the browser: the buyer's is sealed, the seller's opens both, the public page shows them, staff hide words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from app.accounts.models import User
from app.kernel.hub import Hub
from app.trades.models import Order
from tests.accounts.making import PASSWORD, make_member, make_user
from tests.browser import journey
from tests.browser.journey import press_through, sign_in
from tests.browser.product import Product
from tests.browser.seeing import Watch, visitor, zh
from tests.trades.making import make_order, user

pytestmark = [pytest.mark.slow, pytest.mark.browser]
WORDS, OTHER = "屏幕和描述的一样，包装很仔细。", "付款快，沟通顺利。"


@pytest.fixture(scope="module")
def sale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, Order, User]]:
    """A marketplace with one completed sale, and somebody of its staff."""
    made: list[tuple[Order, User]] = []

    def fill(hub: Hub) -> None:
        owner, buying = make_user(hub, name="许清和", locale="zh_CN"), make_user(hub, name="沈知遥", locale="zh_CN")
        staff = make_member(hub, "operator", user=make_user(hub, locale="zh_CN"))
        made.append((make_order(hub, "completed", seller=owner, buyer=buying), staff))

    running = Product.start(tmp_path_factory.mktemp("reviewed"), fill=fill)
    try:
        yield running, *made[0]
    finally:
        running.stop()


def test_two_sides_review_each_other_and_both_are_opened_together(
    sale: tuple[Product, Order, User], chromium: Browser, watch: Watch
) -> None:
    product, order, staff = sale
    owner, buying = (user(product.hub, who) for who in (order.seller_id, order.buyer_id))
    path = f"/orders/{order.code}"
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
