"""An appliance comes into the room: what that costs before anything is bought, and that it is installed."""

from __future__ import annotations

from app.appraisal.errors import BlindToReport
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.listings import errors as listing_errors
from app.listings import queries as listings
from app.payments import errors as payments
from app.trades import errors, rules, service
from app.trades.api.shaping import SAME, STEP, WRITE, charges_out, face, order_answer
from app.trades.carrying import carrying
from app.trades.queries.carrying import charges_for, offered_by, possible, slots
from app.trades.rules import Address
from app.trades.schemas import OrderOut, QuoteOut, QuoteQuery
from app.web.api import Answer, Call


@face.get(
    "/listings/{code}/delivery-quote",
    id="quoteDelivery",
    summary=N_("What bringing an appliance into the room costs"),
    roles=("anyone",),
    query=QuoteQuery,
    answer=QuoteOut,
    refusals=(listing_errors.ListingNotFound, BlindToReport, errors.BadAddress),
)
def quote_delivery(call: Call, code: str) -> Answer:
    """By what the seller offers and the marketplace's table. `buy` takes the sum as `expected_delivery_fen`."""
    room = offered_by(call.work, listings.public_listing(call.work, code))
    today = shanghai_day(call.work.now)
    to, wrong = rules.read_room(Address("", "", ""), call.query.model_dump())
    if room is not None and not wrong:
        wrong = possible(room, to, today)
    if wrong:
        raise errors.BadAddress(wrong)
    lines = () if room is None else charges_for(room, to)
    total_fen = sum(each.fen for each in lines)
    return Answer(QuoteOut(lines=charges_out(lines), total_fen=total_fen, table=carrying().id, slots=slots(today)))


@face.post(
    "/orders/{code}/installed",
    id="installOrder",
    summary=N_("Say that it is installed"),
    scope=WRITE,
    answer=OrderOut,
    tagged=True,
    refusals=(*STEP, errors.NotInTheRoom, payments.PaymentNotFrozen),
    links={"accept": ("acceptOrder", SAME), "check": ("getCheck", SAME)},
)
def installed(call: Call, code: str) -> Answer:
    """For the buyer; the time for checking begins."""
    return order_answer(call.work, service.confirm_installed(call.work, code))
