"""What ``make shots`` takes pictures of: pages of the demo town, with the things, people and orders that make each worth a look."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts.models import Organisation, User
from app.appraisal import service as appraisal
from app.appraisal.models import Appraisal, Report
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.listings.models import Listing
from app.oversight import service as oversight
from app.trades.models import Order
from app.valuation.asking import Asked
from app.valuation.queries import serving
from grading import load_scheme
from tests.accounts.making import actor
from tests.appraisal.making import clean_answers, make_inspection
from tests.browser.faces import frozen_report
from tests.valuation.making import make_worth

OFFICER, OPERATOR = "song@jianguan.example", "tao@yunying.example"
WORTH = Asked("phone", "apple", "iphone-13", storage_gb=128, first_used="2023-05", tier="A", battery_health=88)
CAR_MANAGER, PHONE_APPRAISER = "xing@cehe.example", "meng@mingzhun.example"


@dataclass(frozen=True)
class Shot:
    """One picture: of what, in whose browser, how wide, and whether README or a guide shows it."""

    name: str
    address: str
    who: str = ""  # the reader's address for signing in; "" for a visitor
    desk: bool = False
    dark: bool = False
    kept: bool = False
    at: str = ""  # the element that stands at the top
    typed: tuple[str, str] | None = None  # a field and what is typed into it

    @property
    def file(self) -> str:
        return f"{self.name}-{'desk' if self.desk else 'phone'}{'-dark' if self.dark else ''}"


def town_shots(hub: Hub) -> list[Shot]:
    """What a visitor sees, on a phone, at a desk and in the dark. README shows some of it."""
    _wait_for_model(hub)
    car, car_report, _ = _appraised(hub, "car")
    phone, _, seller = _appraised(hub, "phone")
    pages = {
        "home": "/",
        "search": "/search?q=苹果13 128",
        "cars": "/c/cars?energy=petrol",
        "appliances": "/c/appliances?kind=washing_machine",
        "item": f"/items/{phone}",
        "car": f"/items/{car}",
        "report": f"/reports/{car_report}",
        "seller": f"/sellers/{seller}",
        "score": f"/sellers/{seller}/score",
        "worth": f"/worth/{make_worth(hub, WORTH)}",
        "protection": "/protection",
        "registry": "/registry",
        "draws": "/draws",
        "log": "/credit/log",
    }
    kept = {"home-phone", "cars-phone", "car-phone", "worth-phone", "report-desk", "seller-desk"}
    ways = ((False, False), (True, False), (False, True), (True, True))
    shots = [Shot(name, address, desk=desk, dark=dark) for desk, dark in ways for name, address in pages.items()]
    return [replace(shot, kept=shot.file in kept) for shot in shots]


def _wait_for_model(hub: Hub) -> None:
    """The worker of the town that runs fits its price models after the start; what something is worth shows one at work."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        with hub.look() as work:
            if serving(work, "phone") is not None:
                return
        time.sleep(0.5)
    raise TimeoutError("no price model of phones serves after five minutes")


def desk_shots(hub: Hub) -> list[Shot]:
    """What people see who are signed in: a buyer, a seller, an officer, an operator."""
    order, (draft, drafter) = _finished(hub), _draft(hub)
    with hub.look(SYSTEM) as work:
        buyer = accounts.user_by_id(work, order.buyer_id).email
        seller = accounts.user_by_id(work, order.seller_id).code
    with hub.begin(actor(hub, _user(hub, OFFICER))) as work:
        purpose = oversight.open_purpose(work, "SJ-2026-0117", "核查二手手机交易投诉：描述与实物不符。").code
    return [
        Shot("order", f"/orders/{order.code}", buyer, kept=True),
        Shot("desk", "/desk", buyer),
        Shot("order", f"/orders/{order.code}", buyer, desk=True),
        Shot("desk", "/desk", buyer, desk=True),
        Shot("wizard", f"/sell/{draft}/condition", drafter),
        Shot("oversight", "/oversight", OFFICER, desk=True),
        Shot("oversight-record", f"/oversight/{purpose}/sellers/{seller}", OFFICER, desk=True),
        Shot("oversight-agencies", f"/oversight/{purpose}/agencies", OFFICER, desk=True),
        Shot("operator-desk", "/desk", OPERATOR, desk=True),
        Shot("operator-register", "/operator/register", OPERATOR, desk=True),
        Shot("operator-appraisals", "/operator/appraisals", OPERATOR, desk=True),
    ]


def guide_shots(hub: Hub) -> list[Shot]:
    """What the guides of appraisers and agencies show: an agency for cars with a fee, one for phones without."""
    cars = _agency_of(hub, CAR_MANAGER)
    asked, asker = _order(hub, cars, "assigned")
    coming, receiver = _order(hub, cars, "awaiting_item")
    car, appraiser = _order(hub, cars, "item_received")
    _answer_some(hub, car, appraiser)
    phones = _agency_of(hub, PHONE_APPRAISER)
    phone_appraiser = _user(hub, PHONE_APPRAISER)
    tested = clean_answers(erase_method=None, erase_certificate=None)
    to_erase = make_inspection(hub, tested, agency=phones, appraiser=phone_appraiser).code
    frozen = frozen_report(hub, phone_appraiser, phones)
    body = f"/appraisals/{car}/inspect?section=body_exterior"
    codes = ("#codes", "21XS2 27AX1")
    return [
        Shot("appraiser-order", f"/appraisals/{asked}", asker.email, kept=True),
        Shot("appraiser-queue", "/appraiser", appraiser.email, kept=True),
        Shot("appraiser-papers", "/appraiser/me", appraiser.email, kept=True),
        Shot("appraiser-map", body, appraiser.email, kept=True, at="#section-body_exterior"),
        Shot("appraiser-photos", body, appraiser.email, kept=True, at=".shots"),
        Shot("appraiser-item", body, appraiser.email, kept=True, at="#item-item_21"),
        Shot("appraiser-codes", body, appraiser.email, kept=True, at="#section-body_exterior", typed=codes),
        Shot("appraiser-workbench", body, appraiser.email, desk=True, kept=True),
        Shot("appraiser-erasure", f"/appraisals/{to_erase}/erasure", PHONE_APPRAISER, kept=True),
        Shot("appraiser-frozen", f"/appraisals/{frozen}/draft", PHONE_APPRAISER, kept=True),
        Shot("appraiser-signing", f"/appraisals/{frozen}/draft", PHONE_APPRAISER, kept=True, at="[data-signer]"),
        Shot("appraiser-keys", "/keys", PHONE_APPRAISER, kept=True),
        Shot("agency-receive", f"/appraisals/{coming}", receiver.email, kept=True, at="#hand-h"),
        Shot("agency-offer", "/agency/offer", CAR_MANAGER, kept=True),
        Shot("agency-times", "/agency/offer", CAR_MANAGER, kept=True, at="#times-h"),
        Shot("agency-apply", "/agency/apply/appliance", CAR_MANAGER, kept=True),
        Shot("agency-licence", "/agency", CAR_MANAGER, desk=True, kept=True),
        Shot("agency-people", f"/organisations/{cars.code}", CAR_MANAGER, kept=True),
        Shot("agency-queue", "/appraiser", CAR_MANAGER, desk=True, kept=True),
        Shot("agency-public", f"/registry/agencies/{cars.code}", kept=True),
    ]


def _user(hub: Hub, email: str) -> User:
    with hub.look(SYSTEM) as work:
        return work.session.scalars(select(User).where(User.email == email)).one()


def _agency_of(hub: Hub, email: str) -> Organisation:
    """Where this person of the town works."""
    with hub.look(SYSTEM) as work:
        member = work.session.scalars(select(User).where(User.email == email)).one()
        return accounts.memberships_of(work, member.id)[0][1]


def _order(hub: Hub, agency: Organisation, state: str) -> tuple[str, User]:
    """An order of the agency in this state, and the appraiser whose it is."""
    with hub.look(SYSTEM) as work:
        wanted = select(Appraisal).where(Appraisal.agency_id == agency.id, Appraisal.state == state).order_by(Appraisal.id)
        found = work.session.scalars(wanted).first()
        assert found is not None, f"no order of {agency.name} is {state} in the demo town"
        return found.code, accounts.user_by_id(work, found.appraiser_id or 0)


def _answer_some(hub: Hub, code: str, appraiser: User) -> None:
    """A body that is half inspected: sound parts, and two defects."""
    items = load_scheme("gbt30323-2013").items_by_key
    sound = {key: items[key].clean or "" for key in (f"item_{number}" for number in range(14, 21))}
    with hub.begin(actor(hub, appraiser)) as work:
        assert not appraisal.save_findings(work, code, sound, 0).refused
    with hub.begin(actor(hub, appraiser)) as work:
        appraisal.save_codes(work, code, "15HH1 22HH2")


def _appraised(hub: Hub, category: str) -> tuple[str, str, str]:
    """Codes of an appraised listing of a category on sale, its report, and its seller."""
    with hub.look(SYSTEM) as work:
        row = work.session.execute(
            select(Listing, Report)
            .join(Report, Report.code == Listing.report_code)
            .where(Listing.category == category, Listing.state == "active", Report.status == "graded")
            .order_by(Listing.id)
        ).first()
        assert row is not None, f"no appraised {category} is on sale in the demo town"
        return row[0].code, row[1].code, accounts.user_by_id(work, row[0].seller_id).code


def _draft(hub: Hub) -> tuple[str, str]:
    """The code of an unfinished listing, and its seller's address."""
    with hub.look(SYSTEM) as work:
        draft = work.session.scalars(select(Listing).where(Listing.state == "draft").order_by(Listing.id)).first()
        assert draft is not None, "nobody in the demo town has an unfinished listing"
        return draft.code, accounts.user_by_id(work, draft.seller_id).email


def _finished(hub: Hub) -> Order:
    """The first completed order of the town."""
    with hub.look(SYSTEM) as work:
        order = work.session.scalars(select(Order).where(Order.state == "completed").order_by(Order.id)).first()
        assert order is not None, "no sale is completed in the demo town"
        return order
