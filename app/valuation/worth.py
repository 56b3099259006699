"""A stored estimate as pages and programs show it. Amounts in fen; a thing that is not known is None, never zero."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

PRICE_KINDS = ("private_sold", "private_asking", "dealer_asking", "dealer_buying", "recycling")
BASES = ("warm", "cold", "cost", "comparables", "none")  # "cost": the formula
STEPS = ("model", "storage", "age", "use", "battery", "grade", "place", "season", "other")  # names of Step, in this order
FLAGS = ("accident", "flood", "ungraded")
RATINGS = ("very_low", "low", "fair", "high", "very_high")  # between four rising cut points


@dataclass(frozen=True)
class Span:
    """An estimate with its ranges: ``low80_fen <= point_fen <= high80_fen``, the 90 % range around both."""

    point_fen: int
    low80_fen: int
    high80_fen: int
    low90_fen: int
    high90_fen: int


@dataclass(frozen=True)
class Step:
    """What one named thing adds to or takes from the price so far. ``name`` of STEPS, which pages put into words."""

    name: str
    value: str
    step_fen: int


@dataclass(frozen=True)
class Comparable:
    """A like thing that was seen: its own price, and the same moved to the age and use of the asked thing (None: not moved)."""

    title: str
    kind: str  # of PRICE_KINDS
    price_fen: int
    moved_fen: int | None
    seen_on: date
    tier: str | None = None
    listing_code: str | None = None  # of ours, where its page still stands


@dataclass(frozen=True)
class KindOfPrice:
    """One kind of price by itself; without observations every amount is None and ``count`` 0."""

    kind: str
    count: int
    median_fen: int | None
    low_fen: int | None
    high_fen: int | None


@dataclass(frozen=True)
class Month:
    """The estimate so many months from now."""

    months: int
    point_fen: int
    low80_fen: int
    high80_fen: int


@dataclass(frozen=True)
class Standard:
    """The appraisal standard's cost formula beside the market: value, the market's factor on it, and what follows."""

    value_fen: int
    factor_bp: int | None  # market / formula in basis points, None: not known
    differs: bool  # the formula times its factor lies outside the 90 % range


@dataclass(frozen=True)
class Worth:
    """A stored estimate. ``start_fen`` plus all ``steps`` is exactly the point of ``span``; no ``span``: ``basis`` is "none".

    ``support``: observations of the same series that it rests on. ``kinds``: every one of PRICE_KINDS, in that order.
    ``curve``: month 0 first. ``is_invented``: it rests on the demo's invented market. ``model``: version of the price model.
    """

    code: str
    made_at: datetime
    purpose: str
    category: str
    title: str
    basis: str
    support: int
    span: Span | None
    start_fen: int | None
    steps: tuple[Step, ...]
    comparables: tuple[Comparable, ...]
    kinds: tuple[KindOfPrice, ...]
    curve: tuple[Month, ...]
    standard: Standard | None
    net_fen: int | None  # what a seller gets at the point, after fees
    model: str | None
    is_invented: bool
    sha256: str
    flag: str | None = None  # of FLAGS: compared only with its like
    kind: str | None = None  # of PRICE_KINDS: which kind of price ``span`` and ``comparables`` are
    cuts_bp: tuple[int, ...] = ()  # between RATINGS, asking price over estimate; empty: prices cannot be rated by it


@dataclass(frozen=True)
class Rating:
    """How an asking price stands to a stored estimate: ``name`` of RATINGS, distance in basis points, and the cut points used."""

    name: str
    share_bp: int
    cuts_bp: tuple[int, ...]
