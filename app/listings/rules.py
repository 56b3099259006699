"""Which review rules a listing meets, decided on plain values; the rules themselves are data (rules.yaml)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from grading import scheme_for

FILE = Path(__file__).with_name("rules.yaml")
NOT_TRADABLE = "not_tradable"  # code of the rule that a report makes fire

# Signs that people put between the characters of a number or word so that a plain search misses it.
_BETWEEN = re.compile(r"[\s_*~|·•。，,、\-‐-―()（）\[\]【】<>《》\"'“”‘’!！?？;；…]+")


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reason(_Row):
    zh: str
    en: str


class Rule(_Row):
    """One review rule with its number and the sentence that the seller gets."""

    number: Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+$")]
    code: Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")]
    kind: Literal["pattern", "words", "price", "returned", "owner", "report", "answers", "quick_sales", "past_life"]
    reason: Reason
    patterns: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    below_percent: Annotated[int, Field(ge=1, le=100)] | None = None
    category: str | None = None  # the rule is about this category only
    answers: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    types: tuple[str, ...] = ()
    most: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def has_what_its_kind_needs(self) -> Self:
        given = {"pattern": self.patterns, "words": self.words, "price": self.below_percent, "answers": self.answers}
        given |= {"past_life": self.types, "quick_sales": self.most is not None}
        if not given.get(self.kind, True):
            raise ValueError(f"rule {self.number} lacks what its kind needs")
        for pattern in self.patterns:
            re.compile(pattern)
        return self

    @property
    def names(self) -> dict[str, str]:
        return {"zh": self.reason.zh, "en": self.reason.en}


class _File(_Row):
    schema_version: Literal[1]
    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def numbers_and_codes_are_unique(self) -> Self:
        for what in ("number", "code"):
            values = [getattr(rule, what) for rule in self.rules]
            if len(set(values)) != len(values):
                raise ValueError(f"a rule's {what} is used twice")
        return self


@cache
def rules() -> dict[str, Rule]:
    """All rules by code, in the order of the file."""
    file = _File.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))
    return {rule.code: rule for rule in file.rules}


def fired(
    text: str,
    price_fen: int,
    median_fen: int | None = None,
    *,
    was_removed: bool = False,
    belongs_to_another: bool = False,
    category: str = "phone",
    told: Mapping[str, Any] | None = None,
    today: date | None = None,
    quick_sales: int = 0,
) -> list[str]:
    """Codes of the rules that a listing meets, in the file's order.

    ``median_fen``: the middle price of comparable sales when there are enough of them, None otherwise. ``told``: facts and
    answers by code, and the type. ``quick_sales``: other cars that the seller offered this year, each owned for under a year.
    A rule of the kind ``report`` never fires here: such a thing is not sent to review, it cannot go on sale at all.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    joined = _BETWEEN.sub("", plain)
    facts = told or {}
    known = {"returned": was_removed, "owner": belongs_to_another}
    if today is not None:
        known["past_life"] = past_life_years(facts, today) is not None
        known["quick_sales"] = is_held_briefly(facts, today)

    def meets(rule: Rule) -> bool:
        if rule.category not in (None, category):
            return False
        if rule.kind == "answers":
            return any(set(_several(facts.get(code))) & set(wanted) for code, wanted in rule.answers.items())
        if rule.kind == "past_life" and facts.get("type") not in rule.types:
            return False
        if rule.kind == "quick_sales" and quick_sales < (rule.most or 0):
            return False
        return _meets(rule, plain, joined, price_fen, median_fen, known)

    return [rule.code for rule in rules().values() if meets(rule)]


def _several(answer: Any) -> list[Any]:
    return answer if isinstance(answer, list) else [answer]


def is_held_briefly(facts: Mapping[str, Any], day: date) -> bool:
    """Whether the owner got the car less than a year before the day; a month that is not known counts as long ago."""
    acquired = str(facts.get("acquired", ""))
    return len(acquired) == 7 and acquired > f"{day.year - 1:04d}-{day.month:02d}"


def past_life_years(told: Mapping[str, Any], day: date) -> int | None:
    """The safe life in years of an appliance that has passed it on the day, from the scheme's figures; None otherwise.

    Counts from the month of purchase; air conditioners, and what was bought nobody knows when, from manufacture.
    """
    types = scheme_for("appliance", day).types
    if told.get("type") not in types:
        return None
    kind = types[str(told["type"])]
    by_gas = kind.attr("safe_life_by_gas")
    years = by_gas.get(str(told.get("gas"))) if isinstance(by_gas, Mapping) else None
    life = int(years or kind.attr("safe_life_years") or 0)
    wanted = ("made", "bought") if kind.attr("life_start") == "manufacture" else ("bought", "made")
    start = next((str(told[code]) for code in wanted if len(str(told.get(code, ""))) == 7 and "-" in str(told.get(code))), "")
    if not start or not life:
        return None
    begun = date(int(start[:4]) + life, int(start[5:]), 1)
    return life if begun < date(day.year, day.month, 1) else None


def reasons(codes: Iterable[str]) -> list[Rule]:
    """The rules of these codes; codes of rules that are no longer in the file are left out."""
    known = rules()
    return [known[code] for code in codes if code in known]


def reason_text(codes: Iterable[str]) -> str:
    """The statement of reasons in Chinese, as it is kept with the decision."""
    return " ".join(f"[{rule.number}] {rule.reason.zh}" for rule in reasons(codes))


def _meets(rule: Rule, plain: str, joined: str, price_fen: int, median_fen: int | None, known: Mapping[str, bool]) -> bool:
    if rule.kind == "pattern":
        return any(re.search(pattern, text) for pattern in rule.patterns for text in (plain, joined))
    if rule.kind == "words":
        return any(word in joined or word in plain for word in rule.words)
    if rule.kind == "price":
        assert rule.below_percent is not None
        return median_fen is not None and price_fen * 100 < median_fen * rule.below_percent
    return known.get(rule.kind, False)
