"""The workbench in Chromium: a car, a phone and a washing machine, with the network cut in the middle, at 390 and at 1024 px."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.appraisal import service
from app.appraisal.codes import CodeUnreadable, read_codes
from app.appraisal.service import Given
from app.factory import ROOT
from app.goods.models import Thing
from grading import load_scheme
from tests.accounts.making import actor
from tests.browser.inspecting import PATIENCE, TABLET, Bench, Hand, all_saved, at_work, picture_file, waiting
from tests.browser.journey import Pictures, press_through, sign_in
from tests.browser.product import Product
from tests.browser.seeing import PHONE, Watch, visitor, zh

pytestmark = [pytest.mark.slow, pytest.mark.browser]

CUT_SECONDS = 60 if os.environ.get("XUNYI_DRILL") == "full" else 5
SIZES = {390: PHONE, 1024: TABLET}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    running = Product.start(tmp_path_factory.mktemp("bench"))
    try:
        running.hire("appraiser", "周明", "清河检测")
        yield Bench(running)
    finally:
        running.stop()


def resized(page: Page, width: int) -> Page:
    page.set_viewport_size(SIZES[width])  # type: ignore[arg-type]
    return page


def cut(page: Page) -> None:
    page.context.set_offline(True)


def mend(page: Page) -> None:
    page.wait_for_timeout(CUT_SECONDS * 1000)
    page.context.set_offline(False)


@pytest.mark.parametrize("width", [390, 1024])
def test_a_car_loses_nothing_when_the_network_is_cut_and_the_page_reloaded(
    bench: Bench, chromium: Browser, watch: Watch, tmp_path: Path, width: int
) -> None:
    code = bench.take("car")
    pictures = Pictures(ROOT / f"build/workbench/car-{width}")
    with visitor(chromium, bench.product.address, watch, desk=width > 700) as page:
        resized(page, width)
        hand = at_work(page, bench.product, code, "body_exterior")
        pictures.take(page, "body", whole=False)
        hand.tap(page.locator('[data-part="item_21"]'))
        hand.code("21XS2")
        all_saved(page)
        expect(page.locator('[data-part="item_21"]')).to_have_class("part is-defect")
        cut(page)
        hand.code("22HH1 22AX2")
        hand.key("item_14", "A")
        hand.snap(page.locator('[data-photo-of="item_22"]'), picture_file(tmp_path, 1))
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
        pictures.take(page, "marked", whole=False)
        page.reload()
        waiting(page, 3, 1)
        expect(page.locator('[data-part="item_21"]')).to_have_class("part is-defect")
        expect(page.locator('[data-part="item_22"]')).to_have_class("part is-defect")
        hand.open(code, "frame")
        hand.code("1A 4NI")
        waiting(page, 5, 1)
        pictures.take(page, "frame", whole=False)
        mend(page)
        all_saved(page)
    stored = bench.order(code).findings
    assert stored == {"item_21": "XS2", "item_22": "HH1 AX2", "item_14": "A", "frame_1": "A", "frame_4": "NI"}
    (mark,) = bench.shown(code)["photos"][0]["marks"]
    assert (mark["item"], mark["code"]) == ("item_22", "HH1")
    assert all(abs(got - wanted) <= 15 for got, wanted in zip(mark["box"], [200, 300, 300, 300], strict=True)), mark
    watch.take()  # the browser says that it was off line


@pytest.mark.parametrize("width", [390, 1024])
@pytest.mark.parametrize(
    ("category", "section", "codes", "stored"),
    [
        ("phone", "", "P3.01B P5.02A", {"screen_glass": "micro", "touch": "ok", "battery_pct": "88", "mdm": "none"}),
        ("washing_machine", "A1", "A1.01A", {"nameplate": "legible", "ccc": "present"}),
    ],
    ids=["phone", "washing-machine"],
)
def test_a_device_loses_nothing_when_the_network_is_cut(
    bench: Bench, chromium: Browser, watch: Watch, width: int, category: str, section: str, codes: str, stored: dict[str, str]
) -> None:
    code = bench.take(category)
    pictures = Pictures(ROOT / f"build/workbench/{category}-{width}")
    with visitor(chromium, bench.product.address, watch, desk=width > 700) as page:
        resized(page, width)
        hand = at_work(page, bench.product, code, section)
        pictures.take(page, "open", whole=False)
        hand.code(codes)
        all_saved(page)
        cut(page)
        if category == "phone":
            hand.key("mdm", "none")
            page.locator("#item-battery_pct").fill("88")
            page.locator("#item-battery_pct").press("Tab")
        else:
            hand.key("ccc", "present")
        waiting(page, 2 if category == "phone" else 1)
        page.reload()
        waiting(page, 2 if category == "phone" else 1)
        pictures.take(page, "reloaded", whole=False)
        mend(page)
        all_saved(page)
    assert {key: value for key, value in bench.order(code).findings.items() if key != "imei"} == stored
    watch.take()


def test_an_answer_of_another_device_is_shown_beside_the_own_one(bench: Bench, chromium: Browser, watch: Watch) -> None:
    code = bench.take("car")
    with visitor(chromium, bench.product.address, watch) as page:
        hand = at_work(page, bench.product, code, "engine_bay")
        with bench.product.hub.begin(actor(bench.product.hub, bench.product.staff["appraiser"])) as work:
            service.save_answers(work, code, [Given("item_40", "B"), Given("item_41", "A")])
        hand.key("item_40", "C")
        hand.key("item_42", "A")
        expect(page.locator("[data-workbench-state]")).to_have_text(
            zh("{count} were answered differently on another device; please choose.").replace("{count}", "1"), timeout=PATIENCE
        )
        expect(page.locator("#beside-item_40")).to_contain_text(
            zh("You answered “{mine}”, another device “{theirs}”. Which one is right?")
            .replace("{mine}", "严重")
            .replace("{theirs}", "轻微")
        )
        assert bench.order(code).findings == {"item_40": "B", "item_41": "A", "item_42": "A"}
        page.get_by_role("button", name=zh("Take mine")).tap()
        all_saved(page)
        assert bench.order(code).findings["item_40"] == "C"
        hand.tap(page.get_by_role("button", name=zh("Undo"), exact=True))
        expect(page.locator('input[name="item-item_40"][value="B"]')).to_be_checked()
    assert watch.take() == []


def test_a_reading_out_of_range_is_refused_beside_its_field_and_stays_there(
    bench: Bench, chromium: Browser, watch: Watch
) -> None:
    code = bench.take("phone")
    with visitor(chromium, bench.product.address, watch) as page:
        at_work(page, bench.product, code)
        page.locator("#item-battery_pct").fill("880")
        page.locator("#item-battery_pct").press("Tab")
        expect(page.locator("#err-battery_pct")).to_have_text("请填写 0 到 100 之间的数字。")
        page.reload()
        expect(page.locator("#item-battery_pct")).to_have_value("880")
        expect(page.locator("#err-battery_pct")).to_have_text("请填写 0 到 100 之间的数字。")
        page.locator("#item-battery_pct").fill("88")
        page.locator("#item-battery_pct").press("Tab")
        all_saved(page)
        expect(page.locator("#err-battery_pct")).to_be_hidden()
    assert bench.order(code).findings["battery_pct"] == "88"
    assert watch.take() == []


def test_codes_mean_the_same_in_the_browser_and_on_the_server(bench: Bench, chromium: Browser, watch: Watch) -> None:
    tables = {
        "car": ["21XS2", "４ｓｈ", "F4SH", "40B", "49A", "39TREAD4", "T1N", "D3Y", "12NI", "15=120", "21", "21XS", "21XS4", "114A", "0A", "hello", "40=3",
                "40D", "21XS2 22A", "21XS2,22Q", "P3.01B", "  ", "1" * 201, "5BX 5NQ"],
        "phone": ["P3.01B", "p301c", "P7.01=88.5", "P1.01A", "P6.09C", "P6.09F", "P10.02D", "P2.05=7", "21XS2", "P3.01none", "P3.01H"],
    }  # fmt: skip
    for category, typed in tables.items():
        code = bench.take(category)
        scheme = load_scheme({"car": "gbt30323-2013", "phone": "phone-2026.1"}[category])
        with bench.product.hub.look() as work:
            thing = work.session.get_one(Thing, bench.order(code).thing_id)
        with visitor(chromium, bench.product.address, watch) as page:
            at_work(page, bench.product, code)
            for text in typed:
                try:
                    wanted = [[each.key, each.value, each.is_mark] for each in read_codes(scheme, text, thing)]
                except CodeUnreadable as unreadable:
                    wanted = unreadable.words["zh"]
                got = page.evaluate(
                    """async (text) => {
                        const { readCodes } = await import("/static/js/inspection/codes.js");
                        const form = document.getElementById("inspection");
                        const found = readCodes(text, JSON.parse(form.dataset.codes), JSON.parse(form.dataset.words).codes);
                        return found.refused ?? found.map((each) => [each.key, each.value, Boolean(each.isMark)]);
                    }""",
                    text,
                )
                assert got == wanted, text
    assert watch.take() == []


def test_everything_is_done_by_keyboard(bench: Bench, chromium: Browser, watch: Watch) -> None:
    code = bench.take("car")
    with visitor(chromium, bench.product.address, watch, desk=True) as page:
        at_work(page, bench.product, code, "frame")
        page.locator("#codes").focus()
        page.keyboard.type("4SH")
        expect(page.locator("#code-echo")).to_contain_text("左C柱")
        page.keyboard.press("Enter")
        all_saved(page)
        page.locator('[data-part="frame_1"]').focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**#item-frame_1")
        page.locator('input[name="item-frame_1"][value="A"]').focus()
        page.keyboard.press("Space")
        all_saved(page)
    assert bench.order(code).findings == {"frame_4": "SH", "frame_1": "A"}
    assert watch.take() == []


def test_without_script_a_car_is_inspected_with_the_same_page(
    bench: Bench, chromium: Browser, watch: Watch, tmp_path: Path
) -> None:
    code = bench.take("car")
    with visitor(chromium, bench.product.address, watch, script=False) as page:
        page.set_default_timeout(PATIENCE)
        sign_in(page, bench.product.staff["appraiser"].email, target="/appraiser")
        page.goto(f"/appraisals/{code}/inspect?section=engine_bay")
        hand = Hand(page)
        hand.key("item_40", "B")
        press_through(page, "Save")
        with page.expect_navigation():
            hand.code("41A 44C")
        hand.tap(page.locator('[data-shot="engine_bay.engine_bay"]'))
        page.locator("#photo").set_input_files(picture_file(tmp_path, 7))
        press_through(page, "Send this photo")
        press_through(page, "Back to the answers")
        with page.expect_navigation():
            hand.nothing_found("engine_bay")
        assert len(bench.order(code).findings) == 10
        with page.expect_navigation():
            hand.tap(page.get_by_role("button", name=zh("Undo"), exact=True))
        assert bench.order(code).findings == {"item_40": "B", "item_41": "A", "item_44": "C"}
    assert watch.take() == []
