"""An invented market of cars: prices from a formula that is known, so that what is learned can be compared with it."""

from __future__ import annotations

import csv
import io
from functools import cache
from pathlib import Path

import numpy as np
import yaml

from grading.pricing.cleaning import Cleaned
from grading.pricing.columns import parse_columns
from grading.pricing.fitting import Settings, fit
from grading.pricing.model import Model
from grading.pricing.table import Table, table_of

ROLES: dict[str, object] = {
    "target": "price",
    "currency": "CNY",
    "categorical": ["maker", "colour"],
    "numeric": ["km", "age", "grade", "power"],
    "text": ["title"],
    "hierarchy": [["trim", "series", "maker"]],
    "monotone": {"km": -1, "age": -1, "grade": 1, "new_price": 1},
    "reference_price": "new_price",
    "group": "series",
    "id": "code",
}
QUICK = Settings(seed=3, threads=1, quick=True)


def rows(n_rows: int = 700, seed: int = 1) -> list[dict[str, object]]:
    """Things for sale: 6 makers, 30 series, 3 trims each; 12 % fewer yuan per year, 5 % per 20,000 km, noise of 6 %."""
    draw = np.random.default_rng(seed)
    found: list[dict[str, object]] = []
    for number in range(n_rows):
        series = int(30 * draw.beta(0.8, 1.6))
        trim, age = int(draw.integers(3)), round(float(draw.uniform(0.1, 9)), 2)
        km, grade = int(age * draw.uniform(4_000, 22_000)), int(draw.integers(60, 100))
        new = int(80_000 + 9_000 * series + 20_000 * trim)
        log = np.log(new) - 0.12 * age - 0.05 * km / 20_000 + 0.002 * (grade - 80) + 0.05 * np.sin(series)
        found.append(
            {
                "code": f"c{number}",
                "maker": f"maker {series % 6}",
                "series": f"series {series}",
                "trim": f"{1 + trim}.0 plus",
                "title": f"maker {series % 6} series {series} {1 + trim}.0 plus",
                "colour": ["red", "blue", "grey"][int(draw.integers(3))],
                "km": km,
                "age": age,
                "grade": grade,
                "power": 70 + 3 * series + 15 * trim,
                "new_price": new if draw.random() > 0.06 else None,
                "price": int(np.exp(log + draw.normal(0, 0.06))),
            }
        )
    return found


@cache
def fitted() -> tuple[Model, Cleaned]:
    """A model of that market, fitted once per process."""
    return fit(table_of(rows()), parse_columns(ROLES), QUICK)


def fresh_table(n_rows: int = 300, seed: int = 2) -> Table:
    """Other things of the same market."""
    return table_of(rows(n_rows, seed))


def write_csv(file: Path, given: list[dict[str, object]]) -> Path:
    """The rows as a CSV file."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(given[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(given)
    file.write_text(stream.getvalue(), encoding="utf-8")
    return file


def write_roles(file: Path, **changed: object) -> Path:
    """The roles of the columns as a YAML file."""
    file.write_text(yaml.safe_dump({**ROLES, **changed}, allow_unicode=True), encoding="utf-8")
    return file
