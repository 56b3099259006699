"""Pages of a sale: confirm the purchase, follow the order, report a problem; and the operators' cases."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.kernel.canonical import canonical
from app.kernel.errors import Conflict, DomainError, InvalidInput
from app.kernel.money import fee_half_up
from app.kernel.work import Work
from app.listings import queries as listings
from app.listings.errors import ListingNotOnSale, PriceChanged
from app.trades import choices, policy, queries, rules, service
from app.trades.forms import (
    BuyForm,
    CancelForm,
    CodeForm,
    MeetingForm,
    ProblemForm,
    RulingForm,
    ShipForm,
    StopForm,
    VersionForm,
    WordsForm,
    lift_choices,
)
from app.trades.models import Order
from app.trades.states import FULFILLING
from app.trades.timeline import timeline
from app.web import allow, begin, current_actor, hub, look, render
from app.web.forms import Form

bp = Blueprint("trades", __name__)


@bp.get("/items/<code>/buy")
@allow("member")
def start_buy(code: str) -> AnyResponse:
    """The purchase in front of the buyer: what, how much, how it comes, and where the money stays."""
    form = BuyForm()
    with look() as work:
        last = queries.last_address(work, hub().sealer, work.actor.id)
    if last is not None:
        form.name.data, form.phone.data, form.address.data = last.name, last.phone, last.address
    return _buy_page(code, form)


@bp.post("/items/<code>/buy")
@allow("member")
def buy(code: str) -> AnyResponse:
    """Reserve and go to pay. Who comes second is told so; who sends the form twice lands on their own order."""
    form = BuyForm()
    if not form.validate_on_submit():
        return _buy_page(code, form, status=422)
    if form.expected_price_fen.data is None:
        form.problems.append(
            _("The price that you saw did not come with the form. Please compare the price below and send it again.")
        )
        return _buy_page(code, form, status=422)
    try:
        with begin() as work:
            order = service.buy(
                work,
                hub().sealer,
                hub().settings,
                code,
                form.expected_price_fen.data,
                form.delivery.data,
                form.typed_address(),
            )
    except ListingNotOnSale:
        return _gone_page(code, form)
    except PriceChanged as refusal:
        form.take(refusal)
        return _buy_page(code, form, status=409)
    except InvalidInput as refusal:
        form.take(refusal)
        return _buy_page(code, form, status=422)
    return redirect(url_for("payments.pay", code=order.payment_code), code=303)


def _buy_page(code: str, form: BuyForm, status: int = 200) -> AnyResponse:
    settings = hub().settings
    with look() as work:
        listing = listings.once_public_listing(work, code)
        if not queries.is_for_sale(listing.state):
            return _gone_page(code, form)
        price_fen = listing.price_fen or 0
        form.offer(listing.by_parcel, listing.by_meeting, listing.category)
        form.show_price(price_fen)
        return render(
            "trades/buy.html",
            status=status,
            form=form,
            listing=listing,
            card=listings.cards(work, [listing.id])[0],
            seller=accounts.user_by_id(work, listing.seller_id),
            is_own=listing.seller_id == current_actor().user_id,
            price_fen=price_fen,
            delivery_fen=0,
            total_fen=price_fen,
            fee_bp=settings.fee_bp,
            fee_fen=fee_half_up(price_fen, settings.fee_bp),
            pay_minutes=settings.pay_minutes,
            ship_days=settings.ship_days,
            acceptance_hours=settings.acceptance_hours,
            acceptance_days=settings.appliance_acceptance_days if listing.category == "appliance" else None,
        )


def _gone_page(code: str, form: BuyForm) -> AnyResponse:
    with look() as work:
        listing = listings.once_public_listing(work, code)
        mine = queries.open_purchase(work, listing.id, work.actor.id)
        if mine is None:
            typed = form.typed_address() if form.is_submitted() else {}
            return render("trades/gone.html", status=409, listing=listing, gone=queries.gone(listing.state), typed=typed)
        target = url_for("trades.show", code=mine.code)
    return redirect(target, code=303)


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
    return _order_page(code)


@bp.get("/orders/<code>/version.json")
@allow("member")
def version_file(code: str) -> Response:
    """The canonical bytes of what was promised in this order, for its two sides, whatever the listing says today."""
    with look() as work:
        return _version_answer(work, queries.own_order(work, code))


@bp.post("/orders/<code>/cancel")
@allow("member")
def cancel(code: str) -> AnyResponse:
    form = CancelForm()
    with look() as work:
        order = queries.own_order(work, code)
        asks = order.state == FULFILLING and policy.role_in(work.actor, order) == rules.BUYER

    def step(work: Work) -> None:
        order = queries.own_order(work, code)
        if asks:
            service.ask_cancel(work, code, form.version)
        elif order.paid_at is None:
            service.cancel_unpaid(work, code)
        else:
            service.cancel_before_ship(work, code, form.reason.data, form.version)

    said = _("The seller is asked. You are told as soon as there is an answer.") if asks else _("The order is cancelled.")
    return _take_step(code, form, "cancel", step, said)


@bp.post("/orders/<code>/cancel/agree")
@allow("member")
def agree_cancel(code: str) -> AnyResponse:
    def step(work: Work) -> None:
        service.agree_cancel(work, code)

    return _take_step(code, Form(), "agree", step, _("The order is cancelled."))


@bp.post("/orders/<code>/cancel/object")
@allow("member")
def object_cancel(code: str) -> AnyResponse:
    form = WordsForm()

    def step(work: Work) -> None:
        service.object_cancel(work, code, form.text.data or "")

    return _take_step(code, form, "words", step, _("The problem is noted. The money stays where it is."))


@bp.post("/orders/<code>/problem/answer")
@allow("member")
def answer_case(code: str) -> AnyResponse:
    """The other side of a case says what it has to say, once."""
    form = WordsForm()

    def step(work: Work) -> None:
        service.answer_case(work, code, form.text.data or "")

    return _take_step(code, form, "words", step, _("Your answer is kept. Staff and the other side read it."))


@bp.post("/orders/<code>/ship")
@allow("member")
def ship(code: str) -> AnyResponse:
    form = ShipForm()

    def step(work: Work) -> None:
        service.ship(work, code, form.carrier.data or "", form.tracking_no.data or "", bool(form.erased.data))

    return _take_step(code, form, "ship", step, _("The buyer knows that it is on its way."))


@bp.post("/orders/<code>/meeting")
@allow("member")
def arrange_meeting(code: str) -> AnyResponse:
    form = MeetingForm()

    def step(work: Work) -> None:
        service.arrange_meeting(work, hub().sealer, code, form.place.data or "", bool(form.erased.data))

    return _take_step(code, form, "arrange", step, _("The buyer knows where and when."))


@bp.post("/orders/<code>/meeting-code")
@allow("member")
def enter_meeting_code(code: str) -> AnyResponse:
    """A wrong code is counted, so the answer comes from the verb and not from an error."""
    form = CodeForm()
    if not form.validate_on_submit():
        return _order_page(code, status=422, enter_code=form)
    try:
        with begin() as work:
            answer = service.enter_meeting_code(work, hub().sealer, code, form.digits.data or "")
    except (InvalidInput, Conflict) as refusal:
        form.take(refusal)
        return _order_page(code, status=refusal.status, enter_code=form)
    if not answer.right:
        form.digits.errors = [_wrong_code(answer)]
        return _order_page(code, status=422, enter_code=form)
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

    return _take_step(code, Form(), "receive", step, _("Now check the item in peace. The money is still held."))


@bp.post("/orders/<code>/accept")
@allow("member")
def accept(code: str) -> AnyResponse:
    form = VersionForm()

    def step(work: Work) -> None:
        service.accept(work, code, form.version)

    return _take_step(code, form, "accept", step, _("The sale is completed. Thank you."))


@bp.post("/orders/<code>/take-back")
@allow("member")
def take_back(code: str) -> AnyResponse:
    def step(work: Work) -> None:
        service.take_back(work, code)

    said = _("The item is with you again. Its listing is paused: correct it, then put it back on sale.")
    return _take_step(code, Form(), "take_back", step, said)


@bp.get("/orders/<code>/problem")
@allow("member")
def problem(code: str) -> AnyResponse:
    """The page on which the buyer says what is wrong."""
    return _problem_page(code, ProblemForm())


@bp.post("/orders/<code>/problem")
@allow("member")
def report_problem(code: str) -> AnyResponse:
    form = ProblemForm()
    if not form.validate_on_submit():
        return _problem_page(code, form, status=422)
    try:
        with begin() as work:
            service.report_problem(work, code, form.reason.data, form.text.data or "")
    except (InvalidInput, Conflict) as refusal:
        form.take(refusal)
        return _problem_page(code, form, status=refusal.status)
    flash(_("The problem is noted. The money stays where it is."), "success")
    return redirect(url_for("trades.show", code=code), code=303)


@bp.post("/orders/<code>/problem/withdraw")
@allow("member")
def withdraw_problem(code: str) -> AnyResponse:
    def step(work: Work) -> None:
        service.withdraw_problem(work, code)

    return _take_step(code, Form(), "withdraw", step, _("The problem is taken back. You have time again to check the item."))


@bp.get("/operator/cases")
@allow("operator")
def cases() -> Response:
    """All problems: the open ones first."""
    return _cases_page(StopForm())


@bp.get("/operator/cases/<code>")
@allow("operator")
def case(code: str) -> Response:
    """One problem with everything that is needed to decide it."""
    return _case_page(code, RulingForm())


@bp.get("/operator/cases/<code>/version.json")
@allow("operator")
def case_version_file(code: str) -> Response:
    """The same bytes for staff who look into a case."""
    with look() as work:
        return _version_answer(work, queries.case_for_staff(work, code)[1])


@bp.post("/operator/cases/<code>")
@allow("operator")
def rule(code: str) -> AnyResponse:
    form = RulingForm()
    if not form.validate_on_submit():
        return _case_page(code, form, status=422)
    try:
        with begin() as work:
            service.rule(work, code, form.ruling.data, form.reason_text.data or "", form.version, form.fault.data)
    except (InvalidInput, Conflict) as refusal:
        form.take(refusal)
        return _case_page(code, form, status=refusal.status)
    flash(_("The decision is carried out and both sides are told."), "success")
    return redirect(url_for("trades.case", code=code), code=303)


@bp.post("/operator/orders/stop")
@allow("operator")
def stop() -> AnyResponse:
    """End an order before the thing is sent."""
    form = StopForm()
    if not form.validate_on_submit():
        return _cases_page(form, status=422)
    try:
        with begin() as work:
            service.stop_order(work, form.order_code.data or "", form.reason.data or "")
    except DomainError as refusal:
        form.take(refusal)
        return _cases_page(form, status=refusal.status)
    flash(_("The order is stopped and both sides are told."), "success")
    return redirect(url_for("trades.cases"), code=303)


def _version_answer(work: Work, order: Order) -> Response:
    answer = Response(
        canonical(listings.version(work, order.listing_id, order.listing_version_no).content), mimetype="application/json"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="xunyi-order-{order.code}-promise.json"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _take_step(code: str, form: Form, name: str, step: Any, said: str) -> AnyResponse:
    """Read the form, take the step, go back to the order; a refusal is shown on the order's page with what was typed."""
    if not form.validate_on_submit():
        return _order_page(code, status=422, **{name: form})
    try:
        with begin() as work:
            step(work)
    except (InvalidInput, Conflict) as refusal:
        form.take(refusal)
        return _order_page(code, status=refusal.status, **{name: form})
    flash(said, "success")
    return redirect(url_for("trades.show", code=code), code=303)


def _order_page(code: str, status: int = 200, **typed: Form) -> AnyResponse:
    with look() as work:
        order = queries.own_order(work, code)
        is_disclosure = policy.role_in(work.actor, order) == rules.SELLER and queries.sees_address(order, rules.SELLER)
    if is_disclosure:
        with begin() as work:  # the seller is about to be shown where the buyer lives: that is written down first
            service.note_address_shown(work, code)
    sealer = hub().sealer
    with look() as work:
        order = queries.own_order(work, code)
        role = policy.role_in(work.actor, order) or rules.BUYER
        page = _facts(work, order, role)
        forms: dict[str, Form] = {
            "ship": ShipForm(formdata=None),
            "arrange": MeetingForm(formdata=None, data={"place": order.meet_place}),
            "enter_code": CodeForm(formdata=None),
            "words": WordsForm(formdata=None),
            "cancel": CancelForm(formdata=None, data={"expected_version": order.version}),
            "accept": VersionForm(formdata=None, data={"expected_version": order.version}),
            **typed,
        }
        for form in forms.values():
            if isinstance(form, ShipForm) and order.category == "phone":
                form.without_own_delivery()
            if isinstance(form, VersionForm):
                form.show_version(order.version)
        return render(
            "trades/show.html",
            status=status,
            version_url=url_for("trades.version_file", code=code),
            forms=forms,
            refused=[form for form in typed.values() if form.error_list],
            address=queries.address_of(order, sealer) if is_disclosure or role == rules.BUYER else None,
            meet_code=queries.meet_code(order, sealer) if "tell_code" in page["standing"].actions else None,
            **page,
        )


def _problem_page(code: str, form: ProblemForm, status: int = 200) -> AnyResponse:
    with look() as work:
        order = queries.own_order(work, code)
        policy.require(work.actor, order, rules.BUYER)
        standing = queries.standing(work, order, rules.BUYER)
        can_report = "problem" in standing.actions
        if can_report or request.method == "POST":
            return render("trades/problem.html", status=status, order=order, form=form, standing=standing, can_report=can_report)
    return redirect(url_for("trades.show", code=code), code=303)


def _cases_page(form: StopForm, status: int = 200) -> Response:
    with look() as work:
        rows = queries.cases_for_staff(work)
        return render("trades/cases.html", status=status, rows=rows, form=form, name_of=choices.name_of)


def _case_page(code: str, form: RulingForm, status: int = 200) -> Response:
    with look() as work:
        case, order = queries.case_for_staff(work, code)
        page = _facts(work, order, rules.STAFF)
        is_party = policy.role_in(work.actor, order) is not None
        form.show_version(case.version)
        version_url = url_for("trades.case_version_file", code=code)
        return render("trades/case.html", status=status, version_url=version_url, case=case, form=form, is_party=is_party, **page)


def _facts(work: Work, order: Order, role: str) -> dict[str, Any]:
    """What the order's page and the case's page both show."""
    standing = queries.standing(work, order, role)
    people = accounts.users_by_id(work, [order.buyer_id, order.seller_id])
    buyer, seller = people[order.buyer_id], people[order.seller_id]
    history = queries.history(work, order.id)
    cases = queries.cases_of(work, order.id)
    listing = listings.listing_by_id(work, order.listing_id)
    return {
        "answerable": [case.code for case in cases if queries.can_answer(case, order, role)],
        "order": order,
        "role": role,
        "standing": standing,
        "buyer": buyer,
        "seller": seller,
        "steps": timeline(history, order.state, order.delivery, standing.status, buyer.code, seller.code),
        "cases": cases,
        "listing": listing,
        "version": listings.version(work, order.listing_id, order.listing_version_no),
        "card": listings.cards(work, [order.listing_id])[0],
        "carrier": choices.name_of("carrier", order.carrier) if order.carrier else None,
        "name_of": choices.name_of,
        "holds_data": listing is not None and listings.holds_data(listing),
        "lifts": dict(lift_choices()),
    }
