"""Ranges hold together on held-out rows of any form."""

from __future__ import annotations

import numpy as np

from grading.pricing.blending import NEW, WARM
from grading.pricing.intervals import calibrate, ends


def test_estimates_that_are_mostly_the_same_leave_no_empty_price_class():
    dice = np.random.default_rng(7)
    point = np.where(np.arange(900) < 700, 8.0, 8.0 + dice.random(900))  # a whole class of prices lies on one point
    log_price = point + dice.normal(0, 0.1, 900)
    support = [WARM if at % 2 else NEW for at in range(900)]
    sigma = (np.full(900, 0.1), np.full(900, 0.1))
    found = calibrate(point, log_price, sigma, support, [str(at % 9) for at in range(900)])
    low, high = ends(point, sigma, support, found)[90]
    assert np.isfinite(low).all()
    assert 0.88 <= float(np.mean((low <= log_price) & (log_price <= high))) <= 0.96
    for one in (WARM, NEW):
        assert list(found.knots[one]) == sorted(set(found.knots[one]))
