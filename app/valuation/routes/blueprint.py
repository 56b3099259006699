"""The room's blueprint; a file of its own so that the pages can share it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from app.valuation import wording
from app.web import hub

MB = 1024 * 1024

bp = Blueprint("valuation", __name__)
bp.record_once(lambda state: state.app.jinja_env.globals.update(worth_words=wording))


@bp.url_value_preprocessor
def _allow_large_bodies(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raise the limit of the body for tables only. Here, because the form token is read before any view runs."""
    if endpoint == "valuation.upload_table":
        request.max_content_length = hub().settings.max_upload_mb * MB
