"""Reviews for programs: write one, read those of an order, read what others said of a person."""

from __future__ import annotations

from app.credit import errors as credit_errors
from app.credit import queries as credit
from app.kernel.errors import BadState, Conflict
from app.kernel.text import N_
from app.kernel.time import iso_seconds, shanghai_day
from app.trades import errors, policy, queries, rules, service
from app.trades.api.shaping import READ, SAME, WRITE, face
from app.trades.models import Review
from app.trades.queries import reviews
from app.trades.schemas import OrderReviewsOut, ReviewIn, ReviewOut, ReviewsOut
from app.trades.states.reviews import HIDDEN
from app.web.api import Answer, Call, cut, read_cursor
from app.web.api.shapes import PageQuery


@face.post(
    "/orders/{code}/review",
    id="writeReview",
    summary=N_("Review the other side of a completed sale"),
    scope=WRITE,
    body=ReviewIn,
    example={"stars": 5, "text": "描述准确，包装仔细。"},
    answer=OrderReviewsOut,
    refusals=(errors.OrderNotFound, errors.SaleNotCompleted, errors.ReviewedOnce, errors.ReviewTimeOver, BadState, Conflict),
    links={"reviews": ("getOrderReviews", SAME)},
)
def write_review(call: Call, code: str) -> Answer:
    """Once for each side, for 14 days. It is sealed until both have written or the time is over, and never changes."""
    service.write_review(call.work, code, call.body.stars, call.body.text)
    return _of_order(call, code)


@face.get(
    "/orders/{code}/reviews",
    id="getOrderReviews",
    summary=N_("The reviews of an order, as you may read them"),
    scope=READ,
    answer=OrderReviewsOut,
    refusals=(errors.OrderNotFound,),
)
def order_reviews(call: Call, code: str) -> Answer:
    """Your own at once, the other side's when both are open."""
    return _of_order(call, code)


@face.get(
    "/sellers/{code}/reviews",
    id="listReviews",
    summary=N_("What others said of a person"),
    roles=("anyone",),
    query=PageQuery,
    answer=ReviewsOut,
    refusals=(credit_errors.SellerNotFound,),
)
def of_person(call: Call, code: str) -> Answer:
    """Opened reviews, newest first; none is left out. A hidden text is null, with the reason beside it."""
    asked: PageQuery = call.query
    user = credit.seller_by_code(call.work, code)
    place = f"listReviews {code}"
    rows = [row for row, _ in reviews.opened_reviews(call.work, user.id, asked.limit + 1, read_cursor(place, asked.cursor))]
    shown, further = cut(rows, asked.limit, place, lambda row: row.id)
    return Answer(ReviewsOut(items=[_shown(row) for row in shown], next_cursor=further))


def _of_order(call: Call, code: str) -> Answer:
    order = queries.own_order(call.work, code)
    found = reviews.reviews_for(call.work, order, policy.role_in(call.work.actor, order) or rules.BUYER)
    return Answer(
        OrderReviewsOut(
            mine=_shown(found.mine) if found.mine else None,
            other=_shown(found.other) if found.other else None,
            other_is_written=found.is_other_written,
            can_write=found.can_write,
            until=iso_seconds(found.until) if found.until else None,
        )
    )


def _shown(review: Review) -> ReviewOut:
    return ReviewOut(
        code=review.code,
        by=review.side,  # type: ignore[arg-type]
        state=review.state,  # type: ignore[arg-type]
        stars=review.stars,
        text=None if review.state == HIDDEN else review.text,
        hidden_reason=review.hidden_reason,
        written_on=shanghai_day(review.written_at).isoformat(),
    )
