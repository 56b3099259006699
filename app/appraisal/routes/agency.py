"""What an agency offers: fees, places and times. For its managers."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.appraisal import queries, service
from app.appraisal.forms import PlaceForm, PriceForm, TimesForm
from app.appraisal.routes.blueprint import bp
from app.appraisal.rules import missing_places
from app.goods import catalogue
from app.goods.models import CATEGORIES
from app.kernel.errors import InvalidInput, NotFound
from app.kernel.work import Work
from app.schemes.queries import scheme_in_force
from app.web import allow, begin, current_actor, look, render
from app.web.forms import Form


@bp.get("/agency/offer")
@allow("manager")
def offer() -> Response:
    """Fees, places and times of the reader's agency."""
    return _offer_page()


@bp.post("/agency/offer/fees/<category>")
@allow("manager")
def set_price(category: str) -> AnyResponse:
    if category not in CATEGORIES:
        raise NotFound()
    form = PriceForm(prefix=category)

    def step(work: Work) -> None:
        service.set_price(work, _own_agency(), category, form.fee.data, form.wait_days.data or 0)

    return _take(f"price_{category}", form, step, _("The fee is changed. Orders that are quoted keep theirs."))


@bp.post("/agency/offer/places")
@allow("manager")
def add_place() -> AnyResponse:
    form = PlaceForm(prefix="place")

    def step(work: Work) -> None:
        fields = (form.name.data or "", form.district.data or "", form.address.data or "", form.kinds.data or [])
        service.add_place(work, _own_agency(), *fields)

    return _take("place", form, step, _("The place is offered from now on."))


@bp.post("/agency/offer/places/<code>/close")
@allow("manager")
def close_place(code: str) -> AnyResponse:
    with begin() as work:
        service.close_place(work, code)
    flash(_("The place is offered no more. What is booked there stays."), "success")
    return redirect(url_for("appraisal.offer"), code=303)


@bp.post("/agency/offer/times")
@allow("manager")
def offer_times() -> AnyResponse:
    form = TimesForm(prefix="times")

    def step(work: Work) -> None:
        service.offer_times(work, form.place.data or "", form.starts(), form.minutes.data or 0)

    return _take("times", form, step, _("The times are offered from now on."))


@bp.post("/agency/offer/times/<code>/take-back")
@allow("manager")
def take_time_back(code: str) -> AnyResponse:
    with begin() as work:
        service.take_time_back(work, code)
    return redirect(url_for("appraisal.offer"), code=303)


def _own_agency() -> int:
    agency_id = current_actor().organisation_id("manager")
    assert agency_id is not None  # the policy of the page
    return agency_id


def _take(name: str, form: Form, step: Any, said: str) -> AnyResponse:
    if not form.validate_on_submit():
        return _offer_page(status=422, **{name: form})
    try:
        with begin() as work:
            step(work)
    except InvalidInput as refusal:
        form.take(refusal)
        return _offer_page(status=422, **{name: form})
    flash(said, "success")
    return redirect(url_for("appraisal.offer"), code=303)


def _offer_page(status: int = 200, **typed: Form) -> Response:
    with look() as work:
        agency = accounts.organisation_by_id(work, _own_agency())
        prices = queries.prices_of(work, agency.id)
        places = queries.places_of(work, agency.id)
        schemes = {category: scheme_in_force(work, category) for category in CATEGORIES}
        forms: dict[str, Form] = {
            f"price_{category}": PriceForm(
                formdata=None,
                prefix=category,
                data={"fee": prices[category].fee_fen, "wait_days": prices[category].wait_days}
                if category in prices
                else {"wait_days": 3},
            )
            for category in CATEGORIES
        }
        forms |= {"place": PlaceForm(formdata=None, prefix="place"), "times": TimesForm(formdata=None, prefix="times"), **typed}
        times = forms["times"]
        if isinstance(times, TimesForm):
            times.place.choices = [(place.code, place.name) for place in places]
        return render(
            "appraisal/offer.html",
            status=status,
            agency=agency,
            prices=prices,
            places=places,
            slots=queries.free_slots(work, [place.id for place in places]),
            place_names={place.id: place.name for place in places},
            districts={place.id: _district(place.district) for place in places},
            lacking={
                place.id: {category: missing_places(scheme, place.kinds) for category, scheme in schemes.items()}
                for place in places
            },
            balance_fen=queries.agency_balance(work, agency.id),
            forms=forms,
            refused=[form for form in typed.values() if form.error_list],
        )


def _district(code: str) -> dict[str, str]:
    found = catalogue.find_district(code)
    return found.name.model_dump() if found else {"zh": code, "en": code}
