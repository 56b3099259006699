"""The electric-car scheme: battery levels, unknown is never guessed, safety items, the battery in the value."""

from __future__ import annotations

import pytest

from grading import GradeResult, grade, load_scheme
from grading.cost import read_terms, value_of
from grading.inputs import read_input

SCHEME = load_scheme("ev-house-1")


def car(**document: object) -> GradeResult:
    given = read_input(SCHEME, document)
    return grade(SCHEME, given.findings, given.facts)


@pytest.mark.parametrize(
    ("percent", "points"), [(100, 0), (90, 0), ("89.9", 4), (80, 4), ("79.9", 9), (70, 9), ("69.9", 15), (0, 15)]
)
def test_battery_health_by_percent(percent: object, points: int) -> None:
    result = car(soh_percent=percent)
    assert (result.score, result.status) == (100 - points, "graded")


@pytest.mark.parametrize(("level", "points"), [("A", 0), ("B", 4), ("C", 9), ("D", 15)])
def test_battery_health_by_level(level: str, points: int) -> None:
    assert car(answers={"E1": level}).score == 100 - points
    assert car(answers={"E1": level}, soh_percent=95).score == 100  # what was measured counts


def test_unknown_health_is_never_guessed() -> None:
    for result in (car(), car(answers={"E1": "U"}), car(answers={"E1": "U"}, assume_clean=True)):
        assert (result.status, result.score, result.tier) == ("ungradable", None, None)
    assert car().missing[0].codes == ("E0", "E1")


def test_powertrain_items_take_their_full_points() -> None:
    for code, points in (("E2", 4), ("E3", 4), ("E4", 4), ("E5", 3), ("E6", "2.5"), ("E7", "2.5")):
        result = car(soh_percent=95, answers={code: "C"})
        assert str(100 - result.get_item(SCHEME.items_by_code[code].key).deduct) == str(100 - float(points)).removesuffix(".0")
        assert [warning.code for warning in result.warnings] == ([code] if code in ("E3", "E7") else [])
    assert car(soh_percent=95, answers={"E4": "B"}).score == 98
    everything = {f"E{number}": "C" for number in range(2, 8)}
    assert car(soh_percent=10, answers=everything).score == 65
    assert car(soh_percent=95, not_inspected=["E3"]).status == "ungradable"


def test_the_scheme_is_what_it_says() -> None:
    assert [int(section.max_deduction) for section in SCHEME.sections if section.max_deduction] == [20, 35, 10, 10, 15, 10]
    assert "GB" not in SCHEME.label.en + SCHEME.label.zh + SCHEME.name.zh + SCHEME.name.en
    assert car(soh_percent=95, frame=["4SH"]).tier == "五级"
    assert car(soh_percent=95, facts={"battery_owner": "leased", "soh_method": "owner_statement"}).flags == (
        "battery_leased", "soh_owner_statement",
    )  # fmt: skip
    worst = {item.code: "C" for item in SCHEME.items if "C" in item.values}
    result = car(answers=worst | {"E1": "D"}, body=[f"{part}HH3" for part in range(14, 40)])
    assert (result.score, result.tier) == (0, "四级")


def test_the_battery_counts_apart_in_the_value() -> None:
    assert SCHEME.valuation is not None
    terms = read_terms(SCHEME.valuation, {"new_price": 200000, "used_months": 36})
    # e = 0.4 x 0.8 + 0.6 x 0.96 = 0.896; battery (85 - 70) / 30 = 0.5; 0.65 x 0.896 + 0.35 x 0.5 = 0.7574
    found = value_of(SCHEME, car(soh_percent=85), terms)
    assert found is not None
    assert (str(found.rate), str(found.battery_rate), str(found.value)) == ("0.8960", "0.5000", "151480.00")
    assert value_of(SCHEME, car(answers={"E1": "B"}), terms) is None
    low = value_of(SCHEME, car(soh_percent=60), terms)
    assert low is not None
    assert str(low.battery_rate) == "0.0000"
