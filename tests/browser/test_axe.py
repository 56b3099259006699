"""Every page in the eyes of axe, at 390 and at 1280 pixels, for every kind of reader; and that nothing is wider than the screen.

Pages are found by following links from the first page and the desk, one of each kind; a page that no link leads to, errors and
refused forms are listed here. Not every page is reached yet: what was missed is printed (pytest -s), and must become nothing.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from werkzeug.exceptions import HTTPException

from app.demo import seed
from app.factory import create_app
from tests.browser.journey import press, sign_in
from tests.browser.product import Product
from tests.browser.seeing import DESK, PHONE, Watch, visitor, zh

pytestmark = [pytest.mark.slow, pytest.mark.browser]

OF_EACH_KIND = 1
# Files, fragments and redirects: they have no page of their own.
NO_PAGES = re.compile(r"\.(json|jsonl|webp|txt|css|js|svg|png)$|/progress$|/photos/list$|/price/view$|^/healthz$|^/static/")
AXE = Axe()
RULES = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
}
WHO = {
    "seller": "chen@xunhe.example",
    "buyer": "lin@xunhe.example",
    "appraiser": "meng@mingzhun.example",
    "officer": "song@jianguan.example",
    "operator": "tao@yunying.example",
}
ONLY_BY_ADDRESS = ["/register", "/register/sent", "/sign-in", "/forgot", "/forgot/sent", "/reports", "/reports?number=1"]
ONLY_BY_ADDRESS += ["/worth?phone=iPhone+13", "/search?q=iphone", "/search?q=zzzz", "/dev/style", "/dev/mailbox", "/nowhere"]
# They redirect at once, or need a secret from a mail or money on its way; the journey shows the latter.
ELSEWHERE = {
    "static",
    "listings.go_on",
    "accounts.confirm",
    "accounts.reset",
    "payments.pay",
    "payments.done",
    "payments.sandbox_checkout",
}


@pytest.fixture(scope="module")
def endpoint_of(town: Product) -> Callable[[str], str]:
    """The name of the page at an address; "" when there is none."""
    routes = create_app(town.hub).url_map.bind("127.0.0.1")

    def name(address: str) -> str:
        try:
            endpoint, values = routes.match(urlsplit(address).path, method="GET")
            return f"{endpoint} {values['step']}" if "step" in values else endpoint
        except HTTPException:
            return ""

    return name


class Examiner:
    """Looks at pages of one reader and collects what is wrong with them."""

    def __init__(self, page: Page, watch: Watch, endpoint_of: Callable[[str], str], seen: set[str]) -> None:
        self.page, self.watch, self.endpoint_of, self.seen = page, watch, endpoint_of, seen
        self.found: list[str] = []
        self.looked: Counter[str] = Counter()

    def look(self, name: str) -> None:
        """The page as it is now, at both widths."""
        self.page.evaluate(AXE.axe_script)
        for size in (PHONE, DESK):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            width = self.page.evaluate("document.documentElement.scrollWidth")
            if width > size["width"]:
                self.found.append(f"{name} at {size['width']}: {width} px wide: {self._widest(size['width'])}")
            for violation in self.page.evaluate("rules => axe.run(rules).then(found => found.violations)", RULES):
                where = "; ".join(str(node["target"]) for node in violation["nodes"][:3])
                self.found.append(f"{name} at {size['width']}: {violation['id']}: {violation['help']}: {where}")
        self.page.set_viewport_size(PHONE)  # type: ignore[arg-type]

    def walk(self, start: list[str]) -> None:
        """From these addresses along every link, one page of each kind."""
        waiting, known = deque(start), set(start)
        while waiting:
            address = waiting.popleft()
            answer = self.page.goto(address)
            path = urlsplit(self.page.url).path
            kind = self.endpoint_of(path) or path
            if self.looked[kind] >= OF_EACH_KIND and address not in start:
                continue
            self.looked[kind] += 1
            self.seen.add(kind)
            self.look(f"{path} ({answer.status if answer else '?'})")
            for href in self.page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
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


def _a_new_draft(examiner: Examiner) -> None:
    examiner.page.goto("/sell")
    press(examiner.page, "Begin a new listing")
    examiner.page.wait_for_url("**/sell/*/*")
    draft = urlsplit(examiner.page.url).path.rsplit("/", 1)[0]
    press(examiner.page, "Continue")
    examiner.page.locator(".error-summary").wait_for()
    examiner.look("the wizard with errors")
    examiner.walk([f"{draft}/{step}" for step in ("model", "photos", "condition", "price", "place", "wipe", "check")])


def test_no_page_has_a_barrier_or_is_wider_than_the_screen(
    town: Product, chromium: Browser, watch: Watch, endpoint_of: Callable[[str], str]
) -> None:
    seen: set[str] = set()
    found: list[str] = []
    watch.expected += [(404, "/nowhere"), (422, "/")]
    for who in ("visitor", *WHO):
        with visitor(chromium, town.address, watch) as page:
            examiner = Examiner(page, watch, endpoint_of, seen)
            if who == "visitor":
                examiner.walk(["/", *ONLY_BY_ADDRESS])
                _wrong_forms_of_a_visitor(examiner)
            else:
                sign_in(page, WHO[who], password=seed.PASSWORD)
                if who == "seller":
                    _a_new_draft(examiner)
                examiner.walk(["/", "/desk"])
            found += [f"{who}: {wrong}" for wrong in examiner.found + watch.take()]
    assert "\n".join(found) == ""
    walked = {name.split()[0] for name in seen if name}
    print("not reached:", sorted(_pages(town) - walked))
    assert walked >= {"pages.home", "search.results", "accounts.sign_in", "pages.desk"}


def _pages(town: Product) -> set[str]:
    """The endpoints of every page that can be opened by its address."""
    return {
        rule.endpoint
        for rule in create_app(town.hub).url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not NO_PAGES.search(rule.rule.replace("<size>", "size"))
        and rule.endpoint not in ELSEWHERE
    }
