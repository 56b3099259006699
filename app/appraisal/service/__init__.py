"""The verbs of appraisal. They take ``work`` first and never commit.

ordering: an owner asks, an appraiser accepts, declines or cannot finish. fees, assigning, coming, custody: an order with a fee,
from the quote to the thing's way back. offering: an agency's places and times. recording: answers, item by item; measuring and
photographing: what supports them. signing: the report.
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
from app.appraisal.service.assigning import (
    assign,
    assign_by_staff,
    confirm_override,
    on_answer_timeout,
    propose_override,
    reject_by_staff,
)
from app.appraisal.service.coming import (
    book,
    bring,
    choose_again,
)
from app.appraisal.service.custody import (
    DigitsAnswer,
    Seen,
    check_in,
    choose_back,
    hand_back,
    note_address_shown,
    note_back,
    on_back_timeout,
    receive,
    say_sent,
    send_back,
    take_back,
)
from app.appraisal.service.declaring import declare
from app.appraisal.service.fees import (
    on_pay_timeout,
    on_payment_failed,
    on_payment_settled,
    on_report_signed,
    set_price,
)
from app.appraisal.service.offering import (
    add_place,
    close_place,
    offer_times,
    take_time_back,
)
from app.appraisal.service.ordering import (
    accept,
    cancel,
    decline,
    give_up,
    on_come_timeout,
    on_thing_transferred,
    request,
)
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
    "DigitsAnswer",
    "Given",
    "Merged",
    "Saved",
    "Seen",
    "accept",
    "add_photo",
    "add_place",
    "assign",
    "assign_by_staff",
    "book",
    "bring",
    "cancel",
    "check_in",
    "choose_again",
    "choose_back",
    "close_place",
    "computed_findings",
    "confirm_override",
    "declare",
    "decline",
    "give_up",
    "graded",
    "hand_back",
    "is_stopped",
    "mark_photo",
    "note_address_shown",
    "note_back",
    "offer_times",
    "on_answer_timeout",
    "on_back_timeout",
    "on_come_timeout",
    "on_pay_timeout",
    "on_payment_failed",
    "on_payment_settled",
    "on_report_signed",
    "on_thing_transferred",
    "propose_override",
    "receive",
    "refusals",
    "reject_by_staff",
    "remove_photo",
    "request",
    "save_answers",
    "save_codes",
    "save_findings",
    "say_sent",
    "send_back",
    "set_nothing_found",
    "set_price",
    "shown_answers",
    "sign",
    "take_back",
    "take_time_back",
    "typed_answers",
    "typed_items",
    "undo",
]
