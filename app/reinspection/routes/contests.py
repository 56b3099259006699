"""Pages of those concerned: contest a grade, follow what becomes of it, take it back."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.appraisal import queries as appraisals
from app.goods import queries as goods
from app.kernel.errors import Conflict, InvalidInput, NotAllowed
from app.kernel.money import format_yuan
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.media.errors import PhotoRefused
from app.media.queries import photo_file, photos_by_code
from app.reinspection import queries, service
from app.reinspection.errors import ReinspectionNotFound
from app.reinspection.forms import ContestForm
from app.reinspection.models import MOST_PHOTOS, Reinspection
from app.reinspection.routes.blueprint import bp
from app.reinspection.states import AWAITING_DEPOSIT, OPEN, SEEKING, WITH_AGENCY
from app.reinspection.terms import terms_on
from app.reinspection.wording import SIDE_WORDS, STATE_WORDS, STEPS, Facts, status_of
from app.web import allow, begin, current_actor, hub, look, render
from app.web.forms import Form

MB = 1024 * 1024


@bp.url_value_preprocessor
def _allow_large_bodies(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Photos come with the reasons. Here, because the form token is read before any view runs."""
    if endpoint == "reinspection.contest" and request.method == "POST":
        request.max_content_length = hub().settings.max_upload_mb * MB


@bp.get("/my/contests")
@allow("member")
def mine() -> Response:
    """What the reader has contested, and second looks for which the reader shows the item."""
    with look() as work:
        rows = queries.contests_of(work, current_actor().id)
        reports = queries.reports_by_id(work, rows)
        return render("reinspection/mine.html", rows=rows, reports=reports, words=STATE_WORDS)


@bp.route("/reports/<code>/contest", methods=["GET", "POST"])
@allow("member")
def contest(code: str) -> AnyResponse:
    """Before paying: what a contest costs, who looks, and how it may end; then the reasons."""
    form = ContestForm()
    if form.validate_on_submit():
        photos = [file.read() for file in form.files]
        try:
            with begin() as work:
                row = service.contest(work, hub().store, hub().sealer, code, form.reason.data or "", photos)
            return redirect(url_for("payments.pay", code=row.payment_code), code=303)
        except PhotoRefused as refusal:
            form.take(InvalidInput({"photos": type(refusal).message}, **refusal.values))
            return _contest_page(code, form, refusal.status)
        except (InvalidInput, Conflict) as refusal:
            form.take(refusal)
            return _contest_page(code, form, refusal.status)
    return _contest_page(code, form, 422 if request.method == "POST" else 200)


def _contest_page(code: str, form: ContestForm, status: int) -> AnyResponse:
    with look() as work:
        report = appraisals.report_by_code(work, code)
        known = queries.open_reinspection(work, report)
        if known is not None and known.by_id == current_actor().id:
            return redirect(url_for("reinspection.show", code=known.code), code=303)
        refusal = None
        try:
            service.refuse_contest(work, report)
        except (Conflict, NotAllowed) as stop:
            refusal = stop
        terms = terms_on(shanghai_day(work.now))
        category = report.content["thing"]["category"]
        return render(
            "reinspection/contest.html",
            status=status,
            report=report,
            form=form,
            refusal=refusal,
            deposit_fen=terms.deposit_fen[category],
            terms=terms,
            category=category,
            most_photos=MOST_PHOTOS,
        )


@bp.get("/contests/<code>")
@allow("member")
def show(code: str) -> Response:
    """How one stands, for who asked and who shows the item."""
    return _show(code)


@bp.post("/contests/<code>/withdraw")
@allow("member")
def withdraw(code: str) -> AnyResponse:
    form = Form()
    if not form.validate_on_submit():
        return _show(code, form, 422)
    try:
        with begin() as work:
            service.withdraw(work, code)
    except (InvalidInput, Conflict, NotAllowed) as refusal:
        form.take(refusal)
        return _show(code, form, refusal.status)
    flash(_("It is taken back."), "success")
    return redirect(url_for("reinspection.show", code=code), code=303)


@bp.get("/contests/<code>/photos/<photo_code>/<size>.webp")
@allow("member")
def photo(code: str, photo_code: str, size: str) -> Response:
    """A photo that was sent with the reasons: for who sent it, and for staff. Never for the second agency."""
    with look() as work:
        row = queries.own_reinspection(work, code)
        asked = row.by_id == work.actor.user_id or work.actor.has("operator")
        if not asked or photo_code not in (row.photos or ()):
            raise ReinspectionNotFound()
        file = photo_file(hub().store, photos_by_code(work, [photo_code])[0], size)
    answer = make_response(file.path.read_bytes())
    answer.mimetype = file.content_type
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _show(code: str, form: Form | None = None, status: int = 200) -> Response:
    with look() as work:
        row = queries.own_reinspection(work, code)
        return render("reinspection/show.html", status=status, form=form or Form(formdata=None), **page_of(work, row))


def page_of(work: Work, row: Reinspection) -> dict[str, Any]:
    """Everything that the page of one re-inspection shows to this reader."""
    report, order, thing = queries.report_of(work, row), queries.order_of(work, row), queries.thing_of(work, row)
    mark = queries.look_of(work, row)
    reader = work.actor.user_id
    asked = row.by_id == reader
    shows = order is not None and order.owner_id == reader
    begun = order is not None and appraisals.step_of(order) == "begun"
    agency = accounts.organisation_by_id(work, order.agency_id) if order is not None else None
    second = appraisals.report_of(work, order) if order is not None and mark is not None and mark.second_report_id else None
    holder = appraisals.holder(work, order) if order is not None else "owner"
    undecided = order is not None and appraisals.is_meeting_undecided(work, order)
    facts = Facts(
        asked=asked,
        shows=shows,
        begun=begun and row.state == WITH_AGENCY,
        holder=holder,
        agency=agency.name if agency is not None else "",
        pay_due_at=row.pay_due_at,
        show_due_at=row.show_due_at,
        with_staff=row.staff_reason is not None,
        deposit=format_yuan(row.deposit_fen) if row.deposit_fen is not None else "",
        paid=row.paid_at is not None,
        reason=_(row.end_reason) if row.end_reason else "",
    )
    photos = photos_by_code(work, list(row.photos or ())) if asked or work.actor.has("operator") else []
    return {
        "row": row,
        "first": report,
        "second": second,
        "liability": queries.liability_of(work, row),
        "order": order if shows or work.actor.has("operator") else None,
        "thing_name": goods.name_of(thing.category, thing.brand, thing.model, thing.attributes),
        "agency": agency,
        "holder": holder,
        "asked": asked,
        "asker": accounts.user_by_id(work, row.by_id) if row.by_id is not None else None,
        "side_words": SIDE_WORDS,
        "state_words": STATE_WORDS,
        "sees_reasons": asked or work.actor.has("operator"),
        "said": status_of(row.state, facts),
        "steps": [
            {"what": STEPS.get(entry.to_state or "", entry.to_state), "at": entry.at, "state": "done"}
            for entry in queries.history(work, row)
        ],
        "photos": [each for each in photos if each.state == "ready"],
        "can_pay": asked and row.state == AWAITING_DEPOSIT and row.pay_due_at is not None and work.now < row.pay_due_at,
        "can_withdraw": _can_withdraw(row, asked=asked, shows=shows, bound=begun or holder == "carrier" or undecided),
        "is_open": row.state in OPEN,
    }


def _can_withdraw(row: Reinspection, *, asked: bool, shows: bool, bound: bool) -> bool:
    """``bound``: the inspection or its booked time has begun, or a parcel is under way."""
    may = asked or (row.by_id is None and shows)
    return may and (row.state in (AWAITING_DEPOSIT, SEEKING) or (row.state == WITH_AGENCY and not bound))
