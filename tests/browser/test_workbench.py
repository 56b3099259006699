"""The workbench in Chromium: two devices, refused readings, codes, keyboard, no script. The network is cut in test_appraisal_journey."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from app.appraisal import service
from app.appraisal.codes import CodeUnreadable, read_codes
from app.appraisal.service import Given
from app.goods.models import Thing
from grading import load_scheme
from tests.accounts.making import actor
from tests.browser.inspecting import PATIENCE, TABLET, Bench, Hand, all_saved, at_work, picture_file
from tests.browser.journey import press_through, sign_in
from tests.browser.product import Product
from tests.browser.seeing import Watch, visitor, zh

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    running = Product.start(tmp_path_factory.mktemp("bench"))
    try:
        running.hire("appraiser", "周明", "清河检测")
        yield Bench(running)
    finally:
        running.stop()


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


# What is touched beside the thing, with gloves: answers, marks, fields, photo keys. [height, what it is] of each that is too low.
KEYS = ".answer-key > span, .inspection-item .control, .code-form .control, .shot-tile > a"
TOO_LOW = """([keys, least]) => [...document.querySelectorAll(keys)].filter(each => each.offsetParent).map(each => [
  Math.round(each.getBoundingClientRect().height), each.className + " " + (each.textContent || each.name || "").trim().slice(0, 30)
]).filter(([height]) => height < least)"""


@pytest.mark.parametrize("category", ["car", "phone", "washing_machine"])
@pytest.mark.parametrize("size", [None, TABLET], ids=["390", "1024"])
def test_every_key_is_large_enough_for_a_gloved_thumb(
    bench: Bench, chromium: Browser, watch: Watch, category: str, size: ViewportSize | None
) -> None:
    code = bench.take(category)
    section = {"car": "body_exterior", "phone": "", "washing_machine": "A2"}[category]
    with visitor(chromium, bench.product.address, watch, size=size) as page:
        at_work(page, bench.product, code, section)
        assert page.locator(".answer-key > span").count() > 10
        assert page.evaluate(TOO_LOW, [KEYS, 56]) == []
        assert page.evaluate(TOO_LOW, ["main .button, main summary", 44]) == []
    assert watch.take() == []
