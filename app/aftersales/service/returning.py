"""The way back in a claim: where to, with which parcel, and whether what came back is what was sold. Then the money follows."""

from __future__ import annotations

import json

from app.aftersales import rules
from app.aftersales.errors import AddressMissing, NotGoingBack, NothingSent, SentAlready, StillUnderway, ThingNotWithBuyer
from app.aftersales.models import Claim, ClaimReturn
from app.aftersales.queries import claim_of, expected_back, return_of
from app.aftersales.rules import LONGEST, SHORTEST
from app.aftersales.service.disputes import to_arbitrator
from app.aftersales.service.ending import end_without_money, settle_returned
from app.aftersales.service.telling import step_of, tell
from app.aftersales.states import ALTERED, BUYER, CLAIM_FLOW, OTHER_ITEM, RETURNING, SAME, SELLER, SILENT
from app.goods import service as goods
from app.kernel.audit import record
from app.kernel.deadlines import set_deadline
from app.kernel.errors import InvalidInput
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.time import SHANGHAI
from app.kernel.work import Work
from app.trades import service as trading
from app.trades.models import Order


def name_address(work: Work, sealer: Sealer, code: str, version: int, name: str, phone: str, address: str) -> Claim:
    """The seller says where the thing goes back to; only this buyer sees it. Until it is sent it can be put right, and the
    buyer's days count from the first time. Raises BadAddress, NotYourTurn, NotGoingBack, SentAlready, TurnOver, Conflict."""
    claim, order, going = _going(work, code, SELLER, version)
    if going.sent_at is not None:
        raise SentAlready()
    read = trading.read_address({"name": name, "phone": phone, "address": address}, "")
    is_first = going.address_sealed is None
    going.address_sealed = sealer.seal(json.dumps(read.as_dict(), ensure_ascii=False), rules.address_place(claim.code))
    _next(work, claim, "name_address", rules.RETURN_DAYS["send"] if is_first else None)
    tell(work, claim, order, "address_named", again=str(claim.version))
    return claim


def note_address_shown(work: Work, code: str) -> None:
    """Write down that the buyer is about to be shown where the seller lives; without this row it is not shown."""
    claim, _order = claim_of(work, code)
    record(work, "claim.return_address_shown", "claim", claim.id)


def send_back(work: Work, code: str, version: int, carrier: str, tracking_no: str) -> Claim:
    """The buyer has given the parcel to a carrier. Raises InvalidInput, AddressMissing, ThingNotWithBuyer, SentAlready."""
    claim, order, going = _going(work, code, BUYER, version)
    if going.sent_at is not None:
        raise SentAlready()
    if going.address_sealed is None:
        raise AddressMissing()
    if not trading.can_come_back(work, order):
        raise ThingNotWithBuyer()
    number, errors = trading.read_parcel(order, carrier, tracking_no)
    if errors:
        raise InvalidInput(errors)
    going.carrier, going.tracking_no, going.sent_at = carrier, number, work.now
    _next(work, claim, "send_back", rules.RETURN_DAYS["receive"])
    tell(work, claim, order, "sent_back")
    return claim


def receive_back(
    work: Work, code: str, version: int, number: str = "", seal_no: str = "", *, is_altered: bool = False, words: str = ""
) -> Claim:
    """The seller has opened the parcel and reads the number of the thing and of its seal off it.

    The same thing: all the money goes back at once. Another number, another seal, or altered: nothing moves, what was read
    becomes part of the claim, and an arbitrator decides. Raises InvalidInput, AddressMissing, NotGoingBack, TurnOver, Conflict.
    """
    claim, order, going = _going(work, code, SELLER, version)
    if going.address_sealed is None:
        raise AddressMissing()
    read, seal, errors = _read(work, order, number, seal_no)
    if (is_altered or words.strip()) and not SHORTEST <= len(words.strip()) <= LONGEST:
        errors["words"] = N_("Please say in 10 to 1,000 characters what was altered. The buyer and an arbitrator read it.")
    if errors:
        raise InvalidInput(errors)
    expected = expected_back(work, order)
    result = rules.receipt_of(expected.number, expected.seal_no, read, seal, is_altered=is_altered)
    going.result, going.received_at, going.read_number, going.read_seal = result, work.now, read, seal
    going.words = words.strip() or None
    if result == SAME:
        settle_returned(work, claim, order, "receive_same")
        return claim
    to_arbitrator(work, claim, order, "receive_other", "other_item" if result == OTHER_ITEM else ALTERED)
    return claim


def nothing_came(work: Work, code: str, version: int, words: str) -> Claim:
    """The seller has got no parcel: an arbitrator decides with the number of the parcel and what the seller says.

    Raises NothingSent, StillUnderway in the first days, InvalidInput, NotYourTurn, NotGoingBack, TurnOver, Conflict.
    """
    claim, order, going = _going(work, code, SELLER, version)
    if going.sent_at is None:
        raise NothingSent()
    since = rules.days_later(going.sent_at, rules.NOTHING_AFTER_DAYS)
    if work.now < since:
        raise StillUnderway(day=since.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M"))
    if not SHORTEST <= len(words.strip()) <= LONGEST:
        raise InvalidInput({"words": N_("Please say in 10 to 1,000 characters where you looked and asked, the carrier too.")})
    going.words = words.strip()
    to_arbitrator(work, claim, order, "nothing_came", "nothing_came")
    return claim


def on_return_due(work: Work, claim: Claim, order: Order) -> None:
    """Nobody took the next step of the way back: no address goes to an arbitrator, nothing sent ends the claim, and a parcel
    about which the seller says nothing counts as the thing itself."""
    going = return_of(work, claim.id)
    assert going is not None
    if going.sent_at is None and going.address_sealed is not None:
        end_without_money(work, claim, order, "not_sent", "withdrawn")
    elif going.sent_at is None or not trading.can_come_back(work, order):
        to_arbitrator(work, claim, order, "stuck", "stuck")
    else:
        going.result, going.received_at = SILENT, work.now
        settle_returned(work, claim, order, "receive_silence")


def _going(work: Work, code: str, role: str, version: int) -> tuple[Claim, Order, ClaimReturn]:
    """Claim, order and way back, for one side's step. Raises NotGoingBack and what ``step_of`` refuses."""
    claim, order = step_of(work, code, role, version)
    going = return_of(work, claim.id)
    if going is None or claim.state != RETURNING:
        raise NotGoingBack()
    return claim, order, going


def _next(work: Work, claim: Claim, event: str, days: int | None) -> None:
    """Take the step, and start the other side's days (None: they run already)."""
    if days is not None:
        claim.due_at = rules.days_later(work.now, days)
    CLAIM_FLOW.apply(work, claim, event)
    assert claim.due_at is not None
    set_deadline(work, "claim", claim.id, "answer", claim.due_at, claim.version)


def _read(work: Work, order: Order, number: str, seal_no: str) -> tuple[str | None, str | None, dict[str, str]]:
    """What was typed, in the form in which numbers are kept; a number that cannot be one is told, not compared."""
    expected = expected_back(work, order)
    seal = "".join(seal_no.split()).upper() or None
    errors = {} if seal is None or len(seal) <= rules.LONGEST_SEAL else {"seal_no": N_("A seal number has at most 40 signs.")}
    if expected.kind is None:
        return None, seal, errors
    reader = {"imei": goods.read_imei, "serial": goods.read_serial, "vin": goods.read_vin}[expected.kind]
    try:
        return reader(number), seal, errors
    except InvalidInput as refusal:
        return None, seal, {**errors, "number": next(iter(refusal.errors.values()))}
