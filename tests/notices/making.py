"""Reads the folder mailbox for the tests of every room."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from app.kernel.hub import Hub
from app.notices.provider import FolderMailer, Received


def mails(hub: Hub, to: str | None = None) -> list[Received]:
    """The mails in the folder, newest first; only those to this address when it is given. Drain the hub first."""
    assert isinstance(hub.mailer, FolderMailer)
    found = [mail for name in hub.mailer.names() if (mail := hub.mailer.read(name)) is not None]
    return [mail for mail in found if to is None or mail.to == to]


def link_of(mail: Received) -> str:
    """The path of the one link in a mail."""
    found = re.findall(r"^https?://\S+$", mail.text, re.MULTILINE)
    assert len(found) == 1, mail.text
    return urlsplit(found[0]).path
