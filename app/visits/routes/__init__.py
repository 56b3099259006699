"""Pages of visits: what an agency offers, and what staff decide. Owner and appraiser act on the page of the order."""

from app.visits.routes import offering, staff
from app.visits.routes.blueprint import bp

__all__ = ["bp", "offering", "staff"]
