"""What differs between two revisions is found place by place, and nothing that differs is missed."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from grading import Scheme, SchemeError, list_schemes, load_scheme, read_scheme
from grading.schemes import changes as comparing
from grading.schemes.changes import Subject, changes

FILES = {name: (resources.files("grading") / "data" / f"{name}.yaml").read_text("utf-8") for name in list_schemes()}
CAR, PHONE, FRIDGE = "gbt30323-2013", "phone-2026.1", "appliance-2026.1"


def edited(name: str, *edits: tuple[str, str]) -> Scheme:
    text = FILES[name]
    for pattern, replacement in edits:
        text, count = re.subn(pattern, replacement, text, count=1, flags=re.DOTALL)
        assert count == 1, pattern
    return read_scheme("edited.yaml", text.encode(), named=False)


def found(name: str, *edits: tuple[str, str]) -> dict[tuple[str, str], Subject]:
    return {(one.where, one.code): one for one in changes(load_scheme(name), edited(name, *edits))}


CASES = [
    (CAR, (r'(code: "40".*?B: \{deduct: )15', r"\g<1>12"), ("item", "40"), "points", "options[B].outcome.deduct", ("15", "12")),
    (CAR, (r"en: Coolant mixed into engine oil", "en: Coolant in the oil"), ("item", "40"), "words", "name", ("机油有无冷却液混入 / Coolant mixed into engine oil", "机油有无冷却液混入 / Coolant in the oil")),
    (CAR, (r"(code: 一级, min_score: )90", r"\g<1>91"), ("tier", "一级"), "points", "min_score", ("90", "91")),
    (PHONE, (r"(light: \{zh: 轻微划痕.*?cap: )B", r"\g<1>C"), ("item", "P3.01"), "tier", "options[light].outcome.cap", ("B", "C")),
    (PHONE, (r"(code: P3.01.*?basis: )derived", r"\g<1>own"), ("item", "P3.01"), "basis", "basis", ("derived", "own")),
    (PHONE, (r"(code: P3.01.*?required: )true", r"\g<1>false"), ("item", "P3.01"), "conditions", "required", ("true", "false")),
    (PHONE, (r"(code: PX.02.*?value: \[)cracked", r"\g<1>visible"), ("rule", "PX.02"), "conditions", "when.parts[1].value", ("cracked", "visible")),
    (FRIDGE, (r"(safe_life_years: \{value: )10", r"\g<1>12"), ("type", "refrigerator"), "conditions", "figures.safe_life_years.value", ("10", "12")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "edit", "subject", "kind", "path", "values"), CASES, ids=[case[4] for case in CASES])
def test_a_change_is_named_with_its_kind_its_place_and_both_values(
    name: str, edit: tuple[str, str], subject: tuple[str, str], kind: str, path: str, values: tuple[str, str]
) -> None:
    every = found(name, edit)
    assert list(every) == [subject]
    assert every[subject].state == "changed"
    assert [(one.kind, one.path, (one.before, one.after)) for one in every[subject].changes] == [(kind, path, values)]


def test_items_that_were_added_or_taken_out_are_told_as_such() -> None:
    line = next(line for line in FILES[CAR].splitlines() if 'code: "111"' in line)
    new = line.replace('"111"', '"114"').replace("item_111", "item_114")
    with_new = edited(CAR, (re.escape(line), line + "\n" + new), ("items: 127", "items: 128"))
    states = {(one.where, one.code): one.state for one in changes(load_scheme(CAR), with_new)}
    assert states == {("section", "functional_parts"): "changed", ("item", "114"): "added"}
    back = {(one.where, one.code): one.state for one in changes(with_new, load_scheme(CAR))}
    assert back == {("section", "functional_parts"): "changed", ("item", "114"): "removed"}


@pytest.mark.parametrize("name", list(FILES))
def test_a_scheme_does_not_differ_from_itself(name: str) -> None:
    assert changes(load_scheme(name), load_scheme(name)) == ()


@pytest.mark.parametrize("name", list(FILES))
def test_no_figure_of_a_file_can_change_unseen(name: str) -> None:
    """Every tenth number of the file, one at a time: either the file is refused then, or the difference is shown."""
    text = FILES[name]
    seen = 0
    for number in list(re.finditer(r"(?:deduct|min|max|value|min_score|max_deduction|decimals): (\d+)", text))[::10]:
        changed = text[: number.start(1)] + str(int(number[1]) + 1) + text[number.end(1) :]
        try:
            scheme = read_scheme("edited.yaml", changed.encode(), named=False)
        except SchemeError:  # the loader refuses the edited file: that is seen as well
            continue
        assert changes(load_scheme(name), scheme), text[number.start() - 60 : number.end() + 20]
        seen += 1
    assert seen > 5


def test_the_check_sees_a_part_that_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    leaves = comparing._leaves
    monkeypatch.setattr(
        comparing, "_leaves", lambda value, path: (each for each in leaves(value, path) if not each[0].endswith("deduct"))
    )
    with pytest.raises(AssertionError):
        test_no_figure_of_a_file_can_change_unseen(CAR)
