"""What a booster learns of a row's keys is what it will find of a new row's."""

from __future__ import annotations

import numpy as np

from grading.pricing.cleaning import clean
from grading.pricing.columns import parse_columns
from grading.pricing.features import fit_encoder, make_plan
from grading.pricing.table import table_of

COLUMNS = {"target": "price", "numeric": ["age"], "hierarchy": [["model", "brand"]], "monotone": {"age": -1}, "group": "model"}
N_ROWS = 240


def test_counts_are_those_that_a_new_row_finds() -> None:
    draw = np.random.default_rng(3)
    rows = []
    for row in range(N_ROWS):
        brand = "one" if row % 3 else "two"
        model = f"{brand} {0 if row % 2 else row % 5}"
        rows.append({"price": 1000 + 10 * row, "age": float(draw.uniform(0, 9)), "model": model, "brand": brand})
    cleaned = clean(table_of(rows), parse_columns(COLUMNS))
    plan = make_plan(cleaned.frame, cleaned.columns, "model")
    encoder, warm, cold = fit_encoder(plan, cleaned.frame, np.log(cleaned.price), 7, 1)
    place = {feature.name: at for at, feature in enumerate(plan.features)}
    new, _ = encoder.encode(cleaned.frame)
    for name in ("count of model", "count of brand"):
        others = np.expm1(warm[:, place[name]])
        assert np.allclose(others, np.expm1(new[:, place[name]]) - 1), "the row itself is the only one that does not count"
    models, brands = cleaned.frame.words["model"], cleaned.frame.words["brand"]
    left = [brands.count(brand) - models.count(model) for model, brand in zip(models, brands, strict=True)]
    assert np.allclose(np.expm1(cold[:, place["count of brand"]]), left), "as if the series had never been seen"
    assert not cold[:, place["count of model"]].any()
