"""The regulator's desk, a seller's record under a purpose, and what the seller sees of it."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, make_response, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.appraisal.queries import CATEGORY_WORDS
from app.credit.queries import DISPLAY_STATES, SEVERITIES, WHAT, Entry, sentence
from app.kernel.errors import InvalidInput
from app.kernel.time import iso_seconds
from app.oversight import queries, service
from app.oversight.forms import PurposeForm, ReasonForm
from app.oversight.routes.blueprint import bp
from app.oversight.wording import ORDER_STATES
from app.web import allow, begin, look, render


@bp.get("/oversight")
@allow("officer")
def desk() -> Response:
    return _desk(PurposeForm())


@bp.post("/oversight")
@allow("officer")
def open_purpose() -> AnyResponse:
    """Open a purpose with its case number and reason."""
    form = PurposeForm()
    if not form.validate_on_submit():
        return _desk(form, 422)
    try:
        with begin() as work:
            code = service.open_purpose(work, form.case_no.data or "", form.reason.data or "").code
    except InvalidInput as refusal:
        form.take(refusal)
        return _desk(form, 422)
    return redirect(url_for("oversight.purpose", code=code), 303)


@bp.get("/oversight/<code>")
@allow("officer")
def purpose(code: str) -> Response:
    """One purpose: search for a seller, and what was read under it."""
    words = request.args.get("q", "").strip()[:60]
    if words:
        with begin() as work:  # the access is on record before anything is read
            service.note_search(work, code)
    with look() as work:
        found = queries.find_sellers(work, code, words) if words else []
        return render(
            "oversight/purpose.html",
            purpose=queries.own_purpose(work, code),
            words=words,
            found=found,
            readings=queries.readings(work, code),
        )


@bp.post("/oversight/<code>/close")
@allow("officer")
def close_purpose(code: str) -> AnyResponse:
    with begin() as work:
        service.close_purpose(work, code)
    return redirect(url_for("oversight.desk"), 303)


@bp.get("/oversight/<code>/sellers/<user_code>")
@allow("officer")
def seller(code: str, user_code: str) -> Response:
    """A seller's whole record under a purpose."""
    with begin() as work:  # no row, no page
        access = service.look_at_seller(work, code, user_code)
    with look() as work:
        record = queries.seller_record(work, access)
        return render(
            "oversight/seller.html",
            purpose=queries.own_purpose(work, code),
            record=record,
            states=ORDER_STATES,
            what=WHAT,
            severities=SEVERITIES,
            display_states=DISPLAY_STATES,
            entries=[(entry, _in_words(entry), _data_words(entry.data)) for entry in record.entries],
        )


@bp.get("/oversight/<code>/sellers/<user_code>/record.jsonl")
@allow("officer")
def export(code: str, user_code: str) -> Response:
    """The record as JSON lines: a head line, then the exact bytes of every event, oldest first."""
    with begin() as work:
        access = service.look_at_seller(work, code, user_code, "export")
    with look() as work:
        record = queries.seller_record(work, access)
        case_no, at = queries.own_purpose(work, code).case_no, work.now
    head = {
        "file": "xunyi-seller-record/1",
        "case_no": case_no,
        "made_at": iso_seconds(at),
        "seller": record.code,
        "subject": record.pseudonym,
        "events": len(record.entries),
        "leaf_hashes": [entry.leaf for entry in reversed(record.entries)],
        "faults": [{"idx": fault.idx, "code": fault.code} for fault in record.faults],
    }
    lines = [json.dumps(head, ensure_ascii=False).encode(), *(entry.content for entry in reversed(record.entries))]
    answer = make_response(b"".join(line + b"\n" for line in lines))
    answer.mimetype = "application/jsonl"
    answer.headers["Content-Disposition"] = f'attachment; filename="xunyi-record-{record.code}.jsonl"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/oversight/<code>/agencies")
@allow("officer")
def agencies(code: str) -> Response:
    """Appraisal agencies, under a purpose."""
    with look() as work:
        entries = queries.agencies(work, code)
        return render(
            "oversight/agencies.html", purpose=queries.own_purpose(work, code), entries=entries, categories=CATEGORY_WORDS
        )


@bp.route("/oversight/<code>/agencies/<agency_code>", methods=["GET", "POST"])
@allow("officer")
def agency(code: str, agency_code: str) -> AnyResponse:
    """One agency: the authority suspends it, or lifts its own suspension."""
    form = ReasonForm()
    with look() as work:
        found, suspensions = queries.agency_suspensions(work, code, agency_code)
        authority_id = work.actor.organisation_id("officer")
        authorities = accounts.organisations_by_id(work, [one.authority_id for one in suspensions])
        purpose = queries.own_purpose(work, code)
    own = next((one for one in suspensions if one.authority_id == authority_id and one.lifted_at is None), None)
    if form.validate_on_submit():
        try:
            with begin() as work:
                if own is None:
                    service.suspend_agency(work, code, agency_code, form.reason.data or "")
                else:
                    service.lift_agency(work, code, own.code, form.reason.data or "")
            return redirect(url_for("oversight.agency", code=code, agency_code=agency_code), 303)
        except InvalidInput as refusal:
            form.take(refusal)
    return render(
        "oversight/agency.html",
        status=422 if form.is_submitted() else 200,
        purpose=purpose,
        agency=found,
        suspensions=suspensions,
        authorities=authorities,
        own=own,
        form=form,
    )


@bp.get("/oversight/accesses")
@allow("officer")
def all_accesses() -> Response:
    """Every reading by every officer."""
    with look() as work:
        return render("oversight/all_accesses.html", readings=queries.readings(work))


@bp.get("/account/accesses")
@allow("member")
def accesses() -> Response:
    """Who read my record: what, when, by which authority."""
    with look() as work:
        return render("oversight/accesses.html", readings=queries.readings_of_me(work))


def _desk(form: PurposeForm, status: int = 200) -> Response:
    with look() as work:
        return render("oversight/desk.html", status=status, form=form, purposes=queries.purposes(work))


def _in_words(entry: Entry) -> str:
    message, values = sentence(entry.type, entry.data)
    return str(gettext(message, **values) if values else gettext(message))


def _data_words(data: dict[str, Any]) -> str:
    return " · ".join(f"{name}={value}" for name, value in sorted(data.items()))
