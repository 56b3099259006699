"""Pages of the valuation room: for everybody, and an operator's tables and models."""

from app.valuation.routes import registry, tables, worth
from app.valuation.routes.blueprint import bp

__all__ = ["bp", "registry", "tables", "worth"]
