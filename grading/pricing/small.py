"""What is learned from fewer than 30 rows: the median price, and the market's factor on the new price."""

from __future__ import annotations

import numpy as np

from grading.pricing.cleaning import Cleaned
from grading.pricing.intervals import LEVELS
from grading.pricing.model import Small, log_reference
from grading.pricing.table import Floats

__all__ = ["fit_small"]


def fit_small(cleaned: Cleaned, log_price: Floats) -> Small:
    """Median and factor, each with the half widths of its ranges; `log_price` (n_rows,)."""
    ratio = log_price - log_reference(cleaned.frame, cleaned.columns)
    ratio = ratio[np.isfinite(ratio)]
    factor = float(np.median(ratio)) if len(ratio) >= 3 else None
    return Small(float(np.median(log_price)), _halves(log_price), factor, _halves(ratio) if factor is not None else {})


def _halves(values: Floats) -> dict[str, float]:
    """Half widths around the median; where there are too few rows for a quantile, the largest distance and half of it again."""
    distance = np.sort(np.abs(values - np.median(values)))
    found = {}
    for level in LEVELS:
        place = int(np.ceil((len(distance) + 1) * level / 100)) - 1
        found[str(level)] = float(distance[place] if place < len(distance) else 1.5 * distance[-1]) or 0.05
    return found
