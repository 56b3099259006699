"""An operator imports a table of prices, with the page's script and without it: the same two steps, and no mistake loses the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.product import PASSWORD, Product
from tests.browser.seeing import Watch, visitor, zh
from tests.valuation.making import TABLE

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A marketplace with an operator and nothing else."""
    running = Product.start(tmp_path_factory.mktemp("office"))
    running.hire("operator", "陶运营", "循环运营")
    try:
        yield running
    finally:
        running.stop()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_operator_imports_a_table_in_two_steps(
    office: Product, chromium: Browser, watch: Watch, tmp_path: Path, script: bool
) -> None:
    file = tmp_path / "行情.csv"
    file.write_bytes(TABLE.replace("2380", "2381" if script else "2382").encode("gb18030"))
    with visitor(chromium, office.address, watch, script=script) as page:
        page.goto("/sign-in")
        page.locator("main input[type=email]").fill("operator@xunyi.example")
        page.locator("main input[type=password]").fill(PASSWORD)
        page.locator("main form button[type=submit]").first.click()
        page.goto("/operator/prices")
        page.locator("#file").set_input_files(file)
        page.get_by_role("button", name=zh("Upload and choose its columns")).click()
        expect(page.get_by_role("heading", name="行情.csv")).to_be_visible()
        expect(page.locator("#column_price")).to_contain_text("成交价（元）")
        page.get_by_label(zh("Kind of price")).select_option("dealer_asking")
        page.get_by_label(zh("Source: whose figures they are")).fill("清河二手行情（演示）")
        page.locator("#as_of").fill("2026-03-31")
        page.get_by_role("button", name=zh("Check every row (nothing is kept yet)")).click()
        watch.expected.append((422, "/check"))
        expect(page.get_by_text(zh("Something needs another look. What you typed is kept."))).to_be_visible()
        expect(page.get_by_label(zh("Source: whose figures they are"))).to_have_value("清河二手行情（演示）")
        page.get_by_label(zh("Licence: under which they may be used")).fill("演示用")
        page.get_by_role("button", name=zh("Check every row (nothing is kept yet)")).click()
        expect(page.get_by_text(zh("the catalogue has no such model, or several"))).to_be_visible()
        with page.expect_download() as left_out:
            page.get_by_role("link", name=zh("Download the rows that were left out (CSV)")).click()
        assert "iPhone 99" in Path(left_out.value.path()).read_text("utf-8")
        page.get_by_role("button", name=zh("Import %(count)s prices", count=6)).click()
        expect(page.get_by_text(zh("Imported: %(count)s prices are kept.", count=6))).to_be_visible()
        page.goto("/operator/prices")
        expect(page.get_by_text("清河二手行情（演示）").first).to_be_visible()
    assert [wrong for wrong in watch.take() if "422" not in wrong] == []
