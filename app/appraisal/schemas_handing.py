"""What programs send and get about the fee of an appraisal, the way of its thing from hand to hand, and visits at home."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.appraisal.schemas import AgencyOut, AppraisalOut
from app.web.api.shapes import Body, Code, Figures, Line, Lines, Moment, Query, Shape, Words

Short = Annotated[Line, Field(max_length=40)]
Digits = Annotated[Figures, Field(max_length=20, description="The six digits that the owner reads out.", examples=["204518"])]
Seal = Annotated[
    Line, Field(max_length=40, description="Number of the bag or label; cars have none.", examples=["QH-20261128-07"])
]
Seen = Annotated[Lines, Field(max_length=500, description="What was not as it should be; empty: nothing.")]


class OffersQuery(Query):
    """Whether the appraiser shall come."""

    district: Annotated[
        str | None,
        StringConstraints(max_length=40),
        Field(description="Code of a district: agencies that come to homes there, with their free times."),
    ] = None


class PlaceOut(Shape):
    """Where an agency measures. Only places that can complete the grade are shown."""

    code: Code
    name: str
    district: Annotated[str, Field(examples=["yubei"])]
    address: str


class TimeOut(Shape):
    """A free time."""

    code: Code
    place: Annotated[Code | None, Field(description="Where; null: at your home.")]
    starts_at: Moment
    ends_at: Moment


class OfferOut(Shape):
    """What one agency asks."""

    agency: AgencyOut
    fee_fen: Annotated[int, Field(description="0: nothing. At your home with the way.", examples=[19900])]
    wait_days: Annotated[int | None, Field(description="From the fee to the report, as the agency says it.", examples=[3])]
    places: list[PlaceOut]
    times: Annotated[list[TimeOut], Field(description="Of visits at home; of places they are chosen later (getHandOver).")]


class EndingOut(Shape):
    """A way in which an appraisal ends without a tier."""

    code: Annotated[str, Field(examples=["unsafe"])]
    name: Words
    meaning: Words


class OffersOut(Shape):
    """Before paying: what can still come out, and what each agency asks."""

    scheme: Annotated[str, Field(examples=["phone-2026.1"])]
    best_tier: Annotated[str | None, Field(description="Highest tier that your words leave open; null: none.", examples=["B"])]
    limits: Annotated[list[Words], Field(description="What was said that limits it.")]
    endings: list[EndingOut]
    offers: list[OfferOut]


class NewVisit(Body):
    """At which time the appraiser comes, and where to."""

    thing: Annotated[Code, Field(description="`thing` of your own listing.")]
    time: Annotated[Code, Field(description="`code` of a time of `listAppraisalOffers` with a district.")]
    address: Annotated[Lines, Field(max_length=240, description="Name, phone number and address. Only who accepts reads it.")]
    expected_fee_fen: Annotated[int, Field(ge=1, description="`fee_fen` of the offer that was seen.", examples=[24900])]


class TimeIn(Body):
    """A time that is free."""

    time: Code


class Bringing(Body):
    """Where the thing goes, and how."""

    place: Code
    way: Literal["bring", "send"]
    address: Annotated[Lines, Field(max_length=240, description="Where a parcel goes back to; only for `send`.")] = ""


class ParcelIn(Body):
    """With which carrier it travels."""

    carrier: Short
    tracking_no: Annotated[Figures, Field(max_length=60)]


class DigitsIn(Body):
    """Proof that the owner is there."""

    digits: Digits


class Receiving(Body):
    """What the agency sees when it takes the thing. A parcel needs no digits."""

    digits: Digits = ""
    seal_no: Seal = ""
    discrepancy: Seen = ""


class Returning(Body):
    """What the agency sees when it gives the thing back."""

    digits: Digits
    seal_no: Seal = ""
    discrepancy: Seen = ""


class WayBack(Body):
    """How a thing that the agency holds comes back."""

    way: Literal["fetch", "parcel"]
    address: Annotated[Lines, Field(max_length=240, description="Only for `parcel`.")] = ""


class BackAgain(Body):
    """The owner has the parcel."""

    discrepancy: Seen = ""


class Absence(Body):
    """What happened, in words that the other side reads."""

    words: Annotated[Lines, Field(max_length=600)]


class CustodyOut(Shape):
    """One step from hand to hand. Never changed."""

    no: int
    kind: Annotated[str, Field(description="`sent`, `received`, `sent_back` or `returned`.", examples=["received"])]
    holder: Annotated[str, Field(examples=["agency"])]
    confirmed: Annotated[str, Field(description="`digits`: both at one table; `parcel`: each by itself.", examples=["digits"])]
    seal_no: str | None
    discrepancy: str | None
    carrier: str | None
    tracking_no: str | None
    at: Moment


class HandOverOut(Shape):
    """Where and when the thing meets its appraiser, who holds it, and what can be chosen now."""

    appraisal: Code
    version: int
    state: Annotated[str, Field(examples=["awaiting_item"])]
    way: Annotated[str | None, Field(description="`visit`, `bring` or `send`; null: not chosen, or at home.", examples=["bring"])]
    place: PlaceOut | None
    starts_at: Moment | None
    ends_at: Moment | None
    visit: Annotated[
        str | None, Field(description="Of a visit at home; null: the thing comes to the agency.", examples=["booked"])
    ]
    holder: Annotated[str, Field(description="`owner`, `carrier` or `agency`.", examples=["owner"])]
    back_way: Annotated[str | None, Field(examples=["fetch"])]
    back_due_at: Moment | None
    digits: Annotated[str | None, Field(description="For its owner, before a hand-over face to face.", examples=["204518"])]
    places: Annotated[list[PlaceOut], Field(description="For its owner, while it can be chosen.")]
    times: Annotated[list[TimeOut], Field(description="For its owner, while one can be chosen.")]
    steps: list[CustodyOut]


class HandedOut(Shape):
    """What became of the digits. A wrong one is an answer, because it is counted."""

    right: bool
    tries_left: int
    locked_until: Moment | None
    appraisal: AppraisalOut


class BackAddressOut(Shape):
    """Where the parcel goes back to."""

    address: str
