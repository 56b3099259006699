"""Pages of orders: the owner asks an agency, the agency accepts, declines or cannot finish."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.appraisal import queries, service
from app.appraisal.forms import CancelForm, DeclineForm, GiveUpForm, RequestForm, read_rev
from app.appraisal.listing_words import AGENCYS_LIST, OWNERS_LIST
from app.appraisal.outlook import endings, outlook
from app.appraisal.routes.blueprint import bp
from app.appraisal.routes.showing import name_of, show_order, take_step
from app.appraisal.terms import terms_on
from app.goods import catalogue
from app.goods import queries as goods
from app.goods.models import Thing
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.web import allow, begin, current_actor, look, render


@bp.route("/appraisals/request", methods=["GET", "POST"])
@allow("member")
def request_page() -> AnyResponse:
    """Before paying: fee, wait and places of each agency, the best tier still possible, and how it may end without a price."""
    form = RequestForm()
    with look() as work:
        thing = goods.owned_thing(work, request.args.get("thing", ""))
        under_way = queries.open_appraisal(work, thing.id)
        page = _before_paying(work, thing)
    if under_way is not None and under_way.owner_id == current_actor().user_id:
        return redirect(url_for("appraisal.show", code=under_way.code), code=303)
    form.agency.choices = {each.agency.code: each.agency.name for each in page["offers"]}
    if form.validate_on_submit():
        seen = request.form.get(f"fee-{form.agency.data}")
        try:
            with begin() as work:
                appraisal = service.request(work, thing.code, form.agency.data, None if seen is None else read_rev(seen))
            if appraisal.state == "requested":
                flash(_("The agency has your request. You will be told as soon as an appraiser accepts it."), "success")
            return redirect(url_for("appraisal.show", code=appraisal.code), code=303)
        except (InvalidInput, Conflict) as refusal:
            form.take(refusal)
            with look() as work:
                page = _before_paying(work, thing)
    status = 422 if request.method == "POST" else 200
    return render("appraisal/request.html", form=form, thing=thing, thing_name=name_of(thing), status=status, **page)


def _before_paying(work: Work, thing: Thing) -> dict[str, Any]:
    day = shanghai_day(work.now)
    scheme = queries.scheme_in_force(work, thing)
    offers = queries.place_offers(work, thing)
    districts = {place.district for offer in offers for place in offer.places}
    return {
        "offers": offers,
        "is_unsettled": queries.is_earlier_order_open(work, thing),
        "scheme": scheme,
        "outlook": outlook(scheme, thing, queries.declared_about(work, thing), day),
        "endings": endings(scheme),
        "terms": terms_on(day),
        "comes_home": bool(queries.visit_districts(work, thing.category, scheme)),
        "districts": {code: found.name.model_dump() for code in districts if (found := catalogue.find_district(code))},
    }


@bp.get("/my/appraisals")
@allow("member")
def mine() -> Response:
    """Everything that the reader has asked for, newest first, and the own things for which an appraisal can be asked."""
    with look() as work:
        orders = queries.page_of_appraisals(work, "owner", None, 100)
        things = goods.things_by_id(work, [order.thing_id for order in orders])
        agencies = accounts.organisations_by_id(work, [order.agency_id for order in orders])
        holders = queries.holders_by_appraisal(work, [order.id for order in orders])
        others = queries.things_to_ask_about(work, current_actor().id)
    names = {thing.id: _name_with_size(thing) for thing in (*things.values(), *others)}
    return render(
        "appraisal/mine.html", words=OWNERS_LIST, orders=orders, names=names, agencies=agencies, holders=holders, others=others
    )


@bp.get("/appraisals/<code>")
@allow("member")
def show(code: str) -> AnyResponse:
    """One order, for the owner and the agency."""
    return show_order(code)


@bp.get("/appraiser")
@allow("appraiser", "manager")
def queue() -> Response:
    """The agency's orders: what waits for an answer first."""
    with look() as work:
        orders = queries.agency_queue(work)
        things = goods.things_by_id(work, [order.thing_id for order in orders])
        people = accounts.users_by_id(work, [order.appraiser_id for order in orders if order.appraiser_id])
        mine = queries.agencies_of(current_actor(), "appraiser", "manager")
        agencies = accounts.organisations_by_id(work, mine)
        fees = queries.fees_by_appraisal(work, [order.id for order in orders])
        holders = queries.holders_by_appraisal(work, [order.id for order in orders])
        second_looks = queries.second_looks_among(work, [order.id for order in orders])
        reviews = queries.waiting_for(work, current_actor().id)
    return render(
        "appraisal/queue.html",
        words=AGENCYS_LIST,
        orders=orders,
        fees=fees,
        reviews=reviews,
        holders=holders,
        second_looks=second_looks,
        names={thing.id: _name_with_size(thing) for thing in things.values()},
        people=people,
        agency=" / ".join(agency.name for agency in agencies.values()),
        own_id=current_actor().user_id,
    )


@bp.post("/appraisals/<code>/accept")
@allow("appraiser")
def accept(code: str) -> AnyResponse:
    with begin() as work:
        order = service.accept(work, code)
        comes = queries.handing_of(work, order.id) is not None
    return redirect(url_for("appraisal.show" if comes else "appraisal.inspect", code=code), code=303)


@bp.post("/appraisals/<code>/decline")
@allow("appraiser")
def decline(code: str) -> AnyResponse:
    with look() as work:
        queries.agency_order(work, code)  # who may not see it is told before anything that was typed
    form = DeclineForm()
    if not form.validate_on_submit():
        return show_order(code, status=422, decline=form)
    with begin() as work:
        order = service.decline(work, code, form.reason.data or "")
    said = _("The owner has been told.") if order.state == "declined" else _("It goes to the next appraiser.")
    flash(said, "success")
    return redirect(url_for("appraisal.queue"), code=303)


@bp.post("/appraisals/<code>/unable")
@allow("appraiser")
def give_up(code: str) -> AnyResponse:
    with look() as work:
        queries.own_inspection(work, code)
    form = GiveUpForm()
    if not form.validate_on_submit():
        return show_order(code, status=422, give_up=form)
    try:
        with begin() as work:
            service.give_up(work, code, form.reason.data or "", form.kind.data or "other")
    except InvalidInput as refusal:
        form.take(refusal)
        return show_order(code, status=422, give_up=form)
    flash(_("The owner has been told."), "success")
    return redirect(url_for("appraisal.queue"), code=303)


@bp.post("/appraisals/<code>/cancel")
@allow("member")
def cancel(code: str) -> AnyResponse:
    form = CancelForm()

    def step(work: Work) -> None:
        service.cancel(work, code, form.back_way.data or None)

    return take_step(code, "cancel", form, step, _("The request was taken back."))


def _name_with_size(thing: Thing) -> str:
    return f"{name_of(thing)} {thing.storage_gb}GB" if thing.storage_gb else name_of(thing)
