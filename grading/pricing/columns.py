"""What the columns of a price table mean: the file `COLS.yaml`, read once and passed on.

target: price              money to be estimated, in `currency`
categorical: [maker, ...]  words; numeric: [km, ...]  numbers; text: [title, ...]  free text
hierarchy: [[trim, series, maker]]   lists from fine to coarse; one flat list is one chain
monotone: {km: -1, new_price: 1}     -1: more never raises the price; 1: more never lowers it
reference_price: new_price           price of the thing when new
group, time, id                      what a series is; when the price was seen; what names one thing
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import yaml

from grading.pricing.errors import ColumnsRefused

__all__ = ["Columns", "parse_columns", "read_columns"]

_KEYS = (
    "target",
    "currency",
    "categorical",
    "numeric",
    "text",
    "hierarchy",
    "monotone",
    "reference_price",
    "group",
    "time",
    "id",
)
_SIGNS = {"1": 1, "+1": 1, "1.0": 1, "up": 1, "increasing": 1, "-1": -1, "-1.0": -1, "down": -1, "decreasing": -1}


@dataclass(frozen=True)
class Columns:
    """The roles of a table's columns. `notes` says what was put right while reading (English, for the report)."""

    target: str
    currency: str = ""
    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    hierarchy: tuple[tuple[str, ...], ...] = ()
    monotone: tuple[tuple[str, int], ...] = ()
    reference_price: str | None = None
    group: str | None = None
    time: str | None = None
    id: str | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """Every column read as a number, the reference price last."""
        return (*self.numeric, *([self.reference_price] if self.reference_price else []))

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Every column of the hierarchy, once."""
        return tuple(dict.fromkeys(name for chain in self.hierarchy for name in chain))

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Every column read as text: categories, keys and free text, once."""
        return tuple(dict.fromkeys((*self.categorical, *self.keys, *self.text)))

    @cached_property
    def used(self) -> tuple[str, ...]:
        """Every column a price is estimated from."""
        return tuple(dict.fromkeys((*self.numbers, *self.words)))

    def sign(self, name: str) -> int:
        """1, -1 or 0: how the price may move with this column."""
        return self._signs.get(name, 0)

    @cached_property
    def _signs(self) -> Mapping[str, int]:
        return dict(self.monotone)

    def within(self, present: Iterable[str]) -> Columns:
        """The same roles for the columns that a table has; what it lacks is left out and noted. The target must be there."""
        have = set(present)
        if self.target not in have:
            raise ColumnsRefused(f"the table has no column {self.target!r}", key="target", column=self.target)
        named = dict.fromkeys((*self.used, *filter(None, (self.group, self.time, self.id))))
        notes = tuple(f"column {name!r} is not in the table and was left out" for name in named if name not in have)

        def keep(names: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(name for name in names if name in have)

        def one(name: str | None) -> str | None:
            return name if name in have else None

        return replace(
            self,
            categorical=keep(self.categorical),
            numeric=keep(self.numeric),
            text=keep(self.text),
            hierarchy=tuple(kept for chain in self.hierarchy if (kept := keep(chain))),
            monotone=tuple((name, sign) for name, sign in self.monotone if name in have),
            reference_price=one(self.reference_price),
            group=one(self.group),
            time=one(self.time),
            id=one(self.id),
            notes=(*self.notes, *notes),
        )

    def to_plain(self) -> dict[str, object]:
        """As JSON, readable again by `parse_columns`."""
        return {
            "target": self.target,
            "currency": self.currency,
            "categorical": list(self.categorical),
            "numeric": list(self.numeric),
            "text": list(self.text),
            "hierarchy": [list(chain) for chain in self.hierarchy],
            "monotone": dict(self.monotone),
            "reference_price": self.reference_price,
            "group": self.group,
            "time": self.time,
            "id": self.id,
        }


def read_columns(file: Path) -> Columns:
    """The roles in a YAML file. Raises ColumnsRefused."""
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ColumnsRefused(f"{file}: {error.strerror}", key="") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ColumnsRefused(f"{file}: not YAML: {str(error)[:300]}", key="") from error
    if not isinstance(document, Mapping):
        raise ColumnsRefused(f"{file}: not a mapping of keys", key="")
    return parse_columns(document)


def parse_columns(document: Mapping[str, object]) -> Columns:
    """The roles as given, put in order: a column with a direction is a number and no key, the target is no feature.

    Raises ColumnsRefused for a missing target, a value of the wrong form or a direction that is neither 1 nor -1.
    """
    notes = [f"key {key!r} is not known and was ignored" for key in document if key not in _KEYS]
    target = _name(document, "target")
    if target is None:
        raise ColumnsRefused("`target` must name the column of prices", key="target")
    reference, identity = _name(document, "reference_price"), _name(document, "id")
    monotone = _directions(document.get("monotone"))
    listed = {key: _names(document, key) for key in ("categorical", "numeric", "text")}
    chains = _chains(document.get("hierarchy"))
    barred = {target, identity}
    for place in (*listed.values(), *chains):
        for name in [name for name in place if name in barred]:
            place.remove(name)
            notes.append(f"column {name!r} is the target or the id and is not used to estimate the price")
    for name, _ in monotone:
        if name in listed["categorical"]:
            listed["categorical"].remove(name)
            notes.append(f"column {name!r} has a direction, so it is read as a number, not as a category")
        for chain in chains:
            if name in chain:
                chain.remove(name)
                notes.append(f"column {name!r} has a direction, so it is no key of the hierarchy (an average by key has none)")
        if name not in listed["numeric"] and name != reference and name not in barred:
            listed["numeric"].append(name)
            notes.append(f"column {name!r} has a direction, so it is read as a number")
    if reference in listed["numeric"]:
        listed["numeric"].remove(reference)
    if reference and reference not in dict(monotone):
        monotone.append((reference, 1))  # what costs more when new is never worth less for it
    columns = Columns(
        target=target,
        currency=_name(document, "currency") or "",
        categorical=tuple(name for name in listed["categorical"] if name not in listed["numeric"]),
        numeric=tuple(listed["numeric"]),
        text=tuple(listed["text"]),
        hierarchy=tuple(tuple(chain) for chain in chains if chain),
        monotone=tuple((name, sign) for name, sign in monotone if name not in barred),
        reference_price=reference,
        group=_name(document, "group"),
        time=_name(document, "time"),
        id=identity,
        notes=tuple(notes),
    )
    if not columns.used:
        raise ColumnsRefused("no column is named from which a price could be estimated", key="numeric")
    return columns


def _name(document: Mapping[str, object], key: str) -> str | None:
    value = document.get(key)
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if value is None or value == "":
        return None
    if isinstance(value, list | tuple | Mapping):
        raise ColumnsRefused(f"`{key}` must be one name", key=key)
    return str(value)


def _names(document: Mapping[str, object], key: str) -> list[str]:
    value = document.get(key)
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list | tuple) or any(isinstance(one, list | tuple | Mapping) or one is None for one in value):
        raise ColumnsRefused(f"`{key}` must be a list of names", key=key)
    return list(dict.fromkeys(str(one) for one in value))


def _chains(value: object) -> list[list[str]]:
    if value is None:
        return []
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple):
        raise ColumnsRefused("`hierarchy` must be lists of names from fine to coarse", key="hierarchy")
    if all(not isinstance(one, list | tuple | Mapping) for one in value):
        value = [value]
    return [_names({"hierarchy": one}, "hierarchy") for one in value]


def _directions(value: object) -> list[tuple[str, int]]:
    if value is None:
        return []
    if not isinstance(value, Mapping):
        raise ColumnsRefused("`monotone` must give 1 or -1 by column", key="monotone")
    found = []
    for name, sign in value.items():
        if str(sign).strip() in ("0", "0.0", "None"):
            continue
        if str(sign).strip().lower() not in _SIGNS:
            raise ColumnsRefused(f"`monotone` of {name!r} must be 1 or -1", key="monotone", column=str(name))
        found.append((str(name), _SIGNS[str(sign).strip().lower()]))
    return found
