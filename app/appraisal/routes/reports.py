"""Reading and checking reports."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.appraisal import queries
from app.appraisal.errors import ReportNotFound
from app.appraisal.forms import (
    FindReportForm,
    read_number,
)
from app.appraisal.parts import flag_names
from app.appraisal.routes.blueprint import bp
from app.goods import catalogue
from app.kernel.canonical import canonical, sha256_hex
from app.web import allow, look, render
from app.web.rendering import in_language
from grading import load_scheme


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
                return redirect(url_for("appraisal.report", code=found.code), code=303)
            except ReportNotFound as refusal:
                form.number.errors = [_(type(refusal).message)]
    return render("appraisal/verify.html", form=form, status=422 if form.number.errors else 200)


@bp.get("/reports/<code>")
@allow("anyone")
def report(code: str) -> Response:
    """The report, readable by everybody who has its number, with its hash recomputed for this page."""
    with look() as work:
        found = queries.report_by_code(work, code)
        newest = queries.is_newest(work, found)
    content = found.content
    result = content["result"]
    scheme = load_scheme(found.scheme_id)
    return render(
        "appraisal/report.html",
        report=found,
        content=content,
        result=result,
        thing_facts=thing_facts(content["thing"]),
        flag_names=flag_names(scheme, result["flags"]),
        points_left=scheme.points_shown == "left",
        lefts={each["code"]: f"{Decimal(each['max_deduction']) - Decimal(each['deducted']):f}" for each in result["sections"]},
        follows_standard=scheme.id.startswith("gbt"),
        defects=queries.findings_to_tell(found),
        genuine=sha256_hex(canonical(content)) == found.sha256,
        newest=newest,
        not_compared=queries.not_compared(found),
        undeclared=queries.undeclared(found),
    )


@bp.get("/reports/<code>.json")
@allow("anyone")
def report_json(code: str) -> Response:
    """The report's canonical bytes: their SHA-256 is the hash on the page."""
    with look() as work:
        found = queries.report_by_code(work, code)
    answer = Response(canonical(found.content), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="xunyi-report-{found.code}.json"'
    return answer


def thing_facts(told: dict[str, Any]) -> list[tuple[str, Any]]:
    """What a report says about the thing, as lines: (name, value)."""
    colour = catalogue.find_colour(told.get("colour") or "")
    kind = catalogue.find_kind(told.get("type") or "")
    energy = catalogue.find_kind(told.get("energy") or "")
    lines: list[tuple[str, Any]] = []
    if told["category"] == "phone":
        lines.append((_("IMEI"), told["imei_masked"]))
    if told["category"] == "car":
        lines.append((_("VIN"), told.get("vin_masked")))
        lines.append((_("Energy"), in_language(energy.name.model_dump()) if energy else None))
        lines.append((_("First registered"), told.get("registered")))
        lines.append((_("Mileage shown"), f"{told['mileage']:,} km" if "mileage" in told else None))
    if told["category"] == "appliance":
        lines.append((_("Kind"), in_language(kind.name.model_dump()) if kind else None))
        lines.append((_("Serial number"), told.get("serial_masked")))
        return lines
    return [*lines, (_("Colour"), in_language(colour.name.model_dump()) if colour else None)]
