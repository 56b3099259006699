"""The operator's pages of the register: applications, certificates, licences, suspensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.appraisal import queries, service
from app.appraisal.errors import AlreadySuspended, LicenceNumberTaken, LicencesOverlap
from app.appraisal.forms_register import ApprovalForm, CorrectionForm, NoteForm, ReasonForm
from app.appraisal.register_words import CONFIDENCE_WORDS, POINT_WORDS
from app.appraisal.requirements import requirements
from app.appraisal.routes.blueprint import bp
from app.appraisal.routes.register import WORDS
from app.kernel.errors import InvalidInput
from app.kernel.work import Work
from app.web import allow, begin, look, render


@bp.get("/operator/register")
@allow("operator")
def register_desk() -> Response:
    """What waits for a decision, and every agency."""
    with look() as work:
        applications = queries.waiting_applications(work)
        papers = queries.waiting_papers(work)
        return render(
            "appraisal/register_desk.html",
            applications=applications,
            agencies=accounts.organisations_by_id(work, [one.agency_id for one in applications]),
            papers=papers,
            people=accounts.users_by_id(work, [one.certificate.user_id for one in papers]),
            entries=queries.directory(work),
            words=WORDS,
        )


@bp.get("/operator/applications/<code>")
@allow("operator")
def review_application(code: str) -> Response:
    return _application_page(code, ApprovalForm(formdata=None), ReasonForm(formdata=None, prefix="no-"))


@bp.post("/operator/applications/<code>/approve")
@allow("operator")
def approve_application(code: str) -> AnyResponse:
    form = ApprovalForm()
    if form.validate_on_submit() and form.valid_from.data and form.valid_until.data:
        try:
            with begin() as work:
                service.approve(
                    work, code, form.licence_no.data or "", form.valid_from.data, form.valid_until.data, form.reason.data or ""
                )
            flash(_("The licence is granted and stands in the register."), "success")
            return redirect(url_for("appraisal.register_desk"), code=303)
        except (InvalidInput, LicencesOverlap, LicenceNumberTaken) as refusal:
            form.take(refusal)
    return _application_page(code, form, ReasonForm(formdata=None, prefix="no-"), 422)


@bp.post("/operator/applications/<code>/refuse")
@allow("operator")
def refuse_application(code: str) -> AnyResponse:
    form = ReasonForm(prefix="no-")
    if form.validate_on_submit():
        try:
            with begin() as work:
                service.refuse(work, code, form.reason.data or "")
            flash(_("The application is refused; the agency reads the reason."), "success")
            return redirect(url_for("appraisal.register_desk"), code=303)
        except InvalidInput as refusal:
            form.take(refusal)
    return _application_page(code, ApprovalForm(formdata=None), form, 422)


@bp.route("/operator/certificates/<code>", methods=["GET", "POST"])
@allow("operator")
def review_certificate(code: str) -> AnyResponse:
    """One certificate: confirm, refuse, or withdraw what was confirmed. The pressed button names the decision."""
    form, status = NoteForm(), 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                with begin() as work:
                    service.decide_certificate(work, code, request.form.get("decision", ""), form.reason.data or "")
                flash(_("The decision is recorded and the appraiser is told."), "success")
                return redirect(url_for("appraisal.register_desk"), code=303)
            except InvalidInput as refusal:
                form.take(refusal)
    with look() as work:
        paper = queries.paper_by_code(work, code)
        person = accounts.user_by_id(work, paper.certificate.user_id)
        jobs = queries.employments(work, person.id)
    return render(
        "appraisal/review_certificate.html", paper=paper, person=person, jobs=jobs, form=form, words=WORDS, status=status
    )


@bp.route("/operator/agencies/<code>/suspend", methods=["GET", "POST"])
@allow("operator")
def suspend_agency(code: str) -> AnyResponse:
    with look() as work:
        agency = queries.agency_by_code(work, code)
    return _decide(
        ReasonForm(),
        lambda work, form: service.suspend(work, code, form.reason.data or ""),
        url_for("appraisal.register_agency", code=code),
        title=_("Suspend %(agency)s", agency=agency.name),
        lead=_("At once: no new work and no signatures. What was begun is kept. Everybody reads the reason."),
        button=_("Suspend the agency"),
        done=_("The agency is suspended. Everybody reads the reason."),
    )


@bp.route("/operator/suspensions/<code>/lift", methods=["GET", "POST"])
@allow("operator")
def lift_suspension(code: str) -> AnyResponse:
    with look() as work:
        suspension = queries.suspension_by_code(work, code)
        agency = accounts.organisation_by_id(work, suspension.agency_id)
    return _decide(
        ReasonForm(),
        lambda work, form: service.lift(work, code, form.reason.data or ""),
        url_for("appraisal.register_agency", code=agency.code),
        title=_("Lift the suspension of %(agency)s", agency=agency.name),
        lead=_("It was imposed for this reason: %(reason)s", reason=suspension.reason),
        button=_("Lift the suspension"),
        done=_("The suspension is lifted."),
        is_danger=False,
    )


@bp.route("/operator/licences/<code>/correct", methods=["GET", "POST"])
@allow("operator")
def correct_licence(code: str) -> AnyResponse:
    with look() as work:
        licence = queries.licence_by_code(work, code)
        agency = accounts.organisation_by_id(work, licence.agency_id)
    form = CorrectionForm(valid_from=licence.valid_from, valid_until=licence.valid_until)
    return _decide(
        form,
        lambda work, form: service.correct_licence(
            work, code, form.valid_from.data, form.valid_until.data, form.reason.data or ""
        ),
        url_for("appraisal.register_agency", code=agency.code),
        title=_("Correct the licence %(number)s of %(agency)s", number=licence.licence_no, agency=agency.name),
        lead=_("A new version with other days; the earlier versions stay readable."),
        button=_("Write the new version"),
        done=_("The licence has a new version; the earlier one stays readable."),
        is_danger=False,
    )


@bp.route("/operator/licences/<code>/withdraw", methods=["GET", "POST"])
@allow("operator")
def withdraw_licence(code: str) -> AnyResponse:
    with look() as work:
        licence = queries.licence_by_code(work, code)
        agency = accounts.organisation_by_id(work, licence.agency_id)
    return _decide(
        ReasonForm(),
        lambda work, form: service.withdraw_licence(work, code, form.reason.data or ""),
        url_for("appraisal.register_agency", code=agency.code),
        title=_("Withdraw the licence %(number)s of %(agency)s", number=licence.licence_no, agency=agency.name),
        lead=_("For good. To stop the agency for a while, suspend it."),
        button=_("Withdraw the licence"),
        done=_("The licence is withdrawn. Everybody reads the reason."),
    )


@bp.route("/operator/courses/<code>/strike", methods=["GET", "POST"])
@allow("operator")
def strike_course(code: str) -> AnyResponse:
    with look() as work:
        course = queries.course_by_code(work, code)
        person = accounts.user_by_id(work, course.user_id)
    return _decide(
        ReasonForm(),
        lambda work, form: service.strike_course(work, code, form.reason.data or ""),
        url_for("appraisal.register_appraiser", code=person.code),
        title=_("Strike the course “%(title)s” of %(name)s", title=course.title, name=person.display_name),
        lead=_("Its hours no longer count. Everybody reads the reason."),
        button=_("Strike the course"),
        done=_("The course no longer counts."),
    )


@bp.route("/operator/calibrations/<code>/strike", methods=["GET", "POST"])
@allow("operator")
def strike_calibration(code: str) -> AnyResponse:
    with look() as work:
        calibration, agency = queries.calibration_by_code(work, code)
    return _decide(
        ReasonForm(),
        lambda work, form: service.strike_calibration(work, code, form.reason.data or ""),
        url_for("appraisal.register_agency", code=agency.code),
        title=_("Strike the calibration %(number)s of %(agency)s", number=calibration.certificate_no, agency=agency.name),
        lead=_("No readings are taken from the instrument any more. Everybody reads the reason."),
        button=_("Strike the calibration"),
        done=_("The calibration no longer counts."),
    )


def _application_page(code: str, approval: ApprovalForm, refusal: ReasonForm, status: int = 200) -> Response:
    with look() as work:
        application = queries.application_by_code(work, code)
        admission = queries.admission(work, application.agency_id, application.category, application.area_m2)
        return render(
            "appraisal/review_application.html",
            application=application,
            agency=accounts.organisation_by_id(work, application.agency_id),
            admission=admission,
            documents=requirements().documents,
            sources=requirements().sources,
            approval=approval,
            refusal=refusal,
            points=POINT_WORDS,
            confidences=CONFIDENCE_WORDS,
            words=WORDS,
            status=status,
        )


def _decide(
    form: ReasonForm,
    act: Callable[[Work, Any], object],
    back: str,
    *,
    title: str,
    lead: str,
    button: str,
    done: str,
    is_danger: bool = True,
) -> AnyResponse:
    """One decision with its reason: the page that asks for it, and the deed."""
    if form.validate_on_submit():
        try:
            with begin() as work:
                act(work, form)
            flash(done, "success")
            return redirect(back, code=303)
        except (InvalidInput, LicencesOverlap, AlreadySuspended) as refusal:
            form.take(refusal)
    return render(
        "appraisal/decide.html",
        form=form,
        back=back,
        title=title,
        lead=lead,
        button_words=button,
        is_danger=is_danger,
        status=422 if form.is_submitted() else 200,
    )
