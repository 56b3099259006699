"""Sales for programs: the same verbs as the pages, from "buy" to "accept", and the way back of what was refunded."""

from app.trades.api import orders, carrying, changes, handing, checking, ending, returning, reviews  # isort: skip - the order of the document
from app.trades.api.shaping import face

__all__ = ["carrying", "changes", "checking", "ending", "face", "handing", "orders", "returning", "reviews"]
