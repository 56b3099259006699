"""Facts computed from facts, days and other facts as they are given, and content that is graded again."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import pytest

import grading.schemes
from grading import FindingsError, Problem, SchemeError, SchemeLibrary, grade, load_scheme, recompute
from tests.grading.appliance import appliance
from tests.grading.phone import phone
from tests.grading.test_second_scheme import FACTS, FILE, FINDINGS, SCHEME, hob, kettle

DAY = {"zh": "请填写日期，例如 2026-11-23。", "en": "Please enter a day such as 2026-11-23."}


@pytest.mark.parametrize(
    ("facts", "derived"),
    [
        ({}, {"age_years": "0.9993", "life_plain": "5", "life_years": "5", "life_left": "4.0006", "life_ratio": "0.8", "leak_ratio": "0.5"}),
        ({"leak_ma": None}, {"leak_ratio": None, "life_ratio": "0.8"}),
        ({"leak_limit_ma": None}, {"leak_ratio": None, "life_ratio": "0.8"}),
        ({"leak_ma": 0}, {"leak_ratio": "0"}),
        ({"bought_on": None}, {"age_years": None, "life_left": None, "life_ratio": None, "life_years": "5", "leak_ratio": "0.5"}),
        ({"assessed_on": None}, {"age_years": None, "life_ratio": None}),
        ({"kind": None}, {"life_plain": None, "life_years": None, "life_ratio": None, "age_years": "0.9993"}),
        ({"gas": "natural"}, {"life_by_gas": None, "life_years": "5"}),  # kettles have no such table
    ],
)  # fmt: skip
def test_what_is_derived_of_a_kettle(facts: dict[str, object], derived: dict[str, str | None]) -> None:
    result = kettle(**{"bought_on": "2025-01-01", "assessed_on": "2026-01-01", "leak_ma": "0.5", "leak_limit_ma": 1, **facts})
    found = {key: result.derived.get(key) for key in derived}
    assert {key: None if value is None else str(value)[:6] for key, value in found.items()} == derived


@pytest.mark.parametrize(("gas", "life"), [("natural", "8"), ("manufactured", "6"), (None, "8")])
def test_a_table_is_read_by_its_fact_and_another_figure_stands_in(gas: str | None, life: str) -> None:
    result = hob(gas=gas)
    assert (result.derived.get("life_by_gas"), result.derived["life_years"]) == (None if gas is None else life, life)


def test_the_greatest_and_the_least_are_of_what_is_known() -> None:
    # leakage limit of heaters: 0.75 mA per kW, not below 0.75 and not above 5
    for kilowatt, limit in (
        ("0.999", "0.75"),
        ("1", "0.75"),
        ("1.01", "0.7575"),
        ("6.66", "4.995"),
        ("6.67", "5"),
        (None, "0.75"),
    ):
        assert appliance("electric_water_heater", rated_kw=kilowatt).derived["leakage_limit"] == limit


def test_days_may_not_run_backwards_and_one_day_is_no_age() -> None:
    same = kettle(bought_on="2025-06-01", assessed_on="2025-06-01")
    assert (same.derived["age_years"], same.derived["life_ratio"]) == ("0", "1")
    with pytest.raises(FindingsError) as refused:
        kettle(bought_on="2025-06-02", assessed_on="2025-06-01")
    assert refused.value.errors == {"assessed_on": {"zh": "日期早于开始日期。", "en": "This day is before the first one."}}
    with pytest.raises(FindingsError) as refused:
        kettle(leak_ma=1, leak_limit_ma=0)
    assert refused.value.errors == {"leak_limit_ma": {"zh": "不能为 0。", "en": "This cannot be 0."}}


@pytest.mark.parametrize(
    "day",
    [
        20250101, 5, True, 1.5, Decimal(5), ["2025-01-01"], b"2025-01-01", datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC), "2025", "-",
        "2025-W01-1", "20250101", "2025010101", "2025-01-01 ", " 2025-01-01", "2025-1-1", "2025/01/01", "２０２５-01-01", "2025-02-30", "2025-13-01", "0000-01-01",
    ],
    ids=repr,
)  # fmt: skip
def test_a_day_has_one_form(day: object) -> None:
    with pytest.raises(FindingsError) as refused:
        kettle(bought_on=day)
    assert refused.value.errors == {"bought_on": DAY}


def test_a_day_may_be_a_date() -> None:
    assert kettle(bought_on=datetime.date(2025, 1, 1)) == kettle(bought_on="2025-01-01")
    assert kettle(bought_on="2025-01-01").facts["bought_on"] == "2025-01-01"


# --- graded again -------------------------------------------------------------------------------------------------------
CONTENT = phone(screen_glass="light").to_content()
NOTHING = {"content": {"zh": "缺少方案编号、检测结果或信息。", "en": "No scheme id, findings or facts in it."}}


@pytest.mark.parametrize("part", ["scheme_id", "findings", "facts"])
@pytest.mark.parametrize("value", [None, 5, ["phone-2026.1"]])
def test_content_without_scheme_findings_or_facts_is_refused(part: str, value: object) -> None:
    for content in ({**CONTENT, part: value}, {name: kept for name, kept in CONTENT.items() if name != part}):
        with pytest.raises(FindingsError) as refused:
            recompute(content)
        assert refused.value.errors == NOTHING


def test_content_is_graded_again_by_the_very_file_that_it_names_and_by_no_other() -> None:
    scheme = load_scheme("phone-2026.1")
    assert recompute(CONTENT) == recompute(CONTENT, scheme) == phone(screen_glass="light")
    for content, given in (
        ({**CONTENT, "scheme_sha256": "0" * 64}, None), ({**CONTENT, "scheme_sha256": "0" * 64}, scheme),
        ({**CONTENT, "scheme_id": "appliance-2026.1"}, scheme), (CONTENT, load_scheme("appliance-2026.1")),
        ({**CONTENT, "scheme_sha256": SCHEME.sha256}, SCHEME), ({**CONTENT, "scheme_sha256": None}, None),
    ):  # fmt: skip
        with pytest.raises(SchemeError) as refused:
            recompute(content, given)
        assert refused.value.file == f"{content['scheme_id']}.yaml"
        assert refused.value.problems == (Problem("", "is not the file that the content was graded with"),)
    with pytest.raises(SchemeError) as refused:
        recompute({**CONTENT, "scheme_id": "x" * 99, "scheme_sha256": SCHEME.sha256}, SCHEME)
    assert refused.value.file == "x" * 60 + ".yaml"


def test_of_several_revisions_the_one_that_the_content_names_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = FILE.read_text("utf-8").replace('version: "1"', "version: 1/r1").replace("  effective_until: 2026-12-31\n", "")
    second = first.replace("1/r1", "1/r2").replace('"2024-06-01"', "2027-01-01").replace("base_score: 50", "base_score: 49")
    (tmp_path / "household-test-1.yaml").write_text(first, encoding="utf-8")
    (tmp_path / "household-test-1_r2.yaml").write_text(second, encoding="utf-8")
    library = SchemeLibrary(tmp_path)
    monkeypatch.setattr(grading.schemes, "_PACKAGE", library)
    for revision, score in (("r1", "50.00"), ("r2", "49.00")):
        content = grade(library.load(f"household-test-1/{revision}"), FINDINGS, FACTS).to_content()
        assert (content["score"], recompute(content).to_content()) == (score, content)


def test_facts_of_the_content_count_when_it_is_graded_again() -> None:
    content = grade(load_scheme("phone-2026.1"), {}, {"found_not_declared": True}).to_content()
    assert recompute(content).credit_events == ("undisclosed_defect",)
