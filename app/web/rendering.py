"""Pages and fragments from one call, and how values look: money, moments, numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, cast

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import gettext
from markupsafe import Markup

from app.kernel.money import format_yuan, yuan_text
from app.kernel.time import SHANGHAI
from app.web import languages
from app.web.access import current_actor
from app.web.security import nonce

_VALUE = re.compile(r"%\(\w+\)[sd]")

ShellLoader = Callable[[], Any]


def render(page: str, fragment: str | None = None, *, status: int = 200, **context: Any) -> Response:
    """The page, or only its fragment when htmx asks. ``fragment`` names a template that the page includes."""
    wants_fragment = fragment is not None and request.headers.get("HX-Request") == "true"
    template = fragment if wants_fragment and fragment is not None else page
    answer = make_response(render_template(template, **context), status)
    if fragment is not None:
        answer.vary.add("HX-Request")
    return answer


def say(message: str, **values: Any) -> str:
    """Translate a marked message (``N_``) with its values; plain text, never markup."""
    return gettext(message, **values) if values else gettext(message)


def moment(at: datetime | None) -> str:
    """An instant in Shanghai: 2026-11-23 14:05."""
    return "" if at is None else at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def day(at: datetime | date | None) -> str:
    """The calendar day in Shanghai: 2026-11-23."""
    if at is None:
        return ""
    return (at.astimezone(SHANGHAI) if isinstance(at, datetime) else at).strftime("%Y-%m-%d")


def number(value: int | None) -> str:
    """Thousands separated."""
    return "" if value is None else f"{value:,}"


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def in_language(names: dict[str, str]) -> str:
    """The name in the reader's language out of {"zh": ..., "en": ...}; falls back to the other one."""
    return names.get(languages.present().code) or names.get("zh") or next(iter(names.values()), "")


class Shell:
    """What every page's frame shows about the reader; computed once, only when the frame asks."""

    unread: int = 0
    display_name: str | None = None


def set_up(app: Flask) -> None:
    """Filters and globals of every template."""
    app.jinja_env.filters.update(
        yuan=format_yuan,
        yuan_text=yuan_text,
        moment=moment,
        day=day,
        number=number,
        iso=_iso,
        named=in_language,
        say=say,
        plainly=plainly,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def _globals() -> dict[str, Any]:
        return {
            "csp_nonce": nonce,
            "actor": current_actor(),
            "shell": _shell(),
            "config_dev": current_app.extensions["xunyi"].settings.is_development,
            "locale": languages.present().name,
            "theme": request.cookies.get("theme") if request.cookies.get("theme") in ("light", "dark") else "",
            "request_id": g.get("request_id", ""),
        }


def _shell() -> Any:
    if "shell" not in g:
        loader = cast("ShellLoader | None", current_app.extensions.get("xunyi.shell_loader"))
        g.shell = loader() if loader else Shell()
    return g.shell


def plainly(sentence: str) -> str:
    """A sentence of a list of messages, with an ellipsis where a value will stand."""
    return _VALUE.sub("…", sentence)


def plain(text: str) -> Markup:
    """User text with its line breaks: escaped first, then <br>."""
    return Markup("<br>").join(Markup.escape(line) for line in text.splitlines())
