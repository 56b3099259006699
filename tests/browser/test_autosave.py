"""Nothing is lost: not by saving while a save is under way, not by a cut connection, not by a session that has ended."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from app.appraisal.models import Appraisal
from app.appraisal.states import INSPECTING
from app.demo import seed
from app.kernel.work import SYSTEM
from tests.browser.journey import photo_files, press, press_through, sign_in
from tests.browser.product import Product
from tests.browser.seeing import Watch, visitor, zh

pytestmark = [pytest.mark.slow, pytest.mark.browser]

APPRAISER = "meng@mingzhun.example"
ITEM = "screen_glass"
SELLER = "chen@xunhe.example"


def answers(town: Product) -> tuple[str, str]:
    with town.hub.look(SYSTEM) as work:
        inspection = work.session.scalars(select(Appraisal).where(Appraisal.state == INSPECTING)).one()
        return inspection.code, inspection.findings.get(ITEM, "")


def test_a_form_sent_while_its_own_save_is_under_way_is_kept(town: Product, chromium: Browser, watch: Watch) -> None:
    code, before = answers(town)
    wanted = "light" if before != "light" else "micro"

    def slowly(route: Route) -> None:
        if "x-autosave" in route.request.headers:
            time.sleep(1.5)
        route.continue_()

    with visitor(chromium, town.address, watch) as page:
        sign_in(page, APPRAISER, password=seed.PASSWORD)
        page.goto(f"/appraisals/{code}/inspect")
        page.route(f"**/appraisals/{code}/inspect", slowly)
        with page.expect_request(lambda request: "x-autosave" in request.headers):
            page.locator(f"#item-{ITEM} label.answer-key", has=page.locator(f'input[value="{wanted}"]')).tap()
        press_through(page, "Save")
        expect(page.locator(f'#item-{ITEM} input[value="{wanted}"]')).to_be_checked()
        expect(page.get_by_text(zh("Answers were saved from another device in the meantime."))).to_have_count(0)
    assert answers(town) == (code, wanted)
    assert watch.take() == []


def new_draft(page: Page, town: Product) -> str:
    """A seller's new listing, open at the screen of photos."""
    sign_in(page, SELLER, password=seed.PASSWORD)
    page.goto("/sell")
    page.get_by_role("button", name="手机", exact=True).tap()
    page.wait_for_url("**/sell/*/*")
    return urlsplit(page.url).path.rsplit("/", 1)[0]


def test_photos_wait_for_the_network_and_those_that_arrived_stay(
    town: Product, chromium: Browser, watch: Watch, tmp_path: Path
) -> None:
    front, back, _ = photo_files(tmp_path, "cut")
    with visitor(chromium, town.address, watch) as page:
        page.goto(f"{new_draft(page, town)}/photos")
        page.locator("#photo-front").set_input_files(front)
        expect(page.locator("#photo-list img, #photo-list .photo")).not_to_have_count(0)
        page.context.set_offline(True)
        page.locator("#photo-back").set_input_files(back)
        expect(
            page.get_by_text(
                zh("The connection was lost. Everything already received is kept. We continue when the network is back.")
            )
        ).to_be_visible()
        page.context.set_offline(False)
        expect(page.locator(".upload-queue > li")).to_have_count(0)
        page.reload()
        expect(page.locator("#photo-list li")).to_have_count(2)
    watch.take()  # the browser says that it was off line


def test_a_session_that_has_ended_is_said_and_nothing_typed_is_lost(
    town: Product, chromium: Browser, watch: Watch, tmp_path: Path
) -> None:
    watch.expected.append((401, "/sell/"))
    photo = photo_files(tmp_path, "ended")[0]
    said = zh(
        "You have been signed out, so this was not saved. Sign in again and open this page: typed text is kept on this device."
    )
    with visitor(chromium, town.address, watch) as page:
        draft = new_draft(page, town)
        page.goto(f"{draft}/photos")
        page.context.clear_cookies(name="sid")
        page.locator("#photo-front").set_input_files(photo)
        expect(page.locator(".upload-queue > li")).to_contain_text(said)
        sign_in(page, SELLER, password=seed.PASSWORD)
        page.goto(f"{draft}/price")
        page.context.clear_cookies(name="sid")
        page.get_by_label(zh("Your price")).fill("1234")
        page.wait_for_url("**/sign-in?**")  # the comparable prices beside the field asked for it
        page.get_by_label(zh("E-mail address")).fill(SELLER)
        page.get_by_label(zh("Password"), exact=True).fill(seed.PASSWORD)
        page.get_by_label(zh("Password"), exact=True).press("Enter")
        page.wait_for_url(f"**{draft}/price")
        press(page, "Bring them back")
        expect(page.get_by_label(zh("Your price"))).to_have_value("1234")
    assert watch.take() == []
