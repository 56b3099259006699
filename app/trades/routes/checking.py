"""The checklist at delivery: compared line by line, handed in once, read by both sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, flash, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.errors import Conflict, InvalidInput
from app.kernel.work import Work
from app.media.queries import photo_file
from app.trades import policy, queries, rules, service
from app.trades.errors import OrderNotFound
from app.trades.forms import CheckForm, VersionForm
from app.trades.models import Order, OrderCheck
from app.trades.queries import checking
from app.trades.queries.checking import Ask
from app.trades.queries.rights import rights_of_order
from app.trades.routes.blueprint import bp
from app.trades.service import Found
from app.trades.wording import CHECK_WORDS
from app.web import allow, begin, hub, look, render

MB = 1024 * 1024


@bp.url_value_preprocessor
def _allow_large_bodies(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Photos come with the list. Here, because the form token is read before any view runs."""
    if endpoint == "trades.hand_in_check":
        request.max_content_length = hub().settings.max_upload_mb * MB


@bp.get("/orders/<code>/check")
@allow("member")
def check(code: str) -> AnyResponse:
    """The list to compare; once it is handed in, what was found."""
    with look() as work:
        order = queries.own_order(work, code)
        handed_in = checking.check_of(work, order.id)
        if handed_in is not None:
            return _checked_page(work, order, handed_in)
        asks = checking.checklist_of(work, order).asks
    return _check_page(code, CheckForm.of(asks))


@bp.post("/orders/<code>/check")
@allow("member")
def hand_in_check(code: str) -> AnyResponse:
    """Keep the list. With differences the way leads to the claim, already filled in; without, to accepting."""
    with look() as work:
        asks = checking.checklist_of(work, queries.own_order(work, code)).asks
    form = CheckForm.of(asks)
    if not form.validate_on_submit():
        return _check_page(code, form, status=422)
    found = {ask.item.key: Found(*form.given(no)) for no, ask in enumerate(asks)}
    try:
        with begin() as work:
            made = service.hand_in_check(work, hub().store, hub().sealer, code, found)
            differing = made.differing
    except InvalidInput as refusal:
        form.take(_by_field(refusal, asks))
        return _check_page(code, form, status=422)
    except Conflict as refusal:
        form.take(refusal)
        return _check_page(code, form, status=refusal.status)
    said = _("Your list is kept. Open the claim now: it is filled in.") if differing else _("Your list is kept: no difference.")
    flash(said, "success")
    return redirect(url_for("trades.check", code=code), code=303)


@bp.get("/orders/<code>/check/photos/<photo_code>/<size>.webp")
@allow("member")
def check_photo(code: str, photo_code: str, size: str) -> Response:
    """A photo of a difference, for the two sides."""
    with look() as work:
        order = queries.own_order(work, code)
        photos = {line.photo.code: line.photo for line in checking.differences_of(work, order.id) if line.photo is not None}
        if photo_code not in photos:
            raise OrderNotFound()
        file = photo_file(hub().store, photos[photo_code], size)
    answer = make_response(file.path.read_bytes())
    answer.mimetype = file.content_type
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _by_field(refusal: InvalidInput, asks: Sequence[Ask]) -> InvalidInput:
    """The refusal with the names of this form's fields: KEY/part becomes part_NUMBER."""
    numbers = {ask.item.key: no for no, ask in enumerate(asks)}
    named = {}
    for name, message in refusal.errors.items():
        key, _slash, part = name.partition("/")
        named[f"{part}_{numbers[key]}" if key in numbers else ""] = message
    return InvalidInput(named, **refusal.values)


def _check_page(code: str, form: CheckForm, status: int = 200) -> AnyResponse:
    with look() as work:
        order = queries.own_order(work, code)
        role = policy.role_in(work.actor, order) or rules.BUYER
        is_open = role == rules.BUYER and checking.can_check(order) and checking.check_of(work, order.id) is None
        if not is_open and request.method == "GET":
            return redirect(url_for("trades.show", code=code), code=303)
        listed = checking.checklist_of(work, order)
        return render(
            "trades/check.html",
            status=status,
            order=order,
            form=form,
            is_open=is_open,
            listed=listed,
            lines=list(enumerate(listed.asks)),
            answers=CHECK_WORDS,
            most_photos=service.MOST_CHECK_PHOTOS,
        )


def _checked_page(work: Work, order: Order, handed_in: OrderCheck) -> Response:
    role = policy.role_in(work.actor, order) or rules.BUYER
    accept = VersionForm(formdata=None)
    accept.show_version(order.version)
    lines = checking.lines_of(work, handed_in)
    differing = [line for line in lines if line.row.answer == "differs"]
    return render(
        "trades/checked.html",
        order=order,
        check=handed_in,
        lines=lines,
        differing=differing,
        answers=CHECK_WORDS,
        role=role,
        standing=queries.standing(work, order, role),
        accept=accept,
        can_claim=role == rules.BUYER and queries.can_claim(order),
        delivered=checking.grade_as_delivered(work, order, [line.row for line in differing]),
        beyond=checking.checklist_of(work, order).beyond,
        rights=[right for right in rights_of_order(work, order) if right.is_open],
    )
