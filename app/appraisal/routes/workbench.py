"""Single answers of the workbench: one by one as they are given, codes, a section at once, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Response, current_app, flash, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.appraisal import queries, service
from app.appraisal.errors import CodesRefused
from app.appraisal.forms import read_given
from app.appraisal.models import Appraisal
from app.appraisal.routes.bench import stops
from app.appraisal.routes.blueprint import bp
from app.goods.models import Thing
from app.kernel.errors import DomainError, InvalidInput
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.schemes.queries import get_scheme
from app.web import allow, begin
from app.web.rendering import in_language
from grading import GradeResult


@bp.post("/appraisals/<code>/answers")
@allow("appraiser")
def answers(code: str) -> AnyResponse:
    """Answers of a device, perhaps given offline: kept item by item; refused and differing ones come back with their reason."""
    with begin() as work:
        queries.own_inspection(work, code)  # a colleague's order is not found, whatever was sent
        given, device_key = read_given(request.get_json(silent=True))
        merged = service.save_answers(work, code, given, device_key)
        order = queries.own_inspection(work, code)
        body, stopping = _standing(work, order, [each.key for each in given])
    return jsonify(
        rev=str(merged.rev),
        now=dict(merged.now),
        refused={key: in_language(dict(words)) for key, words in merged.refused.items()},
        differs=list(merged.differs),
        standing=body,
        stops=stopping,
    )


@bp.post("/appraisals/<code>/codes")
@allow("appraiser")
def codes(code: str) -> AnyResponse:
    """A line of codes typed without script, such as ``21XS2 4SH``."""
    try:
        with begin() as work:
            service.save_codes(work, code, request.form.get("codes", ""))
        flash(_("Kept: %(codes)s", codes=" ".join(request.form.get("codes", "").upper().split())), "success")
    except CodesRefused as refusal:
        flash(in_language(dict(refusal.words)), "attention")
    return _back(code)


@bp.post("/appraisals/<code>/undo")
@allow("appraiser")
def undo(code: str) -> AnyResponse:
    """Take the last save back."""
    with begin() as work:
        merged = service.undo(work, code)
        body = standing(work, queries.own_inspection(work, code))
    if request.headers.get("X-Autosave"):
        return jsonify(rev=str(merged.rev), now=dict(merged.now), refused={}, differs=[], standing=body)
    flash(_("Taken back: %(count)s answers are as they were before.", count=len(merged.now)), "success")
    return _back(code)


@bp.post("/appraisals/<code>/nothing-found")
@allow("appraiser")
def nothing_found(code: str) -> AnyResponse:
    """Set the open items of a section to "nothing found", once its photos are there."""
    section = request.form.get("section", "")
    try:
        with begin() as work:
            keys = service.set_nothing_found(work, code, section)
            order = queries.own_inspection(work, code)
            now = {key: order.findings.get(key, "") for key in keys}
            rev, body = order.findings_rev, standing(work, order)
    except InvalidInput as refusal:
        if request.headers.get("X-Autosave"):
            raise
        flash(_sentence(refusal), "attention")
        return _back(code)
    if request.headers.get("X-Autosave"):
        return jsonify(rev=str(rev), now=now, refused={}, differs=[], standing=body)
    flash(_("%(count)s items of this section are set to “nothing found”. The report says so.", count=len(keys)), "success")
    return _back(code)


@bp.get("/appraisals/offline.js")
@allow("anyone")
def offline_script() -> Response:
    """The script that keeps the workbench within reach while there is no network; it rules below this address only."""
    script = Path(str(current_app.static_folder)) / "js/inspection/offline.js"
    answer = Response(script.read_bytes(), mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def standing(work: Work, order: Appraisal) -> dict[str, Any]:
    """How far the inspection is: open items, score and tier so far, what caps or stops it."""
    return _standing(work, order)[0]


def _standing(work: Work, order: Appraisal, keys: Sequence[str] = ()) -> tuple[dict[str, Any], dict[str, str]]:
    """The same, and for each of the keys what its answer stops in words for the owner ("": nothing); graded once."""
    thing = work.session.get_one(Thing, order.thing_id)
    scheme = get_scheme(work, order.scheme_id)
    result = service.graded(work, order, thing, shanghai_day(work.now))
    found = stops(scheme, result)
    said = {key: in_language(found[key]) if key in found else "" for key in keys}
    return standing_of(result) | {"stopped": service.is_stopped(scheme, result)}, said


def standing_of(result: GradeResult) -> dict[str, Any]:
    named = [(effect.code, effect.reason) for effect in result.effects if effect.code != "missing_required"]
    return {
        "open": len(result.missing),
        "score": None if result.score is None else str(result.score),
        "tier": result.tier,
        "verdict": in_language(dict(result.tier_name or result.status_name)),
        "stops": [{"code": code, "reason": in_language(dict(reason))} for code, reason in named],
    }


def _sentence(refusal: DomainError) -> str:
    values: Mapping[str, Any] = refusal.values
    return _(type(refusal).message) % values


def _back(code: str) -> AnyResponse:
    section = request.form.get("section") or None
    return redirect(url_for("appraisal.inspect", code=code, section=section), code=303)
