"""A fridge comes into the room, in the browser at 390 px: its delivery is priced before the payment, it is installed, then checked
and kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.accounts.models import User
from app.kernel.hub import Hub
from app.listings.models import Listing
from app.trades.queries import order_by_code
from tests.accounts.making import PASSWORD, make_user
from tests.browser.appraising import wait_for
from tests.browser.journey import press, press_through, sign_in
from tests.browser.product import Product
from tests.browser.seeing import Watch, visitor, zh
from tests.trades.carrying import COSTS, fridge
from tests.trades.making import money_of

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def sale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, User, User, list[Listing]]]:
    """A running marketplace in which somebody sells two fridges and brings them by the table."""
    people: list[User] = []
    listings: list[Listing] = []

    def fill(hub: Hub) -> None:
        people.extend((make_user(hub, name="许清和"), make_user(hub, name="林知夏")))
        listings.extend(fridge(hub, seller=people[0]) for _ in range(2))

    folder: Path = tmp_path_factory.mktemp("room")
    product = Product.start(folder, fill=fill)
    yield product, people[0], people[1], listings
    product.stop()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_fridge_is_brought_installed_and_kept(
    sale: tuple[Product, User, User, list[Listing]], chromium: Browser, watch: Watch, script: bool
) -> None:
    product, seller, buyer, listings = sale
    listing = listings[0 if script else 1]
    with (
        visitor(chromium, product.address, watch, script=script) as mine,
        visitor(chromium, product.address, watch, script=script) as theirs,
    ):
        sign_in(mine, buyer.email, f"/items/{listing.code}/buy", password=PASSWORD)
        mine.get_by_text(zh("Have it brought into the room")).tap()
        for label, text in (
            ("Who receives the parcel", "林知夏"),
            ("Phone number for the carrier", "13800138000"),
            ("Delivery address", "重庆市渝北区云杉路 8 号 2-6-4"),
            ("Floor", "6 楼"),
            ("Narrowest door on the way, in centimetres", "50"),
        ):
            mine.get_by_label(zh(label)).fill(text)
        mine.get_by_text(zh("No, by the stairs")).tap()
        mine.get_by_text(zh("The seller installs it")).tap()
        mine.get_by_text(zh("Take the old one away"), exact=True).tap()
        mine.get_by_label(zh("When shall it be brought?")).select_option(index=2)
        press(mine, "Show the whole sum")
        expect(mine.get_by_role("alert")).to_contain_text("进不去")
        expect(mine.get_by_label(zh("Floor"))).to_have_value("6 楼")
        mine.get_by_label(zh("Narrowest door on the way, in centimetres")).fill("70")
        press(mine, "Show the whole sum")
        expect(mine.get_by_role("alert")).to_contain_text("¥370")
        expect(mine.get_by_text("走楼梯", exact=True)).to_be_visible()
        press(mine, "Reserve and go to payment, %(total)s", total="¥1,570")
        order = _pay(mine, script=script)
        paid = mine.get_by_text(zh("You have paid. The platform holds your money; the seller has not received it."))
        wait_for(mine, lambda: paid.count() > 0)
        sign_in(theirs, seller.email, order, password=PASSWORD)
        expect(theirs.get_by_text("6", exact=True)).to_be_visible()
        theirs.get_by_label(zh("Carrier")).select_option(label="卖家自己送或请货运师傅")
        press(theirs, "It is on its way")
        expect(theirs.get_by_text(zh("You have shipped the item. The platform holds the money for you."))).to_be_visible()
        mine.goto(order)
        press(mine, "I have received it")
        expect(mine.get_by_text(zh("It is in your room. The platform holds your money."))).to_be_visible()
        press(mine, "It is installed")
        expect(mine.get_by_text(zh("You have the item. Now is the time to check it."))).to_be_visible()
        mine.get_by_role("link", name=zh("Compare it with what was promised")).tap()
        mine.get_by_text(zh("Everything that I have not marked is as described")).tap()
        press(mine, "Hand the list in")
        press(mine, "Accept and let the seller be paid")
        expect(mine.get_by_text(zh("The sale is completed. The item is yours."))).to_be_visible()
    with product.hub.look() as work:
        done = order_by_code(work, order.rsplit("/", 1)[1])
        assert done is not None
        assert (done.state, done.delivery_fen) == ("completed", COSTS)
        work.session.expunge(done)
    assert money_of(product.hub, done).released_fen == done.price_fen + COSTS
    assert [each for each in watch.take() if not each.startswith(("422 for POST", "409 for POST"))] == []


def _pay(page: Page, *, script: bool) -> str:
    """Through the practice checkout; the address of the order."""
    press(page, "Go to the checkout")
    page.wait_for_url("**/sandbox/checkout/*")
    press_through(page, "Pay with practice money")
    if not script:
        for _ in range(60):  # without scripts a person looks again
            if "/orders/" in page.url:
                break
            page.wait_for_timeout(500)
            page.goto(page.url)
    page.wait_for_url("**/orders/*", timeout=30_000)
    return "/orders/" + page.url.rsplit("/", 1)[1]
