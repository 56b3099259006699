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
    },
    by={"submit": "job", "succeed": "payer", "fail": "payer", "retry": "operator"},
)
