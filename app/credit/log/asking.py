"""Questions that the log answers by itself: pure functions of its events and a day, so that anybody with a copy gets the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.credit.log.scores import Fact

YEAR = timedelta(days=365)
TURNOVER_YUAN = 100_000
LEAST_LOOKS, LEAST_SALES = 5, 5
BIAS_HUNDREDTHS = 50  # half a tier
SAME_BUYER_PERCENT = 50


@dataclass(frozen=True, slots=True)
class Turnover:
    """Sales of a year by the bands in the log: at least ``low``, below ``high`` yuan (None: a band without an upper end)."""

    subject: str
    sales: int
    low: int
    high: int | None

    @property
    def is_certain(self) -> bool:
        return self.low > TURNOVER_YUAN


@dataclass(frozen=True, slots=True)
class Bias:
    """An appraiser's mean distance from second looks in hundredths of a tier; above zero: too kind."""

    subject: str
    looks: int
    hundredths: int


@dataclass(frozen=True, slots=True)
class SameBuyer:
    """A seller most of whose sales went to one buyer."""

    subject: str
    sales: int
    to_one: int


def over_turnover(facts: Iterable[Fact], as_of: date) -> list[Turnover]:
    """Sellers whose completed sales of the year before may be above 100,000 yuan, the largest first."""
    bands: dict[str, list[tuple[int, int | None]]] = defaultdict(list)
    for fact in facts:
        low, _, high = str(fact.data.get("amount_band") or "").partition("-")
        if fact.type == "order.completed" and as_of - YEAR < fact.day <= as_of and low:
            bands[fact.subject].append((int(low), int(high) if high else None))
    found = []
    for subject, each in bands.items():
        highs = [high for _, high in each]
        most = None if None in highs else sum(high for high in highs if high is not None)
        if most is None or most > TURNOVER_YUAN:
            found.append(Turnover(subject, len(each), sum(low for low, _ in each), most))
    return sorted(found, key=lambda one: (-one.low, one.subject))


def biased(facts: Iterable[Fact], as_of: date) -> list[Bias]:
    """Appraisers who are more than half a tier from second looks on average, of five or more in the year before."""
    signs = {"same": 0, "better": 1, "worse": -1}
    steps: dict[str, list[int]] = defaultdict(list)
    for fact in facts:
        if fact.type == "appraisal.reinspected" and as_of - YEAR < fact.day <= as_of and fact.data.get("found") in signs:
            steps[fact.subject].append(signs[fact.data["found"]] * int(fact.data.get("tiers_apart", 0)))
    found = []
    for subject, each in steps.items():
        mean = abs(sum(each)) * 100 // len(each)
        if len(each) >= LEAST_LOOKS and mean > BIAS_HUNDREDTHS:
            found.append(Bias(subject, len(each), mean if sum(each) > 0 else -mean))
    return sorted(found, key=lambda one: (-abs(one.hundredths), one.subject))


def to_the_same(facts: Iterable[Fact], as_of: date) -> list[SameBuyer]:
    """Sellers half or more of whose sales of the year before, of five or more, went to one buyer. A question, no verdict."""
    buyers: dict[str, Counter[str]] = defaultdict(Counter)
    for fact in facts:
        if fact.type == "order.completed" and as_of - YEAR < fact.day <= as_of and "counterparty" in fact.data:
            buyers[fact.subject][str(fact.data["counterparty"])] += 1
    found = []
    for subject, counts in buyers.items():
        sales, most = counts.total(), max(counts.values())
        if sales >= LEAST_SALES and most * 100 >= sales * SAME_BUYER_PERCENT:
            found.append(SameBuyer(subject, sales, most))
    return sorted(found, key=lambda one: (-one.to_one, one.subject))


def overturned(facts: Sequence[Fact], as_of: date) -> list[tuple[Fact, Fact]]:
    """(decision, what overturned it), oldest first."""
    decided = {fact.leaf: fact for fact in facts}
    ends = [fact for fact in facts if fact.type == "dispute.overturned" and fact.day <= as_of]
    return [(decided[ref], end) for end in ends for ref in end.refs if ref in decided]


def tombstones(facts: Iterable[Fact], as_of: date) -> list[tuple[str, int]]:
    """How many reviews' words were hidden, by reason, the most frequent first."""
    counts = Counter(str(fact.data["reason"]) for fact in facts if fact.type == "review.tombstoned" and fact.day <= as_of)
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))
