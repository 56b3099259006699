"""The appliance scheme: worked cases by hand, ten types, every bound of a band, safety stops, life and rules over findings."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading import FindingsError, Item, recompute, scheme_for
from tests.grading.appliance import CLEAN, GAS, SCHEME, TYPES, appliance
from tests.grading.phone import points

TIERS, STATUSES = SCHEME.tier_order, SCHEME.status_order

# title: (type, facts, findings, points by section, score, caps, status, tier, fully functional)
CASES: dict[str, tuple[str, dict[str, object], dict[str, object], dict[str, int], int, list[str], str, str | None, bool]] = {
    "fridge of 2.538 years, 0.746 of its life left": (
        "refrigerator", {"start_date": "2024-05-10", "leakage_ma": "0.4", "leakage_limit_ma": "1.5"},
        {"earth_ohm": "0.09", "freezer_c": -19, "fridge_c": 4, "exterior": "light", "data_unbound": "not_applicable"},
        {"A4": 3, "A5": 4}, 93, ["A"], "graded", "A", True,
    ),
    "air conditioner with weak cooling": (
        "air_conditioner", {"start_date": "2022-03-15", "leakage_ma": "1.2", "leakage_limit_ma": "3.5"},
        {"insulation_i_mohm": 30, "cooling_dt": "9.2", "exterior": "light", "data_unbound": "not_applicable"},
        {"A3": 3, "A4": 3, "A5": 8}, 86, ["B", "A", "A"], "graded", "B", True,
    ),
    "gas hob past its scrapping age of 8 years": (
        "gas_hob", {"start_date": "2018-06-01", "co_pct": None, "leakage_ma": None, "gas": None},
        {"co_ratio": "0.4", "energy": "t3_2", "data_unbound": "not_applicable"},
        {"A5": 25, "A7": 3}, 72, ["D"], "recycle_only", None, True,
    ),
    "television with a bad pixel and no remote; the cap beats the score": (
        "tv", {"start_date": "2025-11-01", "leakage_ma": "0.1", "leakage_limit_ma": "0.25"},
        {"panel": "pixel_1_2", "remote": "fail", "energy": "t5_3"},
        {"A3": 5, "A7": 3}, 92, ["A", "B"], "graded", "B", False,
    ),
    "microwave oven that leaks": (
        "microwave", {"start_date": "2024-01-01", "leakage_ma": "0.3", "leakage_limit_ma": "0.75"},
        {"earth_ohm": "0.08", "insulation_i_mohm": 20, "microwave_leak_wm2": 80, "energy": "t3_1"},
        {"A5": 4}, 96, [], "unsafe", None, True,
    ),
    "washing machine, worn but sound, 4.5 years": (
        "washing_machine", {"start_date": "2022-05-23"},
        {"noise_vibration": "degraded", "exterior": "moderate", "hygiene": "light", "repair": "authorised_minor", "energy": "t5_2"},
        {"A3": 3, "A4": 9, "A5": 8, "A6": 2, "A7": 1}, 77, ["B", "B", "A"], "graded", "C", False,
    ),
    "heater for manufactured gas at 6 years": (
        "gas_water_heater", {"start_date": "2020-11-23", "gas": "manufactured"}, {"energy": "t3_1"},
        {"A5": 25}, 75, ["D"], "recycle_only", None, True,
    ),
    "the same heater for natural gas": (
        "gas_water_heater", {"start_date": "2020-11-23"}, {"energy": "t3_1"}, {"A5": 14}, 86, ["B"], "graded", "B", True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_worked_case_comes_out_as_computed_by_hand(case: str) -> None:
    kind, facts, findings, sections, score, caps, status, tier, functional = CASES[case]
    result = appliance(kind, findings, **facts)
    assert points(result) == sections
    assert str(result.score) == f"{score}.0"
    assert [cap.tier for cap in result.caps] == caps
    assert (result.status, result.tier, result.fully_functional) == (status, tier, functional)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("protection", ["I", "II", "III"])
def test_every_type_and_class_can_be_graded_and_asks_only_what_applies(kind: str, protection: str) -> None:
    result = appliance(kind, protection_class=protection)
    assert (result.status, result.tier, str(result.score)) == ("graded", "S", "100.0")
    asked = {item.key for item in result.items if item.state != "skipped"}
    assert ("earth_ohm" in asked, "insulation_ii_mohm" in asked) == (protection == "I", protection == "II")
    assert ("leakage_ratio" in asked) == (protection != "III")
    assert ("gas_leak_lph" in asked) == (kind in GAS)
    for key in asked - {"leakage_ratio", "co_ratio", "life_ratio"}:
        short = appliance(kind, {key: None}, protection_class=protection)
        assert ([m.key for m in short.missing], short.status) == ([key], "ungradable")


def test_without_type_class_or_days_nothing_is_graded() -> None:
    for fact in ("type", "protection_class", "start_date", "assess_date"):
        result = appliance("microwave", **{fact: None})
        assert (result.status, result.missing[0].key) == ("ungradable", fact)
    assert [m.key for m in appliance("microwave", leakage_ma=None).missing] == ["leakage_ratio"]
    assert [m.key for m in appliance("gas_hob", co_pct=None).missing] == ["co_ratio"]


# --- bounds -------------------------------------------------------------------------------------------------------------
# key: (type, where applies; then value -> points, cap, effect), each bound and the nearest value beyond it
BOUNDS: dict[str, tuple[str, str, list[tuple[str, int, str | None, str | None]]]] = {
    "earth_ohm": ("I", "microwave", [("0", 0, None, None), ("0.2", 0, None, None), ("0.2001", 3, "C", None), ("0.3", 3, "C", None),
                  ("0.3001", 0, None, "unsafe"), ("1000000", 0, None, "unsafe")]),
    "insulation_i_mohm": ("I", "microwave", [("2", 0, None, None), ("1.9999", 2, "B", None), ("1", 2, "B", None), ("0.9999", 0, None, "unsafe"),
                          ("0", 0, None, "unsafe")]),
    "insulation_ii_mohm": ("II", "tv", [("7", 0, None, None), ("6.9999", 2, "B", None), ("2", 2, "B", None), ("1.9999", 0, None, "unsafe")]),
    "microwave_leak_wm2": ("I", "microwave", [("50", 0, None, None), ("50.001", 0, None, "unsafe")]),
    "gas_leak_lph": ("III", "gas_hob", [("0.07", 0, None, None), ("0.0701", 0, None, "unsafe")]),
    "flame_failure_s": ("III", "gas_hob", [("60", 0, None, None), ("60.01", 0, None, "unsafe"), ("999", 0, None, "unsafe")]),
    "freezer_c": ("I", "refrigerator", [("-18", 0, None, None), ("-17.99", 7, "C", None), ("-15", 7, "C", None), ("-14.99", 15, "D", None),
                  ("-10", 15, "D", None), ("-9.99", 40, "E", None), ("100", 40, "E", None)]),
    "fridge_c": ("I", "refrigerator", [("-0.01", 4, "B", None), ("0", 0, None, None), ("6", 0, None, None), ("6.01", 4, "B", None),
                 ("8", 4, "B", None), ("8.01", 15, "D", None)]),
    "cooling_dt": ("I", "air_conditioner", [("10", 0, None, None), ("9.99", 3, "B", None), ("8", 3, "B", None), ("7.99", 15, "D", None),
                   ("5", 15, "D", None), ("4.99", 40, "E", None), ("0", 40, "E", None)]),
    "ignition": ("III", "gas_hob", [("10", 0, None, None), ("8", 0, None, None), ("7", 7, "C", None), ("5", 7, "C", None), ("4", 15, "D", None),
                 ("0", 15, "D", None)]),
}  # fmt: skip


@pytest.mark.parametrize("key", BOUNDS)
def test_a_measured_value_falls_into_its_band(key: str) -> None:
    protection, kind, values = BOUNDS[key]
    for value, deduct, cap, effect in values:
        found = appliance(kind, {key: value}, protection_class=protection).get_item(key)
        assert (found.deduct, found.cap, found.effect, found.disclose) == (deduct, cap, effect, cap is not None), value


def test_every_number_has_its_bounds_tested() -> None:
    numbers = {item.key: len(item.bands) for item in SCHEME.items if item.kind == "number" and item.computed_from is None}
    assert {key: len({entry[1:] for entry in values}) for key, (_, _, values) in BOUNDS.items()} == {
        **numbers, "fridge_c": 3,  # two of its four bands cost the same
    }  # fmt: skip


@pytest.mark.parametrize(
    ("measured", "deduct", "status"),
    [("0.525", 0, "graded"), ("0.5251", 2, "graded"), ("0.75", 2, "graded"), ("0.7501", 0, "unsafe")],
)
def test_leakage_is_compared_with_its_limit_unrounded(measured: str, deduct: int, status: str) -> None:
    result = appliance("microwave", leakage_ma=measured)
    assert (result.get_item("leakage_ratio").deduct, result.status) == (deduct, status)
    assert appliance("refrigerator", leakage_ma="1.0001", leakage_limit_ma=1).status == "unsafe"


@pytest.mark.parametrize(
    ("kind", "facts", "limit"),
    [
        ("tv", {}, "0.25"), ("tv", {"protection_class": "I"}, "0.75"), ("refrigerator", {}, "1.5"), ("washing_machine", {}, "3.5"),
        ("washing_machine", {"protection_class": "II"}, "0.25"), ("electric_water_heater", {}, "0.75"),
        ("electric_water_heater", {"rated_kw": "0.5"}, "0.75"), ("electric_water_heater", {"rated_kw": "2.4"}, "1.8"),
        ("electric_water_heater", {"rated_kw": 8}, "5"), ("electric_water_heater", {"rated_kw": 8, "protection_class": "II"}, "0.25"),
        ("electric_water_heater", {"rated_kw": 8, "leakage_limit_ma": 3}, "3"),
    ],
)  # fmt: skip
def test_the_leakage_limit_follows_from_type_class_and_power(kind: str, facts: dict[str, object], limit: str) -> None:
    assert appliance(kind, **facts).derived["leakage_limit"] == limit


def test_the_insulation_floor_of_large_heaters_is_a_fact_and_the_reading_stays_as_measured() -> None:
    low = {"insulation_i_mohm": "0.3"}
    assert appliance("electric_water_heater", low).status == "unsafe"
    result = appliance("electric_water_heater", low, insulation_floor_mohm="0.3")
    found = result.get_item("insulation_i_mohm")
    assert (result.status, found.value, found.used, found.deduct) == ("graded", "0.3", "1", 2)
    assert appliance("electric_water_heater", {"insulation_i_mohm": "0.2999"}, insulation_floor_mohm="0.3").status == "unsafe"


def test_carbon_monoxide_is_computed_where_it_was_measured() -> None:
    for kind, limit in (("gas_hob", "0.05"), ("gas_water_heater", "0.06")):
        assert appliance(kind, co_pct=limit).status == "graded"
        assert appliance(kind, co_pct=limit + "001").status == "unsafe"
        assert appliance(kind, {"co_ratio": "1.0001"}, co_pct=None).status == "unsafe"
        assert appliance(kind, {"co_ratio": 1}, co_pct=None).status == "graded"
        with pytest.raises(FindingsError, match="computed"):
            appliance(kind, {"co_ratio": "0.5"})


def test_the_rule_of_a_measured_value_names_both_ends_of_its_band() -> None:
    def rule(key: str, value: str) -> str:
        return appliance("microwave", {key: value}, insulation_floor_mohm="0.3").get_item(key).rule.en

    assert rule("earth_ohm", "0.2") == "0.2 ohm or less: no deduction"
    assert rule("earth_ohm", "0.25") == "0.3 ohm or less, above 0.2 ohm: minus 3 points, at most tier C, disclosed to the buyer"
    assert rule("earth_ohm", "0.4") == "above 0.3 ohm: status becomes “Unsafe”"
    assert rule("insulation_i_mohm", "0.2999") == "counts as 0.9997, below 1 Mohm: status becomes “Unsafe”"
    assert rule("insulation_i_mohm", "0.5").startswith("counts as 1.6667, 1 Mohm or more, below 2 Mohm: minus 2 points")


@pytest.mark.parametrize("kind", TYPES)
def test_stored_content_of_every_type_recomputes_to_itself(kind: str) -> None:
    findings: dict[str, object] = {"exterior": "heavy", "repair": "independent_minor", "water_leak": "weeping"}
    result = appliance(
        kind, findings, start_date="2014-02-28", serviced=True, freezer=False, leakage_ma="0.2", energy_standard="GB 1"
    )
    stored = json.loads(json.dumps(result.to_content()))
    assert recompute(stored).to_content() == stored
    assert (stored["facts"]["assess_date"], stored["facts"]["serviced"]) == ("2026-11-23", True)


def test_a_fridge_without_a_freezer_is_not_asked_for_its_temperature() -> None:
    assert appliance("refrigerator", {"freezer_c": None}).status == "ungradable"
    assert appliance("refrigerator", {"freezer_c": None}, freezer=True).status == "ungradable"
    assert appliance("refrigerator", {"freezer_c": None}, freezer=False).tier == "S"


# --- life ---------------------------------------------------------------------------------------------------------------
# 10 years are 3652.5 days: one day is 0.00027 of a fridge's life, and the ratio has three decimals
@pytest.mark.parametrize(
    ("days", "ratio", "deduct", "cap"),
    [
        (0, "1", 0, None), (732, "0.8", 0, None), (733, "0.799", 4, None), (1462, "0.6", 4, None), (1463, "0.599", 8, "A"),
        (2193, "0.4", 8, "A"), (2194, "0.399", 14, "B"), (2923, "0.2", 14, "B"), (2924, "0.199", 20, "C"), (3650, "0.001", 20, "C"),
        (3651, "0", 25, "D"), (3700, "-0.013", 25, "D"), (5478, "-0.5", 25, "D"),
    ],
)  # fmt: skip
def test_life_left_is_computed_from_the_days(days: int, ratio: str, deduct: int, cap: str | None) -> None:
    end = datetime.date(2026, 11, 23)
    result = appliance("refrigerator", start_date=end - datetime.timedelta(days))
    found = result.get_item("life_ratio")
    assert (found.value, found.deduct, found.cap, result.status) == (ratio, deduct, cap, "graded")
    warned = [rule.code for rule in result.cross_rules]
    assert warned == (["AX.06"] if Decimal(ratio) <= 0 else [])
    assert any("安全使用年限" in told.text["zh"] for told in result.disclosures if told.code == "AX.06") == bool(warned)


def test_five_years_past_its_life_a_thing_is_only_recycled() -> None:
    end = datetime.date(2026, 11, 23)
    assert appliance("refrigerator", start_date=end - datetime.timedelta(5478)).status == "graded"  # 4.998 years over
    over = appliance("refrigerator", start_date=end - datetime.timedelta(5479))  # 15.0007 years old
    assert (over.status, [effect.code for effect in over.effects]) == ("recycle_only", ["AX.02"])


@pytest.mark.parametrize(
    ("kind", "facts", "life"),
    [
        ("tv", {}, "7"), ("refrigerator", {}, "10"), ("washing_machine", {}, "8"), ("air_conditioner", {}, "10"),
        ("electric_water_heater", {}, "8"), ("gas_water_heater", {}, "8"), ("gas_water_heater", {"gas": "lpg"}, "8"),
        ("gas_water_heater", {"gas": "manufactured"}, "6"), ("gas_hob", {"gas": "manufactured"}, "8"), ("range_hood", {}, "8"),
        ("microwave", {}, "10"), ("small_appliance", {}, "6"), ("small_appliance", {"safe_life_stated": 10}, "10"),
        ("gas_hob", {"safe_life_stated": 5}, "8"), ("gas_water_heater", {"gas": "manufactured", "safe_life_stated": 8}, "8"),
    ],
)  # fmt: skip
def test_safe_life_comes_from_type_gas_and_a_longer_stated_life(kind: str, facts: dict[str, object], life: str) -> None:
    assert appliance(kind, **facts).derived["safe_life_years"] == life


def test_an_unknown_gas_is_said_to_the_buyer() -> None:
    assert [told.code for told in appliance("gas_water_heater", gas=None).disclosures] == ["AX.07"]
    assert appliance("gas_hob", gas=None).disclosures == ()


def test_days_that_run_backwards_and_computed_ratios_that_are_typed_are_refused() -> None:
    for findings, facts in (({}, {"assess_date": "2025-11-22"}), ({"life_ratio": 1}, {}), ({"leakage_ratio": 0}, {})):
        with pytest.raises(FindingsError):
            appliance("microwave", findings, **facts)


# --- what an answer does ------------------------------------------------------------------------------------------------
def home_of(item: Item) -> str:
    """A type that the item applies to."""
    return next(kind for kind in TYPES if appliance(kind).get_item(item.key).state == "counted")


@pytest.mark.parametrize("item", [item for item in SCHEME.items if item.options], ids=lambda item: item.key)
def test_every_answer_is_reachable_and_does_what_it_says(item: Item) -> None:
    kind = home_of(item)
    for option in item.options:
        result = appliance("microwave" if item.key == "data_unbound" else kind, {item.key: option.value})
        found = result.get_item(item.key)
        assert (found.state, found.deduct, found.cap, found.effect) == ("counted", option.deduct, option.cap, option.effect)
        assert result.score == 100 - option.deduct
        assert [cap.tier for cap in result.caps] == ([option.cap] if option.cap else [])
        assert result.status == (option.effect or "graded")
        assert [told.key for told in result.disclosures] == ([item.key] if found.disclose else [])


STOPS: list[tuple[str, dict[str, object]]] = [
    ("prohibited", {"ccc": "missing"}), ("prohibited", {"serial": "altered"}), ("prohibited", {"source": "illicit"}),
    ("recycle_only", {"water_leak": "tank"}),
    ("unsafe", {"recall": "open"}), ("unsafe", {"cord_plug": "damaged"}), ("unsafe", {"enclosure": "open_live"}),
    ("unsafe", {"burn_marks": "present"}), ("unsafe", {"electric_strength": "breakdown"}), ("unsafe", {"thermal_protection": "fail"}),
    ("unsafe", {"interlock": "fail"}), ("unsafe", {"glass_safety": "cracked"}), ("unsafe", {"safety_part": "uncertified"}),
    ("ungradable", {"nameplate": "missing"}), ("ungradable", {"source": "unregistered"}), ("ungradable", {"data_unbound": "not_done"}),
    ("ungradable", {"water_leak": "weeping"}), ("ungradable", {"hygiene": "infested"}), ("ungradable", {"spin": "ok", "wash": "not_tested"}),
]  # fmt: skip


@pytest.mark.parametrize(("status", "findings"), STOPS, ids=lambda value: str(value))
def test_a_stop_gives_no_tier_and_the_strictest_wins(status: str, findings: dict[str, object]) -> None:
    assert (appliance("washing_machine", findings).status, appliance("washing_machine", findings).tier) == (status, None)
    worse = appliance("washing_machine", findings | {"ccc": "missing"})
    assert worse.status == "prohibited"


def test_stops_of_single_types() -> None:
    assert appliance("electric_water_heater", {"rcd_plug": "fails"}).status == "unsafe"
    for kind in ("refrigerator", "air_conditioner"):
        assert appliance(kind, {"refrigerant": "leak"}).status == "unsafe"


def test_rules_over_several_findings() -> None:
    two = appliance("tv", {"sound": "fail", "inputs": "fail"})
    assert (two.tier, two.tier_by_score, [cap.code for cap in two.caps if cap.decided]) == ("E", "C", ["AX.04"])
    assert appliance("tv", {"sound": "fail", "network": "fail"}).tier == "D"
    leaking: dict[str, object] = {"gas_leak_lph": 1}
    assert appliance("gas_hob", leaking).status == appliance("gas_hob", leaking, serviced=False).status == "unsafe"
    for findings, facts in ((leaking, {}), ({}, {"co_pct": "0.5"})):
        assert appliance("gas_hob", findings, serviced=True, **facts).status == "recycle_only"
    assert [e.code for e in appliance("gas_water_heater", {"water_leak": "tank"}, serviced=True).effects] == ["A2.16", "AX.05"]
    assert appliance("small_appliance", protection_class="III", leakage_ma=None).status == "graded"
    untested = appliance("small_appliance", protection_class="III", leakage_ma=None, electronically_controlled=True)
    assert (untested.status, [effect.code for effect in untested.effects]) == ("ungradable", ["AX.03"])
    kept = appliance("tv", {"data_unbound": "not_applicable"})
    assert (kept.status, [effect.code for effect in kept.effects]) == ("ungradable", ["AX.08"])


def test_measured_functions_end_fully_functional_from_seven_points() -> None:
    assert appliance("air_conditioner", {"cooling_dt": 8}).fully_functional
    assert appliance("refrigerator", {"fridge_c": 7}).fully_functional
    for kind, findings in (
        ("air_conditioner", {"cooling_dt": 7}),
        ("refrigerator", {"freezer_c": -16}),
        ("gas_hob", {"ignition": 7}),
    ):
        assert not appliance(kind, findings).fully_functional
    assert appliance("tv", {"panel": "broken"}).fully_functional  # a choice: the appearance of the panel, not a test


def test_equivalents_of_the_better_tiers_need_full_function() -> None:
    whole, lame = appliance("tv", {"exterior": "moderate"}), appliance("tv", {"remote": "fail"})
    assert (whole.tier, whole.equivalents["r2v3"], whole.equivalents["cn_standard"]) == ("B", "C5 / F5", None)
    assert (lame.tier, lame.equivalents) == ("B", {})


def test_work_by_others_is_disclosed_and_flagged_and_takes_no_life() -> None:
    for answer in ("independent_minor", "independent_major"):
        result = appliance("refrigerator", {"repair": answer})
        assert (result.flags, result.get_item("life_ratio").deduct) == (("life_claim_ended",), 0)
        assert [told.value for told in result.disclosures] == [answer]
    assert appliance("refrigerator", {"repair": "authorised_major"}).flags == ()


def test_every_tier_and_status_is_reachable() -> None:
    found = [
        {},
        {"exterior": "light"},
        {"exterior": "moderate"},
        {"exterior": "heavy"},
        {"exterior": "damaged"},
        {"power": "fail"},
    ]
    assert [appliance("range_hood", findings).tier for findings in found] == list(TIERS)
    reached = {status for status, _ in STOPS} | {appliance("tv").status}
    assert reached == set(STATUSES)


moment = st.dates(datetime.date(2005, 1, 1), datetime.date(2026, 11, 23))


@given(kind=st.sampled_from(TYPES), days=st.tuples(moment, moment), leaks=st.tuples(*[st.decimals(0, 10, places=4)] * 2))
def test_an_older_or_leakier_thing_is_never_better(
    kind: str, days: tuple[datetime.date, datetime.date], leaks: tuple[Decimal, Decimal]
) -> None:
    young = appliance(kind, start_date=max(days), leakage_ma=min(leaks))
    old = appliance(kind, start_date=min(days), leakage_ma=max(leaks))
    assert STATUSES.index(old.status) <= STATUSES.index(young.status)
    if old.tier is not None:
        assert young.tier is not None
        assert TIERS.index(old.tier) >= TIERS.index(young.tier)


# --- the file -------------------------------------------------------------------------------------------------------------
def test_the_scheme_says_what_it_is() -> None:
    assert SCHEME.label == {"zh": "平台方案 appliance-2026.1", "en": "platform scheme appliance-2026.1"}
    assert "GB" not in SCHEME.label.en + SCHEME.name.zh + SCHEME.name.en
    assert scheme_for("appliance", datetime.date(2025, 1, 1)) is SCHEME
    assert [int(section.max_deduction) for section in SCHEME.sections] == [15, 15, 60, 20, 25, 20, 10]
    assert (len(SCHEME.items), len(TYPES), SCHEME.basis, SCHEME.source) == (62, 10, "own", ("OWN",))
    assert set(CLEAN) == {item.key for item in SCHEME.items} - {"leakage_ratio", "co_ratio", "life_ratio"}
    assert [item.key for item in SCHEME.items if item.computed] == ["leakage_ratio", "life_ratio"]
    assert SCHEME.test_record is not None
    assert len(SCHEME.test_record.required_fields) == 15


def test_every_figure_says_where_it_comes_from_and_every_source_is_used() -> None:
    used = {code for item in SCHEME.items for code in item.source} | {code for rule in SCHEME.cross_rules for code in rule.source}
    for kind in SCHEME.types.values():
        for figure in kind.figures.values():
            assert figure.basis in ("published", "derived", "own")
            used |= set(figure.source)
    assert SCHEME.test_record is not None
    assert used | set(SCHEME.test_record.source) == set(SCHEME.sources)


def test_gas_and_whole_day_tests_need_their_place_and_instrument() -> None:
    assert SCHEME.get_item("gas_leak_lph").places == ("home", "workshop")
    assert SCHEME.get_item("freezer_c").places == ("workshop", "hub")
    for item in SCHEME.items:
        assert item.kind != "number" or item.instrument or item.key in ("life_ratio", "ignition"), item.code


def test_facts_have_words_for_every_answer() -> None:
    for fact in SCHEME.facts:
        assert (fact.kind == "choice") == bool(fact.options)
        assert all(name.zh and name.en for name in fact.options.values())
    assert next(fact for fact in SCHEME.facts if fact.key == "type").options["tv"].zh == "电视机"
    assert appliance("tv", energy_standard=" GB 24850-2020 ").facts["energy_standard"] == "GB 24850-2020"
    with pytest.raises(FindingsError):
        appliance("tv", energy_standard="x" * 41)
