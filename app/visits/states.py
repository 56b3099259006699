"""The life of a visit, as data. Every pair of state and event that is not listed is refused."""

from __future__ import annotations

from app.kernel.flow import Flow

BOOKED = "booked"  # a time is kept
OPEN = "open"  # the time passed before an appraiser had accepted: another one is to be chosen
ABSENT = "absent"  # one side says that the other was not there; the other may object
DISPUTED = "disputed"  # both were there, they say: staff decide
MET = "met"  # the six digits were right
MISSED = "missed"  # one side was not there
CANCELLED = "cancelled"

RUNNING = (BOOKED, OPEN, ABSENT, DISPUTED)  # the address is kept
KEEPS_TIME = (BOOKED, ABSENT, DISPUTED, MET, MISSED)

MOVE, LAPSE, MEET = "move", "lapse", "meet"
SAY_ABSENT, OBJECT, STAND, DECIDE = "say_absent", "object", "stand", "decide"
CANCEL = "cancel"

VISIT_FLOW = Flow(
    "visit",
    {
        (BOOKED, MOVE): BOOKED,
        (OPEN, MOVE): BOOKED,
        (BOOKED, LAPSE): OPEN,
        (BOOKED, MEET): MET,
        (ABSENT, MEET): MET,  # late, and yet both were there
        (BOOKED, SAY_ABSENT): ABSENT,
        (ABSENT, OBJECT): DISPUTED,
        (ABSENT, STAND): MISSED,  # nobody objected in time
        (DISPUTED, DECIDE): MISSED,
        **{(state, CANCEL): CANCELLED for state in RUNNING},
    },
)
