"""Where a form may send the reader next: only to a path of our own."""

from __future__ import annotations

import re

_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x1f\x7f]*")


def safe_path(target: str | None, default: str = "/") -> str:
    """The target when it is a plain path of this site (starts with one slash, no backslash, no control characters)."""
    return target if target and len(target) <= 500 and _PATH.fullmatch(target) else default
