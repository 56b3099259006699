"""Who may call which route: every view declares it, what is not declared is refused at start-up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlsplit

from flask import Flask, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from app.kernel.errors import NotAllowed
from app.kernel.text import N_
from app.kernel.work import VISITOR, Actor
from app.web import bearer
from app.web.redirects import safe_path

View = TypeVar("View", bound=Callable[..., Any])

ROLES = ("anyone", "member", "appraiser", "manager", "dealer", "officer", "operator", "provider")

ActorLoader = Callable[[], Actor]
Prover = Callable[[str, str], object]


class SignedOut(NotAllowed):
    """A script of ours sent something for a reader whose session has ended: it must not take the sign-in page for a yes."""

    status = 401
    code = "signed_out"
    message = N_(
        "You have been signed out, so this was not saved. Sign in again and open this page: typed text is kept on this device."
    )


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
    """The actor of this request; loaded once, by the loader that the factory set (programs: by their token)."""
    if "actor" not in g:
        loader = cast(ActorLoader, current_app.extensions["xunyi.actor_loader"])
        g.actor = bearer.actor() if bearer.is_program() else loader()
    return cast(Actor, g.actor)


def prove_password(email: str, password: str) -> None:
    """Check the password of the person who is signed in, for steps that a borrowed session must not take; tries are counted.

    Done by the prover that the sign-in set; raises its refusals (wrong, too often).
    """
    cast(Prover, current_app.extensions["xunyi.prover"])(email, password)


def enforce() -> Response | None:
    """Before every request: fail closed on a missing policy, ask visitors to sign in, refuse other roles."""
    if request.endpoint is None:
        return None  # no such address: the 404 page
    policy = policy_of(current_app, request.endpoint)
    if policy is None:
        raise NotAllowed()
    gate = getattr(current_app.view_functions[request.endpoint], "__gate__", None)
    if gate is not None:  # an operation of the API: token and scope
        gate()
        return None
    if "anyone" in policy or "provider" in policy:
        return None
    actor = current_actor()
    if actor is VISITOR or actor.kind == "visitor":
        if request.headers.get("HX-Request"):
            answer = Response(status=204)
            answer.headers["HX-Redirect"] = _sign_in()
            return answer
        if "X-Autosave" in request.headers or "X-Upload" in request.headers:
            raise SignedOut()
        return redirect(_sign_in(), code=303)
    if "member" in policy or any(actor.has(role) for role in policy):
        return None
    raise NotAllowed()


def _sign_in() -> str:
    """The address of the sign-in page that leads on to this page, or to the page from which this was sent."""
    page = request.headers.get("HX-Current-URL") or (request.url if request.method == "GET" else request.referrer)
    try:
        parts = urlsplit(page or "")
    except ValueError:  # a header that is no address
        parts = urlsplit("")
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    target = safe_path(path) if parts.netloc == request.host else "/"
    return f"{url_for('accounts.sign_in')}?next={quote(target, safe='/')}"
