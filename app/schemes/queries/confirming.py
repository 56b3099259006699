"""How far the items of a scheme were compared with the text of its standard, and what was found there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts.models import Organisation
from app.kernel.ids import is_code
from app.kernel.work import Work
from app.schemes.errors import ReadingNotFound
from app.schemes.models import AGREED, SchemeReading, SchemeReadingCheck
from app.schemes.policy import agency_of
from grading import Item, Scheme
from grading.schemes.confirming import points, to_confirm

State = Literal["in_file", "confirmed", "differs", "to_check", "open"]


@dataclass(frozen=True)
class Seen:
    """One reading with the second person's answer, if there is one."""

    reading: SchemeReading
    check: SchemeReadingCheck | None
    agency: Organisation

    @property
    def counts(self) -> bool:
        return self.check is not None and self.check.verdict == AGREED


@dataclass(frozen=True)
class ItemStanding:
    """One item, and what is known about it from the text of the standard.

    in_file: the revision itself names page and day; confirmed: two people found it as it stands; differs: two people found
    something else; to_check: read by one person; open: read by nobody.
    """

    item: Item
    state: State
    seen: tuple[Seen, ...]

    @property
    def is_confirmed(self) -> bool:
        return self.state in ("in_file", "confirmed")

    @property
    def deciding(self) -> Seen | None:
        """The newest reading that counts and was about the item under its present name."""
        return next(iter(newest_by_agency(self.seen, self.item)), None)


@dataclass(frozen=True)
class Progress:
    """Every item of a revision that has to be compared, in the order of the form. Empty for the marketplace's own schemes."""

    scheme: Scheme
    items: tuple[ItemStanding, ...]

    @property
    def confirmed(self) -> int:
        return sum(one.is_confirmed for one in self.items)

    @property
    def is_complete(self) -> bool:
        return bool(self.items) and self.confirmed == len(self.items)

    def of(self, code: str) -> ItemStanding | None:
        return next((one for one in self.items if one.item.code == code), None)


def progress(work: Work, scheme: Scheme) -> Progress:
    """How far a revision is confirmed. Three queries."""
    asked = to_confirm(scheme)
    if not asked:
        return Progress(scheme, ())
    seen = _seen(work, scheme.id)
    return Progress(scheme, tuple(_standing(item, scheme, seen.get(item.code, ())) for item in asked))


def reading_of_agency(work: Work, code: str) -> SchemeReading:
    """A reading of the actor's own agency. Raises ReadingNotFound."""
    found = work.session.scalars(select(SchemeReading).where(SchemeReading.code == code)).first() if is_code(code) else None
    if found is None or found.agency_id != agency_of(work):
        raise ReadingNotFound()
    return found


def readings_to_check(work: Work, agency_id: int) -> list[SchemeReading]:
    """What one person of the agency read and nobody has looked up again, oldest first."""
    waiting = (
        select(SchemeReading)
        .outerjoin(SchemeReadingCheck, SchemeReadingCheck.reading_id == SchemeReading.id)
        .where(SchemeReading.agency_id == agency_id, SchemeReadingCheck.id.is_(None))
    )
    return list(work.session.scalars(waiting.order_by(SchemeReading.id)))


def newest_by_agency(seen: Iterable[Seen], item: Item) -> list[Seen]:
    """Of every agency the newest reading that counts and was about the item under its present name."""
    found: dict[int, Seen] = {}
    for one in seen:  # newest first
        if one.counts and one.reading.name == dict(item.name):
            found.setdefault(one.reading.agency_id, one)
    return list(found.values())


def is_as_read(item: Item, one: Seen) -> bool:
    """Whether the item says what was read: the same points for every answer, and nothing else was different."""
    return bool(one.reading.found == points(item) and not one.reading.words)


def _standing(item: Item, scheme: Scheme, seen: Iterable[Seen]) -> ItemStanding:
    every = tuple(seen)
    newest = newest_by_agency(every, item)
    state: State = "open"
    if any(not is_as_read(item, one) for one in newest):
        state = "differs"
    elif item.code in scheme.confirmed:
        state = "in_file"
    elif newest:
        state = "confirmed"
    elif any(one.check is None for one in every):
        state = "to_check"
    return ItemStanding(item, state, every)


def _seen(work: Work, scheme_id: str) -> Mapping[str, list[Seen]]:
    rows = work.session.execute(
        select(SchemeReading, SchemeReadingCheck)
        .outerjoin(SchemeReadingCheck, SchemeReadingCheck.reading_id == SchemeReading.id)
        .where(SchemeReading.scheme_id == scheme_id)
        .order_by(SchemeReading.id.desc())
    ).all()
    agencies = accounts.organisations_by_id(work, {reading.agency_id for reading, _ in rows})
    found: dict[str, list[Seen]] = {}
    for reading, check in rows:
        found.setdefault(reading.item_code, []).append(Seen(reading, check, agencies[reading.agency_id]))
    return found
