"""The one exception to the tradable check: a car that a court has appraised. It is never granted in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grading import GradeResult, Scheme, grade, load_scheme, recompute
from grading.__main__ import main
from grading.cost import read_terms, value_of
from grading.inputs import read_input

CARS, ELECTRIC = load_scheme("gbt30323-2013"), load_scheme("ev-house-1")
CHECK = {str(number): "Y" if number in (5, 6) else "N" for number in range(1, 9)}
FAILED = {"tradable": CHECK | {"5": "N"}}
COURT = {"judicial_commission": True}


def car(document: dict[str, object], scheme: Scheme = CARS) -> GradeResult:
    given = read_input(scheme, document if scheme is CARS else {"soh_percent": 95, **document})
    return grade(scheme, given.findings, given.facts)


BAD: list[dict[str, object]] = [{"tradable": CHECK | {n: "Y" if good == "N" else "N"}} for n, good in CHECK.items()]
BAD += [{"documents": {str(n): "N" if n == lost else "Y" for n in range(1, 7)}} for lost in range(1, 7)]


@pytest.mark.parametrize("scheme", [CARS, ELECTRIC], ids=lambda scheme: scheme.id)
@pytest.mark.parametrize("document", BAD, ids=str)
def test_a_court_may_have_any_car_appraised_and_the_result_says_so(scheme: Scheme, document: dict[str, object]) -> None:
    plain, court = car(document, scheme), car({**document, **COURT}, scheme)
    assert (plain.status, plain.tier, plain.score, plain.flags) == ("not_tradable", None, None, ())
    assert (court.status, court.tier, str(court.score), court.flags) == ("graded", "一级", "100.0", ("judicial_commission",))
    rule = court.cross_rules[0]
    assert (rule.waives, rule.code in [told.code for told in court.disclosures]) == ("not_tradable", True)
    assert [(e.status, e.decided, e.waived_by) for e in plain.effects] == [("not_tradable", True, None)]
    assert [(e.status, e.decided, e.waived_by) for e in court.effects] == [("not_tradable", False, rule.code)]
    assert court.warnings == plain.warnings
    assert [reason.code for reason in court.reasons][:2] == ["status", "waived"]
    for language in ("zh", "en"):
        assert court.effects[0].reason[language] in court.reasons[1].text[language]
    assert scheme.valuation is not None
    assert value_of(scheme, court, read_terms(scheme.valuation, {"new_price": 100000, "used_months": 18})) is not None


@pytest.mark.parametrize(
    ("document", "status", "tier"),
    [
        ({**FAILED, "frame": ["4SH"]}, "accident", "五级"), ({**FAILED, "not_inspected": [40]}, "ungradable", None),
        ({"tradable": {"5": "N"}}, "ungradable", None),  # seven questions without an answer
        ({**FAILED, "facts": {"flood_vehicle": True}}, "graded", "一级"),
    ],
)  # fmt: skip
def test_a_judicial_commission_excuses_nothing_but_the_tradable_check(
    document: dict[str, object], status: str, tier: str | None
) -> None:
    result = car({**document, **COURT})
    assert (result.status, result.tier) == (status, tier)
    assert "judicial_commission" in result.flags


def test_without_a_failed_check_nothing_is_waived_and_nothing_flagged() -> None:
    for document in ({}, {"tradable": CHECK}):
        result = car({**document, **COURT})
        assert (result.status, result.flags, result.cross_rules) == ("graded", (), ())
    assert (car({**FAILED, "judicial_commission": False}).status, car(FAILED).cross_rules) == ("not_tradable", ())


def test_its_sentences_name_the_exception_and_what_was_found() -> None:
    result = car({**FAILED, **COURT})
    assert result.cross_rules[0].rule == {
        "zh": "司法委托：可交易查验不合格，仍予鉴定：须向买家披露，不因“不可交易”而停止",
        "en": "Judicial commission: appraised although the tradable check failed: disclosed to the buyer, “Not tradable” does not stop it",
    }  # fmt: skip
    assert result.reasons[1].text == {
        "zh": "司法委托：可交易查验不合格，仍予鉴定。未因此停止：发动机号与登记一致且无凿改：否。",
        "en": "Judicial commission: appraised although the tradable check failed. "
        "Not stopped by: Engine number matches the register and is unaltered: No.",
    }


def test_the_content_recomputes_and_names_what_was_waived() -> None:
    content = car({**FAILED, **COURT}).to_content()
    assert recompute(content).to_content() == content
    assert content["effects"][0]["waived_by"] == content["cross_rules"][0]["code"] == "X.07"  # type: ignore[index, call-overload]
    assert "waived_by" not in car(FAILED).to_content()["effects"][0]  # type: ignore[index, operator]


def test_the_command_line_takes_and_shows_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cars.ndjson"
    file.write_text("\n".join(json.dumps(document) for document in (FAILED, {**FAILED, **COURT}, {**FAILED, "facts": COURT})))
    assert main(["grade", "--scheme", "gbt30323-2013", "--ndjson", str(file)]) == 0
    plain, court, again = map(json.loads, capsys.readouterr().out.splitlines())
    assert (plain["status"], plain["score"], plain["flags"]) == ("not_tradable", None, [])
    assert (court["status"], court["tier"], court["flags"]) == ("graded", "一级", ["judicial_commission"])
    assert court == again
