"""The worked cases of the phone scheme, with the sums done by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.grading.phone import phone, points

CASES = {
    "near-new phone": (
        {"back_cover": "micro", "frame": "micro", "battery_pct": 96, "age_months": 10, "accessories": "device_only"},
        {"P4": 2, "P10": 1}, 97, "S", [], "graded", "S",
    ),
    "light wear, exactly on the A threshold": (
        {"screen_glass": "micro", "back_cover": "light", "frame": "micro", "battery_pct": 88, "age_months": 18, "accessories": "device_only"},
        {"P3": 2, "P4": 4, "P7": 4, "P10": 2}, 88, "A", ["A", "A"], "graded", "A",
    ),
    "older phone; score is stricter than the caps": (
        {"screen_glass": "light", "back_cover": "visible", "frame": "light", "battery_pct": 82, "age_months": 40, "accessories": "device_only"},
        {"P3": 6, "P4": 9, "P7": 8, "P10": 5}, 72, "C", ["B", "B", "A", "B"], "graded", "C",
    ),
    "flawless phone with the activation lock on": (
        {"account_lock": "locked", "battery_pct": 99, "age_months": 5}, {}, 100, "S", [], "ungradable", None,
    ),
    "third-party housing bearing the maker's mark": (
        {"housing_part": "third_party_branded", "battery_pct": 97, "age_months": 8}, {}, 100, "S", [], "prohibited", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_worked_case_comes_out_as_computed_by_hand(case: str) -> None:
    findings, sections, score, by_score, caps, status, tier = CASES[case]
    result = phone(**findings)
    assert points(result) == sections
    assert result.score == Decimal(score)
    assert str(result.score) == f"{score}.0"
    assert result.tier_by_score == by_score
    assert [cap.tier for cap in result.caps] == caps
    assert result.status == status
    assert result.tier == tier
    assert result.fully_functional
