"""Tables of observed prices are kept: every row once, with where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert, select

from app.kernel.audit import record
from app.kernel.work import Work
from app.valuation.asking import Row
from app.valuation.errors import TableKnown
from app.valuation.models import ObservedPrice, PriceTable
from app.valuation.service.observing import in_order

_AT_ONCE = 500  # rows of an INSERT


def keep_table(
    work: Work,
    *,
    category: str,
    price_kind: str,
    source: str,
    licence: str,
    as_of: date,
    mapping: Mapping[str, Any],
    sha256: str,
    rows: Sequence[Row],
    refused: int = 0,
    copies: int = 0,
    is_invented: bool = False,
    by_id: int | None = None,
) -> PriceTable:
    """Keep a table. Of rows about one thing the newest counts; the others are copies. ``refused``, ``copies``: rows left out
    before. ``by_id``: who sent it, where that is not who works.

    Raises TableKnown when the same file is there already, also when somebody else sends it in this moment.
    """
    in_order(work)  # first: whoever waits here for the same file finds it kept
    same = (PriceTable.category == category, PriceTable.price_kind == price_kind, PriceTable.sha256 == sha256)
    if work.session.scalars(select(PriceTable.id).where(*same)).first() is not None:
        raise TableKnown()
    newest: dict[str, tuple[int, Row]] = {}
    for place, row in enumerate(rows):
        no = place if row.row_no is None else row.row_no
        name = row.thing or f"row {no}"
        if name not in newest or newest[name][1].seen_on < row.seen_on:
            newest[name] = (no, row)
    table = PriceTable(
        category=category,
        price_kind=price_kind,
        source=source,
        licence=licence,
        as_of=as_of,
        mapping=dict(mapping),
        sha256=sha256,
        n_rows=len(rows) + refused + copies,
        n_kept=len(newest),
        n_copies=len(rows) - len(newest) + copies,
        n_refused=refused,
        is_invented=is_invented,
        by_id=work.actor.user_id if by_id is None else by_id,
        at=work.now,
    )
    work.session.add(table)
    work.session.flush()
    kept = [_columns(table, no, name, row) for name, (no, row) in newest.items()]
    for start in range(0, len(kept), _AT_ONCE):
        work.session.execute(insert(ObservedPrice), kept[start : start + _AT_ONCE])
    record(work, "price_table.keep", "price_table", table.id, {"rows": table.n_rows, "kept": table.n_kept, "sha256": sha256})
    return table


def _columns(table: PriceTable, no: int, name: str, row: Row) -> dict[str, Any]:
    asked = row.asked
    return {
        "table_id": table.id,
        "row_no": no,
        "cluster": name,
        "price_kind": table.price_kind,
        "category": table.category,
        "brand": asked.brand,
        "model": asked.model,
        "storage_gb": asked.storage_gb,
        "kind": asked.kind,
        "energy": asked.energy,
        "first_used": asked.first_used,
        "mileage_km": asked.mileage_km,
        "tier": asked.tier,
        "score_tenths": asked.score_tenths,
        "battery_health": asked.battery_health,
        "condition": asked.condition,
        "district": asked.district,
        "new_price_fen": asked.new_price_fen,
        "facts": dict(asked.facts),
        "price_fen": row.price_fen,
        "seen_on": row.seen_on,
    }
