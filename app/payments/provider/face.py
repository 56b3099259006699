"""What every payment provider looks like from inside: plain values in, plain values out, two kinds of trouble.

Every call may raise ProviderUnavailable (nothing is known: call again with the same key) or ProviderRefused (a final no).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Intent:
    """One try of a payer at the provider. ``status``: open, succeeded or failed."""

    id: str
    status: str
    amount_fen: int
    currency: str
    checkout_path: str  # where the payer goes: a path of the provider's page, or its whole address
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """The provider's answer to a refund or payout. ``status``: pending, succeeded or failed."""

    id: str
    status: str


@dataclass(frozen=True)
class Movement:
    """Money that really moved at the provider, for comparing its books with ours.

    ``kind``: capture, payout_return, taken_back (from a receiver; by our code of it), dispute_won and received (nobody knows
    for what) brought money in; refund, payout, return
    (of what was received), dispute and fee took it out. Another kind is a movement that none of our commands makes.
    """

    kind: str
    id: str
    amount_fen: int
    currency: str
    metadata: Mapping[str, str]


CAME_IN = ("capture", "received", "payout_return", "taken_back", "dispute_won")


@dataclass(frozen=True)
class Account:
    """A receiver's account at a provider that pays to accounts of its own. ``transfers``: active, or why nothing can be sent."""

    ref: str
    transfers: str


ACTIVE = "active"


@dataclass(frozen=True)
class ProviderEvent:
    """A verified message of the provider.

    ``type``: intent.succeeded, intent.failed, refund.succeeded, refund.failed, payout.paid, payout.failed, payout.returned,
    dispute.opened, dispute.won, dispute.lost, account.changed; others are kept, never acted upon. ``metadata`` is what we gave
    with the object: payment_code and attempt, or command_code and round; of a dispute that of the payment; of an account that
    changed how its ``transfers`` stand.
    """

    id: str
    type: str
    object_id: str
    amount_fen: int
    currency: str
    metadata: Mapping[str, str]
    live: bool = False
    reason: str = ""

    def payload(self) -> dict[str, Any]:
        """The values that are kept with the event."""
        return {
            "amount_fen": self.amount_fen,
            "currency": self.currency,
            "metadata": dict(self.metadata),
            "live": self.live,
            "reason": self.reason,
        }


class PaymentProvider(Protocol):
    """The door. ``key`` is an idempotency key that was stored before the call: same key and values, same answer.

    ``needs_accounts``: payouts go to accounts at the provider that their owners open there (``AccountProvider``). ``pages``:
    origins other than ours to which people are sent. ``ends_checkouts``: whether a checkout can be ended (``cancel_intent``).
    ``takes_days``: a payment is not there within minutes of being made. ``takes_back``: a payout can be taken back from its
    receiver (``TakingProvider``). ``finishes``: what is left of a payment is freed when nothing is held (``FinishingProvider``).
    """

    name: str
    live: bool
    needs_accounts: bool
    ends_checkouts: bool
    takes_days: bool
    takes_back: bool
    finishes: bool
    pages: tuple[str, ...]

    def create_intent(
        self, key: str, amount_fen: int, currency: str, metadata: Mapping[str, str], return_url: str, subject: str = ""
    ) -> Intent: ...

    def retrieve_intent(self, intent_id: str) -> Intent: ...

    def find_by_metadata(self, name: str, value: str) -> list[Intent]: ...

    def refund(self, key: str, intent_id: str, amount_fen: int, metadata: Mapping[str, str]) -> Receipt: ...

    def payout(
        self, key: str, destination: str, amount_fen: int, currency: str, metadata: Mapping[str, str], source: str = ""
    ) -> Receipt:
        """``source``: the intent whose money is paid on, where it is that of one."""
        ...

    def list_movements(self) -> list[Movement]: ...

    def verify_webhook(self, raw: bytes, header: bytes, now: datetime) -> ProviderEvent:
        """The event of a message that the provider signed; raises WebhookRefused on anything else."""
        ...


class EndingProvider(Protocol):
    """What a provider can do besides whose checkouts can be ended."""

    def cancel_intent(self, intent_id: str) -> None:
        """Nobody may pay there any more; one that is paid or over stays as it is."""
        ...


class TakingProvider(Protocol):
    """What a provider can do besides that can take a payout back from its receiver."""

    def take_back(self, key: str, payout_ref: str, amount_fen: int, metadata: Mapping[str, str]) -> Receipt:
        """So much of a payout; raises ProviderRefused when the receiver has less."""
        ...


class FinishingProvider(Protocol):
    """What a provider can do besides that freezes the money of each payment."""

    def frozen(self) -> Mapping[str, str]:
        """Payment code -> intent of what is frozen."""
        ...

    def finish(self, intent_id: str) -> None:
        """Nothing more of this payment is paid on: what is left is the platform's. Twice changes nothing."""
        ...


class AccountProvider(Protocol):
    """What a provider can do besides that pays to accounts of its own."""

    def create_account(self, key: str, owner: str, name: str) -> Account: ...

    def retrieve_account(self, ref: str) -> Account: ...

    def account_page(self, ref: str, back_url: str) -> str:
        """Where the account's owner answers the provider's questions."""
        ...
