"""Pages of claims: for buyer and seller, for who decides a dispute, and for staff."""

from app.aftersales.routes import claims, disputes, steps
from app.aftersales.routes.blueprint import bp

__all__ = ["bp", "claims", "disputes", "steps"]
