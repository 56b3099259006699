"""Every page in the eyes of axe, at 390 and at 1280 pixels, for every kind of reader; and that nothing is wider than the screen.

Pages are found by following links from the first page and the desk, one of each kind; a page that no link leads to, errors and
refused forms are listed here. The test fails when there is a page that it has not seen.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from app.accounts import queries as accounts
from app.accounts.models import User
from app.appraisal import service as appraisal
from app.appraisal.models import Appraisal, Calibration, Course, Suspension
from app.appraisal.states import INSPECTING
from app.demo import seed
from app.factory import create_app
from app.goods.models import Thing
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from app.listings.models import Listing
from app.oversight import service as oversight
from app.trades.states import ACCEPTANCE, AWAITING_PAYMENT
from grading.report import key_id, public_bytes
from tests.accounts.making import actor
from tests.appraisal.making import clean_answers, make_inspection, make_key
from tests.appraisal.making import sign as sign_inspection
from tests.appraisal.paying import make_paid
from tests.browser.journey import open_link_of_mail, press, sign_in
from tests.browser.product import Product
from tests.browser.seeing import DESK, PHONE, Watch, visitor, zh
from tests.payments.making import begin_checkout
from tests.trades.making import make_order

pytestmark = [pytest.mark.slow, pytest.mark.browser]

OF_EACH_KIND = 1
# Files, fragments and redirects: they have no page of their own.
NO_PAGES = re.compile(
    r"\.(json|jsonl|pdf|webp|txt|css|js|svg|png)$|/progress$|/photos/list$|/price/view$|/original$|^/(healthz|readyz|metrics)$|^/static/|^/api/"
)
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
    "manager": "xing@cehe.example",
}
ONLY_BY_ADDRESS = [
    "/account/tokens",
    "/draws",
    "/developers",
    "/register",
    "/register/sent",
    "/sign-in",
    "/forgot",
    "/forgot/sent",
    "/reports",
    "/reports?number=1",
]
ONLY_BY_ADDRESS += [
    "/worth?phone=apple/iphone-13&storage=128",
    "/worth?phone=iPhone+13",
    "/search?q=iphone",
    "/search?q=zzzz",
    "/c/phones",
    "/c/cars",
    "/c/appliances",
    "/dev/style",
    "/dev/mailbox",
    "/nowhere",
]
ELSEWHERE = {"static", "listings.go_on"}  # they have no page of their own


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


def _of_their_own(town: Product) -> dict[str, list[str]]:
    """Pages of each reader to which links lead only now and then: their addresses, made ready where nobody has been yet."""
    hub = town.hub
    with hub.look(SYSTEM) as work:
        people = {who: work.session.scalars(select(User).where(User.email == email)).one() for who, email in WHO.items()}
        offered = work.session.scalars(select(Listing).where(Listing.seller_id == people["buyer"].id)).one()
        own = work.session.scalars(select(Thing).where(Thing.owner_id == people["buyer"].id).order_by(Thing.id)).all()
        inspected = work.session.scalars(select(Appraisal).where(Appraisal.state == INSPECTING)).one()
        agency = accounts.organisation_by_id(work, inspected.agency_id)
        paused = work.session.scalars(select(Suspension.code)).first()
        course = work.session.scalars(select(Course.code)).first()
        calibration = work.session.scalars(select(Calibration.code)).first()
    on_sale, bought = (next(thing.code for thing in own if (thing.id == offered.thing_id) == wanted) for wanted in (True, False))
    with hub.begin(actor(hub, people["buyer"])) as work:
        asked = appraisal.request(work, bought, agency.code).code
    # The numbers are of nobody in the demo town.
    received = make_order(hub, ACCEPTANCE, buyer=people["buyer"], imei="356938035643809").code
    unpaid = make_order(hub, AWAITING_PAYMENT, buyer=people["buyer"], imei="490154203237518").payment_code
    checkout = begin_checkout(hub, unpaid)
    nobody_takes = make_paid(hub, "fee_paid", name="三水检测")
    lent = make_paid(hub, "item_received", owner=people["buyer"], name="三木检测")
    chosen = make_paid(hub, "accepted", owner=people["buyer"], name="三石检测")
    chosen.slot()
    case = make_inspection(hub, clean_answers(), appraiser=people["appraiser"], agency=agency)
    first = sign_inspection(hub, case)
    with hub.begin(actor(hub, people["appraiser"])) as work:
        appraisal.correct(work, first.code, "Read the battery wrongly.")
    with hub.begin(actor(hub, people["appraiser"])) as work:
        appraisal.save_findings(work, case.code, {"battery_pct": "79"}, 1)
        second = appraisal.sign(work, case.code, case.appraiser.display_name, 2)
    assert second is not None
    frozen = make_inspection(hub, clean_answers(), appraiser=people["appraiser"], agency=agency)
    kid = key_id(public_bytes(make_key(hub, people["appraiser"])))
    with hub.begin(actor(hub, people["appraiser"])) as work:
        appraisal.freeze(work, frozen.code, 1)
    with hub.begin(actor(hub, people["appraiser"])) as work:
        test = appraisal.begin_test(work, "car").code
        days = (shanghai_day(work.now), shanghai_day(work.now))
        paper = appraisal.hand_in_certificate(work, "car", "senior", "XH-AXE", "循河职业能力中心（演示）", *days).code
    with hub.begin(actor(hub, people["manager"])) as work:
        documents = {"business_licence": "演示-1", "premises": "演示-2", "procedure": "演示-3"}
        application = appraisal.apply(work, "phone", "循河镇（演示）云杉路 20 号", 85, documents, "").code
    with hub.begin(actor(hub, people["officer"])) as work:
        purpose = oversight.open_purpose(work, "SJ-2026-0117", "Complaint about an undisclosed repair.").code
    return {
        "buyer": [
            f"/items/{offered.code}/edit",
            f"/appraisals/request?thing={on_sale}",
            f"/orders/{received}/problem",
            f"/pay/{unpaid}",
            f"/pay/{unpaid}/done",
            f"/sandbox/checkout/{checkout}",
            *(f"/appraisals/{paid.code}" for paid in (lent, chosen)),
        ],
        "manager": ["/agency", "/agency/apply/phone"],
        "operator": [
            f"/operator/appraisals/{nobody_takes.code}",
            f"/operator/applications/{application}",
            f"/operator/certificates/{paper}",
            f"/operator/suspensions/{paused}/lift",
            f"/operator/courses/{course}/strike",
            f"/operator/calibrations/{calibration}/strike",
        ],
        "appraiser": [
            f"/appraiser/tests/{test}",
            "/keys",
            f"/keys/{kid}/revoke",
            f"/appraisals/{frozen.code}/draft",
            f"/reports/{second.code}/changes",
            f"/reports/{first.code}",
            f"/appraisals/{asked}",
            *(f"/appraisals/{inspected.code}/{page}" for page in ("inspect", "sign")),
        ],
        "officer": [f"/oversight/{purpose}", f"/oversight/{purpose}/sellers/{people['seller'].code}"],
    }


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
            for href in self.page.eval_on_selector_all("a[href]:not(.mail-text a)", "links => links.map(link => link.href)"):
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


def test_no_page_has_a_barrier_or_is_wider_than_the_screen(
    town: Product, chromium: Browser, watch: Watch, endpoint_of: Callable[[str], str]
) -> None:
    seen: set[str] = set()
    found: list[str] = []
    watch.expected += [(404, "/nowhere"), (422, "/")]
    own = _of_their_own(town)
    for who in ("visitor", *WHO):
        with visitor(chromium, town.address, watch) as page:
            examiner = Examiner(page, watch, endpoint_of, seen)
            if who == "visitor":
                examiner.walk(["/", *ONLY_BY_ADDRESS])
                _wrong_forms_of_a_visitor(examiner)
                _links_from_mails(examiner)
            else:
                sign_in(page, WHO[who], password=seed.PASSWORD)
                if who == "seller":
                    _a_new_draft(examiner)
                examiner.walk(["/", "/desk", *own.get(who, [])])
            found += [f"{who}: {wrong}" for wrong in examiner.found + watch.take()]
    assert "\n".join(found) == ""
    assert sorted(_pages(town) - {name.split()[0] for name in seen if name}) == []


def _pages(town: Product) -> set[str]:
    """The endpoints of every page that can be opened by its address."""
    return {
        rule.endpoint
        for rule in create_app(town.hub).url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not NO_PAGES.search(rule.rule.replace("<size>", "size"))
        and rule.endpoint not in ELSEWHERE
    }
