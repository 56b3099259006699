"""The correction by price: in the reasons as in the estimate, and as one number in models of before."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from grading.pricing import artifacts
from grading.pricing.bending import Bend, level
from grading.pricing.explaining import explain
from grading.pricing.model import Boosted, Model
from tests.grading.pricing import market

SUPPORTS = ("warm", "thin", "new")


def bent(bend: Bend) -> Model:
    """The market's model with this correction everywhere."""
    model, _ = market.fitted()
    assert isinstance(model.parts, Boosted)
    weights, _ = model.parts.blend
    return replace(model, parts=replace(model.parts, blend=(weights, dict.fromkeys(SUPPORTS, bend))))


@pytest.mark.parametrize("bend", [Bend(10.5, 12.0, -0.1, 0.05), Bend(11.9, 12.0, 0.03, 0.0), level(-0.02)])
def test_reasons_sum_exactly_to_a_bent_price(bend: Bend) -> None:
    model, plain, table = bent(bend), bent(level(0.0)), market.fresh_table(30)
    estimates, before = model.estimate(table), plain.estimate(table)
    assert (estimates.price != before.price).any()
    for row in range(table.n_rows):
        found, other = explain(model, table, row), explain(plain, table, row)
        assert found is not None
        assert other is not None
        assert found.start + sum(one.step for one in found.reasons) == found.price == Decimal(int(estimates.price[row]))
        product = float(found.start)
        for one in found.reasons:
            product *= one.factor
        assert product == pytest.approx(float(found.price), abs=3)
        for one, same in zip(found.reasons, other.reasons, strict=True):
            assert (one.factor - 1) * (same.factor - 1) >= 0, "no reason is turned round"


def test_a_model_with_one_number_for_all_prices_answers_as_it_did(tmp_path: Path) -> None:
    model, table = bent(level(-0.0137)), market.fresh_table(20)
    artifacts.save(model, tmp_path, {}, {})
    for file, changed in (("model.json", shifts_as_before), ("manifest.json", lambda manifest: hashed(manifest, tmp_path))):
        document = json.loads((tmp_path / file).read_text(encoding="utf-8"))
        (tmp_path / file).write_bytes(written(changed(document)))
    old, new = artifacts.load(tmp_path), model
    assert np.array_equal(old.estimate(table).point, new.estimate(table).point)
    assert [explain(old, table, row) for row in range(20)] == [explain(new, table, row) for row in range(20)]


def shifts_as_before(document: dict[str, object]) -> dict[str, object]:
    return {**document, "shifts": dict.fromkeys(SUPPORTS, -0.0137)}


def hashed(manifest: dict[str, object], folder: Path) -> dict[str, object]:
    files = manifest["files"]
    assert isinstance(files, dict)
    files["model.json"] = hashlib.sha256((folder / "model.json").read_bytes()).hexdigest()
    del manifest["sha256"]
    return {**manifest, "sha256": hashlib.sha256(written(manifest)).hexdigest()}


def written(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n").encode("utf-8")
