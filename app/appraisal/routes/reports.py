"""Reading reports: the page, the file, what a correction changed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import segno
from flask import Response, flash, redirect, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.appraisal import queries, service
from app.appraisal.comparing import what_changed
from app.appraisal.forms import ReasonForm
from app.appraisal.measured import measure_names
from app.appraisal.models import Report
from app.appraisal.parts import flag_names
from app.appraisal.queries.standing import CONTESTED
from app.appraisal.routes.blueprint import bp
from app.appraisal.states import APPRAISAL_FLOW, CORRECT
from app.appraisal.store import DOOR, ReportFiles
from app.goods import catalogue
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import InvalidInput
from app.kernel.work import Work
from app.schemes.queries import get_scheme
from app.valuation import queries as valuation
from app.visits.errors import PartyCannotDecide
from app.web import allow, begin, current_actor, hub, look, render
from app.web.rendering import in_language


@bp.get("/reports/<code>")
@allow("anyone")
def report(code: str) -> Response:
    """The report, readable by everybody who has its number, with its hash recomputed for this page."""
    return _report_page(code)


@bp.post("/reports/<code>/correct")
@allow("appraiser")
def correct(code: str) -> AnyResponse:
    """Open the report for a correction."""
    form = ReasonForm()
    if not form.validate_on_submit():
        return _report_page(code, form, 422)
    with begin() as work:
        order = service.correct(work, code, form.reason.data or "")
    flash(_("The report stays in force until you sign the corrected one."), "info")
    return redirect(url_for("appraisal.inspect", code=order.code), code=303)


@bp.post("/reports/<code>/revoke")
@allow("manager", "operator")
def revoke(code: str) -> AnyResponse:
    """Withdraw a report, with the reason that everybody reads."""
    form = ReasonForm()
    if not form.validate_on_submit():
        return _report_page(code, form, 422)
    try:
        with begin() as work:
            service.revoke_report(work, code, form.reason.data or "")
    except (InvalidInput, PartyCannotDecide) as refusal:
        form.take(refusal)
        return _report_page(code, form, refusal.status)
    flash(_("The report is withdrawn. Everybody who opens it sees that and why."), "success")
    return redirect(url_for("appraisal.report", code=code), code=303)


@bp.get("/reports/<code>/changes")
@allow("anyone")
def changes(code: str) -> Response:
    """What this version says otherwise than the one that it took the place of, side by side."""
    with look() as work:
        found = queries.report_by_code(work, code)
        earlier = queries.earlier_report(work, found)
        page = report_values(work, found)
    rows = what_changed(earlier.content, found.content)
    return render("appraisal/changes.html", **page, earlier=earlier, rows=rows)


@bp.get("/reports/<code>.json")
@allow("anyone")
def report_json(code: str) -> Response:
    """The report as a file that anybody can verify: content, its hash, and the signatures over it."""
    with look() as work:
        found = queries.report_by_code(work, code)
        data = queries.report_file(work, found)
    answer = Response(data, mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="xunyi-report-{found.code}.json"'
    return answer


@bp.get("/reports/<code>/print")
@allow("anyone")
def report_print(code: str) -> Response:
    """The report for paper, nothing folded: what the PDF is made of, and what a browser prints."""
    with look() as work:
        found = queries.report_by_code(work, code)
        page = report_values(work, found)
    address = f"{hub().settings.base_url.rstrip('/')}{url_for('appraisal.verified', code=code)}"
    squares = [list(row) for row in segno.make(address, error="m").matrix]
    return render("appraisal/print.html", **page, address=address, squares=squares)


@bp.get("/reports/<code>.pdf")
@allow("anyone")
def report_pdf(code: str) -> AnyResponse:
    """The printed report, PDF/A-3 with the signed file inside; the page for paper while it is not there."""
    with look() as work:
        found = queries.report_by_code(work, code)
        file = _printed(work, found.code)
    if file is None:
        return redirect(url_for("appraisal.report_print", code=code), code=303)
    name = f"xunyi-report-{code}.pdf"
    return send_file(file, mimetype="application/pdf", as_attachment=True, download_name=name)


def _printed(work: Work, code: str) -> Path | None:
    files: ReportFiles = work.doors[DOOR]
    return files.find(code)


def report_values(work: Work, found: Report) -> dict[str, Any]:
    """Everything that the page and the printed report show; the same for both."""
    content = found.content
    result = content["result"]
    scheme = get_scheme(work, found.scheme_id)
    return {
        "report": found,
        "pdf_ready": _printed(work, found.code) is not None,
        "item_names": {each.key: dict(each.name) for each in (*scheme.items, *scheme.facts)} | measure_names(scheme),
        "content": content,
        "result": result,
        "thing_facts": thing_facts(content["thing"]),
        "flag_names": flag_names(scheme, result["flags"]),
        "points_left": scheme.points_shown == "left",
        "lefts": {each["code"]: f"{Decimal(each['max_deduction']) - Decimal(each['deducted']):f}" for each in result["sections"]},
        "follows_standard": scheme.id.startswith("gbt"),
        "erase_method": next(
            (
                item["value_name"]
                for section in result["sections"]
                for item in section["items"]
                if item["key"] == "erase_method" and item.get("value_name")
            ),
            None,
        ),
        "open_photos": queries.open_photos(work, found),
        "defects": queries.findings_to_tell(found),
        "genuine": sha256_hex(canonical(content)) == found.sha256,
        "state": queries.report_state(work, found),
        "signatures": queries.signatures_of(work, found.draft_id) if found.draft_id else [],
        "not_compared": queries.not_compared(work, found),
        "undeclared": queries.undeclared(found),
    }


def _report_page(code: str, reason_form: ReasonForm | None = None, status: int = 200) -> Response:
    with look() as work:
        found = queries.report_by_code(work, code)
        page = report_values(work, found) | _own_verbs(work, found)
        page["worth"] = valuation.worth_of_report(work, found.id)
    return render("appraisal/report.html", status=status, **page, reason_form=reason_form or ReasonForm(formdata=None))


def _own_verbs(work: Work, found: Report) -> dict[str, Any]:
    """What this reader may do with the report."""
    actor = current_actor()
    order = queries.order_of_report(work, found)
    newest = queries.report_of(work, order)
    is_newest = newest is not None and newest.id == found.id
    is_manager = found.agency_id in queries.agencies_of(actor, "manager")
    mine = order.appraiser_id == actor.user_id and order.agency_id in queries.agencies_of(actor)
    may_correct = mine and is_newest and APPRAISAL_FLOW.can(order.state, CORRECT)
    against = service.correction_refusal(work, order) if may_correct else None
    return {
        "order": order,
        "can_correct": may_correct and against is None,
        "against_correction": against,
        "can_revoke": is_newest and (actor.has("operator") or (is_manager and queries.silenced(work, order) != CONTESTED)),
    }


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
