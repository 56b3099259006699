"""What can be done with accounts. Verbs take ``work`` first and never commit; hash passwords before the transaction."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts import queries, tokens
from app.accounts.errors import DutiesExclude, EmailTaken, LinkDead, RoleUnfit, WrongPassword
from app.accounts.events import PasswordChanged, RegistrationRequested, ResetRequested, UserRegistered
from app.accounts.models import (
    DUTY_OF_ROLE,
    KIND_OF_ROLE,
    LOCALES,
    LoginSession,
    Membership,
    Organisation,
    PasswordReset,
    Registration,
    User,
)
from app.accounts.passwords import hash_password
from app.accounts.rules import (
    LONGEST_NAME,
    NAME_LENGTH,
    NOT_AN_EMAIL,
    REGISTRATION_LIFE,
    RESET_LIFE,
    TOUCH_EVERY,
    normal_email,
    secret_hash,
    session_limits,
)
from app.kernel.audit import record
from app.kernel.errors import InvalidInput, NotFound
from app.kernel.ids import new_code
from app.kernel.outbox import announce
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.work import Work

__all__ = [
    "NewSession",
    "add_member",
    "change_password",
    "choose_locale",
    "confirm_registration",
    "create_organisation",
    "create_user",
    "end_by_secret",
    "end_member",
    "end_other_sessions",
    "end_session",
    "hash_password",
    "registration_token",
    "renew_hash",
    "request_registration",
    "request_reset",
    "reset_password",
    "reset_token",
    "start_session",
    "touch_session",
]


# People and organisations


def create_user(
    work: Work, email: str, display_name: str, password_hash: str, *, locale: str = "zh_CN", is_verified: bool = True
) -> User:
    """Make an account. Raises EmailTaken, or InvalidInput naming the field."""
    try:
        address = normal_email(email)
    except ValueError:
        raise InvalidInput({"email": NOT_AN_EMAIL}) from None
    name = " ".join(display_name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput({"display_name": NAME_LENGTH})
    if queries.find_user_by_email(work, address) is not None:
        raise EmailTaken()
    user = User(
        code=new_code(),
        email=address,
        display_name=name,
        password_hash=password_hash,
        auth_epoch=1,
        locale=locale if locale in LOCALES else LOCALES[0],
        verified_at=work.now if is_verified else None,
        created_at=work.now,
    )
    try:
        with work.session.begin_nested():
            work.session.add(user)
    except IntegrityError as taken:  # two links for one address, pressed at the same moment
        raise EmailTaken() from taken
    record(work, "user.create", "user", user.id, {"user": user.code})
    announce(work, UserRegistered(user.id))
    return user


def create_organisation(work: Work, kind: str, name: str) -> Organisation:
    """Make an organisation: agency, dealer, regulator or operator."""
    organisation = Organisation(code=new_code(), kind=kind, name=name.strip(), created_at=work.now)
    work.session.add(organisation)
    work.session.flush()
    record(work, "organisation.create", "organisation", organisation.id, {"kind": kind, "name": organisation.name})
    return organisation


def add_member(work: Work, user: User, organisation: Organisation, role: str) -> Membership:
    """Give the person a role. Their sessions and tokens end: what is from before must not gain new powers.

    Raises RoleUnfit when such an organisation has no such role, DutiesExclude when the person stands on the other side
    (or once did: an account never changes sides, because what it signed stays). A role held already is returned as it is.
    """
    if KIND_OF_ROLE.get(role) != organisation.kind:
        raise RoleUnfit()
    duty = DUTY_OF_ROLE.get(role)
    if duty is not None and user.duty not in (None, duty):
        raise DutiesExclude()
    held = select(Membership).where(
        Membership.user_id == user.id,
        Membership.organisation_id == organisation.id,
        Membership.role == role,
        Membership.until_at.is_(None),
    )
    membership = work.session.scalars(held).one_or_none()
    if membership is not None:
        return membership
    if duty is not None and user.duty is None:
        work.session.execute(update(User).where(User.id == user.id, User.duty.is_(None)).values(duty=duty))
        # Somebody may have given the other duty since the row was read.
        if work.session.scalars(select(User.duty).where(User.id == user.id)).one() != duty:
            raise DutiesExclude()
    membership = Membership(
        code=new_code(),
        user_id=user.id,
        organisation_id=organisation.id,
        org_kind=organisation.kind,
        role=role,
        duty=duty,
        since_at=work.now,
    )
    work.session.add(membership)
    work.session.flush()
    _end_all_sessions(work, user.id)
    detail = {"user": user.code, "organisation": organisation.code, "role": role}
    record(work, "membership.add", "membership", membership.id, detail)
    return membership


def end_member(work: Work, membership: Membership) -> None:
    """Take the role away, at once. Ending it twice changes nothing."""
    ended = work.session.execute(
        update(Membership).where(Membership.id == membership.id, Membership.until_at.is_(None)).values(until_at=work.now)
    )
    if ended.rowcount != 1:  # type: ignore[attr-defined]
        return
    _end_all_sessions(work, membership.user_id)
    record(work, "membership.end", "membership", membership.id, {"role": membership.role})


def choose_locale(work: Work, locale: str) -> None:
    """Set the language of the actor's mails."""
    if locale not in LOCALES:
        raise InvalidInput({"locale": N_("Please choose one of the answers.")})
    work.session.execute(update(User).where(User.id == work.actor.id).values(locale=locale))


# Registration


def registration_token(sealer: Sealer, code: str) -> str:
    """The secret of a registration's link; derived, so that the mail job can make it again and no table holds it."""
    return sealer.token(f"registration:{code}")


def request_registration(
    work: Work, sealer: Sealer, email: str, display_name: str, password_hash: str, locale: str
) -> Registration:
    """Keep what was typed until the address answers. The same whether the address has an account or not."""
    code = new_code()
    row = Registration(
        code=code,
        email=email,
        display_name=display_name,
        password_hash=password_hash,
        locale=locale,
        token_hash=secret_hash(registration_token(sealer, code)),
        created_at=work.now,
        expires_at=work.now + REGISTRATION_LIFE,
    )
    work.session.add(row)
    work.session.flush()
    announce(work, RegistrationRequested(row.id))
    return row


def confirm_registration(work: Work, token: str) -> User:
    """The address answered: make the account. Raises LinkDead (used, too old, unknown) or EmailTaken."""
    row = queries.find_open_registration(work, secret_hash(token))
    if row is None:
        raise LinkDead()
    used = work.session.execute(
        update(Registration).where(Registration.id == row.id, Registration.used_at.is_(None)).values(used_at=work.now)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise LinkDead()
    return create_user(work, row.email, row.display_name, row.password_hash, locale=row.locale)


# Passwords


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


# Sessions


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


def _end_all_sessions(work: Work, user_id: int) -> None:
    work.session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))
    tokens.revoke_all(work, user_id)
