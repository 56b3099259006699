"""One appraisal with a fee, by everybody who takes part: asked and paid for, met, signed with keys of people, read and verified."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from app.accounts.models import Organisation, User
from app.appraisal import queries, service
from app.appraisal.models import Appraisal
from app.factory import ROOT
from app.goods.models import Thing
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.payments import queries as money
from app.visits import service as visits
from tests.accounts.making import PASSWORD, actor, make_member, make_organisation, make_user
from tests.appraisal.admitting import qualify
from tests.appraisal.paying import FEE, district
from tests.browser.inspecting import PATIENCE, TABLET
from tests.browser.journey import answer, press, press_through, sign_in
from tests.browser.product import Product
from tests.browser.seeing import PHONE, Watch, visitor, zh
from tests.visits.making import HOME, WAY, starts

PASSPHRASE = "四个 互不相干 的 词语 一起"
PEOPLE = ("韩立秋", "江予安")  # seniors both: whom the lot does not take is the second pair of eyes
WITH_LIFT, WITHOUT_LIFT = "北区检测线", "河边收车点"
LINE = 200  # signs that the field for codes takes at once


@dataclass
class Job:
    """An order, the people around it, and each one's browser. ``keys``: the files that the browser made for who signs."""

    hub: Hub
    agency: Organisation
    appraisers: list[User]
    owner: User
    thing: Thing
    pages: Mapping[str, Page]
    folder: Path
    address: str = ""
    keys: dict[str, Path] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.address.rsplit("/", 1)[1]

    @property
    def order(self) -> Appraisal:
        with self.hub.look() as work:
            return work.session.query(Appraisal).filter_by(code=self.code).one()

    @property
    def evidence(self) -> dict[str, Any]:
        with self.hub.look(actor(self.hub, self.appraiser)) as work:
            return queries.inspection_evidence(work, queries.visible_appraisal(work, self.code))

    @property
    def appraiser(self) -> User:
        """Who was drawn."""
        named = self.order.appraiser_id
        return next(person for person in self.appraisers if person.id == named)

    @property
    def colleague(self) -> User:
        named = self.order.appraiser_id
        return next(person for person in self.appraisers if person.id != named)

    def paid_to_agency(self) -> int:
        """Fen that the agency has earned: its only order is this one."""
        with self.hub.look() as work:
            return money.balance(work, money.agency_account(self.agency.code))


@contextmanager
def job(
    product: Product,
    chromium: Browser,
    watch: Watch,
    folder: Path,
    width: int,
    make: Callable[[Hub, User], Thing],
    *,
    at_home: bool = False,
    instruments: Mapping[str, str] | None = None,
) -> Iterator[Job]:
    """An agency with a price, a place and times, an owner with a thing, and four browsers of this width.

    ``instruments``: kind -> model of what the agency has registered, calibrated for a year.
    """
    hub = product.hub
    owner = make_user(hub, name="周小满", locale="zh_CN")
    thing = make(hub, owner)
    agency, people = _agency(hub, thing.category, f"{thing.category}-{width}", instruments or {}, at_home=at_home)
    with ExitStack() as several:
        pages = {
            who: several.enter_context(visitor(chromium, product.address, watch, size=PHONE if width < 700 else TABLET))
            for who in ("owner", "appraiser", "colleague", "anybody")
        }
        for page in pages.values():
            page.set_default_timeout(PATIENCE)
        yield Job(hub, agency, people, owner, thing, pages, folder)


def _agency(
    hub: Hub, category: str, name: str, instruments: Mapping[str, str], *, at_home: bool
) -> tuple[Organisation, list[User]]:
    agency = make_organisation(hub, "agency", f"青山检测 {name}")
    manager = make_member(hub, "manager", organisation=agency)
    people = [
        make_member(hub, "appraiser", user=make_user(hub, name=each, locale="zh_CN"), organisation=agency) for each in PEOPLE
    ]
    with hub.begin() as work:
        for person in people:
            qualify(work, person.id, level="senior")
    with hub.begin(actor(hub, manager)) as work:
        service.set_price(work, agency.id, category, FEE, 3)
        for kind, model in instruments.items():
            made, today = service.add_instrument(work, kind, "循衡", model, f"{name}-{model}").code, shanghai_day(work.now)
            service.calibrate(work, made, today, today + timedelta(days=365), f"JL-{name}-{model}", "循河计量所")
        if at_home:
            area = visits.open_area(work, agency.id, district(), WAY, brings_bench=True)
            visits.offer_slots(work, area.code, starts(work.now, 48, 3), 60)
            return agency, people
        service.add_place(work, agency.id, WITHOUT_LIFT, district(), "柳荫街 8 号", ["workshop"])
        line = service.add_place(work, agency.id, WITH_LIFT, district(), "柳荫街 80 号", ["workshop", "lift"])
        service.offer_times(work, line.code, starts(work.now, 24, 3), 60)
    return agency, people


# -- asked, paid, accepted, met ------------------------------------------------------------------------------------------


def wait_for(page: Page, ready: Callable[[], bool]) -> None:
    """Look again until what the jobs do has arrived."""
    for _ in range(60):
        if ready():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"it never came: {page.url}")


def digits_on(page: Page) -> str:
    found = re.search(r"(\d{3}) (\d{3})", page.get_by_role("region", name=zh("Your six digits")).inner_text())
    assert found is not None
    return found[1] + found[2]


def ask_at_agency(done: Job, listing: str = "") -> None:
    """The owner, from the page of what is on sale or of a thing that is not, reads fee, wait and outlook and asks the agency."""
    page = done.pages["owner"]
    sign_in(page, done.owner.email, f"/items/{listing}" if listing else "/my/appraisals", password=PASSWORD)
    if listing:
        press_through(page, "Have it appraised")
    else:
        page.goto(f"/appraisals/request?thing={done.thing.code}")
    expect(page.get_by_role("region", name=zh("What it can still come to"))).to_be_visible()
    expect(page.get_by_text(zh("How an appraisal can end without a grade and without a price"))).to_be_visible()
    expect(page.get_by_text(zh("Fee %(fee)s · report in about %(days)s days", fee="¥88.88", days=3)).first).to_be_visible()
    answer(page, done.agency.name)
    press_through(page, "Send the request")
    _pay(done)


def ask_home(done: Job) -> None:
    """The owner chooses district and time, and says where: the appraiser comes."""
    page = done.pages["owner"]
    sign_in(page, done.owner.email, "/my/appraisals", password=PASSWORD)
    page.goto(f"/appraisals/request?thing={done.thing.code}")
    press_through(page, "Let the appraiser come to you")
    page.locator("#district").select_option(value=district())
    press_through(page, "Show the times")
    block = page.locator("fieldset p", has_text=done.agency.name)
    expect(block).to_contain_text("¥122.21")  # the way is in it
    block.locator("xpath=following-sibling::*[1]").locator("label").first.tap()
    page.get_by_label(zh("Name, phone number and address of your home")).fill(HOME)
    press_through(page, "Book this visit")
    _pay(done)


def _pay(done: Job) -> None:
    """From the order's page through the practice checkout, until somebody was drawn."""
    page = done.pages["owner"]
    expect(page.get_by_text(zh("The appraisal fee is not paid yet."))).to_be_visible()
    done.address = page.url
    page.locator('a[href^="/pay/"]').first.tap()
    page.wait_for_url("**/pay/*")
    press(page, "Go to the checkout")
    page.wait_for_url("**/sandbox/checkout/*")
    press_through(page, "Pay with practice money")
    page.goto(done.address)
    wait_for(page, lambda: done.order.appraiser_id is not None)


def accept(done: Job) -> None:
    """Who was drawn finds the order in the queue and accepts it."""
    page = done.pages["appraiser"]
    sign_in(page, done.appraiser.email, "/appraiser", password=PASSWORD)
    page.get_by_role("row").filter(has_text=zh("Waits for an answer")).get_by_role("link").first.tap()
    page.wait_for_url("**/appraisals/*")
    press_through(page, "Accept")
    done.pages["owner"].goto(done.address)


def bring(done: Job) -> None:
    """The owner leaves it with the agency, which takes it under a seal with the owner's digits."""
    page = done.pages["owner"]
    answer(page, zh("I bring it and leave it there"))
    page.locator("label", has_text=WITHOUT_LIFT).first.tap()
    with page.expect_navigation():
        page.get_by_role("region", name=zh("Or leave it with the agency")).get_by_role("button").tap()
    expect(page.get_by_text(zh("Its owner has it."))).to_be_visible()
    meet(done, seal_no=f"DX-{done.code[:10].upper()}")
    page.reload()
    expect(page.get_by_text(zh("%(agency)s has it.", agency=done.agency.name))).to_be_visible()


def book(done: Job) -> None:
    """The owner chooses one of the times, which are all at places where the whole grade can be found; and both meet."""
    page = done.pages["owner"]
    times = page.get_by_role("region", name=zh("Meet the appraiser at a time of your choice"))
    expect(times.locator("label", has_text=WITH_LIFT)).to_have_count(3)
    expect(page.get_by_text(WITHOUT_LIFT)).to_have_count(0)
    times.locator("label", has_text=WITH_LIFT).first.tap()
    press_through(page, "Book this time")
    meet(done)


def meet(done: Job, *, seal_no: str = "") -> None:
    """The appraiser types the digits that the owner shows."""
    page = done.pages["appraiser"]
    page.goto(done.address)
    page.get_by_label(zh("The owner's six digits")).fill(digits_on(done.pages["owner"]))
    if seal_no:
        page.get_by_label(zh("Number of the seal")).fill(seal_no)
    press_through(page, "Confirm")


# -- the inspection ------------------------------------------------------------------------------------------------------


def open_bench(page: Page, done: Job) -> None:
    """The workbench, with its pages within reach of a lost connection."""
    page.goto(f"{done.address}/inspect")
    expect(page.locator("form[data-reach]")).to_have_count(1, timeout=PATIENCE)


def lines_of_codes(page: Page, found: Mapping[str, object], leave: Sequence[str] = ()) -> list[str]:
    """What is found, as codes by the table that the page carries, in lines that its field takes. ``leave``: keys of others' steps."""
    lines = [""]
    for row in json.loads(page.locator("#inspection").get_attribute("data-codes") or ""):
        value, known = found.get(row["key"]), [each[0] for each in row.get("options", ())]
        if value is None or row.get("computed") or row["key"] in leave:
            continue
        if known:
            short = any(len(each) == 1 for each in known)
            code = f"{row['code']}{value if short else chr(ord('A') + known.index(str(value)))}"
        else:
            code = f"{row['code']}={value}"
        if len(lines[-1]) + len(code) >= LINE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {code}".strip()
    return lines


# -- the key, the signature, the report ----------------------------------------------------------------------------------


def make_key(done: Job, who: str, label: str) -> None:
    """A key made in this person's browser and kept as a file; here only its public half is registered."""
    page = done.pages[who]
    page.goto("/keys")
    page.locator("#signer-new").fill(PASSPHRASE)
    page.locator("#signer-again").fill(PASSPHRASE)
    with page.expect_download() as kept:
        press(page, "Make the key and save its file")
    done.keys[who] = done.folder / f"{who}-{kept.value.suggested_filename}"
    kept.value.save_as(done.keys[who])
    assert "PRIVATE" not in done.keys[who].read_text()
    page.locator("#key-form [name=label]").fill(label)
    page.locator("#key-form [name=password]").fill(PASSWORD)
    press_through(page, "Register this key")
    kid = json.loads(done.keys[who].read_text())["kid"]
    expect(page.get_by_text(kid).first).to_be_visible()


def freeze(done: Job) -> None:
    """The appraiser freezes what was found."""
    page = done.pages["appraiser"]
    page.goto(f"{done.address}/sign")
    press_through(page, "Freeze the report")
    page.wait_for_url("**/draft")


def sign_with_key(done: Job, who: str) -> None:
    """Open the key file on this device, after a wrong passphrase that opens nothing, and sign the frozen bytes."""
    page = done.pages[who]
    page.goto(f"{done.address}/draft")
    page.locator("#signer-file").set_input_files(done.keys[who])
    page.locator("#signer-word").fill("something else entirely")
    press(page, "Sign the report")
    expect(page.locator("#signer-said")).to_have_text(zh("The passphrase does not open this key file."))
    page.locator("#signer-word").fill(PASSPHRASE)
    press_through(page, "Sign the report")


@dataclass(frozen=True)
class Kept:
    """What a reader keeps of a report: its address, its content, and the files for checking it without us."""

    address: str
    content: dict[str, Any]
    report: Path
    keys: Path
    photos: Path
    text: str  # of the PDF

    @property
    def code(self) -> str:
        return self.address.rsplit("/", 1)[1]


def read_report(done: Job) -> Kept:
    """Somebody without an account opens the report, waits for its PDF and downloads it, the list of keys and the photos."""
    page, folder = done.pages["anybody"], done.folder / "kept"
    (folder / "photos").mkdir(parents=True)
    with done.hub.look() as work:
        report = queries.report_of(work, done.order)
    assert report is not None
    page.goto(f"/reports/{report.code}")
    wait_for(page, lambda: page.get_by_role("link", name=zh("Download the PDF")).count() > 0)
    with page.expect_download() as printed:
        press(page, "Download the PDF")
    pdf = PdfReader(BytesIO(Path(printed.value.path()).read_bytes()))
    name = f"xunyi-report-{report.code}.json"
    data = pdf.attachments[name][0]
    assert data == page.request.get(f"/reports/{report.code}.json").body()
    (folder / name).write_bytes(data)
    (folder / "keys.json").write_bytes(page.request.get("/reports/keys.json").body())
    content = json.loads(data)["content"]
    for photo in content["evidence"]["photos"]:
        (folder / f"photos/{photo['photo']}.webp").write_bytes(page.request.get(f"/media/{photo['photo']}/zoom.webp").body())
    text = "".join(sheet.extract_text() for sheet in pdf.pages).replace("\n", "")
    assert json.loads(data)["content_sha256"] in text
    return Kept(page.url, content, folder / name, folder / "keys.json", folder / "photos", text)


def verify(kept: Kept, report: Path | None = None) -> tuple[int, dict[str, Any]]:
    """The public program on a reader's machine: exit code and what it says."""
    command = [sys.executable, "-m", "grading", "verify", str(report or kept.report), "--keys", str(kept.keys)]
    ran = subprocess.run([*command, "--photos", str(kept.photos)], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.stdout, ran.stderr
    return ran.returncode, json.loads(ran.stdout)


def check_on_website(page: Page, kept: Kept) -> None:
    """By the number that stands on the report."""
    page.goto("/reports")
    page.get_by_label(zh("Number of the report")).fill(kept.code)
    press_through(page, "Check this number")
    expect(page.get_by_text(zh("Genuine: every byte is as it was signed."))).to_be_visible()
    expect(page.get_by_text(zh("The grade was computed again from the findings just now and is the same."))).to_be_visible()


def tampered(data: bytes) -> bytes:
    """One byte of the content changed: its first digit."""
    place = next(place for place, byte in enumerate(data) if chr(byte).isdigit())
    return data[:place] + (b"7" if data[place : place + 1] != b"7" else b"8") + data[place + 1 :]


def refuse_tampered(page: Page, kept: Kept) -> None:
    """A report, then a photo, in which one byte is another: the program and the website name it."""
    forged = kept.report.with_name("forged.json")
    forged.write_bytes(tampered(kept.report.read_bytes()))
    code, told = verify(kept, forged)
    assert (code, told["verdict"]) == (2, "broken"), told
    page.goto("/reports")
    page.locator('input[type="file"]').set_input_files(forged)
    press_through(page, "Check this file")
    expect(page.get_by_text(zh("Not genuine: do not rely on it."))).to_be_visible()
    for photo in sorted(kept.photos.iterdir())[:1]:
        whole = photo.read_bytes()
        photo.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        code, told = verify(kept)
        photo.write_bytes(whole)
        assert code == 2
        assert {problem["code"] for problem in told["problems"]} == {"photo_missing", "photo_unknown"}
