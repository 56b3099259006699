"""New accounts, and registering for one. Hash passwords before the transaction."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.accounts import queries
from app.accounts.errors import EmailTaken, LinkDead
from app.accounts.events import RegistrationRequested, UserRegistered
from app.accounts.models import LOCALES, Registration, User
from app.accounts.rules import LONGEST_NAME, NAME_LENGTH, NOT_AN_EMAIL, REGISTRATION_LIFE, normal_email, secret_hash
from app.kernel.audit import record
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_code
from app.kernel.outbox import announce
from app.kernel.seal import Sealer
from app.kernel.text import N_
from app.kernel.work import Work


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


def choose_locale(work: Work, locale: str) -> None:
    """Set the language of the actor's mails."""
    if locale not in LOCALES:
        raise InvalidInput({"locale": N_("Please choose one of the answers.")})
    work.session.execute(update(User).where(User.id == work.actor.id).values(locale=locale))


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
