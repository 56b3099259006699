"""A price that never falls with the new price, out of a booster that may follow whatever the ratio of the two does.

Dear things often lose a larger part of their value, so the ratio falls where the price does not, and a direction forbids a
booster of the ratio to learn that. Here it reads the new price in steps only, without a direction. Within a step the price is
ratio x new price; of a thing at a higher step, what it would cost at the top of every step below is asked too, and the highest
counts. Each of these keeps the other directions, and so does the highest of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from grading.pricing.table import Floats

__all__ = ["Rising", "rising_for"]

Ask = Callable[[Floats], Floats]

_STEPS = 8
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Rising:
    """`place`: of the new price among the columns the booster reads; `edges`: between steps, log new price; `usual`: its mean."""

    place: int
    edges: tuple[float, ...]
    usual: float

    def stepped(self, part: Floats) -> Floats:
        """The columns `(n_rows, n_columns)` as the booster reads them: the step instead of the new price."""
        found = part.copy()
        found[:, self.place] = self._steps(self._logs(part))
        return found

    def values(self, part: Floats, ask: Ask) -> Floats:
        """Log price of each row `(n_rows,)`, nan without a new price. `ask`: the booster's log ratio for columns with steps."""
        found = np.full(len(part), np.nan)
        known = np.flatnonzero(np.isfinite(self._logs(part)))
        for first in range(0, len(known), _AT_ONCE):
            some = known[first : first + _AT_ONCE]
            shown, lift, starts = self._below(part[some])
            found[some] = np.maximum.reduceat(ask(shown) + lift, starts)
        return found

    def deciding(self, part: Floats, ask: Ask) -> tuple[Floats, float]:
        """Of the first row: the columns that decide its price `(1, n_columns)`, and the log new price it is multiplied by."""
        shown, lift, _ = self._below(part[:1])
        best = int(np.argmax(ask(shown) + lift))
        return shown[best : best + 1], float(lift[best])

    def _below(self, part: Floats) -> tuple[Floats, Floats, np.typing.NDArray[np.int64]]:
        """Each row once for every step up to its own, the log new price of each, and where the rows start."""
        logs = self._logs(part)
        own = self._steps(logs).astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(own + 1)[:-1]]).astype(np.int64)
        rows = np.repeat(np.arange(len(part)), own + 1)
        step = np.arange(len(rows)) - starts[rows]
        shown = part[rows]
        shown[:, self.place] = step
        return shown, np.where(step == own[rows], logs[rows], np.array([*self.edges, np.inf])[step]), starts

    def _logs(self, part: Floats) -> Floats:
        column = part[:, self.place]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(column > 0, np.log(column), np.nan)

    def _steps(self, logs: Floats) -> Floats:
        return np.where(np.isfinite(logs), np.searchsorted(np.array(self.edges), logs, side="right"), np.nan)


def rising_for(place: int, logs: Floats) -> Rising:
    """Eight steps of as many rows each; `logs` (n_rows,): log new price, nan where it is not known."""
    known = logs[np.isfinite(logs)]
    edges = np.unique(np.quantile(known, np.arange(1, _STEPS) / _STEPS))
    return Rising(place, tuple(edges.tolist()), float(known.mean()))
