"""Tables of the appraisal room."""

from app.appraisal.models.inspections import InspectionChange, InspectionMark, InspectionPhoto, InspectionReading
from app.appraisal.models.orders import Appraisal
from app.appraisal.models.reports import STATUSES, Report

__all__ = ["STATUSES", "Appraisal", "InspectionChange", "InspectionMark", "InspectionPhoto", "InspectionReading", "Report"]
