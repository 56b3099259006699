"""Are the planted effects of the invented market found again? ``python -m tests.bench.pricing.truth``.

A table is drawn in which score, battery and mileage do not follow age (in the demo's market they do, as in a real one: there
two causes that always come together cannot be told apart by anybody), a model is fitted on it by the library, and for every
effect things are moved from one value to another: what the estimate gains is compared with what the rules say. ``share`` is the
part of the effect (in log price) that was found, ``away`` how far the estimate's ratio of prices lies from the true ratio.
"""

from __future__ import annotations

import json
import math
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

from app.demo.invented import effects, price_rows, truth_yuan
from app.factory import ROOT
from app.valuation.features import Thing, cells, columns_of, thing_of
from grading.pricing.fitting import Settings, fit
from grading.pricing.model import Model
from grading.pricing.table import table_of

DAY = date(2026, 6, 1)
ASKED = 400  # things that are moved
FULL = 16_000  # rows of a table
GOAL = 0.10

Value = int | str | None
FACTS = ("screen", "housing", "faults", "replaced", "owners", "works")
MOVES: dict[str, tuple[tuple[str, Value, Value], ...]] = {
    "phone": (
        ("age", 12, 36),
        ("grade", 80, 95),
        ("appraised", None, 90),
        ("battery_health", 82, 92),
        ("screen", 0, 2),
        ("housing", 0, 2),
        ("faults", 0, 1),
        ("replaced", 0, 1),
        ("district", "yuzhong", "bishan"),
        ("month", 9, 2),
    ),
    "car": (
        ("age", 24, 60),
        ("mileage_km", 20_000, 100_000),
        ("grade", 75, 95),
        ("appraised", None, 90),
        ("owners", 0, 2),
        ("replaced", 0, 1),
        ("district", "yubei", "bishan"),
        ("month", 6, 1),
    ),
    "appliance": (
        ("age", 12, 60),
        ("grade", 80, 95),
        ("appraised", None, 90),
        ("works", 2, 1),
        ("works", 2, 0),
        ("housing", 0, 2),
        ("replaced", 0, 1),
        ("district", "yuzhong", "bishan"),
        ("month", 12, 6),
    ),
}


@dataclass(frozen=True)
class Found:
    """One effect, natural logs of price ratios: what the rules say and what the model learned."""

    name: str
    planted: float
    learned: float

    @property
    def share(self) -> float:
        return self.learned / self.planted

    @property
    def away(self) -> float:
        return abs(math.exp(self.learned - self.planted) - 1)


def evenly(category: str, n_rows: int, price_kind: str = "private_sold") -> list[tuple[Thing, float]]:
    """Things of the invented market with what would follow from their age drawn anew; and what each brought, yuan."""
    found = []
    for row in price_rows(category, price_kind, DAY, n_rows):
        if row.asked.condition == "plain":
            dice = random.Random(f"evenly/{category}/{price_kind}/{len(found)}")
            thing = thing_of(row.asked, row.seen_on)
            if thing.score_tenths is not None:
                thing = replace(thing, score_tenths=dice.randint(600, 990), tier=None)
            if thing.battery_health is not None:
                thing = replace(thing, battery_health=dice.randint(72, 100))
            if thing.mileage_km is not None:
                thing = replace(thing, mileage_km=dice.randrange(2_000, 180_000, 100))
            noise = math.exp(dice.gauss(0, effects().noise[category] / 100))
            found.append((thing, truth_yuan(thing, price_kind) * noise))
    return found


def learn(category: str, rows: Sequence[tuple[Thing, float]], *, is_quick: bool) -> Model:
    """The library's model of the rows."""
    table = table_of([{**cells(thing), "price": price, "thing": str(at)} for at, (thing, price) in enumerate(rows)])
    return fit(table, columns_of(category), Settings(seed=7, threads=1, quick=is_quick))[0]


def measure(category: str, model: Model, things: Sequence[Thing]) -> Iterator[Found]:
    """Every planted effect of the category."""
    for name, one, other in MOVES[category]:
        like = [each for each in things if _has(each, name)]
        before, after = [_moved(each, name, one) for each in like], [_moved(each, name, other) for each in like]
        gained = model.estimate(table_of([cells(each) for each in after])).point
        gained = gained - model.estimate(table_of([cells(each) for each in before])).point
        planted = [math.log(truth_yuan(new) / truth_yuan(old)) for old, new in zip(before, after, strict=True)]
        yield Found(f"{name} {one} to {other}", math.fsum(planted) / len(like), float(gained.mean()))


def optimism(category: str, n_rows: int, *, is_quick: bool) -> Found:
    """What sellers ask above what is paid, out of two models that know one kind of price each."""
    asked = [thing for thing, _ in evenly(category, n_rows + ASKED)[n_rows:]]
    points = [
        learn(category, evenly(category, n_rows, kind), is_quick=is_quick)
        .estimate(table_of([cells(each) for each in asked]))
        .point
        for kind in ("private_sold", "private_asking")
    ]
    kinds = effects().kinds
    return Found(
        "asking over sold", math.log(kinds["private_asking"] / kinds["private_sold"]), float((points[1] - points[0]).mean())
    )


def error(model: Model, things: Sequence[Thing]) -> float:
    """Median distance of the estimate from the truth, which no table knows."""
    prices = model.estimate(table_of([cells(each) for each in things])).price
    return sorted(abs(float(price) / truth_yuan(each) - 1) for price, each in zip(prices, things, strict=True))[len(things) // 2]


def _has(thing: Thing, name: str) -> bool:
    if name == "grade":
        return thing.score_tenths is not None
    return name != "battery_health" or thing.battery_health is not None


def _moved(thing: Thing, name: str, value: Value) -> Thing:
    if name in FACTS:
        return replace(thing, facts={**thing.facts, name: value})
    if name == "age":
        first = thing.on.year * 12 + thing.on.month - 1 - int(value or 0)
        return replace(thing, first_used=f"{first // 12:04d}-{first % 12 + 1:02d}")
    if name == "month":  # of the same age on another day of the year
        on = date(thing.on.year, int(value or 1), 15)
        return _moved(replace(thing, on=on), "age", thing.age_months)
    if name in ("grade", "appraised"):
        return replace(thing, score_tenths=None if value is None else int(value) * 10, tier=None)
    return replace(thing, **{name: value})


def main() -> int:
    told, fine = {}, True
    for category in MOVES:
        began = time.process_time()
        rows = evenly(category, FULL + ASKED)
        model, things = learn(category, rows[:-ASKED], is_quick=False), [thing for thing, _ in rows[-ASKED:]]
        found = [*measure(category, model, things), optimism(category, FULL // 4, is_quick=False)]
        told[category] = {each.name: {**asdict(each), "share": each.share, "away": each.away} for each in found}
        print(
            f"{category}: {len(rows) - ASKED} rows, {time.process_time() - began:.0f} s, median distance from the truth {error(model, things):.2%}"
        )
        for each in found:
            print(
                f"  {each.name:32} planted {math.expm1(each.planted):+7.2%}  learned {math.expm1(each.learned):+7.2%}  share {each.share:.3f}"
            )
            fine = fine and each.away <= GOAL and abs(each.share - 1) <= GOAL
    (ROOT / "build/bench").mkdir(parents=True, exist_ok=True)
    (ROOT / "build/bench/truth.json").write_text(json.dumps(told, indent=1))
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
