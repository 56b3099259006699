"""Refusals of the notices room."""

from __future__ import annotations

from app.kernel.errors import DomainError, NotFound, Unavailable
from app.kernel.text import N_


class NoticeNotFound(NotFound):
    code = "notice_not_found"


class MailNotSent(Unavailable):
    """The mail server did not take it now; the job tries again."""

    code = "mail_not_sent"


class MailRefused(DomainError):
    """The mail server will never take it: trying again cannot help."""

    status = 502
    code = "mail_refused"
    message = N_("The mail server refused this message: %(reason)s")
