"""Photos of a draft: one by one, in the seller's order; served to nobody else before they are public."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, jsonify, redirect, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.errors import DomainError, InvalidInput
from app.listings import queries, service
from app.listings.routes.blueprint import bp
from app.listings.routes.selling import photo_context
from app.media.queries import photo_file
from app.web import allow, begin, hub, look, render

MB = 1024 * 1024
MOST_FILES = 12  # of one form without script


@bp.url_value_preprocessor
def _allow_large_bodies(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raise the limit of the body for uploads only. Here, because the form token is read before any view runs."""
    if endpoint == "listings.upload":
        request.max_content_length = hub().settings.max_upload_mb * MB


@bp.post("/sell/<code>/photos/add")
@allow("member")
def upload(code: str) -> AnyResponse:
    """Take in the files that were sent, each by itself: what cannot be used does not touch the others."""
    with look() as work:
        queries.own_draft(work, code)
    troubles = []
    for file in [each for each in request.files.getlist("photo") if each.filename][:MOST_FILES]:
        try:
            with begin() as work:
                service.add_photo(work, hub().store, code, file.read(), request.args.get("shot", "other"))
        except InvalidInput as refusal:
            troubles.append((file.filename or "", _sentence(refusal)))
    if request.headers.get("X-Upload"):
        if troubles:
            return jsonify(title=troubles[0][1], status=422), 422  # type: ignore[return-value]
        with look() as work:
            return render("listings/_photos.html", **photo_context(work, queries.own_draft(work, code)))
    if not request.files.getlist("photo") or not any(each.filename for each in request.files.getlist("photo")):
        flash(_("Please choose a photo first."), "attention")
    for name, sentence in troubles:
        flash(_("“%(name)s”: %(reason)s", name=name, reason=sentence), "attention")
    return redirect(url_for("listings.step", code=code, step="photos"), code=303)


@bp.get("/sell/<code>/photos/list")
@allow("member")
def photo_list(code: str) -> AnyResponse:
    """The list of photos with their states, for a page that waits for them to be prepared."""
    with look() as work:
        listing = queries.own_draft(work, code)
        if not request.headers.get("HX-Request"):
            return redirect(url_for("listings.step", code=code, step="photos"), code=303)
        return render("listings/_photos.html", **photo_context(work, listing))


@bp.post("/sell/<code>/photos/<photo_code>/delete")
@allow("member")
def delete_photo(code: str, photo_code: str) -> AnyResponse:
    """Take one photo out of the draft."""
    with begin() as work:
        service.delete_photo(work, code, photo_code)
    return _list_or_page(code)


@bp.post("/sell/<code>/photos/<photo_code>/move")
@allow("member")
def move_photo(code: str, photo_code: str) -> AnyResponse:
    """Move one photo a place forward or back; the first one is shown on cards."""
    with begin() as work:
        service.move_photo(work, code, photo_code, -1 if request.form.get("by") == "-1" else 1)
    return _list_or_page(code)


@bp.get("/sell/<code>/photos/<photo_code>/<size>.webp")
@allow("member")
def photo(code: str, photo_code: str, size: str) -> Response:
    """A photo that is not public (yet), for the seller, and for staff once the listing was sent in."""
    with look() as work:
        listing = queries.readable_listing(work, code)
        file = photo_file(hub().store, queries.photo_of(work, listing.id, photo_code), size)
    answer = send_file(file.path, mimetype=file.content_type, etag=file.etag, conditional=True, max_age=3600)
    answer.cache_control.private = True
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _list_or_page(code: str) -> AnyResponse:
    if request.headers.get("HX-Request"):
        with look() as work:
            return render("listings/_photos.html", **photo_context(work, queries.own_draft(work, code)))
    return redirect(url_for("listings.step", code=code, step="photos"), code=303)


def _sentence(refusal: DomainError) -> str:
    errors = refusal.errors if isinstance(refusal, InvalidInput) else {}
    return _(next(iter(errors.values()), type(refusal).message)) % refusal.values
