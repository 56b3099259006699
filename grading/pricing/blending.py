"""Which booster is listened to how much: weights per lane, chosen on rows that none of them had learned from.

A lane is how well a row's series is known (warm: at least 5 rows, thin: 1 to 4, new: none) and whether its new price is known.
The weights are those with the least sum of mean absolute and mean absolute percentage error, each beside its own best; a small
correction by price (bending.py) stands between what is best for the one and for the other.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from grading.pricing.bending import Bend, doubt_of, fit_bend
from grading.pricing.table import Floats

__all__ = [
    "NEW",
    "THIN",
    "WARM",
    "WARM_ROWS",
    "Blend",
    "Weights",
    "blend",
    "choose",
    "independent",
    "lanes_of",
    "places_of",
    "within",
]

WARM_ROWS = 5
"""Rows of its own series from which on a row is warm (pricing.md 3)."""

WARM, THIN, NEW = "warm", "thin", "new"
_FEWEST = 60  # rows a lane needs to choose for itself
_FEWEST_BENT = 100  # rows a correction needs
_OTHERS = 100  # as how many rows of the lane those of all other lanes count
_STEPS = 20
_PULL = 0.3

Weights = Mapping[str, tuple[float, ...]]
Mask = npt.NDArray[np.bool_]
Blend = tuple[Weights, Mapping[str, Bend]]
"""Weights per member by lane, and the correction by support."""


def lanes_of(support: npt.NDArray[np.int64], known: Mask) -> list[str]:
    """The lane of each row: support and whether its new price is known, as in "thin/known"."""
    return [
        f"{WARM if rows >= WARM_ROWS else THIN if rows > 0 else NEW}/{'known' if has else 'unknown'}"
        for rows, has in zip(support.tolist(), known.tolist(), strict=True)
    ]


def places_of(words: Sequence[str]) -> dict[str, npt.NDArray[np.int64]]:
    """By word, the rows that have it, in their order."""
    found: dict[str, list[int]] = {}
    for row, word in enumerate(words):
        found.setdefault(word, []).append(row)
    return {word: np.array(rows, dtype=np.int64) for word, rows in found.items()}


def choose(
    values: Floats, log_price: Floats, lanes: Sequence[str], needs_new: Sequence[bool], groups: Sequence[str] | None = None
) -> Blend:
    """Weights by lane and corrections by support from held-out rows.

    `values` (n_members, n_rows): log prices of each member, nan where a member needs a new price that is not known;
    `needs_new`: which members need it; `groups`: the series, None where each row stands for itself. A lane with too few rows
    takes the weights of the nearest lane.
    """
    at = np.array(lanes)

    def apart(rows: Mask, lane: str) -> float:
        """How many independent things stand behind these rows."""
        by_series = groups is not None and not lane.startswith(WARM)
        return independent(np.array(groups)[rows]) if by_series else float(rows.sum())

    weights: dict[str, tuple[float, ...]] = {}
    for known in ("known", "unknown"):
        able = [place for place, needs in enumerate(needs_new) if known == "known" or not needs]
        for support, others in ((NEW, (WARM,)), (WARM, (NEW,)), (THIN, (NEW, WARM))):
            # what is said of an unseen series rests on its new price where that is known (pricing.md 3: "cold: B alone")
            usable = [place for place in able if needs_new[place] or support != NEW or known == "unknown"] or able
            found = None
            for lane in (f"{support}/{known}", *(f"{other}/{known}" for other in others)):
                rows = (at == lane) & np.isfinite(values[usable]).all(axis=0)
                if rows.sum() >= _FEWEST:
                    whole = np.isfinite(values[usable]).all(axis=0)
                    count = np.where(rows, 1.0, min(1.0, _OTHERS / max(1, int((whole & ~rows).sum()))))[whole]
                    found = _best(values[usable][:, whole], log_price[whole], count, apart(rows, lane))
                    break
            if found is None:
                found = tuple(1 / len(usable) for _ in usable)
            full = dict(zip(usable, found, strict=True))
            weights[f"{support}/{known}"] = tuple(full.get(place, 0.0) for place in range(len(needs_new)))
    joined = blend(values, lanes, (weights, {}))
    bends: dict[str, Bend] = {}
    for support in (WARM, NEW, THIN):
        rows = np.char.startswith(at, support) if len(at) else np.zeros(0, dtype=bool)
        if rows.sum() >= _FEWEST_BENT:
            own = np.array(groups)[rows] if groups is not None and support != WARM else None
            doubt = doubt_of(log_price[rows] - joined[rows], own)
            bends[support] = fit_bend(joined[rows], log_price[rows], doubt)
        elif NEW in bends:
            bends[support] = bends[NEW]
    return weights, bends


def within(chosen: Blend, costs: Sequence[float], most: float) -> Blend:
    """The same without those of least weight for their cost, in each lane, until the others cost no more than `most` together."""
    weights, bends = chosen
    found: dict[str, tuple[float, ...]] = {}
    for lane, given in weights.items():
        kept = [place for place, weight in enumerate(given) if weight > 0]
        while len(kept) > 1 and sum(costs[place] for place in kept) > most:
            kept.remove(min(kept, key=lambda place: (given[place] / costs[place], place)))
        total = sum(given[place] for place in kept)
        found[lane] = tuple(weight / total if place in kept else 0.0 for place, weight in enumerate(given))
    return found, bends


def independent(groups: npt.NDArray[np.str_]) -> float:
    """How many independent series stand behind the rows: (sum n)^2 / sum n^2."""
    _, counts = np.unique(groups, return_counts=True)
    return float(counts.sum() ** 2 / np.square(counts).sum())


def blend(values: Floats, lanes: Sequence[str], chosen: Blend) -> Floats:
    """Log price of each row `(n_rows,)` out of the members' `values` (n_members, n_rows)."""
    weights, bends = chosen
    found = np.empty(values.shape[1])
    for lane, rows in places_of(lanes).items():
        total = np.zeros(len(rows))
        for place, weight in enumerate(weights[lane]):
            if weight:
                total += weight * values[place, rows]
        bend = bends.get(lane.partition("/")[0])
        found[rows] = total if bend is None else total + bend.of(total)
    return found


def _best(values: Floats, log_price: Floats, count: Floats, n_apart: float) -> tuple[float, ...]:
    """Weights in twentieths, from equal ones by the best exchange between two members for as long as one helps.

    `count` (n_rows,): how much each row counts. Equal weights are preferred by as much as `n_apart` independent rows or series
    cannot tell apart.
    """
    n_members = len(values)
    price = np.exp(log_price)
    alone = [_errors(one, price, count) for one in values]
    least, least_share = min(one[0] for one in alone), min(one[1] for one in alone)
    pull = _PULL / math.sqrt(n_apart)

    def score(parts: list[int]) -> float:
        weight = np.array(parts) / _STEPS
        error, share = _errors(weight @ values, price, count)
        uneven = float(np.square(weight - 1 / n_members).sum())
        return error / max(least, 1e-12) + share / max(least_share, 1e-12) + pull * uneven

    each, rest = divmod(_STEPS, n_members)
    parts = [each + (place < rest) for place in range(n_members)]
    now = score(parts)
    for step in (4, 2, 1):
        while True:
            tried = []
            for one, other in itertools.permutations(range(n_members), 2):
                if parts[one] >= step:
                    moved = [*parts]
                    moved[one] -= step
                    moved[other] += step
                    tried.append((score(moved), moved))
            if not tried or min(tried)[0] >= now - 1e-9:
                break
            now, parts = min(tried)
    return tuple(part / _STEPS for part in parts)


def _errors(guess: Floats, price: Floats, count: Floats) -> tuple[float, float]:
    off = np.abs(np.exp(guess) - price) * count
    return float(off.mean()), float((off / price).mean())
