"""Facts that payments announces."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.outbox import Event


@dataclass(frozen=True)
class PaymentSettled(Event):
    """The whole amount has arrived and is held."""

    payment_code: str


@dataclass(frozen=True)
class PaymentFailed(Event):
    """The payer's attempt was declined. The payer may try again until the opener cancels the hold."""

    payment_code: str


@dataclass(frozen=True)
class PaymentCancelled(Event):
    """Nobody asks for this payment any more: a checkout that was begun shall be ended at the provider."""

    payment_code: str


@dataclass(frozen=True)
class RefundPaid(Event):
    """A refund has left the provider towards the payer."""

    payment_code: str
    amount_fen: int


@dataclass(frozen=True)
class PayoutPaid(Event):
    """Released money has been paid out to its owner: a person (``user_id``), or an agency (``agency_code``; then nobody).

    ``payment_code`` is empty when it belongs to no single payment.
    """

    user_id: int | None
    amount_fen: int
    command_code: str
    payment_code: str
    agency_code: str = ""


@dataclass(frozen=True)
class PayoutReturned(Event):
    """A bank has sent a payout back; the money is owed again. ``user_id`` is nobody for an agency's."""

    user_id: int | None
    amount_fen: int
    command_code: str
    payment_code: str


@dataclass(frozen=True)
class BankDisputeOpened(Event):
    """The payer's bank has taken the payment back: nothing of it moves until the bank decides."""

    payment_code: str
    dispute_code: str


@dataclass(frozen=True)
class BankDisputeWon(Event):
    """The bank has given the money back: it moves again."""

    payment_code: str
    dispute_code: str


@dataclass(frozen=True)
class BankDisputeLost(Event):
    """The bank has kept the money for the payer."""

    payment_code: str
    dispute_code: str
    amount_fen: int


@dataclass(frozen=True)
class MoneyCommandPlanned(Event):
    """A refund or payout waits to be given to the provider (heard by this room's own job)."""

    command_id: int
