"""What trades tells the rooms above and beside it. Plain values only; amounts in fen, days in Shanghai (ISO text)."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.outbox import Event


@dataclass(frozen=True)
class OfferNamed(Event):
    """A price stands. Who is told of it, and whether anybody, is not decided in the request that named it."""

    negotiation_code: str
    no: int


@dataclass(frozen=True)
class OrderPaid(Event):
    order_code: str


@dataclass(frozen=True)
class OrderShipped(Event):
    order_code: str


@dataclass(frozen=True)
class OrderCompleted(Event):
    """The buyer kept the thing and the seller is paid: an observed sale."""

    order_code: str
    category: str
    brand: str
    model: str
    storage_gb: int | None
    tier: str | None
    price_fen: int
    completed_on: str
    seller_id: int
    buyer_id: int
    kind: str | None = None  # a type of appliance
    first_used: str | None = None  # "2019-05"
    mileage_km: int | None = None
    listing_code: str | None = None


@dataclass(frozen=True)
class OrderCancelled(Event):
    """Ended before the thing was sent; ``state`` is the order's final state."""

    order_code: str
    state: str


@dataclass(frozen=True)
class OrderRefunded(Event):
    """Ended by a ruling for the buyer."""

    order_code: str


@dataclass(frozen=True)
class ProblemReported(Event):
    order_code: str
    case_code: str
