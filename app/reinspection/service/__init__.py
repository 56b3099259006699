"""The verbs of re-inspection. They take ``work`` first and never commit.

contesting: somebody doubts a grade. drawing: a report is drawn by lot. seeking: an agency is found. deciding: the second report
is compared with the first. ending: where the deposit goes. answering: what the first agency answers for.
"""

from app.reinspection.service.contesting import (
    contest,
    on_pay_timeout,
    on_payment_failed,
    on_payment_settled,
    refuse_contest,
    withdraw,
)
from app.reinspection.service.deciding import on_report_signed
from app.reinspection.service.drawing import draw_month, draw_report
from app.reinspection.service.seeking import (
    close,
    on_order_ended,
    on_report_revoked,
    on_show_timeout,
    on_thing_not_back,
    on_thing_transferred,
    search_again,
    seek,
)

__all__ = [
    "close",
    "contest",
    "draw_month",
    "draw_report",
    "on_order_ended",
    "on_pay_timeout",
    "on_payment_failed",
    "on_payment_settled",
    "on_report_revoked",
    "on_report_signed",
    "on_show_timeout",
    "on_thing_not_back",
    "on_thing_transferred",
    "refuse_contest",
    "search_again",
    "seek",
    "withdraw",
]
