"""Payments: money of other people, held and moved. It does not know what is bought.

Nouns: Payment (one hold), LedgerAccount / LedgerTxn / LedgerEntry, MoneyCommand (a refund or payout at the provider).
Verbs: open_hold, cancel_hold, release, refund, freeze, thaw, money_state, verify; the provider's events settle.
Calls accounts. Announces PaymentSettled, PaymentFailed, RefundPaid, PayoutPaid (and MoneyCommandPlanned to its own jobs).
Only the room that opened a payment commands it. What may happen to money is guarded by database triggers (models/ledger.py).
"""
