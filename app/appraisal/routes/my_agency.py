"""A manager's pages: my agency, its applications and its instruments."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.appraisal import queries, service
from app.appraisal.forms_register import (
    ApplicationForm,
    CalibrationForm,
    InstrumentForm,
    ReasonForm,
    application_form,
    documents_of,
)
from app.appraisal.policy import require_manager
from app.appraisal.register_words import CONFIDENCE_WORDS, POINT_WORDS
from app.appraisal.requirements import kinds, needs_calibration, requirements
from app.appraisal.routes.blueprint import bp
from app.appraisal.routes.register import WORDS, agency_page
from app.goods.models import CATEGORIES
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.web import allow, begin, look, render
from app.web.rendering import in_language


@bp.get("/agency")
@allow("manager")
def my_agency() -> Response:
    """How the agency stands in every category, what waits, its people and instruments."""
    with look() as work:
        agency_id = require_manager(work)
        page = agency_page(work, accounts.organisation_by_id(work, agency_id).code)
        return render(
            "appraisal/agency.html",
            **page,
            applications=queries.applications_of(work, agency_id),
            hindrances={category: queries.may_take_work(work, agency_id, category) for category in CATEGORIES},
            calibrated={kit.id: queries.is_calibrated(kit, page["today"]) for kit in page["kits"]},
            words=WORDS,
        )


@bp.route("/agency/apply/<category>", methods=["GET", "POST"])
@allow("manager")
def apply_for_licence(category: str) -> AnyResponse:
    """The application for one category, beside what the register counts."""
    form = application_form()
    if form.validate_on_submit():
        try:
            with begin() as work:
                service.apply(
                    work, category, form.address.data or "", form.area_m2.data or 0, documents_of(form), form.note.data or ""
                )
            flash(_("Your application is with the operator. You will be told of the decision."), "success")
            return redirect(url_for("appraisal.my_agency"), code=303)
        except InvalidInput as refusal:
            form.take(refusal)
        except Conflict:
            form.problems.append(_("An application for this category waits already."))
    with look() as work:
        page = _application_page(work, category, form)
    return render("appraisal/apply.html", form=form, status=422 if request.method == "POST" else 200, **page)


@bp.post("/agency/applications/<code>/withdraw")
@allow("manager")
def withdraw_application(code: str) -> AnyResponse:
    with begin() as work:
        service.withdraw_application(work, code)
    flash(_("The application was taken back."), "success")
    return redirect(url_for("appraisal.my_agency"), code=303)


@bp.route("/agency/instruments/new", methods=["GET", "POST"])
@allow("manager")
def new_instrument() -> AnyResponse:
    form = InstrumentForm()
    form.kind.choices = [("", _("Please choose")), *((kind, in_language(dict(name))) for kind, name in kinds().items())]
    if form.validate_on_submit():
        try:
            with begin() as work:
                made = service.add_instrument(
                    work, form.kind.data or "", form.maker.data or "", form.model.data or "", form.serial.data or ""
                )
            return redirect(url_for("appraisal.instrument", code=made.code), code=303)
        except InvalidInput as refusal:
            form.take(refusal)
    return render("appraisal/instrument_new.html", form=form, status=422 if request.method == "POST" else 200)


@bp.route("/agency/instruments/<code>", methods=["GET", "POST"])
@allow("manager")
def instrument(code: str) -> AnyResponse:
    """One instrument with its calibrations; a new one is recorded here."""
    form = CalibrationForm()
    if form.validate_on_submit() and form.done_on.data and form.valid_until.data:
        try:
            with begin() as work:
                service.calibrate(
                    work,
                    code,
                    form.done_on.data,
                    form.valid_until.data,
                    form.certificate_no.data or "",
                    form.laboratory.data or "",
                )
            flash(_("The calibration is recorded."), "success")
            return redirect(url_for("appraisal.instrument", code=code), code=303)
        except InvalidInput as refusal:
            form.take(refusal)
    return _instrument_page(code, form, ReasonForm(), 422 if request.method == "POST" else 200)


@bp.post("/agency/instruments/<code>/retire")
@allow("manager")
def retire_instrument(code: str) -> AnyResponse:
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            with begin() as work:
                service.retire_instrument(work, code, form.reason.data or "")
            flash(_("The instrument is out of use. Its readings stay readable."), "success")
            return redirect(url_for("appraisal.my_agency"), code=303)
        except InvalidInput as refusal:
            form.take(refusal)
    return _instrument_page(code, CalibrationForm(formdata=None), form, 422)


def _instrument_page(code: str, form: CalibrationForm, retire_form: ReasonForm, status: int) -> Response:
    with look() as work:
        kit = queries.own_instrument(work, code)
        is_calibrated = queries.is_calibrated(kit, shanghai_day(work.now))
    return render(
        "appraisal/instrument.html",
        kit=kit,
        is_calibrated=is_calibrated,
        form=form,
        retire_form=retire_form,
        status=status,
    )


def _application_page(work: Work, category: str, form: ApplicationForm) -> dict[str, Any]:
    agency_id = require_manager(work)
    if category not in CATEGORIES:
        category = CATEGORIES[0]
    return {
        "category": category,
        "agency": accounts.organisation_by_id(work, agency_id),
        "admission": queries.admission(work, agency_id, category, form.area_m2.data or 0),
        "documents": requirements().documents,
        "sources": requirements().sources,
        "calibrated": [kind for kind in kinds() if needs_calibration(kind)],
        "points": POINT_WORDS,
        "confidences": CONFIDENCE_WORDS,
        "words": WORDS,
    }
