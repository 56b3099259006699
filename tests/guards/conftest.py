"""One populated marketplace for the guards of a module: people of every role, and something of each kind that they own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts import service as accounts
from app.accounts.models import LoginSession, Organisation, User
from app.accounts.queries import memberships_of, user_by_id
from app.aftersales.states import ESCALATED
from app.api.faces import PREFIX, operations
from app.appraisal import queries
from app.appraisal import service as appraisal
from app.appraisal.models import Absence, Report
from app.credit.jobs import publish_policies
from app.credit.log.notes import new_signer
from app.factory import create_app, create_hub
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from app.listings import service as listings
from app.listings.queries import photos_of
from app.media.models import Photo
from app.notices.models import Notice
from app.oversight import service as oversight
from app.payments.jobs import compare_books, pay_agencies
from app.payments.models import MoneyCommand
from app.reinspection import service as reinspection
from app.reinspection.models import Liability, Reinspection
from app.schemes import service as schemes
from app.trades import states
from app.trades.service import Found
from config import Settings
from grading.report import key_id, public_bytes
from tests.accounts.making import actor, make_member, make_organisation, make_user, sign_in, token_of
from tests.aftersales import deciding as decide_claim
from tests.aftersales.making import arrived, make_claim, pieces
from tests.api.making import Program, check, make_token, new_key
from tests.appraisal.making import clean_answers, erase_and_seal, make_key, make_report
from tests.appraisal.paying import Paid, make_paid, make_quote
from tests.conftest import DIALECT
from tests.credit.making import make_checkpoint, make_events
from tests.goods.making import make_thing
from tests.listings.making import make_draft, make_listing, tiny_photo
from tests.listings.test_reports import sign_report
from tests.media.making import make_photo
from tests.oversight.making import make_finding
from tests.oversight.making import make_key as make_authority_key
from tests.payments.making import begin_checkout, settle
from tests.peerreviews.making import demand, make_held
from tests.schemes.making import CAR, Operators, corrected, later, propose, publish
from tests.statistics.making import make_closed
from tests.trades.bargaining import make_negotiation
from tests.trades.carrying import brought
from tests.trades.comparing import check_photo, hand_in
from tests.trades.making import ask_back, make_opened_review, make_order, report
from tests.valuation.making import make_import, make_prices, make_wanted, make_worth
from tests.visits.making import make_offering

ROLES = ("visitor", "household", "other", "appraiser", "dealer", "officer", "operator")
NOWHERE = "0" * 26
ENDS_A_SESSION = ("/sign-out", "/dev/sign-in/", "/account/sessions/")


@dataclass
class Town:
    """The running marketplace, who lives in it, and the address parts of what they own, by kind."""

    hub: Hub
    app: Flask
    people: dict[str, User]
    parts: dict[str, dict[str, object]] = field(default_factory=dict)
    browsers: dict[str, tuple[FlaskClient, str]] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=dict)

    def browser(self, role: str) -> FlaskClient:
        """A new browser of this role, reading English."""
        client = self.app.test_client()
        client.set_cookie("lang", "en")
        if role != "visitor":
            sign_in(client, self.hub, self.people[role])
        return client

    def play(self, role: str, method: str, address: str) -> int:
        """The status that the role gets for this request; a write is an empty form with a valid token.

        Below /api/ a program of the role asks instead, with every scope; a write has the body of the document's example, and an
        ETag that is out of date where one is read.
        """
        if address.startswith(PREFIX):
            return self._play_program(role, method, address)
        if role not in self.browsers:
            browser = self.browser(role)
            self.browsers[role] = browser, token_of(browser.get("/protection"))
        browser, token = self.browsers[role]
        answer = browser.get(address) if method == "GET" else browser.post(address, data={"csrf_token": token})
        answer.close()
        if address.startswith(ENDS_A_SESSION):
            del self.browsers[role]  # the next request comes from a new browser
        return answer.status_code

    def _play_program(self, role: str, method: str, address: str) -> int:
        if role not in self.programs:
            self.programs[role] = Program(self.app, self.hub, self.people.get(role))
        program = self.programs[role]
        endpoint, _ = self.app.url_map.bind("127.0.0.1").match(address, method)
        operation = operations().get(endpoint.partition(".")[2])
        if operation is None:
            return program.client.get(address).status_code
        headers = {"Authorization": f"Bearer {program.secret}"} if program.secret else {}
        headers |= {} if operation.is_read else {"Idempotency-Key": new_key()}
        headers |= {"If-Match": '"999.999.0000000000000000"'} if operation.if_match else {}
        sent: dict[str, object] = {"data": tiny_photo(9), "content_type": "image/jpeg"} if operation.upload else {}
        sent |= {"json": operation.example} if operation.body is not None else {}
        answer = program.client.open(address, method=method, headers=headers, **sent)
        check(operation, answer)
        answer.close()
        if operation.id == "revokeToken":
            del self.programs[role]
        return answer.status_code

    def address(self, endpoint: str, kind: str) -> str:
        """The address of the endpoint for the thing of this kind; what the rule does not name goes into the query."""
        rule = next(self.app.url_map.iter_rules(endpoint))
        if endpoint.startswith("api."):
            kind = f"api_{kind}" if f"api_{kind}" in self.parts else kind
        named = {part: value for part, value in self.parts[kind].items() if part in rule.arguments or kind == "thing"}
        return str(self.app.url_map.bind("127.0.0.1").build(endpoint, named))


@pytest.fixture(scope="module")
def town(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    if DIALECT != "sqlite":
        pytest.fail("the guards of pages run on SQLite: run them without XUNYI_TEST_DB")
    folder = tmp_path_factory.mktemp("town")
    (folder / "db").mkdir()
    shutil.copy(Path(template), folder / "db" / "xunyi.sqlite3")
    hub = create_hub(Settings(env="test", data_dir=folder, password_time_cost=1, threads=4), queue=False)
    yield populate(hub)
    hub.db.dispose()


def populate(hub: Hub) -> Town:
    """Everything through the verbs, so that the pages show what really happens."""
    household, other, seller = (make_user(hub, name=name) for name in ("沈知遥", "贺兰", "许清和"))
    agency = make_organisation(hub, "agency", "清河检测")
    people = {"household": household, "other": other, "appraiser": make_member(hub, "appraiser", organisation=agency)}
    people |= {role: make_member(hub, role) for role in ("dealer", "officer", "operator")}
    town = Town(hub, create_app(hub), people)

    own, shelf = make_listing(hub, household), make_listing(hub, seller)
    draft, api_draft = make_draft(hub, household), make_draft(hub, household)
    purchase = make_order(hub, states.ACCEPTANCE, seller=seller, buyer=household)
    sale = make_order(hub, states.PAID, seller=household)
    unpaid = make_order(hub, states.AWAITING_PAYMENT, seller=seller, buyer=household)
    make_order(hub, states.COMPLETED, seller=seller)
    sold = make_order(hub, states.COMPLETED, seller=household)
    opened_review = make_opened_review(hub, make_order(hub, states.COMPLETED, seller=seller))
    make_prices(hub, "private_sold", 2000)
    case = report(hub, make_order(hub, states.ACCEPTANCE, seller=seller))
    asked, taken = (_appraisal(hub, household, agency.code) for _ in range(2))
    api_asked, api_taken = (_appraisal(hub, household, agency.code) for _ in range(2))
    back_to_seller, back_to_me = (
        make_order(hub, states.CLOSED_REFUNDED, **sides)
        for sides in ({"seller": seller, "buyer": household}, {"seller": household})
    )
    ask_back(hub, back_to_seller)
    api_unpaid = make_order(hub, states.AWAITING_PAYMENT, seller=seller, buyer=household)
    for accepted in (taken, api_taken):
        with hub.begin(actor(hub, people["appraiser"])) as work:
            appraisal.accept(work, accepted)
    with hub.begin(actor(hub, people["appraiser"])) as work:
        row = appraisal.add_photo(work, hub.store, hub.sealer, taken, tiny_photo(3), item_key="screen_glass")
        inspected = work.session.get_one(Photo, row.photo_id).code
    sealed = _appraisal(hub, household, agency.code)
    with hub.begin(actor(hub, people["appraiser"])) as work:
        appraisal.accept(work, sealed)
        appraisal.save_findings(work, sealed, clean_answers(erase_method=None, erase_certificate=None), 0)
    erase_and_seal(hub, sealed, people["appraiser"], make_member(hub, "appraiser", organisation=agency), "QH-0001")
    signed = sign_report(hub, seller, shelf)
    papers = _papers(hub, agency, people, signed)
    revisions = _schemes(hub, agency, people)
    withdrawn = make_report(hub)
    key = make_key(hub, people["appraiser"])
    with hub.begin(actor(hub, people["appraiser"])) as work:
        appraisal.revoke_key(work, key_id(public_bytes(key)), "lost")
    with hub.begin(actor(hub, people["operator"])) as work:
        appraisal.revoke_report(work, withdrawn.code, "The phone that was inspected was another one.")
    with hub.begin(actor(hub, people["officer"])) as work:
        purpose = oversight.open_purpose(work, "SJ-2026-0117", "Complaint about an undisclosed repair.").code
        oversight.look_at_seller(work, purpose, seller.code)
    taken_down = make_listing(hub, seller)
    with hub.begin(actor(hub, people["operator"])) as work:
        listings.take_down(work, taken_down.code, "Offered twice.", taken_down.version)
    make_events(hub, seller)
    make_events(hub, people["appraiser"], "appraisal.reinspected")
    paid = make_quote(hub, owner=household, name="明准鉴定").pay().accept().bring().receive(photos=[tiny_photo(5)])
    claimed, _ = make_claim(hub, order=arrived(hub, seller=seller, buyer=household))
    brought(hub, seller=seller)
    to_check, compared = (arrived(hub, seller=seller, buyer=household) for _ in range(2))
    hand_in(hub, compared, {"report:frame": Found("differs", "", "左下角凹了一块。", tiny_photo(11))})
    dispute = decide_claim.ask(hub, make_claim(hub, ESCALATED)[0], people["operator"])
    decide_claim.rule(hub, make_claim(hub, ESCALATED)[0])
    contested, api_contested = (_contested(hub, household) for _ in range(2))
    hub.drain()
    home = make_offering(hub, appraisers=1, name="流动检测").order(household).pay().accept()
    make_paid(hub, "issued", owner=seller, name="三友鉴定")
    _absence(make_paid(hub, "scheduled", owner=seller, name="晴川检测"))
    pay_agencies(hub)
    compare_books(hub)
    publish_policies(hub)
    closed = make_closed(hub)
    make_checkpoint(hub)
    finding = make_finding(hub, people["officer"], seller, purpose)
    regulator_key = make_authority_key(hub, people["officer"], new_signer("scjg.linjiang.example"))
    with hub.look(SYSTEM) as work:
        notice = work.session.scalars(select(Notice.code).where(Notice.user_id == household.id)).first()
        command = work.session.scalars(select(MoneyCommand.code)).first()
        draft_photo = photos_of(work, draft.id)[0].code
        api_photo = photos_of(work, api_draft.id)[0].code
    reviews = _peer_reviews(hub, agency, people)
    to_escalate = arrived(hub)
    public = make_photo(hub, seller.id, public=True, seed=7)
    private = make_photo(hub, household.id, seed=8)
    thing = make_thing(hub, household)
    with hub.begin(SYSTEM) as work:
        made = accounts.start_session(work, user_by_id(work, household.id), "Chrome · Android", "127.0.0.0/24")
        session = work.session.get_one(LoginSession, made.session_id).code
    intent = begin_checkout(hub, unpaid.payment_code)
    evidence = pieces(hub, claimed)[0].photo.code
    town.parts = {
        "none": {},
        "api_draft": {"code": api_draft.code, "photo_code": api_photo},
        "api_own_listing": {"code": make_listing(hub, household).code},
        "category": {"category": "phone", "slug": "cars"},
        "scheme": {"scheme": "phone-2026.1"},
        "worth": {"code": make_worth(hub)},
        "price_import": {"code": make_import(hub, people["operator"])},
        "price_model": {"name": make_wanted(hub)},
        "other_import": {"code": make_import(hub, people["operator"], checked=True)},
        "api_asked_appraisal": {"code": api_asked},
        "api_taken_appraisal": {"code": api_taken},
        "api_purchase": {"code": make_order(hub, states.ACCEPTANCE, seller=seller, buyer=household).code},
        "api_sale": {"code": make_order(hub, states.PAID, seller=household).code},
        "back_to_seller": {"code": back_to_seller.code},
        "back_to_me": {"code": back_to_me.code},
        "api_payment": {"code": api_unpaid.payment_code},
        "brand": {"category": "phone", "brand": "apple"},
        "unknown": {
            "code": NOWHERE,
            "token": "unknown",
            "name": "unknown.eml",
            "delivery_id": 999_999,
            "kid": "0" * 16,
            "deadline_id": 999_999,
        },
        "own_listing": {"code": own.code, "no": 1, "verb": "pause"},
        "listing": {"code": shelf.code, "no": 2, "verb": "approve"},
        "draft": {"code": draft.code, "step": "price", "photo_code": draft_photo, "size": "card"},
        "session": {"code": session},
        "token": {"code": make_token(hub, household).row.code},
        "thing": {"thing": thing.code},
        "things_code": {"code": thing.code},
        "public_photo": {"code": public.code, "size": "card"},
        "private_photo": {"code": private.code, "size": "card"},
        "negotiation": {"code": make_negotiation(hub, seller=household).code},
        "purchase": {"code": purchase.code},
        "sale": {"code": sale.code},
        "unpaid": {"code": unpaid.code},
        "payment": {"code": unpaid.payment_code},
        "sold_order": {"code": sold.code},
        "opened_review": {"code": opened_review.code},
        "paid_payment": {"code": purchase.payment_code},
        "month": {"month": shanghai_day(sold.completed_at or sold.created_at).isoformat()[:7]},
        "intent": {"intent_id": intent},
        "case": {"code": case.code},
        "asked_appraisal": {"code": asked},
        "taken_appraisal": {"code": taken},
        "inspection_photo": {"code": taken, "photo_code": inspected, "size": "card"},
        "paid_appraisal": {
            "code": paid.code,
            "photo_code": paid.custody[0].photos[0],
            "size": "card",
            "override_code": NOWHERE,
        },
        "home_appraisal": {"code": home.code},
        "visit": {"code": home.visit.code},
        "draw_day": {"day": shanghai_day(paid.fee.paid_at).isoformat()},
        "report": {"code": signed.code},
        "api_contest": {"code": api_contested.code},
        "contest": {"code": contested.code, "photo_code": contested.photos[0], "size": "card"},
        "to_check": {"code": to_check.code},
        "checked": {"code": compared.code, "photo_code": check_photo(hub, compared), "size": "card"},
        "claim": {"code": claimed.code, "photo_code": evidence, "size": "card"},
        "dispute": {"code": dispute.code},
        "finding": {"code": finding},
        "regulator_key": {"key_code": regulator_key},
        "purpose": {"code": purpose, "user_code": seller.code, "agency_code": agency.code},
        **papers,
        **reviews,
        **revisions,
        "statistics": {"name": closed, "dimension": "district"},
        "seller": {"code": seller.code},
        "household": {"code": household.code},
        "event": {"idx": 1},
        "tile": {"path": "0/000.p/1"},
        "tag": {"tag": "orders"},
        "score_rules": {"rules": "seller", "version": 1},
        "notice": {"code": notice},
        "command": {"code": command},
        "file": {"filename": "css/base.css"},
        "mail": {"name": hub.mailer.names()[0]},
    }
    town.parts |= _houses(hub, people) | _lost_reviews(hub)
    lost = make_claim(hub, ESCALATED, to_escalate)[0]  # the very last thing: whatever runs jobs afterwards would draw somebody
    town.parts["lost_dispute"] = {"code": decide_claim.dispute_of(hub, lost).code}
    return town


def _houses(hub: Hub, people: dict[str, User]) -> dict[str, dict[str, object]]:
    """A dealer's house in which the dealer has invited the household, and the roles of both sides."""
    with hub.begin(actor(hub, people["dealer"])) as work:
        [(membership, house)] = memberships_of(work, people["dealer"].id)
        asked = accounts.invite(work, house, "dealer", people["household"].email, "en").code
        other = accounts.invite(work, house, "dealer", "somebody@xunyi.example", "en").code
        return {
            "house": {"code": house.code, "invitation_code": other},
            "invitation": {"code": asked},
            "membership": {"code": membership.code},
        }


def _contested(hub: Hub, owner: User) -> Reinspection:
    """A report whose owner doubts it, with a photo; the deposit is paid and another agency was drawn."""
    thing = make_thing(hub, owner)
    doubted = make_report(hub, thing=thing)
    words = "报告写屏幕无划痕，实际左下角有一道三厘米的划痕。"
    with hub.begin(actor(hub, owner)) as work:
        row = reinspection.contest(work, hub.store, hub.sealer, doubted.code, words, [tiny_photo(11)])
    settle(hub, row.payment_code)
    with hub.begin(SYSTEM) as work:  # as if it had been decided against the first agency before
        amounts = {"cost_fen": 6000, "fee_fen": 0, "platform_fen": 0, "compensation_fen": 0, "paid_fen": 0, "debt_fen": 6000}
        answers = {"reinspection_id": row.id, "agency_id": doubted.agency_id, "appraiser_id": doubted.appraiser_id}
        work.session.add(Liability(**answers, at=work.now, **amounts))
    return row


def _absence(paid: Paid) -> None:
    """What its owner says of a booked time; by a row, since here the time does not pass."""
    with paid.hub.begin(SYSTEM) as work:
        order, slot = paid.order, paid.handing.slot_id
        said = {"absent": "agency", "words": "等了一小时，没有人。", "said_by": paid.owner.id, "said_at": work.now}
        work.session.add(Absence(appraisal_id=order.id, slot_id=slot, **said))


def _appraisal(hub: Hub, owner: User, agency_code: str) -> str:
    thing = make_thing(hub, owner)
    with hub.begin(actor(hub, owner)) as work:
        return appraisal.request(work, thing.code, agency_code).code


def _peer_reviews(hub: Hub, agency: Organisation, people: dict[str, User]) -> dict[str, dict[str, object]]:
    """A second look that the appraiser is asked for, and one that a senior decided; their address parts by kind."""
    demand(hub, first=20)
    decided = make_held(hub, photo=True)
    decided.find()
    decided.look(screen_glass="cracked")
    decided.decide("stands")
    asked = make_held(hub, colleagues=0, seniors=0, agency=agency, photo=True)
    asked.ask(people["operator"], people["appraiser"])
    demand(hub)
    return {
        "asked_review": {"code": asked.review.code, "photo_code": asked.photo(), "size": "card"},
        "decided_review": {"code": decided.review.code, "photo_code": decided.photo(), "size": "card"},
    }


def _lost_reviews(hub: Hub) -> dict[str, dict[str, object]]:
    """Two second looks that nobody has. The last thing that is made: whatever runs jobs afterwards would draw somebody."""
    demand(hub, first=20)
    lost = [make_held(hub, colleagues=0, seniors=0) for _ in range(2)]
    demand(hub)
    return {"lost_review": {"code": lost[0].review.code}, "lost_review_too": {"code": lost[1].review.code}}


def _schemes(hub: Hub, agency: Organisation, people: dict[str, User]) -> dict[str, dict[str, object]]:
    """An approved revision, a proposal of somebody else and one of the operator's own, an item read and one checked."""
    other, operator = make_member(hub, "operator"), people["operator"]
    publish(hub, corrected(hub), Operators(other, operator))
    days = [later(hub, 60 + number) for number in range(2)]
    theirs, own = (propose(hub, who, corrected(hub, begins=day)) for who, day in zip((other, operator), days, strict=True))
    colleague = make_member(hub, "appraiser", organisation=agency)
    readings = []
    for item in ("40", "41"):
        with hub.begin(actor(hub, colleague)) as work:
            read_on = shanghai_day(work.now)
            readings.append(schemes.read_item(work, CAR, item, page="第 14 页", read_on=read_on).code)
    with hub.begin(actor(hub, people["appraiser"])) as work:
        schemes.check_reading(work, readings[0], agrees=True)
    about = {"scheme_id": CAR, "revision": "r2", "older": "r1", "newer": "r2", "item": "42"}
    return {
        "scheme_revision": about,
        "scheme_proposal": {"code": theirs.code},
        "own_scheme_proposal": {"code": own.code},
        "scheme_reading": {"code": readings[1]},
    }


def _papers(hub: Hub, agency: Organisation, people: dict[str, User], report: Report) -> dict[str, dict[str, object]]:
    """What the register keeps of an agency and an appraiser besides licence and certificate; their address parts by kind."""
    manager = make_member(hub, "manager", organisation=agency)
    paused = make_organisation(hub, "agency", "停云检测")
    day = shanghai_day(report.signed_at)
    with hub.begin(actor(hub, manager)) as work:
        gauge = appraisal.add_instrument(work, "coating_gauge", "循衡", "XH-1", "0001")
        calibration = appraisal.calibrate(work, gauge.code, day, day + timedelta(days=365), "JL-0001", "循河计量所")
        papers = {"business_licence": "91500000TEST", "premises": "ZL-2026-001", "procedure": "第 3 版"}
        application = appraisal.apply(work, "car", "循河镇云杉路 20 号", 120, papers, "")
    with hub.begin(actor(hub, people["appraiser"])) as work:
        course = appraisal.record_course(work, "继续教育", "云杉职业能力中心", 8, day, "JX-0001")
        days = (day, day + timedelta(days=365))
        certificate = appraisal.hand_in_certificate(work, "car", "senior", "ZJ-0001", "云杉职业能力中心", *days)
        test = appraisal.begin_test(work, "appliance")
    with hub.begin(SYSTEM) as work:
        appraisal.record_agreement(work, report, source="a draw", kind="blind", steps=0, critical_misses=0)
    with hub.begin(actor(hub, people["operator"])) as work:
        suspension = appraisal.suspend(work, paused.code, "抽查发现两台仪器超过校准有效期。")
    with hub.look(SYSTEM) as work:
        licence = queries.newest_licences(work, [agency.id])[0]
    return {
        "reg_agency": {"code": agency.code},
        "reg_appraiser": {"code": people["appraiser"].code},
        "instrument": {"code": gauge.code},
        "calibration": {"code": calibration.code},
        "application": {"code": application.code},
        "course": {"code": course.code},
        "certificate": {"code": certificate.code},
        "proficiency": {"code": test.code},
        "suspension": {"code": suspension.code},
        "licence": {"code": licence.code},
    }
