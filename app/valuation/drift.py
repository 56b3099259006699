"""Does a price model still know its market? Prices seen since it was fitted are compared with what it learned and with what it
would have said. Nothing here touches a database.

PSI, the population stability index: sum over bins of (now - then) x ln(now / then); .1 is a warning and .25 a reason to act by
the usage of scoring (measured on Chinese cars: the same market .002, a fleet a year older .83).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from app.valuation.evidence import Seen
from app.valuation.features import cells, columns_of
from app.valuation.gates import limits
from grading.pricing.model import Model
from grading.pricing.table import table_of

FINE, WARN, ACT = "fine", "warn", "act"
_BINS = 10


def drift(model: Model, learned: Sequence[Seen], fresh: Sequence[Seen]) -> dict[str, Any] | None:
    """Measures in basis points and a verdict; None where too few prices were seen since. ``psi_of``: what moved most."""
    given = limits().drift
    if len(fresh) < given.least_rows or not learned:
        return None
    found = model.estimate(table_of([cells(each.thing) for each in fresh]))
    paid = [each.price_fen / 100 for each in fresh]
    known = [at for at in range(len(fresh)) if found.basis[at] in ("warm", "cold")]
    if not known:
        return None
    off = sorted(paid[at] / float(found.price[at]) - 1 for at in known)
    inside = [float(found.low[90][at]) <= paid[at] <= float(found.high[90][at]) for at in known]
    moved = {name: psi(then, now) for name, then, now in _columns(learned, fresh)}
    column = max(sorted(moved), key=lambda name: moved[name])
    told = {
        "rows": len(known),
        "psi_of": column,
        "psi_bp": _bp(moved[column]),
        "bias_bp": _bp(off[len(off) // 2]),
        "error_bp": _bp(math.fsum(abs(each) for each in off) / len(off)),
        "coverage90_bp": _bp(sum(inside) / len(inside)),
        "unseen_bp": _bp(sum(found.basis[at] == "cold" for at in known) / len(known)),
    }
    acts = told["psi_bp"] >= given.act_psi_bp or abs(told["bias_bp"]) >= given.act_bias_bp
    acts = acts or told["coverage90_bp"] < given.act_coverage90_bp
    return {**told, "verdict": ACT if acts else WARN if told["psi_bp"] >= given.warn_psi_bp else FINE}


def psi(then: Sequence[float | None], now: Sequence[float | None]) -> float:
    """PSI of one column; bins are tenths of what was, with one more for what is not known. An empty bin counts half a row."""
    known = sorted(each for each in then if each is not None)
    edges = sorted({known[len(known) * at // _BINS] for at in range(1, _BINS)}) if known else []

    def shares(values: Sequence[float | None]) -> list[float]:
        counts = [0.0] * (len(edges) + 2)
        for each in values:
            counts[-1 if each is None else sum(each >= edge for edge in edges)] += 1
        full = [max(count, 0.5) for count in counts]
        return [each / math.fsum(full) for each in full]

    return math.fsum((new - old) * math.log(new / old) for old, new in zip(shares(then), shares(now), strict=True))


def _columns(learned: Sequence[Seen], fresh: Sequence[Seen]) -> list[tuple[str, list[float | None], list[float | None]]]:
    """Every column of numbers, then and now."""
    then, now = ([cells(each.thing) for each in rows] for rows in (learned, fresh))
    names = [*columns_of(fresh[0].thing.category).numeric, "new_price"]

    def numbers(rows: Sequence[dict[str, object]], name: str) -> list[float | None]:
        return [None if row.get(name) is None else float(str(row[name])) for row in rows]

    return [(name, numbers(then, name), numbers(now, name)) for name in names]


def _bp(share: float) -> int:
    return round(share * 10_000)
