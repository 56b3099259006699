"""Tables of the appraisal room."""

from app.appraisal.models.assigning import Assignment, Override
from app.appraisal.models.declared import Declared
from app.appraisal.models.fees import Fee, Price
from app.appraisal.models.inspections import InspectionChange, InspectionMark, InspectionPhoto, InspectionReading
from app.appraisal.models.orders import Appraisal
from app.appraisal.models.reports import STATUSES, Report
from app.appraisal.models.visits import CustodyEntry, Handing, Place, Slot

__all__ = [
    "STATUSES",
    "Appraisal",
    "Assignment",
    "CustodyEntry",
    "Declared",
    "Fee",
    "Handing",
    "InspectionChange",
    "InspectionMark",
    "InspectionPhoto",
    "InspectionReading",
    "Override",
    "Place",
    "Price",
    "Report",
    "Slot",
]
