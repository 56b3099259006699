"""The door through which mails leave: a folder (default; read at /dev/mailbox in development) or an SMTP server."""

from __future__ import annotations

import os
import re
import secrets
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from app.notices.errors import MailNotSent, MailRefused

TIMEOUT = 15.0  # seconds for connecting and for each answer of the server


@dataclass(frozen=True)
class Mail:
    """One mail that is ready to go. ``id`` and ``code`` are those of its row: the same mail has the same Message-ID."""

    id: int
    code: str
    to: str
    subject: str
    text: str
    at: datetime

    def message(self, sender: str) -> EmailMessage:
        message = EmailMessage(policy=policy.SMTP)
        message["From"] = sender
        message["To"] = self.to
        message["Subject"] = " ".join(self.subject.split())
        message["Date"] = format_datetime(self.at)
        message["Message-ID"] = f"<{self.code}@{sender.rpartition('@')[2].rstrip('>') or 'localhost'}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self.text)
        return message


class Mailer(Protocol):
    """Sends one mail. Raises MailNotSent (try again later) or MailRefused (never)."""

    def send(self, mail: Mail) -> None: ...


@dataclass(frozen=True)
class Received:
    """One mail of the folder, for the development mailbox and for tests."""

    name: str
    to: str
    subject: str
    at: datetime
    text: str


class FolderMailer:
    """Writes each mail as one ``.eml`` file, named by its row: sending the same mail twice gives one file."""

    def __init__(self, folder: Path, sender: str) -> None:
        self.folder, self.sender = folder, sender

    def send(self, mail: Mail) -> None:
        place = self.folder / f"{mail.id:010d}-{mail.code}.eml"
        draft = self.folder / f".{place.name}.{secrets.token_hex(4)}"
        try:
            draft.write_bytes(mail.message(self.sender).as_bytes())
            os.replace(draft, place)
        except OSError as trouble:
            draft.unlink(missing_ok=True)
            raise MailNotSent() from trouble

    def names(self) -> list[str]:
        """File names, newest first."""
        return sorted((path.name for path in self.folder.glob("*.eml")), reverse=True)

    def read(self, name: str) -> Received | None:
        """One mail by its file name; None when there is none of this name (a name with a path in it never is)."""
        return self._read(name) if name in self.names() else None

    def newest(self, most: int) -> list[Received]:
        return [self._read(name) for name in self.names()[:most]]

    def _read(self, name: str) -> Received:
        message = BytesParser(policy=policy.default).parsebytes((self.folder / name).read_bytes())
        body = message.get_body(("plain",))
        text = body.get_content().replace("\r\n", "\n") if body is not None else ""
        return Received(name, str(message["To"]), str(message["Subject"]), parsedate_to_datetime(str(message["Date"])), text)


class SmtpMailer:
    """Hands mails to an SMTP server: ``smtp://user:password@host:port`` (with STARTTLS when offered) or ``smtps://``.

    A password is never sent over a connection that is not encrypted.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("XUNYI_MAIL_URL must be folder:, smtp://... or smtps://...")
        self.is_tls = parts.scheme == "smtps"
        self.host, self.port = parts.hostname, parts.port or (465 if self.is_tls else 587)
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.sender = sender

    def send(self, mail: Mail) -> None:
        message = mail.message(self.sender)
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            code, reason = next(iter(refused.recipients.values()))
            self._give_up_or_wait(code, reason, refused)
        except smtplib.SMTPResponseException as answer:
            self._give_up_or_wait(answer.smtp_code, answer.smtp_error, answer)
        except (OSError, smtplib.SMTPException) as trouble:
            raise MailNotSent() from trouble

    def _connect(self) -> smtplib.SMTP:
        secure = ssl.create_default_context()
        if self.is_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=secure)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        try:
            server.ehlo_or_helo_if_needed()
            is_encrypted = self.is_tls
            if not is_encrypted and server.has_extn("starttls"):
                server.starttls(context=secure)
                server.ehlo()
                is_encrypted = True
            if self.user:
                if not is_encrypted:
                    raise smtplib.SMTPNotSupportedError("the server offers no encryption, so the password is not sent")
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    @staticmethod
    def _give_up_or_wait(code: int, reason: Any, cause: Exception) -> None:
        """5xx about this mail is final; 4xx, and refusals of our own sign-in (535), may be put right: try again."""
        if 500 <= code < 600 and not isinstance(cause, smtplib.SMTPAuthenticationError):
            words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
            without_addresses = re.sub(r"\S+@\S+", "…", words)  # the reason is kept and shown to staff
            raise MailRefused(reason=f"{code} {without_addresses[:200]}") from cause
        raise MailNotSent() from cause


def from_settings(settings: Any) -> Mailer:
    """The door that the settings name (config.Settings)."""
    if settings.mail_url.partition(":")[0] == "folder":
        return FolderMailer(settings.folder("mail"), settings.mail_from)
    return SmtpMailer(settings.mail_url, settings.mail_from)
