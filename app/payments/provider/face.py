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

    ``kind``: capture, payout_return and dispute_won brought money in; refund, payout and dispute took it out.
    """

    kind: str
    id: str
    amount_fen: int
    currency: str
    metadata: Mapping[str, str]


CAME_IN = ("capture", "payout_return", "dispute_won")


@dataclass(frozen=True)
class ProviderEvent:
    """A verified message of the provider.

    ``type``: intent.succeeded, intent.failed, refund.succeeded, refund.failed, payout.paid, payout.failed, payout.returned,
    dispute.opened, dispute.won, dispute.lost; others are kept, never acted upon. ``metadata`` is what we gave with the object:
    payment_code and attempt, or command_code and round; of a dispute that of the payment.
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
    """The door. ``key`` is an idempotency key that was stored before the call: same key and values, same answer."""

    name: str
    live: bool

    def create_intent(self, key: str, amount_fen: int, currency: str, metadata: Mapping[str, str], return_url: str) -> Intent: ...

    def retrieve_intent(self, intent_id: str) -> Intent: ...

    def find_by_metadata(self, name: str, value: str) -> list[Intent]: ...

    def refund(self, key: str, intent_id: str, amount_fen: int, metadata: Mapping[str, str]) -> Receipt: ...

    def payout(self, key: str, destination: str, amount_fen: int, currency: str, metadata: Mapping[str, str]) -> Receipt: ...

    def list_movements(self) -> list[Movement]: ...

    def verify_webhook(self, raw: bytes, header: bytes, now: datetime) -> ProviderEvent:
        """The event of a message that the provider signed; raises WebhookRefused on anything else."""
        ...
