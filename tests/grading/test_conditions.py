"""Conditions of a scheme file: every fault with its place and sentence, and what is right says nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from grading.schemes.conditions import check_condition
from grading.schemes.document import SchemePart
from grading.schemes.index import Index
from grading.schemes.parts import ConditionPart
from grading.schemes.reading import read_document

FILE = Path(__file__).with_name("household-test-1.yaml")
INDEX = Index(SchemePart.model_validate(read_document(FILE.name, FILE.read_bytes())))
Said = list[tuple[str, str]]
Plain = dict[str, object]
EXACTLY = "a condition is exactly one of all, any, count, item, fact, type_attr; here: "
FACTS_ONLY = "only facts and attributes of the type may decide whether an item applies"
GAS: Plain = {"type_attr": "energy", "op": "eq", "value": "gas"}
OLD: Plain = {"fact": "age_years", "op": "gt", "value": Decimal(13)}
LEAKS: Plain = {"item": "A.03", "op": "in", "value": ["leaks"]}
DEAD: Plain = {"count": {"section": "B", "severity": ["main", "side"], "value": ["dead"], "at_least": 2}}


def said(condition: Plain, *, facts_only: bool = False) -> Said:
    found: Said = []
    check_condition(
        ConditionPart.model_validate(condition), "when", INDEX, lambda *fault: found.append(fault), facts_only=facts_only
    )
    return found


@pytest.mark.parametrize(
    "condition",
    [
        GAS, OLD, LEAKS, DEAD, {"all": [GAS, {"any": [OLD, LEAKS]}]}, {"count": {"value": ["works"], "at_least": 11}},
        {"count": {"severity": ["main"], "value": ["dead"], "at_least": 1}}, {"count": {"section": "D", "value": ["works"], "at_least": 3}},
        {"item": "A.03", "op": "effect", "value": "unsafe"}, {"item": "B.01", "op": "eq", "value": "dead"}, {"item": "B.01", "op": "missing"},
        {"item": "B.04", "op": "le", "value": Decimal(3)}, {"item": "B.04", "op": "eq", "value": Decimal(3)}, {"item": "D.03", "op": "eq", "value": "anything"},
        {"fact": "serviced", "op": "eq", "value": False}, {"fact": "kind", "op": "in", "value": ["hob", "kettle"]}, {"fact": "bought_on", "op": "missing"},
        {"fact": "life_ratio", "op": "in", "value": [Decimal(1), Decimal(2)]}, {"type_attr": "life", "op": "le", "value": Decimal(5)},
        {"type_attr": "energy", "op": "in", "value": ["gas", "steam"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_condition_that_can_hold_is_taken(condition: Plain) -> None:
    assert said(condition) == []


@pytest.mark.parametrize("condition", [GAS, OLD, {"all": [GAS, OLD]}, {"any": [{"all": [GAS]}, OLD]}], ids=str)
def test_whether_an_item_applies_may_depend_on_facts_and_the_type(condition: Plain) -> None:
    assert said(condition, facts_only=True) == []


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        (LEAKS, "when"), (DEAD, "when"), ({"all": [GAS, LEAKS]}, "when.all[1]"), ({"any": [DEAD]}, "when.any[0]"),
        ({"all": [OLD, {"any": [OLD, {"all": [LEAKS]}]}]}, "when.all[1].any[1].all[0]"),
    ],
    ids=str,
)  # fmt: skip
def test_whether_an_item_applies_never_depends_on_another_item(condition: Plain, place: str) -> None:
    assert said(condition, facts_only=True) == [(place, FACTS_ONLY)]
    assert said(condition) == []


@pytest.mark.parametrize(
    ("condition", "faults"),
    [
        # its form
        ({}, [("when", EXACTLY + "none")]),
        ({"op": "eq", "value": "gas"}, [("when", EXACTLY + "none")]),
        ({**GAS, **OLD}, [("when", EXACTLY + "fact, type_attr")]),
        ({**GAS, "all": [OLD], "any": [OLD]}, [("when", EXACTLY + "all, any, type_attr")]),
        ({"all": [], }, [("when.all", "is empty")]),
        ({"any": []}, [("when.any", "is empty")]),
        ({"all": [OLD], "op": "eq"}, [("when", "op and value do not belong to all")]),
        ({"any": [OLD], "value": "x"}, [("when", "op and value do not belong to any")]),
        ({**DEAD, "op": "eq", "value": "x"}, [("when", "op and value do not belong to count")]),
        ({"all": [{"any": [OLD, {}]}, {"any": []}]}, [("when.all[0].any[1]", EXACTLY + "none"), ("when.all[1].any", "is empty")]),
        # count
        ({"count": {"section": "Z", "value": ["dead"], "at_least": 9}}, [("when.count.section", "unknown section 'Z'")]),
        ({"count": {"severity": ["grave"], "value": ["dead"], "at_least": 1}}, [
            ("when.count.severity", "unknown severity level 'grave'"), ("when.count.at_least", "1 can never be reached: 0 items can count")]),
        ({"count": {"value": ["broken"], "at_least": 1}}, [("when.count.value", "unknown severity value or answer 'broken'")]),
        ({"count": {"section": "B", "value": ["dead"], "at_least": 5}}, [("when.count.at_least", "5 can never be reached: 4 items can count")]),
        ({"count": {"section": "B", "severity": ["side"], "value": ["dead"], "at_least": 3}}, [("when.count.at_least", "3 can never be reached: 2 items can count")]),
        ({"count": {"severity": ["main"], "value": ["dead"], "at_least": 2}}, [("when.count.at_least", "2 can never be reached: 1 items can count")]),
        ({"count": {"section": "A", "severity": ["main"], "value": ["dead"], "at_least": 1}}, [("when.count.at_least", "1 can never be reached: 0 items can count")]),
        ({"count": {"value": ["dead"], "at_least": 12}}, [("when.count.at_least", "12 can never be reached: 11 items can count")]),
        # a leaf: names, operator, value
        ({"item": "A.09", "op": "missing"}, [("when.item", "unknown item 'A.09'")]),
        ({"fact": "colour", "op": "missing"}, [("when.fact", "unknown fact 'colour'")]),
        ({"fact": "energy", "op": "missing"}, [("when.fact", "unknown fact 'energy'")]),
        ({"type_attr": "serviced", "op": "missing"}, [("when.type_attr", "unknown type_attr 'serviced'")]),
        ({"item": "A.03"}, [("when.op", "is missing")]),
        ({"fact": "serviced", "value": True}, [("when.op", "is missing")]),
        ({"fact": "serviced", "op": "missing", "value": True}, [("when.value", "does not belong to missing")]),
        ({"fact": "serviced", "op": "eq"}, [("when.value", "is needed for eq")]),
        ({"item": "A.03", "op": "effect"}, [("when.value", "is needed for effect")]),
        ({"item": "A.03", "op": "in", "value": "leaks"}, [("when.value", "a list belongs to the operator in, and only there")]),
        ({"item": "A.03", "op": "eq", "value": ["leaks"]}, [("when.value", "a list belongs to the operator in, and only there")]),
        ({"fact": "serviced", "op": "effect", "value": "unsafe"}, [("when.op", "effect asks about an item")]),
        ({"item": "A.03", "op": "effect", "value": "bad"}, [("when.value", "unknown status 'bad'")]),
        ({"fact": "serviced", "op": "effect", "value": "bad"}, [("when.op", "effect asks about an item"), ("when.value", "unknown status 'bad'")]),
        # a value that can never come
        ({"item": "A.03", "op": "le", "value": Decimal(1)}, [("when.op", "le compares numbers, and 'A.03' is a choice")]),
        ({"item": "B.01", "op": "gt", "value": Decimal(1)}, [("when.op", "gt compares numbers, and 'B.01' is a choice")]),
        ({"item": "D.03", "op": "gt", "value": Decimal(1)}, [("when.op", "gt compares numbers, and 'D.03' is a text")]),
        ({"fact": "serviced", "op": "gt", "value": Decimal(1)}, [("when.op", "gt compares numbers, and 'serviced' is a flag")]),
        ({"fact": "bought_on", "op": "le", "value": Decimal(1)}, [("when.op", "le compares numbers, and 'bought_on' is a date")]),
        ({"fact": "age_years", "op": "gt", "value": "old"}, [("when.value", "'old' is not a number")]),
        ({"fact": "age_years", "op": "eq", "value": True}, [("when.value", "True is not a number")]),
        ({"type_attr": "life", "op": "le", "value": "short"}, [("when.value", "'short' is not a number")]),
        ({"item": "B.04", "op": "in", "value": [Decimal(1), "many", "few"]}, [("when.value", "'many' is not a number"), ("when.value", "'few' is not a number")]),
        ({"fact": "serviced", "op": "eq", "value": "true"}, [("when.value", "'true' is neither true nor false")]),
        ({"fact": "bought_on", "op": "eq", "value": "2025-01-01"}, [("when.op", "days are not compared here; derive a number from 'bought_on'")]),
        ({"item": "A.03", "op": "in", "value": ["leaks", "drips"]}, [("when.value", "'A.03' never has the value 'drips'")]),
        ({"item": "B.01", "op": "eq", "value": "works well"}, [("when.value", "'B.01' never has the value 'works well'")]),
        ({"fact": "kind", "op": "eq", "value": "car"}, [("when.value", "'kind' never has the value 'car'")]),
        ({"fact": "gas", "op": "in", "value": ["lpg"]}, [("when.value", "'gas' never has the value 'lpg'")]),
    ],
    ids=str,
)  # fmt: skip
def test_a_condition_that_can_never_hold_is_refused_with_its_place(condition: Plain, faults: Said) -> None:
    assert said(condition) == faults
