"""The verbs of appraisal. They take ``work`` first and never commit.

ordering: an owner asks, an appraiser accepts, declines or cannot finish. recording: answers, item by item. signing: the report.
"""

from app.appraisal.inspecting import computed_findings, graded, refusals, shown_answers, typed_answers, typed_items
from app.appraisal.service.ordering import accept, cancel, decline, give_up, on_thing_transferred, request
from app.appraisal.service.recording import Saved, save_findings
from app.appraisal.service.signing import sign

__all__ = [
    "Saved",
    "accept",
    "cancel",
    "computed_findings",
    "decline",
    "give_up",
    "graded",
    "on_thing_transferred",
    "refusals",
    "request",
    "save_findings",
    "shown_answers",
    "sign",
    "typed_answers",
    "typed_items",
]
