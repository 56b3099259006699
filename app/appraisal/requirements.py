"""What the register asks of agencies and appraisers, from ``requirements.yaml``; and which kinds of instruments there are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from grading import list_schemes, load_scheme

FILE = Path(__file__).with_name("requirements.yaml")

Words = dict[str, str]
Confidence = Literal["V", "V2", "K", "OURS"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Figure(_Row):
    """Something asked, with how sure we are of it and who says so."""

    confidence: Confidence
    source: str


class Area(_Figure):
    least: int


class People(_Figure):
    """``appraisers`` certified people of any level besides the ``seniors``."""

    appraisers: int
    seniors: int


class Equipment(_Figure):
    kind: str


class Category(_Row):
    area_m2: Area
    people: People
    equipment: tuple[Equipment, ...]


class Document(_Row):
    code: str
    name: Words


class Education(_Figure):
    hours_per_year: int


class Proficiency(_Figure):
    """When a test is passed, how long that holds, how long one stays open, and when the next may be begun."""

    pass_percent: int
    valid_months: int
    open_days: int
    again_after_days: int


class LicenceRule(_Figure):
    longest_years: int


class Requirements(_Row):
    schema_version: Literal[1]
    sources: dict[str, Words]
    categories: dict[str, Category]
    documents: tuple[Document, ...]
    own_kinds: dict[str, Words]
    calibrated: tuple[str, ...]
    education: Education
    proficiency: Proficiency
    licence: LicenceRule
    reminder_days: tuple[int, ...]

    @model_validator(mode="after")
    def everything_named_exists(self) -> Requirements:
        known = {*self.own_kinds, *_scheme_kinds()}
        named = {*self.calibrated, *(each.kind for category in self.categories.values() for each in category.equipment)}
        if not named <= known:
            raise ValueError(f"kinds of no scheme: {sorted(named - known)}")
        figures = [self.education, self.proficiency, self.licence]
        figures += [figure for one in self.categories.values() for figure in (one.area_m2, one.people, *one.equipment)]
        if not {figure.source for figure in figures} <= set(self.sources):
            raise ValueError("a figure names a source that is not listed")
        return self


@cache
def requirements() -> Requirements:
    """The file, checked."""
    data: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return Requirements.model_validate(data)


@cache
def kinds() -> Mapping[str, Words]:
    """Every kind of equipment that can be registered, with its name: those of the schemes, then the register's own."""
    return {**_scheme_kinds(), **requirements().own_kinds}


def needs_calibration(kind: str) -> bool:
    return kind in requirements().calibrated


def _scheme_kinds() -> dict[str, Words]:
    found: dict[str, Words] = {}
    for scheme_id in list_schemes():
        for kind, name in load_scheme(scheme_id).instruments.items():
            found.setdefault(kind, dict(name))
    return found
