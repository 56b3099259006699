"""The thing comes to the appraiser and goes back: the owner's steps and the agency's."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.appraisal import queries, service
from app.appraisal.errors import AppraisalNotFound
from app.appraisal.forms import BackForm, BookForm, BringForm, HandOverForm, ParcelForm, TakeBackForm
from app.appraisal.routes.blueprint import bp
from app.appraisal.routes.showing import show_order, take_step
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.work import Work
from app.media.queries import photo_file, photos_by_code
from app.web import allow, begin, hub, look
from app.web.forms import Form
from app.web.rendering import moment

MB = 1024 * 1024


@bp.url_value_preprocessor
def _allow_large_bodies(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Photos come with the hand-over. Here, because the form token is read before any view runs."""
    if endpoint == "appraisal.receive":
        request.max_content_length = hub().settings.max_upload_mb * MB


@bp.post("/appraisals/<code>/book")
@allow("member")
def book(code: str) -> AnyResponse:
    form = BookForm()

    def step(work: Work) -> None:
        service.book(work, hub().sealer, code, form.slot.data or "")

    return take_step(code, "book", form, step, _("The time is booked for you."))


@bp.post("/appraisals/<code>/bring")
@allow("member")
def bring(code: str) -> AnyResponse:
    form = BringForm()

    def step(work: Work) -> None:
        way, place = form.way.data or "", form.place.data or ""
        service.bring(work, hub().sealer, code, place, way, form.address.data or "")

    return take_step(code, "bring", form, step, _("The agency knows how your item comes."))


@bp.post("/appraisals/<code>/choose-again")
@allow("member")
def choose_again(code: str) -> AnyResponse:
    def step(work: Work) -> None:
        service.choose_again(work, code)

    return take_step(code, "again", Form(), step, _("Given back. The order's page says how it goes on."))


@bp.post("/appraisals/<code>/sent")
@allow("member")
def say_sent(code: str) -> AnyResponse:
    form = ParcelForm()

    def step(work: Work) -> None:
        service.say_sent(work, code, form.carrier.data or "", form.tracking_no.data or "")

    return take_step(code, "parcel", form, step, _("The agency knows that it is on its way."))


@bp.post("/appraisals/<code>/check-in")
@allow("appraiser")
def check_in(code: str) -> AnyResponse:
    form = HandOverForm()

    def act(work: Work) -> service.DigitsAnswer:
        return service.check_in(work, hub().sealer, code, form.digits.data or "")

    return _with_digits(code, form, act, _("Both are there. The inspection can begin."))


@bp.post("/appraisals/<code>/receive")
@allow("appraiser", "manager")
def receive(code: str) -> AnyResponse:
    form = HandOverForm()
    photos = [file.read() for file in request.files.getlist("photos") if file.filename]

    def act(work: Work) -> service.DigitsAnswer:
        seen = service.Seen(form.seal_no.data or "", form.discrepancy.data or "", photos)
        return service.receive(work, hub().sealer, hub().store, code, form.digits.data or "", seen)

    return _with_digits(code, form, act, _("The item is in your custody from now on."))


@bp.post("/appraisals/<code>/back-way")
@allow("member")
def choose_back(code: str) -> AnyResponse:
    form = BackForm()

    def step(work: Work) -> None:
        service.choose_back(work, hub().sealer, code, form.back_way.data or "", form.address.data or "")

    return take_step(code, "back", form, step, _("The agency knows how your item comes back."))


@bp.post("/appraisals/<code>/hand-back")
@allow("appraiser", "manager")
def hand_back(code: str) -> AnyResponse:
    form = HandOverForm()

    def act(work: Work) -> service.DigitsAnswer:
        seen = service.Seen(form.seal_no.data or "", form.discrepancy.data or "")
        return service.hand_back(work, hub().sealer, code, form.digits.data or "", seen)

    return _with_digits(code, form, act, _("The owner has the item again."))


@bp.post("/appraisals/<code>/send-back")
@allow("appraiser", "manager")
def send_back(code: str) -> AnyResponse:
    form = ParcelForm()

    def step(work: Work) -> None:
        service.send_back(work, code, form.carrier.data or "", form.tracking_no.data or "")

    return take_step(code, "parcel", form, step, _("The owner knows that it is on its way."))


@bp.post("/appraisals/<code>/take-back")
@allow("member")
def take_back(code: str) -> AnyResponse:
    form = TakeBackForm()

    def step(work: Work) -> None:
        service.take_back(work, code, form.discrepancy.data or "")

    return take_step(code, "take_back", form, step, _("You have the item again."))


@bp.get("/appraisals/<code>/custody/<photo_code>/<size>.webp")
@allow("member")
def custody_photo(code: str, photo_code: str, size: str) -> Response:
    """A photo that was taken at a hand-over, for the two sides only."""
    with look() as work:
        order = queries.visible_appraisal(work, code)
        if not any(photo_code in row.photos for row in queries.custody_of(work, order.id)):
            raise AppraisalNotFound()
        file = photo_file(hub().store, photos_by_code(work, [photo_code])[0], size)
    answer = make_response(file.path.read_bytes())
    answer.mimetype = file.content_type
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _with_digits(code: str, form: HandOverForm, act: Any, said: str) -> AnyResponse:
    """A wrong code is counted, so the answer comes from the verb and not from an error."""
    if not form.validate_on_submit():
        return show_order(code, status=422, hand_over=form)
    try:
        with begin() as work:
            answer = act(work)
    except (InvalidInput, Conflict) as refusal:
        form.take(refusal)
        return show_order(code, status=refusal.status, hand_over=form)
    if not answer.right:
        form.digits.errors = [_wrong(answer)]
        return show_order(code, status=422, hand_over=form)
    if answer.is_sold:
        said = _("Both were there. The item has a new owner, so the order has ended.")
    return take_step(code, "hand_over", form, lambda work: None, said)


def _wrong(answer: service.DigitsAnswer) -> str:
    if answer.locked_until is not None:
        return _(
            "Five wrong codes were entered. Please wait until %(until)s and ask the owner again.",
            until=moment(answer.locked_until),
        )
    return _(
        "This is not the owner's code. Please compare it with the owner's page; %(left)s tries are left.",
        left=str(answer.tries_left),
    )
