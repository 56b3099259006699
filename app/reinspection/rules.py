"""Decisions on plain values: how two results compare, who answers for an error, how many second looks a month still owes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.kernel.money import fee_half_up
from app.reinspection.terms import Answering

DANGERS = ("accident", "unsafe", "prohibited", "recycle_only", "not_tradable")  # to miss one of these is a critical miss


@dataclass(frozen=True)
class Compared:
    """Two independent results of one thing. ``steps``: tiers by which the first was better; None: not comparable."""

    is_same: bool
    steps: int | None
    critical_misses: int

    def liable(self, liability_steps: int) -> bool:
        """Whether the first appraiser answers for it: so many tiers of difference in either direction, or a danger missed."""
        return self.critical_misses > 0 or (self.steps is not None and abs(self.steps) >= liability_steps)


def compare(first: Mapping[str, Any], second: Mapping[str, Any], tiers: Sequence[str]) -> Compared:
    """Compare the results of two reports. ``tiers``: codes of the first one's scheme, the best first."""
    verdicts = [(each["status"], each["tier"]) for each in (first, second)]
    graded = all(status == "graded" and tier in tiers for status, tier in verdicts)
    steps = tiers.index(second["tier"]) - tiers.index(first["tier"]) if graded else None
    return Compared(verdicts[0] == verdicts[1], steps, _critical_misses(first, second))


def _critical_misses(first: Mapping[str, Any], second: Mapping[str, Any]) -> int:
    """Items by which the second result names a danger that the first one does not; at least one when only its verdict does."""
    named = [{key for key, effect in _effects(each).items() if effect in DANGERS} for each in (first, second)]
    only_verdict = second["status"] in DANGERS and first["status"] not in DANGERS
    return max(len(named[1] - named[0]), int(only_verdict))


def _effects(result: Mapping[str, Any]) -> dict[str, str]:
    return {item["key"]: item.get("effect") or "" for section in result["sections"] for item in section["items"]}


def compensation(price_fen: int, pair: Compared, answering: Answering, category: str) -> int:
    """What a buyer is owed who paid so much for a thing whose grade was too good, fen; 0 when it was not."""
    bp = max(pair.steps or 0, 0) * answering.compensation_bp
    if pair.critical_misses:
        bp = answering.most_compensation_bp
    fen = fee_half_up(price_fen, min(bp, answering.most_compensation_bp))
    return min(fen, answering.most_compensation_fen[category])


def owed(issued: Sequence[str], drawn: Sequence[str], least: int) -> int:
    """How many more of an appraiser's reports of a month are drawn. ``issued``, ``drawn``: codes."""
    among = len(set(issued) & set(drawn))
    return max(0, min(least, len(issued)) - among)
