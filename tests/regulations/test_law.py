"""What may be called law, exceptions, and the files themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from app.regulations.law import Rule, rule_sets
from app.regulations.queries import EXCLUDED, OPEN, Facts, exceptions_to_confirm, find_right

NOW = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
RULES = [rule for each in rule_sets() for rule in each.rules]


def test_only_rules_of_which_the_text_was_read_are_called_law() -> None:
    assert {rule.code for rule in RULES if rule.is_law} == {"seven_day_return", "nonconformity_return", "burden_of_proof"}


@pytest.mark.parametrize("rule", [rule for rule in RULES if not rule.is_law], ids=lambda rule: rule.code)
def test_what_is_not_confirmed_prints_no_article(rule: Rule) -> None:
    assert "条" not in rule.source.zh
    assert "article" not in rule.source.en


@pytest.mark.parametrize("confirmed", [frozenset(), frozenset({"disclosed_defect"}), frozenset({"opened_safety_or_quality"})])
def test_an_exception_counts_only_when_it_was_confirmed_for_this_order(confirmed: frozenset[str]) -> None:
    facts = Facts("phone", "business", sold_at=NOW, received_at=NOW, confirmed=confirmed)
    found = find_right(facts, NOW, "seven_day_return")
    assert found is not None
    assert (found.state, set(found.confirmed)) == ((EXCLUDED, confirmed) if confirmed else (OPEN, set()))
    other = find_right(facts, NOW, "nonconformity_return")
    assert other is not None
    assert other.is_open, "a confirmed exception leaves out nothing else"


def test_only_what_is_marked_on_the_offer_can_be_confirmed() -> None:
    business, private = Facts("phone", "business"), Facts("phone", "individual")
    assert [each.code for each in exceptions_to_confirm(business, NOW, frozenset({"disclosed_defect"}))] == ["disclosed_defect"]
    assert exceptions_to_confirm(business, NOW, frozenset()) == ()
    assert exceptions_to_confirm(private, NOW, frozenset({"disclosed_defect"})) == (), "there is no right that it could leave out"


@pytest.mark.parametrize(
    "change",
    [
        {"period": {"unit": "day", "start": "receipt"}},
        {"months_by_tier": {"A": 3}},
        {"period": {"value": 3, "unit": "month", "start": "first_use"}},
        {"sellers": ["somebody"]},
        {"confidence": "sure"},
        {"paid_by": "nobody"},
        {"surprise": 1},
    ],
)
def test_a_rule_that_does_not_hold_together_stops_the_start(change: dict[str, object]) -> None:
    whole = RULES[0].model_dump() | {"code": "seven", "period": {"value": 7, "unit": "day", "start": "receipt"}}
    Rule.model_validate(whole)
    with pytest.raises(ValidationError):
        Rule.model_validate(whole | change)


def test_the_days_of_the_sale_choose_the_rules() -> None:
    early = Facts("phone", "business", sold_at=datetime(2024, 12, 31, 15, 59, 59, tzinfo=UTC), received_at=NOW)
    assert find_right(early, NOW, "seven_day_return") is None, "one second before the first day of the rules in Shanghai"
    assert early.sold_at is not None
    later = Facts("phone", "business", sold_at=early.sold_at + timedelta(seconds=1), received_at=NOW)
    assert find_right(later, NOW, "seven_day_return") is not None
