"""What arrived is compared with what was promised, in the browser: a phone that differs leads to a claim, a washing machine as
described is accepted with one press."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.accounts.models import User
from app.kernel.hub import Hub
from app.trades.models import Order
from tests.accounts.making import PASSWORD, make_user
from tests.aftersales.making import arrived
from tests.browser.journey import press, sign_in
from tests.browser.product import Product
from tests.browser.seeing import Watch, visitor, zh
from tests.listings.making import tiny_photo
from tests.trades.comparing import differing, listed
from tests.trades.making import fresh
from tests.trades.test_checking import brought

pytestmark = [pytest.mark.slow, pytest.mark.browser]
GLASS = "report:screen_glass"


@pytest.fixture(scope="module")
def sale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, User, dict[str, Order]]]:
    """A running marketplace in which somebody has received two appraised phones and two washing machines."""
    orders: dict[str, Order] = {}
    people: list[User] = []

    def fill(hub: Hub) -> None:
        people.append(make_user(hub, name="林知夏"))
        for mode in ("script", "no-script"):
            orders[f"phone {mode}"] = arrived(hub, buyer=people[0])
            orders[f"washer {mode}"] = brought(hub, with_report=False, buyer=people[0])

    folder: Path = tmp_path_factory.mktemp("checking")
    product = Product.start(folder, fill=fill)
    yield product, people[0], orders
    product.stop()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_difference_is_compared_and_claimed(
    sale: tuple[Product, User, dict[str, Order]], chromium: Browser, watch: Watch, script: bool
) -> None:
    product, buyer, orders = sale
    order = orders["phone script" if script else "phone no-script"]
    glass = [ask.item.key for ask in listed(product.hub, order).asks].index(GLASS)
    with visitor(chromium, product.address, watch, script=script) as mine:
        sign_in(mine, buyer.email, f"/orders/{order.code}", password=PASSWORD)
        mine.get_by_role("link", name=zh("Compare it with what was promised")).tap()
        line = mine.locator(f"#answer_{glass}")
        expect(line.get_by_text("无痕")).to_be_visible()
        expect(line.locator(".check-more")).to_be_hidden()
        line.get_by_text(zh("Differs"), exact=True).tap()
        expect(line.locator(".check-more")).to_be_visible()
        line.get_by_label(zh("What do you see?")).select_option("cracked")
        line.get_by_label(zh("In your own words")).fill("右上角有一道裂纹。")
        press(mine, "Hand the list in")
        expect(mine.get_by_role("alert")).to_contain_text(zh("Please choose one of the three answers."))
        expect(line.get_by_label(zh("In your own words"))).to_have_value("右上角有一道裂纹。")
        expect(line.get_by_label(zh("What do you see?"))).to_have_value("cracked")
        photo = {"name": "crack.jpg", "mimeType": "image/jpeg", "buffer": tiny_photo(41 if script else 42)}
        line.locator("input[type='file']").set_input_files([photo])
        mine.get_by_text(zh("Everything that I have not marked is as described")).tap()
        press(mine, "Hand the list in")
        expect(mine.get_by_role("heading", name=zh("What differs"))).to_be_visible()
        expect(mine.get_by_text("外屏碎裂")).to_be_visible()
        mine.get_by_role("link", name=zh("Open the claim with these items")).tap()
        expect(mine.locator("input[name='items']:checked")).to_have_count(1)
        expect(mine.locator("#text")).to_have_value(f"屏幕玻璃：约定“无痕”，实际看到“外屏碎裂{zh(', ')}右上角有一道裂纹。”")
        mine.get_by_text(zh("Returning the item for the price")).tap()
        press(mine, "Open the claim")
        mine.wait_for_url("**/claims/*")
        expect(mine.get_by_text(zh("The seller has your claim and answers it."))).to_be_visible()
    assert set(differing(product.hub, order)) == {GLASS}
    assert [each for each in watch.take() if not each.startswith("422 for POST")] == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_as_described_is_accepted_with_one_press(
    sale: tuple[Product, User, dict[str, Order]], chromium: Browser, watch: Watch, script: bool
) -> None:
    product, buyer, orders = sale
    order = orders["washer script" if script else "washer no-script"]
    with visitor(chromium, product.address, watch, script=script) as mine:
        sign_in(mine, buyer.email, f"/orders/{order.code}/check", password=PASSWORD)
        expect(mine.get_by_text("洗涤与脱水")).to_be_visible()
        mine.get_by_text(zh("Everything that I have not marked is as described")).tap()
        press(mine, "Hand the list in")
        press(mine, "Accept and let the seller be paid")
        expect(mine.get_by_text(zh("The sale is completed. The item is yours."))).to_be_visible()
    assert fresh(product.hub, order).state == "completed"
    assert watch.take() == []
