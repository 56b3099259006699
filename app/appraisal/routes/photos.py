"""Photos of an inspection: sent, marked, looked at and removed; served to the agency and the owner only."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, jsonify, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.appraisal import queries, service
from app.appraisal.errors import PhotoElsewhere
from app.appraisal.forms import InspectionForm, read_boxes
from app.appraisal.guidance import shots_of
from app.appraisal.routes.blueprint import bp
from app.appraisal.routes.showing import order_page
from app.kernel.errors import DomainError, InvalidInput
from app.media.models import Photo
from app.media.queries import original_file, photo_file
from app.schemes.queries import get_scheme
from app.web import allow, begin, hub, look, render

MB = 1024 * 1024
ORIGINAL = "original"


@bp.url_value_preprocessor
def _allow_large_bodies(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raise the limit of the body for photos only. Here, because the form token is read before any view runs."""
    if endpoint == "appraisal.add_photo":
        request.max_content_length = hub().settings.max_upload_mb * MB


@bp.get("/appraisals/<code>/photos")
@allow("appraiser")
def photos(code: str) -> AnyResponse:
    """The photos of one item or shot, with forms to send and to mark: works without script. Without either: all photos."""
    return _photo_page(code)


@bp.post("/appraisals/<code>/photos")
@allow("appraiser")
def add_photo(code: str) -> AnyResponse:
    """Take in one photo of an item or a shot, with the boxes that were drawn on it."""
    file = request.files.get("photo")
    data = file.read() if file is not None and file.filename else b""
    try:
        with begin() as work:
            row = service.add_photo(
                work,
                hub().store,
                hub().sealer,
                code,
                data,
                item_key=request.form.get("item", ""),
                shot=request.form.get("shot", ""),
                device_key=request.form.get("device_key", "")[:64] or None,
                boxes=read_boxes(request.form),
            )
            answer = {"photo": work.session.get_one(Photo, row.photo_id).code, "no": row.no}
    except InvalidInput as refusal:
        if request.headers.get("X-Upload"):
            raise
        flash(_sentence(refusal), "attention")
        return _photo_page(code, status=422)
    if request.headers.get("X-Upload"):
        return jsonify(answer)
    flash(_("The photo is kept."), "success")
    return _to_photos(code)


@bp.post("/appraisals/<code>/photos/<photo_code>/marks")
@allow("appraiser")
def mark_photo(code: str, photo_code: str) -> AnyResponse:
    """Put boxes on a photo in place of those that it has."""
    try:
        with begin() as work:
            service.mark_photo(work, code, photo_code, read_boxes(request.form))
    except InvalidInput as refusal:
        if request.headers.get("X-Upload"):
            raise
        flash(_sentence(refusal), "attention")
        return _photo_page(code, status=422)
    if request.headers.get("X-Upload"):
        return jsonify(photo=photo_code)
    flash(_("The marks are kept."), "success")
    return _to_photos(code)


@bp.post("/appraisals/<code>/photos/<photo_code>/remove")
@allow("appraiser")
def remove_photo(code: str, photo_code: str) -> AnyResponse:
    """Take a photo out of an open inspection."""
    with begin() as work:
        service.remove_photo(work, code, photo_code)
    if request.headers.get("X-Upload"):
        return jsonify(photo=photo_code)
    flash(_("The photo is removed."), "success")
    return _to_photos(code)


@bp.get("/appraisals/<code>/photos/<photo_code>/<size>.webp")
@allow("member")
def photo(code: str, photo_code: str, size: str) -> AnyResponse:
    """A photo of the inspection, for the agency and the owner."""
    with look() as work:
        _row, found = queries.inspection_photo(work, queries.visible_appraisal(work, code), photo_code)
        file = photo_file(hub().store, found, size)
    answer = make_response(file.path.read_bytes())  # at most about a megabyte, by the sizes we keep
    answer.mimetype = file.content_type
    answer.set_etag(file.etag)
    answer.cache_control.private = True
    answer.cache_control.max_age = 3600
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer.make_conditional(request)


@bp.get("/appraisals/<code>/photos/<photo_code>/original")
@allow("appraiser")
def original(code: str, photo_code: str) -> Response:
    """The bytes as the camera sent them, for the agency: a dispute may ask for what the cleaned picture left out."""
    with look() as work:
        order = queries.visible_appraisal(work, code)
        if order.agency_id not in queries.agencies_of(work.actor):
            raise PhotoElsewhere()
        _row, found = queries.inspection_photo(work, order, photo_code)
        content, kind = original_file(hub().store, hub().sealer, found)
    answer = make_response(content)
    answer.mimetype = kind
    answer.headers["Content-Disposition"] = f'attachment; filename="{photo_code}.{kind.rpartition("/")[2]}"'
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _photo_page(code: str, status: int = 200) -> AnyResponse:
    item_key, shot = _about()
    with look() as work:
        page = order_page(work, code)
        if not page["can_inspect"]:
            return redirect(url_for("appraisal.show", code=code), code=303)
        order = page["order"]
        scheme = get_scheme(work, order.scheme_id)
        item = scheme.items_by_key.get(item_key)
        section, _dot, name = shot.partition(".")
        asked = next((each for each in shots_of(scheme).get(section, ()) if each.code == name), None)
        if (item_key or shot) and item is None and asked is None:
            raise PhotoElsewhere()
        marks = queries.marks_of_inspection(work, order)
        mine = [
            (row, each, marks.get(row.id, []))
            for row, each in queries.photos_of_inspection(work, order)
            if (row.item_key == item_key if item else not asked or row.shot == shot)
        ]
    about = {
        "findings_of": order.findings.get(item_key, ""),
        "item": item,
        "asked": asked,
        "item_key": item_key,
        "shot": shot,
        "photos": mine,
    }
    back = item.section if item else section
    return render("appraisal/photos.html", status=status, form=InspectionForm(), back=back, scheme=scheme, **page, **about)


def _about() -> tuple[str, str]:
    return request.values.get("item", ""), request.values.get("shot", "")


def _to_photos(code: str) -> AnyResponse:
    item_key, shot = _about()
    return redirect(url_for("appraisal.photos", code=code, item=item_key or None, shot=shot or None), code=303)


def _sentence(refusal: DomainError) -> str:
    errors = refusal.errors if isinstance(refusal, InvalidInput) else {}
    return _(next(iter(errors.values()), type(refusal).message)) % refusal.values
