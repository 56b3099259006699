"""Everything on sale as sets of bits, in memory: how many listings pass these filters, by every facet, in a millisecond.

Counting facets in SQL reads every listing on sale once per facet: at 100,000 listings a quarter of a second. Here each value
of each facet is one large number whose bits are the listings that have it; a filter is an AND, a count is ``bit_count``.
Amounts are kept as bit slices (one number per binary digit), so that any range is a few ANDs as well.

It is a copy that is never behind: before every use it reads the journal ``listing_change``, which triggers write in the
transaction of every change. SQLite's writers stand in line, so the journal's order is the order of commits; on PostgreSQL a
lower number may become visible later, so the last OVERLAP numbers are read again each time something is new.
"""

from __future__ import annotations

import re
import threading
import weakref
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, select

from app.kernel.work import Work
from app.listings.models import Listing, ListingChange
from app.listings.queries import Card

ACTIVE = "active"  # the state of a listing that is on sale
CHUNK = 5_000
OVERLAP = 200
FREE_SHARE = 4  # when a quarter of the places are empty, everything is read anew
FEW = 64  # listings that are put in order one by one
MOST_CARDS = 10_000  # kept, some 2 kB each
AMOUNT_BITS = 52  # microseconds since 1970 until the year 2112

Columns = Mapping[str, Any]  # name of a facet or amount -> column of Listing
Order = Sequence[tuple[str, bool]]  # amounts by which listings are put in order, and whether the highest comes first

_ANY = re.compile(rb"[^\0]")


class Cards:
    """What cards show of listings, kept until the journal tells of a change; for as long as one unit of work.

    What was read before somebody else took in a later change is not kept: it could be older than that change.
    """

    def __init__(self, shelf: Shelf, seen: int) -> None:
        self._shelf, self._seen = shelf, seen

    def get(self, listing_id: int) -> Card | None:
        """The card, as far as it is kept."""
        return self._shelf.cards.get(listing_id)

    def keep(self, cards: Mapping[int, Card]) -> None:
        """Keep what was read after the shelf was renewed."""
        with self._shelf.lock:
            if not self._shelf.stands_at(self._seen):
                return
            if len(self._shelf.cards) + len(cards) > MOST_CARDS:
                self._shelf.cards.clear()
            self._shelf.cards.update(cards)


class Shelf:
    """The copy of one database in this process. Hold ``lock`` from ``renew`` to the last look."""

    def __init__(self, values: Columns, amounts: Columns) -> None:
        self.lock = threading.Lock()
        self.edition = 0  # another one after every change
        self.kept: dict[Hashable, Any] = {}  # answers of this edition, by everything that was asked
        self.cards: dict[int, Card] = {}  # by id of the listing
        self._values, self._amounts = dict(values), dict(amounts)
        self._columns = {name: number for number, name in enumerate([*values, *amounts])}
        self._empty()

    # -- looking ---------------------------------------------------------------------------------------------------------

    @property
    def everything(self) -> int:
        """All listings on sale."""
        return self._live

    def having(self, name: str, value: Any) -> int:
        """Listings with this value of a facet."""
        return self._bits[name].get(value, 0)

    def values(self, name: str) -> Iterable[tuple[Any, int]]:
        """Every value of a facet with its listings."""
        return self._bits[name].items()

    def unknown(self, name: str) -> int:
        """Listings without this amount."""
        return self._live & ~self._known[name]

    def between(self, name: str, least: int | None, most: int | None) -> int:
        """Listings whose amount is known and within the bounds, both included."""
        known = self._known[name]
        low = self._at_most(name, least - 1) if least is not None and least > 0 else 0
        high = self._at_most(name, most) if most is not None else known
        return high & ~low

    def of(self, ids: Iterable[int]) -> int:
        """Those of the listings that are on sale."""
        raw, places = bytearray(len(self._ids) // 8 + 1), self._places
        for listing_id in ids:
            place = places.get(listing_id)
            if place is not None:
                raw[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(raw, "little")

    def ids(self, bits: int) -> list[int]:
        """Ids of the listings."""
        found, held = [], self._ids
        raw = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
        for place in _ANY.finditer(raw):
            number, byte = place.start(), raw[place.start()]
            while byte:
                lowest = byte & -byte
                found.append(held[number * 8 + lowest.bit_length() - 1])
                byte ^= lowest
        return found

    def first(self, ids: Iterable[int], bits: int, limit: int, offset: int) -> list[int]:
        """One page of the listings, in the order of ``ids``, of those that are in ``bits``."""
        raw, places, page, skipped = bits.to_bytes(len(self._ids) // 8 + 1, "little"), self._places, [], 0
        for listing_id in ids:
            place = places.get(listing_id)
            if place is None or not raw[place >> 3] >> (place & 7) & 1:
                continue
            if skipped < offset:
                skipped += 1
                continue
            page.append(listing_id)
            if len(page) == limit:
                break
        return page

    def in_order(self, bits: int, order: Order, limit: int, offset: int) -> list[int]:
        """One page of the listings by their amounts, unknown ones last; of equal ones the one with the highest id first.

        From the highest binary digit down the listings are parted into those that come first and the others. Only the parts
        in which the page lies are parted further, so a page costs the same at every place.
        """
        page: list[int] = []
        waiting = [(bits, 0, AMOUNT_BITS)]
        while waiting and len(page) < limit:
            group, place, digits = waiting.pop()
            count = group.bit_count()
            if count <= offset:
                offset -= count
            elif count <= FEW or place == len(order):
                page += sorted(self.ids(group), key=lambda each: self._standing(each, order))[offset : offset + limit - len(page)]
                offset = 0
            elif digits == 0:
                waiting.append((group, place + 1, AMOUNT_BITS))
            else:
                name, highest_first = order[place]
                if digits == AMOUNT_BITS:
                    waiting.append((group & ~self._known[name], place + 1, AMOUNT_BITS))
                    group &= self._known[name]
                ones = group & self._slices[name][digits - 1]
                first, second = (ones, group ^ ones) if highest_first else (group ^ ones, ones)
                waiting += [(second, place, digits - 1), (first, place, digits - 1)]
        return page

    def behind(self, order: Order, amounts: Sequence[int], listing_id: int) -> int:
        """Listings that come after this standing in the order (of ``in_order``), whether or not it is still on sale."""
        later, same = 0, self._live
        for (name, highest_first), amount in zip(order, amounts, strict=True):
            if not highest_first:
                further = self.between(name, amount + 1, None)
            else:
                further = self.between(name, None, amount - 1) if amount > 0 else 0
            later |= same & (further | self.unknown(name))
            same &= self.between(name, amount, amount)
        return later | self.of(each for each in self.ids(same) if each < listing_id)

    def _standing(self, listing_id: int, order: Order) -> tuple[Any, ...]:
        """What the listing is sorted by."""
        row, standing = self._rows[listing_id], []
        for name, highest_first in order:
            amount = amount_of(row[self._columns[name]])
            standing.append((amount is None, -(amount or 0) if highest_first else amount or 0))
        return (*standing, -listing_id)

    # -- keeping up ------------------------------------------------------------------------------------------------------

    def stands_at(self, seen: int) -> bool:
        """Whether nothing later than this number of the journal has been taken in."""
        return self._seen == seen

    def renew(self, work: Work) -> Cards | None:
        """Take in what has changed since the last time; everything when that cannot be told.

        Returns the cards that are kept. None where they cannot be trusted: on PostgreSQL, where a change may stay unseen
        until the next one, and in a transaction that began before the last change that was taken in.
        """
        is_in_order = work.session.get_bind().dialect.name == "sqlite"
        oldest, newest = work.session.execute(_JOURNAL_ENDS).one()
        newest = newest or 0
        if self._seen is None or (oldest or 0) > self._seen + 1 or self._is_sparse() or newest < self._seen - OVERLAP:
            self._empty()
            self._read_all(work, newest)
            self._turn_page()
        elif newest > self._seen:
            since = self._seen if is_in_order else self._seen - OVERLAP
            changed = list(work.session.scalars(select(ListingChange.listing_id).where(ListingChange.id > since).distinct()))
            self._take(work, changed)
            for listing_id in changed:
                self.cards.pop(listing_id, None)
            self._seen = newest
            self._turn_page()
        return Cards(self, newest) if is_in_order and newest == self._seen else None

    def _turn_page(self) -> None:
        self.edition += 1
        self.kept.clear()

    def _empty(self) -> None:
        self.cards.clear()
        self._seen: int | None = None
        self._live = 0
        self._ids: list[int] = []  # place -> listing id
        self._places: dict[int, int] = {}  # listing id -> place
        self._rows: dict[int, tuple[Any, ...]] = {}  # listing id -> its values and amounts, to take its bits out again
        self._bits: dict[str, dict[Any, int]] = {name: {} for name in self._values}
        self._slices: dict[str, list[int]] = {name: [0] * AMOUNT_BITS for name in self._amounts}
        self._known: dict[str, int] = dict.fromkeys(self._amounts, 0)

    def _is_sparse(self) -> bool:
        return len(self._ids) > CHUNK and len(self._places) * FREE_SHARE < len(self._ids) * (FREE_SHARE - 1)

    def _select(self) -> Any:
        columns = [*self._values.values(), *self._amounts.values()]
        return select(Listing.id, *columns).where(Listing.state == ACTIVE)

    def _read_all(self, work: Work, newest: int) -> None:
        """Bits are gathered in byte arrays first: setting one bit of a large number copies the number."""
        rows = work.session.execute(self._select().order_by(Listing.id)).all()
        size = len(rows) // 8 + 1
        bits: dict[str, dict[Any, bytearray]] = {name: {} for name in self._values}
        slices = {name: [bytearray(size) for _ in range(AMOUNT_BITS)] for name in self._amounts}
        known = {name: bytearray(size) for name in self._amounts}
        for place, (listing_id, *row) in enumerate(rows):
            self._ids.append(listing_id)
            self._places[listing_id] = place
            self._rows[listing_id] = tuple(row)
            byte, mask = place >> 3, 1 << (place & 7)
            for name, value in zip(self._values, row, strict=False):
                raw = bits[name].get(value)
                if raw is None:
                    raw = bits[name][value] = bytearray(size)
                raw[byte] |= mask
            for name, amount in zip(self._amounts, row[len(self._values) :], strict=True):
                for digit in _digits(amount):
                    slices[name][digit][byte] |= mask
                if amount is not None:
                    known[name][byte] |= mask
        self._live = (1 << len(rows)) - 1
        for name, found in bits.items():
            self._bits[name] = {value: int.from_bytes(raw, "little") for value, raw in found.items()}
        for name in self._amounts:
            self._slices[name] = [int.from_bytes(raw, "little") for raw in slices[name]]
            self._known[name] = int.from_bytes(known[name], "little")
        self._seen = newest

    def _take(self, work: Work, ids: Sequence[int]) -> None:
        for start in range(0, len(ids), CHUNK // 10):
            part = ids[start : start + CHUNK // 10]
            present = {row[0]: tuple(row[1:]) for row in work.session.execute(self._select().where(Listing.id.in_(part)))}
            for listing_id in part:
                row, before = present.get(listing_id), self._rows.get(listing_id)
                if row == before:
                    continue
                if before is not None:
                    self._turn(self._places[listing_id], before)
                if row is None:
                    self._live ^= 1 << self._places.pop(listing_id)
                    del self._rows[listing_id]
                    continue
                if before is None:
                    self._places[listing_id] = len(self._ids)
                    self._ids.append(listing_id)
                    self._live |= 1 << self._places[listing_id]
                self._turn(self._places[listing_id], row)
                self._rows[listing_id] = row

    def _turn(self, place: int, row: tuple[Any, ...]) -> None:
        """Put the bits of this row in, or take them out again."""
        mask = 1 << place
        for name, value in zip(self._values, row, strict=False):
            left = self._bits[name].get(value, 0) ^ mask
            if left:
                self._bits[name][value] = left
            else:
                self._bits[name].pop(value, None)
        for name, amount in zip(self._amounts, row[len(self._values) :], strict=True):
            for digit in _digits(amount):
                self._slices[name][digit] ^= mask
            if amount is not None:
                self._known[name] ^= mask

    def _at_most(self, name: str, most: int) -> int:
        """Listings whose known amount is at most this, from the highest binary digit down."""
        below, equal = 0, self._known[name]
        if most >= 1 << AMOUNT_BITS:
            return equal
        for digit in range(AMOUNT_BITS - 1, -1, -1):
            having = equal & self._slices[name][digit]
            if most >> digit & 1:
                below |= equal ^ having
                equal = having
            else:
                equal ^= having
        return below | equal


# Two look-ups: asked for both in one, SQLite reads the whole journal.
_JOURNAL_ENDS = select(select(func.min(ListingChange.id)).scalar_subquery(), select(func.max(ListingChange.id)).scalar_subquery())

_shelves: weakref.WeakKeyDictionary[Engine, Shelf] = weakref.WeakKeyDictionary()
_first = threading.Lock()


def of(work: Work, values: Columns, amounts: Columns) -> Shelf:
    """The shelf of the database that the work reads; one per process and database."""
    engine = work.session.get_bind()
    with _first:
        if engine not in _shelves:
            _shelves[engine] = Shelf(values, amounts)
        return _shelves[engine]


Amount = int | datetime | str | None


def amount_of(value: Amount) -> int | None:
    """The whole number under which an amount is kept: instants in microseconds since 1970, months ("2019-05") since year 0."""
    if isinstance(value, datetime):
        return int(value.timestamp() * 1_000_000)
    return int(value[:4]) * 12 + int(value[5:]) if isinstance(value, str) else value


def _digits(value: Amount) -> Iterable[int]:
    """Places of the ones in the binary form of the amount."""
    amount = amount_of(value) or 0
    while amount:
        lowest = amount & -amount
        yield lowest.bit_length() - 1
        amount ^= lowest
