"""Mounts the operations below /api/v1, and serves their document as JSON and as a page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from app.api import page, texts
from app.api.document import document_bytes
from app.api.faces import PREFIX, operations
from app.kernel.canonical import sha256_hex
from app.web import allow, hub, render
from app.web.api.operation import Operation, rate_headers
from app.web.security import csrf

bp = Blueprint("api", __name__, url_prefix=PREFIX)
csrf.exempt(bp)  # nothing here reads a cookie: there is nothing that another site could abuse


def _mount(operation: Operation) -> None:
    def view(**parts: str) -> Response:
        return operation.view(**parts)

    view.__policy__ = operation.roles  # type: ignore[attr-defined]
    view.__gate__ = operation.gate  # type: ignore[attr-defined]
    bp.add_url_rule(operation.rule, operation.id, view, methods=[operation.method])


for _operation in operations().values():
    _mount(_operation)


pages_bp = Blueprint("developers", __name__)


def set_up(app: Flask) -> None:
    """What the operations need of the whole application, and the page that describes them."""
    app.register_blueprint(pages_bp)
    app.after_request(rate_headers)


@pages_bp.get("/developers")
@allow("anyone")
def index() -> Response:
    """The document for people who write programs: what all operations have in common, their list, and every code."""
    return render(
        "api/index.html", tags=page.by_tag(), codes=page.codes(), scopes=page.scopes(), tag_names=texts.TAGS, prefix=PREFIX
    )


@pages_bp.get("/developers/<tag>")
@allow("anyone")
def operations_of(tag: str) -> Response:
    """The operations of one kind: what each wants, answers and refuses."""
    if tag not in page.by_tag():
        raise NotFound
    return render("api/tag.html", tag=tag, operations=page.shown(hub().settings.base_url, tag), tag_names=texts.TAGS)


@bp.get("/openapi.json")
@allow("anyone")
def openapi() -> AnyResponse:
    """The document: everything that a program needs to know."""
    body = _document(hub().settings.base_url)
    answer = Response(body, mimetype="application/json")
    answer.set_etag(sha256_hex(body)[:32])
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer.make_conditional(request)


@lru_cache(maxsize=4)
def _document(base_url: str) -> bytes:
    return document_bytes(base_url)


__all__: list[Any] = ["bp", "set_up"]
