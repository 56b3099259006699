"""Pages of the appraisal room: ask an agency, the agency's queue, inspect, sign, read and check a report."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.appraisal import queries, service
from app.appraisal.errors import FindingsMoved, ReportNotFound
from app.appraisal.forms import (
    PREFIX,
    DeclineForm,
    FindReportForm,
    GiveUpForm,
    InspectionForm,
    RequestForm,
    SignForm,
    answers,
    read_number,
    read_rev,
)
from app.appraisal.models import Appraisal
from app.appraisal.parts import chosen_part, flag_names, following_part, parts_of, skipped
from app.appraisal.states import ACCEPTED, APPRAISAL_FLOW, CANCEL, INSPECTING, REQUESTED
from app.goods import catalogue
from app.goods import queries as goods
from app.goods.models import Thing
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import InvalidInput
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.web import allow, begin, current_actor, look, render
from app.web.rendering import in_language
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
        thing_name = _name_of(thing)
    if under_way is not None and under_way.owner_id == current_actor().user_id:
        return redirect(url_for("appraisal.show", code=under_way.code), code=303)
    form.agency.choices = {agency.code: agency.name for agency in agencies}
    if form.validate_on_submit():
        try:
            with begin() as work:
                appraisal = service.request(work, thing.code, form.agency.data)
            flash(_("The agency has your request. You will be told as soon as an appraiser accepts it."), "success")
            return redirect(url_for("appraisal.show", code=appraisal.code), code=303)
        except InvalidInput as refusal:
            form.take(refusal)
    status = 422 if request.method == "POST" else 200
    return render("appraisal/request.html", form=form, thing=thing, thing_name=thing_name, agencies=agencies, status=status)


@bp.get("/appraisals/<code>")
@allow("member")
def show(code: str) -> Response:
    """One order, for the owner and the agency."""
    with look() as work:
        return render("appraisal/show.html", **_order_page(work, code), decline_form=DeclineForm(), give_up_form=GiveUpForm())


@bp.get("/appraiser")
@allow("appraiser")
def queue() -> Response:
    """The agency's orders."""
    with look() as work:
        orders = queries.agency_queue(work)
        things = goods.things_by_id(work, [order.thing_id for order in orders])
        people = accounts.users_by_id(work, [order.appraiser_id for order in orders if order.appraiser_id])
        agencies = accounts.organisations_by_id(work, queries.agencies_of(current_actor()))
    return render(
        "appraisal/queue.html",
        orders=orders,
        names={thing.id: _name_with_size(thing) for thing in things.values()},
        people=people,
        agency=" / ".join(agency.name for agency in agencies.values()),
        own_id=current_actor().user_id,
    )


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
            service.decline(work, code, form.reason.data or "")
        flash(_("The owner has been told."), "success")
        return redirect(url_for("appraisal.queue"), code=303)
    with look() as work:
        return render("appraisal/show.html", **_order_page(work, code), decline_form=form, give_up_form=GiveUpForm(), status=422)


@bp.post("/appraisals/<code>/unable")
@allow("appraiser")
def give_up(code: str) -> AnyResponse:
    form = GiveUpForm()
    if form.validate_on_submit():
        with begin() as work:
            service.give_up(work, code, form.reason.data or "")
        flash(_("The owner has been told."), "success")
        return redirect(url_for("appraisal.queue"), code=303)
    with look() as work:
        return render("appraisal/show.html", **_order_page(work, code), decline_form=DeclineForm(), give_up_form=form, status=422)


@bp.post("/appraisals/<code>/cancel")
@allow("member")
def cancel(code: str) -> AnyResponse:
    with begin() as work:
        service.cancel(work, code)
    flash(_("The request was taken back."), "success")
    return redirect(url_for("appraisal.show", code=code), code=303)


@bp.get("/appraisals/<code>/inspect")
@allow("appraiser")
def inspect(code: str) -> AnyResponse:
    """The inspection, item by item; htmx asks for the panel with the result so far."""
    with look() as work:
        page = _inspection_page(work, code, InspectionForm())
    if page is None:
        return redirect(url_for("appraisal.show", code=code), code=303)
    return render("appraisal/inspect.html", fragment="appraisal/_panel.html", **page)


@bp.post("/appraisals/<code>/inspect")
@allow("appraiser")
def save(code: str) -> AnyResponse:
    """Keep what was answered. The form names the save that its page was made from: two devices cannot overwrite each other."""
    form = InspectionForm()
    typed = answers(request.form)
    try:
        with begin() as work:
            saved = service.save_findings(work, code, typed, read_rev(form.rev.data))
    except FindingsMoved:
        if request.headers.get("X-Autosave"):
            raise
        return _open_again(code, form, typed, moved=True)
    if request.headers.get("X-Autosave"):
        errors = {PREFIX + key: in_language(dict(message)) for key, message in saved.refused.items()}
        return make_response(jsonify(fields={"rev": str(saved.rev)}, errors=errors), 422 if errors else 200)
    if saved.refused:
        return _open_again(code, form, {key: typed[key] for key in saved.refused}, refused=saved.refused)
    if "to_sign" in request.form:
        return redirect(url_for("appraisal.sign", code=code), code=303)
    section = request.form.get("to_section") or request.form.get("section") or None
    return redirect(url_for("appraisal.inspect", code=code, section=section), code=303)


@bp.route("/appraisals/<code>/sign", methods=["GET", "POST"])
@allow("appraiser")
def sign(code: str) -> AnyResponse:
    """The last look before signing, and the signature."""
    form = SignForm()
    status = 422 if request.method == "POST" else 200
    if form.validate_on_submit():
        try:
            with begin() as work:
                report = service.sign(work, code, form.name.data or "", read_rev(form.rev.data))
            return redirect(url_for("appraisal.report", code=report.code), code=303)
        except (FindingsMoved, InvalidInput) as refusal:
            form.take(refusal)
            status = refusal.status
    with look() as work:
        page = _inspection_page(work, code, form)
    if page is None:
        return redirect(url_for("appraisal.show", code=code), code=303)
    return render("appraisal/sign.html", status=status, **page)


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


def _name_of(thing: Thing) -> str:
    return goods.name_of(thing.category, thing.brand, thing.model, thing.attributes)


def _name_with_size(thing: Thing) -> str:
    return f"{_name_of(thing)} {thing.storage_gb}GB" if thing.storage_gb else _name_of(thing)


def _order_page(work: Work, code: str) -> dict[str, Any]:
    order = queries.visible_appraisal(work, code)
    actor = current_actor()
    thing = work.session.get_one(Thing, order.thing_id)
    colour = catalogue.find_colour(thing.colour or "")
    is_owner = order.owner_id == actor.user_id
    return {
        "order": order,
        "thing_name": _name_of(thing),
        "thing": thing,
        "colour": colour.name.model_dump() if colour else None,
        "agency": accounts.organisation_by_id(work, order.agency_id),
        "appraiser": accounts.user_by_id(work, order.appraiser_id) if order.appraiser_id else None,
        "report": queries.report_of(work, order),
        "is_owner": is_owner,
        "can_accept": order.state == REQUESTED and order.agency_id in queries.agencies_of(actor) and not is_owner,
        "can_inspect": order.state in (ACCEPTED, INSPECTING) and order.appraiser_id == actor.user_id,
        "can_cancel": is_owner and APPRAISAL_FLOW.can(order.state, CANCEL),
    }


def _inspection_page(work: Work, code: str, form: InspectionForm | SignForm) -> dict[str, Any] | None:
    """What the inspection and the signing show; None when it is not this person's inspection, or no longer one."""
    page = _order_page(work, code)
    order: Appraisal = page["order"]
    if not page["can_inspect"]:
        return None
    scheme = load_scheme(order.scheme_id)
    thing: Thing = page["thing"]
    result = service.graded(order, thing, shanghai_day(work.now))
    form.rev.data = str(order.findings_rev)
    open_keys = {key for missing in result.missing for key in missing.keys}
    parts = parts_of(scheme, result, thing, open_keys)
    wanted = request.form.get("section") or request.args.get("section") or ""
    here = chosen_part(parts, wanted, whole=thing.category == "phone")
    return page | {
        "scheme": scheme,
        "form": form,
        "findings": service.shown_answers(scheme, order, thing),
        "result": result,
        "parts": parts,
        "here": here,
        "shown_parts": [part for part in parts if here is None or part.code == here.code],
        "following": following_part(parts, here),
        "open_parts": [part for part in parts if part.open_keys],
        "total": sum(item.required and item.key not in skipped(result) for item in scheme.items)
        + sum(fact.required for fact in scheme.facts)
        + len(scheme.groups),
        "refused": {},
        "beside": {},
        "moved": False,
    }


def _open_again(
    code: str, form: InspectionForm, typed: dict[str, str], *, refused: Any = None, moved: bool = False
) -> AnyResponse:
    """The inspection with what was typed and could not be kept.

    After a save of another device its answers are marked, and where this device says otherwise, that stands beside them.
    """
    with look() as work:
        page = _inspection_page(work, code, form)
    if page is None:
        return redirect(url_for("appraisal.show", code=code), code=303)
    stored: dict[str, str] = page["findings"]
    mine = service.typed_answers(page["scheme"], typed)
    beside = {key: value for key, value in mine.items() if moved and value and stored.get(key, value) != value}
    shown = {**stored, **{key: value for key, value in mine.items() if value and key not in beside}}
    page |= {"findings": shown, "beside": beside, "refused": refused or {}, "moved": moved}
    return render("appraisal/inspect.html", status=409 if moved else 422, **page)
