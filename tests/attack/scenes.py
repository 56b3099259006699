"""What has to be so before a program can do what an operation does: whose program, which thing, and the ids in the body.

Generated requests alone hardly ever come behind the first check: they name nothing that is there, or something in another
state. A scene gives a generated request the one place where it can succeed.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts.models import Membership, Organisation, User
from app.aftersales import queries as claims
from app.aftersales.states import BUYER_TURN, ESCALATED, SELLER_TURN
from app.api.faces import operations
from app.appraisal import queries
from app.appraisal import service as appraisal
from app.appraisal.api.erasure import EXAMPLE
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.listings.queries import photos_of
from app.trades import service as trades
from app.trades.models import Order
from app.trades.states import ACCEPTANCE, AWAITING_PAYMENT, CLOSED_REFUNDED, COMPLETED, FULFILLING, MEET, PAID
from app.visits.models import Visit
from app.visits.states import SAY_ABSENT, VISIT_FLOW
from tests.accounts.making import actor, make_member, make_user
from tests.aftersales.deciding import rule
from tests.aftersales.going_back import OTHER_IMEI, going_back
from tests.aftersales.making import arrived, make_claim, make_offered
from tests.appraisal.admitting import qualify
from tests.appraisal.making import clean_answers, close, erase, make_inspection, make_report, make_request
from tests.appraisal.paying import ADDRESS, FEE, SEAL, Paid, make_paid
from tests.goods.making import make_car, make_thing
from tests.guards.conftest import Town
from tests.journeys.test_categories import answer_all
from tests.listings.making import make_draft, make_listing, tiny_photo
from tests.reinspection.making import contested, offer_place
from tests.trades.bargaining import make_negotiation
from tests.trades.carrying import brought, changed, on_its_way
from tests.trades.making import as_buyer, ask_back, code_of, make_order, report
from tests.visits.making import WAY, make_offering


@dataclass(frozen=True)
class Scene:
    """Who asks, about what, with which fixed fields; ``seen`` names the operation whose ETag goes into If-Match."""

    role: str
    parts: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)
    seen: str = ""


def scenes_of(town: Town) -> dict[str, Scene]:
    """A scene for every operation that writes: household sells to other, other sells to household."""
    hub, household, other = town.hub, town.people["household"], town.people["other"]

    def sale(state: str, delivery: str = "parcel") -> Any:
        return make_order(hub, state, seller=household, buyer=other, delivery=delivery)

    def purchase(state: str) -> Any:
        return make_order(hub, state, seller=other, buyer=household)

    def asked_off() -> dict[str, str]:
        order = sale(FULFILLING, MEET)
        as_buyer(hub, order, trades.ask_cancel, order.code)
        return {"code": order.code}

    def complained(order: Any) -> dict[str, str]:
        report(hub, order)
        return {"code": order.code}

    absent = absences(hub, household)  # before everything else: the clock goes on meanwhile
    draft, meeting, shelf = make_draft(hub, household), sale(FULFILLING, MEET), make_listing(hub, other)
    with hub.look(SYSTEM) as work:
        photo = {"code": draft.code, "photo_code": photos_of(work, draft.id)[1].code}
    back = purchase(CLOSED_REFUNDED)
    ask_back(hub, back)
    inspected, begun = make_inspection(hub, clean_answers(), **inspectors(town)), make_inspection(hub, **inspectors(town))
    tested = make_inspection(hub, clean_answers(), is_sealed=False, **inspectors(town))
    agency = {"agency": tested.agency, "appraiser": make_member(hub, "appraiser", organisation=tested.agency)}
    by_colleague = make_inspection(hub, clean_answers(), is_sealed=False, owner=household, **agency)
    checked = make_inspection(hub, clean_answers(), is_sealed=False, **inspectors(town))
    for case, colleague in ((by_colleague, None), (checked, agency["appraiser"])):
        erase(hub, case.code, case.appraiser, colleague)
    found = {
        "createListing": Scene("household"),
        "saveDraft": Scene("household", {"code": make_draft(hub, household).code}, seen="getDraft"),
        "discardDraft": Scene("household", {"code": draft.code}),
        "addPhoto": Scene("household", {"code": draft.code}),
        "movePhoto": Scene("household", photo),
        "deletePhoto": Scene("household", photo),
        "publishListing": Scene("household", {"code": draft.code}, seen="getDraft"),
        "registerThing": Scene("household", {"code": make_draft(hub, household).code}),
        "editListing": Scene("household", listed(hub, household, "active"), seen="getListing"),
        "pauseListing": Scene("household", listed(hub, household, "active")),
        "resumeListing": Scene("household", listed(hub, household, "paused")),
        "renewListing": Scene("household", listed(hub, household, "expired")),
        "withdrawListing": Scene("household", listed(hub, household, "active")),
        "sellAgain": Scene("household", listed(hub, household, "withdrawn")),
        "createEstimate": Scene("household"),
        "requestAppraisal": Scene("household", fixed={"thing": make_thing(hub, household).code, "agency": inspected.agency.code}),
        "acceptAppraisal": Scene("appraiser", {"code": make_request(hub, **inspectors(town)).code}),
        "declineAppraisal": Scene("appraiser", {"code": make_request(hub, **inspectors(town)).code}),
        "cancelAppraisal": Scene("household", {"code": make_request(hub, **inspectors(town)).code}),
        "giveUpAppraisal": Scene("appraiser", {"code": begun.code}, {"kind": "locked"}),
        **handing_scenes(town),
        **absent,
        "saveFindings": Scene("appraiser", {"code": begun.code}, seen="getFindings"),
        "recordErasure": Scene("appraiser", {"code": tested.code}, EXAMPLE | {"name": town.people["appraiser"].display_name}),
        "checkErasure": Scene("appraiser", {"code": by_colleague.code}),
        "sealThing": Scene("appraiser", {"code": checked.code}, {"seal_no": "QH-2026-0777"}),
        "signReport": Scene(
            "appraiser", {"code": inspected.code}, {"name": town.people["appraiser"].display_name}, seen="getFindings"
        ),
        "confirmReport": Scene(
            "appraiser",
            {"code": car_for_its_senior(town)},
            {"name": town.people["appraiser"].display_name},
            seen="getReportDraft",
        ),
        "referBackReport": Scene("appraiser", {"code": car_for_its_senior(town)}, seen="getReportDraft"),
        "reopenReport": Scene("appraiser", {"code": car_with_its_appraiser(town)}),
        "buy": Scene("household", fixed={"listing": shelf.code, "expected_price_fen": shelf.price_fen, "delivery": "parcel"}),
        "makeOffer": Scene("household", {"code": make_listing(hub, make_user(hub)).code}),
        **{
            f"{step}Offer": Scene("household", {"code": make_negotiation(hub, seller=household).code}, seen="getNegotiation")
            for step in ("accept", "counter", "decline")
        },
        "withdrawOffer": Scene("household", {"code": make_negotiation(hub, buyer=household).code}, seen="getNegotiation"),
        "setFloor": Scene("household", listed(hub, household, "active")),
        "agreeToOffer": Scene("household", {"code": make_offered(hub, arrived(hub, buyer=household)).code}, seen="getClaim"),
        **{
            name: Scene("household", {"code": going_back(hub, step, order=arrived(hub, **side))[0].code}, fixed, seen="getClaim")
            for name, step, side, fixed in (
                ("nameReturnAddress", "address", {"seller": household}, {}),
                ("sendClaimBack", "send", {"buyer": household}, {}),
                (
                    "receiveClaimBack",
                    "receive",
                    {"seller": household},
                    {"number": OTHER_IMEI, "words": "寄回的不是卖出的那一台。"},
                ),
            )
        },
        "sayNothingCame": Scene("household", {"code": not_come(hub, household)}, seen="getClaim"),
        "openClaim": Scene(
            "household", {"code": arrived(hub, buyer=household).code}, {"photos": [b64encode(tiny_photo(77)).decode()]}
        ),
        **{
            name: Scene("household", {"code": make_claim(hub, state, arrived(hub, seller=household))[0].code}, seen="getClaim")
            for name, state in (("acceptClaim", SELLER_TURN), ("offerOnClaim", SELLER_TURN), ("refuseClaim", SELLER_TURN))
        },
        **{
            name: Scene("household", {"code": make_claim(hub, state, arrived(hub, buyer=household))[0].code}, seen="getClaim")
            for name, state in (
                ("askAgain", BUYER_TURN),
                ("escalateClaim", BUYER_TURN),
                ("withdrawClaim", SELLER_TURN),
            )
        },
        **{
            name: Scene("household", {"code": ruled(hub, arrived(hub, buyer=household))}, seen="getClaim")
            for name in ("acceptRuling", "appealRuling")
        },
        "payPayment": Scene("household", {"code": purchase(AWAITING_PAYMENT).payment_code}),
        "cancelOrder": Scene("household", {"code": sale(PAID).code}, seen="getOrder"),
        "agreeCancel": Scene("household", asked_off()),
        "objectCancel": Scene("household", asked_off()),
        "shipOrder": Scene("household", {"code": sale(PAID).code}, {"erased": True}),
        "arrangeMeeting": Scene("household", {"code": sale(PAID, MEET).code}, {"erased": True}),
        "handOver": Scene("household", {"code": meeting.code}, {"digits": code_of(hub, meeting)}),
        "receiveOrder": Scene("household", {"code": purchase(FULFILLING).code}),
        "acceptOrder": Scene("household", {"code": purchase(ACCEPTANCE).code}, seen="getOrder"),
        "proposeChange": Scene("household", {"code": on_its_way(hub, seller=household).code}),
        "withdrawChange": Scene("household", {"code": changed(hub, seller=household).code}),
        **{
            name: Scene("household", {"code": changed(hub, buyer=household).code}, seen="listChanges")
            for name in ("acceptChange", "refuseChange")
        },
        "installOrder": Scene("household", {"code": brought(hub, buyer=household).code}),
        "handInCheck": Scene("household", {"code": arrived(hub, buyer=household).code}),
        "reportProblem": Scene("household", {"code": purchase(ACCEPTANCE).code}),
        "withdrawProblem": Scene("household", complained(purchase(ACCEPTANCE))),
        "answerProblem": Scene("household", complained(sale(ACCEPTANCE))),
        "askBack": Scene("household", {"code": sale(CLOSED_REFUNDED).code}),
        "sendBack": Scene("household", {"code": back.code}),
        "takeBack": Scene("household", {"code": sale(CLOSED_REFUNDED).code}),
        "writeReview": Scene("household", {"code": purchase(COMPLETED).code}),
        "readNotice": Scene("household", {"code": str(town.parts["notice"]["code"])}),
        "readAllNotices": Scene("household"),
        "revokeToken": Scene("household"),
    }
    writes = {name for name, operation in operations().items() if not operation.is_read}
    assert set(found) == writes
    return found


def not_come(hub: Hub, seller: User) -> str:
    """A way back of which the household has got nothing, as if it had been sent days ago."""
    row, _order = going_back(hub, "send", order=arrived(hub, seller=seller))
    with hub.begin(SYSTEM) as work:
        going = claims.return_of(work, row.id)
        assert going is not None
        going.carrier, going.tracking_no, going.sent_at = "yto", "YT1234567890123", work.now - timedelta(days=4)
    return row.code


def ruled(hub: Hub, order: Order) -> str:
    """A claim about which there is a ruling that can be accepted or appealed."""
    row, _order = make_claim(hub, ESCALATED, order)
    rule(hub, row)
    return row.code


def absences(hub: Hub, owner: User) -> dict[str, Scene]:
    """A visit whose time has come and gone, and one of which the appraiser says that nobody was there."""
    missed = make_offering(hub, first_hours=26, name="二水上门检测").order(owner).pay().accept()
    missed.until_after(minutes=45)
    blamed = make_offering(hub, name="四水上门检测").order(owner).pay().accept()
    with hub.begin() as work:
        visit = work.session.get_one(Visit, blamed.visit.id)
        visit.absent, visit.absent_words = "owner", "等了四十分钟，没有人开门。"
        visit.object_due_at = work.now + timedelta(hours=24)
        VISIT_FLOW.apply(work, visit, SAY_ABSENT)
    return {
        "sayAbsent": Scene("household", {"code": missed.code}),
        "objectToAbsence": Scene("household", {"code": blamed.code}),
    }


def handing_scenes(town: Town) -> dict[str, Scene]:
    """The thing of an order from hand to hand: the owner's steps with a fee, the agency's at a second look by the town's agency."""
    hub, household = town.hub, town.people["household"]
    choosing, brought, sending, held, again = (
        make_paid(hub, state, owner=household, name=f"{name}检测")
        for state, name in (
            ("accepted", "一石"),
            ("awaiting_item", "二石"),
            ("accepted", "三石"),
            ("item_received", "四石"),
            ("accepted", "五石"),
        )
    )
    sending.as_owner(appraisal.bring, hub.sealer, sending.code, sending.place.code, "send", ADDRESS)
    back = make_paid(hub, "accepted", owner=household, name="六石检测").send().receive().answer_all().sign()
    back.as_appraiser(appraisal.send_back, back.code, "顺丰速运", "SF0987654321")
    at_home = make_offering(hub, name="五水上门检测")
    moving = at_home.order(household).pay().accept()
    shown, arriving, fetched, posted = (second_look(town) for _ in range(4))
    shown.book()
    arriving.bring()
    looked_at(fetched.bring().receive(), "QH-20261129-01")
    looked_at(posted.send().receive(), "QH-20261129-02")
    contested_report, open_contest = make_report(hub, thing=make_thing(hub, household)), contested(hub, owner=household)
    return {
        "bookTime": Scene("household", {"code": choosing.code}, {"time": choosing.slot().code}),
        "bringThing": Scene("household", {"code": again.code}, {"place": again.place.code, "way": "bring"}),
        "chooseAgain": Scene("household", {"code": brought.code}),
        "sayThingSent": Scene("household", {"code": sending.code}, {"tracking_no": "SF1234567890123", "carrier": "顺丰速运"}),
        "chooseWayBack": Scene("household", {"code": held.code}, {"way": "fetch"}),
        "takeThingBack": Scene("household", {"code": back.code}),
        "requestVisit": Scene(
            "household",
            fixed={
                "thing": make_thing(hub, household).code,
                "time": at_home.slots[2].code,
                "address": ADDRESS,
                "expected_fee_fen": FEE + WAY,
            },
        ),
        "moveVisit": Scene("household", {"code": moving.code}, {"time": at_home.slots[1].code}),
        "checkIn": Scene("appraiser", {"code": shown.code}, {"digits": shown.digits}),
        "receiveThing": Scene("appraiser", {"code": arriving.code}, {"digits": arriving.digits, "seal_no": "QH-20261128-09"}),
        "handThingBack": Scene(
            "appraiser", {"code": fetched.code}, {"digits": fetched.digits, "seal_no": SEAL, "discrepancy": "封签已重贴。"}
        ),
        "sendThingBack": Scene("appraiser", {"code": posted.code}, {"tracking_no": "SF1234567890124", "carrier": "顺丰速运"}),
        "createContest": Scene("household", {"code": contested_report.code}),
        "withdrawContest": Scene("household", {"code": open_contest.row.code}),
    }


def looked_at(made: Paid, seal_no: str) -> None:
    """Inspected, sealed with a number of its own, and signed: the thing has to go back."""
    made.as_appraiser(appraisal.save_findings, made.code, clean_answers(), 0)
    close(made.hub, made.appraiser, made.code, seal_no=seal_no)
    made.sign()


def second_look(town: Town) -> Paid:
    """A phone of the household that the town's appraiser looks at again, and that goes from hand to hand."""
    hub, owner, by = town.hub, town.people["household"], inspectors(town)
    agency, appraiser = by["agency"], by["appraiser"]
    thing = make_thing(hub, owner)
    report = make_report(hub, thing=thing)
    with hub.look(SYSTEM) as work:
        places = queries.places_of(work, agency.id)
    if not places:
        offer_place(hub, agency)
    with hub.begin(SYSTEM) as work:
        look = appraisal.begin_second_look(work, report, "blind")
        code = appraisal.place_second_look(work, look, agency.id, owner.id).code
        place = queries.places_of(work, agency.id)[0]
    with hub.look(SYSTEM) as work:
        manager = accounts.members(work, agency.id, "manager")[0]
    made = Paid(hub, code, thing, owner, agency, manager, place, [appraiser])
    with hub.begin(actor(hub, appraiser)) as work:
        appraisal.accept(work, code)
    return made


def car_for_its_senior(town: Town) -> str:
    """The order of a car of which a colleague signed the report: the town's appraiser is the senior who confirms it."""
    with town.hub.begin(SYSTEM) as work:
        qualify(work, town.people["appraiser"].id, ["car"], level="senior")
    colleague = make_member(town.hub, "appraiser", organisation=inspectors(town)["agency"])
    return _car_signed_by(town, colleague, town.people["appraiser"])


def car_with_its_appraiser(town: Town) -> str:
    """The order of a car of which the town's appraiser signed the report, and whose senior has not confirmed it."""
    colleague = make_member(town.hub, "appraiser", organisation=inspectors(town)["agency"])
    with town.hub.begin(SYSTEM) as work:
        qualify(work, colleague.id, ["car"], level="senior")
    return _car_signed_by(town, town.people["appraiser"], colleague)


def _car_signed_by(town: Town, appraiser: User, senior: User) -> str:
    hub, household = town.hub, town.people["household"]
    agency = inspectors(town)["agency"]
    car = make_inspection(hub, thing=make_car(hub, household), owner=household, agency=agency, appraiser=appraiser)
    answer_all(hub, car.code, appraiser)
    with hub.begin(actor(hub, appraiser)) as work:
        seen = queries.visible_appraisal(work, car.code).findings_rev
        assert appraisal.sign(work, car.code, appraiser.display_name, seen, senior.code) is None  # waits for the senior
    return car.code


def inspectors(town: Town) -> dict[str, Any]:
    """A fresh thing of the household at the agency of the town's appraiser."""
    appraiser = town.people["appraiser"]
    with town.hub.look(SYSTEM) as work:
        agency = work.session.scalars(
            select(Organisation)
            .join(Membership, Membership.organisation_id == Organisation.id)
            .where(Membership.user_id == appraiser.id)
        ).one()
    return {"owner": town.people["household"], "agency": agency, "appraiser": appraiser}


def listed(hub: Hub, seller: Any, state: str) -> dict[str, str]:
    return {"code": make_listing(hub, seller, state=state).code}
