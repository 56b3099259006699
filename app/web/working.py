"""A view's way to a Work: ``with begin() as work`` writes, ``with look() as work`` reads."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import cast

from flask import current_app, g

from app.kernel.hub import Hub
from app.kernel.work import Work
from app.web.access import current_actor


def hub() -> Hub:
    """The hub of the running marketplace."""
    return cast(Hub, current_app.extensions["xunyi"])


def begin() -> AbstractContextManager[Work]:
    """Write as the request's actor; redirect after the block, so that a failed commit cannot show a success page."""
    return hub().db.begin(current_actor(), request_id=g.get("request_id", ""))


def look() -> AbstractContextManager[Work]:
    """Read as the request's actor on the read engine."""
    return hub().db.look(current_actor(), request_id=g.get("request_id", ""))
