"""The verbs of appraisal. They take ``work`` first and never commit.

ordering: an owner asks, an appraiser accepts, declines or cannot finish. fees, assigning, coming, home, custody: an order
with a fee, from the quote to the way back. offering: an agency's places and times. recording: answers, item by item; measuring
and photographing: what supports them. freezing and signing: the report. looking: what follows from a second look. keys: with what
it is signed. correcting: a next version, a withdrawal. valuing: an estimate beside the report. second_looks: another agency
looks again at a signed report, blind.
The register: licensing (applications, licences, suspensions), equipping (instruments), learning (certificates, courses),
testing (proficiency), reminding (before something ends), guarding (who may take new work), agreeing (how accurate an
appraiser was found to be).
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
from app.appraisal.service.agreeing import record_agreement
from app.appraisal.service.announcing import guidance_faults, on_scheme_approved, require_scheme_reader
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
)
from app.appraisal.service.correcting import correct, correction_refusal, drop_correction, on_report_silenced, revoke_report
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
from app.appraisal.service.ending import on_thing_transferred
from app.appraisal.service.equipping import add_instrument, calibrate, retire_instrument, strike_calibration
from app.appraisal.service.erasing import acceptable_methods, check_erasure, record_erasure, seal
from app.appraisal.service.fees import (
    give_fee_back,
    on_pay_timeout,
    on_payment_failed,
    on_payment_settled,
    on_report_signed,
    set_price,
)
from app.appraisal.service.freezing import report_day, result_of
from app.appraisal.service.guarding import require_agency_may, require_appraiser_may, require_may_sign
from app.appraisal.service.home import (
    HomeWish,
    agency_of_time,
    move_visit,
    note_home_shown,
    object_to_absence,
    on_visit_missed,
    on_visit_silent,
    say_absent,
)
from app.appraisal.service.keys import operator_signer, proof_message, register_key, revoke_key
from app.appraisal.service.late import end_late, on_report_timeout, share_unsent
from app.appraisal.service.learning import decide_certificate, hand_in_certificate, record_course, strike_course
from app.appraisal.service.leaving import on_member_left
from app.appraisal.service.licensing import (
    apply,
    approve,
    correct_licence,
    grant,
    lift,
    refuse,
    suspend,
    withdraw_application,
    withdraw_licence,
)
from app.appraisal.service.looking import held, let_through, look_again
from app.appraisal.service.measuring import likely_instruments, without_own_instrument
from app.appraisal.service.meeting import choose_again
from app.appraisal.service.offering import (
    add_place,
    close_place,
    offer_times,
    take_time_back,
)
from app.appraisal.service.ordering import (
    ABSENT,
    AWAY,
    accept,
    cancel,
    decline,
    give_up,
    on_come_timeout,
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
from app.appraisal.service.reminding import (
    on_calibration_reminder,
    on_certificate_reminder,
    on_hours_reminder,
    on_licence_reminder,
    on_proficiency_reminder,
)
from app.appraisal.service.second_looks import (
    begin_second_look,
    cancel_second_look,
    end_second_look,
    place_second_look,
    refuse_undecided_look,
)
from app.appraisal.service.signing import (
    TWO_SIGN,
    Signed,
    add_signature,
    confirm,
    freeze,
    refer_back,
    reopen,
    sign,
)
from app.appraisal.service.testing import begin_test, hand_in_test
from app.appraisal.service.valuing import value_report

__all__ = [
    "ABSENT",
    "AWAY",
    "TWO_SIGN",
    "Box",
    "DigitsAnswer",
    "Given",
    "HomeWish",
    "Merged",
    "Saved",
    "Seen",
    "Signed",
    "accept",
    "acceptable_methods",
    "add_instrument",
    "add_photo",
    "add_place",
    "add_signature",
    "agency_of_time",
    "apply",
    "approve",
    "assign",
    "assign_by_staff",
    "begin_second_look",
    "begin_test",
    "book",
    "bring",
    "calibrate",
    "cancel",
    "cancel_second_look",
    "check_erasure",
    "check_in",
    "choose_again",
    "choose_back",
    "close_place",
    "computed_findings",
    "confirm",
    "confirm_override",
    "correct",
    "correct_licence",
    "correction_refusal",
    "decide_certificate",
    "declare",
    "decline",
    "drop_correction",
    "end_late",
    "end_second_look",
    "freeze",
    "give_fee_back",
    "give_up",
    "graded",
    "grant",
    "guidance_faults",
    "hand_back",
    "hand_in_certificate",
    "hand_in_test",
    "held",
    "is_stopped",
    "let_through",
    "lift",
    "likely_instruments",
    "look_again",
    "mark_photo",
    "move_visit",
    "note_address_shown",
    "note_back",
    "note_home_shown",
    "object_to_absence",
    "offer_times",
    "on_answer_timeout",
    "on_back_timeout",
    "on_calibration_reminder",
    "on_certificate_reminder",
    "on_come_timeout",
    "on_hours_reminder",
    "on_licence_reminder",
    "on_member_left",
    "on_pay_timeout",
    "on_payment_failed",
    "on_payment_settled",
    "on_proficiency_reminder",
    "on_report_signed",
    "on_report_silenced",
    "on_report_timeout",
    "on_scheme_approved",
    "on_thing_transferred",
    "on_visit_missed",
    "on_visit_silent",
    "operator_signer",
    "place_second_look",
    "proof_message",
    "propose_override",
    "receive",
    "record_agreement",
    "record_course",
    "record_erasure",
    "refer_back",
    "refusals",
    "refuse",
    "refuse_undecided_look",
    "register_key",
    "reject_by_staff",
    "remove_photo",
    "reopen",
    "report_day",
    "request",
    "require_agency_may",
    "require_appraiser_may",
    "require_may_sign",
    "require_scheme_reader",
    "result_of",
    "retire_instrument",
    "revoke_key",
    "revoke_report",
    "save_answers",
    "save_codes",
    "save_findings",
    "say_absent",
    "say_sent",
    "seal",
    "send_back",
    "set_nothing_found",
    "set_price",
    "share_unsent",
    "shown_answers",
    "sign",
    "strike_calibration",
    "strike_course",
    "suspend",
    "take_back",
    "take_time_back",
    "typed_answers",
    "typed_items",
    "undo",
    "value_report",
    "withdraw_application",
    "withdraw_licence",
    "without_own_instrument",
]
