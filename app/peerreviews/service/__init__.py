"""The verbs of peer reviews. They take ``work`` first and never commit.

demanding: whether a report needs a second person (the answer to appraisal's question). asking: who is drawn, and who passes it
on. answering: the blind form and its handing in. deciding: a senior's word on two grades. telling: the finished pair goes into
the appraiser's record.
"""

from app.peerreviews.service.answering import hand_in, must_answer, save
from app.peerreviews.service.asking import (
    ask_next,
    draw_again,
    name_by_staff,
    on_member_left,
    on_order_ended,
    on_timeout,
    on_wait,
    pass_on,
    role_wanted,
)
from app.peerreviews.service.deciding import decide
from app.peerreviews.service.demanding import Demands
from app.peerreviews.service.telling import on_report_signed

__all__ = [
    "Demands",
    "ask_next",
    "decide",
    "draw_again",
    "hand_in",
    "must_answer",
    "name_by_staff",
    "on_member_left",
    "on_order_ended",
    "on_report_signed",
    "on_timeout",
    "on_wait",
    "pass_on",
    "role_wanted",
    "save",
]
