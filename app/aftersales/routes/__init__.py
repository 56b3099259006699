"""Pages of claims: for buyer and seller, and for staff."""

from app.aftersales.routes import claims, steps
from app.aftersales.routes.blueprint import bp

__all__ = ["bp", "claims", "steps"]
