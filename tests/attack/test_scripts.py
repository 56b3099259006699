"""Stored scripts, played in the real browser: what people typed stays text on every page that shows it, for every reader."""

from __future__ import annotations

import html
import re
from collections import deque
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route
from werkzeug.exceptions import HTTPException

from app.accounts import queries, service
from app.factory import create_app
from app.kernel.work import SYSTEM
from tests.attack.planting import PAYLOADS, Planted, plant
from tests.browser.conftest import chromium
from tests.browser.product import Product

__all__ = ["chromium"]

pytestmark = [pytest.mark.slow, pytest.mark.browser]

NO_PAGES = re.compile(
    r"\.(json|jsonl|csv|xlsx|pdf|yaml|webp|txt|css|js|svg|png|policy|tlog-proof|zip|pyz|note)$|/log/checkpoint$|/progress$|/photos/list$|/price/view$|^/healthz$|^/readyz$|^/metrics$|^/static/"
)
# Texts that no page shows, and why.
NOT_SHOWN = {
    "remark in the report": "the page of a report shows what lowered the grade; the number of the certificate stands in the signed file",
    "name of the officer": "a subject does not learn which officer read; the officer's own pages show it in the frame only",
}
PICTURES = re.compile(r"\.(webp|png)$|/media/")
LOOK = """() => ({
  ran: window.pwnedBy,
  broken: window.violations,
  elements: [...document.querySelectorAll(
    'x-xss, iframe, img[src="x"], [onerror], [onload], [onfocus], [onmouseover], [hx-on\\\\:load], b[hx-get], a[href^="javascript:" i]')]
    .map(each => each.outerHTML.slice(0, 120))
    .concat([...document.scripts].filter(each => each.textContent.includes('pwned')).map(each => each.outerHTML.slice(0, 120))),
  text: document.documentElement.innerText + ' ' + document.title + ' '
    + [...document.querySelectorAll('input, textarea, select')].map(each => each.value).join(' ')
    + [...document.querySelectorAll('[alt], [aria-label], [title], [data-confirm]')].map(
        each => [each.getAttribute('alt'), each.getAttribute('aria-label'), each.getAttribute('title'), each.dataset.confirm].join(' ')).join(' '),
  links: [...document.querySelectorAll('a[href]')].map(each => each.href),
})"""
BEFORE = """
window.pwnedBy = []; window.violations = [];
window.pwned = number => { window.pwnedBy.push(number); };
document.addEventListener('securitypolicyviolation', event => window.violations.push(event.violatedDirective + ' ' + event.sample));
"""


class Detector:
    """Looks at pages and says where a payload was taken for more than text."""

    def __init__(self, context: BrowserContext) -> None:
        context.add_init_script(BEFORE)
        context.route(PICTURES, lambda route: route.fulfill(status=204))  # nobody looks at them here
        self.page: Page = context.new_page()
        self.dialogs: list[str] = []
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        self.page.on(
            "console", lambda message: self.dialogs.append(message.text) if "Content Security Policy" in message.text else None
        )

    def look(self, address: str) -> tuple[list[str], str, list[str]]:
        """(what ran or was parsed, the text of the page, its links)"""
        self.dialogs.clear()
        self.page.goto(address, wait_until="load")
        seen = self.page.evaluate(LOOK)
        wrong = [f"ran: {seen['ran']}"] if seen["ran"] else []
        wrong += [f"parsed: {each}" for each in seen["elements"]]
        wrong += [f"blocked: {each}" for each in seen["broken"]] + [f"said: {each[:200]}" for each in self.dialogs]
        return wrong, seen["text"], seen["links"]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, Planted]]:
    filled: list[Planted] = []
    product = Product.start(tmp_path_factory.mktemp("planted"), fill=lambda hub: filled.append(plant(hub)))
    try:
        yield product, filled[0]
    finally:
        product.stop()


def reader(browser: Browser, product: Product, town: Planted, role: str) -> BrowserContext:
    context = browser.new_context(base_url=product.address, locale="zh-CN", viewport={"width": 390, "height": 844})
    context.set_default_timeout(30_000)
    if role != "visitor":
        with product.hub.begin(SYSTEM) as work:
            made = service.start_session(work, queries.user_by_id(work, town.people[role].id), "Chrome", "127.0.0.0/24")
        context.add_cookies([{"name": "sid", "value": made.secret, "url": product.address}])
    return context


def test_what_people_typed_is_text_on_every_page_of_every_reader(chromium: Browser, planted: tuple[Product, Planted]) -> None:
    product, town = planted
    routes = create_app(product.hub).url_map.bind("127.0.0.1")

    def kind(path: str) -> str:
        try:
            endpoint, values = routes.match(urlsplit(path).path, method="GET")
        except HTTPException:
            return ""
        return f"{endpoint} {values.get('step', '')} {urlsplit(path).query.split('=')[0]}"

    faults, seen, visited = [], set(), set()
    for role, starts in town.starts.items():
        context = reader(chromium, product, town, role)
        detector = Detector(context)
        waiting, known, kinds = (
            deque(quote(start, safe="/?=&%") for start in starts),
            set(starts),
            {kind(start): 1 for start in starts},
        )
        while waiting:
            path = waiting.popleft()
            wrong, text, links = detector.look(path)
            visited.add(kind(path).split()[0])
            faults += [f"{path} as {role}: {each}" for each in wrong]
            seen |= {
                number
                for number in town.fields
                if re.search(rf"\b{number}\b", text) and any(part in text for part in shown(number))
            }
            for link in links:
                parts = urlsplit(link)
                target = f"{parts.path}?{parts.query}" if parts.query else parts.path
                if (
                    parts.netloc != urlsplit(product.address).netloc
                    or target in known
                    or NO_PAGES.search(parts.path)
                    or not kind(target)
                ):
                    continue
                known.add(target)
                kinds[kind(target)] = kinds.get(kind(target), 0) + 1
                if kinds[kind(target)] <= 1:
                    waiting.append(target)
        context.close()
    assert not faults, "\n".join(faults[:60])
    unseen = {name for number, name in town.fields.items() if number not in seen} - set(NOT_SHOWN)
    assert not unseen, f"planted, but shown on no page that was visited: {sorted(unseen)}"
    assert len(visited) >= 30, sorted(visited)


def shown(number: int) -> list[str]:
    """The payloads of a field as a page shows them when they are text."""
    return [payload.format(n=number)[:24] for payload in PAYLOADS]


def test_the_detector_sees_a_page_that_shows_the_text_unescaped(chromium: Browser, planted: tuple[Product, Planted]) -> None:
    """A page with its escaping taken back under our own headers, and the payloads alone on a page without any."""
    product, town = planted
    address = town.starts["visitor"][1]

    def careless(route: Route) -> None:
        answer = route.fetch()
        unescaped = re.sub(r"(?:&lt;|&#34;|&#39;)[^\n]{0,60}?(?:&gt;|;)", lambda found: html.unescape(found[0]), answer.text())
        route.fulfill(status=200, content_type="text/html", body=unescaped, headers=answer.headers)

    context = reader(chromium, product, town, "visitor")
    context.route(f"**{address}", careless)
    wrong, _, _ = Detector(context).look(address)
    assert any(each.startswith("parsed") for each in wrong)
    assert any(each.startswith(("blocked", "said")) for each in wrong)
    assert not any(each.startswith("ran") for each in wrong), "the policy of our headers holds even where escaping is lost"
    context.close()

    for payload in PAYLOADS:
        context = reader(chromium, product, town, "visitor")
        body = f"<!doctype html><title>{payload.format(n=1)}</title><p title='{payload.format(n=1)}'>{payload.format(n=1)}<input value=\"{payload.format(n=1)}\">"
        context.route("**/bare", bare(body))
        wrong, _, _ = Detector(context).look("/bare")
        assert wrong, payload
        if payload.startswith(("<script>", "<img", "<svg")):
            assert any(each.startswith("ran") for each in wrong), payload
        context.close()


def bare(body: str) -> Callable[[Route], None]:
    """Answers with this page and no header of ours."""

    def answer(route: Route) -> None:
        route.fulfill(status=200, content_type="text/html", body=body)

    return answer
