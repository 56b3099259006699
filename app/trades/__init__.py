"""Sales from "buy" until the thing has changed hands and the money has been paid out or given back.

Nouns: Order (one sale, frozen at purchase), TradeCase ("there is a problem"), status sentence.
Verbs: buy, cancel, ship, arrange_meeting, enter_meeting_code, confirm_receipt, accept, report_problem, rule.
Calls listings, goods, payments, credit, notices, accounts; is told by payments (PaymentSettled, PaymentFailed, RefundPaid).
Announces OrderPaid, OrderShipped, OrderCompleted, OrderCancelled, OrderRefunded, ProblemReported.
"""
