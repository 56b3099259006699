"""For agencies: compare each item with the text of the standard, and look up what a colleague read."""

from __future__ import annotations

from flask import Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import queries as accounts
from app.kernel.errors import Conflict, InvalidInput, NotAllowed
from app.schemes import queries, service, wording
from app.schemes.forms import CheckForm, ReadingForm
from app.schemes.models import AGREED, CORRECTED, SchemeReading
from app.schemes.policy import agency_of
from app.schemes.routes.blueprint import bp
from app.schemes.service.confirming import item_to_confirm
from app.web import allow, begin, current_actor, look, render
from app.web.forms import Form
from grading.schemes.confirming import points, points_text


@bp.get("/agency/schemes/<scheme_id>")
@allow("appraiser", "manager")
def readings(scheme_id: str) -> Response:
    """Every item that has to be confirmed, and what waits for a second person of the agency."""
    with look() as work:
        scheme = queries.newest_scheme(work, scheme_id)
        standing = queries.progress(work, scheme)
        waiting = [one for one in queries.readings_to_check(work, agency_of(work)) if one.scheme_id == scheme.id]
        people = accounts.users_by_id(work, {one.reader_id for one in waiting})
    return render("schemes/readings.html", scheme=scheme, progress=standing, waiting=waiting, people=people, words=wording)


@bp.route("/agency/schemes/<scheme_id>/<item>", methods=["GET", "POST"])
@allow("appraiser", "manager")
def read_item(scheme_id: str, item: str) -> AnyResponse:
    """One item beside the standard: page, day, and whether it says the same."""
    form, status = ReadingForm(), 200
    if form.is_submitted():
        status = 422
        if form.validate() and form.read_on.data:
            corrects = form.verdict.data == CORRECTED
            try:
                with begin() as work:
                    service.read_item(
                        work,
                        scheme_id,
                        item,
                        page=form.page.data or "",
                        read_on=form.read_on.data,
                        found=(form.found.data or None) if corrects else None,
                        words=(form.words.data or "") if corrects else "",
                    )
                flash(_("Kept. It counts as soon as somebody else of your agency has looked it up too."), "success")
                return redirect(url_for("schemes.readings", scheme_id=scheme_id), code=303)
            except (InvalidInput, NotAllowed, Conflict) as refusal:
                form.take(refusal)
                status = refusal.status
    with look() as work:
        scheme = queries.newest_scheme(work, scheme_id)
        asked = item_to_confirm(scheme, item)
        standing = queries.progress(work, scheme).of(item)
    costs = points(asked)
    if not form.is_submitted():
        form.found.data = points_text(costs)
    return render(
        "schemes/read_item.html",
        scheme=scheme,
        item=asked,
        standing=standing,
        costs=costs,
        form=form,
        words=wording,
        status=status,
    )


@bp.route("/agency/readings/<code>", methods=["GET", "POST"])
@allow("appraiser", "manager")
def check_reading(code: str) -> AnyResponse:
    """What a colleague read, to be looked up at the same place by somebody else."""
    form, status = CheckForm(), 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                with begin() as work:
                    reading = queries.reading_of_agency(work, code)
                    service.check_reading(work, code, agrees=form.verdict.data == AGREED, note=form.note.data or "")
                flash(_("Your answer is kept."), "success")
                return redirect(url_for("schemes.readings", scheme_id=reading.scheme_id), code=303)
            except (InvalidInput, NotAllowed, Conflict) as refusal:
                form.take(refusal)
                status = refusal.status
    return _check_page(code, form, status)


def _check_page(code: str, form: Form, status: int) -> Response:
    with look() as work:
        reading: SchemeReading = queries.reading_of_agency(work, code)
        scheme = queries.newest_scheme(work, reading.scheme_id)
        reader = accounts.user_by_id(work, reading.reader_id)
    item = scheme.items_by_code.get(reading.item_code)
    order = points(item) if item is not None else reading.asked
    told = {which: points_text({answer: said[answer] for answer in order if answer in said}) for which, said in
            (("asked", reading.asked), ("found", reading.found))}  # fmt: skip
    return render(
        "schemes/check_reading.html",
        reading=reading,
        scheme=scheme,
        reader=reader,
        told=told,
        mine=reading.reader_id == current_actor().user_id,
        form=form,
        status=status,
    )
