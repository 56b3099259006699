"""What bringing an appliance into the room costs: the table of ``carrying.yaml``, read once, checked, frozen; and the sum."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

TABLE, OLD_UNIT, INSTALLING = "table", "old_unit", "installing"  # what a seller offers, codes of the listing's form
NOBODY, SELLER, OWN = "none", "seller", "own"  # who installs it: nobody has to, the seller, somebody whom the buyer asks
INSTALLERS = (NOBODY, SELLER, OWN)
MOST_FLOOR, LEAST_FLOOR = 120, -5
LINES = ("bring", "stairs", "narrow", "old_unit", "install")

_Fen = Annotated[int, Field(ge=0, le=100_000)]
_Names = dict[Literal["zh", "en"], str]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Tariff(_Row):
    """The prices of one type of appliance, fen."""

    bring: _Fen
    floor: _Fen
    narrow: _Fen
    door_cm: int
    least_cm: int
    old_unit: _Fen
    install: _Fen


class Part(_Row):
    """A part of the day."""

    code: str
    name: _Names


class Days(_Row):
    """How many days ahead something can be brought."""

    first: int
    last: int


class Carrying(_Row):
    """The whole file."""

    id: str
    source: _Names
    days: Days
    parts: Annotated[tuple[Part, ...], Field(min_length=1, strict=False)]
    install_days: int
    lines: dict[Literal["bring", "stairs", "narrow", "old_unit", "install"], _Names]
    types: dict[str, Tariff]


@cache
def carrying() -> Carrying:
    """The table. Raises pydantic.ValidationError when the file is wrong."""
    return Carrying.model_validate(yaml.safe_load(Path(__file__).with_name("carrying.yaml").read_text("utf-8")))


@dataclass(frozen=True)
class Way:
    """What the price depends on. ``floor``: 1 is the ground floor; ``door_cm`` None: not measured."""

    floor: int
    by_stairs: bool
    door_cm: int | None
    old_unit: bool
    installing: str


@dataclass(frozen=True)
class Charge:
    """One line of what is paid for bringing it, fen."""

    code: str
    fen: int


def charges(tariff: Tariff, offered: Collection[str], way: Way) -> tuple[Charge, ...]:
    """The lines that are paid, by what the seller offers. Without the table bringing is in the price of the thing.

    Stairs count for each floor above the first, below it for each floor down.
    """
    found = []
    if TABLE in offered:
        found.append(Charge("bring", tariff.bring))
        steps = abs(way.floor - 1) if way.floor > 0 else abs(way.floor)
        if way.by_stairs:
            found.append(Charge("stairs", steps * tariff.floor))
        if way.door_cm is not None and way.door_cm < tariff.door_cm:
            found.append(Charge("narrow", tariff.narrow))
    if way.old_unit:
        found.append(Charge("old_unit", tariff.old_unit))
    if way.installing == SELLER:
        found.append(Charge("install", tariff.install))
    return tuple(each for each in found if each.fen)
