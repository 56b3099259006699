"""Tables of notices and mails."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, JsonText, code_column, one_of, pk

MAIL_STATES = ("queued", "sent", "dead")


class Notice(Base):
    """One thing that a person should know, shown in the pages. ``text`` is a message id, translated where it is shown."""

    __tablename__ = "notice"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    key: Mapped[str] = mapped_column(Text)  # what it is about; the same news is never told twice
    text: Mapped[str] = mapped_column(Text)
    values: Mapped[Any] = mapped_column(JsonText)
    link: Mapped[str] = mapped_column(Text)  # a path of our own, or empty
    at: Mapped[datetime] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index("uq_notice_user_id_key", "user_id", "key", unique=True),
        Index("ix_notice_user_id", "user_id", "id"),
        Index("ix_notice_unread", "user_id", sqlite_where=sql("read_at IS NULL"), postgresql_where=sql("read_at IS NULL")),
        CheckConstraint("link = '' OR (link LIKE '/%' AND link NOT LIKE '//%')", name="link_is_own"),
    )


class MailMessage(Base):
    """One mail. Goes to a person's present address (``user_id``) or to an address without an account (``to_sealed``).

    ``link`` is a path of our own; a ``{token}`` in it becomes the secret derived for ``token_purpose`` when the mail is sent,
    so that no table holds a link that opens something.
    """

    __tablename__ = "mail_message"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    key: Mapped[str] = mapped_column(Text, unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"), index=True)
    to_sealed: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)  # plain text above the link
    link: Mapped[str] = mapped_column(Text)
    token_purpose: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    queued_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(BigInt, default=0)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)  # somebody is sending it just now

    __table_args__ = (
        one_of("state", MAIL_STATES),
        CheckConstraint("(user_id IS NULL) <> (to_sealed IS NULL)", name="one_recipient"),
        CheckConstraint("link = '' OR (link LIKE '/%' AND link NOT LIKE '//%')", name="link_is_own"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
    )
