"""A whole sale on the running product, on a phone of 390 px, in Chinese: with scripts and without."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.factory import ROOT
from tests.browser import journey
from tests.browser.journey import Pictures
from tests.browser.product import Product
from tests.browser.seeing import Watch, visitor, zh

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.mark.parametrize(("script", "imei"), [(True, "356938035643809"), (False, "490154203237518")], ids=["script", "no-script"])
def test_a_household_sells_and_another_one_buys_on_a_phone(
    product: Product, chromium: Browser, watch: Watch, tmp_path: Path, script: bool, imei: str
) -> None:
    way = "script" if script else "no-script"
    pictures = Pictures(ROOT / "build/journey" / way)
    seller_name, buyer_name = ("林知夏", "陈默") if script else ("苏晓", "江一帆")
    photos = journey.photo_files(tmp_path / "photos", way)
    with (
        visitor(chromium, product.address, watch, script=script) as seller,
        visitor(chromium, product.address, watch, script=script) as buyer,
        visitor(chromium, product.address, watch, script=script) as appraiser,
        visitor(chromium, product.address, watch, script=script) as colleague,
        visitor(chromium, product.address, watch, script=script) as officer,
    ):
        journey.register(seller, f"seller-{way}@mail.example", seller_name, pictures)
        item = journey.list_phone(seller, imei, photos, "2380", pictures, script=script)
        journey.ask_for_appraisal(seller, item, pictures)

        journey.sign_in(appraiser, product.staff["appraiser"].email, "/appraiser")
        journey.sign_in(colleague, product.staff["senior"].email, "/appraiser")
        report = journey.appraise(appraiser, colleague, product.staff["appraiser"].display_name, pictures)
        tier = appraiser.locator(".tier").first.inner_text()

        journey.register(buyer, f"buyer-{way}@mail.example", buyer_name, pictures)
        journey.find_by_words(buyer, "苹果13 128", item, pictures)
        expect(buyer.get_by_role("link", name=zh("Read the report")).first).to_have_attribute(
            "href", report.removeprefix(product.address)
        )
        assert tier.split()[0] in buyer.get_by_role("main").inner_text()
        order = journey.buy_and_pay(buyer, pictures, script=script)

        journey.ship(seller, order, pictures)
        journey.receive_and_accept(buyer, order, pictures)
        journey.see_payout(seller, "2,332.40", pictures)
        code = journey.see_record(buyer, item, seller_name, pictures)

        journey.sign_in(officer, product.staff["officer"].email, "/oversight")
        journey.officer_reads(officer, seller_name, code, pictures)
        seller.goto("/account/accesses")
        expect(seller.get_by_text("市场监督管理局").first).to_be_visible()
        pictures.take(seller, "who-read-my-record")
    assert watch.take() == []
