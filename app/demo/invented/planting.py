"""The invented tables are put into a marketplace of the demo as the year goes by, and price models are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from app.demo.invented.market import DAYS, price_rows
from app.demo.invented.truth import effects
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from app.valuation.service import Row, keep_table, want_model

SOURCE = "演示用的虚构市场（程序生成，不是真实成交）"
LICENCE = "生成数据，可任意使用，不得当作真实行情"
BEFORE = DAYS + 6  # days before today on which the first tables are there: those of the year before
EVERY = 90  # days; what was seen since is a table of its own


@dataclass(frozen=True)
class Season:
    """Tables that are there from so many days before today on: category and kind of price -> rows."""

    days_ago: int
    tables: Mapping[tuple[str, str], Sequence[Row]]


def seasons(today: date) -> list[Season]:
    """The invented market in the order in which it is seen: half as many rows of the year before, then every quarter's own.

    Nothing is there before its day, so an estimate of any day of the year rests on what was seen until then.
    """
    drawn: dict[tuple[str, str], list[Row]] = {}
    for category, kinds in effects().rows.items():
        for kind, count in kinds.items():
            earlier = price_rows(category, kind, today - timedelta(days=BEFORE), count // 2, first=count)
            drawn[category, kind] = [*earlier, *price_rows(category, kind, today)]
    days = [*range(BEFORE, EVERY, -EVERY), 0]
    found, after = [], date.min
    for days_ago in days:
        until = today - timedelta(days=days_ago)
        tables = {key: [row for row in rows if after < row.seen_on <= until] for key, rows in drawn.items()}
        found.append(Season(days_ago, {key: rows for key, rows in tables.items() if rows}))
        after = until
    return found


def plantings(hub: Hub, today: date) -> Iterator[tuple[int, Callable[[], int]]]:
    """Days before today, and what is planted then."""
    for season in seasons(today):
        yield season.days_ago, partial(plant, hub, season)


def plant(hub: Hub, season: Season) -> int:
    """Keep the tables of one season; how many rows."""
    with hub.begin(SYSTEM) as work:
        for (category, price_kind), rows in season.tables.items():
            keep_table(
                work,
                category=category,
                price_kind=price_kind,
                source=SOURCE,
                licence=LICENCE,
                as_of=max(row.seen_on for row in rows),
                mapping={"generator": "app/demo/invented"},
                sha256=_fingerprint(rows),
                rows=rows,
                is_invented=True,
            )
    return sum(map(len, season.tables.values()))


def plant_tables(hub: Hub) -> int:
    """Every season at once, and a quick model of each category; how many rows."""
    with hub.look(SYSTEM) as work:
        today = shanghai_day(work.now)
    count = sum(happens() for _days_ago, happens in plantings(hub, today))
    want_models(hub)
    return count


def want_models(hub: Hub) -> None:
    """Ask for a quick model of each category; the worker fits them once the marketplace is open."""
    with hub.begin(SYSTEM) as work:
        for category in effects().rows:
            want_model(work, category, is_quick=True, promotes=True)


def _fingerprint(rows: Sequence[Row]) -> str:
    return sha256_hex(canonical([[row.asked.to_plain(), row.price_fen, row.seen_on.isoformat()] for row in rows]))
