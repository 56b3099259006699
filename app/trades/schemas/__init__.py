"""What programs send and get about orders."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from app.web.api.shapes import Body, Code, Day, Fen, Figures, Line, Lines, Moment, Page, PageQuery, Query, Shape, Words

_Choice = Annotated[str, StringConstraints(max_length=40)]


class AddressIn(Body):
    """Where the parcel goes."""

    name: Annotated[Line, Field(max_length=100)]
    phone: Annotated[Figures, Field(max_length=40)]
    address: Annotated[Lines, Field(max_length=400)]
    floor: Annotated[Line, Field(max_length=40, description="Of an appliance: into which room it is brought.")] = ""
    lift: Annotated[Line, Field(max_length=40, description="Of an appliance.")] = ""
    remarks: Annotated[Lines, Field(max_length=400, description="Of an appliance.")] = ""
    door_cm: Annotated[Figures, Field(max_length=10, description="Of an appliance: the narrowest door on the way.")] = ""
    old_unit: Annotated[Literal["", "yes"], Field(description="Of an appliance: the old one is taken away.")] = ""
    installing: Annotated[Literal["", "none", "seller", "own"], Field(description="Of an appliance: who installs it.")] = ""
    slot: Annotated[Line, Field(max_length=20, description="Of an appliance.", examples=["2026-12-01 am"])] = ""


class Purchase(Body):
    """Buy one offer at the price that was seen. A meeting needs no address."""

    listing: Code
    expected_price_fen: Fen
    delivery: Literal["parcel", "meet"]
    address: AddressIn | None = None
    expected_delivery_fen: Annotated[int, Field(ge=0, le=1_000_000, description="`total_fen` of quoteDelivery.")] = 0
    confirmed: Annotated[
        list[_Choice],
        Field(
            max_length=5, description="Exceptions to the return without a reason that the buyer confirms for this order alone."
        ),
    ] = []


class ReturnAddressIn(Body):
    """Where a refunded item goes back to."""

    name: Annotated[Line, Field(max_length=100)]
    phone: Annotated[Figures, Field(max_length=40)]
    address: Annotated[Lines, Field(max_length=400)]


class Parcel(Body):
    """With which parcel something travels."""

    carrier: Annotated[_Choice, Field(description="A code of `carriers` (getTradeChoices).")]
    tracking_no: Annotated[Figures, Field(max_length=60)]


class Shipment(Parcel):
    """The parcel is with a carrier."""

    erased: Annotated[bool, Field(description="The thing is erased and signed out of its account.")]


class Meeting(Body):
    """Where and when the two meet."""

    place: Annotated[Line, Field(max_length=200)]
    erased: Annotated[bool, Field(description="The thing is erased and signed out of its account.")]


class MeetingCode(Body):
    """The six digits that the buyer reads out at the meeting."""

    digits: Annotated[Figures, Field(max_length=20)]


class Cancellation(Body):
    """The buyer needs no reason; the seller gives one."""

    reason: Annotated[_Choice | None, Field(description="A code of `seller_cancel_reasons` (getTradeChoices).")] = None


class ProblemReport(Body):
    """What is wrong with what arrived."""

    reason: Annotated[_Choice, Field(description="A code of `problem_reasons` (getTradeChoices).")]
    text: Annotated[Lines, Field(max_length=1000)]


class StatementIn(Body):
    """What this side has to say."""

    text: Annotated[Lines, Field(max_length=1000)]


class ReviewIn(Body):
    """What you say of the other side. It cannot be changed."""

    stars: Annotated[int, Field(ge=1, le=5)]
    text: Annotated[Lines, Field(max_length=1000)] = ""


class ReviewOut(Shape):
    """One side's review of the other."""

    code: Code
    by: Annotated[Literal["buyer", "seller"], Field(description="Which side of the sale wrote it.")]
    state: Annotated[
        Literal["sealed", "revealed", "hidden"], Field(description="hidden: its text, with a reason; the stars stay.")
    ]
    stars: int
    text: Annotated[str | None, Field(description="May be empty; null when hidden.")]
    hidden_reason: str | None
    written_on: Day


ReviewsOut = Page[ReviewOut]


class OrderReviewsOut(Shape):
    """The reviews of an order as one side reads them."""

    mine: ReviewOut | None
    other: Annotated[ReviewOut | None, Field(description="Only once both are open.")]
    other_is_written: bool
    can_write: bool
    until: Annotated[Moment | None, Field(description="The last moment for writing; null before the sale is completed.")]


class OrdersQuery(PageQuery):
    """Your orders."""

    role: Annotated[Literal["buyer", "seller"] | None, Field(description="Only what you bought or sold.")] = None


class StatusOut(Shape):
    """Where the order stands, for you."""

    sentence: str
    next_step: str
    who: Annotated[str, Field(description="Who must act: buyer, seller, staff or nobody.", examples=["seller"])]
    until: Moment | None
    otherwise: Annotated[str, Field(description="What happens when nobody acts.")]


class CaseOut(Shape):
    """A problem that was reported."""

    code: Code
    state: Annotated[str, Field(examples=["open"])]
    reason: str
    text: str
    answer: str | None
    ruling: str | None
    grounds: str | None
    opened_at: Moment


class WayBackOut(Shape):
    """The way back of a refunded item, from the day on which the seller has named an address (getReturnAddress)."""

    until: Annotated[Moment, Field(description="Until when the buyer is asked to send it.")]
    carrier: str | None
    tracking_no: str | None
    sent_at: Moment | None


class ChargeOut(Shape):
    """One line of what bringing an appliance costs."""

    code: Annotated[str, Field(examples=["stairs"])]
    name: Words
    fen: int


class QuoteQuery(Query):
    """The way into the room."""

    floor: Annotated[str, Field(max_length=10, examples=["5"])]
    lift: Annotated[Literal["yes", "small", "no"], Field(description="small: the thing does not fit in.")]
    door_cm: Annotated[str, Field(max_length=10)] = ""
    old_unit: Literal["", "yes"] = ""
    installing: Literal["", "none", "seller", "own"] = ""
    slot: Annotated[str, Field(max_length=20)] = ""


class QuoteOut(Shape):
    """What bringing it costs, by which table, and when it can be brought."""

    lines: list[ChargeOut]
    total_fen: int
    table: str
    slots: list[str]


class RoomOut(Shape):
    """How an appliance comes into the room."""

    lines: list[ChargeOut]
    slot_on: Day | None
    slot_part: str | None
    installing: str
    arrived_at: Moment | None
    install_until: Moment | None


class OrderOut(Shape):
    """One sale, as its buyer or its seller sees it."""

    code: Code
    state: Annotated[str, Field(examples=["awaiting_payment"])]
    version: int
    role: Annotated[Literal["buyer", "seller"], Field(description="Which side you are.")]
    listing: Code
    listing_version: int
    promise_sha256: Annotated[str, Field(description="Hash of what was promised (getPromise).")]
    title: str
    price_fen: Fen
    fee_fen: Annotated[int, Field(description="Paid by the seller out of the price.")]
    delivery_fen: int
    total_fen: Fen
    currency: Annotated[str, Field(examples=["CNY"])]
    delivery: Annotated[str, Field(examples=["parcel"])]
    payment: Annotated[Code | None, Field(description="For the buyer: pay it with payPayment.")]
    money: Annotated[str, Field(description="Where the money is.", examples=["held"])]
    shipment: Annotated[str, Field(examples=["none"])]
    problem: Annotated[str, Field(examples=["none"])]
    carrier: str | None
    tracking_no: str | None
    meet_place: str | None
    way_back: WayBackOut | None
    room: Annotated[RoomOut | None, Field(description="Of an appliance that is brought.")]
    buyer: Code
    seller: Code
    status: StatusOut
    actions: Annotated[list[str], Field(description="What you can do now.", examples=[["pay", "cancel"]])]
    cases: list[CaseOut]
    created_at: Moment


class OrderLine(Shape):
    """An order in a list."""

    code: Code
    state: Annotated[str, Field(examples=["paid"])]
    role: Annotated[str, Field(examples=["seller"])]
    title: str
    total_fen: Fen
    created_at: Moment


class AddressOut(Shape):
    """Where the parcel goes. Each time a seller reads it, that is written down."""

    name: str
    phone: str
    address: str
    floor: str
    lift: str
    remarks: str
    door_cm: str
    old_unit: str
    installing: str
    slot: str


class ReturnAddressOut(Shape):
    """Where a refunded item goes back to. Each time its buyer reads it, that is written down."""

    name: str
    phone: str
    address: str


class CodeOut(Shape):
    """The buyer's six digits for the handover."""

    digits: Annotated[str, Field(examples=["204518"])]


class HandoverOut(Shape):
    """What became of the digits. A wrong one is an answer, because it is counted."""

    right: bool
    tries_left: int
    locked_until: Moment | None
    order: OrderOut


class PromiseOut(Shape):
    """What was promised in this order, whatever the listing says today."""

    sha256: str
    content: Annotated[dict[str, Any], Field(examples=[{"format": "xunyi.listing/1"}])]


class TradeChoice(Shape):
    """A code with its name."""

    code: str
    name: Words


class RightOut(Shape):
    """One right of one sale, now."""

    code: Annotated[str, Field(examples=["seven_day_return"])]
    name: Words
    state: Annotated[str, Field(description="open, coming, unknown, excluded or over.", examples=["open"])]
    until: Annotated[Moment | None, Field(description="The last second in which it can be used.")]
    is_law: bool
    source: Words
    remedies: list[str]
    paid_by: str
    freight_by: str | None


class RightsOut(Shape):
    """The buyer's rights of one order."""

    items: list[RightOut]


class ChoicesOut(Shape):
    """Codes that people choose from in a sale."""

    carriers: list[TradeChoice]
    problem_reasons: list[TradeChoice]
    seller_cancel_reasons: list[TradeChoice]


Orders = Page[OrderLine]


class NewOffer(Body):
    """A price below the asking price, and how the thing would come. A meeting needs no address."""

    price_fen: Fen
    further: Annotated[
        list[Code],
        Field(max_length=5, description="More listings of the seller, of the same kind: the price is for all, all or none."),
    ] = []
    delivery: Literal["parcel", "meet"]
    address: AddressIn | None = None


class CounterIn(Body):
    """Another price."""

    price_fen: Fen


class FloorIn(Body):
    """A seller's lowest price; null for none."""

    floor_fen: Fen | None


class FloorOut(Shape):
    """A seller's lowest price, for the seller alone."""

    floor_fen: Fen | None


class OfferOut(Shape):
    """One price that was named."""

    by: Literal["buyer", "seller"]
    price_fen: Fen
    at: Moment


class PartOut(Shape):
    """One listing of a bundle, with its part of the standing price."""

    listing: Code
    title: str
    price_fen: Fen | None
    order: Code | None


class NegotiationLine(Shape):
    """A negotiation in a list. `waits_for_you`: you are to answer by `due_at`."""

    code: Code
    listing: Code
    title: str
    side: Literal["buyer", "seller"]
    state: str
    standing_fen: Fen
    due_at: Moment
    waits_for_you: bool


class NegotiationOut(NegotiationLine):
    """One negotiation, with every price that was named."""

    version: int
    asking_fen: Annotated[Fen, Field(description="The asking price when it began.")]
    offers: list[OfferOut]
    parts: Annotated[list[PartOut], Field(description="Of a bundle, the first listing included; empty for one listing.")]
    order: Annotated[Code | None, Field(description="Of an accepted offer.")]


class Negotiations(Page[NegotiationLine]):
    """Newest first."""
