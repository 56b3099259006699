"""Pages of a sale: confirm the purchase, bargain, follow the order, compare it, report a problem; and the staff's cases."""

from app.trades.routes import buying, changes, checking, offers, orders, problems, refunds, reviews, staff
from app.trades.routes.blueprint import bp

__all__ = ["bp", "buying", "changes", "checking", "offers", "orders", "problems", "refunds", "reviews", "staff"]
