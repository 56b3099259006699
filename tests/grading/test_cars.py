"""The car scheme: worked cases done by hand, every boundary, every item, and what holds for every car."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading import FindingsError, GradeResult, Item, grade, load_scheme, recompute
from grading.cost import Cost, list_lives, read_terms, value_of
from grading.inputs import read_input

SCHEME = load_scheme("gbt30323-2013")
SCORED = ("body_exterior", "engine_bay", "cockpit", "start_up", "road_test", "chassis")
MAXIMA = dict(zip(SCORED, (20, 20, 10, 20, 15, 15), strict=True))
Plain = dict[str, object]


def car(**document: object) -> GradeResult:
    """Grade a car that is clean but for this."""
    given = read_input(SCHEME, document)
    return grade(SCHEME, given.findings, given.facts)


def cost(result: GradeResult, **given: object) -> Cost | None:
    assert SCHEME.valuation is not None
    return value_of(SCHEME, result, read_terms(SCHEME.valuation, given))


def left(result: GradeResult) -> list[str]:
    return [str(section.left) for section in result.sections if section.max_deduction]


CASES: dict[str, tuple[Plain, str, str, str, list[str]]] = {
    "nearly new": ({"body": ["26HH1", "31HH1"]}, "19.0 20 10 20 15 15", "99.0", "一级", []),
    "exactly 90": (
        {"body": ["14XF2", "17HH3", "21XS2", "27AX1"], "answers": {"43": "B", "46": "B", "51": "C", "54": "C", "55": "C", "68": "C"}},
        "16.0 17.0 7.5 19.5 15 15", "90.0", "一级", [],
    ),
    "half a point below 90": (
        {"body": ["14XF2", "17HH3", "21XS2", "27AX2"], "answers": {"43": "B", "46": "B", "51": "C", "54": "C", "55": "C", "68": "C"}},
        "15.5 17.0 7.5 19.5 15 15", "89.5", "二级", [],
    ),
    "engine bay at its limit": (
        {
            "body": ["14HH3", "15BX2", "16XF3", "19AX2", "22XS3", "25HH2", "26LW2", "39TREAD4"],
            "answers": {"40": "B", "41": "C", "44": "C", "48": "B", "53": "C", "57": "C", "59": "C", "62": "C", "66": "C", "70": "C",
                        "71": "C", "75": "C", "83": "C", "85": "C", "90": "C"},
        },
        "10.5 0 6 17.0 11 9", "53.5", "三级", ["40", "41", "66"],
    ),
    "exactly 60": ({"answers": {"40": "C", "41": "B", "72": "C", "73": "C"}}, "20 0 10 0 15 15", "60.0", "二级", ["40", "41"]),
    "below 60": (
        {"answers": {"40": "C", "41": "B", "72": "C", "73": "C"}, "body": ["39TREAD4"]}, "19.0 0 10 0 15 15", "59.0", "三级", ["40", "41"],
    ),
}  # fmt: skip
WRECK: Plain = {
    "answers": {
        item.code: "C" for item in SCHEME.items if item.kind == "choice" and item.code.isdigit() and item.section != "chassis"
    },
    "body": [f"{part}HH3" for part in range(14, 28)],
}


@pytest.mark.parametrize("case", CASES)
def test_worked_case_comes_out_as_computed_by_hand(case: str) -> None:
    document, sections, score, tier, warnings = CASES[case]
    result = car(**document)
    assert list(map(Decimal, left(result))) == list(map(Decimal, sections.split()))
    assert (str(result.score), result.tier, result.status) == (score, tier, "graded")
    assert [warning.code for warning in result.warnings] == warnings


def test_twenty_and_less() -> None:
    # only chassis (15) and five of the body are left: 20 exactly
    body = [f"{part}HH3" for part in range(14, 24)]
    result = car(**{**WRECK, "body": body})
    assert (left(result)[0], str(result.score), result.tier) == ("5.0", "20.0", "三级")
    result = car(**{**WRECK, "body": [*body, "24HH1"]})
    assert (str(result.score), result.tier) == ("19.5", "四级")
    everything: Plain = {**WRECK, "answers": WRECK["answers"] | {str(code): "C" for code in range(85, 92)}}  # type: ignore[operator]
    assert (str(car(**everything).score), car(**everything).tier) == ("0.0", "四级")


def test_values_come_out_as_computed_by_hand() -> None:
    for case, price, months, rates, value in (
        ("nearly new", 200000, 18, ("0.9000", "0.9900", "0.9540"), "190800.00"),
        ("exactly 90", 150000, 42, ("0.7667", "0.9000", "0.8467"), "127005.00"),
        ("engine bay at its limit", 120000, 100, ("0.4444", "0.5350", "0.4988"), "59856.00"),
    ):
        found = cost(car(**CASES[case][0]), new_price=price, used_months=months)
        assert found is not None
        assert (str(found.age_rate), str(found.technical_rate), str(found.rate)) == rates
        assert str(found.value) == value
    taxed = cost(car(body=["26HH1", "31HH1"]), new_price=200000, used_months=18, plate_fee=300)
    assert taxed is not None
    assert (str(taxed.purchase_tax), str(taxed.replacement_cost), str(taxed.value)) == ("17699.12", "217999.12", "207971.16")
    old = cost(car(), new_price="100000.00", used_months=500, alpha="0.5")
    assert old is not None
    assert (str(old.age_rate), str(old.value)) == ("0.0000", "50000.00")


def test_the_use_of_a_vehicle_decides_over_how_many_months_its_age_counts() -> None:
    # 60 months used: a taxi of 8 years has (96 - 60) / 96 left, a private car (180 - 60) / 180
    for use, rate in ((None, "0.6667"), ("private_small", "0.6667"), ("small_taxi", "0.3750"), ("rental", "0.6667"), ("school_bus", "0.6667"),
                      ("city_bus", "0.6154"), ("ride_hailing", "0.3750"), ("private_large_bus", "0.7500")):  # fmt: skip
        found = cost(car(), new_price=100000, used_months=60, use=use)
        assert found is not None
        assert str(found.age_rate) == rate
    assert {key: life.years for key, life in list_lives().items() if life.years is None} == {
        "private_small": None,
        "private_large_car": None,
    }
    assert len(list_lives()) == 13
    for use in ("lorry", "", 5, ["small_taxi"]):
        with pytest.raises(FindingsError) as refused:
            cost(car(), new_price=1, used_months=1, use=use)
        assert "small_taxi" in refused.value.errors["use"].en
    with pytest.raises(FindingsError, match="not both"):
        cost(car(), new_price=1, used_months=1, use="small_taxi", prescribed_months=180)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "new_price"), ({"new_price": 1}, "used_months"), ({"new_price": 0, "used_months": 1}, "new_price"),
        ({"new_price": 1, "used_months": -1}, "used_months"), ({"new_price": 1.5, "used_months": 1}, "new_price"),
        ({"new_price": 1, "used_months": 1, "colour": 1}, "colour"), ({"new_price": 1, "used_months": 1, "with_taxes": 1}, "with_taxes"),
        ({"new_price": 1, "used_months": 1, "alpha": "0.5", "beta": "0.4"}, "beta"),
        ({"new_price": 1, "used_months": 1, "battery_share": "0.4"}, "battery_share"),
        ({"new_price": 1, "used_months": 1, "prescribed_months": 0}, "prescribed_months"),
    ],
)  # fmt: skip
def test_terms_that_cannot_be_are_refused(given: Plain, name: str) -> None:
    with pytest.raises(FindingsError) as refused:
        cost(car(), **given)
    assert next(iter(refused.value.errors)) == name


@pytest.mark.parametrize("point", range(1, 14))
@pytest.mark.parametrize("state", ["BX", "NQ", "GH", "SH", "ZZ"])
def test_one_state_at_one_frame_point_decides(point: int, state: str) -> None:
    result = car(frame=[f"{point}{state}"], body=["26HH1"], answers={"68": "C"})
    assert (result.status, result.tier, result.score, result.tier_by_score) == ("accident", "五级", None, None)
    assert result.effects[0].code == f"F{point}"
    assert cost(result, new_price=1, used_months=1) is None


def test_the_tradable_check_comes_first() -> None:
    good = {str(number): "Y" if number in (5, 6) else "N" for number in range(1, 9)}
    assert car(tradable=good).status == "graded"
    for number in good:
        result = car(tradable=good | {number: "Y" if good[number] == "N" else "N"}, frame=["4SH"])
        assert (result.status, result.tier, result.score) == ("not_tradable", None, None)
        assert [w.warning for w in result.warnings] == (["report_police"] if number not in "23" else [])
        del (some := dict(good))[number]
        assert (car(tradable=some).status, car(tradable=some).missing[0].codes) == ("ungradable", (f"T{number}",))
    assert len(car(tradable={}).missing) == 8
    documents = {str(number): "Y" for number in range(1, 7)}
    assert car(documents=documents).status == "graded"
    assert car(documents=documents | {"6": "N"}).status == "not_tradable"


def test_too_much_not_inspected_means_no_grade() -> None:
    assert car(not_inspected=[14, "15", "16", "93", "49"]).status == "graded"
    assert car(not_inspected=[14, "15", "16", "93", "49", "113"]).status == "ungradable"
    for code in (*range(1, 14), 40, 60, 80):
        result = car(not_inspected=[code])
        assert (result.status, result.tier) == ("ungradable", None)
    assert [d.code for d in car(not_inspected=["14"]).disclosures] == ["14"]
    assert car(answers={"58": "NA"}).get_item("item_58").deduct == 0


def test_marks_add_up_and_tyres_cost_once() -> None:
    assert str(car(body=["26HH1", "26HH1", "26XS3"]).score) == "97.5"
    assert str(car(body=["39TREAD4", "39TREAD4"]).score) == "99.0"
    assert car(body=["26XS3", "26HH1"]).findings["item_26"] == "HH1 XS3"
    assert str(car(body=[f"{part}AX3" for part in range(14, 40)]).score) == "80.0"


def test_flags_stand_beside_the_grade() -> None:
    for flag in ("flood_vehicle", "fire_vehicle", "odometer_suspect", "major_recall_open"):
        result = car(facts={flag: True})
        assert (result.tier, str(result.score), result.flags) == ("一级", "100.0", (flag,))
        assert result.disclosures
    assert car(answers={"50": "C"}).flags == ("flood_check",)


def test_the_scheme_is_what_it_says() -> None:
    assert [item.code for item in SCHEME.items if item.code.isdigit()] == [str(code) for code in range(14, 114)]
    assert {s.code: int(s.max_deduction) for s in SCHEME.sections if s.max_deduction} == MAXIMA
    assert sum(MAXIMA.values()) == 100
    assert SCHEME.label.en == "after GB/T 30323-2013, points not confirmed"
    assert all(item.places and item.source for item in SCHEME.items)
    assert SCHEME.forms["appraisal_report"].valid_days == 90
    assert len(SCHEME.forms["technical_condition_sheet"].groups) == 6


@pytest.mark.parametrize(
    "item", [i for i in SCHEME.items if i.kind in ("choice", "marks") and i.code.isdigit()], ids=lambda i: i.code
)
def test_every_answer_and_mark_is_reachable_and_costs_what_it_says(item: Item) -> None:
    for option in item.options:
        result = grade(SCHEME, {**read_input(SCHEME, {}).findings, item.key: option.value})
        assert result.score == 100 - option.deduct
        assert (option.state == "defect") == (option.deduct > 0)
    for mark in item.marks:
        result = car(body=[item.code + mark.value])
        assert result.score == 100 - mark.outcome.deduct
        assert result.disclosures[0].value == mark.value


def test_every_section_limit_is_reached() -> None:
    worst = {
        item.key: ["HH3"] if item.kind == "marks" else "C" for item in SCHEME.items if item.code.isdigit() and item.kind != "text"
    }
    result = grade(SCHEME, {**read_input(SCHEME, {}).findings, **worst})
    assert [section.capped for section in result.sections if section.max_deduction] == [True] * 6


PARTS = [str(part) for part in range(14, 40)]
marks = st.lists(
    st.builds(lambda p, s, d: f"{p}{s}{d}", st.sampled_from(PARTS), st.sampled_from(["HH", "XS", "AX"]), st.sampled_from("123")),
    max_size=8,
)
choices = [item for item in SCHEME.items if item.kind == "choice" and item.code.isdigit()]
answers = st.dictionaries(
    st.sampled_from([i.code for i in choices if "B" in i.values]), st.sampled_from("ABC"), max_size=6
).flatmap(
    lambda some: st.dictionaries(
        st.sampled_from([i.code for i in choices if "B" not in i.values]), st.sampled_from("AC"), max_size=8
    ).map(lambda more: some | more)
)


def rank(result: GradeResult) -> int:
    return len(SCHEME.tiers) if result.tier is None else SCHEME.tier_order.index(result.tier)


@settings(max_examples=60, deadline=None)
@given(body=marks, found=answers, more=marks, code=st.sampled_from([item.code for item in choices]), frame=st.booleans())
def test_a_worse_finding_never_raises_score_or_tier(
    body: list[str], found: dict[str, str], more: list[str], code: str, frame: bool
) -> None:
    before = car(body=body, answers=found)
    after = car(body=body + more, answers=found | {code: "C"}, frame=["4SH"] if frame else [])
    assert before.score is not None
    assert (after.score is None) == frame
    assert after.score is None or after.score <= before.score
    assert rank(after) >= rank(before)


@settings(max_examples=60, deadline=None)
@given(body=marks, found=answers, seed=st.integers(0, 1000))
def test_order_does_not_matter_and_content_recomputes(body: list[str], found: dict[str, str], seed: int) -> None:
    first = car(body=body, answers=found)
    shuffle = random.Random(seed)
    other = car(answers=dict(shuffle.sample(list(found.items()), len(found))), body=shuffle.sample(body, len(body)))
    assert first.to_content() == other.to_content() == recompute(first.to_content()).to_content()
    total = sum((min(section.total, section.max_deduction) for section in first.sections), Decimal(0))
    assert first.score == 100 - total
