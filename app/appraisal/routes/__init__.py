"""Pages of the appraisal room: orders, the inspection with its signature, reports."""

from app.appraisal.routes import inspections, orders, reports
from app.appraisal.routes.blueprint import bp

__all__ = ["bp", "inspections", "orders", "reports"]
