"""What programs get about rights."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.regulations.law import Rule
from app.web.api.shapes import Day, Shape, Words, words


class RuleOut(Shape):
    """One right of buyers, as a rule."""

    code: Annotated[str, Field(examples=["seven_day_return"])]
    name: Words
    categories: list[str]
    kinds: Annotated[list[str], Field(description="Of appliances; empty: all.", examples=[["tv"]])]
    sellers: Annotated[list[str], Field(description="individual, business, platform_self.", examples=[["business"]])]
    is_law: Annotated[bool, Field(description="Statutory, and the text of the source was read. Otherwise platform policy.")]
    confidence: Annotated[str, Field(examples=["verified_text"])]
    source: Words
    conditions: Words
    effective: Day
    value: Annotated[int | None, Field(description="Null: by grade, or the order's time for checking.", examples=[7])]
    unit: Annotated[str, Field(description="day, month or checking.", examples=["day"])]
    start: Annotated[str, Field(description="receipt, sale or first_use.", examples=["receipt"])]
    rolls: Annotated[bool, Field(description="Ends with the next working day instead of a day off.")]
    months_by_tier: dict[str, int]
    remedies: Annotated[list[str], Field(examples=[["return_refund"]])]
    paid_by: Annotated[str, Field(examples=["seller"])]
    freight_by: Annotated[str | None, Field(examples=["buyer"])]
    exceptions: Annotated[list[str], Field(description="Count only when confirmed separately for one order.")]


class RulesOut(Shape):
    """The rights that hold for sales of today."""

    id: Annotated[str, Field(examples=["rights-2026.1"])]
    since: Day
    rules: list[RuleOut]


def rule_out(rule: Rule) -> RuleOut:
    return RuleOut(
        code=rule.code,
        name=words(rule.name.names),
        categories=list(rule.categories),
        kinds=list(rule.kinds),
        sellers=list(rule.sellers),
        is_law=rule.is_law,
        confidence=rule.confidence,
        source=words(rule.source.names),
        conditions=words(rule.conditions.names),
        effective=rule.effective.isoformat(),
        value=rule.period.value,
        unit=rule.period.unit,
        start=rule.period.start,
        rolls=rule.period.rolls,
        months_by_tier=dict(rule.months_by_tier),
        remedies=list(rule.remedies),
        paid_by=rule.paid_by,
        freight_by=rule.freight_by,
        exceptions=list(rule.exceptions),
    )
