"""Life cycles of an order and of a case, as data. Every pair of state and event that is not listed is refused."""

from __future__ import annotations

from app.kernel.flow import Flow

AWAITING_PAYMENT = "awaiting_payment"
PAID = "paid"
FULFILLING = "fulfilling"
ACCEPTANCE = "acceptance"
COMPLETED = "completed"
CANCELLED_UNPAID = "cancelled_unpaid"
CANCELLED_BEFORE_SHIP = "cancelled_before_ship"
CANCELLED_PLATFORM = "cancelled_platform"
CLOSED_REFUNDED = "closed_refunded"

HOLDING = (AWAITING_PAYMENT, PAID, FULFILLING, ACCEPTANCE, COMPLETED)  # the item is this order's: reserved or sold
FINAL = (COMPLETED, CANCELLED_UNPAID, CANCELLED_BEFORE_SHIP, CANCELLED_PLATFORM, CLOSED_REFUNDED)

ORDER_FLOW = Flow(
    "order",
    {
        (AWAITING_PAYMENT, "settle"): PAID,
        (AWAITING_PAYMENT, "cancel"): CANCELLED_UNPAID,
        (AWAITING_PAYMENT, "pay_timeout"): CANCELLED_UNPAID,
        (AWAITING_PAYMENT, "stop"): CANCELLED_PLATFORM,
        (PAID, "ship"): FULFILLING,
        (PAID, "arrange"): FULFILLING,
        (PAID, "buyer_cancel"): CANCELLED_BEFORE_SHIP,
        (PAID, "seller_cancel"): CANCELLED_BEFORE_SHIP,
        (PAID, "ship_timeout"): CANCELLED_BEFORE_SHIP,
        (PAID, "stop"): CANCELLED_PLATFORM,
        (FULFILLING, "rearrange"): FULFILLING,
        # Only a meeting. The item may be in the buyer's hands already, so the buyer does not end it alone.
        (FULFILLING, "ask_cancel"): FULFILLING,
        (FULFILLING, "agree_cancel"): CANCELLED_BEFORE_SHIP,
        (FULFILLING, "cancel_timeout"): CANCELLED_BEFORE_SHIP,
        (FULFILLING, "object_cancel"): FULFILLING,
        (FULFILLING, "seller_cancel"): CANCELLED_BEFORE_SHIP,
        (FULFILLING, "receive"): ACCEPTANCE,
        # What is installed can be checked only then: by the buyer's word, or when the time for it is over.
        (FULFILLING, "arrive"): FULFILLING,
        (FULFILLING, "propose_change"): FULFILLING,
        (FULFILLING, "accept_change"): FULFILLING,
        (FULFILLING, "withdraw_change"): FULFILLING,
        (FULFILLING, "install"): ACCEPTANCE,
        (FULFILLING, "install_timeout"): ACCEPTANCE,
        (FULFILLING, "meet"): ACCEPTANCE,
        (FULFILLING, "no_receipt"): FULFILLING,
        (FULFILLING, "rule_release"): COMPLETED,
        (FULFILLING, "rule_refund"): CLOSED_REFUNDED,
        (FULFILLING, "refuse_change"): CLOSED_REFUNDED,  # the thing goes back from the door
        (ACCEPTANCE, "accept"): COMPLETED,
        (ACCEPTANCE, "acceptance_timeout"): COMPLETED,
        (ACCEPTANCE, "check"): ACCEPTANCE,  # the buyer has compared it, item by item, with what was promised
        (ACCEPTANCE, "report_problem"): ACCEPTANCE,
        (ACCEPTANCE, "withdraw_problem"): ACCEPTANCE,
        (ACCEPTANCE, "rule_release"): COMPLETED,
        (ACCEPTANCE, "rule_refund"): CLOSED_REFUNDED,
        # An open claim holds the order; it ends with nothing, with a part of the money, or with all of it.
        (ACCEPTANCE, "open_claim"): ACCEPTANCE,
        (ACCEPTANCE, "end_claim"): ACCEPTANCE,
        (ACCEPTANCE, "settle_claim"): COMPLETED,
        (ACCEPTANCE, "claim_refund"): CLOSED_REFUNDED,
        (COMPLETED, "open_claim"): COMPLETED,
        (COMPLETED, "end_claim"): COMPLETED,
        (COMPLETED, "settle_claim"): COMPLETED,
        (COMPLETED, "claim_refund"): CLOSED_REFUNDED,  # the thing is with its seller again
        # The buyer's bank has kept the money for the buyer.
        (PAID, "bank_lost"): CANCELLED_PLATFORM,
        (FULFILLING, "bank_lost"): CLOSED_REFUNDED,
        (ACCEPTANCE, "bank_lost"): CLOSED_REFUNDED,
        # The way back of the thing, while it is away from its seller.
        (CLOSED_REFUNDED, "ask_back"): CLOSED_REFUNDED,  # the seller has named an address
        (CLOSED_REFUNDED, "send_back"): CLOSED_REFUNDED,
        (CLOSED_REFUNDED, "take_back"): CLOSED_REFUNDED,  # the seller has the thing again
    },
    by={
        "settle": "payer",
        "cancel": "buyer",
        "pay_timeout": "time",
        "stop": "operator",
        "ship": "seller",
        "arrange": "seller",
        "rearrange": "seller",
        "buyer_cancel": "buyer",
        "seller_cancel": "seller",
        "ship_timeout": "time",
        "ask_cancel": "buyer",
        "agree_cancel": "seller",
        "cancel_timeout": "time",
        "object_cancel": "seller",
        "receive": "buyer",
        "arrive": "buyer",
        "propose_change": "seller",
        "accept_change": "buyer",
        "withdraw_change": "seller",
        "refuse_change": "buyer",
        "install": "buyer",
        "install_timeout": "time",
        "meet": "seller",  # who enters the code that the buyer shows
        "no_receipt": "time",
        "rule_release": "operator",
        "rule_refund": "operator",
        "accept": "buyer",
        "check": "buyer",
        "acceptance_timeout": "time",
        "report_problem": "buyer",
        "withdraw_problem": "buyer",
        "open_claim": "buyer",
        "end_claim": "either side, operator or time",
        "settle_claim": "either side, operator or time",
        "claim_refund": "either side, operator or time",
        "bank_lost": "buyer's bank",
        "ask_back": "seller",
        "send_back": "buyer",
        "take_back": "seller",
    },
)

OPEN = "open"
RULED = "ruled"
SETTLED = "settled"  # the buyer took it back, or confirmed what was missing

CASE_FLOW = Flow(
    "trade_case",
    {(OPEN, "answer"): OPEN, (OPEN, "rule"): RULED, (OPEN, "settle"): SETTLED},
    by={"answer": "other side", "rule": "operator", "settle": "buyer"},
)

PARCEL = "parcel"
MEET = "meet"
DELIVERIES = (PARCEL, MEET)

NONE = "none"
SHIPPED = "shipped"
DELIVERED = "delivered"
RETURNED = "returned"
SHIPMENTS = (NONE, SHIPPED, DELIVERED, RETURNED)
AWAY = (SHIPPED, DELIVERED)  # the thing is not in the seller's hands

PROBLEM_NONE = "none"
PROBLEM_OPEN = "open"
PROBLEM_CLOSED = "closed"
PROBLEMS = (PROBLEM_NONE, PROBLEM_OPEN, PROBLEM_CLOSED)

RELEASE = "release"
REFUND = "refund"
RULINGS = (RELEASE, REFUND)

SELLER_FAULT = "seller_fault"
BUYER_FAULT = "buyer_fault"
NO_FAULT = "none"
FAULTS = (SELLER_FAULT, BUYER_FAULT, NO_FAULT)
