"""An appraisal with a fee on a phone whose browser runs no script: from the listing's page to the item that is back and paid for."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from app.accounts.models import User
from app.appraisal import queries, service
from app.payments import queries as money
from tests.accounts.making import PASSWORD, actor, make_member, make_organisation, make_user
from tests.appraisal.making import clean_answers, close
from tests.appraisal.paying import FEE, SEAL, district
from tests.browser.appraising import digits_on, wait_for
from tests.browser.journey import answer, press, press_through, sign_in
from tests.browser.product import Product
from tests.browser.seeing import Watch, visitor, zh
from tests.listings.making import ANSWERS, make_listing

pytestmark = [pytest.mark.slow, pytest.mark.browser]

AGENCY = "青山检测"
CLOSING_SEAL = "QS-2026-0001"  # put on when the data are gone; the phone goes back under it


def test_a_household_pays_for_an_appraisal_and_gets_its_phone_back_without_script(
    product: Product, chromium: Browser, watch: Watch
) -> None:
    hub, name = product.hub, AGENCY
    agency = make_organisation(hub, "agency", name)
    manager = make_member(hub, "manager", organisation=agency)
    person: User = make_member(hub, "appraiser", user=make_user(hub, name="韩立秋", locale="zh_CN"), organisation=agency)
    owner = make_user(hub, name="周小满", locale="zh_CN")
    with hub.begin(actor(hub, manager)) as work:
        service.set_price(work, agency.id, "phone", FEE, 3)
        service.add_place(work, agency.id, "南区检测点", district(), "柳荫街 8 号", ["workshop"])
    listing = make_listing(hub, owner, answers={**ANSWERS, "screen_glass": "visible"})
    with (
        visitor(chromium, product.address, watch, script=False) as mine,
        visitor(chromium, product.address, watch, script=False) as theirs,
    ):
        sign_in(mine, owner.email, f"/items/{listing.code}", password=PASSWORD)
        press_through(mine, "Have it appraised")
        expect(mine.get_by_role("region", name=zh("What it can still come to"))).to_contain_text("C")
        expect(mine.get_by_text(zh("Fee %(fee)s · report in about %(days)s days", fee="¥88.88", days=3)).first).to_be_visible()
        answer(mine, name)
        press_through(mine, "Send the request")
        expect(mine.get_by_text(zh("The appraisal fee is not paid yet."))).to_be_visible()
        order = mine.url
        _pay(mine)
        mine.goto(order)
        wait_for(mine, lambda: mine.get_by_text(zh("%(name)s was chosen and is asked.", name="韩立秋")).count() > 0)

        sign_in(theirs, person.email, "/appraiser", password=PASSWORD)
        theirs.get_by_role("row").filter(has_text=zh("Waits for an answer")).get_by_role("link").first.tap()
        theirs.wait_for_url("**/appraisals/*")
        press_through(theirs, "Accept")
        expect(theirs.get_by_text(zh("%(name)s has accepted.", name="韩立秋"))).to_be_visible()
        mine.goto(order)
        answer(mine, zh("I bring it and leave it there"))
        mine.locator("label", has_text="南区检测点").first.tap()
        mine.get_by_role("region", name=zh("Or leave it with the agency")).get_by_role("button").tap()
        expect(mine.get_by_text(zh("Its owner has it."))).to_be_visible()

        theirs.goto(order)
        theirs.get_by_label(zh("The owner's six digits")).fill(digits_on(mine))
        theirs.get_by_label(zh("Number of the seal")).fill(SEAL)
        press_through(theirs, "Confirm")
        mine.reload()
        expect(mine.get_by_text(zh("%(agency)s has it.", agency=name))).to_be_visible()

        code = order.rsplit("/", 1)[1]
        with hub.begin(actor(hub, person)) as work:  # item by item in the browser: tests/browser/test_journey.py
            service.save_findings(work, code, clean_answers(), 0)
        close(hub, person, code, seal_no=CLOSING_SEAL)
        theirs.goto(f"{order}/sign")
        theirs.get_by_label(zh("Your name, as it stands in your account")).fill("韩立秋")
        press(theirs, "Sign the report")
        theirs.wait_for_url("**/reports/*")

        mine.goto(order)
        wait_for(mine, lambda: mine.get_by_text(zh("The report is signed, so the agency is paid.")).count() > 0)
        theirs.goto(order)
        theirs.get_by_label(zh("The owner's six digits")).fill(digits_on(mine))
        theirs.get_by_label(zh("Number of the seal")).fill(CLOSING_SEAL)
        press_through(theirs, "Confirm")
        mine.reload()
        expect(mine.get_by_text(zh("Its owner has it."))).to_be_visible()
    with hub.look() as work:
        assert money.balance(work, money.agency_account(agency.code)) == 7_999
        assert queries.agency_balance(work, agency.id) == 7_999
    assert watch.take() == []


def _pay(page: Page) -> None:
    """From the order's page through the practice checkout until the provider's word has arrived."""
    page.get_by_role("link", name=re.compile("¥88.88")).tap()
    page.wait_for_url("**/pay/*")
    press(page, "Go to the checkout")
    page.wait_for_url("**/sandbox/checkout/*")
    press_through(page, "Pay with practice money")
