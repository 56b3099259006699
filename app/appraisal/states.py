"""The life of an appraisal order, as data. Every pair of state and event that is not listed is refused.

An order of an agency without a fee for the category takes the short path: requested, accepted by whoever of the agency takes it,
inspecting, issued; the thing lies beside the appraiser. With a fee it is quoted, paid into escrow, assigned by a draw, accepted,
and the thing is shown at a booked time or left with the agency. Where the thing is, is told by custody rows and never by the
state: an order that has ended may still owe it back.

A report of which a second look is wanted waits in a state of its own: everybody who signs has signed, and it is not issued before
somebody who does not know the grade has come to one (room peerreviews).

An issued report is never changed. A correction by its appraiser goes through states of its own, so that the order stays what it
is: it is nobody's open order, and a new owner of the thing changes nothing about it.
"""

from __future__ import annotations

from app.kernel.flow import Flow

REQUESTED = "requested"
QUOTED = "quoted"  # the fee is named and not paid
FEE_PAID = "fee_paid"  # in escrow; the next appraiser is drawn
ASSIGNED = "assigned"  # drawn; the appraiser has not answered
ACCEPTED = "accepted"
SCHEDULED = "scheduled"  # a time is booked at which owner and thing meet the appraiser
AWAITING_ITEM = "awaiting_item"  # it is to be brought or sent
ITEM_RECEIVED = "item_received"  # in the agency's custody
INSPECTING = "inspecting"
REPORT_DRAFT = "report_draft"  # frozen: the bytes that the appraiser signs
PEER_REVIEW = "peer_review"  # signed by the appraiser; waits for the senior's signature
SECOND_LOOK = "second_look"  # signed by everybody; somebody who does not know the grade looks before it is issued
ISSUED = "issued"
CORRECTING, CORRECTION_DRAFT, CORRECTION_REVIEW = "correcting", "correction_draft", "correction_review"
DECLINED = "declined"
CANCELLED = "cancelled"
UNABLE = "unable"

WORKED_ON = (INSPECTING, CORRECTING)  # answers may be given
FROZEN = (REPORT_DRAFT, CORRECTION_DRAFT)
REVIEWED = (PEER_REVIEW, CORRECTION_REVIEW)
AFTER_ISSUE = (CORRECTING, CORRECTION_DRAFT, CORRECTION_REVIEW)  # there is a report already
UNSIGNED = (REPORT_DRAFT, PEER_REVIEW, SECOND_LOOK)  # inspected; the report is not issued yet
LATE = (SCHEDULED, AWAITING_ITEM, ITEM_RECEIVED, INSPECTING, *UNSIGNED)  # something can be overdue that its owner cannot end

OPEN = (REQUESTED, QUOTED, FEE_PAID, ASSIGNED, ACCEPTED, SCHEDULED, AWAITING_ITEM, ITEM_RECEIVED, INSPECTING, *UNSIGNED)
WITH_APPRAISER = (  # somebody is named
    *(ASSIGNED, ACCEPTED, SCHEDULED, AWAITING_ITEM, ITEM_RECEIVED, INSPECTING),
    *(*UNSIGNED, ISSUED, *AFTER_ISSUE),
)
TAKEN = (ACCEPTED, SCHEDULED, AWAITING_ITEM, ITEM_RECEIVED, INSPECTING)  # and works on it
REFUNDING = (  # in these a paid fee is held
    *(FEE_PAID, ASSIGNED, ACCEPTED, SCHEDULED, AWAITING_ITEM, ITEM_RECEIVED, INSPECTING),
    *UNSIGNED,
)
ENDED = (ISSUED, *AFTER_ISSUE, DECLINED, CANCELLED, UNABLE)

QUOTE, SETTLE, PAY_TIMEOUT = "quote", "settle", "pay_timeout"
ASSIGN, PASS, ANSWER_TIMEOUT = "assign", "pass", "answer_timeout"
ACCEPT, DECLINE, CANCEL, BEGIN, SIGN = "accept", "decline", "cancel", "begin", "sign"
BOOK, BRING, RELEASE = "book", "bring", "release"  # release: the owner gives the time or the way back, to choose another
MOVE = "move"  # another time of a visit at home
CHECK_IN, RECEIVE = "check_in", "receive"
COME_TIMEOUT = "come_timeout"  # nobody came
FREEZE = "freeze"  # the report is made, for a signature with a key of one's own
HAND_ON = "hand_on"  # the appraiser has signed, the senior has not
CONFIRM = "confirm"  # the senior signs
HOLD = "hold"  # the last signature is there, and a second look is wanted
LET_THROUGH = "let_through"  # the second look agrees, or a senior lets the grade stand
LOOK_AGAIN = "look_again"  # the second look differs, and a senior asks the appraiser to look again
REFER_BACK = "refer_back"  # the senior asks for another look, with a reason
REOPEN = "reopen"  # the appraiser takes the draft back
CORRECT, DROP = "correct", "drop"  # an issued report is corrected by a next version; the correction is given up
GIVE_UP = "give_up"  # the appraiser cannot finish, with a reason
CHANGE_HANDS = "change_hands"  # the thing has a new owner; whose request it was no longer owns it
SEND_BACK, RETURN = "send_back", "return"  # the way back of a thing in custody: given to a carrier; with its owner again
# RECEIVE after the end: the parcel was still on its way to the agency

APPRAISAL_FLOW = Flow(
    "appraisal",
    {
        (REQUESTED, ACCEPT): ACCEPTED,
        (REQUESTED, DECLINE): DECLINED,
        (REQUESTED, CANCEL): CANCELLED,
        (REQUESTED, QUOTE): QUOTED,
        (QUOTED, SETTLE): FEE_PAID,
        (QUOTED, PAY_TIMEOUT): CANCELLED,
        (QUOTED, CANCEL): CANCELLED,
        (FEE_PAID, ASSIGN): ASSIGNED,
        (FEE_PAID, DECLINE): DECLINED,  # staff: nobody can take it
        (FEE_PAID, CANCEL): CANCELLED,
        (ASSIGNED, ACCEPT): ACCEPTED,
        (ASSIGNED, PASS): FEE_PAID,
        (ASSIGNED, ANSWER_TIMEOUT): FEE_PAID,
        (ASSIGNED, CANCEL): CANCELLED,
        (ACCEPTED, BEGIN): INSPECTING,  # only without a fee: see service.recording
        (ACCEPTED, BOOK): SCHEDULED,
        (ACCEPTED, BRING): AWAITING_ITEM,
        (ACCEPTED, CANCEL): CANCELLED,
        (ACCEPTED, COME_TIMEOUT): CANCELLED,
        (SCHEDULED, RELEASE): ACCEPTED,
        (SCHEDULED, MOVE): SCHEDULED,
        (SCHEDULED, CHECK_IN): INSPECTING,
        (SCHEDULED, CANCEL): CANCELLED,
        (AWAITING_ITEM, RELEASE): ACCEPTED,
        (AWAITING_ITEM, RECEIVE): ITEM_RECEIVED,
        (AWAITING_ITEM, CANCEL): CANCELLED,
        (AWAITING_ITEM, COME_TIMEOUT): CANCELLED,
        (ITEM_RECEIVED, BEGIN): INSPECTING,
        (ITEM_RECEIVED, CANCEL): CANCELLED,
        (INSPECTING, SIGN): ISSUED,
        (INSPECTING, HAND_ON): PEER_REVIEW,
        (INSPECTING, FREEZE): REPORT_DRAFT,
        (REPORT_DRAFT, SIGN): ISSUED,
        (REPORT_DRAFT, HAND_ON): PEER_REVIEW,
        (REPORT_DRAFT, REOPEN): INSPECTING,
        (PEER_REVIEW, CONFIRM): ISSUED,
        **{(state, HOLD): SECOND_LOOK for state in (INSPECTING, REPORT_DRAFT, PEER_REVIEW)},
        (SECOND_LOOK, LET_THROUGH): ISSUED,
        (SECOND_LOOK, LOOK_AGAIN): INSPECTING,
        (PEER_REVIEW, REFER_BACK): INSPECTING,
        (PEER_REVIEW, REOPEN): INSPECTING,
        (ISSUED, CORRECT): CORRECTING,
        (CORRECTING, SIGN): ISSUED,
        (CORRECTING, HAND_ON): CORRECTION_REVIEW,
        (CORRECTING, FREEZE): CORRECTION_DRAFT,
        (CORRECTING, DROP): ISSUED,
        (CORRECTION_DRAFT, SIGN): ISSUED,
        (CORRECTION_DRAFT, HAND_ON): CORRECTION_REVIEW,
        (CORRECTION_DRAFT, REOPEN): CORRECTING,
        (CORRECTION_REVIEW, CONFIRM): ISSUED,
        (CORRECTION_REVIEW, REFER_BACK): CORRECTING,
        (CORRECTION_REVIEW, REOPEN): CORRECTING,
        **{(state, GIVE_UP): UNABLE for state in (*TAKEN, SECOND_LOOK)},
        **{(state, CHANGE_HANDS): CANCELLED for state in OPEN},
        **{(state, step): state for state in ENDED if state != DECLINED for step in (RECEIVE, SEND_BACK, RETURN)},
    },
)

SUBMITTED, APPROVED, REFUSED, WITHDRAWN = "submitted", "approved", "refused", "withdrawn"
APPROVE, REFUSE, WITHDRAW = "approve", "refuse", "withdraw"

APPLICATION_FLOW = Flow(
    "agency_application",
    {
        (SUBMITTED, APPROVE): APPROVED,
        (SUBMITTED, REFUSE): REFUSED,
        (SUBMITTED, WITHDRAW): WITHDRAWN,
    },
)
