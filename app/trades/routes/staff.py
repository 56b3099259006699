"""The staff's pages: all reported problems, one of them with everything that decides it, and stopping an order."""

from __future__ import annotations

from flask import Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.errors import Conflict, DomainError, InvalidInput
from app.trades import choices, policy, queries, rules, service
from app.trades.forms import RulingForm, StopForm
from app.trades.routes.blueprint import bp
from app.trades.routes.views import facts, promise_page, version_answer
from app.web import allow, begin, look, render


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


@bp.get("/operator/cases/<code>/promise")
@allow("operator")
def case_promise(code: str) -> Response:
    """The same page for staff who look into a case."""
    with look() as work:
        order = queries.case_for_staff(work, code)[1]
        return promise_page(work, order, url_for("trades.case", code=code), url_for("trades.case_version_file", code=code))


@bp.get("/operator/cases/<code>/version.json")
@allow("operator")
def case_version_file(code: str) -> Response:
    """The same bytes for staff who look into a case."""
    with look() as work:
        return version_answer(work, queries.case_for_staff(work, code)[1])


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


def _cases_page(form: StopForm, status: int = 200) -> Response:
    with look() as work:
        rows = [(case, order, queries.is_overdue(order, work.now)) for case, order in queries.cases_for_staff(work)]
        return render("trades/cases.html", status=status, rows=rows, form=form, name_of=choices.name_of)


def _case_page(code: str, form: RulingForm, status: int = 200) -> Response:
    with look() as work:
        case, order = queries.case_for_staff(work, code)
        page = facts(work, order, rules.STAFF)
        is_party = policy.role_in(work.actor, order) is not None
        form.show_version(case.version)
        promise_url = url_for("trades.case_promise", code=code)
        return render("trades/case.html", status=status, promise_url=promise_url, case=case, form=form, is_party=is_party, **page)
