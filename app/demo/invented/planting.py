"""The invented tables are put into a marketplace of the demo, and price models are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from app.demo.invented.market import price_rows
from app.demo.invented.truth import effects
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from app.valuation.service import Row, keep_table, want_model

SOURCE = "演示用的虚构市场（程序生成，不是真实成交）"
LICENCE = "生成数据，可任意使用，不得当作真实行情"


def plant_tables(hub: Hub) -> int:
    """Keep every table of the invented market, and ask for a quick model of each category; returns how many rows."""
    count = 0
    for category, kinds in effects().rows.items():
        with hub.begin(SYSTEM) as work:
            today = shanghai_day(work.now)
            for price_kind in kinds:
                rows = price_rows(category, price_kind, today)
                keep_table(
                    work,
                    category=category,
                    price_kind=price_kind,
                    source=SOURCE,
                    licence=LICENCE,
                    as_of=today,
                    mapping={"generator": "app/demo/invented"},
                    sha256=_fingerprint(rows),
                    rows=rows,
                    is_invented=True,
                )
                count += len(rows)
            want_model(work, category, is_quick=True, promotes=True)
    return count


def _fingerprint(rows: Sequence[Row]) -> str:
    return sha256_hex(canonical([[row.asked.to_plain(), row.price_fen, row.seen_on.isoformat()] for row in rows]))
