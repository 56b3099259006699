"""Corrected revisions of a scheme beside the first: chosen by name or by the day of the appraisal; reports keep theirs."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

import grading.schemes
from grading import SchemeError, SchemeLibrary, grade, recompute
from grading.__main__ import main
from grading.engine import GradeResult
from grading.inputs import read_input
from grading.report import Key, generate_key, public_bytes, sign, verify
from grading.schemes import Scheme

FIRST = (resources.files("grading") / "data" / "gbt30323-2013.yaml").read_text("utf-8")
PHONE = (resources.files("grading") / "data" / "phone-2026.1.yaml").read_text("utf-8")
BEGINS = datetime.date(2027, 3, 1)
DAY = datetime.timedelta(1)


def revised(number: int = 2, begins: object = BEGINS, until: object = None) -> str:
    """A made-up revision: coolant in the oil costs 12 instead of 15."""
    text = FIRST.replace("version: 2013/r1", f"version: 2013/r{number}").replace(
        "  effective_from: 2014-06-01\n", f"  effective_from: {begins}\n" + (f"  effective_until: {until}\n" if until else "")
    )
    return re.sub(r"(code: \"40\".*?deduct: )15(.*?deduct: )15", r"\g<1>12\g<2>12", text, count=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "gbt30323-2013.yaml").write_text(FIRST, encoding="utf-8")
    (tmp_path / "gbt30323-2013_r2.yaml").write_text(revised(), encoding="utf-8")
    (tmp_path / "phone-2026.1.yaml").write_text(PHONE, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a scheme")
    return tmp_path


@pytest.fixture
def library(folder: Path) -> SchemeLibrary:
    return SchemeLibrary(folder)


def oily(scheme: Scheme) -> GradeResult:
    """A car with coolant in its oil."""
    given = read_input(scheme, {"answers": {"40": "C"}})
    return grade(scheme, given.findings, given.facts)


def test_a_revision_is_chosen_by_its_name_and_without_one_the_newest_is_meant(library: SchemeLibrary) -> None:
    assert library.references() == ("gbt30323-2013/r1", "gbt30323-2013/r2", "phone-2026.1")
    assert [library.load(reference).reference for reference in library.references()] == list(library.references())
    assert library.load("gbt30323-2013") is library.load("gbt30323-2013/r2")
    assert [str(oily(library.load(f"gbt30323-2013/{revision}")).score) for revision in ("r1", "r2")] == ["85.0", "88.0"]
    assert [scheme.version for scheme in library.revisions("gbt30323-2013")] == ["2013/r1", "2013/r2"]
    for reference in (
        "gbt30323-2013/r3",
        "gbt30323-2013/R1",
        "gbt30323-2013/",
        "gbt30323-2013_r2",
        "boat-1",
        "../x",
        "",
    ):
        with pytest.raises(SchemeError, match="no such scheme"):
            library.load(reference)


def test_the_day_of_the_appraisal_chooses_the_revision(library: SchemeLibrary) -> None:
    for choose in (lambda day: library.in_force("car", day), lambda day: library.revision_on("gbt30323-2013", day)):
        found = {
            day: choose(day).revision for day in (datetime.date(2014, 6, 1), BEGINS - DAY, BEGINS, datetime.date(2099, 1, 1))
        }
        assert list(found.values()) == ["r1", "r1", "r2", "r2"]
        with pytest.raises(SchemeError, match="in force on 2014-05-31"):
            choose(datetime.date(2014, 5, 31))
    with pytest.raises(SchemeError, match="in force"):
        library.revision_on("boat-1", BEGINS)


def test_a_scheme_that_has_ended_is_not_in_force(folder: Path) -> None:
    (folder / "gbt30323-2013_r2.yaml").write_text(revised(until="2027-12-31"), encoding="utf-8")
    library = SchemeLibrary(folder)
    assert library.in_force("car", datetime.date(2027, 12, 31)).revision == "r2"
    with pytest.raises(SchemeError, match="in force on 2028-01-01"):
        library.in_force("car", datetime.date(2028, 1, 1))


def test_reports_keep_their_revision_and_are_graded_again_by_it(library: SchemeLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {revision: oily(library.load(f"gbt30323-2013/{revision}")).to_content() for revision in ("r1", "r2")}
    private = generate_key()
    key = Key(public_bytes(private), "2026-01-01T00:00:00Z", None, "示例")
    reports = {revision: sign({"result": content}, private, "2027-06-01T00:00:00Z") for revision, content in contents.items()}
    assert verify(reports["r1"], {key.kid: key}).exit_code == 0
    assert [p.code for p in verify(reports["r2"], {key.kid: key}).problems] == ["scheme_differs"]  # not in the package
    monkeypatch.setattr(grading.schemes, "_PACKAGE", library)
    for revision, content in contents.items():
        assert content["scheme_version"] == f"2013/{revision}"
        assert verify(reports[revision], {key.kid: key}).exit_code == 0
        assert recompute(content).to_content() == content
    swapped = {**contents["r1"], "scheme_sha256": contents["r2"]["scheme_sha256"]}
    problems = verify(sign({"result": swapped}, private, "2027-06-01T00:00:00Z"), {key.kid: key}).problems
    assert "$.content.result.score" in {problem.path for problem in problems}
    with pytest.raises(SchemeError, match="not the file"):
        recompute({**contents["r1"], "scheme_sha256": "0" * 64})


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"gbt30323-2013_r2": revised(begins="2014-06-01")}, "begins on 2014-06-01, but gbt30323-2013/r1 is in force until 2014-06-01"),
        ({"gbt30323-2013_r2": revised(begins="2013-01-01", until="2014-06-01")}, "begins on 2014-06-01, but gbt30323-2013/r2"),
        ({"gbt30323-2013_r2": revised(begins="2013-01-01")}, "begins after gbt30323-2013/r2, which is the later revision"),
        ({"gbt30323-2013_r2": revised(until="2027-12-31"), "gbt30323-2013_r3": revised(3, "2027-12-31")}, "in force until 2027-12-31"),
        ({"gbt30323-2013_r2": revised(3)}, "must be named 'gbt30323-2013_r3'"),
        ({"gbt30323-2013_r1": FIRST}, "must be named 'gbt30323-2013'"),
        ({"gbt30323-2013_r2": FIRST.replace("2013/r1", "2013/two")}, "is a revision"),
        ({"GBT": FIRST}, "is not the name of a scheme's file"),
    ],
)  # fmt: skip
def test_files_that_cannot_lie_beside_each_other_are_refused(folder: Path, files: dict[str, str], message: str) -> None:
    (folder / "gbt30323-2013_r2.yaml").unlink()
    for stem, text in files.items():
        (folder / f"{stem}.yaml").write_text(text, encoding="utf-8")
    library = SchemeLibrary(folder)
    scheme_id, category = "gbt30323-2013", "car"
    for look in (
        lambda: library.load(scheme_id),
        lambda: library.in_force(category, BEGINS),
        lambda: library.find(scheme_id, ""),
    ):
        with pytest.raises(SchemeError, match=re.escape(message)):
            look()


def test_a_version_without_a_revision_is_the_first_one(folder: Path) -> None:
    second = PHONE.replace('version: "2026.1"', "version: 2026.1/r2").replace("2025-01-01", "2027-01-01", 1)
    (folder / "phone-2026.1_r2.yaml").write_text(second, encoding="utf-8")
    library = SchemeLibrary(folder)
    assert [library.load(reference).number for reference in library.references()[-2:]] == [1, 2]
    assert library.load("phone-2026.1/r1").reference == "phone-2026.1"
    assert library.in_force("phone", datetime.date(2026, 12, 31)).number == 1
    assert library.data(library.load("phone-2026.1/r2")) == second.encode()


def test_two_schemes_of_one_category_never_hold_on_one_day(folder: Path) -> None:
    other = PHONE.replace("scheme_id: phone-2026.1", "scheme_id: phone-2026.2").replace('version: "2026.1"', 'version: "2026.2"')
    file = folder / "phone-2026.2.yaml"
    file.write_text(other, encoding="utf-8")
    with pytest.raises(SchemeError, match="begins on 2025-01-01"):
        SchemeLibrary(folder).in_force("phone", BEGINS)
    file.write_text(other.replace("effective_from: 2025-01-01", "effective_from: 2026-06-01"), encoding="utf-8")
    library = SchemeLibrary(folder)
    assert library.in_force("phone", datetime.date(2026, 5, 31)).id == "phone-2026.1"
    assert library.in_force("phone", datetime.date(2026, 6, 1)).id == "phone-2026.2"


def test_the_schemes_of_this_package_never_overlap() -> None:
    for scheme in map(grading.load_scheme, grading.list_schemes()):
        assert grading.scheme_for(scheme.category, scheme.effective_from) is scheme
        assert grading.scheme_on(scheme.id, scheme.effective_from) is scheme
        assert grading.find_scheme(scheme.id, scheme.sha256) is scheme
    assert grading.find_scheme("phone-2026.1", "0" * 64) is None
    assert grading.load_scheme("gbt30323-2013/r1").reference == "gbt30323-2013/r1"


def test_the_command_line_takes_a_revision_or_a_day(
    library: SchemeLibrary, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(grading.schemes, "_PACKAGE", library)
    file = tmp_path / "car.json"
    file.write_text('{"answers": {"40": "C"}}')
    run: Callable[..., int] = lambda *options: main(["grade", str(file), "--scheme", *options])  # noqa: E731
    for options, version, score in (
        (["gbt30323-2013"], "2013/r2", 88.0), (["gbt30323-2013/r1"], "2013/r1", 85.0),
        (["gbt30323-2013", "--on", "2027-02-28"], "2013/r1", 85.0), (["gbt30323-2013", "--on", "2027-03-01"], "2013/r2", 88.0),
    ):  # fmt: skip
        assert run(*options) == 0
        answer = capsys.readouterr().out
        assert (f'"scheme_version": "{version}"' in answer, f'"score": {score}' in answer) == (True, True)
    for day in ("2014-05-31", "tomorrow", "20270301", "2027-02-30"):
        assert run("gbt30323-2013", "--on", day) == 2
    assert main(["show", "gbt30323-2013/r1"]) == 0
    assert capsys.readouterr().out.startswith("gbt30323-2013/r1  version 2013/r1")
