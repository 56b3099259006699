"""What a report stores, word for word: a report is verified by computing the very same content again.

The stored contents are in contents.json, with the content format they were written in. A sentence worded anew needs the
next CONTENT_FORMAT: reports signed before it are then compared without their sentences and stay sound. Any other change
here would make them unsound. To write the file anew: `python -m tests.grading.test_contents`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from grading import FindingsError, GradeResult, grade, load_scheme
from grading.engine.result import CONTENT_FORMAT, plain
from grading.inputs import read_input
from tests.grading.phone import CLEAN, SCHEME, phone
from tests.grading.test_second_scheme import FINDINGS, HOB, hob, kettle

STORED = Path(__file__).with_name("contents.json")
PARTS = (
    "status", "status_name", "tier", "tier_name", "tier_cn", "tier_by_score", "score", "fully_functional", "not_functional", "caps", "effects",
    "disclosures", "missing", "cross_rules", "flags", "credit_events", "equivalents", "reasons", "warnings",
)  # fmt: skip
CHECK = {str(number): "Y" if number in (5, 6) else "N" for number in range(1, 9)}
UNCHANGING = ("content_format", "scheme_sha256")

WHOLE: dict[str, Callable[[], GradeResult]] = {
    "clean kettle": lambda: kettle({"receipt_no": " A-1 ", "note": "x", "boil_s": 200}),
    "worn kettle": lambda: kettle(
        {"earth_ohm": "0.25", "heats": "weak", "lamp": "dead", "knob": None, "plate": "worn", "boil_s": 260}
    ),
    "dead kettle": lambda: kettle(
        {"earth_ohm": "0.31", "heats": "dead", "lamp": "dead", "knob": "untried", "boil_s": 900}, leak_ma=1
    ),
    "kettle without anything": lambda: kettle(dict.fromkeys(FINDINGS), leak_ma=None, bought_on=None),
    "kettle that is not called one": lambda: kettle(kind=None),
    "clean hob": lambda: hob({"earth_ohm": 99}, gas="natural", serviced=False),
    "old hob": lambda: hob({"hose": "leaks"}, bought_on="2010-01-01", gas="manufactured", serviced=True),
    "hob without anything": lambda: hob(dict.fromkeys(HOB)),
}
SHORT: dict[str, Callable[[], GradeResult]] = {
    "worn phone": lambda: phone(screen_glass="light", back_cover="visible", battery_pct=82, age_months=40, nfc="fail", gps="degraded"),
    "phone by its cycles": lambda: grade(SCHEME, CLEAN | {"battery_pct": None, "battery_cycles": 700}, {"design_cycles": 1000}),
    "phone with both measures": lambda: phone(battery_pct=90, battery_cycles=333),
    "phone without anything": lambda: grade(SCHEME, {}),
    "stolen phone with a fault not told": lambda: grade(SCHEME, CLEAN | {"blacklist": "listed", "mdm": "present"}, {"found_not_declared": True}),
}  # fmt: skip
DRIVEN: dict[str, tuple[str, dict[str, object]]] = {
    "clean car": ("gbt30323-2013", {}),
    "worn car": ("gbt30323-2013", {"body": ["26XS2", "26HH1", "39TREAD4"], "answers": {"40": "B", "66": "C", "50": "C", "58": "NA", "49": "油污"},
                                   "not_inspected": [14], "flood_vehicle": True, "major_recall_open": True}),
    "accident car": ("gbt30323-2013", {"frame": ["4SH", "4GH", "8BX"], "body": ["26HH1"]}),
    "car that may not be traded": ("gbt30323-2013", {"tradable": {"5": "N"}, "documents": {"1": "N"}, "frame": ["4SH"]}),
    "car for a court": ("gbt30323-2013", {"tradable": CHECK | {"3": "Y", "7": "Y"}, "judicial_commission": True}),
    "car hardly inspected": ("gbt30323-2013", {"not_inspected": [1, 14, 15, 16, 17, 40]}),
    "electric car of unknown health": ("ev-house-1", {"answers": {"E1": "U"}}),
    "electric car by its level": ("ev-house-1", {"answers": {"E1": "C", "E3": "C"}, "battery_owner": "leased"}),
    "electric car measured": ("ev-house-1", {"answers": {"E1": "A"}, "soh_percent": "79.9"}),
}  # fmt: skip


def driven(scheme_id: str, document: dict[str, object]) -> GradeResult:
    scheme = load_scheme(scheme_id)
    given = read_input(scheme, document)
    return grade(scheme, given.findings, given.facts)


SHORT |= {name: partial(driven, *case) for name, case in DRIVEN.items()}
REFUSED: dict[str, Callable[[], GradeResult]] = {
    "phone": lambda: phone(
        battery_pct=101, battery_cycles="1.5", screen_glass="gone", erase_certificate="x" * 65, age_months="１", colour="red", camera_lens=1
    ),
    "texts": lambda: phone(erase_certificate=5),
    "signs": lambda: phone(erase_certificate="a\u2028b"),
    "kettle": lambda: kettle({"life_ratio": 1, "earth_ohm": "0.123"}, bought_on="2025-02-30", serviced="yes", kind="car", leak_ma=0.5, colour=1),
    "days": lambda: kettle(bought_on="2026-01-02"),
    "nothing to divide by": lambda: kettle(leak_limit_ma=0),
    "outside": lambda: kettle(bought_on="0001-01-01", assessed_on="9999-12-31"),
}  # fmt: skip


def contents() -> dict[str, dict[str, object]]:
    """Everything that is compared, computed now."""
    whole = {name: {k: v for k, v in make().to_content().items() if k not in UNCHANGING} for name, make in WHOLE.items()}
    short = {name: {k: v for k, v in make().to_content().items() if k in PARTS} for name, make in SHORT.items()}
    refused = {name: dict(refusal(make)) for name, make in REFUSED.items()}
    return {"whole": dict(whole), "short": dict(short), "refused": dict(refused), "format": {"is": CONTENT_FORMAT}}


def refusal(make: Callable[[], GradeResult]) -> Mapping[str, object]:
    with pytest.raises(FindingsError) as caught:
        make()
    return {key: dict(words) for key, words in caught.value.errors.items()}


@pytest.mark.parametrize(
    ("kind", "name"), [*(("whole", n) for n in WHOLE), *(("short", n) for n in SHORT), *(("refused", n) for n in REFUSED)]
)
def test_a_content_is_the_same_word_for_word(kind: str, name: str) -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))[kind][name]
    cases = {"whole": WHOLE, "short": SHORT, "refused": REFUSED}[kind]
    if kind == "refused":
        assert refusal(cases[name]) == stored
    else:
        content = cases[name]().to_content()
        assert {key: content.get(key) for key in stored} == stored


def test_the_stored_contents_are_of_the_format_that_is_written_now() -> None:
    assert json.loads(STORED.read_text(encoding="utf-8"))["format"] == {"is": CONTENT_FORMAT}
    assert phone().to_content()["content_format"] == CONTENT_FORMAT


def test_only_parts_of_a_result_have_a_plain_form() -> None:
    assert plain({"a": (Decimal("1.50"), None, True, "b")}) == {"a": ["1.5", None, True, "b"]}
    with pytest.raises(TypeError, match="no plain form for float"):
        plain({"a": 1.5})


if __name__ == "__main__":
    groups = [
        f"{json.dumps(kind)}: {{\n"
        + ",\n".join(f"{json.dumps(n)}: {json.dumps(c, ensure_ascii=False)}" for n, c in cases.items())
        + "}"
        for kind, cases in contents().items()
    ]
    STORED.write_text("{" + ",\n".join(groups) + "}\n", encoding="utf-8")
