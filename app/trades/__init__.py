"""Sales from "buy" until the thing has changed hands and the money has been paid out or given back.

Nouns: Order (one sale, frozen at purchase), TradeCase ("there is a problem"), status sentence; Negotiation (one buyer and the
seller about one listing), Offer (one price that was named), PriceFloor (a seller's lowest price, which nobody else learns).
Verbs: buy, cancel, ship, arrange_meeting, enter_meeting_code, confirm_receipt, accept, report_problem, rule; in service.offers
make_offer, counter, accept, decline, withdraw, set_floor.
Calls listings, goods, payments, credit, notices, accounts; is told by payments (PaymentSettled, PaymentFailed, RefundPaid).
Announces OfferNamed, OrderPaid, OrderShipped, OrderCompleted, OrderCancelled, OrderRefunded, ProblemReported.
"""
