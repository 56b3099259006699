"""The blueprint that the page modules of this room hang their views on."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.listings.errors import AlreadyPublished

bp = Blueprint("listings", __name__)


@bp.errorhandler(AlreadyPublished)
def lead_to_the_offer(refusal: AlreadyPublished) -> AnyResponse:
    """An old tab of the wizard, or a second tap: say so and show what became of the draft."""
    message = _(refusal.message)
    if request.headers.get("X-Autosave") or request.headers.get("X-Upload"):
        return make_response(jsonify(title=message, status=refusal.status), refusal.status)
    flash(message, "info")
    offer = url_for("listings.show", code=(request.view_args or {})["code"])
    if request.headers.get("HX-Request"):
        answer = make_response("", 200)
        answer.headers["HX-Redirect"] = offer
        return answer
    return redirect(offer, code=303)
