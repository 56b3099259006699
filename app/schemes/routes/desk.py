"""For operators: upload a corrected revision, look at what it changes, approve or refuse somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.errors import Conflict, InvalidInput, NotAllowed
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.schemes import queries, service, wording
from app.schemes.forms import ProposalForm, RefusalForm
from app.schemes.queries.shelf import scheme_of
from app.schemes.routes.blueprint import bp
from app.schemes.service import FileRefused
from app.web import allow, begin, current_actor, look, render
from grading.schemes.changes import changes

NOTICE_DAYS = 30  # the first day that a draft proposes: time for appraisers to read what changes


@bp.get("/operator/schemes")
@allow("operator")
def desk() -> Response:
    return _desk(ProposalForm(formdata=None))


@bp.post("/operator/schemes")
@allow("operator")
def propose() -> AnyResponse:
    """Upload a file; what is wrong with it is said line by line, and what was typed stays."""
    form = ProposalForm()
    if not form.validate_on_submit():
        return _desk(form, status=422)
    try:
        with begin() as work:
            code = service.propose(work, form.sent, form.effective_on.data, form.reason.data or "").code
    except FileRefused as refusal:
        form.take(refusal)
        return _desk(form, status=422, faults=refusal.faults)
    except InvalidInput as refusal:
        form.take(refusal)
        return _desk(form, status=422)
    flash(_("The file fits. It waits for the approval of another operator."), "success")
    return redirect(url_for("schemes.proposal", code=code), code=303)


@bp.get("/operator/schemes/<code>")
@allow("operator")
def proposal(code: str) -> Response:
    return _proposal(code, RefusalForm(formdata=None))


@bp.post("/operator/schemes/<code>/approve")
@allow("operator")
def approve(code: str) -> AnyResponse:
    return _step(
        code,
        lambda work: service.approve(work, code),
        _("Approved. It holds for every inspection that begins from its first day on."),
    )


@bp.post("/operator/schemes/<code>/withdraw")
@allow("operator")
def withdraw(code: str) -> AnyResponse:
    return _step(code, lambda work: service.withdraw(work, code), _("Taken back."))


@bp.post("/operator/schemes/<code>/refuse")
@allow("operator")
def refuse(code: str) -> AnyResponse:
    form = RefusalForm()
    if not form.validate_on_submit():
        return _proposal(code, form, 422)
    return _step(code, lambda work: service.refuse(work, code, form.reason.data or ""), _("Refused; the reason is kept."), form)


@bp.get("/operator/schemes/<code>.yaml")
@allow("operator")
def proposed_file(code: str) -> Response:
    """The uploaded file, byte for byte."""
    with look() as work:
        row = queries.proposal_by_code(work, code).row
    return _attached(row.file.encode(), f"{row.scheme_id}_{row.revision}.yaml")


@bp.get("/operator/schemes/<scheme_id>/draft.yaml")
@allow("operator")
def draft(scheme_id: str) -> Response:
    """The next revision with everything that was confirmed written in, to be corrected by hand."""
    with look() as work:
        name, data = service.draft_of_next(work, scheme_id, shanghai_day(work.now) + timedelta(days=NOTICE_DAYS))
    return _attached(data, name)


def _attached(data: bytes, name: str) -> Response:
    answer = Response(data, mimetype="application/yaml")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _step(code: str, act: Callable[[Work], object], said: str, form: RefusalForm | None = None) -> AnyResponse:
    try:
        with begin() as work:
            act(work)
    except (InvalidInput, Conflict, NotAllowed) as refusal:
        form = form or RefusalForm(formdata=None)
        form.take(refusal)
        return _proposal(code, form, refusal.status)
    flash(said, "success")
    return redirect(url_for("schemes.proposal", code=code), code=303)


def _desk(form: ProposalForm, status: int = 200, faults: tuple[Any, ...] = ()) -> Response:
    with look() as work:
        entries = [(queries.revisions(work, scheme_id)[-1], scheme_id) for scheme_id in queries.scheme_ids()]
        standing = {scheme_id: queries.progress(work, newest.scheme) for newest, scheme_id in entries}
        rows = queries.proposals(work)
    return render("schemes/desk.html", form=form, faults=faults, entries=entries, progress=standing, rows=rows, status=status)


def _proposal(code: str, form: RefusalForm, status: int = 200) -> Response:
    with look() as work:
        found = queries.proposal_by_code(work, code)
        before = queries.revision_of(work, found.row.scheme_id, f"r{found.row.no - 1}").scheme
        after = scheme_of(found.row)
        others = queries.deciders_left(work, found.row)
    return render(
        "schemes/proposal.html",
        found=found,
        before=before,
        after=after,
        subjects=changes(before, after),
        mine=found.row.proposed_by == current_actor().user_id,
        others=others,
        form=form,
        words=wording,
        status=status,
    )
