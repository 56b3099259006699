"""Tries are counted in the database, so that all web processes share the count. Only tries that failed are counted.

Figures as used by PyPI: 10 sign-ins per 5 minutes for one account and for one network, 1,000 in all.
A person who has signed in from their network before is counted apart from strangers, so that a stranger's tries cannot
keep the person out.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, literal, select, update

from app.accounts.errors import TooOften
from app.accounts.models import LoginAttempt
from app.kernel.db import Flag
from app.kernel.work import Work

WINDOW = timedelta(minutes=5)
PER_ACCOUNT, PER_NETWORK, IN_ALL = 10, 10, 1000
RESETS_PER_DAY = 5
REGISTRATIONS_PER_ADDRESS, REGISTRATION_WINDOW = 3, timedelta(hours=6)
KNOWN_FOR = timedelta(days=30)
KEPT = timedelta(days=190)  # security records are kept at least six months

_ONE_AT_A_TIME = 727_001  # any number of our own: PostgreSQL's advisory lock for "count, then add"


def note_sign_in(work: Work, account: str, ip_prefix: str) -> int:
    """Count one try before the password is looked at; returns its id. Raises TooOften when a limit is reached.

    Run it in a small transaction of its own. A refused try is not counted, so a limit always opens again by itself.
    """
    _lock(work)
    recent = (LoginAttempt.kind == "sign_in") & (LoginAttempt.at > work.now - WINDOW) & _failed()
    known = (
        (LoginAttempt.kind == "sign_in")
        & (LoginAttempt.account == account)
        & (LoginAttempt.ip_prefix == ip_prefix)
        & (LoginAttempt.at > work.now - KNOWN_FOR)
        & ~_failed()
    )
    of_account = recent & (LoginAttempt.account == account)
    if _count(work, known):
        of_account &= LoginAttempt.ip_prefix == ip_prefix
    if (
        _count(work, of_account) >= PER_ACCOUNT
        or _count(work, recent & (LoginAttempt.ip_prefix == ip_prefix)) >= PER_NETWORK
        or _count(work, recent) >= IN_ALL
    ):
        raise TooOften()
    return _add(work, "sign_in", account, ip_prefix)


def used_tries(work: Work, account: str, ip_prefix: str) -> int:
    """How many failed tries of the last minutes count against this account or this network, whichever is more."""
    recent = (LoginAttempt.kind == "sign_in") & (LoginAttempt.at > work.now - WINDOW) & _failed()
    return max(
        _count(work, recent & (LoginAttempt.account == account)), _count(work, recent & (LoginAttempt.ip_prefix == ip_prefix))
    )


def note_success(work: Work, attempt_id: int) -> None:
    """The password was right: the try no longer counts against anybody."""
    work.session.execute(update(LoginAttempt).where(LoginAttempt.id == attempt_id).values(succeeded=True))


def note_mail(work: Work, kind: str, account: str, ip_prefix: str) -> bool:
    """Count one request for a mail; False when this address has had enough of them (say nothing, send nothing).

    Raises TooOften when the network asks too often. ``kind``: register or reset.
    """
    _lock(work)
    most, window = (RESETS_PER_DAY, timedelta(days=1)) if kind == "reset" else (REGISTRATIONS_PER_ADDRESS, REGISTRATION_WINDOW)
    same = LoginAttempt.kind == kind
    recent = same & (LoginAttempt.at > work.now - WINDOW)
    if _count(work, recent & (LoginAttempt.ip_prefix == ip_prefix)) >= PER_NETWORK or _count(work, recent) >= IN_ALL:
        raise TooOften()
    before = _count(work, same & (LoginAttempt.account == account) & (LoginAttempt.at > work.now - window))
    _add(work, kind, account, ip_prefix)
    return before < most


def _failed() -> ColumnElement[bool]:
    # "= :value", because the column is an INTEGER on SQLite and "IS :value" is no grammar on PostgreSQL.
    return LoginAttempt.succeeded == literal(False, Flag())


def _add(work: Work, kind: str, account: str, ip_prefix: str) -> int:
    work.session.execute(delete(LoginAttempt).where(LoginAttempt.kind == kind, LoginAttempt.at < work.now - KEPT))
    attempt = LoginAttempt(kind=kind, account=account, ip_prefix=ip_prefix, at=work.now, succeeded=False)
    work.session.add(attempt)
    work.session.flush()
    return attempt.id


def _count(work: Work, condition: ColumnElement[bool]) -> int:
    return work.session.scalars(select(func.count()).select_from(LoginAttempt).where(condition)).one()


def _lock(work: Work) -> None:
    """Two tries at the same moment must not both be the tenth. SQLite has one writer anyway."""
    if work.session.get_bind().dialect.name == "postgresql":
        work.session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
