"""What holds for visits: times and what comes back, read once from ``terms.yaml``, checked, frozen."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Hours = Annotated[int, Field(ge=1, le=240)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VisitTerms(_Row):
    """One set of terms; the fields are explained in ``terms.yaml``."""

    id: Annotated[str, StringConstraints(pattern=r"^visit-[0-9]+$")]
    since: date
    ahead_hours: Hours
    pay_before_hours: Hours
    most_moves: Annotated[int, Field(ge=0, le=20)]
    late_hours: Hours
    late_refund_pct: Annotated[int, Field(ge=0, le=100)]
    wait_minutes: Annotated[int, Field(ge=5, le=240)]
    object_hours: Hours
    silent_hours: Hours

    @model_validator(mode="after")
    def the_fee_can_arrive(self) -> VisitTerms:
        if self.pay_before_hours >= self.ahead_hours:
            raise ValueError("a time must be bookable before its fee is due")
        return self


class _File(_Row):
    terms: Annotated[tuple[VisitTerms, ...], Field(min_length=1)]


@cache
def _all() -> dict[str, VisitTerms]:
    text = Path(__file__).with_name("terms.yaml").read_text("utf-8")
    return {each.id: each for each in _File.model_validate(yaml.safe_load(text)).terms}


def visit_terms_by_id(terms_id: str) -> VisitTerms:
    """The terms that a visit was booked under. A KeyError is a programming mistake: they stay for ever."""
    return _all()[terms_id]


def visit_terms_on(day: date) -> VisitTerms:
    """The terms for a visit that is booked on this day: those that began last."""
    begun = [each for each in _all().values() if each.since <= day]
    return max(begun, key=lambda each: each.since)
