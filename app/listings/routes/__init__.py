"""Pages of listings: the wizard, its photos, the public page, the seller's own list, and the staff's queue."""

from app.listings.routes import offers, photos, review, selling
from app.listings.routes.blueprint import bp

__all__ = ["bp", "offers", "photos", "review", "selling"]
