"""The verbs of appraisal. They take ``work`` first and never commit.

ordering: an owner asks, an appraiser accepts, declines or cannot finish. recording: answers,
item by item; measuring and photographing: what supports them. signing: the report.
"""

from app.appraisal.inspecting import (
    computed_findings,
    graded,
    is_stopped,
    refusals,
    shown_answers,
    typed_answers,
    typed_items,
)
from app.appraisal.service.ordering import accept, cancel, decline, give_up, on_thing_transferred, request
from app.appraisal.service.photographing import Box, add_photo, mark_photo, remove_photo
from app.appraisal.service.recording import (
    Given,
    Merged,
    Saved,
    save_answers,
    save_codes,
    save_findings,
    set_nothing_found,
    undo,
)
from app.appraisal.service.signing import sign

__all__ = [
    "Box",
    "Given",
    "Merged",
    "Saved",
    "accept",
    "add_photo",
    "cancel",
    "computed_findings",
    "decline",
    "give_up",
    "graded",
    "is_stopped",
    "mark_photo",
    "on_thing_transferred",
    "refusals",
    "remove_photo",
    "request",
    "save_answers",
    "save_codes",
    "save_findings",
    "set_nothing_found",
    "shown_answers",
    "sign",
    "typed_answers",
    "typed_items",
    "undo",
]
