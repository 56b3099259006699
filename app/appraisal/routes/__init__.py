"""Pages of the appraisal room: orders, the inspection with its photos and its signature, reports."""

from app.appraisal.routes import inspections, orders, photos, reports, workbench
from app.appraisal.routes.blueprint import bp

__all__ = ["bp", "inspections", "orders", "photos", "reports", "workbench"]
