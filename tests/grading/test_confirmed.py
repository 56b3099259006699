"""What rests on memory says so, until the last item was compared with the text of the standard."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from grading import Scheme, SchemeError, list_schemes, load_scheme, read_scheme
from grading.__main__ import main
from grading.schemes.confirming import points, points_text, read_points, to_confirm, unconfirmed
from grading.schemes.reading import line_of, lines_of

CAR = (resources.files("grading") / "data" / "gbt30323-2013.yaml").read_text("utf-8")
CODES = [item.code for item in load_scheme("gbt30323-2013").items]
SURE = CAR.replace("，扣分值尚未核实", "").replace(", points not confirmed, en", ", en")
SURE = re.sub(r'(label: \{.*en: "after GB/T 30323-2013), points not confirmed', r"\1", SURE)


def block(codes: list[str], standard: str = "S8") -> str:
    lines = [f'    "{code}": {{page: 第 14 页, day: 2027-01-10, by: 清河检测}}' for code in codes]
    return "\n".join(["", "confirmed:", f"  standard: {standard}", "  items:", *lines, ""])


def read(text: str) -> Scheme:
    return read_scheme("edited.yaml", text.encode(), named=False)


def test_every_item_of_the_car_scheme_rests_on_memory_and_none_of_our_own_schemes_does() -> None:
    asked = {name: len(to_confirm(load_scheme(name))) for name in list_schemes()}
    assert asked == {"appliance-2026.1": 0, "ev-house-1": 0, "gbt30323-2013": 127, "phone-2026.1": 0}
    assert len(unconfirmed(load_scheme("gbt30323-2013"))) == 127


def test_the_words_not_confirmed_are_there_until_the_last_item_is_confirmed() -> None:
    part = read(CAR + block(CODES[:-1]))
    assert [item.code for item in unconfirmed(part)] == CODES[-1:]
    assert part.confirmed["40"].page == "第 14 页"
    whole = read(SURE + block(CODES))
    assert unconfirmed(whole) == ()
    assert "尚未核实" not in whole.label.zh
    assert "not confirmed" not in whole.label.en


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (SURE, ["meta.label.zh", "meta.label.en"]),
        (SURE + block(CODES[:-1]), ["meta.label.zh", "meta.label.en"]),
        (CAR + block(CODES), ["meta.label.zh", "meta.label.en"]),
        (CAR + block(["40", "400"]), ["confirmed.items.400"]),
        (CAR + block(["40"], standard="S99"), ["confirmed.standard"]),
    ],
)
def test_a_label_that_says_more_or_less_than_is_known_is_refused(text: str, paths: list[str]) -> None:
    with pytest.raises(SchemeError) as wrong:
        read(text)
    assert [problem.path for problem in wrong.value.problems] == paths


def test_points_are_written_and_read_again() -> None:
    item = load_scheme("gbt30323-2013").items_by_code["44"]
    assert points_text(points(item)) == "B 2, C 4"
    assert points(load_scheme("gbt30323-2013").items_by_code["93"]) == {}
    assert read_points(" C 3；B 1.50 ", points(item)) == {"B": "1.5", "C": "3"}
    for text in (
        "",
        "B 2",
        "B 2, C 4, D 5",
        "B 2, B 2, C 4",
        "B two, C 4",
        "B -2, C 4",
        "B 2 C 4",
        "B 1.005, C 4",
        "B 2, C 1001",
    ):
        assert read_points(text, points(item)) is None, text


def test_a_place_of_the_document_is_found_on_its_line() -> None:
    lines = lines_of(CAR.encode())
    shown = CAR.splitlines()
    assert "base_score" in shown[(line_of("meta.base_score", lines) or 0) - 1]
    assert 'code: "40"' in shown[(line_of("sections[4].items[0].costs.B.deduct", lines) or 0) - 1]
    assert line_of("sections[4].items[0].nothing.here", lines) == line_of("sections[4].items[0]", lines)
    assert line_of("x", lines_of(b"key: [1")) is None


def test_the_verifier_takes_a_schemes_file_under_any_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "r1.yaml"
    file.write_text(CAR, encoding="utf-8")
    (tmp_path / "keys.json").write_text('{"format": "grading-keys/1", "keys": []}')
    (tmp_path / "report.json").write_text("{}")
    code = main(["verify", str(tmp_path / "report.json"), "--keys", str(tmp_path / "keys.json"), "--scheme", str(file)])
    assert "must be named" not in capsys.readouterr().err
    assert code == 2
