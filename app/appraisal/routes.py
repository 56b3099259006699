"""Pages of the appraisal room: ask an agency, the agency's queue, inspect, sign, read and check a report."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.appraisal import queries, service
from app.appraisal.errors import FindingsMoved
from app.appraisal.forms import DeclineForm, FindReportForm, InspectionForm, RequestForm, SignForm, answers, read_rev
from app.appraisal.models import Appraisal
from app.goods import queries as goods
from app.goods.models import Thing
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import BadState, DomainError
from app.kernel.ids import is_code
from app.kernel.work import Work
from app.web import allow, begin, current_actor, look, render
from grading import load_scheme

bp = Blueprint("appraisal", __name__)


@bp.route("/appraisals/request", methods=["GET", "POST"])
@allow("member")
def request_page() -> AnyResponse:
    """The owner chooses an agency."""
    form = RequestForm()
    with look() as work:
        thing = goods.owned_thing(work, request.args.get("thing", ""))
        agencies = queries.agencies(work)
        under_way = queries.open_appraisal(work, thing.id)
        thing_name = goods.name_of(thing.brand, thing.model, thing.attributes)
    if under_way is not None:
        return redirect(url_for("appraisal.show", code=under_way.code), code=303)
    form.agency.choices = [(agency.code, agency.name) for agency in agencies]
    if form.validate_on_submit():
        try:
            with begin() as work:
                appraisal = service.request(work, thing.code, form.agency.data)
            flash(_("The agency has your request. You will be told as soon as an appraiser accepts it."), "success")
            return redirect(url_for("appraisal.show", code=appraisal.code), code=303)
        except DomainError as refusal:
            form.take(refusal)
    status = 422 if request.method == "POST" else 200
    return render("appraisal/request.html", form=form, thing=thing, thing_name=thing_name, agencies=agencies, status=status)


@bp.get("/appraisals/<code>")
@allow("member")
def show(code: str) -> Response:
    """One order, for the owner and the agency."""
    with look() as work:
        return render("appraisal/show.html", **_order_page(work, code), decline_form=DeclineForm())


@bp.get("/appraiser")
@allow("appraiser")
def queue() -> Response:
    """The agency's orders."""
    with look() as work:
        orders = queries.agency_queue(work)
        things = goods.things_by_id(work, [order.thing_id for order in orders])
        names = {thing.id: goods.name_of(thing.brand, thing.model, thing.attributes) for thing in things.values()}
        people = accounts.users_by_id(work, [order.appraiser_id for order in orders if order.appraiser_id])
        agency = accounts.organisation_by_id(work, current_actor().organisation_id("appraiser") or 0)
    return render("appraisal/queue.html", orders=orders, names=names, people=people, agency=agency)


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
            service.decline(work, code, form.reason.data)
        flash(_("The owner has been told."), "success")
        return redirect(url_for("appraisal.queue"), code=303)
    with look() as work:
        return render("appraisal/show.html", **_order_page(work, code), decline_form=form, status=422)


@bp.post("/appraisals/<code>/cancel")
@allow("member")
def cancel(code: str) -> AnyResponse:
    with begin() as work:
        service.cancel(work, code)
    flash(_("The request was taken back."), "success")
    return redirect(url_for("appraisal.show", code=code), code=303)


@bp.route("/appraisals/<code>/inspect", methods=["GET", "POST"])
@allow("appraiser")
def inspect(code: str) -> AnyResponse:
    """The inspection: every answer is kept as soon as it is given; a save names what it was made from."""
    form = InspectionForm()
    typed: dict[str, str] = {}
    refused: dict[str, Any] = {}
    if request.method == "POST":
        typed = answers(request.form)
        try:
            if not form.validate():
                raise FindingsMoved()
            with begin() as work:
                saved = service.save_findings(work, code, typed, read_rev(form.rev.data))
            refused = dict(saved.refused)
            if request.headers.get("X-Autosave"):
                return jsonify(fields={"rev": str(saved.rev)}, refused=sorted(refused))
            if not refused:
                target = "appraisal.sign" if "to_sign" in request.form else "appraisal.inspect"
                return redirect(url_for(target, code=code), code=303)
            typed = {key: value for key, value in typed.items() if key in refused}
        except FindingsMoved as refusal:
            if request.headers.get("X-Autosave"):
                raise
            form.take(refusal)
    with look() as work:
        page = _inspection_page(work, code, form, typed, refused)
    status = 409 if form.problems else 422 if refused else 200
    return render("appraisal/inspect.html", fragment="appraisal/_panel.html", status=status, **page)


@bp.route("/appraisals/<code>/sign", methods=["GET", "POST"])
@allow("appraiser")
def sign(code: str) -> AnyResponse:
    """The last look before signing, and the signature."""
    form = SignForm()
    if form.validate_on_submit():
        try:
            with begin() as work:
                report = service.sign(work, code, form.name.data, read_rev(form.rev.data))
            return redirect(url_for("appraisal.report", code=report.code), code=303)
        except DomainError as refusal:
            form.take(refusal)
    status = 422 if request.method == "POST" else 200
    with look() as work:
        page = _inspection_page(work, code, form, {}, {})
    return render("appraisal/sign.html", status=status, **page)


@bp.get("/reports")
@allow("anyone")
def verify() -> AnyResponse:
    """Look up a report by its number."""
    form = FindReportForm(request.args)
    if "number" in request.args and form.validate():
        number = "".join((form.number.data or "").lower().split()).rsplit("/", 1)[-1]
        if is_code(number):
            return redirect(url_for("appraisal.report", code=number), code=303)
        form.number.errors = [_("A report's number has 26 letters and digits. Please compare it with the report.")]
    status = 422 if form.number.errors else 200
    return render("appraisal/verify.html", form=form, status=status)


@bp.get("/reports/<code>")
@allow("anyone")
def report(code: str) -> Response:
    """The report, readable by everybody who has its number, with its hash recomputed for this page."""
    with look() as work:
        found = queries.report_by_code(work, code)
        newest = queries.is_newest(work, found)
    content = found.content
    genuine = sha256_hex(canonical(content)) == found.sha256
    findings = [item for section in content["result"]["sections"] for item in section["items"]]
    return render(
        "appraisal/report.html",
        report=found,
        content=content,
        result=content["result"],
        defects=[item for item in findings if item["disclose"]],
        genuine=genuine,
        newest=newest,
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


def _order_page(work: Work, code: str) -> dict[str, Any]:
    order = queries.visible_appraisal(work, code)
    actor = current_actor()
    thing = work.session.get_one(Thing, order.thing_id)
    return {
        "order": order,
        "thing_name": goods.name_of(thing.brand, thing.model, thing.attributes),
        "thing": thing,
        "agency": accounts.organisation_by_id(work, order.agency_id),
        "appraiser": accounts.user_by_id(work, order.appraiser_id) if order.appraiser_id else None,
        "report": queries.report_of(work, order),
        "is_owner": order.owner_id == actor.user_id,
        "can_accept": order.state == "requested" and _is_of_agency(order) and order.owner_id != actor.user_id,
        "can_inspect": order.state in ("accepted", "inspecting") and order.appraiser_id == actor.user_id,
        "can_cancel": order.owner_id == actor.user_id and order.state in ("requested", "accepted"),
    }


def _inspection_page(work: Work, code: str, form: Any, typed: dict[str, str], refused: dict[str, Any]) -> dict[str, Any]:
    page = _order_page(work, code)
    order: Appraisal = page["order"]
    if not page["can_inspect"]:
        # Known to the agency, but not this person's inspection (any more).
        raise BadState("appraisal", order.state, "inspect", [])
    findings = {**service.computed_findings(page["thing"]), **order.findings}
    result = service.graded(order.scheme_id, findings)
    form.rev.data = str(order.findings_rev)
    return page | {
        "scheme": load_scheme(order.scheme_id),
        "form": form,
        "findings": findings | typed,
        "result": result,
        "open_keys": {key for missing in result.missing for key in missing.keys},
        "refused": refused,
    }


def _is_of_agency(order: Appraisal) -> bool:
    return order.agency_id == current_actor().organisation_id("appraiser")
