"""Headers of every answer, errors too; refusal of cross-site writes; the nonce."""

from __future__ import annotations

import secrets
from typing import cast

from flask import Flask, Response, current_app, g, request
from flask_wtf import CSRFProtect
from werkzeug.exceptions import BadRequest

from app.kernel.errors import NotAllowed
from app.web.bearer import is_program

READS = ("GET", "HEAD", "OPTIONS")

csrf = CSRFProtect()


def nonce() -> str:
    """The script nonce of this answer."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(18)
    return cast(str, g.nonce)


def policy_header(forms_to: tuple[str, ...] = ()) -> str:
    """Content-Security-Policy: only our own files, scripts only with this answer's nonce.

    ``forms_to``: other origins to which a form of this page leads on (a payment provider's checkout).
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce()}'",
            "style-src 'self'",
            "img-src 'self' blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            " ".join(("form-action 'self'", *forms_to)),
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'none'",
        )
    )


def set_up(app: Flask) -> None:
    app.before_request(_refuse_cross_site)
    app.before_request(_refuse_nameless_parts)
    csrf.init_app(app)
    app.after_request(_headers)


def _refuse_cross_site() -> None:
    """A write that a browser itself says comes from elsewhere is refused before any token is looked at.

    Elsewhere is also another name below our own domain (same-site): no page of ours is there.
    """
    if request.method in READS:
        return
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        raise NotAllowed()


def _refuse_nameless_parts() -> None:
    """A part of a form whose name has no value is read as None, and whoever looks through the names breaks on it."""
    if request.method in READS or is_program():
        return  # of what is asked with a body no word is looked at, and operations read no forms: they name what they read
    if request.mimetype == "multipart/form-data" and (None in request.form or None in request.files):
        raise BadRequest()


def _headers(answer: Response) -> Response:
    head = answer.headers
    head.setdefault("Content-Security-Policy", policy_header())
    head["X-Content-Type-Options"] = "nosniff"
    head["Referrer-Policy"] = "same-origin"
    head["Cross-Origin-Opener-Policy"] = "same-origin"
    head["Cross-Origin-Resource-Policy"] = "same-origin"
    head["X-Frame-Options"] = "DENY"
    head["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"
    head["X-Request-Id"] = g.get("request_id", "")
    if current_app.extensions["xunyi"].settings.is_secure:
        head["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if answer.mimetype == "text/html":
        # A page holds a nonce and often personal things: no cache may keep it.
        head["Cache-Control"] = "no-store"
    return answer
