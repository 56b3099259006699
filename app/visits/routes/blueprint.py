"""The blueprint that the page modules of this room hang their views on."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("visits", __name__)
