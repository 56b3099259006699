"""The verbs of visits. They take ``work`` first and never commit.

offering: an agency's districts and times. keeping: a time is booked, moved, kept or given back. missing: one side was not there.
"""

from app.visits.service.keeping import book, cancel, confirm, lapse, meet, move
from app.visits.service.missing import decide, object_to, on_object_timeout, on_silent, say_absent
from app.visits.service.offering import close_area, offer_slots, open_area, take_slot_back

__all__ = [
    "book",
    "cancel",
    "close_area",
    "confirm",
    "decide",
    "lapse",
    "meet",
    "move",
    "object_to",
    "offer_slots",
    "on_object_timeout",
    "on_silent",
    "open_area",
    "say_absent",
    "take_slot_back",
]
