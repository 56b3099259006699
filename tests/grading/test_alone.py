"""The library in an environment of its own: only what requirements/grading.in names, and what that needs."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import grading
from tests.grading.phone import CLEAN

ROOT = Path(__file__).parents[2]
DECLARED = (ROOT / "requirements" / "grading.in").read_text(encoding="utf-8").split()
ABSENT = ("flask", "sqlalchemy", "werkzeug", "numpy", "scipy", "sklearn", "lightgbm", "app", "tests")

PROBE = f"""
import importlib, pkgutil, sys
for name in {ABSENT!r}:
    try:
        importlib.import_module(name)
    except ImportError:
        continue
    raise SystemExit(name + " is here")
import grading
for module in pkgutil.walk_packages(grading.__path__, "grading."):
    if not module.name.startswith("grading.pricing") and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
import grading.pricing.errors
try:
    importlib.import_module("grading.pricing.fitting")
except ModuleNotFoundError as error:
    assert error.name in ("numpy", "lightgbm"), error.name
else:
    raise SystemExit("prices are estimated without numpy")
for scheme_id in grading.list_schemes():
    assert grading.grade(grading.load_scheme(scheme_id), {{}}).status != "graded"
print(grading.__file__)
"""


def needed(names: list[str]) -> set[str]:
    """The distributions that these requirements need, with what those need."""
    found: set[str] = set()
    waiting = [Requirement(text) for text in names]
    while waiting:
        one = waiting.pop()
        if one.name not in found and (one.marker is None or one.marker.evaluate({"extra": ""})):
            found.add(one.name)
            waiting += map(Requirement, metadata.requires(one.name) or [])
    return found


def alone(folder: Path) -> Path:
    """A new environment with links to the installed files of those distributions and to the library; gives its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=120)
    site = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(folder)}))
    for name in needed(DECLARED):
        for file in metadata.files(name) or []:
            if ".." not in file.parts and file.suffix != ".pyc":
                link = site / file
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(Path(str(file.locate())).resolve())
    (site / "grading").symlink_to(Path(grading.__file__).parent)
    return folder / "bin" / "python"


@pytest.mark.slow
def test_the_library_works_with_its_own_dependencies_only(tmp_path: Path) -> None:
    python = str(alone(tmp_path / "env"))

    def run(*words: str) -> str:
        command = [python, "-I", "-B", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, timeout=120).stdout

    assert run("-c", PROBE).startswith(str(tmp_path))
    (tmp_path / "findings.json").write_text(json.dumps(CLEAN), encoding="utf-8")
    (tmp_path / "content.json").write_text(
        run("-m", "grading", "grade", "--scheme", "phone-2026.1", "findings.json", "--content"), encoding="utf-8"
    )
    run("-m", "grading", "keygen", "key.pem", "--public", "keys.json", "--valid-from", "2026-01-01T00:00:00Z")
    run(
        "-m", "grading", "sign", "content.json", "--key", "key.pem", "--signed-at", "2026-11-24T08:00:00Z", "--out", "report.json"
    )
    assert json.loads(run("-m", "grading", "verify", "report.json", "--keys", "keys.json"))["verdict"] == "sound"
