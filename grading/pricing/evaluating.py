"""How good estimates were, on rows whose price is known: errors, coverage and width, all together and by basis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grading.pricing.cleaning import prices_of
from grading.pricing.intervals import LEVELS
from grading.pricing.model import Estimates, Model
from grading.pricing.table import Floats, Table

__all__ = ["evaluate", "held_out_errors", "measures"]


def evaluate(model: Model, table: Table, threads: int = 1) -> dict[str, object]:
    """Measures of the model on a table that has the target column. Rows without a price, or refused ones, are counted apart."""
    estimates = model.estimate(table, threads)
    price = prices_of(table, model.columns)
    answered = np.isfinite(estimates.price)
    use = np.isfinite(price) & answered
    basis = np.array(estimates.basis)
    found: dict[str, object] = {
        "rows": table.n_rows,
        "without_price": int((~np.isfinite(price)).sum()),
        "refused": int((~answered).sum()),
        "currency": model.columns.currency,
        "all": measures(price, estimates, use),
    }
    for name in sorted(set(basis[use].tolist())):
        found[name] = measures(price, estimates, use & (basis == name))
    return found


def measures(price: Floats, estimates: Estimates, use: np.typing.NDArray[np.bool_]) -> dict[str, object]:
    """Measures over the chosen rows: shares as fractions, `mae` in currency, width as (high - low) / price at the median."""
    n_rows = int(use.sum())
    if not n_rows:
        return {"rows": 0}
    true, guess = price[use], estimates.price[use]
    share = np.abs(guess / true - 1)
    logs = np.log(true)
    left = np.square(np.log(guess) - logs).sum()
    spread = np.square(logs - logs.mean()).sum()
    found: dict[str, object] = {
        "rows": n_rows,
        "mae": float(np.abs(guess - true).mean()),
        "mape": float(share.mean()),
        "median_error": float(np.median(share)),
        "bias_log": float(np.mean(np.log(guess) - logs)),
        "r2_log": float(1 - left / spread) if spread > 0 else None,
    }
    for level in LEVELS:
        low, high = estimates.low[level][use], estimates.high[level][use]
        found[f"coverage{level}"] = float(np.mean((low <= true) & (true <= high)))
        found[f"width{level}"] = float(np.median((high - low) / guess))
    return found


def held_out_errors(log_price: Floats, point: Floats, rows: Sequence[bool]) -> dict[str, float]:
    """Errors over the chosen ones of a fit's own held-out rows; `log_price`, `point` (n_rows,): natural logs."""
    use = np.array(rows)
    if not use.any():
        return {"rows": 0}
    price, guess = np.exp(log_price[use]), np.exp(point[use])
    share = np.abs(guess / price - 1)
    return {
        "rows": int(use.sum()),
        "median_error": round(float(np.median(share)), 5),
        "mape": round(float(share.mean()), 5),
        "mae": round(float(np.abs(guess - price).mean()), 4),
    }
