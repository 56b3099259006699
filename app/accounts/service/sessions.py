"""Signed-in browsers."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update

from app.accounts import queries, tokens
from app.accounts.models import LoginSession, User
from app.accounts.rules import TOUCH_EVERY, secret_hash, session_limits
from app.kernel.audit import record
from app.kernel.errors import NotFound
from app.kernel.ids import new_code
from app.kernel.work import Work


@dataclass(frozen=True)
class NewSession:
    """What the browser gets: the secret for its cookie and how long the cookie may live, in seconds."""

    secret: str
    max_age: int
    session_id: int


def start_session(work: Work, user: User, device: str = "", ip_prefix: str = "unknown") -> NewSession:
    """Sign the person in: a fresh secret each time. Old sessions of the person that ended by themselves are removed."""
    is_staff = bool(queries.actor_for(work, user).duties)
    idle, longest = session_limits(is_staff=is_staff)
    work.session.execute(delete(LoginSession).where(LoginSession.user_id == user.id, LoginSession.expires_at <= work.now))
    secret = secrets.token_urlsafe(32)
    row = LoginSession(
        code=new_code(),
        sid_hash=secret_hash(secret),
        user_id=user.id,
        created_at=work.now,
        seen_at=work.now,
        expires_at=work.now + longest,
        idle_minutes=int(idle / timedelta(minutes=1)),
        auth_epoch=user.auth_epoch,
        user_agent=device,
        ip_prefix=ip_prefix,
    )
    work.session.add(row)
    work.session.flush()
    record(work, "session.start", "user", user.id, {"user": user.code, "network": ip_prefix})
    return NewSession(secret, int(longest.total_seconds()), row.id)


def touch_session(work: Work, session_id: int) -> None:
    """Note that the person was here, at most every five minutes."""
    work.session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.seen_at <= work.now - TOUCH_EVERY)
        .values(seen_at=work.now)
    )


def end_session(work: Work, code: str) -> None:
    """End one of the actor's own sessions. Raises NotFound for anything else."""
    ended = work.session.execute(delete(LoginSession).where(LoginSession.code == code, LoginSession.user_id == work.actor.id))
    if ended.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound()
    record(work, "session.end", "user", work.actor.id, {"user": work.actor.code})


def end_other_sessions(work: Work) -> int:
    """End every session of the actor but the present one; returns how many."""
    ended = work.session.execute(
        delete(LoginSession).where(LoginSession.user_id == work.actor.id, LoginSession.id != work.actor.session_id)
    )
    record(work, "session.end_others", "user", work.actor.id, {"user": work.actor.code})
    return int(ended.rowcount)  # type: ignore[attr-defined]


def end_by_secret(work: Work, secret: str) -> None:
    """End the session of a cookie, whoever's it is (signing out, and signing in over an older session)."""
    row = work.session.scalars(select(LoginSession).where(LoginSession.sid_hash == secret_hash(secret))).one_or_none()
    if row is not None:
        record(work, "session.end", "user", row.user_id)
        work.session.delete(row)
        work.session.flush()


def end_all_sessions(work: Work, user_id: int) -> None:
    """End every session and token of a person: what is from before must not gain new powers."""
    work.session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))
    tokens.revoke_all(work, user_id)
