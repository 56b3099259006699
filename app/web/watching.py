"""One line and one count for every request, and the request's id for pages, logs and jobs."""

from __future__ import annotations

import re
from typing import cast

import structlog
from flask import Flask, Response, current_app, g, request

from app.kernel import trace
from app.kernel.hub import Hub

log = structlog.get_logger("web")

NO_ROUTE = "(none)"  # what no address of ours leads to
UNTOLD = frozenset({"/healthz", "/readyz", "/metrics"})  # asked every few seconds by machines: counted, not told
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}", re.ASCII)


def set_up(app: Flask) -> None:
    """Call before every other set-up: the first to see a request is also the last to see its answer."""
    app.before_request(_begin)
    app.after_request(_note_status)
    app.teardown_request(_end)


def route() -> str:
    """The template of this request's address, such as /items/<code>: never the address, which may hold what was typed."""
    return str(request.url_rule.rule) if request.url_rule is not None else NO_ROUTE


def _begin() -> None:
    """An id from outside is taken only from our own proxy: anybody may write anything there."""
    given = request.headers.get("X-Request-Id", "") if _hub().settings.proxy_hops else ""
    g.request_id = given if _REQUEST_ID.fullmatch(given) else trace.new_id()
    g.trace = trace.Trace(g.request_id, route())
    trace.start(g.trace)


def _note_status(answer: Response) -> Response:
    g.status = answer.status_code
    return answer


def _end(_trouble: BaseException | None) -> None:
    """Also after a fault that nothing turned into a page: then the server says 500."""
    seen = g.pop("trace", None)
    if seen is None:
        return
    status, method = g.get("status", 500), request.method if request.method in METHODS else "OTHER"
    seconds, home = seen.seconds, _hub()
    home.metrics.request(method, seen.place, status, seconds, seen.queries)
    actor = g.get("actor")
    tell = log.debug if seen.place in UNTOLD else log.info
    tell(
        "request",
        method=method,
        route=seen.place,
        status=status,
        ms=round(seconds * 1000, 1),
        queries=seen.queries,
        query_ms=round(seen.query_seconds * 1000, 1),
        user=home.sealer.blind_index(actor.code, "log.user")[:12] if actor is not None and actor.user_id else None,
    )
    trace.stop()


def _hub() -> Hub:
    return cast(Hub, current_app.extensions["xunyi"])
