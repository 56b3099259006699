"""The thing goes from hand to hand, with both sides taking part: digits across a table, or two statements about a parcel."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.appraisal.errors import AppraisalNotFound, HandOverFirst, NotInCustody, SealDiffers
from app.appraisal.events import ThingNotBack
from app.appraisal.models import Appraisal, CustodyEntry, Handing
from app.appraisal.queries import (
    agencies_of,
    custody_of,
    digits_of,
    fee_of,
    handing_of,
    holder,
    is_coming,
    order_for_staff,
    own_inspection,
    seal_of,
    visible_appraisal,
    visit_of,
)
from app.appraisal.service.coming import (
    PARCEL_DAYS,
    expect_back,
    expect_by,
    expect_report,
    keep_address,
    new_handing_digits,
    own_handing,
)
from app.appraisal.service.ending import end_for_new_owner
from app.appraisal.service.fetching import locked, tell_appraiser, tell_owner
from app.appraisal.states import APPRAISAL_FLOW, CHECK_IN, ENDED, RECEIVE, RETURN, SEND_BACK
from app.goods.models import Thing
from app.kernel import audit
from app.kernel.deadlines import clear_deadlines
from app.kernel.errors import BadState, InvalidInput
from app.kernel.outbox import announce
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.time import add_days
from app.kernel.work import Work
from app.media import service as media
from app.visits import service as visits

TRIES, LOCK = 5, timedelta(minutes=15)
MOST_PHOTOS = 6


@dataclass(frozen=True)
class DigitsAnswer:
    """What became of the six digits: right; or how many tries are left; or until when none is taken.

    ``is_sold``: right, and the order has ended, because the thing has a new owner.
    """

    right: bool
    tries_left: int = 0
    locked_until: datetime | None = None
    is_sold: bool = False


@dataclass(frozen=True)
class Seen:
    """What the agency saw at a hand-over: the number of the seal, words about what was not as it should be, photos."""

    seal_no: str = ""
    discrepancy: str = ""
    photos: Sequence[bytes] = ()


def check_in(work: Work, sealer: Sealer, code: str, digits: str) -> DigitsAnswer:
    """Owner and thing are there at the booked time, proved by the owner's digits: the inspection begins. The owner keeps it.

    Where the thing was sold meanwhile nothing is inspected: both have met, and the order ends.
    """
    appraisal, handing = _with_appraiser(work, code, CHECK_IN)
    answer = _try(work, sealer, handing, digits)
    if answer.right:
        handing.digits_sealed = None
        visit = visit_of(work, appraisal.id)
        if visit is not None:
            visits.meet(work, visit)
        if end_for_new_owner(work, work.session.get_one(Thing, appraisal.thing_id), have_met=True):
            return DigitsAnswer(True, is_sold=True)
        APPRAISAL_FLOW.apply(work, appraisal, CHECK_IN, detail={"place": handing.place_id})
        expect_report(work, appraisal)
    return answer


def say_sent(work: Work, code: str, carrier: str, tracking_no: str) -> Appraisal:
    """The owner has given the parcel to a carrier."""
    appraisal, handing = own_handing(work, code)
    _refuse_unless(appraisal, RECEIVE)
    if handing.way != "send" or holder(work, appraisal) != "owner":
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, "send", APPRAISAL_FLOW.allowed(appraisal.state))
    parcel = _parcel(carrier, tracking_no)
    _write(work, appraisal, "sent", "carrier", "parcel", handing, carrier=parcel[0], tracking_no=parcel[1])
    clear_deadlines(work, "appraisal", appraisal.id, "come")
    expect_by(work, appraisal, add_days(work.now, PARCEL_DAYS))
    tell_appraiser(work, appraisal, N_("An item for you is on its way by parcel."), "sent")
    return appraisal


def receive(work: Work, sealer: Sealer, store: Any, code: str, digits: str, seen: Seen) -> DigitsAnswer:
    """The agency takes the thing: across the table with the owner's digits, or as the parcel that the owner has sent.

    Whoever is at the counter may. The seal that is closed on it is noted (cars have none), and photos. A parcel that arrives
    after its order has ended is taken too, and has to go back. Raises InvalidInput, HandOverFirst for a parcel that its owner
    has not sent.
    """
    appraisal, handing = _of_agency(work, code)
    _refuse_unless(appraisal, RECEIVE)
    thing = work.session.get_one(Thing, appraisal.thing_id)
    seal_no = _seal_no(seen.seal_no, needed=thing.category != "car")
    is_over = appraisal.state in ENDED
    if handing.way == "send" or is_over:
        if not is_coming(work, appraisal):
            raise HandOverFirst()
        answer, confirmed = DigitsAnswer(True), "parcel"
    else:
        answer, confirmed = _try(work, sealer, handing, digits), "digits"
    if not answer.right:
        return answer
    photos = [media.receive(work, store, work.actor.id, data).code for data in seen.photos[:MOST_PHOTOS]]
    words = _words(seen.discrepancy)
    _write(work, appraisal, "received", "agency", confirmed, handing, seal_no=seal_no, discrepancy=words, photos=photos)
    new_handing_digits(handing, sealer)
    APPRAISAL_FLOW.apply(work, appraisal, RECEIVE, detail={"seal_no": seal_no})
    if is_over:
        expect_back(work, appraisal)
    else:
        expect_report(work, appraisal)
    clear_deadlines(work, "appraisal", appraisal.id, "come")
    tell_owner(work, appraisal, N_("The agency has your item. On the order's page you see who holds it at any time."), "received")
    return answer


def choose_back(work: Work, sealer: Sealer, code: str, back_way: str, address: str = "") -> Appraisal:
    """The owner says how a thing that the agency holds comes back: fetched at the place, or as a parcel to an address."""
    appraisal, handing = own_handing(work, code)
    if holder(work, appraisal) != "agency":
        raise NotInCustody()
    if back_way not in ("fetch", "parcel"):
        raise InvalidInput({"back_way": N_("Please choose one of the answers.")})
    if back_way == "parcel":
        keep_address(handing, sealer, address)
    handing.back_way = back_way
    audit.record(work, "appraisal.back_way", "appraisal", appraisal.id, {"back_way": back_way})
    work.session.flush()
    return appraisal


def hand_back(work: Work, sealer: Sealer, code: str, digits: str, seen: Seen) -> DigitsAnswer:
    """The agency gives the thing back to its owner, who shows the digits; the seal's number is compared.

    Raises NotInCustody, SealDiffers while a differing number has no words beside it.
    """
    appraisal, handing = _of_agency(work, code)
    _refuse_unless(appraisal, RETURN)
    if holder(work, appraisal) != "agency":
        raise NotInCustody()
    closed = seal_of(work, appraisal.id)
    seal_no = _seal_no(seen.seal_no, needed=closed is not None)
    words = _words(seen.discrepancy)
    if closed is not None and seal_no != closed and words is None:
        raise SealDiffers()
    answer = _try(work, sealer, handing, digits)
    if answer.right:
        _write(work, appraisal, "returned", "owner", "digits", handing, seal_no=seal_no, discrepancy=words)
        handing.digits_sealed = None
        _is_back(work, appraisal)
    return answer


def send_back(work: Work, code: str, carrier: str, tracking_no: str) -> Appraisal:
    """The agency has given the parcel to a carrier. Raises NotInCustody, and where the owner wants to fetch it, BadState."""
    appraisal, handing = _of_agency(work, code)
    _refuse_unless(appraisal, SEND_BACK)
    if holder(work, appraisal) != "agency":
        raise NotInCustody()
    if handing.back_way != "parcel":
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, SEND_BACK, APPRAISAL_FLOW.allowed(appraisal.state))
    parcel = _parcel(carrier, tracking_no)
    _write(work, appraisal, "sent_back", "carrier", "parcel", handing, carrier=parcel[0], tracking_no=parcel[1])
    APPRAISAL_FLOW.apply(work, appraisal, SEND_BACK)
    message = N_("Your item is on its way back to you. Please say on the order's page when you have it.")
    tell_owner(work, appraisal, message, "sent_back")
    return appraisal


def take_back(work: Work, code: str, discrepancy: str = "") -> Appraisal:
    """The owner has the parcel again, sent back by the agency or undelivered. ``discrepancy``: what was not as it should be.

    Raises NotInCustody.
    """
    appraisal, handing = own_handing(work, code)
    _refuse_unless(appraisal, RETURN)
    if holder(work, appraisal) != "carrier":
        raise NotInCustody()
    _write(work, appraisal, "returned", "owner", "parcel", handing, discrepancy=_words(discrepancy))
    _is_back(work, appraisal)
    return appraisal


def on_back_timeout(work: Work, appraisal_id: int) -> None:
    """The order has ended and the thing is still not with its owner: staff look into it."""
    appraisal = locked(work, appraisal_id)
    if holder(work, appraisal) == "owner":
        return
    audit.record(work, "appraisal.needs_staff", "appraisal", appraisal.id, {"reason": "not_back"})
    fee = fee_of(work, appraisal)
    if fee is not None:
        fee.staff_reason = "not_back"
    else:
        announce(work, ThingNotBack(appraisal.id))


def note_back(work: Work, code: str, note: str) -> Appraisal:
    """Staff write down what they found out about a thing that did not go back, and take it from their list."""
    note = note.strip()
    if not 10 <= len(note) <= 500:
        raise InvalidInput({"note": N_("Please write what you found out, in 10 to 500 characters.")})
    appraisal = order_for_staff(work, code, to_change=True)
    fee = fee_of(work, appraisal)
    if fee is None or fee.staff_reason != "not_back":
        raise AppraisalNotFound()
    fee.staff_reason = None
    expect_back(work, appraisal)  # lost things come back to this list until they are with their owner
    audit.record(work, "appraisal.back_noted", "appraisal", appraisal.id, {"note": note})
    return appraisal


def note_address_shown(work: Work, code: str) -> None:
    """Write down that the agency is about to be shown where the owner lives; without this row the address is not shown."""
    appraisal, _handing = _of_agency(work, code)
    audit.record(work, "appraisal.address_shown", "appraisal", appraisal.id)


def _is_back(work: Work, appraisal: Appraisal) -> None:
    APPRAISAL_FLOW.apply(work, appraisal, RETURN)
    clear_deadlines(work, "appraisal", appraisal.id, "back")
    fee = fee_of(work, appraisal)
    if fee is not None and fee.staff_reason == "not_back":
        fee.staff_reason = None
    tell_owner(work, appraisal, N_("You have your item again. Thank you for letting it be appraised."), "returned")


def _with_appraiser(work: Work, code: str, event: str) -> tuple[Appraisal, Handing]:
    """The appraiser's own order, locked, in a state that answers the event."""
    appraisal = locked(work, own_inspection(work, code).id)
    _refuse_unless(appraisal, event)
    handing = handing_of(work, appraisal.id)
    assert handing is not None  # states after "accepted" are reached with one only
    return appraisal, handing


def _of_agency(work: Work, code: str) -> tuple[Appraisal, Handing]:
    """An order with handing, for anybody who works at its agency: whoever is there gives things back."""
    appraisal = visible_appraisal(work, code)
    handing = handing_of(work, appraisal.id)
    if appraisal.agency_id not in agencies_of(work.actor, "appraiser", "manager"):
        raise AppraisalNotFound()
    if handing is None:
        raise NotInCustody()
    return locked(work, appraisal.id), handing


def _refuse_unless(appraisal: Appraisal, event: str) -> None:
    if not APPRAISAL_FLOW.can(appraisal.state, event):
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, event, APPRAISAL_FLOW.allowed(appraisal.state))


def _try(work: Work, sealer: Sealer, handing: Handing, digits: str) -> DigitsAnswer:
    """Compare the digits; a wrong try is counted, so it is an answer and no error."""
    typed = "".join(digits.split())
    if len(typed) != 6 or not (typed.isascii() and typed.isdigit()):
        raise InvalidInput({"digits": N_("The code has six digits. Please ask the owner again.")})
    expected = digits_of(handing, sealer)
    assert expected is not None
    if handing.locked_until is not None and work.now < handing.locked_until:
        return DigitsAnswer(False, 0, handing.locked_until)
    if hmac.compare_digest(expected.encode(), typed.encode()):
        handing.wrong_tries, handing.locked_until = 0, None
        return DigitsAnswer(True)
    handing.wrong_tries += 1
    if handing.wrong_tries >= TRIES:
        handing.wrong_tries, handing.locked_until = 0, work.now + LOCK
        return DigitsAnswer(False, 0, handing.locked_until)
    return DigitsAnswer(False, TRIES - handing.wrong_tries)


def _write(
    work: Work,
    appraisal: Appraisal,
    kind: str,
    holder: str,
    confirmed: str,
    handing: Handing,
    *,
    seal_no: str | None = None,
    discrepancy: str | None = None,
    carrier: str | None = None,
    tracking_no: str | None = None,
    photos: Sequence[str] = (),
) -> None:
    row = CustodyEntry(
        appraisal_id=appraisal.id,
        no=len(custody_of(work, appraisal.id)) + 1,
        kind=kind,
        holder=holder,
        confirmed=confirmed,
        by_id=work.actor.id,
        place_id=handing.place_id,
        seal_no=seal_no,
        discrepancy=discrepancy,
        carrier=carrier,
        tracking_no=tracking_no,
        photos=list(photos),
        at=work.now,
    )
    work.session.add(row)
    work.session.flush()


def _parcel(carrier: str, tracking_no: str) -> tuple[str, str]:
    carrier, number = carrier.strip(), "".join(tracking_no.split()).upper()
    errors = {}
    if not 2 <= len(carrier) <= 20:
        errors["carrier"] = N_("Please write the name of the carrier.")
    if not (8 <= len(number) <= 24 and number.isascii() and number.isalnum()):
        errors["tracking_no"] = N_("A tracking number has 8 to 24 letters and digits. Please compare it with the receipt.")
    if errors:
        raise InvalidInput(errors)
    return carrier, number


def _seal_no(typed: str, *, needed: bool) -> str | None:
    number = "".join(typed.split()).upper()
    if not number and not needed:
        return None
    if not (4 <= len(number) <= 24 and number.replace("-", "").isascii() and number.replace("-", "").isalnum()):
        raise InvalidInput({"seal_no": N_("Please type the number of the seal: 4 to 24 letters and digits.")})
    return number


def _words(typed: str) -> str | None:
    return " ".join(typed.split())[:500] or None
