"""Writing a review, opening both sides' together, and hiding the text of one with a reason."""

from __future__ import annotations

from app.credit import service as credit
from app.kernel.deadlines import set_deadline
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_code
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.trades import policy
from app.trades.errors import ReviewedOnce, ReviewTimeOver, SaleNotCompleted
from app.trades.models import Order, Review
from app.trades.queries import order_by_id, own_order
from app.trades.queries.reviews import opened_review, reviews_of_order, time_for_review
from app.trades.rules import BUYER, SELLER
from app.trades.service.telling import tell
from app.trades.states import COMPLETED
from app.trades.states.reviews import HIDE_REASONS, LONGEST, REVIEW_FLOW, SEALED


def write_review(work: Work, code: str, stars: int, text: str) -> Review:
    """One side of a completed order says how it went. Nobody reads it until both have written or the time is over.

    Raises OrderNotFound (also for everybody who is no party), SaleNotCompleted, ReviewedOnce, ReviewTimeOver, InvalidInput.
    """
    order = own_order(work, code, to_change=True)
    side = policy.role_in(work.actor, order) or BUYER
    if order.state != COMPLETED:
        raise SaleNotCompleted()
    if any(review.side == side for review in reviews_of_order(work, order.id)):
        raise ReviewedOnce()
    until = time_for_review(order)
    if until is None or work.now >= until:
        raise ReviewTimeOver()
    text = _checked(stars, text)
    other = order.seller_id if side == BUYER else order.buyer_id
    review = Review(
        code=new_code(),
        order_id=order.id,
        side=side,
        author_id=work.actor.id,
        subject_id=other,
        stars=stars,
        text=text,
        stars_salt=new_code(),
        text_salt=new_code(),
        written_at=work.now,
        reveal_at=until,
        state=SEALED,
        entered_at=work.now,
    )
    work.session.add(review)
    work.session.flush()
    REVIEW_FLOW.start(work, review)
    _note(work, order, review, "review.sealed", {**_digests(review), "reveal_on": shanghai_day(until).isoformat()})
    both = reviews_of_order(work, order.id)
    if len(both) == 2:
        for each in both:
            reveal(work, order, each)
    else:
        set_deadline(work, "review", review.id, "reveal", until, review.version)
        tell(work, order, f"review_by_{side}", until)
    return review


def reveal(work: Work, order: Order, review: Review) -> None:
    """Open a review: its stars go into the log with the salt by which everybody sees that they are those that were sealed."""
    REVIEW_FLOW.apply(work, review, "reveal")
    opened = {"stars": review.stars, "salt": review.stars_salt, **_digests(review)}
    _note(work, order, review, "review.revealed", opened)
    tell(work, order, f"review_opened_{review.side}")


def on_reveal(work: Work, review_id: int) -> None:
    """Time has run out: what was written is opened, also when the other side has written nothing."""
    review = work.session.get_one(Review, review_id)
    order = order_by_id(work, review.order_id, to_change=True)
    work.session.refresh(review)
    if review.state == SEALED and work.now >= review.reveal_at:
        reveal(work, order, review)


def hide_review(work: Work, code: str, reason: str) -> Review:
    """Hide the text of an opened review for everybody, with a reason that everybody reads. Its stars stay and count.

    Raises ReviewNotFound, StaffOnly, PartyCannotRule, InvalidInput, BadState.
    """
    policy.require_staff(work.actor)
    review = opened_review(work, code)  # nobody reads what is sealed, staff neither
    order = order_by_id(work, review.order_id, to_change=True)
    policy.require_staff(work.actor, order)
    work.session.refresh(review)
    if reason not in HIDE_REASONS:
        raise InvalidInput({"reason": N_("Please choose why the text is hidden.")})
    review.hidden_reason, review.hidden_by = reason, work.actor.id
    REVIEW_FLOW.apply(work, review, "hide", reason=reason)
    _note(work, order, review, "review.tombstoned", {"reason": reason})
    tell(work, order, "review_hidden", again=review.code)
    return review


def _checked(stars: int, text: str) -> str:
    text = text.strip()
    errors: dict[str, str] = {}
    if stars not in range(1, 6):
        errors["stars"] = N_("Please choose one to five stars.")
    if len(text) > LONGEST:
        errors["text"] = N_("This is too long: at most 1,000 characters.")
    if errors:
        raise InvalidInput(errors)
    return text


def _digests(review: Review) -> dict[str, object]:
    return credit.sealed({"stars": (review.stars, review.stars_salt), "text": (review.text, review.text_salt)})


def _note(work: Work, order: Order, review: Review, conduct: str, facts: dict[str, object]) -> None:
    """Write a fact about a review into the record of whom it is about."""
    data = {
        "order": order.code,
        "category": order.category,
        "amount_band": credit.amount_band(order.price_fen),
        "counterparty": credit.cluster_of(work, review.author_id),
        "review": review.code,
        "of": SELLER if review.side == BUYER else BUYER,
        **facts,
    }
    credit.record(work, conduct, review.subject_id, data, key=f"{conduct}:{review.code}")
