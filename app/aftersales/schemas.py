"""What programs send and get about claims."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.aftersales.rules import LONGEST, MOST_ITEMS
from app.web.api.shapes import Body, Code, Fen, Figures, Line, Lines, Moment, Page, Shape, Words

_Key = Annotated[str, StringConstraints(max_length=80)]
_Photo = Annotated[str, StringConstraints(max_length=300_000, pattern=r"^[A-Za-z0-9+/]+={0,2}$")]
_Remedy = Literal["partial_refund", "return_refund"]


class ClaimIn(Body):
    """What differs from what was promised, and what you ask for."""

    reason: Annotated[str, StringConstraints(max_length=40), Field(examples=["hidden_repair"])]
    text: Annotated[Lines, Field(max_length=LONGEST)]
    items: Annotated[list[_Key], Field(max_length=MOST_ITEMS, description="Keys of listClaimItems.")] = []
    remedy: _Remedy
    amount_fen: Annotated[Fen | None, Field(description="Of a partial refund.")] = None
    photos: Annotated[
        list[_Photo], Field(max_length=3, description="JPEG, PNG or WebP files as base64; larger ones are sent on the page.")
    ] = []


class ProposalIn(Body):
    """What a side proposes instead."""

    remedy: _Remedy
    amount_fen: Annotated[Fen | None, Field(description="Of a partial refund.")] = None
    words: Annotated[Lines, Field(max_length=LONGEST)]


class ReasonsIn(Body):
    """Why the claim is refused."""

    words: Annotated[Lines, Field(max_length=LONGEST)]


class AppealIn(Body):
    """What is wrong with the ruling."""

    words: Annotated[Lines, Field(max_length=LONGEST)]


class ReturnAddress(Body):
    """Where the item goes back to."""

    name: Annotated[Line, Field(max_length=100)]
    phone: Annotated[Figures, Field(max_length=40)]
    address: Annotated[Lines, Field(max_length=400)]


class ReturnParcel(Body):
    """With which parcel it goes back."""

    carrier: Annotated[str, StringConstraints(max_length=20), Field(description="A code of `carriers` (getTradeChoices).")]
    tracking_no: Annotated[Figures, Field(max_length=60)]


class ReceiptIn(Body):
    """What the seller reads off the item that came back."""

    number: Annotated[Figures, Field(max_length=60, description="IMEI, serial number or VIN, if the item has one.")] = ""
    seal_no: Annotated[Figures, Field(max_length=60, description="Empty when there is no seal any more.")] = ""
    is_altered: bool = False
    words: Annotated[Lines, Field(max_length=LONGEST, description="What is altered.")] = ""


class ReturnAddressShown(Shape):
    """Where the item goes back to. Each time its buyer reads it, that is written down."""

    name: str
    phone: str
    address: str


class ReturnOut(Shape):
    """The way back."""

    step: Literal["address", "send", "receive"]
    carrier: str | None
    tracking_no: str | None
    sent_at: Moment | None
    received_at: Moment | None
    result: Annotated[str | None, Field(description="same, altered, other_item or silent")]


class ItemOut(Shape):
    """One thing that was promised."""

    key: Annotated[str, Field(examples=["report:screen_glass"])]
    name: Words
    promised: Words


class ItemsOut(Shape):
    """What a claim about an order can point at."""

    items: list[ItemOut]


class ProposalOut(Shape):
    """What one side asked for, offered or refused."""

    by: Literal["buyer", "seller"]
    kind: Literal["ask", "offer", "refuse"]
    remedy: str | None
    amount_fen: int
    words: str
    at: Moment


class EvidenceOut(Shape):
    """One photo by the hash of its bytes, chained."""

    sha256: str
    previous: str
    hash: str
    at: Moment


class RulingOut(Shape):
    """A ruling with its reasons. `buyer_fen` and `seller_fen` are together the amount in dispute."""

    round: Annotated[int, Field(description="1, or 2 on the appeal.")]
    by: Annotated[str, Field(description="Name of the arbitrator.")]
    remedy: Annotated[str | None, Field(description="Empty: nothing goes back.")]
    buyer_fen: int
    seller_fen: int
    fault: Annotated[str, Field(examples=["seller_fault"], description="seller_fault, buyer_fault, shared or none")]
    reasons: str
    clauses: Annotated[list[str], Field(description="Codes of listRights.")]
    evidence: Annotated[
        list[str],
        Field(description="report, item-1, photo-1, said-1 or return: by the order of items, evidence and proposals."),
    ]
    at: Moment


class LegOut(Shape):
    """A part of the money after a final ruling."""

    receiver: Literal["buyer", "seller"]
    amount_fen: int
    state: Annotated[str, Field(description="planned, booked, paid, failed or dropped")]


class DisputeOut(Shape):
    """The newest dispute of a claim."""

    code: Code
    state: Annotated[str, Field(examples=["deciding"], description="waiting, deciding, ruled, carrying_out, done or closed")]
    version: int
    amount_fen: int
    due_at: Annotated[Moment | None, Field(description="Until when it is decided, or until when an appeal is possible.")]
    accepted_by: list[Literal["buyer", "seller"]]
    appealed_by: Literal["buyer", "seller"] | None
    appeal_text: str | None
    rulings: list[RulingOut]
    legs: list[LegOut]


class ClaimOut(Shape):
    """One claim, as both sides read it."""

    code: Code
    state: Annotated[str, Field(examples=["seller_turn"])]
    version: int
    order: Code
    reason: str
    right: Annotated[str, Field(description="A code of listRights.", examples=["nonconformity_return"])]
    due_at: Annotated[Moment | None, Field(description="Until when the side whose turn it is can answer.")]
    most_fen: Annotated[Fen, Field(description="Most that can go back to the buyer.")]
    items: list[ItemOut]
    proposals: list[ProposalOut]
    evidence: list[EvidenceOut]
    way_back: ReturnOut | None
    dispute: DisputeOut | None
    result_remedy: str | None
    result_fen: int | None


Claims = Page[ClaimOut]
