"""Marks on a part: how they are given, what several of them cost together, and what is said of answers that do not count."""

from __future__ import annotations

from decimal import Decimal
from importlib import resources
from itertools import permutations

import pytest

from grading import FindingsError, GradeResult, Scheme, grade, load_scheme, read_scheme
from grading.inputs import read_input
from tests.grading.appliance import appliance
from tests.grading.phone import phone

CARS = load_scheme("gbt30323-2013")
FILE = (resources.files("grading") / "data" / "gbt30323-2013.yaml").read_text("utf-8")
STEPS = {
    '"1": {zh: 不超过 100×100 mm, en: up to 100×100 mm, deduct: 0.5, disclose: true}': (
        '"1": {zh: 一, en: one, deduct: 0.5, cap: 二级, flag: seen, warning: find_cause}'
    ),
    '"2": {zh: 不超过 200×300 mm, en: up to 200×300 mm, deduct: 1.0, disclose: true}': (
        '"2": {zh: 二, en: two, deduct: 1.0, cap: 三级, effect: ungradable}'
    ),
    '"3": {zh: 超过 200×300 mm, en: over 200×300 mm, deduct: 1.5, disclose: true}': (
        '"3": {zh: 三, en: three, effect: not_tradable, disclose: true, warning: repair_first}'
    ),
}


def with_steps() -> Scheme:
    """The car scheme, with degrees of damage that do all that a finding can do."""
    text = FILE
    for old, new in STEPS.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    return read_scheme("gbt30323-2013.yaml", text.encode())


STRICT = with_steps()


def car(marks: object, scheme: Scheme = CARS) -> GradeResult:
    given = read_input(scheme, {})
    return grade(scheme, {**given.findings, "item_26": marks}, given.facts)


@pytest.mark.parametrize(
    ("marks", "deduct", "cap", "effect", "disclose", "flag", "warning"),
    [
        (["HH1"], "0.5", "二级", None, False, "seen", "find_cause"),
        (["HH2"], "1", "三级", "ungradable", False, None, None),
        (["HH3"], "0", None, "not_tradable", True, None, "repair_first"),
        (["HH1", "XS1"], "1", "二级", None, False, "seen", "find_cause"),
        (["HH1", "XS2"], "1.5", "三级", "ungradable", False, "seen", "find_cause"),
        (["AX3", "HH2"], "1", "三级", "not_tradable", True, None, "repair_first"),
        (["AX3", "HH1"], "0.5", "二级", "not_tradable", True, "seen", "repair_first"),
        (["AX1", "BX2", "XS3"], "1.5", "三级", "not_tradable", True, "seen", "find_cause"),
    ],
)  # fmt: skip
def test_of_several_marks_points_add_up_and_the_strictest_of_the_rest_holds(
    marks: list[str], deduct: str, cap: str | None, effect: str | None, disclose: bool, flag: str | None, warning: str | None
) -> None:
    results = [car(list(order), STRICT) for order in permutations(marks)]
    found = results[0].get_item("item_26")
    assert (found.deduct, found.cap, found.effect) == (Decimal(deduct), cap, effect)
    assert (found.disclose, found.flag, found.warning) == (disclose, flag, warning)
    assert {result.to_content()["status"] for result in results} == {effect or "graded"}
    assert [result == results[0] for result in results] == [True] * len(results)
    assert [w.warning for w in results[0].warnings] == ([] if warning is None else [warning])
    assert results[0].flags == (() if flag is None else (flag,))


def test_a_part_with_marks_says_each_of_them_and_what_follows() -> None:
    found = car("XS2 HH1", STRICT).get_item("item_26")
    assert found.value_name == {"zh": "划痕（1 度，一）、锈蚀（2 度，二）", "en": "scratch (degree 1, one); rust (degree 2, two)"}
    assert found.rule == {
        "zh": "划痕（1 度，一）、锈蚀（2 度，二）：扣 1.5 分，最高 三级，状态定为“暂不可评级”，应查明原因并记录",
        "en": "scratch (degree 1, one); rust (degree 2, two): minus 1.5 points, at most tier 三级, "
        "status becomes “Ungradable”, find the cause and note it",
    }
    assert (found.state, found.value, found.used) == ("counted", "HH1 XS2", None)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("HH1", "HH1"), (["HH1"], "HH1"), (("XS2", "HH1"), "HH1 XS2"), ("  XS2   HH1 ", "HH1 XS2"), (["HH1"] * 2, "HH1 HH1"),
        (["HH1"] * 40, " ".join(["HH1"] * 40)), ("A", "A"), ("NI", "NI"),
    ],
)  # fmt: skip
def test_marks_are_kept_in_one_order(given: object, kept: str) -> None:
    assert car(given).findings["item_26"] == kept


@pytest.mark.parametrize("nothing", [[], (), " ", None, ""])
def test_an_empty_list_of_marks_is_no_finding(nothing: object) -> None:
    result = car(nothing)
    assert ("item_26" in result.findings, [part.key for part in result.missing]) == (False, ["item_26"])


LIST = {"zh": "请列出代码，例如 HH1。", "en": "Please list codes such as HH1."}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["HH1"] * 41, LIST), (1, LIST), (True, LIST), ({"HH1": 1}, LIST), (Decimal(1), LIST),
        (["HH9"], "There is no “HH9” here; known are: HH1 HH2 HH3 BX1 BX2 BX3 XS1 XS2 XS3 LW1 LW2 LW3 AX1 AX2 AX3 XF1 XF2 XF3."),
        ("HH1 hh2", "There is no “hh2” here"), (["HH1 XS2"], "There is no “HH1 XS2” here"), (["x" * 50], f"There is no “{'x' * 20}” here"),
        ([["HH1"]], "There is no “['HH1']” here"), ([None], "There is no “None” here"), (["A"], "There is no “A” here"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_mark_is_refused_and_said(given: object, words: object) -> None:
    with pytest.raises(FindingsError) as refused:
        car(given)
    assert list(refused.value.errors) == ["item_26"]
    message = refused.value.errors["item_26"]
    if isinstance(words, str):
        assert message.en.startswith(words)
        assert message.zh.startswith(f"这里没有“{message.en[13:].partition('”')[0]}”；可用：HH1 HH2 HH3 BX1")
    else:
        assert message == words


def test_a_tyre_worn_twice_is_worn_once() -> None:
    given = read_input(CARS, {})
    result = grade(CARS, {**given.findings, "item_39": ["TREAD4", "HH1", "TREAD4", "HH1"]}, given.facts)
    assert (result.findings["item_39"], result.get_item("item_39").deduct) == ("HH1 HH1 TREAD4", 2)


@pytest.mark.parametrize(
    ("key", "value", "name"), [("ignition", "4", "4"), ("refrigerant", "leak", "Leaking"), ("sound", "fail", "Fails")]
)
def test_an_answer_that_does_not_apply_is_shown_with_its_name_and_costs_nothing(key: str, value: str, name: str) -> None:
    result = appliance("range_hood", {key: value})
    item = result.get_item(key)
    assert (item.state, item.value, item.deduct, item.cap, item.effect, item.disclose) == ("skipped", value, 0, None, None, False)
    assert item.value_name is not None
    assert item.value_name.en == name
    assert item.rule == {"zh": f"{item.name.zh}：不适用于这类物品", "en": f"{item.name.en}: does not apply to this type"}
    assert (result.status, result.tier, result.disclosures) == ("graded", "S", ())


def test_a_measure_that_a_better_one_replaces_is_shown_and_costs_nothing() -> None:
    item = phone(battery_pct=90, battery_cycles=333).get_item("battery_cycles")
    assert (item.state, item.value, item.deduct, item.cap) == ("superseded", "333", 0, None)
    assert item.value_name == {"zh": "333", "en": "333"}


def test_a_text_that_must_be_told_says_so_in_its_rule() -> None:
    given = read_input(CARS, {"answers": {"93": "锁止失灵"}})
    result = grade(CARS, given.findings, given.facts)
    item = result.get_item("item_93")
    assert (item.value, item.deduct, item.disclose) == ("锁止失灵", 0, True)
    assert item.rule == {"zh": "发动机舱盖锁止：须向买家披露", "en": "Bonnet lock: disclosed to the buyer"}
    assert [told.text["zh"] for told in result.disclosures] == ["发动机舱盖锁止：锁止失灵"]


def test_an_item_that_a_result_has_not_is_named() -> None:
    with pytest.raises(KeyError, match="colour"):
        car("HH1").get_item("colour")
