"""A price table as it lies on the disk: CSV, plain or gzipped, every cell a text. Reading numbers out of cells."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import math
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from grading.pricing.errors import TableRefused

__all__ = [
    "Bounds",
    "Floats",
    "Table",
    "read_moment",
    "read_number",
    "read_numbers",
    "read_table",
    "read_word",
    "table_in",
    "table_of",
]

Floats = npt.NDArray[np.float64]

_LARGEST_CELL = 1_000_000
_NOTHING = frozenset(
    [
        "",
        *[
            "-",
            "--",
            "—",
            "——",
            "?",
            "？",
            "na",
            "n/a",
            "nan",
            "<na>",
            "nat",
            "null",
            "none",
            "nil",
            "unknown",
            "未知",
            "不详",
            "暂无",
            "无数据",
        ],
    ],
)
_TIMES = {"": 1.0, "k": 1e3, "千": 1e3, "万": 1e4, "百万": 1e6, "亿": 1e8}
_NUMBER = re.compile(r"^[^\d+\-.]{0,4}?([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(百万|万|千|亿|k(?![a-z]))?\s*([^\d]{0,12})$")


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of texts, all `n_rows` long; `sha256` of the uncompressed bytes ("" for a table made in memory)."""

    columns: Mapping[str, Sequence[str]]
    n_rows: int
    sha256: str = ""
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> Sequence[str]:
        """The cells of a column; empty texts where the table does not have it."""
        found = self.columns.get(name)
        return [""] * self.n_rows if found is None else found

    def rows(self, chosen: Iterable[int]) -> Table:
        """The chosen rows in that order."""
        index = [int(one) for one in chosen]
        return Table({name: [cells[i] for i in index] for name, cells in self.columns.items()}, len(index))


def table_of(rows: Sequence[Mapping[str, object]]) -> Table:
    """Rows given as mappings (from JSON or a form) as a table; None and absent names are empty cells."""
    names = dict.fromkeys(str(name) for row in rows for name in row)
    return Table({name: [_cell(row.get(name)) for row in rows] for name in names}, len(rows))


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a file from somebody else may hold: bytes when unpacked, rows, columns, cells in all."""

    n_bytes: int
    rows: int
    columns: int
    cells: int


def read_table(file: Path) -> Table:
    """The table in a CSV file (gzipped or not, by its first bytes; UTF-8, else GB 18030). Raises TableRefused.

    Blank lines are no rows. A row that is too short has empty cells at its end; cells beyond the header are left out and
    noted.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise TableRefused(f"{file}: cannot be read: {error}", file=str(file), fault="unreadable") from error
    return table_in(data, str(file))


def table_in(data: bytes, name: str, bounds: Bounds | None = None) -> Table:
    """The same from the bytes of a file; ``name`` stands in refusals. With ``bounds`` never more is unpacked or kept.

    Raises TableRefused; its detail ``fault``: unreadable, too_large, not_csv, empty or twice (with ``column``).
    """
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(data, name, bounds)
    if bounds is not None and len(data) > bounds.n_bytes:
        raise TableRefused(f"{name}: larger than {bounds.n_bytes} bytes", file=name, fault="too_large")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", "replace")
    csv.field_size_limit(_LARGEST_CELL)
    head = text[: text.find("\n")] if "\n" in text else text
    mark = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=mark)
    try:
        lines = _lines(reader, name, bounds)
    except csv.Error as error:
        raise TableRefused(f"{name}: not CSV: {error}", file=name, fault="not_csv") from error
    if not lines:
        raise TableRefused(f"{name}: empty", file=name, fault="empty")
    names = [each.strip() for each in lines[0]]
    twice = sorted(each for each, count in Counter(names).items() if count > 1)
    if twice:
        raise TableRefused(f"{name}: column {twice[0]!r} appears twice", file=name, fault="twice", column=twice[0])
    body, width, notes = lines[1:], len(names), []
    for index, line in enumerate(body):
        if len(line) != width:
            if len(line) > width:
                notes.append(f"row {index} has {len(line)} cells where the header has {width}; the rest was left out")
            body[index] = (line + [""] * width)[:width]
    cells: list[Sequence[str]] = list(zip(*body, strict=True)) if body else [()] * width
    return Table(dict(zip(names, cells, strict=True)), len(body), hashlib.sha256(data).hexdigest(), tuple(notes[:20]))


def _unpacked(data: bytes, name: str, bounds: Bounds | None) -> bytes:
    """Of a gzipped file at most one byte more than the bounds let: a small file may unpack to the whole memory."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            return packed.read(-1 if bounds is None else bounds.n_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise TableRefused(f"{name}: cannot be read: {error}", file=name, fault="unreadable") from error


def _lines(reader: Iterable[list[str]], name: str, bounds: Bounds | None) -> list[list[str]]:
    """Header and rows. A row counts with the header's cells: shorter ones are filled up to it."""
    lines: list[list[str]] = []
    n_cells = 0
    for line in reader:
        if not line:
            continue
        lines.append(line)
        if bounds is not None:
            n_cells += max(len(line), len(lines[0]))
            if len(line) > bounds.columns or len(lines) > bounds.rows + 1 or n_cells > bounds.cells:
                raise TableRefused(f"{name}: more rows or columns than are taken at once", file=name, fault="too_large")
    return lines


def read_word(cell: str) -> str:
    """A category, key or text as it is compared: full-width and odd spaces put right; "" where nothing is said."""
    word = " ".join(unicodedata.normalize("NFKC", cell).split())
    return "" if word.lower() in _NOTHING else word


def read_number(cell: str) -> tuple[float, bool]:
    """A number and whether the cell could be understood: plain, with separators, 万, a currency sign or a unit behind.

    Nothing said is (nan, True). What is not a number is (nan, False).
    """
    text = unicodedata.normalize("NFKC", cell).strip().lower()
    if text in _NOTHING:
        return math.nan, True
    text = re.sub(r"(?<=\d)[,_' ](?=\d{3}(?!\d))", "", text)
    text = re.sub(r"^(\d+),(\d{1,2})$", r"\1.\2", text)  # a decimal comma
    found = _NUMBER.match(text)
    if found is None:
        return math.nan, False
    try:
        value = float(found[1]) * _TIMES[found[2] or ""]
    except OverflowError:
        return math.nan, False
    return (value, True) if math.isfinite(value) else (math.nan, False)


def read_numbers(cells: Sequence[str]) -> tuple[Floats, list[int]]:
    """The numbers of a column `(n_rows,)`, nan where there is none, and the rows that could not be understood."""
    try:
        values = np.array([cell or "nan" for cell in cells], dtype=np.float64)
        return np.where(np.isfinite(values), values, np.nan), np.flatnonzero(np.isinf(values)).tolist()
    except ValueError:
        pass
    known: dict[str, tuple[float, bool]] = {}
    values, wrong = np.empty(len(cells)), []
    for row, cell in enumerate(cells):
        found = known.get(cell)
        if found is None:
            found = known[cell] = read_number(cell)
        values[row] = found[0]
        if not found[1]:
            wrong.append(row)
    return values, wrong


def read_moment(cell: str) -> float:
    """A moment as a number that grows with time: a plain number stays, a date becomes its decimal year; nan where none."""
    text = cell.strip().replace("/", "-")
    if re.fullmatch(r"\d{8}", text) and 1900 <= int(text[:4]) <= 2199:
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    try:
        return float(text)
    except ValueError:
        pass
    if re.fullmatch(r"\d{4}-\d{1,2}", text):
        text += "-1"
    text = re.sub(r"-(\d)(?=\D|$)", r"-0\1", text)
    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        return math.nan
    return day.year + (day.timetuple().tm_yday - 1 + day.hour / 24) / 366


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
