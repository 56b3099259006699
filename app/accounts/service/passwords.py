"""Forgotten and changed passwords. Hash them before the transaction."""

from __future__ import annotations

from sqlalchemy import delete, update

from app.accounts import queries
from app.accounts.errors import LinkDead, WrongPassword
from app.accounts.events import PasswordChanged, ResetRequested
from app.accounts.models import LoginSession, PasswordReset, User
from app.accounts.rules import RESET_LIFE, secret_hash
from app.kernel.audit import record
from app.kernel.ids import new_code
from app.kernel.outbox import announce
from app.kernel.seal import Sealer
from app.kernel.work import Work


def reset_token(sealer: Sealer, code: str) -> str:
    """The secret of a reset's link; derived like that of a registration."""
    return sealer.token(f"reset:{code}")


def request_reset(work: Work, sealer: Sealer, email: str) -> PasswordReset:
    """Prepare a link for a new password. The same rows are written for an address without an account."""
    user = queries.find_user_by_email(work, email)
    code = new_code()
    row = PasswordReset(
        code=code,
        user_id=user.id if user is not None and user.disabled_at is None else None,
        token_hash=secret_hash(reset_token(sealer, code)),
        created_at=work.now,
        expires_at=work.now + RESET_LIFE,
    )
    work.session.add(row)
    work.session.flush()
    announce(work, ResetRequested(row.id))
    return row


def reset_password(work: Work, token: str, password_hash: str) -> User:
    """Set a new password by a mail's link, once. Ends every session and every other open link; signs nobody in."""
    row = queries.find_open_reset(work, secret_hash(token))
    if row is None or row.user_id is None:
        raise LinkDead()
    used = work.session.execute(
        update(PasswordReset).where(PasswordReset.id == row.id, PasswordReset.used_at.is_(None)).values(used_at=work.now)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise LinkDead()
    user = queries.user_by_id(work, row.user_id)
    _set_password(work, user, password_hash, "password.reset")
    return user


def change_password(work: Work, proven_hash: str, password_hash: str) -> User:
    """Set the actor's new password. Every session ends; the caller starts a new one.

    ``proven_hash``: what the present password was checked against. Raises WrongPassword when it is no longer the present one.
    """
    user = queries.user_by_id(work, work.actor.id)
    if user.password_hash != proven_hash:
        raise WrongPassword()
    _set_password(work, user, password_hash, "password.change")
    return user


def renew_hash(work: Work, user_id: int, old_hash: str, new_hash: str) -> None:
    """Store the same password under today's parameters, unless it was changed in the meantime."""
    work.session.execute(update(User).where(User.id == user_id, User.password_hash == old_hash).values(password_hash=new_hash))


def _set_password(work: Work, user: User, password_hash: str, verb: str) -> None:
    work.session.execute(
        update(User).where(User.id == user.id).values(password_hash=password_hash, auth_epoch=User.auth_epoch + 1)
    )
    work.session.refresh(user)
    work.session.execute(delete(LoginSession).where(LoginSession.user_id == user.id))
    work.session.execute(
        update(PasswordReset).where(PasswordReset.user_id == user.id, PasswordReset.used_at.is_(None)).values(used_at=work.now)
    )
    record(work, verb, "user", user.id, {"user": user.code})
    announce(work, PasswordChanged(user.id))
