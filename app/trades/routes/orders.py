"""One order, for its buyer and its seller: follow it and take the steps until it is accepted."""

from __future__ import annotations

from flask import Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.errors import Conflict, InvalidInput
from app.kernel.work import Work
from app.listings import queries as listings
from app.trades import policy, queries, rules, service
from app.trades.forms import CancelForm, CodeForm, MeetingForm, ShipForm, VersionForm, WordsForm
from app.trades.routes.blueprint import bp
from app.trades.routes.views import order_page, promise_page, take_step, version_answer
from app.trades.states import FULFILLING
from app.web import allow, begin, hub, look, render
from app.web.forms import Form


@bp.get("/my/orders")
@allow("member")
def mine() -> Response:
    """Everything the reader bought and sold; what waits for them comes first."""
    with look() as work:
        rows = queries.overview(work, work.actor.id)
        cards = {card.id: card for card in listings.cards(work, [row.order.listing_id for row in rows])}
        sides = [(side, [row for row in rows if row.role == side]) for side in (rules.BUYER, rules.SELLER)]
        return render("trades/mine.html", sides=sides, cards=cards, waiting=[row for row in rows if row.is_waiting])


@bp.get("/orders/<code>")
@allow("member")
def show(code: str) -> AnyResponse:
    """One order, for its buyer and its seller."""
    return order_page(code)


@bp.get("/orders/<code>/promise")
@allow("member")
def promise(code: str) -> Response:
    """What was promised, to read and print, with its fingerprint and how to check it."""
    with look() as work:
        order = queries.own_order(work, code)
        return promise_page(work, order, url_for("trades.show", code=code), url_for("trades.version_file", code=code))


@bp.get("/orders/<code>/version.json")
@allow("member")
def version_file(code: str) -> Response:
    """The canonical bytes of what was promised in this order, for its two sides, whatever the listing says today."""
    with look() as work:
        return version_answer(work, queries.own_order(work, code))


@bp.post("/orders/<code>/cancel")
@allow("member")
def cancel(code: str) -> AnyResponse:
    form = CancelForm()
    with look() as work:
        order = queries.own_order(work, code)
        asks = order.state == FULFILLING and policy.role_in(work.actor, order) == rules.BUYER

    def step(work: Work) -> None:
        service.cancel(work, code, form.reason.data, form.version)

    said = _("The seller is asked. You are told as soon as there is an answer.") if asks else _("The order is cancelled.")
    return take_step(code, form, "cancel", step, said)


@bp.post("/orders/<code>/cancel/agree")
@allow("member")
def agree_cancel(code: str) -> AnyResponse:
    def step(work: Work) -> None:
        service.agree_cancel(work, code)

    return take_step(code, Form(), "agree", step, _("The order is cancelled."))


@bp.post("/orders/<code>/cancel/object")
@allow("member")
def object_cancel(code: str) -> AnyResponse:
    form = WordsForm()

    def step(work: Work) -> None:
        service.object_cancel(work, code, form.text.data or "")

    return take_step(code, form, "words", step, _("The problem is noted. The money stays where it is."))


@bp.post("/orders/<code>/ship")
@allow("member")
def ship(code: str) -> AnyResponse:
    form = ShipForm()

    def step(work: Work) -> None:
        service.ship(work, code, form.carrier.data or "", form.tracking_no.data or "", bool(form.erased.data))

    return take_step(code, form, "ship", step, _("The buyer knows that it is on its way."))


@bp.post("/orders/<code>/meeting")
@allow("member")
def arrange_meeting(code: str) -> AnyResponse:
    form = MeetingForm()

    def step(work: Work) -> None:
        service.arrange_meeting(work, hub().sealer, code, form.place.data or "", bool(form.erased.data))

    return take_step(code, form, "arrange", step, _("The buyer knows where and when."))


@bp.post("/orders/<code>/meeting-code")
@allow("member")
def enter_meeting_code(code: str) -> AnyResponse:
    """A wrong code is counted, so the answer comes from the verb and not from an error."""
    form = CodeForm()
    if not form.validate_on_submit():
        return order_page(code, status=422, enter_code=form)
    try:
        with begin() as work:
            answer = service.enter_meeting_code(work, hub().sealer, code, form.digits.data or "")
    except (InvalidInput, Conflict) as refusal:
        form.take(refusal)
        return order_page(code, status=refusal.status, enter_code=form)
    if not answer.right:
        form.digits.errors = [_wrong_code(answer)]
        return order_page(code, status=422, enter_code=form)
    flash(_("Handed over. The buyer now has time to check the item."), "success")
    return redirect(url_for("trades.show", code=code), code=303)


def _wrong_code(answer: service.CodeAnswer) -> str:
    if answer.locked_until is not None:
        return _(
            "Five wrong codes were entered. Please wait until %(until)s and ask the buyer again.",
            until=rules.clock_words(answer.locked_until),
        )
    return _(
        "This is not the buyer's code. Please compare it with the buyer's phone; %(left)s tries are left.",
        left=str(answer.tries_left),
    )


@bp.post("/orders/<code>/receive")
@allow("member")
def receive(code: str) -> AnyResponse:
    def step(work: Work) -> None:
        service.confirm_receipt(work, code)

    return take_step(code, Form(), "receive", step, _("Now check the item in peace. The money is still held."))


@bp.post("/orders/<code>/installed")
@allow("member")
def installed(code: str) -> AnyResponse:
    def step(work: Work) -> None:
        service.confirm_installed(work, code)

    return take_step(code, Form(), "installed", step, _("Now check the item in peace. The money is still held."))


@bp.post("/orders/<code>/accept")
@allow("member")
def accept(code: str) -> AnyResponse:
    form = VersionForm()

    def step(work: Work) -> None:
        service.accept(work, code, form.version)

    return take_step(code, form, "accept", step, _("The sale is completed. Thank you."))
