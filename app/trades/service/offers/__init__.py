"""The verbs of bargaining."""

from __future__ import annotations

from app.trades.service.offers.bargaining import accept, counter, decline, make_offer, set_floor, withdraw
from app.trades.service.offers.ending import on_due, on_listing_closed, on_order_cancelled, on_order_paid, on_quiet
from app.trades.service.offers.telling import on_offer_named

__all__ = [
    "accept",
    "counter",
    "decline",
    "make_offer",
    "on_due",
    "on_listing_closed",
    "on_offer_named",
    "on_order_cancelled",
    "on_order_paid",
    "on_quiet",
    "set_floor",
    "withdraw",
]
