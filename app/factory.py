"""Builds one marketplace from settings: the hub (for jobs and commands) and the Flask application on it."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import wiring
from app.accounts import login
from app.accounts import routes as accounts
from app.aftersales import routes as aftersales
from app.api import routes as api
from app.appraisal import routes as appraisal
from app.credit import routes as credit
from app.kernel.hub import Hub
from app.kernel.jobs import open_queue
from app.kernel.metrics import Metrics
from app.kernel.seal import Sealer
from app.kernel.work import Database
from app.listings import routes as listings
from app.media import routes as media
from app.notices import routes as notices
from app.operations import routes as operations
from app.oversight import routes as oversight
from app.pages import routes as pages
from app.payments import routes as payments
from app.peerreviews import routes as peerreviews
from app.regulations import routes as regulations
from app.reinspection import routes as reinspection
from app.schemes import routes as schemes
from app.search import routes as search
from app.statistics import routes as statistics
from app.trades import routes as trades
from app.valuation import routes as valuation
from app.visits import routes as visits
from app.web import (
    access,
    addresses,
    languages,
    reading_limits,
    refusals,
    rendering,
    security,
    templating,
    watching,
)
from app.web.printing import Printer
from app.web.requests import ClosingRequest
from config import Settings
from grading import list_schemes, load_scheme

ROOT = Path(__file__).resolve().parent.parent

ROOMS = {
    "accounts": accounts,
    "notices": notices,
    "media": media,
    "credit": credit,
    "payments": payments,
    "regulations": regulations,
    "schemes": schemes,
    "valuation": valuation,
    "visits": visits,
    "appraisal": appraisal,
    "listings": listings,
    "search": search,
    "trades": trades,
    "peerreviews": peerreviews,
    "reinspection": reinspection,
    "aftersales": aftersales,
    "oversight": oversight,
    "statistics": statistics,
    "operations": operations,
    "pages": pages,
    "api": api,
}


def create_hub(settings: Settings, *, queue: bool = True) -> Hub:
    """The hub of one process. ``queue=False``: nothing is sent to the job queue (tests sweep by hand)."""
    settings.check()
    db = Database(
        settings.db_url,
        pool_size=settings.threads,
        movable_clock=not settings.is_production,
        slow_query_ms=settings.slow_query_ms,
    )
    metrics = Metrics(settings.folder("metrics") if queue else None)  # without a queue: no process that others could ask about
    hub = Hub(settings=settings, db=db, sealer=Sealer(settings.secret("seal")), metrics=metrics)
    if settings.redis_url:
        from app.kernel.reads import ReadCounter  # the client of Redis is loaded only where there is one

        hub.reads = ReadCounter(settings.redis_url)
    wiring.connect(hub)
    if settings.env != "test":  # tests print where that is what they try
        hub.printer = Printer(lambda: create_app(hub), settings.base_url)
    if queue:
        open_queue(hub, settings.folder("queue") / "huey.sqlite3")
    return hub


def create_app(hub: Hub) -> Flask:
    """The web application on a hub. Refuses to start when a route has no policy."""
    settings = hub.settings
    app = Flask("xunyi", root_path=str(ROOT / "app"), template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.request_class = ClosingRequest
    app.config.update(
        SECRET_KEY=settings.secret("secret"),
        TESTING=settings.env == "test",
        TRUSTED_HOSTS=settings.hosts,
        MAX_CONTENT_LENGTH=1_000_000,  # bytes; the photo routes raise it for themselves
        SESSION_COOKIE_NAME="__Host-form" if settings.is_secure else "form",  # holds the form token and messages only
        SESSION_COOKIE_SECURE=settings.is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=12 * 3600,  # seconds: a form left open over lunch still works
        WTF_CSRF_SSL_STRICT=False,  # Sec-Fetch-Site is checked instead; the Referer may be cut off by proxies
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"),
    )
    app.extensions["xunyi"] = hub
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    addresses.set_up(app)
    templating.set_up(app)
    watching.set_up(app)
    security.set_up(app)
    languages.set_up(app)
    rendering.set_up(app)
    refusals.set_up(app)
    reading_limits.set_up(app)
    app.before_request(access.enforce)
    for room in ROOMS.values():
        app.register_blueprint(room.bp)
    if not settings.is_production:
        for room in (accounts, notices, pages):
            app.register_blueprint(room.dev_bp)
    login.set_up(app)
    api.set_up(app)
    app.extensions["xunyi.shell_loader"] = pages.shell
    for scheme_id in list_schemes():
        load_scheme(scheme_id)  # now: a file that is broken or replaced later must not surprise a reader
    app.view_functions["static"].__policy__ = ("anyone",)  # type: ignore[attr-defined]
    access.check_policies(app)
    return app
