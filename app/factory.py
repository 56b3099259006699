"""Builds one marketplace from settings: the hub (for jobs and commands) and the Flask application on it."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import wiring
from app.kernel.hub import Hub
from app.kernel.jobs import open_queue
from app.kernel.seal import Sealer
from app.kernel.work import Database
from app.web import access, languages, refusals, rendering, security
from config import Settings

ROOT = Path(__file__).resolve().parent.parent

ROOMS = (
    "accounts", "notices", "media", "credit", "goods", "payments", "valuation", "appraisal", "listings", "search",
    "trades", "oversight", "pages",
)


def create_hub(settings: Settings, *, queue: bool = True) -> Hub:
    """The hub of one process. ``queue=False``: nothing is sent to the job queue (tests sweep by hand)."""
    settings.check()
    db = Database(settings.db_url, pool_size=settings.threads, movable_clock=not settings.is_production)
    hub = Hub(settings=settings, db=db, sealer=Sealer(settings.secret("seal")))
    wiring.connect(hub)
    if queue:
        open_queue(hub, settings.folder("queue") / "huey.sqlite3")
    return hub


def create_app(hub: Hub) -> Flask:
    """The web application on a hub. Refuses to start when a route has no policy."""
    settings = hub.settings
    app = Flask("xunyi", root_path=str(ROOT / "app"), template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
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
    security.set_up(app)
    languages.set_up(app)
    rendering.set_up(app)
    refusals.set_up(app)
    app.before_request(access.enforce)
    for room in ROOMS:
        if importlib.util.find_spec(f"app.{room}") and importlib.util.find_spec(f"app.{room}.routes"):
            module = importlib.import_module(f"app.{room}.routes")
            for name in ("bp", "dev_bp"):
                if hasattr(module, name) and (name == "bp" or not settings.is_production):
                    app.register_blueprint(getattr(module, name))
    if importlib.util.find_spec("app.accounts.login"):
        importlib.import_module("app.accounts.login").set_up(app)
    app.view_functions["static"].__policy__ = ("anyone",)  # type: ignore[attr-defined]
    access.check_policies(app)
    return app
