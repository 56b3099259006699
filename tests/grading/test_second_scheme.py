"""A second category is only another data file: types, classes, derived facts, every kind of condition."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest

from grading import FindingsError, GradeResult, Scheme, grade, list_schemes, load_scheme, read_scheme, recompute, scheme_for
from grading.engine.conditions import Known, holds
from grading.errors import SchemeError
from grading.schemes.knowledge import Leaf

FILE = Path(__file__).parent / "household-test-1.yaml"
SCHEME = read_scheme(FILE.name, FILE.read_bytes())
FACTS: dict[str, object] = {
    "kind": "kettle", "protection": "I", "bought_on": "2025-01-01", "assessed_on": datetime.date(2026, 1, 1),
    "leak_ma": "0.5", "leak_limit_ma": "0.75",
}  # fmt: skip
FINDINGS: dict[str, object] = {"earth_ohm": "0.1", "heats": "works", "lamp": "works", "knob": "works", "plate": "there"}
HOB_FACTS = FACTS | {"kind": "hob", "protection": "II", "leak_ma": None, "leak_limit_ma": None}
HOB = FINDINGS | {"earth_ohm": None, "hose": "tight"}


def kettle(findings: dict[str, object] | None = None, **facts: object) -> GradeResult:
    return grade(SCHEME, FINDINGS | (findings or {}), FACTS | facts)


def hob(findings: dict[str, object] | None = None, **facts: object) -> GradeResult:
    return grade(SCHEME, HOB | (findings or {}), HOB_FACTS | facts)


def test_only_what_applies_to_the_type_and_class_is_asked() -> None:
    assert (kettle().status, kettle().tier, str(kettle().score)) == ("graded", "GOLD", "50.00")
    assert kettle().get_item("hose").state == "skipped"
    assert hob().get_item("earth_ohm").state == "skipped"
    assert hob().get_item("leakage").state == "skipped"
    assert hob().tier == "GOLD"
    assert [m.key for m in hob({"hose": None}).missing] == ["hose"]
    # an answer left over from another type is kept and costs nothing
    assert hob({"earth_ohm": 99}).status == "graded"


def test_a_thing_without_its_type_is_not_graded() -> None:
    result = kettle(kind=None)
    assert (result.status, result.tier) == ("ungradable", None)
    assert result.missing[0].keys == ("kind",)


def test_derived_facts_are_computed_and_shown() -> None:
    derived = kettle().derived
    assert derived["life_ratio"] == "0.8"  # (5 - 365/365.25) / 5 = 0.800137
    assert kettle().get_item("life_ratio").value == "0.8"
    assert derived["age_years"].startswith("0.99931553730321")
    assert derived["leak_ratio"].startswith("0.666666666666")
    assert "life_by_gas" not in derived
    assert hob(gas="manufactured").derived["life_years"] == "6"
    assert hob(gas="natural").derived["life_years"] == hob().derived["life_years"] == "8"


def test_a_limit_is_never_rounded_into_a_pass() -> None:
    assert kettle(leak_ma="0.75").status == "graded"
    assert kettle(leak_ma="0.751").status == "unsafe"


def test_computed_items_cannot_be_typed() -> None:
    with pytest.raises(FindingsError) as refused:
        kettle({"leakage": 0, "life_ratio": 1})
    assert set(refused.value.errors) == {"leakage", "life_ratio"}


def test_facts_that_cannot_be_are_refused() -> None:
    for facts, key in (
        ({"leak_limit_ma": 0}, "leak_limit_ma"),
        ({"assessed_on": "2024-12-31"}, "assessed_on"),
        ({"assessed_on": "2026-02-30"}, "assessed_on"),
        ({"assessed_on": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)}, "assessed_on"),
        ({"assessed_on": "20260101"}, "assessed_on"),
        ({"kind": "car"}, "kind"),
        ({"leak_ma": 0.5}, "leak_ma"),
        ({"leak_ma": 100, "leak_limit_ma": "0.01"}, "leakage"),
    ):
        with pytest.raises(FindingsError) as refused:
            kettle(**facts)
        assert set(refused.value.errors) == {key}


def test_the_score_has_its_own_base_floor_and_decimals() -> None:
    result = kettle({"heats": "weak", "lamp": "weak"})
    assert str(result.score) == "47.25"
    assert str(kettle({"heats": "dead", "lamp": "dead", "boil_s": 900}, bought_on="2010-01-01").score) == "10.00"
    assert result.to_content()["sections"][1]["deducted"] == "2.75"  # type: ignore[index, call-overload]


def test_points_of_a_rule_join_the_section_that_it_names() -> None:
    result = kettle({"heats": "dead", "lamp": "dead"})
    assert {section.code: section.deducted for section in result.sections if section.deducted} == {
        "B": Decimal("21.5"),
        "C": Decimal("3.25"),
    }
    assert [rule.code for rule in result.cross_rules] == ["X.04"]
    assert result.tier == "SCRAP"


def test_conditions_over_facts_types_items_and_effects() -> None:
    old = {"bought_on": "2018-01-01"}
    assert hob(**old).status == "recycle_only"
    assert hob(**old).flags == ("life_over",)
    assert hob(**old).disclosures[-1].text["zh"] == "已超过安全使用年限"
    assert [r.code for r in kettle(**old).cross_rules] == ["X.06"]
    assert kettle(bought_on="2012-01-01").status == "recycle_only"
    assert kettle(leak_ma=None).status == "ungradable"
    assert kettle(leak_ma=None).effects[0].code == "X.03"
    leaking = {"hose": "leaks"}
    assert (hob(leaking).status, hob(leaking).flags) == ("unsafe", ("gas_leak",))
    assert hob(leaking, serviced=False).status == "unsafe"
    assert hob(leaking, serviced=True).status == "recycle_only"
    care = {"knob": None, "plate": "worn", "boil_s": 251}
    assert kettle(care).credit_events == ("poor_care",)
    assert kettle(care | {"boil_s": 250}).credit_events == ()
    assert kettle(care | {"knob": "works"}).credit_events == ()
    assert kettle(care | {"plate": "there"}).credit_events == ()


def test_a_missing_fact_makes_a_condition_false() -> None:
    result = hob(bought_on=None)
    assert result.cross_rules == ()
    assert [m.key for m in result.missing] == ["life_ratio"]


def test_flags_caps_and_groups_come_from_data() -> None:
    result = kettle({"earth_ohm": "0.3"})
    assert (result.flags, [(c.tier, c.code, c.decided) for c in result.caps]) == (("earth_weak",), [("TIN", "A.01", True)])
    assert kettle({"plate": None}).missing[0].name == {"zh": "发票或铭牌", "en": "receipt or plate"}
    assert kettle({"plate": None, "receipt_no": "4711"}).tier == "GOLD"
    assert kettle({"receipt_no": "4711", "note": "旧"}).get_item("note").state == "counted"


def test_fully_functional_looks_at_numbers_from_the_stated_points() -> None:
    assert kettle({"boil_s": 300}).fully_functional
    slow = kettle({"boil_s": 301})
    assert (slow.fully_functional, slow.not_functional, slow.tier, slow.equivalents) == (False, ("B.04",), "TIN", {"other": None})
    untried = kettle({"lamp": "untried"})
    assert (untried.tier, untried.fully_functional, untried.equivalents) == ("GOLD", False, {})
    assert not kettle({"knob": None}).fully_functional
    assert kettle({"boil_s": None}).fully_functional


def test_a_tested_function_that_is_not_in_order_is_disclosed_even_where_its_row_does_not_say_so() -> None:
    assert [(d.key, d.value) for d in kettle({"lamp": "weak"}).disclosures] == [("lamp", "weak")]
    assert kettle({"lamp": "untried"}).disclosures == ()


def test_a_flag_equals_only_a_flag() -> None:
    def asks(value: str | bool | Decimal, fact: str | bool | Decimal) -> bool:
        return holds(Leaf("fact", "x", "eq", value), Known({}, {}, {}, {"x": fact}, None))

    assert asks(True, True)
    assert asks(Decimal(1), Decimal("1.0"))
    assert not asks(True, Decimal(1))
    assert not asks(Decimal(0), False)
    assert not asks(False, "")


@pytest.mark.parametrize("op", ["le", "gt"])
def test_a_word_is_neither_more_nor_less_than_a_number(op: Literal["le", "gt"]) -> None:
    facts = {"word": "electric", "number": Decimal(2), "flag": True}
    known = Known({}, {}, {}, facts, SCHEME.types["kettle"])
    assert holds(Leaf("fact", "number", op, Decimal(2)), known) is (op == "le")
    assert holds(Leaf("type_attr", "life", op, Decimal(4)), known) is (op == "gt")
    for subject, name in (
        ("fact", "word"),
        ("fact", "flag"),
        ("fact", "nothing"),
        ("type_attr", "energy"),
        ("type_attr", "nothing"),
    ):
        assert not holds(Leaf(subject, name, op, Decimal(2)), known)  # type: ignore[arg-type]
    assert not holds(Leaf("fact", "number", op, "2"), known)


def test_content_of_the_second_scheme_recomputes() -> None:
    content = hob({"lamp": "untried"}, gas="natural", serviced=True).to_content()
    assert recompute(content, SCHEME).to_content() == content
    with pytest.raises(SchemeError, match="no such scheme"):
        recompute(content)


def test_the_scheme_in_force_on_a_day_is_found() -> None:
    assert list_schemes() == tuple(sorted(list_schemes()))
    assert "phone-2026.1" in list_schemes()
    assert scheme_for("phone", datetime.date(2025, 1, 1)) is load_scheme("phone-2026.1")
    for category, day in (("phone", datetime.date(2024, 12, 31)), ("boat", datetime.date(2026, 1, 1))):
        with pytest.raises(SchemeError, match="in force"):
            scheme_for(category, day)


@pytest.mark.parametrize(
    "name", ["", "phone", "../data/phone-2026.1", "phone-2026.1.yaml", "/etc/passwd", "x" * 500, "phone-2026.1\x00"]
)
def test_a_scheme_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(SchemeError, match="no such scheme"):
        load_scheme(name)


def test_a_quoted_day_is_the_same_as_a_bare_one() -> None:
    assert SCHEME.effective_from == datetime.date(2024, 6, 1)
    assert SCHEME.effective_until == datetime.date(2026, 12, 31)


# --- what no scheme of the package has: a part of the file in other words ---------------------------------------------------
HOB_ONLY = "applies: {fact: kind, op: in, value: [hob]}, "


def changed(*lines: tuple[str, str]) -> Scheme:
    """The scheme with `words` put behind the key of an item, for each (key, words)."""
    text = FILE.read_text("utf-8")
    for key, words in lines:
        assert text.count(f"key: {key}, ") == 1
        text = text.replace(f"key: {key}, ", f"key: {key}, {words}")
    return read_scheme(FILE.name, text.encode())


def test_of_a_group_only_what_applies_is_asked() -> None:
    without = FINDINGS | {"plate": None}
    one = grade(changed(("receipt_no", HOB_ONLY)), without, FACTS)
    assert [(part.keys, part.codes) for part in one.missing] == [(("plate",), ("D.02",))]
    none = grade(changed(("receipt_no", HOB_ONLY), ("plate", HOB_ONLY)), without, FACTS)
    assert (none.missing, none.status) == ((), "graded")
    left = grade(changed(("receipt_no", HOB_ONLY)), without | {"receipt_no": "4711"}, FACTS)
    assert [part.keys for part in left.missing] == [("plate",)]  # a receipt that is not asked for does not help


def test_a_function_whose_test_was_replaced_by_a_better_one_does_not_count() -> None:
    scheme = changed(("lamp", "only_if_missing: knob, "))
    replaced = grade(scheme, FINDINGS | {"lamp": "dead"}, FACTS)
    assert (replaced.get_item("lamp").state, replaced.fully_functional, replaced.tier) == ("superseded", True, "GOLD")
    counted = grade(scheme, FINDINGS | {"lamp": "dead", "knob": None}, FACTS)
    assert (counted.get_item("lamp").state, counted.fully_functional) == ("counted", False)
