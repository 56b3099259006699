"""What agencies ask and what can come of it, before paying; and visits at the owner's home, for programs."""

from __future__ import annotations

from app.appraisal import errors, queries, service
from app.appraisal.api.handing import place_out, times_out
from app.appraisal.api.orders import ASKING, FEE, MOVES, READ, WRITE, appraisal_answer, face
from app.appraisal.outlook import endings, outlook
from app.appraisal.schemas import AgencyOut, AppraisalOut
from app.appraisal.schemas_handing import Absence, EndingOut, NewVisit, OfferOut, OffersOut, OffersQuery, TimeIn
from app.goods import queries as goods
from app.goods.errors import ThingNotFound
from app.goods.models import Thing
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.visits import errors as visits
from app.web import hub
from app.web.api import Answer, Call
from app.web.api.shapes import words

_SAME = {"code": "$request.path.code"}
_HERE = {"code": "$response.body#/code"}
_NEXT = {"hand_over": ("getHandOver", _SAME)}


@face.get(
    "/things/{code}/appraisal-offers",
    id="listAppraisalOffers",
    summary=N_("What an appraisal of your thing costs, and what can come of it"),
    scope=READ,
    query=OffersQuery,
    answer=OffersOut,
    refusals=(ThingNotFound,),
    links={"ask": ("requestAppraisal", {}), "visit": ("requestVisit", {})},
)
def offers(call: Call, code: str) -> Answer:
    """`thing` of your own listing. Before paying: fee, wait and places of each agency, the highest tier still reachable from what
    you said of the thing, and how it may end without one. With a district: who comes to your home, with the way in the fee."""
    work, district = call.work, call.query.district
    thing = goods.owned_thing(work, code)
    day, scheme = shanghai_day(work.now), queries.scheme_in_force(work, thing)
    found = outlook(scheme, thing, queries.declared_about(work, thing), day)
    shape = OffersOut(
        scheme=scheme.reference,
        best_tier=found.tier,
        limits=[words(each) for each in found.reasons],
        endings=[EndingOut(code=each.code, name=words(each.name), meaning=words(each.meaning)) for each in endings(scheme)],
        offers=_at_places(work, thing) if district is None else _at_home(work, thing, district),
    )
    return Answer(shape)


@face.post(
    "/appraisals/visits",
    id="requestVisit",
    summary=N_("Ask an agency to appraise your thing at your home"),
    scope=WRITE,
    body=NewVisit,
    example={
        "thing": "7kq2m9v4x0c8n1t5r3wz6ybhdj",
        "time": "2h9d4c7x1v8m3q0k5t6n7rwzyb",
        "address": "周小满，13800000000，重庆市渝北区柳荫街 18 号 3 单元",
        "expected_fee_fen": 24900,
    },
    answer=AppraisalOut,
    status=201,
    tagged=True,
    refusals=(*ASKING, *FEE),
    links={"appraisal": ("getAppraisal", _HERE), "pay": ("payPayment", {"code": "$response.body#/fee/payment"})},
)
def request_visit(call: Call) -> Answer:
    """The time is kept for you until the fee is due. Another fee than expected: 409 `fee_changed`, nothing is ordered."""
    wish = service.HomeWish(hub().sealer, call.body.time, call.body.address)
    agency = service.agency_of_time(call.work, call.body.time)
    order = service.request(call.work, call.body.thing, agency, call.body.expected_fee_fen, wish)
    return appraisal_answer(call.work, order, created=True)


@face.post(
    "/appraisals/{code}/visit/move",
    id="moveVisit",
    summary=N_("Choose another time for a visit at your home"),
    scope=WRITE,
    body=TimeIn,
    example={"time": "2h9d4c7x1v8m3q0k5t6n7rwzyb"},
    answer=AppraisalOut,
    tagged=True,
    refusals=(*MOVES, errors.SlotTaken, visits.VisitCannotMove, visits.VisitTimeTaken),
    links=_NEXT,
)
def move_visit(call: Call, code: str) -> Answer:
    """A time of `getHandOver`."""
    return appraisal_answer(call.work, service.move_visit(call.work, hub().sealer, code, call.body.time))


@face.post(
    "/appraisals/{code}/visit/absent",
    id="sayAbsent",
    summary=N_("Say that the other side was not there"),
    scope=WRITE,
    body=Absence,
    example={"words": "按约定时间等了一小时，没有人来，电话也没有打通。"},
    answer=AppraisalOut,
    tagged=True,
    refusals=(*MOVES, visits.VisitNotBegun, errors.MeetingNotOver),
    links={"object": ("objectToAbsence", _SAME)},
)
def say_absent(call: Call, code: str) -> Answer:
    """Of a visit at home or a time at a place, by the owner or the appraiser; the other side can object or answer."""
    return appraisal_answer(call.work, service.say_absent(call.work, code, call.body.words))


@face.post(
    "/appraisals/{code}/visit/object",
    id="objectToAbsence",
    summary=N_("Object: you were there"),
    scope=WRITE,
    body=Absence,
    example={"words": "我一直在家，楼下门禁记录可以查到没有人来过。"},
    answer=AppraisalOut,
    tagged=True,
    refusals=(*MOVES,),
    links=_NEXT,
)
def object_to_absence(call: Call, code: str) -> Answer:
    """Staff then decide."""
    return appraisal_answer(call.work, service.object_to_absence(call.work, code, call.body.words))


def _at_places(work: Work, thing: Thing) -> list[OfferOut]:
    return [
        OfferOut(
            agency=AgencyOut(code=each.agency.code, name=each.agency.name),
            fee_fen=each.price.fee_fen if each.price else 0,
            wait_days=each.price.wait_days if each.price else None,
            places=[place_out(place) for place in each.places],
            times=[],
        )
        for each in queries.place_offers(work, thing)
    ]


def _at_home(work: Work, thing: Thing, district: str) -> list[OfferOut]:
    scheme = queries.scheme_in_force(work, thing)
    return [
        OfferOut(
            agency=AgencyOut(code=each.agency.code, name=each.agency.name),
            fee_fen=each.fee_fen,
            wait_days=each.price.wait_days,
            places=[],
            times=times_out(each.times),
        )
        for each in queries.visit_offers(work, thing.category, scheme, district)
    ]
