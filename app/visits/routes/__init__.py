"""Pages of visits: what an agency offers, and what staff decide. The owner's and the appraiser's steps are on the order's page."""

from app.visits.routes import offering, staff
from app.visits.routes.blueprint import bp

__all__ = ["bp", "offering", "staff"]
