"""Reading reviews: what is sealed is read by its author alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.kernel.work import Work
from app.trades.errors import ReviewNotFound
from app.trades.models import Order, Review
from app.trades.states import COMPLETED
from app.trades.states.reviews import DAYS, SEALED


@dataclass(frozen=True)
class ReviewsOf:
    """The reviews of an order as one side reads them. ``other`` only once it is opened."""

    mine: Review | None
    other: Review | None
    is_other_written: bool
    until: datetime | None  # the last moment for writing; None while the sale is not completed
    can_write: bool


def time_for_review(order: Order) -> datetime | None:
    """Until when the sides of an order may write; None before it is completed."""
    if order.state != COMPLETED or order.completed_at is None:
        return None
    return order.completed_at + timedelta(days=DAYS)


def reviews_of_order(work: Work, order_id: int) -> list[Review]:
    """Both sides' reviews as they are kept: for verbs, which show nothing of them."""
    return list(work.session.scalars(select(Review).where(Review.order_id == order_id).order_by(Review.id)))


def reviews_for(work: Work, order: Order, side: str) -> ReviewsOf:
    """What one side of the order sees of its reviews."""
    written = {review.side: review for review in reviews_of_order(work, order.id)}
    mine = written.pop(side, None)
    other = next(iter(written.values()), None)
    until = time_for_review(order)
    can_write = mine is None and until is not None and work.now < until
    return ReviewsOf(mine, None if other is None or other.state == SEALED else other, other is not None, until, can_write)


def review_by_code(work: Work, code: str) -> Review | None:
    """One review with this number, sealed ones too."""
    return work.session.scalars(select(Review).where(Review.code == code)).one_or_none()


def opened_review(work: Work, code: str) -> Review:
    """One review that everybody may read. Raises ReviewNotFound, also while it is sealed."""
    found = review_by_code(work, code)
    if found is None or found.state == SEALED:
        raise ReviewNotFound()
    return found


def opened_reviews(work: Work, user_id: int, limit: int, before: int | None = None) -> list[tuple[Review, Order]]:
    """Opened reviews of a person with their orders, newest first; ``before`` is an id to go on from."""
    rows = (
        select(Review, Order)
        .join(Order, Order.id == Review.order_id)
        .where(Review.subject_id == user_id, Review.state != SEALED)
        .order_by(Review.id.desc())
        .limit(limit)
    )
    if before is not None:
        rows = rows.where(Review.id < before)
    return [(review, order) for review, order in work.session.execute(rows)]
