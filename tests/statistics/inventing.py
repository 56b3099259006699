"""Invents facts for the pure part: a year with few sellers in most districts."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import timedelta

from app.statistics.rules import FAMILIES, Fact, Hidden, Period, count, hide, read_period, tier_cell

DISTRICTS = ("yubei", "jiangbei", "nanan", "yuzhong", "beibei", "wuxi")


def invented(seed: int, number: int, year: str = "2026", sellers: int = 60) -> list[Fact]:
    """So many facts of a year, most of them of a few families, places and people."""
    chance = random.Random(seed)
    period = read_period(year)
    seconds = int((period.ends_at - period.starts_at).total_seconds())
    facts = []
    for no in range(number):
        family = FAMILIES[chance.choices(list(FAMILIES), (9, 4, 9, 2, 2, 3, 3, 1, 4))[0]]
        category = chance.choices(("phone", "appliance", "car"), (6, 3, 1))[0]
        cells = {
            "district": chance.choices(DISTRICTS, (12, 8, 4, 2, 1, 1))[0],
            "category": category,
            "kind": chance.choices(("individual", "business"), (8, 1))[0],
            "tier": tier_cell(category, chance.choice((None, "A", "A", "B", "C", "E"))),
            "age": chance.choice(("0-1", "1-2", "2-3", "unknown")),
        }
        seller = min(int(chance.expovariate(4 / sellers)), sellers)
        facts.append(
            Fact(
                family=family.name,
                key=f"k{no}",
                at=period.starts_at + timedelta(seconds=chance.randrange(seconds)),
                subject=seller,
                cells={name: cells[name] for name in family.dimensions},
                other=1_000 + chance.randrange(2 * sellers),
                fen=chance.randrange(10_000, 900_000),
                days=chance.randrange(30),
            )
        )
    return facts


def closed_year(facts: Iterable[Fact], family_name: str, year: str = "2026") -> dict[Period, tuple[dict, Hidden]]:
    """Every period of the year closed in its order: its cells, and what of them is hidden."""
    family = FAMILIES[family_name]
    own = [fact for fact in facts if fact.family == family_name]
    whole = read_period(year)
    sheets = {
        each: count([fact for fact in own if each.holds(fact.at)], [family_name])[family_name]
        for each in (*whole.within(), whole)
    }
    hidden: dict[Period, Hidden] = {}
    for each in (*whole.within(), whole):
        below = set(each.within())
        hidden[each] = hide(
            each,
            family,
            {one: sheets[one] for one in sheets if one == each or one in below},
            {one: hidden[one] for one in below},
        )
    return {each: (sheets[each], hidden[each]) for each in sheets}
