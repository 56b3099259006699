"""Checking a report without an account: by its number, by its square code, or by the file itself."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.appraisal import queries
from app.appraisal.checking import Checked, check_file, check_stored
from app.appraisal.errors import ReportNotFound
from app.appraisal.forms import CheckFileForm, FindReportForm, read_number
from app.appraisal.routes.blueprint import bp
from app.appraisal.routes.reports import thing_facts
from app.web import allow, look, render


@bp.get("/reports")
@allow("anyone")
def verify() -> AnyResponse:
    """Look up a report by its number, or by the address printed with it."""
    form = FindReportForm(request.args)
    if "number" in request.args and form.validate():
        number = read_number(form.number.data)
        if number is None:
            form.number.errors = [_("A report's number has 26 letters and digits. Please compare it with the report.")]
        else:
            try:
                with look() as work:
                    found = queries.report_by_code(work, number)
                return redirect(url_for("appraisal.verified", code=found.code), code=303)
            except ReportNotFound as refusal:
                form.number.errors = [_(type(refusal).message)]
    status = 422 if form.number.errors else 200
    return render("appraisal/verify.html", form=form, file_form=CheckFileForm(formdata=None), status=status)


@bp.post("/reports")
@allow("anyone")
def check() -> Response:
    """Check a file that somebody brought: read, compared, forgotten."""
    form = CheckFileForm()
    data = form.sent if form.validate_on_submit() else b""
    if not data:
        form.file.errors = [_("Please choose the report's JSON file.")]
        return render("appraisal/verify.html", form=FindReportForm(formdata=None), file_form=form, status=422)
    with look() as work:
        checked = check_file(work, data)
    return _checked_page(checked)


@bp.get("/reports/verify/<code>")
@allow("anyone")
def verified(code: str) -> Response:
    """What the square code on a report leads to: who issued it, for which thing, and whether it counts today."""
    with look() as work:
        checked = check_stored(work, queries.report_by_code(work, code))
    return _checked_page(checked)


def _checked_page(checked: Checked) -> Response:
    told: dict[str, Any] = checked.content.get("thing", {}) if checked.genuine else {}
    facts = thing_facts(told) if told.get("category") else []
    return render("appraisal/verified.html", checked=checked, content=checked.content, thing_facts=facts)
