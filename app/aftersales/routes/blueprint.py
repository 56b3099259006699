"""The room's blueprint; a file of its own so that the pages can share it."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("aftersales", __name__)
