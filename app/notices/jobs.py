"""Mails leave here, after the commit. Every job may run twice, or twice at the same time: the reader gets one mail."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, update

from app.accounts.events import PasswordChanged, RegistrationRequested, ResetRequested
from app.accounts.queries import find_user_by_email, registration_by_id, reset_by_id, user_by_id
from app.kernel.hub import Hub
from app.kernel.ids import new_code
from app.kernel.outbox import MAX_ATTEMPTS
from app.kernel.text import N_
from app.notices.errors import MailNotSent, MailRefused
from app.notices.events import MailQueued
from app.notices.models import MailMessage
from app.notices.provider import Mail
from app.notices.queries import mail_by_id
from app.notices.service import GREETING, notify, queue_mail
from app.notices.texts import say

LEASE = timedelta(seconds=50)  # longer than a server may take (three answers of 15 s), shorter than the delivery's own lease

FOOTER = N_("Xunyi sends this message because of something that happened with your account. Nothing in it follows what you read.")

CONFIRM_SUBJECT = N_("Please confirm your e-mail address")
CONFIRM_BODY = N_(
    "Somebody, we hope you, wants to open an account on Xunyi with this e-mail address and the name %(name)s. "
    "Open the link within 24 hours and press the button there. If it was not you, do nothing: no account is opened."
)
KNOWN_SUBJECT = N_("You already have an account")
KNOWN_BODY = N_(
    "Somebody, we hope you, tried to open an account on Xunyi with this e-mail address. You already have one, so nothing was "
    "changed. You can sign in with the link; on that page you can also ask for a new password."
)
RESET_SUBJECT = N_("Choose a new password")
RESET_BODY = N_(
    "Somebody, we hope you, asked for a new password for your account. Open the link within 30 minutes and choose one. "
    "If it was not you, do nothing: your password stays as it is."
)
CHANGED_SUBJECT = N_("Your password was changed")
CHANGED_TEXT = N_(
    "Your password was changed, and every other device was signed out. If it was not you, ask for a new password at once."
)


def mail_registration(hub: Hub, event: RegistrationRequested) -> None:
    """Answer a registration by mail: a link to confirm, or word that there is an account already."""
    with hub.begin() as work:
        asked = registration_by_id(work, event.registration_id)
        if asked.used_at is not None or asked.expires_at <= work.now:
            return
        known = find_user_by_email(work, asked.email)
        code = new_code()
        locale = known.locale if known else asked.locale
        greeting = say(locale, GREETING, {"name": known.display_name if known else asked.display_name})
        text = say(locale, KNOWN_BODY) if known else say(locale, CONFIRM_BODY, {"name": asked.display_name})
        queue_mail(
            work,
            key=f"registration:{asked.code}",
            code=code,
            to_sealed=hub.sealer.seal(asked.email, place_of(code)),
            locale=locale,
            subject=say(locale, KNOWN_SUBJECT if known else CONFIRM_SUBJECT),
            body=f"{greeting}\n\n{text}",
            link="/sign-in" if known else "/register/{token}",
            token_purpose=None if known else f"registration:{asked.code}",
        )


def mail_reset(hub: Hub, event: ResetRequested) -> None:
    """Send the link for a new password; an address without an account gets nothing."""
    with hub.begin() as work:
        asked = reset_by_id(work, event.reset_id)
        if asked.user_id is None or asked.used_at is not None or asked.expires_at <= work.now:
            return
        user = user_by_id(work, asked.user_id)
        greeting = say(user.locale, GREETING, {"name": user.display_name})
        queue_mail(
            work,
            key=f"reset:{asked.code}",
            user_id=user.id,
            locale=user.locale,
            subject=say(user.locale, RESET_SUBJECT),
            body=f"{greeting}\n\n{say(user.locale, RESET_BODY)}",
            link="/reset/{token}",
            token_purpose=f"reset:{asked.code}",
        )


def tell_password_changed(hub: Hub, event: PasswordChanged) -> None:
    """Warn the person, in the pages and by mail."""
    with hub.begin() as work:
        user = user_by_id(work, event.user_id)
        notify(
            work,
            user.id,
            text=CHANGED_TEXT,
            subject=CHANGED_SUBJECT,
            link="/forgot",
            key=f"password.changed:{user.auth_epoch}",
        )


def send_mail(hub: Hub, event: MailQueued) -> None:
    """Send one mail once: claim it, send outside of any transaction, note the end.

    Raises MailNotSent when it could not be sent now or another job is sending it (the delivery is tried again), MailRefused
    when the server never will take it.
    """
    mail = _claim(hub, event.mail_id)
    if mail is None:
        return
    try:
        hub.mailer.send(mail)
    except (MailNotSent, MailRefused) as trouble:
        _give_back(hub, mail.id, is_final=isinstance(trouble, MailRefused))
        raise
    with hub.begin() as work:
        work.session.execute(
            update(MailMessage)
            .where(MailMessage.id == mail.id, MailMessage.state != "sent")
            .values(state="sent", sent_at=work.now, lease_until=None)
        )


def _claim(hub: Hub, mail_id: int) -> Mail | None:
    """The mail, ours to send for the length of the lease; None when it is sent already."""
    with hub.begin() as work:
        claimed = work.session.execute(
            update(MailMessage)
            .where(
                MailMessage.id == mail_id,
                MailMessage.state != "sent",
                or_(MailMessage.lease_until.is_(None), MailMessage.lease_until <= work.now),
            )
            .values(lease_until=work.now + LEASE, attempts=MailMessage.attempts + 1, state="queued")
        )
        row = mail_by_id(work, mail_id)
        if row.state == "sent":
            return None
        if claimed.rowcount != 1:  # type: ignore[attr-defined]
            raise MailNotSent()
        if row.user_id is not None:
            to = user_by_id(work, row.user_id).email
        else:
            to = hub.sealer.open(row.to_sealed or "", place_of(row.code))
        return Mail(row.id, row.code, to, row.subject, _text(hub, row), row.queued_at)


def _give_back(hub: Hub, mail_id: int, *, is_final: bool) -> None:
    with hub.begin() as work:
        row = mail_by_id(work, mail_id)
        row.lease_until = None
        if is_final or row.attempts >= MAX_ATTEMPTS:
            row.state = "dead"


def _text(hub: Hub, row: MailMessage) -> str:
    """The whole mail: body, link in full (secrets are put in only here), footer."""
    parts = [row.body]
    if row.link:
        token = hub.sealer.token(row.token_purpose) if row.token_purpose else ""
        parts.append(hub.settings.base_url.rstrip("/") + row.link.replace("{token}", token))
    parts.append("-- \n" + say(row.locale, FOOTER))
    return "\n\n".join(parts) + "\n"


def place_of(code: str) -> str:
    return f"mail_message.to:{code}"
