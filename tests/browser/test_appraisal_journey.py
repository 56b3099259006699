"""A phone, a washing machine and a car from the request to the verified PDF, at 390 and 1024 px, with the network cut in between.

Everybody's part is done in the browser: the owner asks, pays and meets; who was drawn by lot answers by codes, keys and photos,
loses the network with answers waiting, opens the page again without it, and signs with a key of the own; for a car a senior signs
too; somebody without an account downloads the PDF and checks what is inside it with the public program.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from app.accounts.models import User
from app.appraisal.guidance import shots_of
from app.factory import ROOT
from app.goods.models import Thing
from app.kernel.hub import Hub
from grading import load_scheme
from tests.appraisal.making import ERASURE, clean_answers
from tests.browser import appraising
from tests.browser.appraising import Job, job, lines_of_codes, open_bench
from tests.browser.inspecting import PATIENCE, Hand, all_saved, picture_file, waiting
from tests.browser.journey import Pictures, answer, erase, press, press_through, sign_in
from tests.browser.product import PASSWORD, Product
from tests.browser.seeing import Watch, zh
from tests.goods.making import make_appliance, make_car
from tests.grading.appliance import CLEAN
from tests.listings.making import ANSWERS, make_listing

pytestmark = [pytest.mark.slow, pytest.mark.browser]

CUT_SECONDS = 60 if os.environ.get("XUNYI_DRILL") == "full" else 5
WIDTHS = pytest.mark.parametrize("width", [390, 1024])
BY_CERTIFICATE = ("erase_consent", "erase_method", "erase_verified", "erase_certificate")
TESTERS = {"earth_tester": "E-31", "insulation_tester": "I-7", "leakage_tester": "L-2"}
GATES = "T2N T3N T4N T5Y T6Y T7N T8N D1Y D2Y D3Y D4Y D5Y D6Y"
DEFECTS = {"body_exterior": "15HH1 16HH1 26HH2 27AX1 28HH1", "engine_bay": "41B", "cockpit": "51C 54C", "start_up": "67C"}
# Figures for estimating how long a person takes, seconds: the keystroke-level model (Card, Moran and Newell 1980) with figures for
# touch (a tap, making up one's mind before each answer, a typed sign); our own for a photo (aim, take, confirm) and for a box.
# Walking round the car and looking at it is work of its own and not in the figure.
TAP, MIND, SIGN, PHOTO, BOX = 1.2, 1.35, 0.5, 6.0, 2.5
MOST_MINUTES = 15


def is_photo(got: Response) -> bool:
    """A photo has arrived: a page that is left while it is still being read from the camera does not send it."""
    return got.request.method == "POST" and got.url.endswith("/photos")


def mend(page: Page) -> None:
    page.wait_for_timeout(CUT_SECONDS * 1000)
    page.context.set_offline(False)


def prepared(done: Job, photos: int) -> dict[str, Any]:
    """The evidence, once the worker has prepared that many photos."""
    end = time.monotonic() + PATIENCE / 1000
    while (told := done.evidence)["photos_waiting"] or len(told["photos"]) != photos:
        assert time.monotonic() < end, told
        time.sleep(0.2)
    return told


def verified(done: Job, signers: Sequence[str]) -> appraising.Kept:
    """What a stranger reads and checks: PDF, file, keys and photos agree, and one byte that is another is named."""
    kept = appraising.read_report(done)
    code, told = appraising.verify(kept)
    assert (code, told["verdict"], told["problems"]) == (0, "sound", []), told
    assert [each["role"] for each in told["signers"]] == list(signers)
    assert {each["holder"] for each in told["signers"]} <= {person.display_name for person in done.appraisers}
    assert kept.content["signature"]["kind"] == "key"
    assert "演示" not in kept.text
    appraising.check_on_website(done.pages["anybody"], kept)
    appraising.refuse_tampered(done.pages["anybody"], kept)
    return kept


@WIDTHS
def test_a_phone_is_left_with_the_agency_tested_erased_sealed_signed_and_comes_back(
    product: Product, chromium: Browser, watch: Watch, tmp_path: Path, width: int
) -> None:
    listing = ""

    def on_sale(hub: Hub, owner: User) -> Thing:
        nonlocal listing
        made = make_listing(hub, owner, answers={**ANSWERS, "screen_glass": "visible"})
        listing = made.code
        with hub.look() as work:
            return work.session.get_one(Thing, made.thing_id)

    pictures = Pictures(ROOT / f"build/appraisal/phone-{width}")
    found = clean_answers(screen_glass="micro", battery_pct=None)
    with job(product, chromium, watch, tmp_path, width, on_sale) as done:
        owner, page, colleague = done.pages["owner"], done.pages["appraiser"], done.pages["colleague"]
        appraising.ask_at_agency(done, listing)
        appraising.accept(done)
        appraising.bring(done)

        open_bench(page, done)
        hand = Hand(page)
        for line in lines_of_codes(page, found, (*BY_CERTIFICATE, "mdm")):
            hand.code(line)
        all_saved(page)
        page.context.set_offline(True)
        hand.key("mdm", "none")
        page.locator("#item-battery_pct").fill("88")
        page.locator("#item-battery_pct").press("Tab")
        hand.snap(page.locator('[data-photo-of="screen_glass"]'), picture_file(tmp_path))
        waiting(page, 2, 1)
        pictures.take(page, "waiting", whole=False)
        page.reload()
        waiting(page, 2, 1)
        mend(page)
        all_saved(page)
        stored = done.order.findings
        assert {key: stored[key] for key in ("mdm", "battery_pct", "screen_glass", "touch")} == {
            "mdm": "none", "battery_pct": "88", "screen_glass": "micro", "touch": "ok"
        }  # fmt: skip
        prepared(done, 1)

        page.goto(f"{done.address}/sign")
        page.goto(f"{done.address}/erasure")
        erase(page, done.appraiser.display_name, pictures)
        sign_in(colleague, done.colleague.email, "/appraiser", password=PASSWORD)
        colleague.goto(page.url)
        answer(colleague, zh("No data are left"))
        colleague.get_by_label(zh("How you looked, and with which tool")).fill("另一工具抽查 12 处")
        press_through(colleague, "Keep my check")
        page.reload()
        seal = f"QH-{done.code[:10].upper()}"
        page.get_by_label(zh("Number of the seal")).fill(seal)
        press_through(page, "Keep the seal's number")

        appraising.make_key(done, "appraiser", "检测台上的平板")
        appraising.freeze(done)
        pictures.take(page, "frozen")
        appraising.sign_with_key(done, "appraiser")
        page.wait_for_url("**/reports/*")
        kept = verified(done, ["appraiser"])
        assert seal in json.dumps(kept.content["evidence"]["seal"])
        assert seal in kept.text
        assert ERASURE["tool_name"] in kept.text

        owner.goto(done.address)
        appraising.wait_for(owner, lambda: owner.get_by_text(zh("The report is signed, so the agency is paid.")).count() > 0)
        page.goto(done.address)
        page.get_by_label(zh("The owner's six digits")).fill(appraising.digits_on(owner))
        page.get_by_label(zh("Number of the seal")).fill(seal)
        press_through(page, "Confirm")
        owner.reload()
        expect(owner.get_by_text(zh("Its owner has it."))).to_be_visible()
        owner.goto(f"/items/{listing}")
        expect(owner.get_by_role("link", name=zh("Read the report")).first).to_have_attribute("href", f"/reports/{kept.code}")
        assert done.paid_to_agency() == 7_999
    offline_only(watch)


@WIDTHS
def test_a_washing_machine_is_measured_at_home_and_an_unsafe_reading_is_a_hard_stop(
    product: Product, chromium: Browser, watch: Watch, tmp_path: Path, width: int
) -> None:
    pictures = Pictures(ROOT / f"build/appraisal/washing-machine-{width}")
    with job(product, chromium, watch, tmp_path, width, make_appliance, at_home=True, instruments=TESTERS) as done:
        page = done.pages["appraiser"]
        appraising.ask_home(done)
        appraising.accept(done)
        appraising.meet(done)

        open_bench(page, done)
        hand = Hand(page)
        hand.tap(page.locator('label:has(input[name="item-protection_class"][value="I"])'))
        for key, value in {"start_date": "2023-06-01", "leakage_ma": "0.4"}.items():
            page.locator(f"#item-{key}").fill(value)
            page.locator(f"#item-{key}").press("Tab")
        all_saved(page)
        page.goto(f"{done.address}/inspect?section=A1")
        for line in lines_of_codes(page, CLEAN | {"exterior": "light", "earth_ohm": "5"}, ("ccc",)):
            hand.code(line)
        all_saved(page)
        page.context.set_offline(True)
        hand.key("ccc", "present")
        waiting(page, 1)
        page.reload()
        waiting(page, 1)
        pictures.take(page, "reloaded", whole=False)
        hand.open(done.code, "A4")
        hand.snap(page.locator('[data-photo-of="exterior"]'), picture_file(tmp_path))
        waiting(page, 1, 1)
        mend(page)
        all_saved(page)
        prepared(done, 1)

        page.goto(f"{done.address}/inspect?section=A2")  # what was measured is unsafe: no grade, whatever else is found
        stop = page.locator("#stop-earth_ohm")
        expect(stop).to_be_visible()
        expect(page.locator("#tally")).to_contain_text(zh("Go to signing"))
        pictures.take(page, "unsafe", whole=False)
        expect(page.locator("#instrument-earth_ohm")).to_have_value(f"循衡 E-31 appliance-{width}-E-31")
        hand.code("A2.04=0.09")  # the clamp sat badly: measured again
        all_saved(page)
        expect(stop).to_be_hidden()
        page.goto(f"{done.address}/inspect")
        expect(page.locator("#tally")).to_contain_text(zh("Every item is answered."))

        appraising.make_key(done, "appraiser", "随身手机")
        appraising.freeze(done)
        appraising.sign_with_key(done, "appraiser")
        page.wait_for_url("**/reports/*")
        kept = verified(done, ["appraiser"])
        assert kept.content["result"]["status"] == "graded"
        assert done.order.findings["earth_ohm"] == "0.09"
        assert "0.09" in kept.text
        told = kept.content["evidence"]
        assert {each["key"]: each["instrument"].split()[1] for each in told["readings"]} == {
            "earth_ohm": "E-31", "insulation_i_mohm": "I-7", "leakage_ma": "L-2"
        }  # fmt: skip
        assert told["without_instrument"] == []
        assert f"appliance-{width}-E-31" in kept.text
        owner = done.pages["owner"]
        owner.goto(done.address)
        appraising.wait_for(owner, lambda: owner.get_by_text(zh("The report is signed, so the agency is paid.")).count() > 0)
    offline_only(watch)


def cut_in_the_body(done: Job, hand: Hand, file: Path, frame: str, pictures: Pictures) -> None:
    """Answers, two codes on one part, a photo with a box drawn on it, another section: all without a network, and a reload."""
    page = hand.page
    hand.open(done.code, "body_exterior")
    hand.tap(page.locator('[data-part="item_21"]'))
    hand.code("21XS2")
    all_saved(page)
    expect(page.locator('[data-part="item_21"]')).to_have_class("part is-defect")
    page.context.set_offline(True)
    hand.code("22HH1 22AX2")
    hand.key("item_14", "A")
    hand.snap(page.locator('[data-photo-of="item_22"]'), file)
    waiting(page, 3, 1)
    expect(page.locator("#said .notice")).to_have_count(0)  # said once, in the bar; a line above would move what is tapped
    pictures.take(page, "waiting", whole=False)
    box = page.locator('[data-photos-of="item_22"] .marked-photo')
    box.scroll_into_view_if_needed()
    edge = box.bounding_box()
    assert edge
    page.mouse.move(edge["x"] + edge["width"] * 0.2, edge["y"] + edge["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(edge["x"] + edge["width"] * 0.5, edge["y"] + edge["height"] * 0.6, steps=4)
    page.mouse.up()
    expect(page.get_by_text(zh("Marked as {code}.").replace("{code}", "HH1"))).to_be_visible()
    page.reload()
    waiting(page, 3, 1)
    expect(page.locator('[data-part="item_21"]')).to_have_class("part is-defect")
    expect(page.locator('[data-part="item_22"]')).to_have_class("part is-defect")
    hand.open(done.code, "frame")
    hand.code(frame)
    waiting(page, 5, 1)
    pictures.take(page, "frame", whole=False)
    mend(page)
    all_saved(page)
    first, second = frame.split()
    stored = {key: value for key, value in done.order.findings.items() if key.startswith(("item_", "frame_"))}
    assert stored == {"item_21": "XS2", "item_22": "HH1 AX2", "item_14": "A", "frame_1": first[1:], "frame_4": second[1:]}
    (mark,) = prepared(done, 1)["photos"][0]["marks"]
    assert (mark["item"], mark["code"]) == ("item_22", "HH1")
    assert all(abs(got - wanted) <= 15 for got, wanted in zip(mark["box"], [200, 300, 300, 300], strict=True)), mark


def begin_car(done: Job, pictures: Pictures) -> Hand:
    """Booked at a place with a lift, met, and the tradable check: a mortgaged car ends the inspection, until that is mended."""
    page = done.pages["appraiser"]
    appraising.ask_at_agency(done)
    appraising.accept(done)
    appraising.book(done)
    open_bench(page, done)
    aside = Hand(page)
    aside.open(done.code, "tradable")
    aside.code("T2Y")
    all_saved(page)
    expect(page.locator("#stop-tradable_2")).to_be_visible()
    expect(page.locator("#tally")).to_contain_text(zh("The inspection has ended early."))
    pictures.take(page, "not-tradable", whole=False)
    aside.code("T2N")
    all_saved(page)
    expect(page.locator("#stop-tradable_2")).to_be_hidden()
    return Hand(page)


def two_sign(done: Job) -> appraising.Kept:
    """Appraiser and senior, each with the own key over the same bytes."""
    page, senior = done.pages["appraiser"], done.pages["colleague"]
    sign_in(senior, done.colleague.email, "/appraiser", password=PASSWORD)
    appraising.make_key(done, "colleague", "办公室电脑")
    appraising.make_key(done, "appraiser", "检测线平板")
    appraising.freeze(done)
    appraising.sign_with_key(done, "appraiser")
    page.wait_for_url("**/draft")
    expect(page.get_by_text(zh("Your signature is kept. The senior appraiser has been told."))).to_be_visible()
    appraising.sign_with_key(done, "colleague")
    senior.wait_for_url("**/reports/*")
    return verified(done, ["appraiser", "reviewer"])


def test_the_113_items_of_a_car_take_less_than_a_quarter_of_an_hour_and_two_sign(
    product: Product, chromium: Browser, watch: Watch, tmp_path: Path
) -> None:
    pictures = Pictures(ROOT / "build/appraisal/car-390")
    scheme = load_scheme("gbt30323-2013")
    with job(product, chromium, watch, tmp_path, 390, make_car) as done:
        page = done.pages["appraiser"]
        hand = begin_car(done, pictures)
        hand.code(f"T1N {GATES}")
        all_saved(page)
        answers = len(GATES.split()) + 1 + 5
        cut_in_the_body(done, hand, picture_file(tmp_path), "1A 4A", pictures)
        photos = 1
        for section in scheme.sections:
            shots = shots_of(scheme).get(section.code)
            if shots is None:
                continue
            hand.open(done.code, section.code)
            for shot in shots:
                photos += 1
                with page.expect_response(is_photo, timeout=PATIENCE):
                    hand.snap(page.locator(f'[data-shot="{section.code}.{shot.code}"]'), picture_file(tmp_path, photos))
            for defect in DEFECTS.get(section.code, "").split() + (["21XS2"] if section.code == "body_exterior" else []):
                hand.code(defect)
                photos += 1
                answers += 1
                with page.expect_response(is_photo, timeout=PATIENCE):
                    hand.snap(page.locator(f'[data-photo-of="item_{defect[:2]}"]'), picture_file(tmp_path, photos))
            hand.nothing_found(section.code)
            answers += 1
            all_saved(page)
        page.goto(f"{done.address}/sign")
        expect(page.get_by_role("main").locator(".tier")).to_be_visible(timeout=PATIENCE)
        expect(page.locator('main a[href*="#item-"]')).to_have_count(0)  # nothing is open
        stored = done.order.findings
        assert len([key for key in stored if key.startswith(("frame_", "item_"))]) == 13 + 100
        told = prepared(done, photos)
        by_hand = 3 + 2 + 5 + 1 + 2 + 1  # body with frame without a network, then the defects
        assert told["nothing_found"]["count"] == 13 + 100 - by_hand
        assert told["without_photo"] == []
        write_figures(hand, answers, len(scheme.sections))

        kept = two_sign(done)
        assert kept.content["evidence"]["nothing_found"]["count"] == 13 + 100 - by_hand
        assert kept.content["result"]["tier"]
        assert kept.content["valid_until"]
    offline_only(watch)


def write_figures(hand: Hand, answers: int, sections: int) -> None:
    """What the car took her, and what that comes to in minutes, into build/."""
    seconds = hand.taps * TAP + hand.typed * SIGN + hand.photos * PHOTO + answers * MIND + BOX
    one_by_one = 127 * (TAP + MIND) + sections * TAP
    figures = {
        "taps": hand.taps, "typed_signs": hand.typed, "photos": hand.photos, "decisions": answers, "boxes": 1,
        "minutes": round(seconds / 60, 1), "minutes_every_item_by_a_tap_of_its_own": round(one_by_one / 60, 1),
    }  # fmt: skip
    (ROOT / "build/workbench").mkdir(parents=True, exist_ok=True)
    (ROOT / "build/workbench/taps.json").write_text(json.dumps(figures, indent=2))
    print(figures)
    assert figures["minutes"] < MOST_MINUTES


def test_an_accident_car_ends_its_inspection_early_and_is_reported_without_a_price(
    product: Product, chromium: Browser, watch: Watch, tmp_path: Path
) -> None:
    pictures = Pictures(ROOT / "build/appraisal/car-1024")
    with job(product, chromium, watch, tmp_path, 1024, make_car) as done:
        page = done.pages["appraiser"]
        hand = begin_car(done, pictures)
        hand.code(f"T1N {GATES}")
        all_saved(page)
        cut_in_the_body(done, hand, picture_file(tmp_path), "1A 4SH", pictures)
        expect(page.locator("#tally")).to_contain_text(zh("The inspection has ended early."))
        kept = two_sign(done)
        result = kept.content["result"]
        assert (result["status"], result["tier"], result["score"]) == ("accident", "五级", None), result
        owner = done.pages["owner"]
        owner.goto(done.address)
        press(owner, "Read the report")
        owner.wait_for_url(f"**/reports/{kept.code}")
        pictures.take(owner, "accident-report")
    offline_only(watch)


def offline_only(watch: Watch) -> None:
    """The browser says that it was off line; nothing else went wrong."""
    said = watch.take()
    lost = ("ERR_INTERNET_DISCONNECTED", "htmx:afterRequest", "htmx:sendError")
    assert [line for line in said if not any(part in line for part in lost)] == [], said
