"""Pages of the appraisal room: orders, the inspection, keys and signatures, reports and their checking; the register."""

from app.appraisal.routes import (
    admissions,
    agency,
    appraiser,
    checking,
    erasure,
    home,
    inspections,
    keys,
    my_agency,
    orders,
    photos,
    register,
    reports,
    signing,
    staff,
    visits,
    workbench,
)
from app.appraisal.routes.blueprint import bp

__all__ = [
    "admissions",
    "agency",
    "appraiser",
    "bp",
    "checking",
    "erasure",
    "home",
    "inspections",
    "keys",
    "my_agency",
    "orders",
    "photos",
    "register",
    "reports",
    "signing",
    "staff",
    "visits",
    "workbench",
]
