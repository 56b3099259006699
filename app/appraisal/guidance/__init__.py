"""What the workbench adds to a scheme: photos that a section asks for, supporting measures, drawings of parts, and
the words of every stop.

Read once from the files beside this one, checked, frozen. None of it changes a grade.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from grading import Item, Scheme, Words
from grading.engine.answers import range_message
from grading.scale import NumberRefused, read_number

_Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{2,40}$")]
_Words = dict[Literal["zh", "en"], Annotated[str, StringConstraints(min_length=1, max_length=300)]]
_Marks = Literal["V", "V2", "K", "OURS"]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Shot(_Row):
    """One photo that a section asks for. ``confidence``: where the demand comes from (see shots.yaml)."""

    code: _Code
    name: _Words
    confidence: _Marks


class _Range(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    first: int = Field(alias="from")
    last: int = Field(alias="to")


class Measure(_Row):
    """A number beside a finding, such as the thickness of a coating: its physical range and what to compare it with."""

    code: _Code
    categories: Annotated[tuple[str, ...], Field(strict=False)]
    items: _Range
    unit: str
    min: int
    max: int
    decimals: int
    instrument: str
    confidence: _Marks
    name: _Words
    limits: _Words

    def key_of(self, item: Item) -> str:
        """The name under which the number is kept beside the answers; keys of schemes have no dot."""
        return f"{item.key}.{self.code}"

    def refusal(self, text: str) -> Words | None:
        """Why this number cannot be kept; None when it can. An empty text takes it back."""
        if text == "":
            return None
        try:
            read_number(text, Decimal(self.min), Decimal(self.max), self.decimals)
        except NumberRefused as refused:
            if refused.reason == "out_of_range":
                return range_message(Decimal(self.min), Decimal(self.max))
            if refused.reason == "too_many_decimals":
                return Words(f"最多 {self.decimals} 位小数。", f"At most {self.decimals} decimal places, please.")
            return Words(
                "请填写数字，用半角字符，例如 88 或 88.5。", "Please enter a number in plain digits, such as 88 or 88.5."
            )
        return None


class _Stops(_Row):
    ends: dict[str, Annotated[tuple[str, ...], Field(strict=False)]]
    words: dict[str, dict[str, _Words]]


def shots_of(scheme: Scheme) -> dict[str, tuple[Shot, ...]]:
    """Section code -> the photos that unlock its shortcut; sections without one are left out."""
    return _shots().get(scheme.category, {})


@cache
def measures_of(scheme: Scheme) -> dict[str, tuple[Measure, ...]]:
    """Item key -> what else is measured there."""
    found: dict[str, list[Measure]] = {}
    for measure in _measures():
        numbered = [item for item in scheme.items if scheme.category in measure.categories and item.code.isdigit()]
        for item in numbered:
            if measure.items.first <= int(item.code) <= measure.items.last:
                found.setdefault(item.key, []).append(measure)
    return {key: tuple(several) for key, several in found.items()}


@cache
def measures_by_key(scheme: Scheme) -> dict[str, Measure]:
    """item.measure -> the measure."""
    return {
        measure.key_of(scheme.items_by_key[key]): measure for key, several in measures_of(scheme).items() for measure in several
    }


def ends_inspection(scheme: Scheme, status: str) -> bool:
    """Whether the rest need not be looked at any more."""
    return status in _stops().ends.get(scheme.category, ())


def words_of_stop(scheme: Scheme, item: Item) -> dict[str, str] | None:
    """What a stop at this item means for the owner, in both languages."""
    words = _stops().words.get(scheme.category, {})
    found = words.get(item.key) or words.get(item.section)
    return dict(found) if found else None


class _Drawn(_Row):
    shapes: Annotated[tuple[str, ...], Field(strict=False)]
    at: tuple[int, int] = Field(strict=False)


class PartMap(_Row):
    """Our own drawing of the numbered parts of a section. ``box``: width and height; one unit is one pixel on a phone."""

    box: tuple[int, int] = Field(strict=False)
    name: _Words
    ground: Annotated[tuple[str, ...], Field(strict=False)]  # lines beneath the parts
    parts: dict[str, _Drawn]


def map_of(section: str, keys: list[str]) -> PartMap | None:
    """The drawing of a section, where there is one that shows exactly these items."""
    drawn = _maps().get(section)
    return drawn if drawn is not None and drawn.parts.keys() == set(keys) else None


@cache
def _shots() -> dict[str, dict[str, tuple[Shot, ...]]]:
    return {
        category: {section: tuple(Shot.model_validate(row) for row in rows) for section, rows in sections.items()}
        for category, sections in _read("shots.yaml").items()
    }


@cache
def _measures() -> tuple[Measure, ...]:
    return tuple(Measure.model_validate(row) for row in _read("measures.yaml")["measures"])


@cache
def _stops() -> _Stops:
    return _Stops.model_validate(_read("stops.yaml"))


@cache
def _maps() -> dict[str, PartMap]:
    return {section: PartMap.model_validate(row) for section, row in _read("maps.yaml").items()}


def _read(name: str) -> dict:  # type: ignore[type-arg]
    loaded = yaml.safe_load(Path(__file__).with_name(name).read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded
