"""Public photos, and how far one's own upload is."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, jsonify, make_response, request
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.media.queries import own_photo, photo_file, public_photo
from app.media.store import PhotoStore
from app.web import allow, hub, look

bp = Blueprint("media", __name__)


@bp.get("/media/<code>/<size>.webp")
@allow("anyone")
def show(code: str, size: str) -> AnyResponse:
    """A public photo. Its content never changes under this address, so it may be kept for a year."""
    with look() as work:
        file = photo_file(cast(PhotoStore, hub().store), public_photo(work, code), size)
    answer = make_response(file.path.read_bytes())  # at most about a megabyte, by the sizes we keep
    answer.mimetype = file.content_type
    answer.set_etag(file.etag)
    answer.cache_control.public = True
    answer.cache_control.max_age = 31_536_000
    answer.cache_control.immutable = True
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer.make_conditional(request)


@bp.get("/media/<code>/progress")
@allow("member")
def progress(code: str) -> Response:
    """How far the reader's own upload is: received, ready, or failed with the reason."""
    with look() as work:
        photo = own_photo(work, code)
        answer = jsonify(
            code=photo.code,
            state=photo.state,
            width=photo.width,
            height=photo.height,
            error=photo.error,
            sentence=gettext(photo.sentence) if photo.sentence else "",
        )
    answer.headers["Cache-Control"] = "no-store"
    return answer
