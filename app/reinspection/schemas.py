"""What programs send and get about contested grades."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.reinspection.models import LONGEST_REASON
from app.web.api.shapes import Body, Code, Fen, Lines, Moment, Page, Shape


class ContestIn(Body):
    """Why the grade is doubted. Photos are sent on its page."""

    reason: Annotated[
        Lines, Field(max_length=LONGEST_REASON, description="10 characters and more. Never shown to the second agency.")
    ]


class LiabilityOut(Shape):
    """What the first agency answers for, fen."""

    fee_fen: Annotated[int, Field(description="Of the first appraisal, back to who paid it.", examples=[19900])]
    compensation_fen: Annotated[int, Field(description="To who contests, when they bought it on that report.", examples=[0])]


class ContestOut(Shape):
    """One contest, or a second look that was drawn by lot and that you show the item for."""

    code: Code
    kind: Literal["blind", "contest"]
    state: Annotated[str, Field(examples=["with_agency"])]
    version: int
    report: Annotated[Code, Field(description="The report that is looked at again.")]
    deposit_fen: Fen | None
    payment: Annotated[Code | None, Field(description="For who contests: pay it (payPayment) until `pay_due_at`.")]
    pay_due_at: Moment | None
    show_due_at: Annotated[Moment | None, Field(description="Until when the item is to be shown.")]
    appraisal: Annotated[Code | None, Field(description="Order of the second agency, for who shows the item.")]
    second_report: Annotated[Code | None, Field(description="Its report, once it is decided.")]
    outcome: Annotated[Literal["upheld", "amended"] | None, Field(description="`upheld`: the first report stands.")]
    steps: Annotated[
        int | None, Field(description="Tiers by which the first grade was too good; null: not comparable.", examples=[2])
    ]
    is_liable: Annotated[bool | None, Field(description="Whether the first appraiser answers for the error.")]
    liability: Annotated[LiabilityOut | None, Field(description="For who contests; null: nothing.")]
    refund_fen: Annotated[int | None, Field(description="Of the deposit, back.", examples=[6000])]
    reason: Annotated[str | None, Field(description="Your own reasons.")]
    end_reason: Annotated[str | None, Field(description="Why it ended without a result.")]


Contests = Page[ContestOut]
