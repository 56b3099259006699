"""One marketplace with an appraiser and three accepted things, and what she does at the workbench, counted tap by tap."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, ViewportSize, expect

from app.appraisal import queries, service
from app.appraisal.models import Appraisal
from app.goods.models import Thing
from app.kernel.hub import Hub
from tests.accounts.making import actor, make_user
from tests.browser.journey import sign_in
from tests.browser.product import Product
from tests.browser.seeing import zh
from tests.goods.making import make_appliance, make_car, make_thing
from tests.media.making import photo_bytes

TABLET: ViewportSize = {"width": 1024, "height": 768}
PATIENCE = 90_000  # milliseconds: a slow machine is no failure


@dataclass
class Bench:
    """A running marketplace whose appraiser has accepted things: category -> code of the appraisal."""

    product: Product
    codes: dict[str, str] = field(default_factory=dict)

    def take(self, category: str) -> str:
        """A fresh accepted thing of this category."""
        hub, appraiser = self.product.hub, self.product.staff["appraiser"]
        owner = make_user(hub, name="周小满")
        thing: Thing = {"car": make_car, "phone": make_thing, "washing_machine": make_appliance}[category](hub, owner)
        agency = next(iter(_agencies(hub)))
        with hub.begin(actor(hub, owner)) as work:
            code = service.request(work, thing.code, agency).code
        with hub.begin(actor(hub, appraiser)) as work:
            service.accept(work, code)
        return code

    def order(self, code: str) -> Appraisal:
        with self.product.hub.look() as work:
            return work.session.query(Appraisal).filter_by(code=code).one()


def _agencies(hub: Hub) -> list[str]:
    with hub.look() as work:
        return [each.code for each in queries.agencies(work)]


@dataclass
class Hand:
    """Taps and typed signs of one person on one page."""

    page: Page
    taps: int = 0
    typed: int = 0
    photos: int = 0

    def tap(self, what: Locator) -> None:
        self.taps += 1
        if self.page.viewport_size and self.page.viewport_size["width"] < 700:
            what.tap()
        else:
            what.click()

    def key(self, item: str, value: str) -> None:
        """The large key of an answer."""
        self.tap(self.page.locator(f'label.answer-key:has(input[name="item-{item}"][value="{value}"])'))

    def code(self, text: str) -> None:
        """Codes typed into the one field; taken in once it is empty again, and from then on the page says that they are being saved."""
        field_ = self.page.locator("[data-code-field]")
        field_.fill(text)
        field_.press("Enter")
        expect(field_).to_have_value("")
        self.typed += len(text) + 1

    def snap(self, where: Locator, file: Path) -> None:
        """A photo: one tap on the key, one on the camera's button."""
        with self.page.expect_file_chooser() as chosen:
            self.tap(where)
        chosen.value.set_files(file)
        self.taps += 1
        self.photos += 1

    def nothing_found(self, section: str) -> None:
        self.tap(self.page.locator(f'button[form="nothing-{section}"]'))

    def open(self, code: str, section: str) -> None:
        """By the link in the row of sections."""
        self.taps += 1
        self.page.goto(f"/appraisals/{code}/inspect?section={section}")


def at_work(page: Page, product: Product, code: str, section: str = "") -> Hand:
    """The appraiser signed in, at the workbench, with its pages within reach of a lost connection."""
    page.set_default_timeout(PATIENCE)
    sign_in(page, product.staff["appraiser"].email, target="/appraiser")
    page.goto(f"/appraisals/{code}/inspect" + (f"?section={section}" if section else ""))
    expect(page.locator("form[data-reach]")).to_have_count(1, timeout=PATIENCE)
    return Hand(page)


def all_saved(page: Page) -> None:
    expect(page.locator("[data-workbench-state]")).to_have_text(zh("Everything has been saved."), timeout=PATIENCE)


def waiting(page: Page, answers: int, photos: int = 0) -> None:
    """The page says exactly how much waits on this device."""
    said = zh("No connection: {answers} answers and {photos} photos wait on this device. They are sent once the network is back.")
    expect(page.locator("[data-workbench-state]")).to_have_text(
        re.compile(re.escape(said.replace("{answers}", str(answers)).replace("{photos}", str(photos)))), timeout=PATIENCE
    )


def picture_file(folder: Path, number: int = 1) -> Path:
    """A photo of the thing of this test: others in the same marketplace are shown by others (each test has a folder of its own)."""
    path = folder / f"photo-{number}.jpg"
    path.write_bytes(photo_bytes(seed=number, comment=str(folder).encode()))
    return path
