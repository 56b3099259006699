"""Sales for programs: the same verbs as the pages, from "buy" to "accept"."""

from app.trades.api import orders, handing, ending  # isort: skip - the order of the document
from app.trades.api.shaping import face

__all__ = ["ending", "face", "handing", "orders"]
