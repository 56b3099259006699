"""Every worked case that was computed by hand, through the command line, with what it prints to the letter."""

from __future__ import annotations

import io
import json
import re
import sys

import pytest

from grading.__main__ import main

SCHEME = {"EX": "gbt30323-2013", "PHONE": "phone-2026.1", "APPL": "appliance-2026.1"}
NAMES = {
    "scheme", "scheme_version", "scheme_sha256", "label", "status", "score", "tier", "tier_by_score", "sections", "fully_functional", "caps",
    "disclosures", "warnings", "missing", "cross_rules", "flags", "credit_events", "reasons", "value", "cost",
}  # fmt: skip
BOUNDARY = {"43": "B", "46": "B", "51": "C", "54": "C", "55": "C", "68": "C"}
CAPPED = {
    "40": "B", "41": "C", "44": "C", "48": "B", "53": "C", "57": "C", "59": "C", "62": "C", "66": "C", "70": "C", "71": "C", "75": "C",
    "83": "C", "85": "C", "90": "C",
}  # fmt: skip
DAY = {"assess_date": "2026-11-23"}
OPEN = {"account_lock": "locked", "screen_glass": "none", "battery_pct": 99, "age_months": 5, "accessories": "full"}
Plain = dict[str, object]

# name: (input, status, score, tier, fully functional, value, tiers of the caps, points by section)
CARS: dict[str, tuple[Plain, str, str, str | None, str | None, list[float] | None, list[str]]] = {
    "EX1": ({"frame": [], "body": ["26HH1", "31HH1"], "answers": {}, "valuation": {"new_price": 200000, "used_months": 18}},
            "graded", "99.0", "一级", "190800.00", [19, 20, 10, 20, 15, 15], []),
    "EX1 with taxes": ({"body": ["26HH1", "31HH1"], "valuation": {"new_price": 200000, "used_months": 18, "plate_fee": 300}},
                       "graded", "99.0", "一级", "207971.16", [19, 20, 10, 20, 15, 15], []),
    "EX2": ({"body": ["14XF2", "17HH3", "21XS2", "27AX1"], "answers": BOUNDARY, "valuation": {"new_price": 150000, "used_months": 42}},
            "graded", "90.0", "一级", "127005.00", [16, 17, 7.5, 19.5, 15, 15], []),
    "EX4": ({"body": ["14HH3", "15BX2", "16XF3", "19AX2", "22XS3", "25HH2", "26LW2", "39TREAD4"], "answers": CAPPED,
             "valuation": {"new_price": 120000, "used_months": 100}},
            "graded", "53.5", "三级", "59856.00", [10.5, 0, 6, 17, 11, 9], ["40", "41", "66"]),
    "EX6": ({"frame": ["4SH"], "body": ["26HH1"], "answers": {"68": "C"}, "valuation": {"new_price": 120000, "used_months": 100}},
            "accident", "null", "五级", None, None, []),
    "EX8": ({"tradable": {"5": "N"}}, "not_tradable", "null", None, None, None, ["T5"]),
}  # fmt: skip
DEVICES: dict[str, tuple[Plain, str, str, str | None, bool, list[str], dict[str, float]]] = {
    "PHONE-1": ({"back_cover": "micro", "frame": "micro", "battery_pct": 96, "age_months": 10, "accessories": "device_only"},
                "graded", "97.0", "S", True, [], {"P4": 2, "P10": 1}),
    "PHONE-2": ({"screen_glass": "micro", "back_cover": "light", "frame": "micro", "battery_pct": 88, "age_months": 18, "accessories": "device_only"},
                "graded", "88.0", "A", True, ["A", "A"], {"P3": 2, "P4": 4, "P7": 4, "P10": 2}),
    "PHONE-3": ({"screen_glass": "light", "back_cover": "visible", "frame": "light", "battery_pct": 82, "age_months": 40, "accessories": "device_only"},
                "graded", "72.0", "C", True, ["B", "B", "A", "B"], {"P3": 6, "P4": 9, "P7": 8, "P10": 5}),
    "PHONE-5": (OPEN, "ungradable", "100.0", None, True, [], {}),
    "PHONE-7": ({"housing_part": "third_party_branded", "battery_pct": 97, "age_months": 8, "accessories": "full"},
                "prohibited", "100.0", None, True, [], {}),
    "APPL-1": ({"type": "refrigerator", "protection_class": "I", "start_date": "2024-05-10", **DAY, "earth_ohm": 0.09, "insulation_i_mohm": 50,
                "leakage_ma": 0.4, "leakage_limit_ma": 1.5, "freezer_c": -19, "fridge_c": 4, "exterior": "light", "energy": "t5_1"},
               "graded", "93.0", "A", True, ["A"], {"A4": 3, "A5": 4}),
    "APPL-3": ({"type": "air_conditioner", "protection_class": "I", "start_date": "2022-03-15", **DAY, "earth_ohm": 0.1, "insulation_i_mohm": 30,
                "leakage_ma": 1.2, "leakage_limit_ma": 3.5, "cooling_dt": 9.2, "exterior": "light", "energy": "t5_1"},
               "graded", "86.0", "B", True, ["B", "A", "A"], {"A3": 3, "A4": 3, "A5": 8}),
    "APPL-4": ({"type": "gas_hob", "protection_class": "III", "start_date": "2018-06-01", **DAY, "gas_leak_lph": 0.02, "flame_failure_s": 25,
                "co_ratio": 0.4, "ignition": 10, "exterior": "none", "energy": "t3_2"},
               "recycle_only", "72.0", None, True, ["D"], {"A5": 25, "A7": 3}),
    "APPL-6": ({"type": "tv", "protection_class": "II", "start_date": "2025-11-01", **DAY, "insulation_ii_mohm": 100, "leakage_ma": 0.1,
                "leakage_limit_ma": 0.25, "panel": "pixel_1_2", "remote": "fail", "exterior": "none", "energy": "t5_3", "data_unbound": "done"},
               "graded", "92.0", "B", False, ["A", "B"], {"A3": 5, "A7": 3}),
    "APPL-7": ({"type": "microwave", "protection_class": "I", "start_date": "2024-01-01", **DAY, "earth_ohm": 0.08, "insulation_i_mohm": 20,
                "leakage_ma": 0.3, "leakage_limit_ma": 0.75, "microwave_leak_wm2": 80, "energy": "t3_1"},
               "unsafe", "96.0", None, True, [], {"A5": 4}),
}  # fmt: skip


def grade(
    scheme: str, documents: list[Plain], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, list[str]]:
    """Exit code and printed lines of `grade --scheme ... --ndjson` over these objects on standard input."""
    lines = "".join(json.dumps(document) + "\n" for document in documents)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    code = main(["grade", "--scheme", scheme, "--ndjson"])
    return code, capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("case", CARS)
def test_a_worked_car(case: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    document, status, score, tier, value, sections, warned = CARS[case]
    code, (line,) = grade("gbt30323-2013", [document], monkeypatch, capsys)
    answer = json.loads(line)
    assert (code, set(answer)) == (0, NAMES)
    assert re.findall(r'"score": ([^,]+),', line) == [score]
    assert f'"value": {json.dumps(value)}' in line
    assert (answer["status"], answer["tier"], answer["fully_functional"], answer["caps"]) == (status, tier, None, [])
    assert (None if answer["sections"] is None else list(answer["sections"].values())) == sections
    assert [warning["code"] for warning in answer["warnings"]] == warned


@pytest.mark.parametrize("case", DEVICES)
def test_a_worked_device(case: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    facts, status, score, tier, functional, caps, sections = DEVICES[case]
    proof = {"erase_certificate": "T-1"} if case.startswith("PHONE") else {}
    document: Plain = {"facts": {**facts, **proof}, "assume_clean": True}
    code, (line,) = grade(SCHEME[case.partition("-")[0]], [document], monkeypatch, capsys)
    answer = json.loads(line)
    assert (code, set(answer), answer["missing"]) == (0, NAMES, [])
    assert re.findall(r'"score": ([^,]+),', line) == [score]
    assert (answer["status"], answer["tier"], answer["fully_functional"], answer["value"]) == (status, tier, functional, None)
    assert [cap["tier"] for cap in answer["caps"]] == caps
    assert all({"tier", "code", "reason"} <= set(cap) and set(cap["reason"]) == {"zh", "en"} for cap in answer["caps"])
    assert {name: points for name, points in answer["sections"].items() if points} == sections


def test_a_given_check_with_answers_left_out_does_not_confirm_that_a_car_may_be_traded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = grade("gbt30323-2013", [{"tradable": {"1": "N"}}, {"tradable": {}}, {}], monkeypatch, capsys)
    some, none, unasked = map(json.loads, lines)
    assert code == 0  # a car that cannot be graded is an answer, not a fault of the input
    assert (some["status"], some["tier"], some["value"]) == ("ungradable", None, None)
    assert [part["codes"] for part in some["missing"]] == [[f"T{number}"] for number in range(2, 9)]
    assert [part["codes"] for part in none["missing"]] == [[f"T{number}"] for number in range(1, 9)]
    assert (unasked["status"], unasked["missing"]) == ("graded", [])


@pytest.mark.parametrize(
    ("scheme", "assumed", "left_missing"),
    [
        ("phone-2026.1", {}, [["P2.05"], ["P7.01", "P7.02"], ["P10.01"]]),
        ("ev-house-1", {}, [["E0", "E1"]]),
        ("gbt30323-2013", {}, []),
        ("appliance-2026.1", {"type": "tv", "protection_class": "II", "start_date": "2025-01-01", **DAY}, [["A2.06"], ["A2.07"]]),
    ],
)
def test_assuming_that_all_is_clean_fills_choices_and_tests_but_no_number_and_no_certificate(
    scheme: str,
    assumed: Plain,
    left_missing: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, (line, bare) = grade(
        scheme, [{"facts": assumed, "assume_clean": True}, {"facts": assumed, "assume_clean": False}], monkeypatch, capsys
    )
    assert [part["codes"] for part in json.loads(line)["missing"]] == left_missing
    assert len(json.loads(bare)["missing"]) > 15
