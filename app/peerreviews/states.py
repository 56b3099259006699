"""The life of a peer review as data. What is not listed is refused."""

from __future__ import annotations

from app.kernel.flow import Flow

WAITING = "waiting"  # nobody is named
ASKED = "asked"  # somebody has the blind form
DIFFERS = "differs"  # another grade was found; no senior is named
DECIDING = "deciding"  # a senior reads both
LOOKING = "looking_again"  # the appraiser was asked to look again
AGREED, STOOD, ENDED = "agreed", "stood", "ended"  # ended: the order ended without a report

NAME, PASS, TIMEOUT = "name", "pass", "timeout"
AGREE, DIFFER = "agree", "differ"
STAND, SEND_BACK = "stand", "send_back"
END = "end"

WITH_SOMEBODY = (ASKED, DECIDING)
WITHOUT = (WAITING, DIFFERS)  # somebody is wanted
OPEN = (WAITING, ASKED, DIFFERS, DECIDING, LOOKING)

REVIEW_FLOW = Flow(
    "peer_review",
    {
        (WAITING, NAME): ASKED,
        (ASKED, PASS): WAITING,
        (ASKED, TIMEOUT): WAITING,
        (ASKED, AGREE): AGREED,
        (ASKED, DIFFER): DIFFERS,
        (DIFFERS, NAME): DECIDING,
        (DECIDING, PASS): DIFFERS,
        (DECIDING, TIMEOUT): DIFFERS,
        (DECIDING, STAND): STOOD,
        (DECIDING, SEND_BACK): LOOKING,
        (LOOKING, AGREE): AGREED,
        (LOOKING, DIFFER): DIFFERS,
        **{(state, END): ENDED for state in OPEN},
    },
)
