"""One handler turns the five kinds of refusal, HTTP errors and the unforeseen into a page, a fragment or problem+json."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, SecurityError

from app.kernel.errors import Conflict, DomainError, InvalidInput, NotFound, Unavailable
from app.kernel.faults import describe
from app.kernel.text import N_
from app.kernel.work import is_unreachable
from app.web.bearer import PATH, is_program

log = structlog.get_logger("web")

HTTP_MESSAGES = {
    400: N_("The browser sent something that we could not read. Please go back and try again."),
    403: N_("Your account may not do this."),
    404: N_("We could not find this page. It may have been moved, or the address is not complete."),
    405: N_("This address cannot be used in this way."),
    413: N_("What you sent is too large. Photos may have up to 25 MB each."),
    429: N_("That was too often in a short time. Please wait a little and try again."),
    431: N_("The browser sent too much at once. Please go back and try again."),
}
FOREIGN_HOST = N_("This marketplace does not answer under this name. Please use the address of its document.")
FAULT = N_("Something went wrong on our side. What you had saved is still there. Please try again in a minute.")
STALE_FORM = N_("This page was open for a long time, so we could not be sure that it was you. Please send it once more.")


def set_up(app: Flask) -> None:
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(IntegrityError, _integrity)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(PoolTimeout, lambda _: _domain(Unavailable()))
    app.register_error_handler(Exception, _unforeseen)


def answer_for(
    status: int, code: str, message: str, *, errors: dict[str, str] | None = None, extra: dict[str, Any] | None = None
) -> Response:
    """The refusal in the form the caller reads: problem+json, htmx fragment, or whole page."""
    if is_program():
        return _problem(status, code, message, errors or {}, extra or {})
    if _wants_json():
        body: dict[str, Any] = {"type": "about:blank", "title": message, "status": status, "code": code}
        body["request_id"] = g.get("request_id", "")
        body.update(extra or {})
        if errors:
            body["errors"] = errors
        problem = jsonify(body)
        problem.mimetype = "application/problem+json"
        problem.status_code = status
        return problem
    template = "errors/_refusal.html" if request.headers.get("HX-Request") else "errors/page.html"
    page = render_template(
        template, status=status, code=code, message=message, errors=errors or {}, request_id=g.get("request_id", "")
    )
    return make_response(page, status)


def _problem(status: int, code: str, message: str, errors: dict[str, str], extra: dict[str, Any]) -> Response:
    """RFC 9457, for programs: what kind of problem (type, title, code), and what it was this time (detail, errors)."""
    base = current_app.extensions["xunyi"].settings.base_url.rstrip("/")
    body: dict[str, Any] = {
        "type": f"{base}/developers#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": message,
        "request_id": g.get("request_id", ""),
        **extra,
    }
    if errors:
        body["errors"] = errors
    answer = jsonify(body)
    answer.mimetype = "application/problem+json"
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if code == "token_invalid" else "Bearer"
    return answer


def _wants_json() -> bool:
    if request.path.startswith((PATH, "/payments/webhooks/")):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return best in ("application/json", "application/problem+json") and not request.accept_mimetypes.accept_html


def _domain(refusal: DomainError) -> Response:
    message = gettext(type(refusal).message) % refusal.values
    errors: dict[str, str] = {}
    if isinstance(refusal, InvalidInput):
        errors = {name: gettext(text) % refusal.values for name, text in refusal.errors.items()}
    told = {name: refusal.values[name] for name in refusal.shown if name in refusal.values}
    answer = answer_for(refusal.status, refusal.code, message, errors=errors, extra=told if is_program() else None)
    if isinstance(refusal, Unavailable):
        answer.headers["Retry-After"] = str(refusal.retry_after_seconds)
    return answer


def _stale(_error: CSRFError) -> Response:
    """A form with an old token. From a page of our own it comes back with what was typed, ready to be sent again."""
    is_ours = request.headers.get("Sec-Fetch-Site") == "same-origin" and request.mimetype == "application/x-www-form-urlencoded"
    if not is_ours or _wants_json() or request.headers.get("HX-Request"):
        return answer_for(400, "stale_form", gettext(STALE_FORM))
    typed = [(name, text) for name, text in request.form.items(multi=True) if name != "csrf_token" and "password" not in name]
    page = render_template("errors/stale.html", message=gettext(STALE_FORM), typed=typed, again=request.full_path.rstrip("?"))
    return Response(page, 400, mimetype="text/html")


def _http(error: HTTPException) -> Response:
    if isinstance(error, SecurityError):
        if is_program():  # its addresses are those of the settings
            return answer_for(400, "foreign_host", gettext(FOREIGN_HOST))
        # An untrusted Host: no page, because every link of a page would be built from it.
        return Response(gettext(HTTP_MESSAGES[400]) + "\n", 400, mimetype="text/plain")
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    if status in (301, 302, 303, 307, 308):
        return error.get_response()  # type: ignore[return-value]
    code = NotFound.code if status == 404 else f"http_{status}"  # an address that leads nowhere names something that is not there
    answer = answer_for(status, code, gettext(HTTP_MESSAGES.get(status, HTTP_MESSAGES[400])))
    if status == 405 and getattr(error, "valid_methods", None):
        answer.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
    return answer


def _integrity(error: IntegrityError) -> Response:
    """A constraint said no: somebody was first. The verb should have said so in better words, so it is logged."""
    log.warning("constraint", error=describe(error))
    return _domain(Conflict())


def _database(error: DBAPIError) -> Response:
    if is_unreachable(error):
        log.warning("database_unreachable", error=describe(error))
        return _domain(Unavailable())
    return _unforeseen(error)


def _unforeseen(error: Exception) -> Response:
    log.error("fault", error=describe(error), exc_info=error)
    return answer_for(500, "fault", gettext(FAULT))
