"""`schemes` and `show` as a newcomer runs them."""

from __future__ import annotations

import json

import pytest

from grading import list_schemes, load_scheme
from grading.__main__ import main


def test_all_schemes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schemes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(list_schemes())
    assert main(["schemes", "--json"]) == 0
    listed = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    phone = listed["phone-2026.1"]
    assert (phone["version"], phone["effective_from"], phone["effective_until"]) == ("2026.1", "2025-01-01", None)
    assert phone["label"] == {"zh": "平台方案 phone-2026.1", "en": "platform scheme phone-2026.1"}
    assert phone["sha256"] == load_scheme("phone-2026.1").sha256


@pytest.mark.parametrize("scheme_id", list_schemes())
def test_a_scheme_is_shown_whole(scheme_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    scheme = load_scheme(scheme_id)
    assert main(["show", scheme_id]) == 0
    text = capsys.readouterr().out
    assert scheme.sha256 in text
    for item in scheme.items:
        line = next(line for line in text.splitlines() if line.startswith(f"  {item.code}  {item.key}  "))
        assert f"{item.basis}: {', '.join(item.source)}" in line
    for source in scheme.sources.values():
        assert f"  {source.code}  {source.title}" in text
    assert main(["show", scheme_id, "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert sum(len(section["items"]) for section in plain["sections"]) == len(scheme.items)
    assert set(plain["sources"]) == set(scheme.sources)
    assert list(plain["equivalents"]) == list(scheme.tier_order)


def test_what_an_answer_costs_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "phone-2026.1"]) == 0
    text = capsys.readouterr().out
    assert (
        "locked  有锁 / Locked: 扣 8 分，最高 B 级，须向买家披露 / minus 8 points, at most tier B, disclosed to the buyer" in text
    )
    assert "B  良品 / Good  from 78" in text
    assert "CTIA分级 / CTIA grading scales: cosmetic A-B, functional 1  (近似，本平台的对应 / approximate, ours)" in text


def test_an_unknown_scheme_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "../phone"]) == 2
    assert json.loads(capsys.readouterr().err)["error"] == "scheme"
