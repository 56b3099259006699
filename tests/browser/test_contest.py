"""A grade is contested in the browser, on a phone: reasons, photo and deposit, a blind second inspection, and everything back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from app.accounts import queries as accounts
from app.accounts.models import User
from app.appraisal import service as appraising
from app.kernel.hub import Hub
from app.reinspection import queries
from app.reinspection.models import Reinspection
from tests.accounts.making import PASSWORD, actor, make_member, make_organisation, make_user
from tests.appraisal.making import clean_answers, close, make_report
from tests.browser.appraising import wait_for
from tests.browser.journey import press, press_through, sign_in
from tests.browser.product import Product
from tests.browser.seeing import Watch, visitor, zh
from tests.listings.making import fresh, make_listing, tiny_photo
from tests.reinspection.making import REASON

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_household_contests_a_grade_and_another_agency_finds_another_one(
    product: Product, chromium: Browser, watch: Watch, script: bool
) -> None:
    hub = product.hub
    owner = make_user(hub, name="周小满", locale="zh_CN")
    listing = make_listing(hub, owner)
    first = make_report(hub, listing=listing)
    make_member(hub, "appraiser", user=make_user(hub, name="程野"), organisation=make_organisation(hub, "agency", "明准鉴定"))
    with (
        visitor(chromium, product.address, watch, script=script) as mine,
        visitor(chromium, product.address, watch, script=script) as theirs,
    ):
        sign_in(mine, owner.email, f"/reports/{first.code}", password=PASSWORD)
        mine.get_by_role("link", name=zh("Contest this grade")).tap()
        mine.get_by_label(zh("What does the report say, and what do you see instead?")).fill(REASON)
        scratch = {"name": "scratch.jpg", "mimeType": "image/jpeg", "buffer": tiny_photo(21)}
        mine.locator("#photos").set_input_files([scratch])
        press(mine, "Go on to the deposit of %(deposit)s", deposit="¥60")
        mine.wait_for_url("**/pay/*")
        press(mine, "Go to the checkout")
        mine.wait_for_url("**/sandbox/checkout/*")
        press_through(mine, "Pay with practice money")
        row = _row(hub, first.id)
        mine.goto(f"/contests/{row.code}")
        wait_for(mine, lambda: mine.get_by_role("link", name=zh("Go to the order of the second agency")).count() > 0)
        mine.goto(f"/items/{listing.code}")
        expect(mine.get_by_text(zh("This grade is contested."))).to_be_visible()

        person, order = _second(hub, first.id)
        sign_in(theirs, person.email, "/appraiser", password=PASSWORD)
        expect(theirs.get_by_text(zh("Re-inspection")).first).to_be_visible()
        assert theirs.goto(f"/reports/{first.code}").status == 403
        theirs.goto(f"/appraisals/{order}")
        press_through(theirs, "Accept and inspect")
        with hub.begin(actor(hub, person)) as work:  # item by item in the browser: tests/browser/test_journey.py
            appraising.save_findings(work, order, clean_answers(screen_glass="visible"), 0)
        close(hub, person, order)
        theirs.goto(f"/appraisals/{order}/sign")
        theirs.get_by_label(zh("Your name, as it stands in your account")).fill(person.display_name)
        press(theirs, "Sign the report")
        theirs.wait_for_url("**/reports/*")

        mine.goto(f"/contests/{row.code}")
        wait_for(mine, lambda: mine.get_by_role("link", name=zh("Read the second report")).count() > 0)
        expect(mine.get_by_text(re.compile("全额退回"))).to_be_visible()
        mine.goto(f"/reports/{first.code}")
        expect(mine.get_by_role("link", name=zh("Read the newer report"))).to_be_visible()
        wait_for(mine, lambda: fresh(hub, listing.id).tier == "C")
    row = _row(hub, first.id)
    assert (row.state, row.refund_fen, row.is_liable) == ("amended", 6_000, True)
    assert watch.take() == [f"403 for GET {product.address}/reports/{first.code}"]  # the first result stays closed


def _row(hub: Hub, report_id: int) -> Reinspection:
    with hub.look() as work:
        return work.session.query(Reinspection).filter_by(report_id=report_id).one()


def _second(hub: Hub, report_id: int) -> tuple[User, str]:
    """Who appraises for the agency that was drawn, and the code of the order."""
    with hub.look() as work:
        order = queries.order_of(work, work.session.query(Reinspection).filter_by(report_id=report_id).one())
        assert order is not None
        return accounts.members(work, order.agency_id, "appraiser")[0], order.code
