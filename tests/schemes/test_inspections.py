"""What was begun keeps its revision; what begins later takes the new one; old reports are checked by theirs, for ever."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from app.appraisal import queries as appraisals
from app.appraisal import service
from app.appraisal.checking import check_file, check_stored
from app.appraisal.models import Report
from app.kernel.hub import Hub
from grading.__main__ import main
from tests.accounts.making import actor
from tests.appraisal.making import Case, clean_answers, make_inspection, make_report, make_request, order_of, sign
from tests.schemes.making import PHONE, corrected, go_to, publish

LIGHT = {"screen_glass": "light"}  # 6 points by the first revision, 7 by the second


def scored(report: Report) -> tuple[str, str, str]:
    return report.scheme_id, report.content["scheme"]["version"], report.content["result"]["score"]


@pytest.fixture
def cases(hub: Hub) -> dict[str, Case]:
    """One inspection that was begun before the second revision, one that was only asked for, one that begins after it."""
    made = {"begun": make_inspection(hub, clean_answers(**LIGHT)), "asked": make_request(hub)}
    proposal = publish(hub, corrected(hub, PHONE))
    go_to(hub, proposal.effective_on)
    with hub.begin(actor(hub, made["asked"].appraiser)) as work:
        service.accept(work, made["asked"].code)
    with hub.begin(actor(hub, made["asked"].appraiser)) as work:
        assert not service.save_findings(work, made["asked"].code, clean_answers(**LIGHT), 0).refused
    made["later"] = make_inspection(hub, clean_answers(**LIGHT))
    return made


def test_running_inspections_keep_their_revision_and_new_ones_take_the_new_one(hub: Hub, cases: dict[str, Case]) -> None:
    assert {name: order_of(hub, case).scheme_id for name, case in cases.items()} == {
        "begun": "phone-2026.1", "asked": "phone-2026.1/r2", "later": "phone-2026.1/r2",
    }  # fmt: skip
    with hub.begin(actor(hub, cases["begun"].appraiser)) as work:  # it goes on by its own rules
        rev = appraisals.visible_appraisal(work, cases["begun"].code).findings_rev
        assert not service.save_findings(work, cases["begun"].code, {"screen_glass": "light"}, rev).refused
    assert {name: scored(sign(hub, case)) for name, case in cases.items()} == {
        "begun": ("phone-2026.1", "2026.1", "94.0"),
        "asked": ("phone-2026.1/r2", "2026.1/r2", "93.0"),
        "later": ("phone-2026.1/r2", "2026.1/r2", "93.0"),
    }


def test_the_day_before_the_old_revision_still_begins(hub: Hub) -> None:
    proposal = publish(hub, corrected(hub, PHONE))
    go_to(hub, proposal.effective_on - timedelta(days=1))
    assert order_of(hub, make_inspection(hub)).scheme_id == "phone-2026.1"


def test_reports_of_every_revision_are_genuine_and_computed_again_by_their_own(hub: Hub, cases: dict[str, Case]) -> None:
    reports = [sign(hub, case) for case in cases.values()]
    with hub.look() as work:
        for report in reports:
            assert check_stored(work, report).genuine
            data = appraisals.report_file(work, report)
            assert check_file(work, data).genuine
            tampered = data.replace(b'"score":"9', b'"score":"8')
            assert tampered != data
            assert not check_file(work, tampered).genuine


def test_a_report_that_names_the_other_revisions_file_is_not_genuine(hub: Hub, cases: dict[str, Case]) -> None:
    first, second = (sign(hub, cases[name]) for name in ("begun", "later"))
    with hub.look() as work:
        data = appraisals.report_file(work, second)
        swapped = data.replace(second.content["scheme"]["sha256"].encode(), first.content["scheme"]["sha256"].encode())
        problems = {problem.code for problem in check_file(work, swapped).problems}
    assert {"signature", "differs"} <= problems


def fetch(app: Flask, tmp_path: Path, report: Report) -> tuple[Path, Path, Path]:
    """What somebody downloads to check a report without us: report, keys, scheme under the name that the address ends with."""
    client = app.test_client()
    scheme, revision = report.content["scheme"]["id"], f"r{2 if report.scheme_id.endswith('/r2') else 1}"
    files = []
    for name, address in (
        ("report.json", f"/reports/{report.code}.json"),
        ("keys.json", "/reports/keys.json"),
        (f"{revision}.yaml", f"/schemes/{scheme}/{revision}.yaml"),
    ):
        answer = client.get(address)
        assert answer.status_code == 200, address
        files.append(tmp_path / name)
        files[-1].write_bytes(answer.data)
    return files[0], files[1], files[2]


def test_offline_the_downloaded_file_of_the_revision_proves_the_grade(
    app: Flask, hub: Hub, cases: dict[str, Case], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = sign(hub, cases["later"])
    file, keys, scheme = fetch(app, tmp_path, report)
    assert hashlib.sha256(scheme.read_bytes()).hexdigest() == report.content["scheme"]["sha256"]
    assert main(["verify", str(file), "--keys", str(keys), "--scheme", str(scheme)]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "sound"
    assert main(["verify", str(file), "--keys", str(keys)]) == 2, "the program does not have this revision"
    assert [each["code"] for each in json.loads(capsys.readouterr().out)["problems"]] == ["scheme_differs"]
    scheme.write_bytes(scheme.read_bytes().replace(b"deduct: 7", b"deduct: 6"))
    assert main(["verify", str(file), "--keys", str(keys), "--scheme", str(scheme)]) == 2
    assert [each["code"] for each in json.loads(capsys.readouterr().out)["problems"]] == ["scheme_differs"]


def test_an_old_report_is_proved_by_the_program_alone_and_by_its_file(
    app: Flask, hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = make_report(hub, **LIGHT)
    go_to(hub, publish(hub, corrected(hub, PHONE)).effective_on)
    file, keys, scheme = fetch(app, tmp_path, report)
    for options in ([], ["--scheme", str(scheme)]):
        assert main(["verify", str(file), "--keys", str(keys), *options]) == 0
    assert capsys.readouterr().out.count('"sound"') == 2
