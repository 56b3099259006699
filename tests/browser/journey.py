"""What people do in one sale, each step by the words that they see. Used by the journey, the axe test and the pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, TimeoutError, expect

from app.demo.pictures import draw_phone
from grading import load_scheme
from tests.appraisal.making import ERASURE
from tests.browser.product import AGENCY, PASSWORD
from tests.browser.seeing import zh

# The seller's honest answers, in the order of asking: the words on the answer cards (questions with several answers: a list).
SAID = [
    "都正常",
    "细微划痕",
    "都正常",
    "轻微痕迹",
    "没有",
    "88",
    "都没有问题",
    "没有拆修过",
    "没有",
    "国行",
    "原包装盒",
]
# What the appraiser finds where it is not the first (best) answer of the scheme.
FOUND = {
    "screen_glass": "micro",
    "back_cover": "light",
    "frame": "micro",
    "erase_method": "crypto_plus_block",
    "battery_pct": "88",
    "battery_cycles": "412",
    "age_months": "50",
    "erase_certificate": "QH-2026-0031",
    "headset": "not_applicable",
    "extra_sensors": "not_applicable",
    "accessories": "device_only",
}


@dataclass
class Pictures:
    """Writes a numbered picture of a page; without a folder it does nothing."""

    folder: Path | None
    taken: list[Path] = field(default_factory=list)

    def take(self, page: Page, name: str, *, whole: bool = True) -> None:
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{len(self.taken) + 1:02d}-{name}.png"
        try:
            page.screenshot(path=path, full_page=whole, timeout=8_000)
        except TimeoutError:  # a page that gives way to another under the camera never answers: its follower is taken
            page.screenshot(path=path, full_page=whole, timeout=30_000)
        self.taken.append(path)


def press(page: Page | Locator, message: str, **values: object) -> None:
    """Tap the button (or the link that looks like one) with these words."""
    words = re.compile(rf"^\s*{re.escape(zh(message, **values))}\s*$")
    page.get_by_role("button", name=words).or_(page.get_by_role("link", name=words)).first.tap()


def press_through(page: Page, message: str) -> None:
    """Press and wait for the next page."""
    with page.expect_navigation():
        press(page, message)


def answer(page: Page, label: str) -> None:
    """Tap the answer card with this name."""
    page.locator("label", has=page.locator(".answer-name", has_text=re.compile(rf"^{re.escape(label)}$"))).first.tap()


def go_on(page: Page) -> None:
    before = page.url
    press(page, "Continue")
    expect(page).not_to_have_url(before)
    while page.evaluate("document.readyState") != "complete":  # asks the page itself: the driver can miss the event
        page.wait_for_timeout(50)
    expect(page.get_by_text(zh("This device still has answers that were not saved last time."))).to_have_count(0)


def register(page: Page, email: str, name: str, pictures: Pictures) -> None:
    """Open an account by the link in the mail."""
    page.goto("/register")
    page.get_by_label(zh("E-mail address")).fill(email)
    page.get_by_label(zh("Name that others see")).fill(name)
    page.get_by_label(zh("Password"), exact=True).fill(PASSWORD)
    pictures.take(page, "register")
    press(page, "Send me the link")
    page.wait_for_url("**/register/sent")
    pictures.take(page, "look-into-your-mail")
    open_link_of_mail(page, email)
    pictures.take(page, "confirm")
    press(page, "Open my account")
    expect(page.get_by_text(zh("Welcome. Your account is open."))).to_be_visible()


def open_link_of_mail(page: Page, email: str) -> None:
    """Wait for the newest mail to this address in the mailbox of the demonstration, and follow its link."""
    press(page, "Open the demonstration mailbox")
    mail = page.get_by_role("link").filter(has_text=email).first
    for _ in range(40):
        if mail.count():
            break
        page.wait_for_timeout(250)
        page.goto("/dev/mailbox")  # a reload in the middle of a navigation fails on a busy machine
    mail.tap()
    page.locator(".mail-text a").first.tap()
    page.wait_for_url(lambda now: "/dev/mailbox" not in now)


def sign_in(page: Page, email: str, target: str = "/desk", password: str = PASSWORD) -> None:
    page.goto(f"/sign-in?next={target}")
    page.get_by_label(zh("E-mail address")).fill(email)
    page.get_by_label(zh("Password"), exact=True).fill(password)
    page.get_by_label(zh("Password"), exact=True).press("Enter")
    page.wait_for_url(lambda now: urlsplit(now).path == target)


def photo_files(folder: Path, seed: str) -> list[Path]:
    """Three drawn photos of one phone: front, back, side."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for shot in ("front", "back", "side"):
        path = folder / f"{seed}-{shot}.jpg"
        path.write_bytes(draw_phone(seed, shot, "midnight", 1, model="iphone-13"))
        files.append(path)
    return files


def list_phone(page: Page, imei: str, photos: list[Path], price: str, pictures: Pictures, *, script: bool) -> str:
    """Through the wizard to a published listing; returns the address of its page."""
    page.goto("/")
    pictures.take(page, "home")
    page.get_by_role("navigation", name=zh("Main")).get_by_role("link", name=zh("Sell"), exact=True).tap()
    pictures.take(page, "sell")
    page.get_by_role("button", name="手机", exact=True).tap()
    answer(page, "苹果")
    pictures.take(page, "brand")
    go_on(page)
    answer(page, "iPhone 13")
    pictures.take(page, "model")
    go_on(page)
    answer(page, "128GB")
    go_on(page)
    answer(page, "午夜色")
    pictures.take(page, "colour")
    go_on(page)
    page.get_by_label(zh("IMEI")).first.fill(imei)
    pictures.take(page, "imei")
    go_on(page)
    _photos(page, photos, pictures, script=script)
    go_on(page)
    for number, said in enumerate(SAID, start=1):
        _answer_condition(page, number, said, pictures)
    page.get_by_label(zh("In your own words")).fill("自用两年，一直带壳，换了新手机所以出掉。")
    pictures.take(page, "notes")
    go_on(page)
    page.get_by_label(zh("Your price")).fill(price)
    if script:
        expect(page.locator("#price-view")).to_contain_text("¥")
    pictures.take(page, "price")
    go_on(page)
    page.get_by_label(zh("District")).select_option(label="渝中区")
    answer(page, zh("Send a parcel"))
    pictures.take(page, "place")
    go_on(page)
    answer(page, zh("I have signed out of every account and switched off locks such as find-my-phone."))
    answer(page, zh("My data is erased, or I will erase it by these steps before I hand it over."))
    pictures.take(page, "wipe")
    go_on(page)
    for _ in range(40):
        if page.get_by_role("button", name=zh("Publish"), exact=True).count():
            break
        page.wait_for_timeout(500)
        page.reload()
    pictures.take(page, "check")
    press(page, "Publish")
    page.wait_for_url("**/items/*")
    expect(page.get_by_text(zh("Your listing is on sale. We tell you as soon as somebody buys it."))).to_be_visible()
    pictures.take(page, "on-sale")
    return page.url


def _answer_condition(page: Page, number: int, said: str, pictures: Pictures) -> None:
    if said.isdigit():
        page.get_by_role("textbox").and_(page.locator("[name=percent]")).fill(said)
    else:
        answer(page, said)
    if number in (2, 6, 7):
        pictures.take(page, f"condition-{number}")
    go_on(page)


def _photos(page: Page, photos: list[Path], pictures: Pictures, *, script: bool) -> None:
    pictures.take(page, "photos-empty")
    for shot, file in zip(("front", "back", "side"), photos, strict=True):
        page.locator(f"#photo-{shot}").set_input_files(file)
        if not script:
            page.locator("form.shot", has=page.locator(f"#photo-{shot}")).get_by_role(
                "button", name=zh("Send this photo"), exact=True
            ).tap()
    rows = page.locator(".photo-row")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("正面")
    pictures.take(page, "photos-sent")
    ready = page.locator(".photo-row img")
    if not script:
        for _ in range(60):
            if ready.count() == 3:
                break
            page.wait_for_timeout(500)
            page.reload()
    expect(ready).to_have_count(3, timeout=30_000)
    pictures.take(page, "photos-ready")


def ask_for_appraisal(page: Page, item: str, pictures: Pictures) -> None:
    page.goto(item)
    press(page, "Have it appraised")
    page.get_by_text(AGENCY).first.tap()
    pictures.take(page, "ask-for-appraisal")
    press(page, "Send the request")
    expect(page.get_by_text(zh("The request is with the agency. No appraiser has accepted it yet."))).to_be_visible()
    pictures.take(page, "asked")


def appraise(page: Page, colleague: Page, name: str, pictures: Pictures) -> str:
    """The appraiser's part: accept the newest order, answer every item, erase, seal, sign. Returns the address of the report.

    ``colleague``: a page of another appraiser of the agency, who looks whether the data are gone.
    """
    page.goto("/appraiser")
    pictures.take(page, "queue")
    page.get_by_role("row").filter(has_text=zh("Waits for an appraiser")).get_by_role("link").first.tap()
    press(page, "Accept and inspect")
    page.wait_for_url("**/inspect")
    pictures.take(page, "inspection-open", whole=False)
    for section in load_scheme("phone-2026.1").sections:
        for item in section.items:
            if item.computed:
                continue
            if item.options:
                value = FOUND.get(item.key, item.options[0].value)
                option = next(option for option in item.options if option.value == value)
                box = page.locator(f"#item-{item.key}")
                box.locator("label.answer-key", has=page.locator(f'input[value="{value}"]')).tap()
                assert option.name["zh"] in box.inner_text()
            else:
                page.locator(f"#item-{item.key}").fill(FOUND[item.key])
    pictures.take(page, "inspection-answered")
    press(page, "Save and go to signing")
    page.wait_for_url("**/sign")
    press(page, "Test, erase, seal")
    page.wait_for_url("**/erasure")
    erase(page, name, pictures)
    colleague.goto(page.url)
    answer(colleague, zh("No data are left"))
    colleague.get_by_label(zh("How you looked, and with which tool")).fill("另一工具抽查 12 处")
    press_through(colleague, "Keep my check")
    page.reload()
    page.get_by_label(zh("Number of the seal")).fill(f"QH-{page.url.rsplit('/', 2)[1][:8]}")
    press_through(page, "Keep the seal's number")
    pictures.take(page, "sealed")
    page.goto(page.url.replace("/erasure", "/sign"))
    page.get_by_label(zh("Your name, as it stands in your account")).fill(name)
    pictures.take(page, "sign")
    press(page, "Sign the report")
    page.wait_for_url("**/reports/*")
    pictures.take(page, "report")
    return page.url


def erase(page: Page, name: str, pictures: Pictures) -> None:
    """The certificate of erasure, by its fields."""
    for key, text in ERASURE.items():
        box = page.locator(f'[name="{key}"]')
        if box.first.get_attribute("type") == "radio":
            page.locator(f'input[name="{key}"][value="{text}"]').check(force=True)  # the card around it takes the tap
        else:
            box.fill(text)
    page.locator('[name="name"]').fill(name)
    pictures.take(page, "erase")
    press_through(page, "Keep the certificate")


def find_by_words(page: Page, words: str, item: str, pictures: Pictures) -> None:
    """Search with the buyer's own words and open the listing; the index takes a moment to hear of it."""
    code = item.rsplit("/", 1)[-1]
    page.goto("/")
    page.get_by_label(zh("What are you looking for?")).fill(words)
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name=zh("Search"), exact=True).tap()
    card = page.locator(f'a[href$="/items/{code}"]')
    for _ in range(60):
        if card.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    pictures.take(page, "results")
    card.first.tap()
    page.wait_for_url(f"**/items/{code}")
    pictures.take(page, "item")


def buy_and_pay(page: Page, pictures: Pictures, *, script: bool) -> str:
    """Confirm, pay at the practice checkout, wait for its word. Returns the address of the order."""
    press(page.get_by_role("region", name=zh("Next action")), "Buy")
    page.wait_for_url("**/buy")
    page.get_by_label(zh("Who receives the parcel")).fill("陈默")
    page.get_by_label(zh("Phone number for the carrier")).fill("13800138000")
    page.get_by_label(zh("Delivery address")).fill("重庆市南岸区南坪街道江南大道 8 号 3 单元 1201 室")
    pictures.take(page, "buy")
    page.get_by_role("main").locator("form button[type=submit]").last.tap()
    return pay(page, pictures, script=script)


def pay(page: Page, pictures: Pictures, *, script: bool) -> str:
    """From the page of the payment through the practice checkout. Returns the address of the order."""
    page.wait_for_url("**/pay/*")
    pictures.take(page, "pay")
    press(page, "Go to the checkout")
    page.wait_for_url("**/sandbox/checkout/*")
    pictures.take(page, "checkout")
    press_through(page, "Pay with practice money")
    if "/done" in page.url:
        pictures.take(page, "waiting-for-payment")
    if not script:
        for _ in range(60):  # without scripts a person looks again
            if "/orders/" in page.url:
                break
            page.wait_for_timeout(500)
            page.goto(page.url)
    page.wait_for_url("**/orders/*", timeout=30_000)
    pictures.take(page, "order-paid")
    return page.url


def ship(page: Page, order: str, pictures: Pictures) -> None:
    page.goto("/desk")
    pictures.take(page, "seller-desk")
    page.goto(order)
    pictures.take(page, "order-to-ship")
    page.get_by_label(zh("Carrier")).select_option(label="顺丰速运")
    page.get_by_label(zh("Tracking number")).fill("SF1234567890123")
    answer(page, zh("Its data are erased, and its accounts and lock are signed out"))
    press(page, "It is on its way")
    expect(page.get_by_text("SF1234567890123").first).to_be_visible()
    pictures.take(page, "shipped")


def receive_and_accept(page: Page, order: str, pictures: Pictures) -> None:
    page.goto(order)
    pictures.take(page, "order-on-its-way")
    press_through(page, "I have received it")
    page.locator("summary", has_text=zh("Everything is right: accept")).tap()
    pictures.take(page, "accept", whole=False)
    press_through(page, "Accept and let the seller be paid")
    pictures.take(page, "accepted")


def see_payout(page: Page, amount: str, pictures: Pictures) -> None:
    """The seller's money: the release, then the payout once the provider has confirmed it."""
    for _ in range(60):
        page.goto("/account/money")
        if page.get_by_text(zh("Paid out"), exact=True).count():
            break
        page.wait_for_timeout(500)
    expect(page.get_by_text(zh("Paid out"), exact=True).first).to_be_visible()
    expect(page.get_by_text(amount).first).to_be_visible()
    pictures.take(page, "my-money")


def see_record(page: Page, item: str, seller: str, pictures: Pictures) -> str:
    """The public record, by the link on the listing's page: one completed sale. Returns the seller's code."""
    page.goto(item)
    press(page, "See the whole record")
    for _ in range(40):
        if page.get_by_text(
            zh("Too few sales (%(count)s) to conclude much. Below is everything that happened.", count=1)
        ).count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(seller)
    pictures.take(page, "public-record")
    return page.url.rsplit("/", 1)[1]


def officer_reads(page: Page, seller: str, code: str, pictures: Pictures) -> None:
    """A purpose first, then the record of the seller with the public ``code``; both are written down."""
    page.goto("/oversight")
    pictures.take(page, "oversight-desk")
    page.get_by_label(zh("Case number")).fill("渝监 2026-117")
    page.get_by_label(zh("Why you need to read")).fill("核对一笔手机交易的成交记录。")
    press_through(page, "Open and search for a seller")
    page.get_by_label(zh("Public name or code")).fill(code)
    press_through(page, "Find")
    pictures.take(page, "purpose")
    page.get_by_role("link").filter(has_text=seller).first.tap()
    page.wait_for_url("**/sellers/*")
    expect(page.get_by_role("heading", level=1)).to_have_text(seller)
    pictures.take(page, "record-read-by-officer")
