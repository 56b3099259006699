"""Tables of the appraisal room."""

from app.appraisal.models.orders import Appraisal
from app.appraisal.models.reports import STATUSES, Report

__all__ = ["STATUSES", "Appraisal", "Report"]
