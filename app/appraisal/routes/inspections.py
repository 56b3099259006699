"""The inspection, item by item."""

from __future__ import annotations

from typing import Any

from flask import jsonify, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.appraisal import service
from app.appraisal.errors import FindingsMoved
from app.appraisal.forms import (
    PREFIX,
    FreezeForm,
    InspectionForm,
    SignForm,
    answers,
    instruments,
    read_rev,
)
from app.appraisal.models import Appraisal
from app.appraisal.parts import chosen_part, following_part, parts_of, skipped
from app.appraisal.routes.bench import bench
from app.appraisal.routes.blueprint import bp
from app.appraisal.routes.showing import order_page
from app.goods.models import Thing
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.schemes.queries import get_scheme
from app.web import allow, begin, look, render
from app.web.rendering import in_language


@bp.get("/appraisals/<code>/inspect")
@allow("appraiser")
def inspect(code: str) -> AnyResponse:
    """The inspection, item by item; htmx asks for the panel with the result so far."""
    with look() as work:
        page = inspection_page(work, code, InspectionForm())
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
            saved = service.save_findings(work, code, typed, read_rev(form.rev.data), instruments=instruments(request.form))
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


def inspection_page(work: Work, code: str, form: InspectionForm | SignForm | FreezeForm) -> dict[str, Any] | None:
    """What the inspection and the signing show; None when it is not this person's inspection, or no longer one."""
    page = order_page(work, code)
    order: Appraisal = page["order"]
    if not page["can_inspect"]:
        return None
    scheme = get_scheme(work, order.scheme_id)
    thing: Thing = page["thing"]
    result = service.graded(work, order, thing, shanghai_day(work.now))
    form.rev.data = str(order.findings_rev)
    open_keys = {key for missing in result.missing for key in missing.keys}
    parts = parts_of(scheme, result, thing, open_keys)
    wanted = request.form.get("section") or request.args.get("section") or ""
    here = chosen_part(parts, wanted, whole=thing.category == "phone")
    shown = [part for part in parts if here is None or part.code == here.code]
    beside = bench(work, order, scheme, thing, result, shown)
    return (
        page
        | beside
        | {
            "stopped": service.is_stopped(scheme, result),
            "scheme": scheme,
            "form": form,
            "findings": service.shown_answers(scheme, order, thing),
            "result": result,
            "parts": parts,
            "here": here,
            "shown_parts": shown,
            "following": following_part(parts, here),
            "open_parts": [part for part in parts if part.open_keys],
            "total": sum(item.required and item.key not in skipped(result) for item in scheme.items)
            + sum(fact.required for fact in scheme.facts)
            + len(scheme.groups),
            "refused": {},
            "beside": {},
            "moved": False,
        }
    )


def _open_again(
    code: str, form: InspectionForm, typed: dict[str, str], *, refused: Any = None, moved: bool = False
) -> AnyResponse:
    """The inspection with what was typed and could not be kept.

    After a save of another device its answers are marked, and where this device says otherwise, that stands beside them.
    """
    with look() as work:
        page = inspection_page(work, code, form)
    if page is None:
        return redirect(url_for("appraisal.show", code=code), code=303)
    stored: dict[str, str] = page["findings"]
    mine = service.typed_answers(page["scheme"], typed)
    beside = {key: value for key, value in mine.items() if moved and value and stored.get(key, value) != value}
    shown = {**stored, **{key: value for key, value in mine.items() if value and key not in beside}}
    page |= {"findings": shown, "beside": beside, "refused": refused or {}, "moved": moved}
    return render("appraisal/inspect.html", status=409 if moved else 422, **page)
