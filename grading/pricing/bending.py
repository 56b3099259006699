"""A small correction of the blended estimate, another at low prices than at high ones, from rows that no booster learned from.

Of things whose price says little (private ads, spare parts) the estimate with the least absolute error is too high for the least
percentage error, and one common factor helps the one only at the other's cost. Percentages are lost at low prices, money at
high ones: so the correction goes straight from one value at low estimates to another at high ones. It never changes as fast
as half of the log price does, so what is dearer before is dearer after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grading.pricing.table import Floats

__all__ = ["Bend", "doubt_of", "fit_bend", "level"]

_ENDS = (0.1, 0.9)  # quantiles of the estimates between which it changes
_TRIED = 15
_MORE_MONEY = 1.004  # of the mean absolute error: what lower percentages may cost
_STEEPEST = 0.5
_FAR = 3.0  # spreads, beyond which a row counts as that far


@dataclass(frozen=True, slots=True)
class Bend:
    """`at_low` is added at log prices up to `low`, `at_high` from `high` on, straight between; natural logs."""

    low: float
    high: float
    at_low: float
    at_high: float

    @property
    def is_level(self) -> bool:
        """Whether it is the same at every price."""
        return self.at_low == self.at_high

    def of(self, point: Floats) -> Floats:
        """What is added to each log price `(n_rows,)`."""
        place = np.clip((point - self.low) / (self.high - self.low), 0.0, 1.0)
        return np.asarray(self.at_low + (self.at_high - self.at_low) * place, dtype=np.float64)


def level(shift: float) -> Bend:
    """The same at every price, as models before this one have it."""
    return Bend(0.0, 1.0, shift, shift)


def doubt_of(left: Floats, groups: npt.NDArray[np.str_] | None) -> float:
    """The variance of the mean of `left` (n_rows,): what rows of one group have in common counts once; no group: nothing."""
    middle = float(np.median(left))
    far = _FAR * 1.4826 * float(np.median(np.abs(left - middle)))
    near = np.clip(left - middle, -far, far)
    near -= near.mean()
    sums = near if groups is None else np.bincount(np.unique(groups, return_inverse=True)[1], near)
    return float(np.square(sums).sum()) / len(left) ** 2


def fit_bend(point: Floats, log_price: Floats, doubt: float) -> Bend:
    """The ends with the least sum of both errors, each beside its own without a bend.

    Neither moves further than noise of that spread can be the cause of (its square and half of it): more is these rows' own luck.
    Both are drawn towards none by as much as these rows leave them in doubt, each by half of them (`doubt` of all of them).
    """
    low, high = (float(end) for end in np.quantile(point, _ENDS))
    high = max(high, low + 1e-6)
    spread = 1.4826 * float(np.median(np.abs(point - log_price)))
    most = 1.5 * spread**2
    steps = np.unique([*np.linspace(-min(0.2, most), min(0.1, most), _TRIED), 0.0]).tolist()
    price = np.exp(log_price)
    off, share = _errors(point, price)
    best, found = 2.0, (0.0, 0.0)
    for ends in ((one, other) for one in steps for other in steps):
        if abs(ends[1] - ends[0]) > _STEEPEST * (high - low):
            continue
        now, now_share = _errors(point + Bend(low, high, *ends).of(point), price)
        score = now / max(off, 1e-12) + now_share / max(share, 1e-12)
        if now <= _MORE_MONEY * off and score < best - 1e-9:
            best, found = score, ends
    at_low, at_high = (round(end**3 / (end**2 + 2 * doubt), 4) if end else 0.0 for end in found)
    return Bend(low, high, at_low, at_high)


def _errors(guess: Floats, price: npt.NDArray[np.float64]) -> tuple[float, float]:
    off = np.abs(np.exp(guess) - price)
    return float(off.mean()), float((off / price).mean())
