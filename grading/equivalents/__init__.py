"""What a grade is roughly called elsewhere: CTIA, R2v3 and marketplaces for devices, NAAA and Japanese auctions for cars.

Nouns: scale, equivalent, anchor. Verbs: `equivalents`, `r2v3_of`, `list_scales`, `anchors`. For display only, and never a
claim to be graded by another scale. Sources and how well they were read: `scales.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from grading.errors import Words
from grading.schemes import Scheme
from grading.schemes.reading import read_document

__all__ = ["MARKS", "Anchor", "Equivalent", "Mark", "Scale", "anchors", "equivalents", "list_scales", "r2v3_of"]

Mark = Literal["anchored", "approximate"]
MARKS: Mapping[Mark, Words] = MappingProxyType(
    {
        "anchored": Words("有来源明示的对应", "anchored: stated by a source"),
        "approximate": Words("近似，本平台的对应", "approximate, ours"),
    }
)


@dataclass(frozen=True, slots=True)
class Scale:
    """A grading scale of others. `confidence`: verified | secondary | own_knowledge; `grades`: its words, as far as known."""

    key: str
    name: Words
    confidence: str
    note: Words | None
    grades: Mapping[str, Words]


@dataclass(frozen=True, slots=True)
class Equivalent:
    """One tier's name on one scale. `grade` None: the slot is kept for somebody who holds the text."""

    scale: Scale
    grade: str | None
    mark: Mark


@dataclass(frozen=True, slots=True)
class Anchor:
    """One pair that the source states: CTIA cosmetic grades with a functional grade, and their R2v3 category."""

    cosmetic: tuple[str, ...]
    functional: int
    r2v3: str
    mark: Mark = "anchored"


def equivalents(scheme: Scheme, tier: str, fully_functional: bool | None = True) -> tuple[Equivalent, ...]:
    """What this tier is roughly called elsewhere: from the scheme's tier, or the cross-walk where the tier names nothing.

    Every one of them is our approximation. Empty where the tier's equivalents hold for fully functional things and this
    is none. Raises KeyError for a tier or scale that does not exist.
    """
    found = scheme.get_tier(tier)
    if found.needs_fully_functional and not fully_functional:
        return ()
    names: Mapping[str, str | None] = _file().crosswalk.get(scheme.id, {}).get(tier, {})
    if found.equivalents:
        names = {"cn_trade": found.cn, **found.equivalents}
    scales = list_scales()
    return tuple(Equivalent(scales[key], grade, "approximate") for key, grade in names.items())


def r2v3_of(cosmetic: str, functional: int) -> Anchor | None:
    """The R2v3 category of a CTIA grade, as the source states it. None where it states nothing (functional 3 to 9)."""
    return next((a for a in anchors() if functional == a.functional and cosmetic in a.cosmetic), None)


@lru_cache(maxsize=1)
def list_scales() -> Mapping[str, Scale]:
    """All scales by key."""
    return MappingProxyType(
        {
            key: Scale(
                key,
                _words(part.name),
                part.confidence,
                None if part.note is None else _words(part.note),
                MappingProxyType({grade: _words(words) for grade, words in part.grades.items()}),
            )
            for key, part in _file().scales.items()
        }
    )


def anchors() -> tuple[Anchor, ...]:
    """The three pairs that a source states."""
    return tuple(Anchor(tuple(part.cosmetic), part.functional, part.r2v3) for part in _file().anchors)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Words(_Part):
    zh: str
    en: str


class _Scale(_Part):
    name: _Words
    confidence: Literal["verified", "secondary", "own_knowledge"]
    note: _Words | None = None
    grades: dict[str, _Words] = Field(default_factory=dict)


class _Anchor(_Part):
    cosmetic: list[str]
    functional: int
    r2v3: str


class _File(_Part):
    scales: dict[str, _Scale]
    anchors: list[_Anchor]
    crosswalk: dict[str, dict[str, dict[str, str]]]


def _words(part: _Words) -> Words:
    return Words(part.zh, part.en)


@lru_cache(maxsize=1)
def _file() -> _File:
    data = (resources.files("grading") / "equivalents" / "scales.yaml").read_bytes()
    return _File.model_validate(read_document("scales.yaml", data))
