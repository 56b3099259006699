"""The appraiser comes to the owner's home: ordering it, and both sides' steps on the order's page."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.appraisal import queries, service
from app.appraisal.forms import read_rev
from app.appraisal.forms_home import AbsenceForm, HomeForm, MoveForm, ObjectionForm
from app.appraisal.outlook import endings, outlook
from app.appraisal.routes.blueprint import bp
from app.appraisal.routes.showing import name_of, take_step
from app.appraisal.terms import terms_on
from app.goods import catalogue
from app.goods import queries as goods
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.visits.queries import terms_today
from app.web import allow, begin, current_actor, hub, look, render


@bp.route("/appraisals/request/visit", methods=["GET", "POST"])
@allow("member")
def request_visit() -> AnyResponse:
    """Before paying: in which districts somebody comes, what it costs together, and the free times; then the address."""
    form = HomeForm()
    district = request.args.get("district", "")
    with look() as work:
        thing = goods.owned_thing(work, request.args.get("thing", ""))
        under_way = queries.open_appraisal(work, thing.id)
    if under_way is not None and under_way.owner_id == current_actor().user_id:
        return redirect(url_for("appraisal.show", code=under_way.code), code=303)
    status = 422 if request.method == "POST" else 200
    if form.validate_on_submit():
        seen = request.form.get(f"fee-{form.slot.data}")
        wish = service.HomeWish(hub().sealer, form.slot.data or "", form.address.data or "")
        try:
            with begin() as work:
                agency = service.agency_of_time(work, wish.slot_code)
                order = service.request(work, thing.code, agency, None if seen is None else read_rev(seen), wish)
            return redirect(url_for("appraisal.show", code=order.code), code=303)
        except (InvalidInput, Conflict) as refusal:
            form.take(refusal)
            status = refusal.status
    with look() as work:
        page = _before_paying(work, thing.code, district)
    return render("appraisal/request_visit.html", form=form, thing_name=name_of(thing), status=status, **page)


def _before_paying(work: Work, thing_code: str, district: str) -> dict[str, Any]:
    thing = goods.owned_thing(work, thing_code)
    day, scheme = shanghai_day(work.now), queries.scheme_in_force(work, thing)
    served = queries.visit_districts(work, thing.category, scheme)
    return {
        "thing": thing,
        "is_unsettled": queries.is_earlier_order_open(work, thing),
        "scheme": scheme,
        "outlook": outlook(scheme, thing, queries.declared_about(work, thing), day),
        "endings": endings(scheme),
        "terms": terms_on(day),
        "visit_terms": terms_today(work),
        "district": district if district in served else "",
        "districts": [(each.code, each.name.model_dump()) for each in catalogue.districts() if each.code in served],
        "offers": queries.visit_offers(work, thing.category, scheme, district) if district in served else [],
    }


@bp.post("/appraisals/<code>/visit/move")
@allow("member")
def move_visit(code: str) -> AnyResponse:
    form = MoveForm()

    def step(work: Work) -> None:
        service.move_visit(work, hub().sealer, code, form.slot.data or "")

    return take_step(code, "move", form, step, _("The appraiser comes at the new time."))


@bp.post("/appraisals/<code>/visit/absent")
@allow("member")
def say_absent(code: str) -> AnyResponse:
    form = AbsenceForm()

    def step(work: Work) -> None:
        service.say_absent(work, code, form.words.data or "")

    return take_step(code, "absence", form, step, _("It is noted, and the other side is told."))


@bp.post("/appraisals/<code>/visit/object")
@allow("member")
def object_to_absence(code: str) -> AnyResponse:
    form = ObjectionForm()

    def step(work: Work) -> None:
        service.object_to_absence(work, code, form.objection.data or "")

    return take_step(code, "objection", form, step, _("Our staff look at what both sides say."))
