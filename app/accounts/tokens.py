"""Access tokens of programs: issue, list, revoke, and who a token stands for. Verbs take ``work`` first and never commit."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, or_, select, update

from app.accounts import queries
from app.accounts.errors import TokenNotFound, TooManyTokens
from app.accounts.models import ApiToken, Membership, User
from app.accounts.rules import (
    LONGEST_LABEL,
    LONGEST_TOKEN_DAYS,
    MOST_TOKENS,
    SCOPES,
    TOKEN_DAYS,
    TOKEN_PREFIX,
    secret_hash,
)
from app.kernel.audit import record
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_code
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Actor, Work


@dataclass(frozen=True)
class NewToken:
    """A token just issued. ``secret`` is shown once and kept nowhere."""

    row: ApiToken
    secret: str


@dataclass(frozen=True)
class Bearer:
    """Who a token stands for, and what it allows. ``used_on`` is the Shanghai day on which its use was last noted."""

    actor: Actor
    token_id: int
    code: str
    label: str
    scopes: frozenset[str]
    used_on: date | None
    today: date


def issue(work: Work, user_id: int, label: str, scopes: Iterable[str], days: int = TOKEN_DAYS) -> NewToken:
    """Give a program of this person a token. Raises InvalidInput by field, TooManyTokens."""
    user = queries.user_by_id(work, user_id)
    wanted = set(scopes)
    name = " ".join(label.split())
    errors = {}
    if not 1 <= len(name) <= LONGEST_LABEL:
        errors["label"] = N_("Please give it a name of 1 to 60 characters, for example that of the program.")
    if not wanted or wanted - set(SCOPES):
        errors["scopes"] = N_("Please choose at least one of the permissions.")
    if not 1 <= days <= LONGEST_TOKEN_DAYS:
        errors["days"] = N_("Please choose between 1 and 366 days.")
    if errors:
        raise InvalidInput(errors)
    count = work.session.scalars(select(func.count()).select_from(ApiToken).where(*_working(work, user))).one()
    if count >= MOST_TOKENS:
        raise TooManyTokens(count=count)
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        code=new_code(),
        user_id=user.id,
        secret_hash=secret_hash(secret),
        hint=secret[-4:],
        label=name,
        scopes=sorted(wanted, key=list(SCOPES).index),
        auth_epoch=user.auth_epoch,
        created_at=work.now,
        expires_at=work.now + timedelta(days=days),
    )
    work.session.add(row)
    work.session.flush()
    record(work, "token.issue", "user", user.id, {"user": user.code, "token": row.code, "scopes": row.scopes, "days": days})
    return NewToken(row, secret)


def revoke(work: Work, user_id: int, code: str) -> ApiToken:
    """End a token of this person at once; ending it twice changes nothing. Raises TokenNotFound."""
    row = work.session.scalars(select(ApiToken).where(ApiToken.code == code, ApiToken.user_id == user_id)).one_or_none()
    if row is None:
        raise TokenNotFound()
    if row.revoked_at is None:
        row.revoked_at = work.now
        record(work, "token.revoke", "user", user_id, {"token": row.code})
    return row


def revoke_all(work: Work, user_id: int) -> None:
    """End every token of the person: their roles changed, and a program from before must not gain new powers."""
    work.session.execute(
        update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None)).values(revoked_at=work.now)
    )


def tokens_of(work: Work, user_id: int) -> list[ApiToken]:
    """The tokens of a person that work, the newest first."""
    user = queries.user_by_id(work, user_id)
    return list(work.session.scalars(select(ApiToken).where(*_working(work, user)).order_by(ApiToken.id.desc())))


def find_token(work: Work, code: str) -> ApiToken | None:
    """A token by its public id, for the command line."""
    return work.session.scalars(select(ApiToken).where(ApiToken.code == code)).one_or_none()


def find_bearer(work: Work, secret: str) -> Bearer | None:
    """Who this secret stands for; None when it ended, was never issued, or the account was closed. One query."""
    rows = work.session.execute(
        select(ApiToken, User.id, User.code, Membership.role, Membership.organisation_id)
        .join(User, User.id == ApiToken.user_id)
        .outerjoin(
            Membership,
            (Membership.user_id == User.id) & or_(Membership.until_at.is_(None), Membership.until_at > work.now),
        )
        .where(
            ApiToken.secret_hash == secret_hash(secret),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > work.now,
            ApiToken.auth_epoch == User.auth_epoch,
            User.disabled_at.is_(None),
        )
        .order_by(Membership.id)
    ).all()
    if not rows:
        return None
    token, user_id, code, _, _ = rows[0]
    duties = tuple((role, organisation_id) for _, _, _, role, organisation_id in rows if role is not None)
    actor = Actor("user", user_id, code, duties=duties)
    return Bearer(actor, token.id, token.code, token.label, frozenset(token.scopes), token.last_used_on, shanghai_day(work.now))


def note_use(work: Work, token_id: int) -> None:
    """Write down that the token was used today."""
    work.session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_on=shanghai_day(work.now)))


def _working(work: Work, user: User) -> tuple[object, ...]:
    return (
        ApiToken.user_id == user.id,
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > work.now,
        ApiToken.auth_epoch == user.auth_epoch,
    )
