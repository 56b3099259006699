"""What holds for orders with a fee: shares, times, refunds and reasons, read once from ``terms.yaml``, checked, frozen."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.appraisal.states import REFUNDING

Percent = Annotated[int, Field(ge=0, le=100)]
Hours = Annotated[int, Field(ge=1, le=24 * 90)]
Days = Annotated[int, Field(ge=1, le=365)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class UnableReason(_Row):
    """Why an appraiser cannot finish, and how much of the fee the owner then gets back."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z_]{2,20}$")]
    refund_pct: Percent
    name: dict[Literal["zh", "en"], Annotated[str, StringConstraints(min_length=1, max_length=80)]]


class Terms(_Row):
    """One set of terms. An order names the set that it was made under."""

    id: Annotated[str, StringConstraints(pattern=r"^terms-[0-9]+$")]
    since: date
    share_bp: Annotated[int, Field(ge=0, le=5000)]
    pay_hours: Hours
    answer_hours: Hours
    passes: Annotated[int, Field(ge=1, le=20)]
    come_days: Days
    back_days: Days
    refund_pct: dict[str, Percent]
    unable: tuple[UnableReason, ...]

    @model_validator(mode="after")
    def every_state_has_its_refund(self) -> Terms:
        if set(self.refund_pct) != set(REFUNDING):
            raise ValueError(f"refund_pct must name exactly {', '.join(REFUNDING)}")
        codes = [reason.code for reason in self.unable]
        if len(set(codes)) != len(codes):
            raise ValueError("a reason is listed twice")
        return self

    def reason(self, code: str) -> UnableReason | None:
        return next((reason for reason in self.unable if reason.code == code), None)


class _File(_Row):
    terms: Annotated[tuple[Terms, ...], Field(min_length=1)]


@cache
def _all() -> dict[str, Terms]:
    text = Path(__file__).with_name("terms.yaml").read_text("utf-8")
    return {each.id: each for each in _File.model_validate(yaml.safe_load(text)).terms}


def terms_by_id(terms_id: str) -> Terms:
    """The terms that an order was made under. A KeyError is a programming mistake: they stay for ever."""
    return _all()[terms_id]


def terms_on(day: date) -> Terms:
    """The terms for an order that is made on this day: those that began last."""
    begun = [each for each in _all().values() if each.since <= day]
    return max(begun, key=lambda each: each.since)
