"""Pages of the appraisal room: orders, the inspection with its photos and its signature, reports."""

from app.appraisal.routes import agency, erasure, inspections, orders, photos, reports, staff, visits, workbench
from app.appraisal.routes.blueprint import bp

__all__ = ["agency", "bp", "erasure", "inspections", "orders", "photos", "reports", "staff", "visits", "workbench"]
