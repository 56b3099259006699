"""Pages to which links lead only now and then, made ready in the demo town: for each reader the addresses, one of every face."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts import service as inviting
from app.accounts.models import Organisation, User
from app.aftersales.states import BUYER_TURN, ESCALATED, REMEDIED, SELLER_TURN
from app.appraisal import queries as appraisals
from app.appraisal import service as appraisal
from app.appraisal.models import Appraisal, Calibration, Course, Licence, Report, Suspension
from app.appraisal.states import INSPECTING
from app.goods.models import Thing
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM, Work
from app.listings import wizard
from app.listings.models import Listing
from app.listings.schema import schema_by_id
from app.oversight import service as oversight
from app.payments import queries as payments
from app.payments.jobs import pay_agencies
from app.payments.service.commands import fail
from app.schemes import service as schemes
from app.trades import service as trades
from app.trades.models import Order
from app.trades.service import Found, offers
from app.trades.states import ACCEPTANCE, AWAITING_PAYMENT, CLOSED_REFUNDED, COMPLETED
from app.trades.states.offers import SELLER
from app.valuation.asking import Asked
from grading.ids import luhn_digit
from tests.accounts.making import PASSWORD, actor, make_member
from tests.aftersales.deciding import ask, rule
from tests.aftersales.going_back import going_back
from tests.aftersales.making import arrived, make_claim
from tests.appraisal.admitting import qualify
from tests.appraisal.making import CLOSED, clean_answers, make_inspection, make_key
from tests.appraisal.making import sign as sign_inspection
from tests.appraisal.paying import Paid, leave, make_paid
from tests.credit.making import make_events
from tests.goods.making import make_thing
from tests.listings.making import CAR, WASHER, make_draft, make_listing, make_thing_listing, tiny_photo
from tests.oversight.making import make_finding
from tests.payments.making import begin_checkout, settle
from tests.peerreviews.making import demand, make_colleague, make_held
from tests.reinspection.making import contested, make_scene
from tests.schemes.making import CAR as CAR_SCHEME
from tests.schemes.making import PHONE, Operators, corrected, propose, publish
from tests.statistics.making import make_closed
from tests.trades.bargaining import as_side, make_negotiation, offer
from tests.trades.carrying import brought, changed, fridge, on_its_way
from tests.trades.comparing import hand_in
from tests.trades.making import as_buyer, ask_back, buy, make_opened_review, make_order
from tests.valuation.making import make_import, make_model, make_worth
from tests.visits.making import disputed, make_offering

WHO = {
    "seller": "chen@xunhe.example",
    "buyer": "lin@xunhe.example",
    "appraiser": "meng@mingzhun.example",
    "officer": "song@jianguan.example",
    "operator": "tao@yunying.example",
    "manager": "xing@cehe.example",
}
ROOM = {"floor": "6", "lift": "no", "remarks": "楼道窄，请带拆门工具。"}
# Of a seller who knows nothing for sure and discloses something: screens that a careless "no" would skip.
OPEN_CAR: dict[str, Any] = {
    **CAR,
    "vin": "WDBEA30D3HA391172",
    "answers": {**CAR["answers"], "accident": "issue", "accident_words": "右前撞过，修好了。"},
}
OTHER_WASHER: dict[str, Any] = {**WASHER, "serial": "CE0J7M00R9K54321"}


@dataclass
class Faces:
    """Who reads (their address for signing in), and what they open."""

    readers: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, list[str]] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)  # of whom the demo town does not know

    def add(self, who: str, *addresses: str) -> None:
        self.addresses.setdefault(who, []).extend(addresses)


def of_the_town(hub: Hub) -> Faces:
    """Everything through the verbs, as the people of the demo town would do it. Before its jobs run: these here play them."""
    faces = Faces(dict(WHO))
    people = _people(hub, WHO)
    _things(hub, faces, people)
    _orders(hub, faces, people)
    _wizard(hub, faces, people["seller"])
    _inspections(hub, faces, people)
    _bargaining(hub, faces, people["buyer"], people["seller"])
    _paid(hub, faces, people["buyer"])
    _signing(hub, faces, people["appraiser"])
    _register(hub, faces, people)
    _second_looks(hub, faces, people)
    _schemes(hub, faces, people)
    _houses(hub, faces, people)
    _contested(hub, faces, people["buyer"])
    _claims(hub, faces, people)
    at_home(hub, faces, people["buyer"])
    _worth(hub, faces)
    imports = (make_import(hub, people["operator"], checked=checked) for checked in (False, True))
    faces.add("operator", "/operator/models", "/operator/models/phone-1")
    faces.add("operator", "/operator/prices", *(f"/operator/prices/{code}" for code in imports))
    with hub.begin(actor(hub, people["officer"])) as work:
        purpose = oversight.open_purpose(work, "SJ-2026-0117", "Complaint about an undisclosed repair.").code
    make_events(hub, people["seller"])
    make_finding(hub, people["officer"], people["seller"], purpose)
    faces.add("officer", f"/oversight/{purpose}/findings", f"/oversight/{purpose}/questions", "/oversight/keys")
    faces.add("visitor", f"/sellers/{people['seller'].code}", "/credit/platform", "/credit/fairness", "/statistics")
    faces.add("visitor", f"/statistics/{make_closed(hub)}")
    faces.add("officer", f"/oversight/{purpose}", f"/oversight/{purpose}/sellers/{people['seller'].code}")
    return faces


def _worth(hub: Hub, faces: Faces) -> None:
    """Estimates: by a price model with reasons and curve, and of a car with which nothing can be compared."""
    make_model(hub)
    phone = Asked("phone", "apple", "iphone-13", storage_gb=128, first_used="2023-05", tier="B", battery_health=88)
    flooded = Asked("car", "volkswagen", "lavida", first_used="2020-05", is_flood=True)
    faces.add("visitor", *(f"/worth/{make_worth(hub, asked)}" for asked in (phone, flooded)))


def _people(hub: Hub, emails: dict[str, str]) -> dict[str, User]:
    with hub.look(SYSTEM) as work:
        return {who: work.session.scalars(select(User).where(User.email == email)).one() for who, email in emails.items()}


def _things(hub: Hub, faces: Faces, people: dict[str, User]) -> None:
    """Offers and reports of each category, and what an owner does with a thing."""
    buyer = people["buyer"]
    with hub.look(SYSTEM) as work:
        offered, thing = _offered_phone(work, buyer)
        reported = work.session.execute(
            select(Listing.code, Listing.category, Report.code)
            .join(Report, Report.code == Listing.report_code)
            .order_by(Listing.id)
        ).all()
    faces.add("visitor", *(address for item, _, report in reported for address in (f"/items/{item}", f"/reports/{report}")))
    faces.add("buyer", f"/items/{offered.code}/edit", f"/appraisals/request?thing={thing.code}")
    faces.add("buyer", *(f"/items/{item}/buy" for item, category, _ in reported if category == "car"))


def _offered_phone(work: Work, owner: User) -> tuple[Listing, Thing]:
    offered = work.session.scalars(select(Listing).where(Listing.seller_id == owner.id, Listing.category == "phone")).one()
    return offered, work.session.get_one(Thing, offered.thing_id)


def _orders(hub: Hub, faces: Faces, people: dict[str, User]) -> None:
    """A sale that waits for each of the two sides, and the way back after a refund, step by step."""
    buyer, seller = people["buyer"], people["seller"]
    numbers = _imeis()

    def order(state: str) -> Order:
        return make_order(hub, state, buyer=buyer, seller=seller, imei=next(numbers))

    done, unpaid = order(ACCEPTANCE), order(AWAITING_PAYMENT).payment_code
    received = done.code
    sold = order(COMPLETED)
    faces.add("buyer", f"/pay/{done.payment_code}/receipt")
    faces.add("operator", "/operator/refunds", f"/operator/orders/{sold.code}/refund")
    reviewed = order(COMPLETED)
    faces.add("buyer", f"/orders/{sold.code}", f"/orders/{reviewed.code}")
    faces.add("operator", f"/operator/reviews/{make_opened_review(hub, reviewed).code}")
    faces.add("visitor", f"/sellers/{seller.code}/reviews")
    faces.add("seller", f"/account/money/{shanghai_day(sold.completed_at or sold.created_at).isoformat()[:7]}")
    checkout = begin_checkout(hub, unpaid)
    faces.add("buyer", f"/orders/{received}/problem", f"/pay/{unpaid}", f"/pay/{unpaid}/done", f"/sandbox/checkout/{checkout}")

    refunded, named, sent = (order(CLOSED_REFUNDED) for _ in range(3))
    for each in (named, sent):
        ask_back(hub, each)
    as_buyer(hub, sent, trades.send_back, sent.code, "yto", "YT1234567890")
    for who in ("buyer", "seller"):
        faces.add(who, *(f"/orders/{each.code}" for each in (refunded, named, sent)))

    offer, shelf = (make_thing_listing(hub, seller, "appliance", wanted) for wanted in (WASHER, OTHER_WASHER))
    faces.add("buyer", f"/items/{offer.code}/buy")
    to_bring = buy(hub, shelf, buyer, **ROOM)
    settle(hub, to_bring.payment_code)
    faces.add("seller", f"/orders/{to_bring.code}")


def _bargaining(hub: Hub, faces: Faces, buyer: User, seller: User) -> None:
    """Offers that wait for each of the two sides, one below the lowest price, one agreed and one declined."""
    free = iter(list(_imeis())[50:60])
    with_floor = make_listing(hub, seller, imei=next(free))
    with hub.begin(actor(hub, seller)) as work:
        offers.set_floor(work, with_floor.code, 220_000)
    quiet = offer(hub, with_floor, buyer)
    asked, agreed, declined = (make_negotiation(hub, seller=seller, buyer=buyer, imei=next(free)) for _ in range(3))
    lots = [make_listing(hub, seller, imei=next(free)) for _ in range(2)]
    bundle = offer(hub, lots[0], buyer, 400_000, further=[lots[1].code])
    as_side(hub, bundle, SELLER, offers.accept, hub.sealer, hub.settings, bundle.code, 1)
    as_side(hub, asked, SELLER, offers.counter, hub.settings, asked.code, 230_000, 1)
    as_side(hub, agreed, SELLER, offers.accept, hub.sealer, hub.settings, agreed.code, 1)
    as_side(hub, declined, SELLER, offers.decline, declined.code, 1)
    pages = ["/my/offers", *(f"/offers/{each.code}" for each in (quiet, asked, agreed, declined, bundle))]
    faces.add("buyer", *pages, f"/items/{make_listing(hub, seller, imei=next(free)).code}/offer")
    faces.add("seller", *pages, f"/items/{with_floor.code}/floor")


def _imeis() -> Iterator[str]:
    """Numbers that nobody in the demo town has."""
    for number in range(100):
        first = f"49015420323{number:03d}"
        yield first + luhn_digit(first)


def _wizard(hub: Hub, faces: Faces, seller: User) -> None:
    """One screen of each kind that a category has: its own templates, and one question of every kind of answer."""
    for category, wanted in (("car", OPEN_CAR), ("appliance", {**WASHER, "serial": "CE0J7M00R9K77777"})):
        _add_screens(faces, make_thing_listing(hub, seller, category, wanted, publish=False))
    _add_screens(faces, make_draft(hub, seller, imei=list(_imeis())[-1]))


def _add_screens(faces: Faces, draft: Listing) -> None:
    shown: set[tuple[str, ...]] = set()
    for screen in wizard.screens(schema_by_id(draft.schema_id), draft.draft):
        asked = screen.question
        face = (asked.kind, str(asked.unit is None), str(asked.unknown)) if asked else (screen.code,)
        if face not in shown:
            shown.add(face)
            faces.add("seller", f"/sell/{draft.code}/{screen.step}?q={screen.code}")


def _inspections(hub: Hub, faces: Faces, people: dict[str, User]) -> None:
    """A phone's inspection on one page, a car's part by part, an appliance's: each with an appraiser who does such things."""
    seller = people["seller"]
    with hub.look(SYSTEM) as work:
        inspected = work.session.scalars(select(Appraisal).where(Appraisal.state == INSPECTING)).one()
        agency = accounts.organisation_by_id(work, inspected.agency_id).code
        own = select(Thing).where(Thing.owner_id == people["buyer"].id, Thing.category == "phone").order_by(Thing.id)
        offered = _offered_phone(work, people["buyer"])[1]
        bought = next(each.code for each in work.session.scalars(own) if each.id != offered.id)
    with hub.begin(actor(hub, people["buyer"])) as work:
        asked = appraisal.request(work, bought, agency).code
    faces.add("appraiser", f"/appraisals/{asked}", *(f"/appraisals/{inspected.code}/{page}" for page in ("inspect", "sign")))
    for category, wanted, parts in (
        ("car", {**CAR, "vin": "1M8GDM9AXKP042788"}, ("frame", "body_exterior", "functional_parts")),
        ("appliance", {**WASHER, "serial": "CE0J7M00R9K99999"}, ("A2", "A3")),
    ):
        listing = make_thing_listing(hub, seller, category, wanted)
        with hub.look(SYSTEM) as work:
            thing = work.session.get_one(Thing, listing.thing_id)
        code, expert = begun(hub, thing, seller)
        who = f"{category} appraiser"
        faces.readers[who] = expert.email
        faces.add(who, f"/appraisals/{code}", f"/appraisals/{code}/inspect", f"/appraisals/{code}/sign")
        faces.add(who, f"/appraisals/{code}/photos", *(f"/appraisals/{code}/inspect?section={part}" for part in parts))


def begun(hub: Hub, thing: Thing, owner: User) -> tuple[str, User]:
    """An inspection of the thing by an agency of the town, begun: its code and who inspects. A fee is paid, a time booked and kept."""
    with hub.look(SYSTEM) as work:
        done = work.session.scalars(
            select(Appraisal)
            .join(Thing, Thing.id == Appraisal.thing_id)
            .where(Thing.category == thing.category, Appraisal.appraiser_id.is_not(None))
        ).first()
        assert done is not None, f"nobody in the town has appraised a {thing.category}"
        agency = accounts.organisation_by_id(work, done.agency_id)
        price = appraisals.price_of(work, agency.id, thing.category)
        experts = accounts.members(work, agency.id, "appraiser")
    with hub.begin(actor(hub, owner)) as work:
        code = appraisal.request(work, thing.code, agency.code).code
    if price is None:
        expert = next(each for each in experts if each.id == done.appraiser_id)
        with hub.begin(actor(hub, expert)) as work:
            appraisal.accept(work, code)
        return code, expert
    with hub.look(SYSTEM) as work:
        manager = accounts.members(work, agency.id, "manager")[0]
        place = appraisals.places_of(work, agency.id)[0]
    paid = Paid(hub, code, thing, owner, agency, manager, place, list(experts)).pay()
    paid.run()
    paid.accept().book().check_in()
    return code, paid.appraiser


def _paid(hub: Hub, faces: Faces, owner: User) -> None:
    """Appraisals with a fee: one that nobody takes, one in which the agency has the thing, one that waits for a time."""
    nobody_takes = make_paid(hub, "fee_paid", name="三水检测")
    lent = make_paid(hub, "item_received", owner=owner, name="三木检测")
    chosen = make_paid(hub, "accepted", owner=owner, name="三石检测")
    chosen.slot()
    faces.add("buyer", *(f"/appraisals/{paid.code}" for paid in (lent, chosen)))
    earning(hub, faces, owner)
    faces.add("operator", f"/operator/appraisals/{nobody_takes.code}")


def earning(hub: Hub, faces: Faces, owner: User) -> None:
    """An agency with a payout that did not arrive, and earnings of today."""
    earned = [make_paid(hub, "issued", owner=owner, name="三江检测")]
    pay_agencies(hub)
    with hub.begin() as work:
        for command in payments.agency_commands(work, earned[0].agency.id):
            fail(work, command, "account_closed")
    faces.readers["earning"], faces.passwords["earning"] = earned[0].manager.email, PASSWORD
    faces.add("earning", "/agency/money")
    leave(hub, make_paid(hub, "issued", owner=owner, name="三叶检测").manager)
    faces.add("operator", "/operator/money")


def _signing(hub: Hub, faces: Faces, appraiser: User) -> None:
    """A report and its correction, a frozen draft, and the appraiser's key."""
    with hub.look(SYSTEM) as work:
        inspected = work.session.scalars(
            select(Appraisal).where(Appraisal.state == INSPECTING, Appraisal.appraiser_id == appraiser.id)
        ).first()
        assert inspected is not None, "the town's appraiser inspects nothing"
        agency = accounts.organisation_by_id(work, inspected.agency_id)
    case = make_inspection(hub, clean_answers(), appraiser=appraiser, agency=agency)
    first = sign_inspection(hub, case)
    with hub.begin(actor(hub, appraiser)) as work:
        appraisal.correct(work, first.code, "Read the battery wrongly.")
    with hub.begin(actor(hub, appraiser)) as work:
        appraisal.save_findings(work, case.code, {"battery_pct": "97"}, CLOSED)
        second = appraisal.sign(work, case.code, case.appraiser.display_name, CLOSED + 1)
    assert second is not None
    frozen = frozen_report(hub, appraiser, agency)
    with hub.look(SYSTEM) as work:
        kid = appraisals.keys_of(work, appraiser.id)[0][0].kid
    faces.add("appraiser", "/keys", f"/keys/{kid}/revoke", f"/appraisals/{frozen}/draft")
    faces.add("appraiser", f"/reports/{second.code}/changes", f"/reports/{first.code}")


def frozen_report(hub: Hub, appraiser: User, agency: Organisation) -> str:
    """The code of a phone's inspection whose report waits for the appraiser's own key."""
    case = make_inspection(hub, clean_answers(), appraiser=appraiser, agency=agency)
    make_key(hub, appraiser)
    with hub.begin(actor(hub, appraiser)) as work:
        appraisal.freeze(work, case.code, CLOSED)
    return case.code


def _second_looks(hub: Hub, faces: Faces, people: dict[str, User]) -> None:
    """A blind form and a decision that wait for the appraiser, one that is over, and one that nobody has."""
    appraiser, operator = people["appraiser"], people["operator"]
    demand(hub, first=1000)
    asked, differing = (make_held(hub, colleagues=0, seniors=0) for _ in range(2))
    asked.ask(operator, appraiser)
    differing.ask(operator, make_colleague(hub, differing.case.agency, "顾明远"))
    over = make_held(hub)
    over.ask(operator, over.colleagues[0])
    for held in (differing, over):
        held.look(drain=False, screen_glass="cracked")
    over.ask(operator, over.seniors[0])
    over.decide("stands", drain=False)
    with hub.begin() as work:
        qualify(work, appraiser.id, ["phone"], level="senior")
    differing.ask(operator, appraiser)
    make_held(hub, colleagues=0, seniors=0)
    demand(hub)
    faces.add("appraiser", "/peer-reviews", *(f"/peer-reviews/{each.review.code}" for each in (asked, differing)))
    faces.add("operator", "/operator/peer-reviews", f"/peer-reviews/{over.review.code}")


def _contested(hub: Hub, faces: Faces, owner: User) -> None:
    """A grade that its owner doubts, and a report that could be contested."""
    scene = contested(hub, owner=owner)
    code = scene.row.code
    faces.add(
        "buyer", "/my/contests", f"/contests/{code}", f"/reports/{make_scene(hub, owner=owner, others=0).first.code}/contest"
    )
    faces.add("operator", "/operator/reinspections", f"/operator/reinspections/{code}")


def _claims(hub: Hub, faces: Faces, people: dict[str, User]) -> None:
    """A claim to open, one for each side to answer, disputes in their steps, and the way back."""
    sides = {"seller": people["seller"], "buyer": people["buyer"]}
    to_claim = arrived(hub, **sides)
    asked, refused, escalated = (
        make_claim(hub, state, arrived(hub, **sides))[0].code for state in (SELLER_TURN, BUYER_TURN, ESCALATED)
    )
    settled = make_claim(hub, REMEDIED, arrived(hub, **sides))[0].code
    faces.add("buyer", f"/orders/{changed(hub, buyer=sides['buyer']).code}")
    faces.add(
        "seller",
        f"/orders/{changed(hub, seller=sides['seller']).code}",
        f"/orders/{on_its_way(hub, seller=sides['seller']).code}",
    )
    faces.add("buyer", f"/orders/{brought(hub, buyer=sides['buyer']).code}", f"/items/{fridge(hub).code}/buy")
    content, differing = (arrived(hub, **sides) for _ in range(2))
    hand_in(hub, content, {"report:touch": Found("unchecked")})
    hand_in(hub, differing, {"report:screen_glass": Found("differs", "cracked", "右上角有一道裂纹。", tiny_photo(4801))})
    faces.add("buyer", f"/orders/{to_claim.code}/check", f"/orders/{content.code}/check", f"/orders/{differing.code}/check")
    faces.add("buyer", f"/orders/{differing.code}", f"/orders/{differing.code}/claim")
    faces.add("seller", f"/orders/{differing.code}/check")
    faces.add("buyer", f"/orders/{to_claim.code}/claim", "/my/claims", f"/claims/{refused}", f"/claims/{settled}")
    faces.add("seller", f"/claims/{asked}", f"/claims/{refused}")
    ways = {step: going_back(hub, step, order=arrived(hub, **sides))[0].code for step in ("address", "send", "receive")}
    faces.add("seller", f"/claims/{ways['address']}", f"/claims/{ways['receive']}")
    faces.add("buyer", f"/claims/{ways['send']}")
    faces.add("operator", "/operator/claims", f"/claims/{escalated}", "/operator/disputes", "/my/disputes")
    to_decide = make_claim(hub, ESCALATED, arrived(hub, **sides))[0]
    faces.add("operator", f"/disputes/{ask(hub, to_decide, people['operator']).code}")  # before the job draws somebody else
    ruled = make_claim(hub, ESCALATED, arrived(hub, **sides))[0]
    rule(hub, ruled)
    faces.add("buyer", f"/claims/{ruled.code}", f"/claims/{to_decide.code}")
    faces.add("seller", f"/claims/{ruled.code}")


def at_home(hub: Hub, faces: Faces, owner: User) -> None:
    """Visits: times to choose from, one that is booked for each side, one that staff decide about, and what an agency offers."""
    offering = make_offering(hub, name="三水上门检测", appraisers=2)
    booked = offering.order(owner).pay().accept()
    thing = make_thing(hub, owner)
    ask = f"/appraisals/request/visit?thing={thing.code}"
    faces.add("buyer", f"/appraisals/{booked.code}", ask, f"{ask}&district={offering.area.district}")
    faces.readers |= {"coming": booked.appraiser.email, "offering": offering.manager.email}
    faces.passwords |= dict.fromkeys(("coming", "offering"), PASSWORD)
    faces.add("coming", f"/appraisals/{booked.code}")
    faces.add("offering", "/agency/visits")
    both = disputed(offering.order(owner, slot=1).pay().accept())
    faces.add("operator", "/operator/visits")
    faces.add("buyer", f"/appraisals/{both.code}")


def _register(hub: Hub, faces: Faces, people: dict[str, User]) -> None:
    """A test under way, a certificate and an application that wait for the operator, and what the operator takes back."""
    with hub.begin(actor(hub, people["appraiser"])) as work:
        test = appraisal.begin_test(work, "car").code
        days = (shanghai_day(work.now), shanghai_day(work.now))
        paper = appraisal.hand_in_certificate(work, "car", "senior", "XH-AXE", "循河职业能力中心（演示）", *days).code
    with hub.begin(actor(hub, people["manager"])) as work:
        documents = {"business_licence": "演示-1", "premises": "演示-2", "procedure": "演示-3"}
        application = appraisal.apply(work, "phone", "循河镇（演示）云杉路 20 号", 85, documents, "").code
    with hub.look(SYSTEM) as work:
        first = {row: work.session.scalars(select(row.code)).first() for row in (Suspension, Course, Calibration, Licence)}
        agency = appraisals.agencies(work)[0].code
    faces.add("visitor", "/registry")
    faces.add("appraiser", f"/appraiser/tests/{test}")
    faces.add("manager", "/agency", "/agency/offer", "/agency/apply/phone")
    faces.add(
        "operator",
        f"/operator/applications/{application}",
        f"/operator/certificates/{paper}",
        f"/operator/agencies/{agency}/suspend",
        f"/operator/suspensions/{first[Suspension]}/lift",
        f"/operator/courses/{first[Course]}/strike",
        f"/operator/calibrations/{first[Calibration]}/strike",
        *(f"/operator/licences/{first[Licence]}/{verb}" for verb in ("correct", "withdraw")),
    )


def _houses(hub: Hub, faces: Faces, people: dict[str, User]) -> None:
    """Who works where, somebody who is invited, and a role that is to end."""
    manager, guest = people["manager"], people["buyer"]
    with hub.begin(actor(hub, manager)) as work:
        house = next(house for each, house in accounts.memberships_of(work, manager.id) if each.role == "manager")
        asked = inviting.invite(work, house, "appraiser", guest.email, "zh_CN").code
        one = next(each for each, _person in accounts.roles_in(work, house.id) if each.role == "appraiser")
    faces.add("buyer", "/account", f"/invitations/{asked}")
    faces.add("manager", f"/organisations/{house.code}", f"/memberships/{one.code}/end")
    faces.add("operator", "/operator/organisations", f"/organisations/{house.code}")


def _schemes(hub: Hub, faces: Faces, people: dict[str, User]) -> None:
    """A corrected scheme that waits for a second operator, one that was approved, and items that an agency read in the standard."""
    operator, manager = people["operator"], people["manager"]
    colleague = make_member(hub, "operator")
    publish(hub, people=Operators(operator, colleague))
    waiting = propose(hub, colleague, corrected(hub, PHONE))
    with hub.begin(actor(hub, manager)) as work:
        read_on = shanghai_day(work.now)
        reading = schemes.read_item(work, CAR_SCHEME, "41", page="第 14 页", read_on=read_on).code
    with hub.look(SYSTEM) as work:
        of_the_agency = accounts.memberships_of(work, manager.id)[0][1]
        checker = accounts.members(work, of_the_agency.id, "appraiser")[0]
    faces.readers["checker of a scheme"] = checker.email
    faces.add("checker of a scheme", f"/agency/readings/{reading}")
    of_cars = f"/schemes/{CAR_SCHEME}"
    faces.add("visitor", "/schemes", of_cars, f"{of_cars}/r1", f"{of_cars}/r1/r2")
    faces.add("manager", f"/agency{of_cars}", f"/agency{of_cars}/42")
    faces.add("operator", "/operator/schemes", f"/operator/schemes/{waiting.code}")
