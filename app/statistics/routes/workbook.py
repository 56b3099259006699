"""All tables of a period as one workbook, byte for byte the same each time: one sheet for each dimension, with its chart."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import xlsxwriter
from flask_babel import gettext

from app.statistics.routes.showing import HIDDEN, Shown, shown
from app.statistics.wording import DIMENSION_WORDS, GROUPS

_FEN, _BASIS_POINTS = 100, 10_000
_FORMATS = {"money": "#,##0.00", "share": "0.0%", "count": "#,##0"}
_SHEET_LONGEST = 31  # letters of a sheet's name


def workbook(content: Mapping[str, Any], sha256: str) -> bytes:
    """The document as a file for a table program; money in yuan. A hidden figure is a word, so that no sum takes it for zero."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime.fromisoformat(content["closed_at"]).replace(tzinfo=None)})
    styles = {name: book.add_format({"num_format": form}) for name, form in _FORMATS.items()}
    styles |= {"head": book.add_format({"bold": True, "text_wrap": True, "valign": "top"})}
    _origin(book, content, sha256, styles)
    for table in shown(content):
        _sheet(book, table, styles)
    book.close()
    return out.getvalue()


def _origin(book: Any, content: Mapping[str, Any], sha256: str, styles: Mapping[str, Any]) -> None:
    """Where the figures come from, and how they are computed again."""
    sheet = book.add_worksheet(gettext("Statistics"))
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 70)
    pairs = (
        (gettext("Period"), content["period"]),
        (gettext("From and to"), f"{content['from']} – {content['until']}"),
        (gettext("Closed on"), content["closed_at"]),
        (gettext("Version %(version)s of the method", version=content["method"]), "docs/regulator.md"),
        (gettext("Its SHA-256 must be"), f"{sha256}  {content['period']}.json"),
        (gettext("Root of the log at the closing"), f"{content['log']['root']}  ({content['log']['size']})"),
        ("facts_sha256", content["facts_sha256"]),
        ("query_sha256", content["query_sha256"]),
        (gettext("not published"), gettext("What is not told, and why")),
    )
    for no, (name, value) in enumerate(pairs):
        sheet.write_string(no, 0, name, styles["head"])
        sheet.write_string(no, 1, str(value))


def _sheet(book: Any, table: Shown, styles: Mapping[str, Any]) -> None:
    """One dimension: its groups of columns under each other, and the chart of sales beside the first."""
    name = gettext(DIMENSION_WORDS[table.dimension])[:_SHEET_LONGEST]
    sheet = book.add_worksheet(name)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, max(len(columns) for _, columns in GROUPS), 14)
    line = 0
    for group in table.groups:
        sheet.write_string(line, 0, gettext(group.heading), styles["head"])
        for column, (label, _) in enumerate(group.columns, 1):
            sheet.write_string(line, column, gettext(label), styles["head"])
        for no, (label, values) in enumerate(group.rows, line + 1):
            sheet.write_string(no, 0, label)
            for column, value in enumerate(values, 1):
                _figure(sheet, no, column, value, group.columns[column - 1][1], styles)
        line += len(group.rows) + 2
    if table.bars:
        _chart(book, sheet, name, len(table.groups[0].rows), line)


def _figure(sheet: Any, no: int, column: int, value: int | str | None, kind: str, styles: Mapping[str, Any]) -> None:
    if value == HIDDEN:
        sheet.write_string(no, column, gettext("not published"))
    elif isinstance(value, int):
        divided = {"money": _FEN, "share": _BASIS_POINTS}.get(kind, 1)
        sheet.write_number(no, column, value / divided, styles[kind])


def _chart(book: Any, sheet: Any, name: str, rows: int, line: int) -> None:
    chart = book.add_chart({"type": "bar"})
    chart.add_series({"name": [name, 0, 1], "categories": [name, 1, 0, rows, 0], "values": [name, 1, 1, rows, 1]})
    chart.set_y_axis({"reverse": True})
    chart.set_legend({"none": True})
    sheet.insert_chart(line, 0, chart)
