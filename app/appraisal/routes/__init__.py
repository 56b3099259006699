"""Pages of the appraisal room: orders, the inspection with its photos, keys and signatures, reports and their checking."""

from app.appraisal.routes import (
    agency,
    checking,
    erasure,
    inspections,
    keys,
    orders,
    photos,
    reports,
    signing,
    staff,
    visits,
    workbench,
)
from app.appraisal.routes.blueprint import bp

__all__ = [
    "agency",
    "bp",
    "checking",
    "erasure",
    "inspections",
    "keys",
    "orders",
    "photos",
    "reports",
    "signing",
    "staff",
    "visits",
    "workbench",
]
