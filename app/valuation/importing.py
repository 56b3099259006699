"""A price table of somebody else becomes rows of ours: a pure function of its bytes, what was chosen of it, and two days.

Words become codes of the catalogue and numbers come into our units here; what is missing, absurd or a copy is found by the
cleaning with which models are fitted, on the same cells. A price, a model or a day that cannot be used leaves its row out;
any other cell that cannot be used counts as not said. Every fault is told by column and row.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from app.kernel.money import MAX_FEN
from app.kernel.time import read_month
from app.valuation import naming
from app.valuation.asking import FACTS, Asked, Row
from app.valuation.errors import TableUnusable
from app.valuation.features import cells, columns_of, thing_of
from app.valuation.fields import Chosen, Field, fields_of
from grading.pricing.cleaning import clean
from grading.pricing.errors import TableRefused
from grading.pricing.table import Bounds, Table, read_number, read_word, table_in, table_of

BOUNDS = Bounds(n_bytes=32_000_000, rows=50_000, columns=200, cells=2_000_000)
SAMPLE = 5  # rows that are shown as they were read
EXAMPLES = 3  # cells of each column that help to choose it
LISTED = 20  # rows that a page names of each fault; the file of what was left out has all

NO_PRICE, IMPOSSIBLE, NO_MODEL, UNKNOWN_MODEL = "no_price", "impossible", "no_model", "unknown_model"
NO_DAY, FUTURE, NO_NUMBER, NO_MONTH, TOO_LATE, UNKNOWN_WORD = (
    "no_day",
    "future",
    "no_number",
    "no_month",
    "too_late",
    "unknown_word",
)
ABSURD, COPY, TOO_FEW = "absurd", "copy", "too_few"
_FAULTS = {"not a number": NO_NUMBER, "no price": NO_PRICE, "not above zero": NO_PRICE, "a copy of another row": COPY}
_FIELD_OF = {"age_months": "first_used", "grade": "score"}  # columns of a model that come from a field of another name
_ASKED_OF = {"battery": "battery_health", "score": "score_tenths", "new_price": "new_price_fen"}
_MOST = {
    "storage_gb": 1_000_000,
    "mileage_km": 5_000_000,
    "battery": 100,
    "score": 100,
    **dict.fromkeys(FACTS, 20),
    "replaced": 1,
    "works": 2,
}
_LARGEST = 1e12  # beyond every amount that is kept
_SIGNED = re.compile(r"[+-][\d.,]*\s*[万元%]{0,2}")
_DAY = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*(?:[-/.月]?\s*(\d{1,2}))?(?:\D.*)?", re.DOTALL)


@dataclass(frozen=True)
class Fault:
    """One kind of fault in one field: its rows (0-based data rows), some cells, and whether the rows were left out."""

    field: str
    code: str
    rows: tuple[int, ...]
    is_left_out: bool
    cells: tuple[str, ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """Of rows that stay only the first ones are kept."""
        rows = self.rows if self.is_left_out else self.rows[:LISTED]
        return {
            "field": self.field,
            "code": self.code,
            "count": len(self.rows),
            "rows": list(rows),
            "is_left_out": self.is_left_out,
            "cells": list(self.cells),
        }


@dataclass(frozen=True)
class Reading:
    """What a table gives: rows to keep, how many were copies or left out for another reason, and every fault."""

    n_rows: int
    rows: tuple[Row, ...]
    copies: int
    refused: int
    faults: tuple[Fault, ...]

    def to_plain(self) -> dict[str, Any]:
        """As it is stored beside the upload. ``middle_fen``: the median price."""
        prices = sorted(row.price_fen for row in self.rows)
        return {
            "rows": self.n_rows,
            "kept": len(self.rows),
            "copies": self.copies,
            "refused": self.refused,
            "faults": [fault.to_plain() for fault in self.faults],
            "middle_fen": prices[len(prices) // 2] if prices else None,
            "sample": [
                {"asked": row.asked.to_plain(), "price_fen": row.price_fen, "seen_on": row.seen_on.isoformat(), "row": row.row_no}
                for row in self.rows[:SAMPLE]
            ],
        }


def table_of_file(data: bytes) -> Table:
    """The cells of an uploaded file. Raises TableUnusable in words for the person who chose it."""
    if not data:
        raise TableUnusable("empty")
    if data[:2] == b"PK":
        raise TableUnusable("workbook")
    try:
        table = table_in(data, "table", BOUNDS)
    except TableRefused as refusal:
        values = {"rows": BOUNDS.rows, "columns": BOUNDS.columns, "size": BOUNDS.n_bytes // 1_000_000}
        raise TableUnusable(
            str(refusal.detail["fault"]), column=str(refusal.detail.get("column", ""))[:60], **values
        ) from refusal
    names = [name for name in table.columns if name]
    if any(
        unicodedata.category(letter) in ("Cc", "Cn", "Co", "Cs") or letter == "\ufffd"
        for name in names
        for letter in name
        if letter not in "\r\n\t"
    ):
        raise TableUnusable("not_text")
    if table.n_rows == 0:
        raise TableUnusable("empty")
    if len(names) < 2:
        raise TableUnusable("one_column")
    return table


def headings(table: Table) -> list[list[Any]]:
    """Every column that can be chosen: its heading, and the first cells in it that are not empty."""
    return [
        [name, list(dict.fromkeys(cell.strip()[:60] for cell in cells_of[:50] if cell.strip()))[:EXAMPLES]]
        for name, cells_of in table.columns.items()
        if name
    ]


@dataclass
class _Faults:
    """Faults while they are found."""

    table: Table
    chosen: Mapping[str, Chosen]
    rows: dict[tuple[str, str, bool], list[int]] = field(default_factory=dict)

    def add(self, name: str, code: str, rows: Sequence[int], *, left_out: bool = False) -> None:
        if rows:
            self.rows.setdefault((name, code, left_out), []).extend(rows)

    def told(self) -> Iterator[Fault]:
        for (name, code, left_out), rows in self.rows.items():
            cells = self.table.column(self.chosen[name].column) if name in self.chosen else ()
            shown = dict.fromkeys(cells[at][:40] for at in rows[:LISTED] if cells and cells[at].strip())
            yield Fault(name, code, tuple(sorted(rows)), left_out, tuple(shown)[:3])


def read(
    table: Table,
    category: str,
    chosen: Mapping[str, Chosen],
    as_of: date,
    blind: Callable[[str], str],
    progress: Callable[[int], None] = lambda _row: None,
) -> Reading:
    """The rows to keep. ``as_of``: the day of the table, of rows without one; none is later. ``blind``: a keyed hash."""
    faults = _Faults(table, chosen)
    columns = {each.name: table.column(chosen[each.name].column) for each in fields_of(category) if each.name in chosen}
    reader = _Reader(category, chosen, as_of, faults)
    usable: list[tuple[int, Asked, float, date, str]] = []
    for no in range(table.n_rows):
        if no % 1000 == 0:
            progress(no)
        found = reader.row(no, {name: read_word(column[no]) for name, column in columns.items()})
        if found is not None:
            asked, price, day, thing = found
            usable.append((no, asked, price, day, blind(f"{category}/{thing}")[:32] if thing else ""))
    kept, copies = _cleaned(category, usable, faults)
    names = [name for *_, name in kept if name]
    is_named = len(set(names)) == len(names)
    rows = tuple(Row(asked, round(price * 100), day, name if is_named else "", no) for no, asked, price, day, name in kept)
    return Reading(table.n_rows, rows, copies, table.n_rows - len(rows) - copies, tuple(faults.told()))


class _Reader:
    """Reads one row after the other; what was read once is not read again."""

    def __init__(self, category: str, chosen: Mapping[str, Chosen], as_of: date, faults: _Faults) -> None:
        self.category, self.chosen, self.as_of, self.faults = category, chosen, as_of, faults
        self.fields: Mapping[str, Field] = {each.name: each for each in fields_of(category)}
        self.known: dict[tuple[str, str], float | None] = {}

    def row(self, no: int, said: Mapping[str, str]) -> tuple[Asked, float, date, str] | None:
        """Asked, price in yuan, day and name of the row; None when it cannot be used."""
        price = self.number(no, "price", said, left_out=True)
        if price is None:
            if not said.get("price"):
                self.faults.add("price", NO_PRICE, [no], left_out=True)
            return None
        if not 0 < round(price * 100) <= MAX_FEN:
            self.faults.add("price", NO_PRICE if price <= 0 else IMPOSSIBLE, [no], left_out=True)
            return None
        model = naming.find_model(self.category, said.get("brand", ""), said.get("model", ""))
        if model is None:
            self.faults.add("model", UNKNOWN_MODEL if said.get("model") else NO_MODEL, [no], left_out=True)
            return None
        day = self.day(no, said)
        if day is None:
            return None
        told: dict[str, Any] = {name: self.whole(no, name, said) for name in ("storage_gb", "mileage_km") if name in said}
        if self.category == "phone" and told.get("storage_gb") is None:
            told["storage_gb"] = naming.size_in(said["model"])
        told["battery_health"] = self.whole(no, "battery", said)
        score = self.number(no, "score", said)
        told["score_tenths"] = None if score is None else round(score * 10)
        new = self.number(no, "new_price", said)
        told["new_price_fen"] = round(new * 100) if new is not None and 0 < round(new * 100) <= MAX_FEN else None
        told["tier"] = self.word(no, "tier", said, lambda words: naming.find_tier(self.category, words))
        told["district"] = self.word(no, "district", said, naming.find_district)
        told["energy"] = self.word(no, "energy", said, naming.find_energy) or _only(getattr(model, "energy", ()))
        for name in ("accident", "flood"):
            told[f"is_{name}"] = bool(self.word(no, name, said, naming.yes_or_no))
        if self.category == "car" and told["tier"] == "五级":  # the class of cars that had an accident; it has no points
            told["is_accident"] = True
        asked = Asked(
            self.category,
            model.brand,
            model.code,
            kind=getattr(model, "type", None) or getattr(model, "body", None),
            first_used=self.first_used(no, said, day),
            facts={name: value for name in FACTS if (value := self.whole(no, name, said)) is not None},
            **told,
        )
        return asked, price, day, said.get("thing", "")

    def number(self, no: int, name: str, said: Mapping[str, str], *, left_out: bool = False) -> float | None:
        """In our unit. What is no number, or none that is possible, is a fault."""
        words = said.get(name, "")
        if not words:
            return None
        if (name, words) not in self.known:
            value, is_number = read_number(words)
            unit = next((each for each in self.fields[name].units if each.code == self.chosen[name].unit), None)
            factor = 1.0 if unit is None or "万" in words else unit.factor
            if name == "storage_gb" and re.search(r"\d\s*T", words, re.IGNORECASE):
                factor = 1024.0
            self.known[name, words] = value * factor if is_number else None
        value = self.known[name, words]
        if value is None:
            self.faults.add(name, NO_NUMBER, [no], left_out=left_out)
        elif abs(value) > _LARGEST or (name in _MOST and not 0 <= value <= _MOST[name]):
            self.faults.add(name, IMPOSSIBLE, [no], left_out=left_out)
            return None
        return value

    def whole(self, no: int, name: str, said: Mapping[str, str]) -> int | None:
        value = self.number(no, name, said)
        return None if value is None or (name == "storage_gb" and value < 1) else round(value)

    def word(self, no: int, name: str, said: Mapping[str, str], find: Callable[[str], Any]) -> Any:
        words = said.get(name, "")
        found = find(words) if words else None
        if words and found is None:
            self.faults.add(name, UNKNOWN_WORD, [no])
        return found

    def day(self, no: int, said: Mapping[str, str]) -> date | None:
        """Of the price. A row whose day cannot be read, or has not come, is left out."""
        words = said.get("seen_on", "")
        if not words:
            return self.as_of
        found = _DAY.fullmatch(words)
        try:
            day = date(int(found[1]), int(found[2]), int(found[3] or 1)) if found else None
        except ValueError:
            day = None
        if day is None or day.year < 2000:
            self.faults.add("seen_on", NO_DAY, [no], left_out=True)
            return None
        if day > self.as_of:
            self.faults.add("seen_on", FUTURE, [no], left_out=True)
            return None
        return day

    def first_used(self, no: int, said: Mapping[str, str], day: date) -> str | None:
        words = said.get("first_used", "")
        if not words:
            return None
        if self.chosen["first_used"].unit == "month":
            found = _DAY.fullmatch(words)
            month = read_month(f"{found[1]}-{found[2]}") if found else None
            if month is None:
                self.faults.add("first_used", NO_MONTH, [no])
            elif month > day.isoformat()[:7]:
                self.faults.add("first_used", TOO_LATE, [no])
                return None
            return month
        age = self.number(no, "first_used", said)
        if age is None:
            return None
        since = day.year * 12 + day.month - 1 - round(age)
        if age < 0 or since < 1950 * 12:
            self.faults.add("first_used", IMPOSSIBLE, [no])
            return None
        return f"{since // 12:04d}-{since % 12 + 1:02d}"


def _only(values: Sequence[str]) -> str | None:
    return values[0] if len(values) == 1 else None


_Usable = tuple[int, Asked, float, date, str]


def _cleaned(category: str, usable: Sequence[_Usable], faults: _Faults) -> tuple[list[_Usable], int]:
    """What the cleaning of the models leaves of the rows, and how many were copies."""
    columns = columns_of(category)
    columns = replace(columns, time="seen_on", categorical=(*columns.categorical, "condition"))
    rows = [
        {
            **cells(thing_of(asked, day)),
            "price": price,
            "condition": asked.condition,
            "seen_on": day.isoformat(),
            **({"thing": name} if name else {}),
        }
        for _, asked, price, day, name in usable
    ]
    if not rows:
        return [], 0
    try:
        found = clean(table_of(rows), columns)
    except TableRefused:
        faults.add("price", TOO_FEW, [no for no, *_ in usable], left_out=True)
        return [], 0
    forgotten: dict[int, list[str]] = {}
    copies = 0
    for column, problem, at, is_left_out in found.report.faults:
        code = _FAULTS.get(problem, ABSURD)
        name = "thing" if code == COPY else _FIELD_OF.get(column, column)
        copies += len(at) if code == COPY else 0
        faults.add(name, code, [usable[each][0] for each in at], left_out=is_left_out)
        if not is_left_out:
            for each in at:
                forgotten.setdefault(each, []).append(name)
    return [
        (usable[at][0], _without(usable[at][1], forgotten.get(at, ())), *usable[at][2:]) for at in found.kept.tolist()
    ], copies


def _without(asked: Asked, names: Sequence[str]) -> Asked:
    """The same thing, of which something is not said."""
    if not names:
        return asked
    facts = {name: value for name, value in asked.facts.items() if name not in names}
    forgotten: dict[str, Any] = {_ASKED_OF.get(name, name): None for name in names if name not in FACTS}
    return replace(asked, facts=facts, **forgotten)


def rejects(
    table: Table, faults: Sequence[Mapping[str, Any]], reason: Callable[[Mapping[str, Any]], str], head: tuple[str, str]
) -> str:
    """The rows that were left out as CSV: as they were, with their number and reasons behind, to be corrected and sent again.

    A cell that a spreadsheet would take for a formula gets an apostrophe.
    """
    why: dict[int, list[str]] = {}
    for fault in faults:
        if fault["is_left_out"]:
            for row in fault["rows"]:
                why.setdefault(row, []).append(reason(fault))
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*map(_harmless, table.columns), *head])
    for row, reasons in sorted(why.items()):
        cells_of = [_harmless(column[row]) for column in table.columns.values()]
        writer.writerow([*cells_of, str(row + 1), "; ".join(dict.fromkeys(reasons))])
    return out.getvalue()


def _harmless(cell: str) -> str:
    is_formula = cell[:1] in ("=", "@", "\t", "\r") or (cell[:1] in ("+", "-") and not _SIGNED.fullmatch(cell))
    return f"'{cell}" if is_formula else cell
