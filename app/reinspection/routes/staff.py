"""For staff: every re-inspection, those that wait for them first."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.errors import Conflict, InvalidInput, NotAllowed
from app.kernel.work import Work
from app.reinspection import queries, service
from app.reinspection.forms import CloseForm
from app.reinspection.routes.blueprint import bp
from app.reinspection.routes.contests import page_of
from app.reinspection.wording import KIND_WORDS, STAFF_WORDS, STATE_WORDS
from app.web import allow, begin, look, render
from app.web.forms import Form


@bp.get("/operator/reinspections")
@allow("operator")
def listed() -> Response:
    """All of them: what waits for staff, what is under way, what has ended and how."""
    with look() as work:
        rows = queries.for_staff(work)
        reports = queries.reports_by_id(work, rows)
        return render(
            "reinspection/listed.html",
            rows=rows,
            reports=reports,
            state_words=STATE_WORDS,
            kind_words=KIND_WORDS,
            staff_words=STAFF_WORDS,
        )


@bp.get("/operator/reinspections/<code>")
@allow("operator")
def one(code: str) -> Response:
    """One of them, with the reasons, the deposit and how the two results compare."""
    return _one(code)


@bp.post("/operator/reinspections/<code>/search")
@allow("operator")
def search_again(code: str) -> AnyResponse:
    def step(work: Work) -> None:
        service.search_again(work, code)

    return _take(code, Form(), step, _("The next agency is being drawn."))


@bp.post("/operator/reinspections/<code>/close")
@allow("operator")
def close(code: str) -> AnyResponse:
    form = CloseForm()

    def step(work: Work) -> None:
        service.close(work, code, form.reason.data or "")

    return _take(code, form, step, _("It has ended, and a deposit is on its way back."))


def _take(code: str, form: Form, step: Any, said: str) -> AnyResponse:
    if not form.validate_on_submit():
        return _one(code, form, 422)
    try:
        with begin() as work:
            step(work)
    except (InvalidInput, Conflict, NotAllowed) as refusal:
        form.take(refusal)
        return _one(code, form, refusal.status)
    flash(said, "success")
    return redirect(url_for("reinspection.one", code=code), code=303)


def _one(code: str, form: Form | None = None, status: int = 200) -> Response:
    with look() as work:
        row = queries.reinspection_for_staff(work, code)
        typed = form if isinstance(form, CloseForm) else CloseForm(formdata=None)
        return render(
            "reinspection/one.html",
            status=status,
            form=typed,
            refused=form,
            staff_words=STAFF_WORDS,
            kind_words=KIND_WORDS,
            **page_of(work, row),
        )
