"""What a contest costs and how long each side has, read once from ``terms.yaml``, checked, frozen."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.goods.models import CATEGORIES
from app.kernel.money import MAX_FEN


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Answering(_Row):
    """What the first agency answers for when its report was wrong."""

    pays_second_look: bool
    fee_back: bool
    compensation_bp: Annotated[int, Field(ge=0, le=10_000)]
    most_compensation_bp: Annotated[int, Field(ge=0, le=10_000)]
    most_compensation_fen: dict[str, Annotated[int, Field(ge=0, le=MAX_FEN)]]

    @model_validator(mode="after")
    def every_category_has_its_most(self) -> Answering:
        if set(self.most_compensation_fen) != set(CATEGORIES):
            raise ValueError(f"most_compensation_fen must name exactly {', '.join(CATEGORIES)}")
        return self


class Terms(_Row):
    """One set of terms. A re-inspection names the set that it was made under."""

    id: Annotated[str, StringConstraints(pattern=r"^contest-[0-9]+$")]
    since: date
    deposit_fen: dict[str, Annotated[int, Field(ge=1, le=MAX_FEN)]]
    pay_hours: Annotated[int, Field(ge=1, le=72)]
    show_days: Annotated[int, Field(ge=1, le=90)]
    liability_steps: Annotated[int, Field(ge=1, le=20)]
    answering: Answering | None = None

    @model_validator(mode="after")
    def every_category_has_its_deposit(self) -> Terms:
        if set(self.deposit_fen) != set(CATEGORIES):
            raise ValueError(f"deposit_fen must name exactly {', '.join(CATEGORIES)}")
        return self


class _File(_Row):
    terms: Annotated[tuple[Terms, ...], Field(min_length=1)]


@cache
def _all() -> dict[str, Terms]:
    text = Path(__file__).with_name("terms.yaml").read_text("utf-8")
    return {each.id: each for each in _File.model_validate(yaml.safe_load(text)).terms}


def terms_by_id(terms_id: str) -> Terms:
    """The terms that a re-inspection was made under. A KeyError is a programming mistake: they stay for ever."""
    return _all()[terms_id]


def terms_on(day: date) -> Terms:
    """The terms for what begins on this day: those that began last."""
    begun = [each for each in _all().values() if each.since <= day]
    return max(begun, key=lambda each: each.since)
