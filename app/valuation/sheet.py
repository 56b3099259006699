"""A stored estimate as rows of a table for spreadsheets and programs: the figures of its page, in yuan."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from app.kernel.money import yuan_text
from app.valuation.worth import Worth

HEAD = ("part", "name", "count", "low_yuan", "yuan", "high_yuan", "day")
"""``part``: estimate, net, start, step, comparable, kind, month or standard; an empty cell is not known."""


def sheet(worth: Worth) -> str:
    """The whole table as CSV with a head; a byte order mark lets spreadsheets read the Chinese."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEAD)
    writer.writerows(_rows(worth))
    return out.getvalue()


def _rows(worth: Worth) -> Iterator[tuple[str, ...]]:
    day = worth.made_at.date().isoformat()
    span = worth.span
    if span is not None:
        yield _row("estimate", "80%", worth.support, span.low80_fen, span.point_fen, span.high80_fen, day)
        yield _row("estimate", "90%", worth.support, span.low90_fen, span.point_fen, span.high90_fen, day)
    if worth.net_fen is not None:
        yield _row("net", "", None, None, worth.net_fen, None, day)
    if worth.start_fen is not None:
        yield _row("start", "", None, None, worth.start_fen, None, day)
    for step in worth.steps:
        yield _row("step", f"{step.name} {step.value}".strip(), None, None, step.step_fen, None, day)
    for one in worth.comparables:
        yield _row("comparable", one.title, None, None, one.price_fen, None, one.seen_on.isoformat())
    for kind in worth.kinds:
        yield _row("kind", kind.kind, kind.count, kind.low_fen, kind.median_fen, kind.high_fen, day)
    for month in worth.curve:
        yield _row("month", str(month.months), None, month.low80_fen, month.point_fen, month.high80_fen, day)
    if worth.standard is not None:
        yield _row("standard", "", None, None, worth.standard.value_fen, None, day)


def _row(
    part: str, name: str, count: int | None, low: int | None, fen: int | None, high: int | None, day: str
) -> tuple[str, ...]:
    amounts = ("" if one is None else f"{'-' if one < 0 else ''}{yuan_text(abs(one))}" for one in (low, fen, high))
    return (part, name, "" if count is None else str(count), *amounts, day)
