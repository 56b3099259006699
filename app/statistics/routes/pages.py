"""The list of closed periods, and one of them in tables and bars."""

from __future__ import annotations

from flask import Response

from app.statistics import queries
from app.statistics.routes.blueprint import bp
from app.statistics.routes.showing import parts_of, shown, within
from app.statistics.rules import LEAST
from app.statistics.wording import DIMENSION_WORDS, KIND_WORDS
from app.web import allow, look, render


@bp.get("/statistics")
@allow("anyone")
def index() -> Response:
    """Every closed period."""
    with look() as work:
        rows = queries.closed(work)
        names = {row.name for row in rows}
        return render(
            "statistics/index.html", rows=rows, parts={row.name: parts_of(row.name, names) for row in rows}, kinds=KIND_WORDS
        )


@bp.get("/statistics/<name>")
@allow("anyone")
def period(name: str) -> Response:
    """One closed period, with what is hidden and how to compute it again."""
    with look() as work:
        row = queries.closed_period(work, name)
        names = {one.name for one in queries.closed(work)}
    content = queries.content_of(row)
    return render(
        "statistics/period.html",
        row=row,
        content=content,
        tables=shown(content),
        wider=within(row.name, names),
        parts=parts_of(row.name, names),
        dimensions=DIMENSION_WORDS,
        kinds=KIND_WORDS,
        least=LEAST,
    )
