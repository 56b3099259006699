"""What a number in an address looks like."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter


class PlainInteger(IntegerConverter):
    """ASCII digits without leading zeros: one address for one thing. The stock converter also reads digits of other scripts."""

    regex = r"(?:0|[1-9][0-9]{0,17})"


def set_up(app: Flask) -> None:
    """Before any route is registered."""
    app.url_map.converters["int"] = PlainInteger
