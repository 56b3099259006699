"""The kinds of booster that are tried on a table: what each aims at, what it may look at, how it counts distances.

A kind aims at log price less a share of what simply adds up (additive.py) or of the log new price. With the whole of it a
direction would forbid that, say, dearer things lose a larger part of their value, which they do; with a part of it the price
still keeps its direction, and far more is learned from few rows. `free` takes the whole of it and has no direction there: what
keeps its price from falling is told in rising.py.

    log     log price                                 new     half of the log new price, nearly all of it above the median
    half    half of the additive part                 most    four fifths of the additive part
    specs   half of it, without texts, averages and counts     plain   log price, without them
    free    the whole log new price, numbers and categories only

All but `specs`, `plain` and `free` have key dropout. `new`, `most`, `specs` and `free` count distances once instead of squared:
what is judged is money, not its square.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from grading.pricing.additive import Halves, base_of
from grading.pricing.features import Plan
from grading.pricing.model import ADDED, NEW_PRICE
from grading.pricing.table import Floats

__all__ = ["Kind", "kinds_for"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of booster. `share` of the additive part called `base`; `dropout`: rows are repeated without their series.

    `plain`: numbers and categories only; `absolute`: distances count once; `free`: of the ratio to the new price.
    """

    name: str
    share: float = 0.0
    base: str = ADDED
    dropout: bool = False
    plain: bool = False
    absolute: bool = False
    free: bool = False

    def base_of(self, bases: Mapping[str, Halves], n_rows: int) -> Floats:
        """What its boosters start from `(n_rows,)`."""
        return base_of(bases[self.base], self.share) if self.share else np.zeros(n_rows)

    @property
    def needs_new(self) -> bool:
        """Whether it says nothing of a thing without a new price, in tables where most things have one."""
        return self.free or self.share > 0

    def places(self, plan: Plan) -> tuple[int, ...]:
        """The columns of the matrix that its boosters look at."""
        simple = ("number", "category")
        return tuple(at for at, feature in enumerate(plan.features) if not self.plain or feature.kind in simple)


def kinds_for(plan: Plan, *, has_new: bool) -> list[Kind]:
    """The kinds worth trying: with dropout where there are series, with the new price where most things have one."""
    series = plan.series is not None
    kinds = [
        Kind("log", dropout=series),
        Kind("half", 0.5, dropout=series),
        Kind("most", 0.8, dropout=series, absolute=True),
        Kind("specs", 0.5, plain=True, absolute=True),
    ]
    if series or plan.text:  # else there is nothing that the plain one does not look at
        kinds.append(Kind("plain", plain=True))
    if has_new:
        kinds.append(Kind("new", 1.0, NEW_PRICE, dropout=series, absolute=True))
        kinds.append(Kind("free", plain=True, absolute=True, free=True))
    return kinds
