"""What has to be so before a program can do what an operation does: whose program, which thing, and the ids in the body.

Generated requests alone hardly ever come behind the first check: they name nothing that is there, or something in another
state. A scene gives a generated request the one place where it can succeed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.accounts.models import Membership, Organisation
from app.api.faces import operations
from app.appraisal import queries
from app.appraisal import service as appraisal
from app.appraisal.api.erasure import EXAMPLE
from app.goods.models import Thing
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.listings.queries import photos_of
from app.trades import service as trades
from app.trades.states import ACCEPTANCE, AWAITING_PAYMENT, CLOSED_REFUNDED, FULFILLING, MEET, PAID
from tests.accounts.making import actor, make_member
from tests.appraisal.admitting import qualify
from tests.appraisal.making import clean_answers, erase, make_inspection, make_request
from tests.goods.making import make_thing
from tests.guards.conftest import Town
from tests.journeys.test_categories import answer_all
from tests.listings.making import CAR, make_draft, make_listing, make_thing_listing
from tests.trades.making import as_buyer, ask_back, code_of, make_order, report


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
        "giveUpAppraisal": Scene("appraiser", {"code": begun.code}),
        "saveFindings": Scene("appraiser", {"code": begun.code}, seen="getFindings"),
        "recordErasure": Scene("appraiser", {"code": tested.code}, EXAMPLE | {"name": town.people["appraiser"].display_name}),
        "checkErasure": Scene("appraiser", {"code": by_colleague.code}),
        "sealThing": Scene("appraiser", {"code": checked.code}, {"seal_no": "QH-2026-0777"}),
        "signReport": Scene(
            "appraiser", {"code": inspected.code}, {"name": town.people["appraiser"].display_name}, seen="getFindings"
        ),
        "confirmReport": Scene("appraiser", {"code": car_for_its_senior(town)}, {"name": town.people["appraiser"].display_name}),
        "buy": Scene("household", fixed={"listing": shelf.code, "expected_price_fen": shelf.price_fen, "delivery": "parcel"}),
        "payPayment": Scene("household", {"code": purchase(AWAITING_PAYMENT).payment_code}),
        "cancelOrder": Scene("household", {"code": sale(PAID).code}, seen="getOrder"),
        "agreeCancel": Scene("household", asked_off()),
        "objectCancel": Scene("household", asked_off()),
        "shipOrder": Scene("household", {"code": sale(PAID).code}, {"erased": True}),
        "arrangeMeeting": Scene("household", {"code": sale(PAID, MEET).code}, {"erased": True}),
        "handOver": Scene("household", {"code": meeting.code}, {"digits": code_of(hub, meeting)}),
        "receiveOrder": Scene("household", {"code": purchase(FULFILLING).code}),
        "acceptOrder": Scene("household", {"code": purchase(ACCEPTANCE).code}, seen="getOrder"),
        "reportProblem": Scene("household", {"code": purchase(ACCEPTANCE).code}),
        "withdrawProblem": Scene("household", complained(purchase(ACCEPTANCE))),
        "answerProblem": Scene("household", complained(sale(ACCEPTANCE))),
        "askBack": Scene("household", {"code": sale(CLOSED_REFUNDED).code}),
        "sendBack": Scene("household", {"code": back.code}),
        "takeBack": Scene("household", {"code": sale(CLOSED_REFUNDED).code}),
        "readNotice": Scene("household", {"code": str(town.parts["notice"]["code"])}),
        "readAllNotices": Scene("household"),
        "revokeToken": Scene("household"),
    }
    writes = {name for name, operation in operations().items() if not operation.is_read}
    assert set(found) == writes
    return found


def car_for_its_senior(town: Town) -> str:
    """The order of a car of which a colleague signed the report: the town's appraiser is the senior who confirms it."""
    hub, agency = town.hub, inspectors(town)["agency"]
    with hub.begin(SYSTEM) as work:
        qualify(work, town.people["appraiser"].id, ["car"], level="senior")
    colleague = make_member(hub, "appraiser", organisation=agency)
    listing = make_thing_listing(hub, town.people["household"], "car", CAR)
    with hub.look(SYSTEM) as work:
        thing = work.session.get_one(Thing, listing.thing_id)
    car = make_inspection(hub, thing=thing, owner=town.people["household"], agency=agency, appraiser=colleague)
    answer_all(hub, car.code, colleague)
    with hub.begin(actor(hub, colleague)) as work:
        seen = queries.visible_appraisal(work, car.code).findings_rev
        assert appraisal.sign(work, car.code, colleague.display_name, seen) is None  # waits for the senior
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
