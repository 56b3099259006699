"""The example of docs/pricing.md runs, and says what the guide says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grading.pricing import __main__ as command
from grading.pricing import artifacts

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLE = DOCS / "examples" / "pricing"


def test_the_guide_s_example_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guide = (DOCS / "pricing.md").read_text(encoding="utf-8")
    words = ["fit", "--table", str(EXAMPLE / "phones.csv"), "--columns", str(EXAMPLE / "phones.yaml"), "--out", str(tmp_path)]
    assert command.main([*words, "--threads", "1", "--quick"]) == 0
    fitted = json.loads(capsys.readouterr().out)
    assert fitted["report"]["rows"] == fitted["report"]["used"] == 360
    row = guide.partition("--row '")[2].partition("'")[0]
    assert command.main(["explain", "--model", str(tmp_path), "--row", row]) == 0
    why = json.loads(capsys.readouterr().out)
    assert [one["column"] for one in why["reasons"]] == [
        "storage_gb",
        "age_months",
        "battery_percent",
        "screen",
        "new_price",
        "brand",
        "model",
    ]
    shown = {
        line.split("|")[1].strip(): float(line.split("|")[3])
        for line in guide.splitlines()
        if line.startswith("| `") and line.count("|") == 5
    }
    steps = [value for name, value in shown.items() if name != "`price`"]
    assert sum(steps) == shown["`price`"]
    assert abs(why["price"] / shown["`price`"] - 1) < 0.15  # the guide shows a full fit, this is a quick one


def test_the_guide_names_every_file_and_basis(tmp_path: Path) -> None:
    guide = (DOCS / "pricing.md").read_text(encoding="utf-8")
    for name in (
        "manifest.json",
        "model.json",
        "keys.json",
        "text.json",
        "medians.json",
        "rows.csv",
        "metrics.json",
        "report.json",
    ):
        assert f"`{name}`" in guide
    for basis in ("warm", "cold", "cost", "median", "refused:nothing_known"):
        assert f"`{basis}`" in guide
    assert (artifacts.__doc__ or "").count("booster-*.txt") == 1
