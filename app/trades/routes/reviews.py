"""Reviews: written on the order's page, opened together, read by everybody, their text hidden only with a reason."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.credit import queries as credit
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.work import Work
from app.trades import queries, service
from app.trades.forms import HideForm, ReviewForm
from app.trades.queries import reviews
from app.trades.routes.blueprint import bp
from app.trades.routes.views import take_step
from app.trades.wording import HIDDEN_WORDS
from app.web import allow, begin, look, render

PAGE = 20


@bp.post("/orders/<code>/review")
@allow("member")
def write_review(code: str) -> AnyResponse:
    form = ReviewForm()

    def step(work: Work) -> None:
        service.write_review(work, code, form.chosen_stars, form.text.data or "")

    said = _("Your review is kept. It is opened when both sides have written, or after 14 days.")
    return take_step(code, form, "review", step, said)


@bp.get("/sellers/<code>/reviews")
@allow("anyone")
def reviews_of(code: str) -> Response:
    """Everything that others have said of a person, newest first, good and bad alike."""
    typed = request.args.get("before", "")
    before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else None
    with look() as work:
        user = credit.seller_by_code(work, code)
        rows = reviews.opened_reviews(work, user.id, PAGE + 1, before)
        return render(
            "trades/reviews.html",
            code=user.code,
            display_name=user.display_name,
            stars=credit.stars_of(work, user.id),
            rows=rows[:PAGE],
            before=rows[PAGE - 1][0].id if len(rows) > PAGE else None,
            hidden_words=HIDDEN_WORDS,
        )


@bp.get("/operator/reviews/<code>")
@allow("operator")
def review(code: str) -> Response:
    """One opened review with everything that staff need to decide whether its text may stay."""
    return _review_page(code, HideForm())


@bp.post("/operator/reviews/<code>")
@allow("operator")
def hide_review(code: str) -> AnyResponse:
    form = HideForm()
    if not form.validate_on_submit():
        return _review_page(code, form, status=422)
    try:
        with begin() as work:
            service.hide_review(work, code, form.reason.data or "")
    except (InvalidInput, Conflict) as refusal:
        form.take(refusal)
        return _review_page(code, form, status=refusal.status)
    flash(_("The text is hidden and both sides are told. The stars stay."), "success")
    return redirect(url_for("trades.review", code=code), code=303)


def _review_page(code: str, form: HideForm, status: int = 200) -> Response:
    with look() as work:
        found = reviews.opened_review(work, code)
        order = queries.order_by_id(work, found.order_id)
        is_party = work.actor.user_id in (order.buyer_id, order.seller_id)
        return render(
            "trades/review.html",
            status=status,
            review=found,
            order=order,
            form=form,
            is_party=is_party,
            hidden_words=HIDDEN_WORDS,
        )
