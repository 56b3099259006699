"""To which homes an agency comes, and when. For its managers."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.goods import catalogue
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.work import Work
from app.visits import queries, service
from app.visits.forms import AreaForm, SlotsForm
from app.visits.routes.blueprint import bp
from app.web import allow, begin, current_actor, look, render
from app.web.forms import Form
from app.web.rendering import in_language


@bp.get("/agency/visits")
@allow("manager")
def offer() -> Response:
    """The districts that the reader's agency comes to, and the times there, with those that are booked."""
    return _page()


@bp.post("/agency/visits/areas")
@allow("manager")
def open_area() -> AnyResponse:
    form = AreaForm(prefix="area")

    def step(work: Work) -> None:
        bench = bool(form.brings_bench.data)
        service.open_area(work, _own_agency(), form.district.data or "", form.fee.data or 0, brings_bench=bench)

    return _take("area_form", form, step, _("Your agency comes to this district from now on."))


@bp.post("/agency/visits/areas/<code>/close")
@allow("manager")
def close_area(code: str) -> AnyResponse:
    with begin() as work:
        service.close_area(work, code)
    flash(_("No new visits there. What is booked stays."), "success")
    return redirect(url_for("visits.offer"), code=303)


@bp.post("/agency/visits/times")
@allow("manager")
def offer_slots() -> AnyResponse:
    form = SlotsForm(prefix="times")

    def step(work: Work) -> None:
        service.offer_slots(work, form.area.data or "", form.starts(), form.minutes.data or 0)

    return _take("times_form", form, step, _("The times are offered from now on."))


@bp.post("/agency/visits/times/<code>/take-back")
@allow("manager")
def take_slot_back(code: str) -> AnyResponse:
    with begin() as work:
        service.take_slot_back(work, code)
    return redirect(url_for("visits.offer"), code=303)


def _own_agency() -> int:
    agency_id = current_actor().organisation_id("manager")
    assert agency_id is not None  # the policy of the page
    return agency_id


def _take(name: str, form: Form, step: Any, said: str) -> AnyResponse:
    if not form.validate_on_submit():
        return _page(422, **{name: form})
    try:
        with begin() as work:
            step(work)
    except (InvalidInput, Conflict) as refusal:
        form.take(refusal)
        return _page(refusal.status, **{name: form})
    flash(said, "success")
    return redirect(url_for("visits.offer"), code=303)


def _page(status: int = 200, **typed: Form) -> Response:
    with look() as work:
        areas = queries.areas_of(work, _own_agency())
        times = queries.times_of_areas(work, [area.id for area in areas])
        terms = queries.terms_today(work)
    names = {area.id: district_name(area.district) for area in areas}
    forms: dict[str, Form] = {
        "area_form": AreaForm(formdata=None, prefix="area"),
        "times_form": SlotsForm(formdata=None, prefix="times"),
        **typed,
    }
    times_form = forms["times_form"]
    if isinstance(times_form, SlotsForm):
        times_form.area.choices = [(area.code, names[area.id]) for area in areas]
    refused = [form for form in typed.values() if form.error_list]
    return render(
        "visits/offer.html", status=status, areas=areas, times=times, names=names, terms=terms, refused=refused, **forms
    )


def district_name(code: str) -> str:
    """The district's name in the reader's language."""
    found = catalogue.find_district(code)
    return code if found is None else in_language(found.name.model_dump())
