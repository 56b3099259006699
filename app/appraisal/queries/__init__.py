"""Reads of the appraisal room, for its pages and for upper rooms."""

from app.appraisal.queries.orders import (
    agencies,
    agencies_of,
    agency_queue,
    open_appraisal,
    own_inspection,
    page_of_appraisals,
    visible_appraisal,
)
from app.appraisal.queries.reports import (
    findings_to_tell,
    is_newest,
    latest_report,
    latest_report_about,
    not_compared,
    report_by_code,
    report_of,
    reports_by_appraisal,
    reports_by_thing,
    undeclared,
)

__all__ = [
    "agencies",
    "agencies_of",
    "agency_queue",
    "findings_to_tell",
    "is_newest",
    "latest_report",
    "latest_report_about",
    "not_compared",
    "open_appraisal",
    "own_inspection",
    "page_of_appraisals",
    "report_by_code",
    "report_of",
    "reports_by_appraisal",
    "reports_by_thing",
    "undeclared",
    "visible_appraisal",
]
