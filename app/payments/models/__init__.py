"""Tables of payments: the ledger with its guards, the holds, and what passes between us and the provider."""

from __future__ import annotations

from app.payments.models.accounts import ProviderAccount
from app.payments.models.agencies import AgencyPayout
from app.payments.models.bank import BankFile, BankImport, BankInstruction, BankRow, BankTransfer
from app.payments.models.disputes import BankDispute
from app.payments.models.ledger import LedgerAccount, LedgerEntry, LedgerTxn
from app.payments.models.payment import Anomaly, MoneyCommand, ParkedEvent, Payment, ReceivedEvent
from app.payments.models.reconciliation import Reconciliation
from app.payments.models.take_backs import TakeBack

__all__ = [
    "AgencyPayout",
    "Anomaly",
    "BankDispute",
    "BankFile",
    "BankImport",
    "BankInstruction",
    "BankRow",
    "BankTransfer",
    "LedgerAccount",
    "LedgerEntry",
    "LedgerTxn",
    "MoneyCommand",
    "ParkedEvent",
    "Payment",
    "ProviderAccount",
    "ReceivedEvent",
    "Reconciliation",
    "TakeBack",
]
