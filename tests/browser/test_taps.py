"""How many taps, signs and photos a whole car takes at the workbench, and what that comes to in minutes.

The script has no thinking to do, so its own time says little. A person's is estimated by the keystroke-level model (Card, Moran and
Newell 1980) with figures for touch: 1.2 s for a tap, 1.35 s to make up one's mind before each answer, 0.5 s for a typed sign; our
own 6 s for a photo (aim, take, confirm) and 2.5 s for a box. Walking round the car and looking at it is work of its own and not in
the figure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Response, expect

from app.appraisal.guidance import shots_of
from app.factory import ROOT
from grading import load_scheme
from tests.browser.inspecting import PATIENCE, Bench, all_saved, at_work, picture_file
from tests.browser.product import Product
from tests.browser.seeing import Watch, visitor

pytestmark = [pytest.mark.slow, pytest.mark.browser]

TAP, MIND, SIGN, PHOTO, BOX = 1.2, 1.35, 0.5, 6.0, 2.5
MOST_MINUTES = 15
GATES = "T1N T2N T3N T4N T5Y T6Y T7N T8N D1Y D2Y D3Y D4Y D5Y D6Y"
DEFECTS = {"body_exterior": "15HH1 16HH1 21XS2 26HH2 27AX1 28HH1", "engine_bay": "41B", "cockpit": "51C 54C", "start_up": "67C"}
BOXES = 4  # of the defects on the body, drawn


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    running = Product.start(tmp_path_factory.mktemp("taps"))
    try:
        running.hire("appraiser", "周明", "清河检测")
        yield Bench(running)
    finally:
        running.stop()


def is_photo(answer: Response) -> bool:
    """A photo has arrived: a page that is left while it is still being read from the camera does not send it."""
    return answer.request.method == "POST" and answer.url.endswith("/photos")


def test_the_113_items_of_a_car_take_less_than_a_quarter_of_an_hour(
    bench: Bench, chromium: Browser, watch: Watch, tmp_path: Path
) -> None:
    code = bench.take("car")
    scheme = load_scheme("gbt30323-2013")
    file = picture_file(tmp_path, 3)
    with visitor(chromium, bench.product.address, watch) as page:
        hand = at_work(page, bench.product, code, "tradable")
        hand.code(GATES)
        answers = len(GATES.split())
        for section in scheme.sections:
            shots = shots_of(scheme).get(section.code)
            if shots is None:
                continue
            hand.open(code, section.code)
            for shot in shots:
                with page.expect_response(is_photo, timeout=PATIENCE):
                    hand.snap(page.locator(f'[data-shot="{section.code}.{shot.code}"]'), file)
            for defect in DEFECTS.get(section.code, "").split():
                hand.code(defect)
                with page.expect_response(is_photo, timeout=PATIENCE):
                    hand.snap(page.locator(f'[data-photo-of="item_{defect[:2]}"]'), file)
                answers += 1
            hand.nothing_found(section.code)
            answers += 1
            all_saved(page)
        page.goto(f"/appraisals/{code}/sign")
        expect(page.get_by_role("main").locator(".tier")).to_be_visible(timeout=PATIENCE)
        expect(page.locator('main a[href*="#item-"]')).to_have_count(0)  # nothing is open
    stored = bench.order(code).findings
    assert len([key for key in stored if key.startswith(("frame_", "item_"))]) == 13 + 100
    told = bench.shown(code)
    assert told["nothing_found"]["count"] == 13 + 100 - 10
    assert told["without_photo"] == []
    seconds = hand.taps * TAP + hand.typed * SIGN + hand.photos * PHOTO + answers * MIND + BOXES * BOX
    one_by_one = 127 * (TAP + MIND) + len(scheme.sections) * TAP
    figures = {
        "taps": hand.taps, "typed_signs": hand.typed, "photos": hand.photos, "decisions": answers, "boxes": BOXES,
        "minutes": round(seconds / 60, 1), "minutes_every_item_by_a_tap_of_its_own": round(one_by_one / 60, 1),
    }  # fmt: skip
    (ROOT / "build/workbench").mkdir(parents=True, exist_ok=True)
    (ROOT / "build/workbench/taps.json").write_text(json.dumps(figures, indent=2))
    print(figures)
    assert figures["minutes"] < MOST_MINUTES
    assert watch.take() == []
