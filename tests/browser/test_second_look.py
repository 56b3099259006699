"""A second look before the issue, in the browser on a phone: from the request to the report, with somebody who looks blind."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser, Page, expect

from app.accounts.models import User
from app.appraisal import queries as appraisals
from app.appraisal import service as appraising
from app.appraisal.provider import SECOND_LOOK
from app.kernel.hub import Hub
from app.peerreviews import queries, service
from app.peerreviews.models import PeerReview
from tests.accounts.making import PASSWORD, actor, make_member, make_organisation, make_user
from tests.appraisal.making import clean_answers, close
from tests.browser.appraising import wait_for
from tests.browser.journey import answer, press_through, sign_in
from tests.browser.product import Product
from tests.browser.seeing import Watch, visitor, zh
from tests.listings.making import make_listing
from tests.peerreviews.making import demand, make_colleague, second_answers

pytestmark = [pytest.mark.slow, pytest.mark.browser]

AGENCY = "两双眼睛检测"


def test_a_new_appraisers_report_is_issued_after_a_colleague_has_looked_blind(
    product: Product, chromium: Browser, watch: Watch
) -> None:
    hub = product.hub
    agency = make_organisation(hub, "agency", AGENCY)
    first: User = make_member(hub, "appraiser", user=make_user(hub, name="何青", locale="zh_CN"), organisation=agency)
    owner = make_user(hub, name="周小满", locale="zh_CN")
    listing = make_listing(hub, owner)
    with (
        visitor(chromium, product.address, watch) as mine,
        visitor(chromium, product.address, watch) as theirs,
        visitor(chromium, product.address, watch) as blind,
    ):
        sign_in(mine, owner.email, f"/items/{listing.code}", password=PASSWORD)
        press_through(mine, "Have it appraised")
        answer(mine, AGENCY)
        press_through(mine, "Send the request")
        order = mine.url
        code = order.rsplit("/", 1)[1]
        sign_in(theirs, first.email, f"/appraisals/{code}", password=PASSWORD)
        press_through(theirs, "Accept and inspect")
        _sign(hub, first, code)
        colleague = make_colleague(hub, agency, "顾明远")
        theirs.goto(order)
        held = "The report is signed. Before it is issued, somebody who does not know the grade looks a second time."
        expect(theirs.get_by_text(zh(held))).to_be_visible()
        mine.reload()
        expect(mine.get_by_text(zh("You do not need to do anything. You are told when the report is issued."))).to_be_visible()
        assert mine.get_by_role("link", name=zh("Read the report")).count() == 0

        review, asked = _asked(hub, code, colleague)
        sign_in(blind, asked.email, "/peer-reviews", password=PASSWORD)
        blind.get_by_role("region", name=zh("Waiting for you")).locator(f'a[href$="/{review.code}"]').first.tap()
        blind.wait_for_url(f"**/peer-reviews/{review.code}")
        assert blind.locator("input:checked").count() == 0, "nothing tells what the first one chose"
        given = second_answers(hub, review)
        kept = list(given)[:3]
        for key in kept:
            _choose(blind, key, given[key])
        press_through(blind, "Keep and go on later")
        assert blind.locator("input:checked").count() == len(kept)
        for key in given:
            _choose(blind, key, given[key])
        press_through(blind, "Hand in the second look")
        expect(blind.get_by_text(zh("You came to the same grade. The report is issued."))).to_be_visible()

        wait_for(mine, lambda: mine.get_by_role("link", name=zh("Read the report")).count() > 0)
        press_through(mine, "Read the report")
        expect(mine.get_by_text("何青").first).to_be_visible()
    assert watch.take() == []


def _sign(hub: Hub, person: User, code: str) -> None:
    """Item by item in the browser: tests/browser/test_journey.py. Here the marketplace asks for a second look."""
    before = hub.db.doors[SECOND_LOOK]
    demand(hub, first=20)
    try:
        with hub.begin(actor(hub, person)) as work:
            assert not appraising.save_findings(work, code, clean_answers(), 0).refused
        rev = close(hub, person, code)
        with hub.begin(actor(hub, person)) as work:
            assert appraising.sign(work, code, person.display_name, rev) is None
    finally:
        hub.db.doors[SECOND_LOOK] = before


def _asked(hub: Hub, code: str, colleague: User) -> tuple[PeerReview, User]:
    """The review and who is asked: drawn among all who may look, or this colleague, asked by staff when nobody was drawn."""
    review = _drawn(hub, code, colleague)
    if review.person_id is None:
        with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
            service.name_by_staff(work, review.code, colleague.code)
    with hub.look() as work:
        again = work.session.get_one(PeerReview, review.id)
        return again, work.session.get_one(User, again.person_id)


def _drawn(hub: Hub, code: str, colleague: User) -> PeerReview:
    """The review after the draw, whoever it found: until then the worker may draw at any moment."""
    for _ in range(300):
        with hub.look(actor(hub, colleague)) as work:
            review = queries.review_of_order(work, appraisals.visible_appraisal(work, code).id)
            assert review is not None
        if review.person_id is not None or review.staff_reason is not None:
            return review
        time.sleep(0.1)
    raise AssertionError("nothing was drawn in 30 seconds")


def _choose(page: Page, key: str, value: str) -> None:
    page.locator("label", has=page.locator(f'input[name="item-{key}"][value="{value}"]')).first.tap()
