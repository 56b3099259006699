"""A phone with a hidden repair: the buyer claims in the browser, the two bargain, and a part of the price goes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.accounts.models import User
from app.aftersales.models import Claim
from app.kernel.hub import Hub
from app.trades.models import Order
from tests.accounts.making import PASSWORD, make_member, make_user
from tests.aftersales.making import arrived
from tests.browser.appraising import wait_for
from tests.browser.journey import press, sign_in
from tests.browser.product import Product
from tests.browser.seeing import Watch, visitor, zh
from tests.listings.making import tiny_photo
from tests.trades.making import fresh, money_of

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def sale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, list[Order], User, User]]:
    """A running marketplace in which a dealer has sold two appraised phones that have arrived."""
    orders: list[Order] = []
    people: list[User] = []

    def fill(hub: Hub) -> None:
        people.extend(
            (make_member(hub, "dealer", user=make_user(hub, name="鲁一鸣", locale="zh_CN")), make_user(hub, name="林知夏"))
        )
        orders.extend(arrived(hub, seller=people[0], buyer=people[1]) for _ in range(2))

    folder: Path = tmp_path_factory.mktemp("claims")
    product = Product.start(folder, fill=fill)
    yield product, orders, people[0], people[1]
    product.stop()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_hidden_repair_ends_in_a_partial_refund(
    sale: tuple[Product, list[Order], User, User], chromium: Browser, watch: Watch, script: bool
) -> None:
    product, orders, seller, buyer = sale
    order = orders[0 if script else 1]
    hub = product.hub
    with (
        visitor(chromium, product.address, watch, script=script) as mine,
        visitor(chromium, product.address, watch, script=script) as theirs,
    ):
        sign_in(mine, buyer.email, f"/orders/{order.code}", password=PASSWORD)
        expect(mine.get_by_role("heading", name=zh("Your rights"), exact=True)).to_be_visible()
        mine.get_by_role("link", name=zh("Open a claim: it is not as promised")).tap()
        mine.get_by_text(zh("A repair or replaced part was not named")).tap()
        mine.get_by_text("屏幕外观 (1)").tap()
        mine.locator("label[for='item-report-screen_glass']").tap()
        mine.get_by_label(zh("What do you see, and what was promised?")).fill("屏幕边缘有胶，亮度不均，像是换过，报告没有写。")
        glue = {"name": "glue.jpg", "mimeType": "image/jpeg", "buffer": tiny_photo(31 if script else 32)}
        mine.locator("#photos").set_input_files([glue])
        mine.get_by_text(zh("Part of the price back, the item stays with the buyer")).tap()
        mine.get_by_label(zh("How much of the price do you ask back?")).fill("99999")
        press(mine, "Open the claim")
        expect(mine.get_by_role("alert")).to_contain_text("2,379.99")  # more than can go back; nothing that was typed is lost
        expect(mine.get_by_label(zh("What do you see, and what was promised?"))).to_have_value(
            "屏幕边缘有胶，亮度不均，像是换过，报告没有写。"
        )
        mine.get_by_label(zh("How much of the price do you ask back?")).fill("300")
        mine.locator("#photos").set_input_files([glue])
        press(mine, "Open the claim")
        mine.wait_for_url("**/claims/*")
        expect(mine.get_by_text(zh("The seller has your claim and answers it."))).to_be_visible()
        claim = _claim(hub, order)
        wait_for(mine, lambda: mine.locator("img[src*='/claims/']").count() > 0)

        sign_in(theirs, seller.email, f"/claims/{claim.code}", password=PASSWORD)
        expect(theirs.get_by_text("质量不符退货")).to_be_visible()
        theirs.locator("#offer > summary").tap()
        offer = theirs.locator("form[action$='/offer']")
        offer.get_by_text(zh("Part of the price back, the item stays with the buyer")).tap()
        offer.get_by_label(zh("How much of the price goes back?")).fill("200")
        offer.get_by_label(zh("Your reasons, for the other side and for an arbitrator")).fill(
            "确实换过屏幕，退二百元，手机您留着用。"
        )
        press(theirs, "Send the offer")
        expect(theirs.get_by_text(zh("The buyer has your offer."))).to_be_visible()

        mine.goto(f"/claims/{claim.code}")
        expect(mine.get_by_text("确实换过屏幕，退二百元，手机您留着用。")).to_be_visible()
        press(mine, "Agree: %(amount)s comes back to me", amount="¥200")
        expect(mine.get_by_text(zh("The claim is settled."))).to_be_visible()
        mine.goto(f"/orders/{order.code}")
        expect(mine.get_by_text(zh("The claim is settled: a part of the price goes back to the buyer"))).to_be_visible()
    assert _claim(hub, order).result_fen == 20_000
    assert (fresh(hub, order).state, money_of(hub, order).refunded_fen) == ("completed", 20_000)
    assert [each for each in watch.take() if not each.startswith("422 for POST")] == []


def _claim(hub: Hub, order: Order) -> Claim:
    with hub.look() as work:
        return work.session.query(Claim).filter_by(order_id=order.id).one()
