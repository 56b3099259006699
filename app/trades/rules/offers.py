"""Decisions about offers on plain values: which price may be named, until when, and when one is declined by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from app.kernel.text import N_
from app.trades.states.offers import BUYER

MOST_LOTS = 6  # listings in one bundle
MOST_ROUNDS = 12  # prices in one negotiation
SEEN_HOURS = 48  # a seller who did nothing about offers for longer answers nobody: then no offer is declined for them either
FIRST_QUIET_SHARE, LAST_QUIET_SHARE = 5, 80  # percent of an offer's time in which one below the lowest price is declined


def is_quiet(by: str, price_fen: int, lots: Sequence[tuple[int | None, int]]) -> bool:
    """Whether this price is to be declined for the seller. ``lots``: lowest and asking price (fen) of each listing.

    A lowest price above what is asked now has outlived itself. A bundle costs at least its lowest prices together.
    """
    return by == BUYER and price_fen < sum(floor for floor, asking in lots if floor is not None and floor <= asking)


def split(price_fen: int, asking_fen: Sequence[int]) -> list[int]:
    """What each listing of a bundle costs, fen: in proportion to the asking prices, at least 1 and at most its asking price.

    The parts are the price to the fen: what rounding leaves goes to those that lost most by it, the first of equals first.
    ValueError when the price is less than 1 fen each, or more than all asking prices.
    """
    count, whole = len(asking_fen), sum(asking_fen)
    if not count <= price_fen <= whole:
        raise ValueError(f"{price_fen} fen cannot be split over {list(asking_fen)}")
    over, weights = price_fen - count, [asking - 1 for asking in asking_fen]
    if over == 0:
        return [1] * count
    parts = [1 + over * weight // (whole - count) for weight in weights]
    lost = sorted(range(count), key=lambda at: (-(over * weights[at] % (whole - count)), at))
    for at in lost[: price_fen - sum(parts)]:
        parts[at] += 1
    return parts


class Terms(Protocol):
    """Of the settings; config.Settings fits."""

    @property
    def offer_hours(self) -> int: ...
    @property
    def offer_pay_hours(self) -> int: ...
    @property
    def offers_a_day(self) -> int: ...
    @property
    def offer_least_percent(self) -> int: ...


def bounds(by: str, asking_fen: int, standing: tuple[str, int] | None, least_percent: int) -> tuple[int, int]:
    """The least and the most that this side may name, fen. ``standing``: whose offer stands, and its price.

    A buyer stays below the asking price and below what the seller last named; a seller stays above what the buyer offers and
    does not go over the asking price. The least may exceed the most: then no price is left to be named.
    """
    least, most = -(-asking_fen * least_percent // 100), asking_fen - 1
    if by == BUYER:
        return max(1, least), min(most, standing[1] - 1) if standing else most
    return standing[1] + 1 if standing else max(1, least), asking_fen


def price_problem(price_fen: int | None, least_fen: int, most_fen: int) -> str | None:
    """The sentence about a price that cannot be named; it may use %(least)s and %(most)s."""
    if least_fen > most_fen:
        return N_("There is no price left between yours and theirs. Accept the other side's, or decline.")
    if price_fen is None or not least_fen <= price_fen <= most_fen:
        return N_("Please name a price between %(least)s and %(most)s.")
    return None


def due_at(now: datetime, terms: Terms) -> datetime:
    """Until when an offer can be answered, counted from this offer."""
    return now + timedelta(hours=terms.offer_hours)


def quiet_decline_at(now: datetime, until: datetime, below: Callable[[int], int]) -> datetime:
    """When an offer below the lowest price is declined by itself: at a moment that is drawn, as if somebody had read it then.

    An answer at once, or always after the same time, would tell the lowest price to whoever tries. ``below(n)`` draws from 0 to
    n - 1 (``secrets.randbelow``). Whether it is declined at all depends on ``SEEN_HOURS``: where offers above the lowest price
    run out unanswered, one that is declined would tell that it lies below.
    """
    whole = int((until - now).total_seconds())
    first, last = whole * FIRST_QUIET_SHARE // 100, whole * LAST_QUIET_SHARE // 100
    return now + timedelta(seconds=first + below(max(1, last - first)))
