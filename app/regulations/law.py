"""The rights as data: read once from ``rights.yaml``, checked, frozen."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

SELLER_KINDS = ("individual", "business", "platform_self")
VERIFIED = "verified_text"

_Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$")]
_Confidence = Literal["verified_text", "verified_secondary", "own_knowledge_confident", "own_knowledge_unsure", "own_rule"]
Remedy = Literal["partial_refund", "return_refund", "free_repair", "replace"]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Row):
    """One text in both languages."""

    zh: str
    en: str

    @property
    def names(self) -> dict[str, str]:
        return {"zh": self.zh, "en": self.en}


class Period(_Row):
    """How long, counted from when. Without ``value``: by the grade, or the order's own time for checking."""

    value: Annotated[int, Field(ge=1, le=120)] | None = None
    unit: Literal["day", "month", "checking"]
    start: Literal["receipt", "sale", "first_use"]
    rolls: bool = False


class Rule(_Row):
    """One right of buyers."""

    code: _Word
    name: Words
    categories: tuple[Literal["phone", "appliance", "car"], ...]
    kinds: tuple[_Word, ...] = ()  # types of appliances; empty: all
    sellers: tuple[Literal["individual", "business", "platform_self"], ...]
    force: Literal["statutory", "platform"]
    confidence: _Confidence
    effective: date
    period: Period
    months_by_tier: dict[str, Annotated[int, Field(ge=0, le=120)]] = Field(default_factory=dict)
    needs: tuple[Literal["first_used", "mileage_km", "tier"], ...] = ()
    most_age_months: Annotated[int, Field(ge=1)] | None = None
    most_km: Annotated[int, Field(ge=1)] | None = None
    km: Annotated[int, Field(ge=1)] | None = None
    step_bp: Annotated[int, Field(ge=1, le=10_000)] | None = None
    most_bp: Annotated[int, Field(ge=1, le=10_000)] | None = None
    return_from_steps: Annotated[int, Field(ge=1)] | None = None
    remedies: tuple[Remedy, ...]
    paid_by: Literal["seller", "maker"]
    freight_by: Literal["seller", "buyer"] | None = None
    exceptions: tuple[_Word, ...] = ()
    conditions: Words
    source: Words

    @property
    def is_law(self) -> bool:
        """Whether pages may call it law: a statutory rule of which the text of the source was read."""
        return self.force == "statutory" and self.confidence == VERIFIED

    @model_validator(mode="after")
    def has_one_length(self) -> Self:
        lengths = [self.period.value is not None, bool(self.months_by_tier), self.period.unit == "checking"]
        if sum(lengths) != 1:
            raise ValueError(f"{self.code}: a period has a value, follows the grade, or is the order's time for checking")
        if self.months_by_tier and "tier" not in self.needs:
            raise ValueError(f"{self.code}: a length by grade needs the grade")
        if self.period.start == "first_use" and "first_used" not in self.needs:
            raise ValueError(f"{self.code}: a period from the first use needs that month")
        return self


class Exclusion(_Row):
    """Why a return without a reason can be left out; counts only when the buyer confirmed it separately for one order."""

    code: _Word
    name: Words
    confirm: Words
    confidence: _Confidence
    source: Words


class RuleSet(_Row):
    """All rights that hold for sales from one day on."""

    id: Annotated[str, StringConstraints(pattern=r"^rights-[0-9]{4}\.[0-9]+$")]
    since: date
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]
    exceptions: tuple[Exclusion, ...]

    @model_validator(mode="after")
    def codes_are_known_and_once(self) -> Self:
        codes, reasons = [rule.code for rule in self.rules], [each.code for each in self.exceptions]
        if len(set(codes)) != len(codes) or len(set(reasons)) != len(reasons):
            raise ValueError("a code stands twice")
        for rule in self.rules:
            if not set(rule.exceptions) <= set(reasons):
                raise ValueError(f"{rule.code}: unknown exception")
        return self

    def rule(self, code: str) -> Rule:
        """The rule of this code. A KeyError is a programming mistake: what was stored names rules of this set."""
        return {each.code: each for each in self.rules}[code]

    def exception(self, code: str) -> Exclusion:
        return {each.code: each for each in self.exceptions}[code]


FILES = ("rights.yaml",)  # a corrected set is a further file; none is ever changed


@cache
def rule_sets() -> tuple[RuleSet, ...]:
    """Every set, the oldest first."""
    here = Path(__file__).parent
    found = [RuleSet.model_validate(yaml.safe_load((here / name).read_text("utf-8"))) for name in FILES]
    return tuple(sorted(found, key=lambda each: each.since))


def rules_on(day: date) -> RuleSet:
    """The set for a sale of this day: the last one that has begun; before all of them the first."""
    begun = [each for each in rule_sets() if each.since <= day]
    return begun[-1] if begun else rule_sets()[0]
