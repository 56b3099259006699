"""/healthz, /readyz and /metrics: for supervisors, load balancers and monitoring; nothing here is a page for people."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import asdict
from ipaddress import ip_address

import structlog
from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.kernel.errors import NotAllowed
from app.kernel.faults import describe
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.operations import queries
from app.operations.queries import MEANINGS, Check, Figures
from app.web import allow, current_actor, hub

bp = Blueprint("operations", __name__)
log = structlog.get_logger("operations")

RETRY_SECONDS = 5
FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded")


@bp.get("/healthz")
@allow("anyone")
def healthz() -> Response:
    """The process is alive; it looks at nothing else, so that a slow database does not get the web server killed."""
    return current_app.response_class("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@allow("anyone")
def readyz() -> Response:
    """Whether people can be served now. What exactly is wrong is for this machine and for operators."""
    found = _checks(hub())
    ready = all(check.ok for check in found)
    if _is_local() or _is_operator(found):
        answer = jsonify({"ready": ready, "checks": {check.name: {"ok": check.ok, "said": check.said} for check in found}})
    else:
        answer = current_app.response_class("ready\n" if ready else "not ready\n", mimetype="text/plain")
    if not ready:
        answer.status_code = 503
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/metrics")
@allow("provider")
def metrics() -> Response:
    """Figures as text for Prometheus: to this machine, or to who shows the token of the settings."""
    if not (_is_local() or _shows_token(hub().settings.metrics_token)):
        raise NotAllowed()
    answer = current_app.response_class(hub().metrics.page(_Present(hub())), content_type=CONTENT_TYPE_LATEST)
    answer.headers["Cache-Control"] = "no-store"
    return answer


class _Present(Collector):
    """The figures that are read when somebody asks. Without a database: only that it does not answer."""

    def __init__(self, home: Hub) -> None:
        self._home = home

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = self._figures()
        yield GaugeMetricFamily("xunyi_database_up", "1 when the database answers.", value=int(found is not None))
        for name, value in asdict(found).items() if found is not None else ():
            yield GaugeMetricFamily(f"xunyi_{name}", MEANINGS[name], value=value)

    def _figures(self) -> Figures | None:
        try:
            with self._home.look(SYSTEM) as work:
                return queries.figures(work, self._home)
        except (DBAPIError, PoolTimeout) as trouble:
            log.warning("figures_missing", error=describe(trouble))
            return None


def _checks(home: Hub) -> list[Check]:
    try:
        with home.look(SYSTEM) as work:
            return [Check("database", True, "answers"), *queries.checks(work, home)]
    except (DBAPIError, PoolTimeout) as trouble:
        return [Check("database", False, describe(trouble))]


def _is_local() -> bool:
    """From this machine itself. What a proxy on this machine passes on for somebody else is not."""
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _is_operator(found: list[Check]) -> bool:
    return found[0].ok and current_actor().has("operator")


def _shows_token(token: str) -> bool:
    given = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
