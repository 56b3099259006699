"""Paid appraisals for programs: what agencies ask, where and when, and the thing from hand to hand, confirmed by both sides."""

from __future__ import annotations

from collections.abc import Sequence

from app.appraisal import errors, queries, service
from app.appraisal.api.orders import FEE, MOVES, READ, WRITE, appraisal_answer, appraisal_out, face
from app.appraisal.models import Appraisal, Place, Slot
from app.appraisal.schemas import AppraisalOut
from app.appraisal.schemas_handing import (
    BackAddressOut,
    BackAgain,
    Bringing,
    CustodyOut,
    DigitsIn,
    HandedOut,
    HandOverOut,
    ParcelIn,
    PlaceOut,
    Receiving,
    Returning,
    TimeIn,
    TimeOut,
    WayBack,
)
from app.appraisal.states import ACCEPTED
from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.media import errors as media
from app.schemes.queries import get_scheme
from app.visits import queries as visit_queries
from app.visits.errors import VisitUndecided
from app.visits.models import VisitSlot
from app.web import begin, hub, look
from app.web.api import Answer, Call

# The same verb takes photos from its page.
_PHOTOS = (media.PhotoEmpty, media.PhotoFormatUnknown, media.PhotoIsHeic, media.PhotoTooLarge, media.TooManyPhotosToday)
_SAME = {"code": "$request.path.code"}
_HERE = {"code": "$response.body#/code"}
_NEXT = {"hand_over": ("getHandOver", _SAME)}


@face.get(
    "/appraisals/{code}/hand-over",
    id="getHandOver",
    summary=N_("Where the thing is, and where it goes next"),
    scope=READ,
    answer=HandOverOut,
    refusals=(errors.AppraisalNotFound,),
    links={"book": ("bookTime", _SAME), "bring": ("bringThing", _SAME), "receive": ("receiveThing", _SAME)},
)
def hand_over(call: Call, code: str) -> Answer:
    """For the owner and the agency. The owner sees what can be chosen and, before a hand-over, the six digits."""
    return Answer(_hand_over(call.work, queries.visible_appraisal(call.work, code)))


@face.post(
    "/appraisals/{code}/book",
    id="bookTime",
    summary=N_("Book a time at which you meet the appraiser"),
    scope=WRITE,
    body=TimeIn,
    example={"time": "2h9d4c7x1v8m3q0k5t6n7rwzyb"},
    answer=AppraisalOut,
    tagged=True,
    refusals=(*MOVES, errors.SlotTaken),
    links=_NEXT,
)
def book(call: Call, code: str) -> Answer:
    """A time of `getHandOver`. Nothing leaves your hands."""
    return appraisal_answer(call.work, service.book(call.work, hub().sealer, code, call.body.time))


@face.post(
    "/appraisals/{code}/bring",
    id="bringThing",
    summary=N_("Say that you bring or send your thing"),
    scope=WRITE,
    body=Bringing,
    example={"place": "7kq2m9v4x0c8n1t5r3wz6ybhdj", "way": "bring"},
    answer=AppraisalOut,
    tagged=True,
    refusals=(*MOVES,),
    links={**_NEXT, "sent": ("sayThingSent", _SAME)},
)
def bring(call: Call, code: str) -> Answer:
    """To a place of `getHandOver`."""
    order = service.bring(call.work, hub().sealer, code, call.body.place, call.body.way, call.body.address)
    return appraisal_answer(call.work, order)


@face.post(
    "/appraisals/{code}/choose-again",
    id="chooseAgain",
    summary=N_("Give the time or the way back, to choose another"),
    scope=WRITE,
    answer=AppraisalOut,
    tagged=True,
    refusals=(*MOVES, *FEE, VisitUndecided, errors.MeetingOver),
    links=_NEXT,
)
def choose_again(call: Call, code: str) -> Answer:
    """While you have the thing."""
    return appraisal_answer(call.work, service.choose_again(call.work, code))


@face.post(
    "/appraisals/{code}/sent",
    id="sayThingSent",
    summary=N_("Say that your thing is on its way to the agency"),
    scope=WRITE,
    body=ParcelIn,
    example={"carrier": "顺丰速运", "tracking_no": "SF1234567890123"},
    answer=AppraisalOut,
    tagged=True,
    refusals=(*MOVES,),
    links=_NEXT,
)
def say_sent(call: Call, code: str) -> Answer:
    """From now on the carrier has it, and the agency confirms when it is there."""
    order = service.say_sent(call.work, code, call.body.carrier, call.body.tracking_no)
    return appraisal_answer(call.work, order)


@face.post(
    "/appraisals/{code}/check-in",
    id="checkIn",
    summary=N_("Confirm with the owner's digits that both of you are there"),
    roles=("appraiser",),
    scope=WRITE,
    body=DigitsIn,
    example={"digits": "204518"},
    answer=HandedOut,
    refusals=(*MOVES, *FEE, InvalidInput),
    links={"findings": ("getFindings", _SAME)},
)
def check_in(call: Call, code: str) -> Answer:
    """At a booked time, at your place or at the owner's home: the inspection begins. Of a thing that was sold meanwhile it does
    not: both have met, and the order ends."""
    return _handed(call.work, code, service.check_in(call.work, hub().sealer, code, call.body.digits))


@face.post(
    "/appraisals/{code}/receive",
    id="receiveThing",
    summary=N_("Take the thing into custody"),
    roles=("appraiser", "manager"),
    scope=WRITE,
    body=Receiving,
    example={"digits": "204518", "seal_no": "QH-20261128-07"},
    answer=HandedOut,
    refusals=(*MOVES, *_PHOTOS, InvalidInput, errors.HandOverFirst, errors.NotInCustody),
    links={"findings": ("getFindings", _SAME), "hand_over": ("getHandOver", _SAME)},
)
def receive(call: Call, code: str) -> Answer:
    """Across the table with the owner's digits, or the parcel that its owner has sent. Photos of it are taken on its page."""
    sent = call.body
    seen = service.Seen(sent.seal_no, sent.discrepancy)
    return _handed(call.work, code, service.receive(call.work, hub().sealer, hub().store, code, sent.digits, seen))


@face.post(
    "/appraisals/{code}/way-back",
    id="chooseWayBack",
    summary=N_("Say how your thing comes back"),
    scope=WRITE,
    body=WayBack,
    example={"way": "fetch"},
    answer=HandOverOut,
    refusals=(*MOVES, errors.NotInCustody),
    links={"cancel": ("cancelAppraisal", _SAME)},
)
def way_back(call: Call, code: str) -> Answer:
    """While the agency has it."""
    return Answer(_hand_over(call.work, service.choose_back(call.work, hub().sealer, code, call.body.way, call.body.address)))


@face.post(
    "/appraisals/{code}/hand-back",
    id="handThingBack",
    summary=N_("Give the thing back to its owner"),
    roles=("appraiser", "manager"),
    scope=WRITE,
    body=Returning,
    example={"digits": "204518", "seal_no": "QH-20261128-07"},
    answer=HandedOut,
    refusals=(*MOVES, InvalidInput, errors.NotInCustody, errors.SealDiffers),
    links=_NEXT,
)
def hand_back(call: Call, code: str) -> Answer:
    """After the order has ended. Another seal than the one that was closed needs words (`discrepancy`)."""
    sent = call.body
    seen = service.Seen(sent.seal_no, sent.discrepancy)
    return _handed(call.work, code, service.hand_back(call.work, hub().sealer, code, sent.digits, seen))


@face.get(
    "/appraisals/{code}/back-address",
    id="getBackAddress",
    summary=N_("Where a thing goes back to"),
    roles=("appraiser", "manager"),
    scope=READ,
    answer=BackAddressOut,
    is_atomic=False,
    refusals=(errors.AppraisalNotFound, errors.NotInCustody),
    links={"send": ("sendThingBack", _SAME)},
)
def back_address(call: Call, code: str) -> Answer:
    """For the agency that has to send it. Each look is written down first."""
    with look() as work:
        if not queries.waits_for_parcel(work, code):
            raise errors.NotInCustody()
    with begin() as work:
        service.note_address_shown(work, code)
    with look() as work:
        handing = queries.handing_of(work, queries.visible_appraisal(work, code).id)
        found = queries.back_address(handing, hub().sealer) if handing is not None else None
    if found is None:
        raise errors.NotInCustody()
    return Answer(BackAddressOut(address=found))


@face.post(
    "/appraisals/{code}/send-back",
    id="sendThingBack",
    summary=N_("Say that a thing is on its way back to its owner"),
    roles=("appraiser", "manager"),
    scope=WRITE,
    body=ParcelIn,
    example={"carrier": "顺丰速运", "tracking_no": "SF1234567890123"},
    answer=AppraisalOut,
    tagged=True,
    refusals=(*MOVES, errors.NotInCustody),
    links=_NEXT,
)
def send_back(call: Call, code: str) -> Answer:
    """Where its owner wants it sent."""
    order = service.send_back(call.work, code, call.body.carrier, call.body.tracking_no)
    return appraisal_answer(call.work, order)


@face.post(
    "/appraisals/{code}/take-back",
    id="takeThingBack",
    summary=N_("Say that you have your thing again"),
    scope=WRITE,
    body=BackAgain,
    example={"discrepancy": "外盒压扁了。"},
    answer=AppraisalOut,
    tagged=True,
    refusals=(*MOVES, errors.NotInCustody),
    links=_NEXT,
)
def take_back(call: Call, code: str) -> Answer:
    """After it was sent back."""
    return appraisal_answer(call.work, service.take_back(call.work, code, call.body.discrepancy))


def _handed(work: Work, code: str, said: service.DigitsAnswer) -> Answer:
    until = iso_seconds(said.locked_until) if said.locked_until else None
    order = appraisal_out(work, queries.visible_appraisal(work, code))
    return Answer(HandedOut(right=said.right, tries_left=said.tries_left, locked_until=until, appraisal=order))


def _hand_over(work: Work, order: Appraisal) -> HandOverOut:
    handing, visit = queries.handing_of(work, order.id), queries.visit_of(work, order.id)
    is_owner = order.owner_id == work.actor.user_id
    place = queries.place_by_id(work, handing.place_id) if handing and handing.place_id else None
    slot = visit_queries.slot_of_visit(work, visit) if visit is not None else queries.slot_of(work, handing)
    chooses = is_owner and order.state == ACCEPTED and handing is not None
    places: list[Place] = []
    times: Sequence[Slot | VisitSlot] = ()
    if chooses and visit is None:
        places = queries.complete_places(queries.places_of(work, order.agency_id), get_scheme(work, order.scheme_id))
        times = queries.free_slots(work, [each.id for each in places])
    elif is_owner and visit is not None:
        times = queries.times_to_move_to(work, order, visit)
    return HandOverOut(
        appraisal=order.code,
        version=order.version,
        state=order.state,
        way=handing.way if handing else None,
        place=place_out(place) if place else None,
        starts_at=iso_seconds(slot.starts_at) if slot else None,
        ends_at=iso_seconds(slot.ends_at) if slot else None,
        visit=visit.state if visit else None,
        holder=queries.holder(work, order),
        back_way=handing.back_way if handing else None,
        back_due_at=iso_seconds(handing.back_due_at) if handing and handing.back_due_at else None,
        digits=queries.digits_for_owner(work, order, hub().sealer),
        places=[place_out(each) for each in places],
        times=times_out(times, {each.id: each.code for each in places}),
        steps=[
            CustodyOut(
                no=row.no,
                kind=row.kind,
                holder=row.holder,
                confirmed=row.confirmed,
                seal_no=row.seal_no,
                discrepancy=row.discrepancy,
                carrier=row.carrier,
                tracking_no=row.tracking_no,
                at=iso_seconds(row.at),
            )
            for row in queries.custody_of(work, order.id)
        ],
    )


def place_out(place: Place) -> PlaceOut:
    """A place as programs get it."""
    return PlaceOut(code=place.code, name=place.name, district=place.district, address=place.address)


def times_out(times: Sequence[Slot | VisitSlot], places: dict[int, str] | None = None) -> list[TimeOut]:
    """Free times as programs get them. ``places``: id -> code, where they are at places of an agency."""
    codes = places or {}
    return [
        TimeOut(
            code=each.code,
            place=codes.get(each.place_id) if isinstance(each, Slot) else None,
            starts_at=iso_seconds(each.starts_at),
            ends_at=iso_seconds(each.ends_at),
        )
        for each in times
    ]
