"""Every page in the eyes of axe, at 390 and at 1280 pixels, for every kind of reader; and that nothing is wider than the screen.

Pages are found by following links from the first page and the desk, one of each kind; a page that no link leads to, errors and
refused forms are listed here. The test fails when there is a page that it has not seen.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.exceptions import HTTPException

from app.demo import seed
from app.factory import create_app
from app.kernel.hub import Hub
from tests.browser.faces import WHO, Faces, of_the_town
from tests.browser.journey import open_link_of_mail, press, sign_in
from tests.browser.product import Product
from tests.browser.seeing import DESK, PHONE, Watch, visitor, zh

pytestmark = [pytest.mark.slow, pytest.mark.browser]

OF_EACH_KIND = 1
# Addresses that are no pages: files, fragments and redirects.
NO_PAGES = re.compile(
    r"\.(json|jsonl|csv|xlsx|yaml|pdf|webp|txt|css|js|svg|png|policy|tlog-proof|zip|pyz|note)$|/log/checkpoint$|/progress$|/photos/list$|/price/view$|/original$|^/(healthz|readyz|metrics)$|^/static/|^/api/"
)
AXE = Axe()
# A link in a drawing has no plain href.
HREFS = "links => links.map(link => new URL(link.getAttribute('href'), location.href).href)"
RULES = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
}
ONLY_BY_ADDRESS = [
    "/account/tokens",
    "/draws",
    "/developers",
    "/developers/orders",
    "/register",
    "/register/sent",
    "/sign-in",
    "/forgot",
    "/forgot/sent",
    "/reports",
    "/reports?number=1",
]
ONLY_BY_ADDRESS += [
    "/worth?brand=apple",
    "/worth?brand=nobody",
    "/worth/ratings",
    "/search?q=iphone",
    "/search?q=zzzz",
    "/c/phones",
    "/c/cars",
    "/c/appliances",
    "/dev/style",
    "/dev/mailbox",
    "/worth?category=car&brand=volkswagen",
    "/worth?category=appliance&brand=haier",
    "/register/nobody-has-this-link",
    "/nowhere",
]
# What can be opened by its address and is not looked at, and why.
NOT_LOOKED_AT = {
    "static": "files",
    "media.show": "pictures",
    "media.progress": "a fragment: the state of one photo, as words",
    "listings.photo": "pictures",
    "listings.photo_list": "a fragment of the photos screen, which is looked at with photos in it",
    "listings.price_view": "a fragment of the price screen, which is looked at with a price",
    "listings.go_on": "leads on to a screen of the wizard",
    "listings.version_file": "a file",
    "trades.version_file": "a file",
    "trades.case_version_file": "a file",
    "aftersales.photo": "pictures",
    "trades.check_photo": "pictures",
    "appraisal.custody_photo": "pictures",
    "appraisal.offline_script": "a file",
    "appraisal.original": "a file",
    "appraisal.photo": "pictures",
    "appraisal.register_agency_json": "a file",
    "appraisal.register_appraiser_json": "a file",
    "appraisal.report_json": "a file",
    "appraisal.public_keys": "a file",
    "appraisal.report_pdf": "a file",
    "appraisal.draft_json": "a file",
    "credit.appraiser_case_file": "a file",
    "credit.appraiser_score_file": "a file",
    "credit.audit_tool": "a file",
    "credit.case_file": "a file",
    "credit.checkpoint": "a file",
    "credit.event_file": "a file",
    "credit.event_proof": "a file",
    "credit.fairness_csv": "a file",
    "credit.finding_file": "a file",
    "credit.growth": "a file",
    "credit.platform_file": "a file",
    "credit.policy_file": "a file",
    "credit.record_file": "a file",
    "credit.schemas": "a file",
    "credit.score_file": "a file",
    "credit.tile": "a file",
    "credit.trust_policy": "a file",
    "oversight.export": "a file",
    "oversight.questions_csv": "a file",
    "pages.draws_file": "a file",
    **dict.fromkeys(("payments.bank", "payments.instruction"), "with the bank door only: test_bank.py looks at them"),
    "payments.month_pdf": "a file",
    "payments.receipt_pdf": "a file",
    "peerreviews.photo": "pictures",
    "reinspection.photo": "pictures",
    "schemes.draft": "a file",
    **dict.fromkeys(("statistics.document", "statistics.table", "statistics.tables"), "files"),
    "schemes.file": "a file",
    "schemes.proposed_file": "a file",
    "valuation.rejected_rows": "a file",
    "valuation.worth_csv": "a file",
    "valuation.worth_json": "a file",
    "operations.healthz": "for machines",
    "operations.readyz": "for machines",
    "operations.metrics": "for machines",
}


@dataclass(frozen=True)
class Furnished:
    """A marketplace with one of everything, and what each of its readers opens."""

    product: Product
    faces: Faces


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    faces: list[Faces] = []

    def fill(hub: Hub) -> None:
        seed.fill(hub, listings=8, say=lambda _: None)  # every category, every state between a draft and a decided problem
        faces.append(of_the_town(hub))

    running = Product.start(tmp_path_factory.mktemp("furnished"), fill=fill)
    try:
        yield Furnished(running, faces[0])
    finally:
        running.stop()


@pytest.fixture(scope="module")
def endpoint_of(furnished: Furnished) -> Callable[[str], str]:
    """The name of the page at an address; "" when there is none."""
    routes = create_app(furnished.product.hub).url_map.bind("127.0.0.1")

    def name(address: str) -> str:
        try:
            endpoint, values = routes.match(urlsplit(address).path, method="GET")
            return f"{endpoint} {values['step']}" if "step" in values else endpoint
        except HTTPException:
            return ""

    return name


class Examiner:
    """Looks at pages of one reader and collects what is wrong with them."""

    def __init__(self, page: Page, watch: Watch, endpoint_of: Callable[[str], str], seen: set[str], looked: Counter[str]) -> None:
        self.page, self.watch, self.endpoint_of, self.seen, self.looked = page, watch, endpoint_of, seen, looked
        self.found: list[str] = []

    def look(self, name: str, *, is_first: bool = True) -> None:
        """The page as it is now, at both widths; axe looks at a further face of a page at a phone's width only."""
        self.page.evaluate(AXE.axe_script)
        for size in (PHONE, DESK):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            width = self.page.evaluate("document.documentElement.scrollWidth")
            if width > size["width"]:
                self.found.append(f"{name} at {size['width']}: {width} px wide: {self._widest(size['width'])}")
            if size is DESK and not is_first:
                continue
            for violation in self.page.evaluate("rules => axe.run(rules).then(found => found.violations)", RULES):
                where = "; ".join(str(node["target"]) for node in violation["nodes"][:3])
                self.found.append(f"{name} at {size['width']}: {violation['id']}: {violation['help']}: {where}")
        self.page.set_viewport_size(PHONE)  # type: ignore[arg-type]

    def walk(self, start: list[str]) -> None:
        """From these addresses along every link, one page of each kind."""
        waiting, known = deque(start), set(start)
        while waiting:
            address = waiting.popleft()
            if self.looked[self.endpoint_of(address)] >= OF_EACH_KIND and address not in start:
                continue  # its kind was looked at since the link to it was found
            answer = self.page.goto(address)
            path = urlsplit(self.page.url).path
            kind = self.endpoint_of(path) or path
            if self.looked[kind] >= OF_EACH_KIND and address not in start:
                continue
            self.looked[kind] += 1
            if answer is not None and answer.ok:
                self.seen.add(kind)
            self.look(f"{path} ({answer.status if answer else '?'})", is_first=self.looked[kind] == 1)
            for href in self.page.eval_on_selector_all("a[href]:not(.mail-text a)", HREFS):
                parts = urlsplit(href)
                here = f"{parts.path}?{parts.query}" if parts.query else parts.path
                if (
                    not self.page.url.startswith(f"{parts.scheme}://{parts.netloc}")
                    or here in known
                    or NO_PAGES.search(parts.path)
                ):
                    continue
                if self.looked[self.endpoint_of(parts.path)] < OF_EACH_KIND:
                    known.add(here)
                    waiting.append(here)

    def _widest(self, width: int) -> str:
        return str(
            self.page.evaluate(
                """width => [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > width + 1)
                .slice(0, 3).map(e => e.tagName + "." + e.className)""",
                width,
            )
        )


def _wrong_forms_of_a_visitor(examiner: Examiner) -> None:
    for address, button in (("/register", "Send me the link"), ("/sign-in", "Sign in"), ("/forgot", "Send me the link")):
        examiner.page.goto(address)
        examiner.page.get_by_role("main").get_by_role("button", name=zh(button), exact=True).first.tap()
        examiner.page.locator(".error-summary").wait_for()
        examiner.look(f"{address} with errors")


def _links_from_mails(examiner: Examiner) -> None:
    """The pages behind the links of the two mails that a visitor can ask for."""
    page = examiner.page
    for start, email, name in (("/register", "new@mail.example", "新来的人"), ("/forgot", WHO["seller"], "")):
        page.goto(start)
        page.get_by_label(zh("E-mail address")).fill(email)
        if name:
            page.get_by_label(zh("Name that others see")).fill(name)
            page.get_by_label(zh("Password"), exact=True).fill("green lamp on the stairs")
        press(page, "Send me the link")
        open_link_of_mail(page, email)
        examiner.seen.add(examiner.endpoint_of(page.url))
        examiner.look(f"the link of {start}")


def _a_new_draft(examiner: Examiner) -> None:
    examiner.page.goto("/sell")
    examiner.page.get_by_role("button", name="手机", exact=True).tap()
    examiner.page.wait_for_url("**/sell/*/*")
    draft = urlsplit(examiner.page.url).path.rsplit("/", 1)[0]
    press(examiner.page, "Continue")
    examiner.page.locator(".error-summary").wait_for()
    examiner.look("the wizard with errors")
    examiner.walk([f"{draft}/{step}" for step in ("model", "photos", "condition", "price", "place", "wipe", "check")])


def _a_new_token(examiner: Examiner) -> None:
    """The page that shows a new token, once."""
    page = examiner.page
    page.goto("/account/tokens")
    page.get_by_label(zh("Name of the program")).fill("库存程序")
    page.get_by_role("main").get_by_role("checkbox").first.check(force=True)
    page.get_by_label(zh("Your password")).fill(seed.PASSWORD)
    press(page, "Issue the token")
    page.locator(".secret").wait_for()  # the page before it has a heading too
    page.wait_for_load_state()
    examiner.look("a new token")


def test_no_page_has_a_barrier_or_is_wider_than_the_screen(
    furnished: Furnished, chromium: Browser, watch: Watch, endpoint_of: Callable[[str], str]
) -> None:
    town, faces = furnished.product, furnished.faces
    seen: set[str] = set()
    found: list[str] = []
    # What links lead to is looked at by a visitor and by one who is signed in; what is each reader's own, by each.
    looked: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    watch.expected += [(404, "/nowhere"), (404, "/register/nobody"), (409, "/buy"), (422, "/")]
    for who in ("visitor", *faces.readers):
        with visitor(chromium, town.address, watch) as page:
            examiner = Examiner(page, watch, endpoint_of, seen, looked[who == "visitor"])
            if who == "visitor":
                examiner.walk(["/", *ONLY_BY_ADDRESS, *faces.addresses["visitor"]])
                _wrong_forms_of_a_visitor(examiner)
                _links_from_mails(examiner)
            else:
                sign_in(page, faces.readers[who], password=faces.passwords.get(who, seed.PASSWORD))
                if who == "seller":
                    _a_new_draft(examiner)
                    _a_new_token(examiner)
                examiner.walk(["/", "/desk", *faces.addresses.get(who, [])])
            found += [f"{who}: {wrong}" for wrong in examiner.found + watch.take()]
    assert "\n".join(found) == ""
    missing = pages(create_app(town.hub)) - {name.split()[0] for name in seen if name}
    assert sorted(missing) == [], "look at them, or say in NOT_LOOKED_AT why not"


def pages(app: Flask) -> set[str]:
    """The endpoints of everything that people open by an address."""
    named = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    return {name for name in named if not name.startswith("api.") and name not in NOT_LOOKED_AT}
