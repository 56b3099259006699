"""Who may call which route: every view declares it, what is not declared is refused at start-up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast
from urllib.parse import quote

from flask import Flask, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from app.kernel.errors import NotAllowed
from app.kernel.work import VISITOR, Actor

View = TypeVar("View", bound=Callable[..., Any])

ROLES = ("anyone", "member", "appraiser", "manager", "dealer", "officer", "operator", "provider")

ActorLoader = Callable[[], Actor]


def allow(*roles: str) -> Callable[[View], View]:
    """Declare who may call the view: ``anyone``, ``member`` (signed in), or roles of which one is needed.

    ``provider`` marks an endpoint that proves its caller by itself (a signed webhook).
    """
    unknown = set(roles) - set(ROLES)
    if unknown or not roles:
        raise ValueError(f"unknown roles in policy: {sorted(unknown)}")

    def mark(view: View) -> View:
        view.__policy__ = roles  # type: ignore[attr-defined]
        return view

    return mark


def policy_of(app: Flask, endpoint: str) -> tuple[str, ...] | None:
    if endpoint == "static":
        return ("anyone",)
    return getattr(app.view_functions.get(endpoint), "__policy__", None)


def check_policies(app: Flask) -> None:
    """Refuse to start when a route has no declared policy."""
    bare = sorted(rule.endpoint for rule in app.url_map.iter_rules() if policy_of(app, rule.endpoint) is None)
    if bare:
        raise RuntimeError(f"routes without a policy: {', '.join(bare)}")


def current_actor() -> Actor:
    """The actor of this request; loaded once, by the loader that the factory set."""
    if "actor" not in g:
        loader = cast(ActorLoader, current_app.extensions["xunyi.actor_loader"])
        g.actor = loader()
    return cast(Actor, g.actor)


def enforce() -> Response | None:
    """Before every request: fail closed on a missing policy, ask visitors to sign in, refuse other roles."""
    if request.endpoint is None:
        return None  # no such address: the 404 page
    policy = policy_of(current_app, request.endpoint)
    if policy is None:
        raise NotAllowed()
    if "anyone" in policy or "provider" in policy:
        return None
    actor = current_actor()
    if actor is VISITOR or actor.kind == "visitor":
        if request.headers.get("HX-Request"):
            answer = Response(status=204)
            answer.headers["HX-Redirect"] = url_for("accounts.sign_in")
            return answer
        target = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return redirect(f"{url_for('accounts.sign_in')}?next={quote(target, safe='/')}", code=303)
    if "member" in policy or any(actor.has(role) for role in policy):
        return None
    raise NotAllowed()
