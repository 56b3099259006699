"""Pages of orders: the owner asks an agency, the agency accepts or declines."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.appraisal import queries, service
from app.appraisal.forms import (
    DeclineForm,
    GiveUpForm,
    RequestForm,
)
from app.appraisal.routes.blueprint import bp
from app.appraisal.routes.showing import name_of, order_page
from app.goods import queries as goods
from app.goods.models import Thing
from app.kernel.errors import InvalidInput
from app.web import allow, begin, current_actor, look, render


@bp.route("/appraisals/request", methods=["GET", "POST"])
@allow("member")
def request_page() -> AnyResponse:
    """The owner chooses an agency."""
    form = RequestForm()
    with look() as work:
        thing = goods.owned_thing(work, request.args.get("thing", ""))
        agencies = queries.agencies(work)
        under_way = queries.open_appraisal(work, thing.id)
        thing_name = name_of(thing)
    if under_way is not None and under_way.owner_id == current_actor().user_id:
        return redirect(url_for("appraisal.show", code=under_way.code), code=303)
    form.agency.choices = {agency.code: agency.name for agency in agencies}
    if form.validate_on_submit():
        try:
            with begin() as work:
                appraisal = service.request(work, thing.code, form.agency.data)
            flash(_("The agency has your request. You will be told as soon as an appraiser accepts it."), "success")
            return redirect(url_for("appraisal.show", code=appraisal.code), code=303)
        except InvalidInput as refusal:
            form.take(refusal)
    status = 422 if request.method == "POST" else 200
    return render("appraisal/request.html", form=form, thing=thing, thing_name=thing_name, agencies=agencies, status=status)


@bp.get("/appraisals/<code>")
@allow("member")
def show(code: str) -> Response:
    """One order, for the owner and the agency."""
    with look() as work:
        return render("appraisal/show.html", **order_page(work, code), decline_form=DeclineForm(), give_up_form=GiveUpForm())


@bp.get("/appraiser")
@allow("appraiser")
def queue() -> Response:
    """The agency's orders."""
    with look() as work:
        orders = queries.agency_queue(work)
        things = goods.things_by_id(work, [order.thing_id for order in orders])
        people = accounts.users_by_id(work, [order.appraiser_id for order in orders if order.appraiser_id])
        agencies = accounts.organisations_by_id(work, queries.agencies_of(current_actor()))
    return render(
        "appraisal/queue.html",
        orders=orders,
        names={thing.id: _name_with_size(thing) for thing in things.values()},
        people=people,
        agency=" / ".join(agency.name for agency in agencies.values()),
        own_id=current_actor().user_id,
    )


@bp.post("/appraisals/<code>/accept")
@allow("appraiser")
def accept(code: str) -> AnyResponse:
    with begin() as work:
        service.accept(work, code)
    return redirect(url_for("appraisal.inspect", code=code), code=303)


@bp.post("/appraisals/<code>/decline")
@allow("appraiser")
def decline(code: str) -> AnyResponse:
    form = DeclineForm()
    if form.validate_on_submit():
        with begin() as work:
            service.decline(work, code, form.reason.data or "")
        flash(_("The owner has been told."), "success")
        return redirect(url_for("appraisal.queue"), code=303)
    with look() as work:
        return render("appraisal/show.html", **order_page(work, code), decline_form=form, give_up_form=GiveUpForm(), status=422)


@bp.post("/appraisals/<code>/unable")
@allow("appraiser")
def give_up(code: str) -> AnyResponse:
    form = GiveUpForm()
    if form.validate_on_submit():
        with begin() as work:
            service.give_up(work, code, form.reason.data or "")
        flash(_("The owner has been told."), "success")
        return redirect(url_for("appraisal.queue"), code=303)
    with look() as work:
        return render("appraisal/show.html", **order_page(work, code), decline_form=DeclineForm(), give_up_form=form, status=422)


@bp.post("/appraisals/<code>/cancel")
@allow("member")
def cancel(code: str) -> AnyResponse:
    with begin() as work:
        service.cancel(work, code)
    flash(_("The request was taken back."), "success")
    return redirect(url_for("appraisal.show", code=code), code=303)


def _name_with_size(thing: Thing) -> str:
    return f"{name_of(thing)} {thing.storage_gb}GB" if thing.storage_gb else name_of(thing)
