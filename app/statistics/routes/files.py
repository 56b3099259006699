"""A closed period as files: the exact document, a table as CSV, and all of it as one workbook."""

from __future__ import annotations

import csv
import io

from flask import Response, make_response

from app.statistics import queries
from app.statistics.errors import PeriodNotFound
from app.statistics.routes.blueprint import bp
from app.statistics.routes.showing import HEAD, flat_rows
from app.statistics.routes.workbook import workbook
from app.statistics.rules import DIMENSIONS
from app.web import allow, look

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FOREVER = "public, max-age=31536000, immutable"


@bp.get("/statistics/<name>.json")
@allow("anyone")
def document(name: str) -> Response:
    """The exact bytes whose hash stands in the log."""
    with look() as work:
        row = queries.closed_period(work, name)
    return _file(row.content.encode(), "application/json", f"xunyi-statistics-{row.name}.json")


@bp.get("/statistics/<name>/<dimension>.csv")
@allow("anyone")
def table(name: str, dimension: str) -> Response:
    """One table: a line for each cell and family; what is hidden says so, what is not there is zero."""
    if dimension not in DIMENSIONS:
        raise PeriodNotFound()
    with look() as work:
        row = queries.closed_period(work, name)
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(HEAD)
    lines.writerows(flat_rows(queries.content_of(row), dimension))
    lines.writerow(("log", row.log_size, row.log_root, row.sha256))
    return _file(f"\ufeff{out.getvalue()}".encode(), "text/csv", f"xunyi-statistics-{row.name}-{dimension}.csv")


@bp.get("/statistics/<name>.xlsx")
@allow("anyone")
def tables(name: str) -> Response:
    """All tables as one workbook in the reader's language; the same bytes each time."""
    with look() as work:
        row = queries.closed_period(work, name)
    content = workbook(queries.content_of(row), row.sha256)
    answer = _file(content, XLSX, f"xunyi-statistics-{row.name}.xlsx")
    answer.headers["Cache-Control"] = "private, no-cache"  # in another language it is another file
    return answer


def _file(content: bytes, kind: str, name: str) -> Response:
    answer = make_response(content)
    answer.mimetype = kind
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = FOREVER
    return answer
