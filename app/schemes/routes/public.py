"""Schemes for everybody: which revision holds, what each item costs and on what it rests, what changed, the files themselves."""

from __future__ import annotations

from flask import Response, request

from app.kernel.time import shanghai_day
from app.schemes import queries, wording
from app.schemes.routes.blueprint import bp
from app.web import allow, look, render
from grading.schemes.changes import changes

YEAR = 365 * 24 * 3600  # seconds


@bp.get("/schemes")
@allow("anyone")
def index() -> Response:
    """Every scheme with the revision in force, the one that is coming, and how far it is confirmed."""
    with look() as work:
        today = shanghai_day(work.now)
        entries = []
        for scheme_id in queries.scheme_ids():
            every = queries.revisions(work, scheme_id)
            holding = next((one for one in every if one.holds_on(today)), every[-1])
            coming = [one for one in every if one.scheme.effective_from > today]
            entries.append((holding, coming, queries.progress(work, holding.scheme)))
    return render("schemes/index.html", entries=entries)


@bp.get("/schemes/<scheme_id>")
@allow("anyone")
def show(scheme_id: str) -> Response:
    """One scheme: its revisions, and the items of the one in force."""
    with look() as work:
        today = shanghai_day(work.now)
        every = queries.revisions(work, scheme_id)
        holding = next((one for one in every if one.holds_on(today)), every[-1])
        standing = queries.progress(work, holding.scheme)
    return _page(holding, every, standing, today_is=holding)


@bp.get("/schemes/<scheme_id>/<revision>")
@allow("anyone")
def revision(scheme_id: str, revision: str) -> Response:
    """One revision, in force or not."""
    with look() as work:
        today = shanghai_day(work.now)
        every = queries.revisions(work, scheme_id)
        shown = queries.revision_of(work, scheme_id, revision)
        standing = queries.progress(work, shown.scheme)
    holding = next((one for one in every if one.holds_on(today)), None)
    return _page(shown, every, standing, today_is=holding)


@bp.get("/schemes/<scheme_id>/<revision>.yaml")
@allow("anyone")
def file(scheme_id: str, revision: str) -> Response:
    """The file of a revision, byte for byte: its SHA-256 is the one that reports name. It never changes."""
    with look() as work:
        scheme = queries.revision_of(work, scheme_id, revision).scheme
        data = queries.bytes_of(work, scheme)
    answer = Response(data, mimetype="application/yaml")
    answer.headers["Content-Disposition"] = f'attachment; filename="{scheme.file_name}"'
    answer.headers["Digest"] = f"sha-256={scheme.sha256}"
    answer.set_etag(scheme.sha256)
    return answer.make_conditional(request)


@bp.get("/schemes/<scheme_id>/<older>/<newer>")
@allow("anyone")
def compare(scheme_id: str, older: str, newer: str) -> Response:
    """Two revisions side by side: what was added, taken out and changed, item by item."""
    with look() as work:
        old, new = (queries.revision_of(work, scheme_id, each) for each in (older, newer))
    return render("schemes/compare.html", old=old, new=new, subjects=changes(old.scheme, new.scheme), words=wording)


def _page(
    shown: queries.Revision, every: tuple[queries.Revision, ...], standing: queries.Progress, today_is: queries.Revision | None
) -> Response:
    by_code = {one.item.code: one for one in standing.items}
    return render(
        "schemes/show.html",
        shown=shown,
        scheme=shown.scheme,
        every=every,
        holding=today_is,
        progress=standing,
        by_code=by_code,
        words=wording,
    )
