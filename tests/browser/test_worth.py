"""What is it worth, asked by somebody without an account, with the page's script and without it: the same steps, the same answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.product import Product
from tests.browser.seeing import Watch, visitor, zh
from tests.valuation.making import make_model

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A marketplace with a price model for phones and nothing else."""
    running = Product.start(tmp_path_factory.mktemp("market"), fill=make_model)
    try:
        yield running
    finally:
        running.stop()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_visitor_is_told_what_a_phone_is_worth_and_why(market: Product, chromium: Browser, watch: Watch, script: bool) -> None:
    with visitor(chromium, market.address, watch, script=script) as page:
        page.goto("/")
        page.get_by_role("link", name=zh("What is it worth?")).first.click()
        page.get_by_label(zh("Brand")).select_option("apple")
        page.get_by_role("button", name=zh("Continue")).click()
        page.get_by_label(zh("Model")).select_option("iphone-13")
        page.get_by_label(zh("Storage")).select_option("128")
        page.get_by_label(zh("In use since")).fill("去年")
        page.get_by_role("button", name=zh("Show what it is worth")).click()
        watch.expected.append((422, "/worth"))
        expect(page.get_by_text(zh("Please type year and month, for example 2019-05.")).first).to_be_visible()
        expect(page.get_by_label(zh("Model"))).to_have_value("iphone-13")
        page.get_by_label(zh("In use since")).fill("2023年5月")
        page.get_by_role("button", name=zh("Show what it is worth")).click()
        expect(page.get_by_role("heading", name=zh("Why this price"))).to_be_visible()
        kept = page.url
        last = page.locator(".waterfall tr").last.locator(".waterfall-sum").inner_text()
        assert last == page.locator(".worth-figure .money").first.inner_text()
        page.get_by_text(zh("Can be checked")).first.click()
        expect(page.get_by_text("xunyi valuation recheck", exact=False)).to_be_visible()
    with visitor(chromium, market.address, watch, script=not script) as other:
        other.goto(kept)
        assert other.locator(".worth-figure .money").first.inner_text() == last
    assert [wrong for wrong in watch.take() if "422" not in wrong] == []
