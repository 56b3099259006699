"""The list of a person's notices; in development also the folder mailbox."""

from __future__ import annotations

import re

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from app.kernel.errors import NotFound
from app.notices import queries, service
from app.notices.provider import FolderMailer
from app.web import allow, begin, current_actor, hub, look, render

bp = Blueprint("notices", __name__)
dev_bp = Blueprint("dev_mail", __name__, url_prefix="/dev")

PER_PAGE = 30
MAILS_SHOWN = 200


@bp.get("/notices")
@allow("member")
def index() -> Response:
    before = _bounded(request.args.get("before"))
    with look() as work:
        found = queries.list_notices(work, current_actor().id, limit=PER_PAGE + 1, before=before)
        unread = queries.unread_count(work, current_actor().id)
    shown = found[:PER_PAGE]
    older = url_for("notices.index", before=shown[-1].id) if len(found) > PER_PAGE else None
    newer = url_for("notices.index") if before is not None else None
    return render("notices/index.html", notices=shown, unread=unread, older=older, newer=newer)


@bp.post("/notices/read")
@allow("member")
def read_all() -> Response:
    with begin() as work:
        service.mark_all_read(work)
    flash(_("All notices are marked as read."), "success")
    return redirect(url_for("notices.index"), code=303)


@bp.post("/notices/<code>/open")
@allow("member")
def open_notice(code: str) -> Response:
    with begin() as work:
        link = service.mark_read(work, code).link
    return redirect(link or url_for("notices.index"), code=303)


# Development


@dev_bp.get("/mailbox")
@allow("anyone")
def mailbox() -> Response:
    return render("notices/dev_mailbox.html", mails=_folder().newest(MAILS_SHOWN))


@dev_bp.get("/mailbox/<name>")
@allow("anyone")
def mail(name: str) -> Response:
    found = _folder().read(name)
    if found is None:
        raise NotFound()
    return render("notices/dev_mail.html", mail=found, text=_with_own_links(found.text, hub().settings.base_url.rstrip("/")))


def _folder() -> FolderMailer:
    """The mailbox, in development and tests only, and only when mails go to a folder."""
    home = hub()
    if home.settings.env not in ("development", "test") or not isinstance(home.mailer, FolderMailer):
        raise NotFound()
    return home.mailer


def _with_own_links(text: str, base_url: str) -> Markup:
    """The mail's text; addresses of this site become links to the same path here, nothing else does."""
    parts = re.split(rf"({re.escape(base_url)}/\S*)", text)
    return Markup().join(
        Markup('<a href="{}">{}</a>').format(part[len(base_url) :], part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )


def _bounded(typed: str | None) -> int | None:
    """An id from the address bar, None when it is none (SQLite cannot take numbers beyond 64 bits)."""
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) <= 18 else None
