"""Opaque cursors: where a list goes on, signed, so that only what we gave out comes back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import current_app

from app.web.api.errors import BadCursor

Row = TypeVar("Row")

_LONGEST = 400


def make_cursor(place: str, value: Any) -> str:
    """A cursor of the list ``place`` (operation and filters) that stands at this value (a number, text or list of them)."""
    content = json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode()
    return base64.urlsafe_b64encode(_seal(place, content) + content).decode().rstrip("=")


def cut(rows: Sequence[Row], limit: int, place: str, mark: Callable[[Row], Any]) -> tuple[Sequence[Row], str | None]:
    """The rows of a page and the cursor of the next, out of rows that were asked for one beyond ``limit``.

    ``mark`` gives the value at which a list that ended with this row goes on.
    """
    shown = rows[:limit]
    return shown, make_cursor(place, mark(shown[-1])) if len(rows) > limit else None


def read_cursor(place: str, cursor: str | None) -> Any:
    """The value at which the list goes on; None at its beginning. Raises BadCursor."""
    if cursor is None:
        return None
    if not cursor.isascii() or not 0 < len(cursor) <= _LONGEST:
        raise BadCursor()
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except ValueError as wrong:
        raise BadCursor() from wrong
    seal, content = raw[:16], raw[16:]
    if not hmac.compare_digest(seal, _seal(place, content)):
        raise BadCursor()
    return json.loads(content)


def _seal(place: str, content: bytes) -> bytes:
    key = current_app.config["SECRET_KEY"]
    secret = key if isinstance(key, bytes) else str(key).encode()
    return hmac.new(secret, b"cursor\x00" + place.encode() + b"\x00" + content, hashlib.sha256).digest()[:16]
