"""From a browser to an actor and back: the session cookie, the proof of a password, Flask-Login's current_user.

A session is a row; the cookie holds only its secret. A GET never writes: that somebody was here is noted after the answer
has gone out, at most every five minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

import structlog
from flask import Flask, Request, Response, current_app, g, redirect, request, session
from flask_login import LoginManager, UserMixin
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import limits, passwords, queries, service, tokens
from app.accounts.errors import TooOften, WrongPassword
from app.accounts.models import Registration, User
from app.accounts.rules import LONGEST, TOUCH_EVERY, device_name, normal_email, secret_hash
from app.kernel import rates
from app.kernel.faults import describe
from app.kernel.hub import Hub
from app.kernel.networks import ip_prefix
from app.kernel.rates import Limit, Standing
from app.kernel.work import VISITOR, Actor, Work
from app.web import begin, current_actor, hub
from app.web.api.operation import note_standing

log = structlog.get_logger("login")


SIGN_INS = Limit("sign_in", limits.PER_ACCOUNT, int(limits.WINDOW.total_seconds()))
ISSUES = Limit("token.issue", most=10, seconds=3600)


class Person(UserMixin):  # type: ignore[misc]
    """What Flask-Login calls current_user."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def get_id(self) -> str:
        return self.actor.code


def set_up(app: Flask) -> None:
    """Give the application its actor loader and Flask-Login."""
    passwords.dummy(cast(Hub, app.extensions["xunyi"]).settings.password_time_cost)  # so that no request has to make it
    app.extensions["xunyi.actor_loader"] = load_actor
    app.extensions["xunyi.bearer_loader"] = load_bearer
    app.extensions["xunyi.prover"] = prove
    manager = LoginManager()
    manager.session_protection = None  # the session is a row of ours, not a value in Flask's cookie
    manager.request_loader(_person)
    manager.init_app(app)
    app.after_request(_touch_later)


def cookie_name() -> str:
    """``__Host-sid`` where the public address is https; http addresses exist in development only."""
    return "__Host-sid" if hub().settings.is_secure else "sid"


def load_actor() -> Actor:
    """Who sends this request: one look-up by the cookie's hash."""
    secret = request.cookies.get(cookie_name())
    if not secret or len(secret) > 100:
        return VISITOR
    try:
        with hub().look(VISITOR) as work:
            found = queries.find_signed_in(work, secret_hash(secret))
            now = work.now
    except (DBAPIError, PoolTimeout):
        g.actor = VISITOR  # the page that says "not reachable" asks for the actor once more
        raise
    if found is None:
        return VISITOR
    if now - found.seen_at >= TOUCH_EVERY:
        g.session_to_touch = found.actor.session_id
    return found.actor


def load_bearer(secret: str) -> tokens.Bearer | None:
    """Whose program sends this request: one look-up by the token's hash. The first use of a day is noted after the answer."""
    with hub().look(VISITOR) as work:
        found = tokens.find_bearer(work, secret)
    if found is not None and found.used_on != found.today:
        g.token_to_note = found.token_id
    return found


def prove(email: str, password: str) -> User:
    """The user of this address and password.

    Raises WrongPassword (the same, after the same work, for an unknown address), TooOften, or TooBusy. The try is counted
    before the password is looked at, in a transaction of its own.
    """
    home = hub()
    cost = home.settings.password_time_cost
    try:
        address = normal_email(email)
    except ValueError:
        address = ""
    account = home.sealer.blind_index(address or email.strip().casefold(), "login_attempt.account")
    with passwords.slot():
        network = ip_prefix(request.remote_addr)
        _tell_limit(SIGN_INS.most + 1)  # right when the next line refuses
        attempt_id = home.db.run(VISITOR, partial(limits.note_sign_in, account=account, ip_prefix=network))
        with home.look(VISITOR) as work:
            _tell_limit(limits.used_tries(work, account, network))
            user = queries.find_user_by_email(work, address) if address else None
        is_right = passwords.is_right(password[:LONGEST], user.password_hash if user is not None else None, cost)
    if user is None or user.disabled_at is not None or not is_right or len(password) > LONGEST:
        raise WrongPassword()
    home.db.run(VISITOR, partial(limits.note_success, attempt_id=attempt_id))
    if passwords.is_outdated(user.password_hash, cost):
        new_hash = passwords.hash_password(password, cost)
        home.db.run(VISITOR, partial(service.renew_hash, user_id=user.id, old_hash=user.password_hash, new_hash=new_hash))
        user.password_hash = new_hash
    return user


def count_issue(actor: Actor) -> None:
    """Count one token that the person wants, in a transaction of its own. Raises TooOften."""
    standing = hub().db.run(VISITOR, partial(rates.count, limit=ISSUES, subject=actor.code))
    note_standing(standing)
    if standing.is_over:
        raise TooOften()


def _tell_limit(used: int) -> None:
    """Let the answer say how many tries of a sign-in are left."""
    note_standing(Standing(SIGN_INS, used, SIGN_INS.seconds))


def prove_registration(asked: Registration, password: str) -> None:
    """Whether the password is the one that was typed at registration; tries are counted like those of a sign-in."""
    home = hub()
    account = home.sealer.blind_index(asked.email, "login_attempt.account")
    with passwords.slot():
        attempt_id = home.db.run(VISITOR, partial(limits.note_sign_in, account=account, ip_prefix=ip_prefix(request.remote_addr)))
        is_right = passwords.is_right(password[:LONGEST], asked.password_hash, home.settings.password_time_cost)
    if not is_right or len(password) > LONGEST:
        raise WrongPassword()
    home.db.run(VISITOR, partial(limits.note_success, attempt_id=attempt_id))


def enter(work: Work, user: User, proven_hash: str | None = None) -> service.NewSession:
    """Start a session in this browser; the one it had before ends, so that no secret outlives a sign-in.

    ``proven_hash`` is the hash that the password was checked against: it must still be the present one.
    """
    present = queries.user_by_id(work, user.id)
    if present.disabled_at is not None or (proven_hash is not None and present.password_hash != proven_hash):
        raise WrongPassword()
    old = request.cookies.get(cookie_name())
    if old:
        service.end_by_secret(work, old)
    return service.start_session(work, present, device_name(request.user_agent.string), ip_prefix(request.remote_addr))


def sign_in(email: str, password: str) -> service.NewSession:
    """Prove the password and start a session."""
    user = prove(email, password)
    with begin() as work:
        return enter(work, user, user.password_hash)


def leave() -> None:
    """End the session of this browser's cookie."""
    secret = request.cookies.get(cookie_name())
    if secret:
        with begin() as work:
            service.end_by_secret(work, secret)


def welcome(new: service.NewSession, target: str) -> AnyResponse:
    """Send the reader on with the cookie of a new session; what the browser carried from before sign-in is dropped."""
    session.clear()
    answer = redirect(target, code=303)
    answer.set_cookie(
        cookie_name(),
        new.secret,
        max_age=new.max_age,
        path="/",
        secure=hub().settings.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return answer


def farewell(target: str) -> AnyResponse:
    """Send the reader on without a session cookie."""
    session.clear()
    answer = redirect(target, code=303)
    answer.delete_cookie(cookie_name(), path="/", secure=hub().settings.is_secure, httponly=True, samesite="Lax")
    return answer


def _person(_request: Request) -> Person | None:
    actor = current_actor()
    return Person(actor) if actor.kind == "user" else None


def _touch_later(answer: Response) -> Response:
    session_id = g.pop("session_to_touch", None)
    if session_id is not None:
        _after(answer, partial(service.touch_session, session_id=session_id))
    token_id = g.pop("token_to_note", None)
    if token_id is not None:
        _after(answer, partial(tokens.note_use, token_id=token_id))
    return answer


def _after(answer: Response, verb: Callable[[Work], None]) -> None:
    answer.call_on_close(partial(_note, cast(Hub, current_app.extensions["xunyi"]), verb))


def _note(home: Hub, verb: Callable[[Work], None]) -> None:
    try:
        with home.begin(VISITOR) as work:
            verb(work)
    except (DBAPIError, PoolTimeout) as trouble:
        # The reader has their answer; the next request notes it instead.
        log.warning("use_not_noted", error=describe(trouble))
