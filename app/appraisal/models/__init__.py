"""Tables of the appraisal room."""

from app.appraisal.models.applying import Application
from app.appraisal.models.assigning import Assignment, Override
from app.appraisal.models.declared import Declared
from app.appraisal.models.drafts import ReportDraft, ReportSignature
from app.appraisal.models.fees import Fee, Price
from app.appraisal.models.gates import ErasureCertificate, ErasureCheck, InspectionSeal
from app.appraisal.models.home import HomeVisit
from app.appraisal.models.inspections import InspectionChange, InspectionMark, InspectionPhoto, InspectionReading
from app.appraisal.models.keys import REVOKED_FOR, KeyRevocation, SigningKey
from app.appraisal.models.orders import Appraisal
from app.appraisal.models.people import LEVELS, Certificate, Course, Decision
from app.appraisal.models.proficiency import Agreement, ProficiencyResult, ProficiencyTest
from app.appraisal.models.register import Calibration, Instrument, Licence, Suspension
from app.appraisal.models.reports import STATUSES, Report, ReportRevocation
from app.appraisal.models.second_looks import SecondLook, SecondLookOrder
from app.appraisal.models.visits import Absence, CustodyEntry, Handing, Place, Slot

__all__ = [
    "LEVELS",
    "REVOKED_FOR",
    "STATUSES",
    "Absence",
    "Agreement",
    "Application",
    "Appraisal",
    "Assignment",
    "Calibration",
    "Certificate",
    "Course",
    "CustodyEntry",
    "Decision",
    "Declared",
    "ErasureCertificate",
    "ErasureCheck",
    "Fee",
    "Handing",
    "HomeVisit",
    "InspectionChange",
    "InspectionMark",
    "InspectionPhoto",
    "InspectionReading",
    "InspectionSeal",
    "Instrument",
    "KeyRevocation",
    "Licence",
    "Override",
    "Place",
    "Price",
    "ProficiencyResult",
    "ProficiencyTest",
    "Report",
    "ReportDraft",
    "ReportRevocation",
    "ReportSignature",
    "SecondLook",
    "SecondLookOrder",
    "SigningKey",
    "Slot",
    "Suspension",
]
