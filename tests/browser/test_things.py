"""A car and an appliance on a phone of 390 px, in Chinese: listed, appraised, found; the appliance bought into a room."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from app.factory import ROOT
from app.listings.models import Listing
from tests.browser import journey, things
from tests.browser.journey import Pictures, zh
from tests.browser.product import Product
from tests.browser.seeing import Watch, visitor
from tests.journeys.test_categories import an_inspection, answer_all, signed

pytestmark = [pytest.mark.slow, pytest.mark.browser]

VIN = "LSGPC54U2NH123456"
MEASURED = {
    "protection_class": "I",
    "start_date": "2023-06-01",
    "leakage_ma": "0.4",
    "earth_ohm": "0.09",
    "insulation_i_mohm": "50",
}


def appraised(product: Product, item: str, **found: str) -> str:
    """A signed report of what this page offers; how it comes about in the browser: test_appraisal_journey. Its address."""
    with product.hub.look() as work:
        listing = work.session.scalars(select(Listing).where(Listing.code == item.rsplit("/", 1)[1])).one()
    code, _thing, inspector = an_inspection(product.hub, listing)
    answer_all(product.hub, code, inspector, **found)
    return f"/reports/{signed(product.hub, code, inspector).code}"


def test_a_car_is_listed_appraised_and_found_and_its_page_says_why_it_cannot_be_bought(
    product: Product, chromium: Browser, watch: Watch, tmp_path: Path
) -> None:
    pictures = Pictures(ROOT / "build/journey/car")
    with visitor(chromium, product.address, watch) as seller, visitor(chromium, product.address, watch) as buyer:
        journey.register(seller, "car-seller@mail.example", "罗成", Pictures(None))
        item = things.list_car(seller, VIN, things.car_photos(tmp_path), "68000", pictures)
        report = appraised(product, item, item_40="B", item_26="HH2", item_15="AX1")
        seller.goto(report)
        expect(seller.get_by_role("main")).to_contain_text("二级")
        expect(seller.get_by_role("main")).to_contain_text("修复前不宜使用")

        journey.register(buyer, "car-buyer@mail.example", "田苗", Pictures(None))
        things.find_in_category(buyer, "cars", {zh("Energy"): "汽油", zh("Mileage"): "3–6 万公里"}, item, pictures)
        expect(buyer.get_by_role("link", name=zh("Read the report")).first).to_have_attribute("href", report)
        expect(buyer.get_by_text(VIN[-4:]).first).to_be_visible()
        assert VIN not in buyer.content()
        expect(buyer.get_by_role("heading", name=zh("How to get this car"))).to_be_visible()
        expect(buyer.get_by_role("main").get_by_role("link", name=zh("Buy"), exact=True)).to_have_count(0)
        watch.expected.append((409, "/buy"))
        buyer.goto(f"{item}/buy")  # by an address that somebody kept
        expect(
            buyer.get_by_role(
                "heading",
                name=zh(
                    "Cars cannot be bought here yet. Look at it together, have it appraised, and settle the sale between you."
                ),
            )
        ).to_be_visible()
        pictures.take(buyer, "car-not-bought-here")
    assert watch.take() == []


def test_a_washing_machine_is_appraised_found_bought_into_the_room_and_accepted(
    product: Product, chromium: Browser, watch: Watch, tmp_path: Path
) -> None:
    pictures = Pictures(ROOT / "build/journey/washer")
    with visitor(chromium, product.address, watch) as seller, visitor(chromium, product.address, watch) as buyer:
        journey.register(seller, "washer-seller@mail.example", "许清和", Pictures(None))
        item = things.list_washer(seller, "CE0J7M00R9K12345", things.washer_photos(tmp_path), "880", pictures)
        report = appraised(product, item, **MEASURED, exterior="light", energy="t5_1")
        seller.goto(report)
        tier = seller.locator(".tier").first.inner_text().split()[0]

        journey.register(buyer, "washer-buyer@mail.example", "沈知遥", Pictures(None))
        things.find_in_category(buyer, "appliances", {zh("Kind"): "洗衣机", zh("Brand"): "海尔"}, item, pictures)
        expect(buyer.get_by_role("link", name=zh("Read the report")).first).to_have_attribute("href", report)
        assert tier in buyer.get_by_role("main").inner_text()
        order = things.buy_into_the_room(buyer, pictures)

        things.bring_it(seller, order, pictures)
        journey.receive_and_accept(buyer, order, pictures)
        journey.see_payout(seller, "862.40", pictures)
    assert watch.take() == []
