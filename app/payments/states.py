"""The life cycles of a payment and of a command to the provider. Where the money is, is never a state: the ledger says it."""

from __future__ import annotations

from app.kernel.flow import Flow

OPEN, SETTLED, CANCELLED, FAILED = "open", "settled", "cancelled", "failed"

# A capture is a fact of the provider: after a cancellation it is taken into the books and sent back, the state stays.
PAYMENT_FLOW = Flow(
    "payment",
    {
        (OPEN, "settle"): SETTLED,
        (OPEN, "fail"): FAILED,
        (OPEN, "cancel"): CANCELLED,
        (FAILED, "retry"): OPEN,
        (FAILED, "settle"): SETTLED,  # the provider's news may arrive in any order
        (FAILED, "cancel"): CANCELLED,
        (CANCELLED, "capture_late"): CANCELLED,
    },
    by={"settle": "payer", "fail": "payer", "cancel": "what it pays for", "retry": "buyer", "capture_late": "payer"},
)

PLANNED, SUBMITTED, SUCCEEDED, COMMAND_FAILED = "planned", "submitted", "succeeded", "failed"
RETURNED, CLOSED = "returned", "closed"
DONE = (SUCCEEDED, CLOSED)  # nobody waits for them

COMMAND_FLOW = Flow(
    "money_command",
    {
        (PLANNED, "submit"): SUBMITTED,
        (PLANNED, "succeed"): SUCCEEDED,  # the provider's news can be faster than our own note of its answer
        (PLANNED, "fail"): COMMAND_FAILED,
        (SUBMITTED, "succeed"): SUCCEEDED,
        (SUBMITTED, "fail"): COMMAND_FAILED,
        (COMMAND_FAILED, "retry"): PLANNED,
        (COMMAND_FAILED, "succeed"): SUCCEEDED,
        (SUCCEEDED, "come_back"): RETURNED,  # a payout that the bank has sent back, days after it was said to be paid
        # The money was needed for something else, or another payout takes its place.
        (COMMAND_FAILED, "close"): CLOSED,
        (RETURNED, "close"): CLOSED,
    },
    by={
        "submit": "job",
        "succeed": "payer",
        "fail": "payer",
        "retry": "operator",
        "come_back": "payer",
        "close": "operator or a refund",
    },
)

DISPUTE_OPEN, DISPUTE_WON, DISPUTE_LOST = "open", "won", "lost"

DISPUTE_FLOW = Flow(
    "bank_dispute",
    {(DISPUTE_OPEN, "win"): DISPUTE_WON, (DISPUTE_OPEN, "lose"): DISPUTE_LOST},
    by={"win": "bank", "lose": "bank"},
)

TAKEN, NOT_TAKEN = "taken", "not_taken"

# Out of a payout that has arrived, for a refund: what the receiver has not got any more stays a debt.
TAKE_BACK_FLOW = Flow(
    "take_back",
    {(PLANNED, "take"): TAKEN, (PLANNED, "refuse"): NOT_TAKEN},
    by={"take": "job", "refuse": "payer"},
)

# A row of a bank's statement that could not be matched waits for the operator; one that could is resolved from its first day.
ROW_OPEN, ROW_RETURNING, ROW_RESOLVED = "open", "returning", "resolved"

ROW_FLOW = Flow(
    "bank_row",
    {
        (ROW_OPEN, "assign"): ROW_RESOLVED,  # to a payment, or to a transfer of ours
        (ROW_OPEN, "assign_part"): ROW_RETURNING,  # to a payment; what was too much goes back
        (ROW_OPEN, "send_back"): ROW_RETURNING,
        (ROW_OPEN, "book_fee"): ROW_RESOLVED,
        (ROW_OPEN, "book_loss"): ROW_RESOLVED,
        (ROW_RETURNING, "arrive"): ROW_RESOLVED,
        (ROW_RETURNING, "refuse"): ROW_OPEN,  # the bank did not send it: somebody decides anew
    },
    by={
        "assign": "operator",
        "assign_part": "operator",
        "send_back": "operator",
        "book_fee": "operator",
        "book_loss": "operator",
        "arrive": "bank",
        "refuse": "operator",
    },
)

WAITING, EXPORTED, CONFIRMED, REFUSED, CAME_BACK = "waiting", "exported", "confirmed", "refused", "came_back"

TRANSFER_FLOW = Flow(
    "bank_transfer",
    {
        (WAITING, "export"): EXPORTED,
        (WAITING, "confirm"): CONFIRMED,  # somebody typed it at the bank by hand
        (EXPORTED, "confirm"): CONFIRMED,
        (EXPORTED, "refuse"): REFUSED,
        (CONFIRMED, "come_back"): CAME_BACK,
    },
    by={"export": "operator", "confirm": "bank", "refuse": "operator", "come_back": "bank"},
)
