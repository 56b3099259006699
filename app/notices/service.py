"""Telling people. Verbs take ``work`` first and never commit; nothing leaves the house before the commit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.accounts.queries import user_by_id
from app.kernel.ids import new_code
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.events import MailQueued
from app.notices.models import MailMessage, Notice
from app.notices.queries import own_notice
from app.notices.texts import say

LONGEST_SUBJECT = 60  # code points
GREETING = N_("Hello %(name)s,")


def notify(
    work: Work,
    user_id: int,
    text: str,
    values: Mapping[str, Any] | None = None,
    link: str = "",
    key: str = "",
    mail: bool = True,
    subject: str | None = None,
) -> bool:
    """Tell a person something, once per (person, key); returns whether it was new.

    ``text`` is an English message id marked with ``N_`` (whole sentences, named values); ``values`` are texts and whole numbers
    ready to be read. ``link`` is a path of our own. With ``mail`` the same goes to their address, under the beginning of the
    text, or under ``subject`` (a message id without values).
    """
    filled = dict(values or {})
    _ = text % filled if filled else text  # a missing value is a mistake of the caller: it shows here, not on the reader's page
    if not key:
        raise ValueError("a notice needs a key: it is told once per key")
    _check_link(link)
    insert = postgresql.insert if work.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {
        "code": new_code(), "user_id": user_id, "key": key, "text": text, "values": filled, "link": link, "at": work.now,
    }  # fmt: skip
    added = work.session.execute(
        insert(Notice).values(row).on_conflict_do_nothing(index_elements=["user_id", "key"]).returning(Notice.id)
    )
    if added.scalar_one_or_none() is None:
        return False
    if mail:
        user = user_by_id(work, user_id)
        greeting = say(user.locale, GREETING, {"name": user.display_name})
        told = say(user.locale, text, filled)
        queue_mail(
            work,
            key=f"notice:{user_id}:{key}",
            user_id=user_id,
            locale=user.locale,
            subject=say(user.locale, subject) if subject else _beginning(told),
            body=f"{greeting}\n\n{told}",
            link=link,
        )
    return True


def queue_mail(
    work: Work,
    *,
    key: str,
    locale: str,
    subject: str,
    body: str,
    link: str = "",
    token_purpose: str | None = None,
    user_id: int | None = None,
    to_sealed: str | None = None,
    code: str | None = None,
) -> bool:
    """Write down a mail that a job sends after the commit, once per key; returns whether it was new.

    ``subject`` and ``body`` are in the reader's language already. ``to_sealed`` is an address sealed for the place
    ``mail_message.to:<code>``, with the ``code`` given here.
    """
    _check_link(link)
    if work.session.scalars(select(func.count()).select_from(MailMessage).where(MailMessage.key == key)).one():
        return False
    message = MailMessage(
        code=code or new_code(),
        key=key,
        user_id=user_id,
        to_sealed=to_sealed,
        subject=" ".join(subject.split()),
        body=body,
        link=link,
        token_purpose=token_purpose,
        locale=locale,
        state="queued",
        queued_at=work.now,
        attempts=0,
    )
    work.session.add(message)
    work.session.flush()
    announce(work, MailQueued(message.id))
    return True


def mark_read(work: Work, code: str) -> Notice:
    """The actor has read one of their notices; returns it. Raises NoticeNotFound."""
    notice = own_notice(work, code)
    if notice.read_at is None:
        notice.read_at = work.now
    return notice


def mark_all_read(work: Work) -> int:
    """The actor has seen all their notices; returns how many were new."""
    marked = work.session.execute(
        update(Notice).where(Notice.user_id == work.actor.id, Notice.read_at.is_(None)).values(read_at=work.now)
    )
    return int(marked.rowcount)  # type: ignore[attr-defined]


def _beginning(text: str) -> str:
    return text if len(text) <= LONGEST_SUBJECT else text[: LONGEST_SUBJECT - 1].rstrip() + "…"


def _check_link(link: str) -> None:
    if link and (not link.startswith("/") or link.startswith("//")):
        raise ValueError(f"not a path of our own: {link!r}")
