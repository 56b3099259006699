"""What a grading gives back: the verdict with every reason, frozen, and as plain JSON-able content."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from grading.errors import Words
from grading.scale import number_text

ItemState = Literal["counted", "missing", "left_out", "superseded", "skipped"]
Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

CONTENT_FORMAT = 1
"""Raised when the engine words a sentence anew: content of an older format is then compared without its sentences."""
_LEFT_OUT = frozenset({"warning", "waived_by", "waives"})  # where there is none: older content did not have these names
SENTENCES = frozenset({"rule", "reason", "text", "value_name"})
"""Fields that the engine words itself. Every other text of a content stands in the scheme's file, which never changes."""


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One item of the form.

    `state`: counted; missing (required, no value); left_out (optional, no value); superseded (a better measure was
    given); skipped (does not apply to this type). Only counted items cost anything. `value` is the canonical text of
    the finding; `used` the number compared with the bands where it differs from the finding (6 decimals shown).
    """

    code: str
    key: str
    name: Words
    state: ItemState
    value: str | None
    value_name: Words | None
    used: str | None
    deduct: Decimal
    cap: str | None
    effect: str | None
    disclose: bool
    flag: str | None
    basis: str
    source: tuple[str, ...]
    rule: Words
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class SectionResult:
    """Points of one section: `total` of its findings, `deducted` = the smaller of total and max_deduction."""

    code: str
    name: Words
    total: Decimal
    deducted: Decimal
    max_deduction: Decimal
    capped: bool
    items: tuple[ItemResult, ...]

    @property
    def left(self) -> Decimal:
        """Points that remain of `max_deduction`."""
        return self.max_deduction - self.deducted


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit on the tier, from the item or rule `code`. `decided`: without such limits the tier would be better."""

    tier: str
    code: str
    reason: Words
    decided: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """A status forced by an item or rule `code` (or "missing_required"). `decided`: it is the final status.

    `waived_by`: the rule for which it does not decide.
    """

    status: str
    code: str
    reason: Words
    decided: bool = False
    waived_by: str | None = None


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Something that a buyer must be told, from the item or rule `code` (`key` and `value` for items)."""

    code: str
    key: str | None
    value: str | None
    text: Words


@dataclass(frozen=True, slots=True)
class Caution:
    """What somebody must do or not do because of item `code`; `warning` names it in the scheme's `warnings`."""

    code: str
    warning: str
    text: Words


@dataclass(frozen=True, slots=True)
class Missing:
    """A required item, fact or group (one of several items) without a value."""

    keys: tuple[str, ...]
    codes: tuple[str, ...]
    name: Words

    @property
    def key(self) -> str:
        """The first key: where a form may put the message."""
        return self.keys[0]


@dataclass(frozen=True, slots=True)
class CrossRuleResult:
    """A rule over several findings that holds, and what follows."""

    code: str
    name: Words
    deduct: Decimal
    section: str | None
    cap: str | None
    effect: str | None
    flag: str | None
    credit_event: str | None
    rule: Words
    waives: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence of the explanation. code: status | waived | score | tier_by_score | cap | functional."""

    code: str
    text: Words


@dataclass(frozen=True, slots=True)
class GradeResult:
    """A grade with its reasons.

    `tier` is None unless `status` is "graded" or gives a tier by itself; without a tier, `score` and `tier_by_score` are
    information only, and None where the scheme allows no score. `fully_functional` is None where the scheme does not ask.
    `equivalents` are the tier's approximate names elsewhere, empty where they need a fully functional thing that this
    is not. `findings` and `facts` are the canonical input: grading them again gives the same result.
    """

    scheme_id: str
    scheme_version: str
    scheme_sha256: str
    scheme_label: Words
    status: str
    status_name: Words
    tier: str | None
    tier_name: Words | None
    tier_cn: str | None
    score: Decimal | None
    tier_by_score: str | None
    fully_functional: bool | None
    not_functional: tuple[str, ...]
    sections: tuple[SectionResult, ...]
    caps: tuple[Cap, ...]
    effects: tuple[Effect, ...]
    disclosures: tuple[Disclosure, ...]
    missing: tuple[Missing, ...]
    cross_rules: tuple[CrossRuleResult, ...]
    flags: tuple[str, ...]
    credit_events: tuple[str, ...]
    equivalents: Mapping[str, str | None]
    reasons: tuple[Reason, ...]
    findings: Mapping[str, str]
    facts: Mapping[str, str | bool]
    derived: Mapping[str, str | bool]
    warnings: tuple[Caution, ...] = ()

    @property
    def is_graded(self) -> bool:
        """Is there a tier?"""
        return self.tier is not None

    @property
    def items(self) -> tuple[ItemResult, ...]:
        """Every item result, in the order of the form."""
        return tuple(item for section in self.sections for item in section.items)

    def get_item(self, key: str) -> ItemResult:
        """The result of one item. Raises KeyError."""
        for item in self.items:
            if item.key == key:
                return item
        raise KeyError(key)

    def to_content(self) -> dict[str, Json]:
        """Plain JSON-able content, decimals as text: what a report stores, hashes and signs, and `recompute` repeats."""
        content: dict[str, Json] = {"content_format": CONTENT_FORMAT}
        for field in dataclasses.fields(self):
            content[field.name] = plain(getattr(self, field.name))
        if self.score is not None:
            content["score"] = format(self.score, "f")  # keeps its decimals: "97.0"
        if not self.warnings:
            del content["warnings"]
        return content


def plain(value: object) -> Json:
    """JSON-able content of a result or a part of it; decimals as text, names left out that older content did not have."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if dataclasses.is_dataclass(value):
        content = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {name: part for name, part in content.items() if part is not None or name not in _LEFT_OUT}
    raise TypeError(f"no plain form for {type(value).__name__}")
