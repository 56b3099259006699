"""The algorithm step by step: what each finding costs, limits, caps, cross rules, status, tier, disclosures."""

from __future__ import annotations

import decimal
from decimal import Decimal

import pytest

from grading import grade, not_compared
from tests.grading.phone import CLEAN, SCHEME, phone, points

# level, value -> points, cap, effect, disclosed
SEVERITY = [
    ("power", "P6.01", "fail", 40, "E", None, True),
    ("power", "P6.01", "degraded", 20, "D", None, True),
    ("power", "P6.01", "not_tested", 0, None, "ungradable", False),
    ("wifi", "P6.09", "fail", 15, "D", None, True),
    ("wifi", "P6.09", "degraded", 7, "C", None, True),
    ("wifi", "P6.09", "not_tested", 5, "B", None, True),
    ("nfc", "P6.21", "fail", 6, "C", None, True),
    ("nfc", "P6.21", "degraded", 3, "B", None, True),
    ("nfc", "P6.21", "not_tested", 2, "A", None, True),
    ("headset", "P6.25", "fail", 2, "B", None, True),
    ("headset", "P6.25", "degraded", 1, None, None, True),
    ("headset", "P6.25", "not_tested", 1, None, None, False),
    *[(key, code, value, 0, None, None, False)
      for key, code in (("power", "P6.01"), ("wifi", "P6.09"), ("nfc", "P6.21"), ("headset", "P6.25"))
      for value in ("ok", "not_applicable")],
]  # fmt: skip
LEVELS = {
    "critical": {"touch", "power", "cellular", "charging"},
    "major": {"earpiece", "loudspeaker", "microphone", "rear_camera", "front_camera", "wifi", "bluetooth", "biometric", "keys",
              "sim_reader", "gps"},
    "minor": {"other_cameras", "flash", "vibration", "proximity", "light_sensor", "motion", "nfc", "compass",
              "wireless_charging", "data_port"},
    "trivial": {"headset", "extra_keys", "extra_sensors"},
}  # fmt: skip


@pytest.mark.parametrize(("key", "code", "value", "deduct", "cap", "effect", "disclosed"), SEVERITY)
def test_each_severity_row_costs_what_the_table_says(
    key: str, code: str, value: str, deduct: int, cap: str | None, effect: str | None, disclosed: bool
) -> None:
    result = phone(**{key: value})
    assert result.score == 100 - deduct
    assert [(c.tier, c.code) for c in result.caps] == ([(cap, code)] if cap else [])
    assert result.status == (effect or "graded")
    assert [d.code for d in result.disclosures] == ([code] if disclosed else [])
    assert result.fully_functional == (value in ("ok", "not_applicable"))


def test_every_function_has_its_level() -> None:
    assert {level: {i.key for i in SCHEME.items if i.severity == level} for level in LEVELS} == LEVELS


BATTERY = [
    ("100", 0, None), ("95", 0, None), ("94.99", 1, None), ("90", 1, None), ("89.99", 4, "A"), ("85", 4, "A"),
    ("84.99", 8, "B"), ("80", 8, "B"), ("79.99", 12, "C"), ("70", 12, "C"), ("69.99", 15, "D"), ("50", 15, "D"),
    ("49.99", 15, "E"), ("0", 15, "E"),
]  # fmt: skip
CYCLES = [
    (0, 0, None), (100, 0, None), (101, 4, "A"), (300, 4, "A"), (301, 8, "B"), (500, 8, "B"), (501, 12, "C"), (800, 12, "C"),
    (801, 15, "D"), (100000, 15, "D"),
]  # fmt: skip
AGE = [("0", 0), ("12", 0), ("12.1", 1), ("24", 1), ("24.1", 2), ("36", 2), ("36.1", 4), ("48", 4), ("48.1", 6), ("1200", 6)]


@pytest.mark.parametrize(("pct", "deduct", "cap"), BATTERY)
def test_battery_capacity_falls_into_the_right_band_at_each_edge(pct: str, deduct: int, cap: str | None) -> None:
    result = phone(battery_pct=pct)
    assert result.get_item("battery_pct").deduct == deduct
    assert [c.tier for c in result.caps] == ([cap] if cap else [])


@pytest.mark.parametrize(("cycles", "deduct", "cap"), CYCLES)
def test_charge_cycles_fall_into_the_right_band_at_each_edge(cycles: int, deduct: int, cap: str | None) -> None:
    result = phone(battery_pct=None, battery_cycles=cycles)
    assert result.get_item("battery_cycles").deduct == deduct
    assert [c.tier for c in result.caps] == ([cap] if cap else [])
    # twice the cycles in a battery made for twice as many is the same wear
    double = CLEAN | {"battery_pct": None, "battery_cycles": min(2 * cycles, 100000)}
    assert grade(SCHEME, double, {"design_cycles": 1000}).get_item("battery_cycles").deduct == deduct


@pytest.mark.parametrize(("months", "deduct"), AGE)
def test_age_falls_into_the_right_band_at_each_edge(months: str, deduct: int) -> None:
    assert phone(age_months=months).score == 100 - deduct


def test_converted_cycles_are_compared_unrounded() -> None:
    # 601 / 1001 * 500 = 300.1998: rounded to a whole number it would pass as 300
    result = grade(SCHEME, CLEAN | {"battery_pct": None, "battery_cycles": 601}, {"design_cycles": 1001})
    assert result.get_item("battery_cycles").deduct == 8
    assert result.get_item("battery_cycles").used == "300.1998"


def test_cycles_do_not_count_when_the_capacity_is_known() -> None:
    result = phone(battery_pct=96, battery_cycles=5000)
    assert result.score == 100
    assert result.caps == ()
    assert result.get_item("battery_cycles").state == "superseded"
    assert result.findings["battery_cycles"] == "5000"


def test_one_battery_measure_is_needed() -> None:
    result = phone(battery_pct=None)
    assert result.status == "ungradable"
    assert result.tier is None
    assert result.score == 100
    assert [(m.keys, m.codes) for m in result.missing] == [(("battery_pct", "battery_cycles"), ("P7.01", "P7.02"))]


@pytest.mark.parametrize("key", [item.key for item in SCHEME.items if item.required])
def test_each_required_item_without_a_value_makes_the_phone_ungradable(key: str) -> None:
    for absent in (None, ""):
        result = phone(**{key: absent})
        assert result.status == "ungradable"
        assert [m.key for m in result.missing] == [key]
        assert [(e.status, e.code, e.decided) for e in result.effects] == [("ungradable", "missing_required", True)]
        assert result.tier is None


def test_a_missing_function_test_is_not_taken_as_working() -> None:
    assert not phone(wifi=None).fully_functional


def test_a_section_never_takes_more_than_its_limit() -> None:
    result = phone(screen_part="third_party", mainboard="modified", camera_part="third_party", opened="opened")
    section = next(s for s in result.sections if s.code == "P8")
    assert (section.total, section.deducted, section.capped) == (41, 30, True)
    assert result.score == 70


def test_the_score_never_falls_below_zero() -> None:
    worst = {
        item.key: max(item.options, key=lambda option: option.deduct).value
        for item in SCHEME.items
        if item.options and not any(option.effect for option in item.options)
    }
    result = phone(**worst, touch="fail", power="fail", cellular="fail", battery_pct=0, age_months=1200)
    assert sum(section.deducted for section in result.sections) > 100
    assert (str(result.score), result.tier) == ("0.0", "E")


@pytest.mark.parametrize(
    ("findings", "score", "tier"),
    [
        ({"age_months": 40, "ports_buttons": "worn"}, 95, "S"),
        ({"age_months": 50}, 94, "A"),
        ({"age_months": 50, "region": "overseas", "os_support": "unknown", "ports_buttons": "worn"}, 88, "A"),
        (
            {"age_months": 50, "region": "overseas", "os_support": "unknown", "ports_buttons": "worn", "back_cover": "micro"},
            87,
            "B",
        ),
    ],
)
def test_a_tier_begins_exactly_at_its_least_score(findings: dict[str, object], score: int, tier: str) -> None:
    result = phone(**findings)
    assert result.caps == ()
    assert (result.score, result.tier, result.tier_by_score) == (score, tier, tier)


def test_a_cap_that_is_stricter_than_the_score_decides_and_says_so() -> None:
    result = phone(screen_glass="light", back_cover="light")
    assert (result.score, result.tier_by_score, result.tier) == (91, "A", "B")
    assert [(c.tier, c.code, c.decided) for c in result.caps] == [("B", "P3.01", True), ("A", "P4.01", False)]
    assert "屏幕玻璃" in next(r.text["zh"] for r in result.reasons if r.code == "cap")
    assert "Screen glass" in next(r.text["en"] for r in result.reasons if r.code == "cap")


def test_a_cap_equal_to_the_tier_by_score_decided_nothing() -> None:
    result = phone(screen_glass="micro", back_cover="light", frame="micro", battery_pct=88, age_months=18)
    assert result.tier == result.tier_by_score == "A"
    assert [c.decided for c in result.caps] == [False, False]


def test_two_failed_major_functions_make_a_phone_for_parts() -> None:
    assert phone(wifi="fail").cross_rules == ()
    assert phone(wifi="fail", nfc="fail").cross_rules == ()
    assert phone(wifi="fail", gps="degraded").cross_rules == ()
    assert phone(wifi="fail", touch="fail").cross_rules == ()  # touch is counted with the display, not with functions
    for findings in ({"wifi": "fail", "gps": "fail"}, {"wifi": "fail", "power": "fail"}):
        result = phone(**findings)
        assert [rule.code for rule in result.cross_rules] == ["PX.01"]
        assert (result.tier, [c.code for c in result.caps if c.tier == "E"][-1]) == ("E", "PX.01")


@pytest.mark.parametrize(
    ("glass", "image", "fires"),
    [("cracked", "lines", True), ("cracked", "dead", True), ("chipped", "lines", False), ("cracked", "burn_heavy", False)],
)
def test_broken_glass_over_a_broken_panel_makes_a_phone_for_parts(glass: str, image: str, fires: bool) -> None:
    result = phone(screen_glass=glass, display_image=image)
    assert ([rule.code for rule in result.cross_rules] == ["PX.02"]) is fires
    assert result.tier == ("E" if fires else "D")


def test_a_repair_that_was_not_declared_is_reported_for_the_credit_record_and_costs_no_points() -> None:
    told = grade(SCHEME, CLEAN, {"found_not_declared": True})
    assert (told.credit_events, told.score, told.tier) == (("undisclosed_defect",), 100, "S")
    assert grade(SCHEME, CLEAN, {"found_not_declared": False}).credit_events == ()
    assert grade(SCHEME, CLEAN).credit_events == ()


def test_a_rule_about_conduct_that_nobody_could_try_is_named() -> None:
    assert [name.en for name in not_compared(SCHEME, grade(SCHEME, CLEAN).facts)] == ["Undisclosed repair is a credit event"]
    for found in (True, False):
        assert not_compared(SCHEME, grade(SCHEME, CLEAN, {"found_not_declared": found}).facts) == ()


STATUS_FINDINGS = {
    "prohibited": [("blacklist", "listed"), ("authenticity", "assembled"), ("authenticity", "counterfeit"), ("title", "financed"),
                   ("housing_part", "third_party_branded")],
    "recycle_only": [("erase_method", "media_destroyed")],
    "unsafe": [("battery_swollen", "present")],
    "ungradable": [("imei", "invalid"), ("imei_match", "system_mismatch"), ("account_lock", "locked"), ("account_lock", "unknown"),
                   ("mdm", "present"), ("title", "undeclared"), ("system_integrity", "rooted"), ("erase_consent", "refused"),
                   ("accounts_removed", "not_done"), ("erase_method", "crypto_only"), ("erase_method", "factory_reset_only"),
                   ("erase_method", "none"), ("erase_verified", "failed"), ("erase_verified", "not_done")],
}  # fmt: skip


def test_every_finding_that_forces_a_status_is_in_the_table_and_forces_it() -> None:
    table = {(key, value): status for status, rows in STATUS_FINDINGS.items() for key, value in rows}
    data = {(i.key, o.value): o.effect for i in SCHEME.items if i.kind == "choice" for o in i.options if o.effect}
    assert data == table
    for (key, value), status in table.items():
        result = phone(**{key: value})
        assert (result.status, result.tier, result.score) == (status, None, 100)


def test_the_strictest_of_two_statuses_wins_for_every_pair() -> None:
    order = list(STATUS_FINDINGS)
    for strict, status in enumerate(order):
        for other in order[strict + 1 :]:
            result = phone(**dict([STATUS_FINDINGS[status][0], STATUS_FINDINGS[other][0]]))
            assert result.status == status
            assert {e.status: e.decided for e in result.effects} == {status: True, other: False}
    assert phone(blacklist="listed", wifi=None).status == "prohibited"
    assert phone(wifi=None, battery_swollen="present").status == "unsafe"


def test_disclosures_are_the_marked_choices_and_the_functions_that_are_not_in_order() -> None:
    result = phone(
        screen_glass="light", frame="micro", wifi="degraded", nfc="not_applicable", headset="not_tested", battery_pct=60
    )
    assert [(d.key, d.value) for d in result.disclosures] == [
        ("screen_glass", "light"), ("wifi", "degraded"), ("battery_pct", "60"),
    ]  # fmt: skip
    assert result.disclosures[1].text == {"zh": "无线网络：减弱", "en": "Wi-Fi: Degraded"}


def test_equivalents_hold_only_for_a_fully_functional_phone_where_they_need_it() -> None:
    assert phone().equivalents["swappa"] == "Mint"
    nearly = phone(headset="not_tested")
    assert (nearly.tier, nearly.fully_functional, dict(nearly.equivalents)) == ("S", False, {})
    assert phone(nfc="fail").tier == "C"
    assert phone(nfc="fail").equivalents["swappa"] == "Fair"
    assert dict(phone(mdm="present").equivalents) == {}
    assert phone().equivalents["cn_standard"] is None


def test_touch_is_no_part_of_the_functional_section() -> None:
    result = phone(touch="degraded")
    assert result.fully_functional
    assert [d.key for d in result.disclosures] == ["touch"]


def test_every_answer_is_explained_in_both_languages() -> None:
    result = phone(screen_glass="light", battery_pct=82)
    assert result.get_item("screen_glass").rule == {
        "zh": "轻微划痕(20cm可见50cm不可见)：扣 6 分，最高 B 级，须向买家披露",
        "en": "Visible at 20 cm, not at 50 cm, at most 3 of 10 mm, no nail catch: minus 6 points, at most tier B, "
        "disclosed to the buyer",
    }
    assert result.get_item("battery_pct").rule["zh"] == "不低于 80%，低于 85%：扣 8 分，最高 B 级，须向买家披露"
    for item in result.items:
        assert item.rule["zh"]
        assert item.rule["en"]
        assert item.basis in ("published", "derived", "own")
        assert item.source
    held = phone(screen_glass="light")
    assert [r.code for r in held.reasons] == ["status", "score", "tier_by_score", "cap", "functional"]


def test_the_sections_are_those_of_the_scheme() -> None:
    limits = {section.code: int(section.max_deduction) for section in SCHEME.sections}
    assert limits == {"P1": 20, "P2": 0, "P3": 20, "P4": 25, "P5": 40, "P6": 60, "P7": 15, "P8": 30, "P9": 30, "P10": 10}
    assert len(SCHEME.items) == 65
    assert points(phone()) == {}


def test_the_surrounding_decimal_context_changes_nothing() -> None:
    findings = CLEAN | {"battery_pct": None, "battery_cycles": 601, "age_months": "12.1"}
    expected = grade(SCHEME, findings, {"design_cycles": 1001}).to_content()
    with decimal.localcontext(decimal.Context(prec=2, rounding=decimal.ROUND_DOWN)):
        assert grade(SCHEME, findings, {"design_cycles": 1001}).to_content() == expected


def test_halves_are_rounded_up() -> None:
    from grading.scale import round_half_up

    for number, rounded in (("0.05", "0.1"), ("0.25", "0.3"), ("0.35", "0.4"), ("0.249", "0.2"), ("97", "97.0")):
        assert str(round_half_up(Decimal(number), 1)) == rounded
