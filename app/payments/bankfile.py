"""Files that pass between us and the bank: statements that are read, payment files that are written. Plain values only.

A statement is a CSV with a head. Its columns are found by name (``COLUMNS``; other names by the setting ``bank_columns``), in
any order; what else is in it is not read. A row that cannot be read is left out and named; the others count.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import secrets
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.kernel.money import MAX_FEN, yuan_text
from app.kernel.text import N_
from app.payments.errors import StatementUnreadable

# What a row must or may say -> the heads under which it is found.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "number": ("number", "流水号"),  # the bank's own number of the row
    "day": ("day", "日期"),  # 2026-11-30, 2026/11/30 or 20261130
    "amount": ("amount", "金额"),  # yuan; with a minus sign it left the account
    "currency": ("currency", "币种"),
    "name": ("name", "对方户名"),
    "account": ("account", "对方账号"),
    "memo": ("memo", "附言"),  # where the reference stands
}
MUST = ("number", "day", "amount", "memo")
WORDS_OF_CURRENCY = {"CNY": ("RMB", "人民币")}
LARGEST_BYTES, MOST_ROWS = 2_000_000, 20_000
LONGEST_NUMBER, LONGEST_TEXT = 64, 200

NUMBER, DAY, MONEY, CURRENCY, SHORT, SENDER, REUSED = "number", "day", "amount", "currency", "columns", "sender", "reused"
FAULT_WORDS = {
    NUMBER: N_("The bank's number is missing or too long."),
    DAY: N_("The day cannot be read; write it like 2026-11-30."),
    MONEY: N_("The amount cannot be read; write it like 2380.50, with a minus sign when it left the account."),
    CURRENCY: N_("It is in another currency than the account."),
    SHORT: N_("The row has fewer columns than the head."),
    SENDER: N_("It does not say from whom it came: nothing could be sent back. Complete name and account and read it again."),
    REUSED: N_("A row with the same number and other values was read before. Nothing of this one counts."),
}

_DAY = re.compile(r"(\d{4})([-/]?)(\d{2})\2(\d{2})", re.ASCII)
_AMOUNT = re.compile(r"([+-]?)(\d{1,9})(?:\.(\d{1,2}))?", re.ASCII)
_NUMBER = re.compile(r"[\x21-\x7e]{1,64}")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base32: no letter that is taken for a digit
_REFERENCE = re.compile(rf"(?=(X[PT])([{_ALPHABET}ILO]{{8}}))")  # they may overlap: what is around one is not ours
_MISREAD = str.maketrans("ILO", "110")
PAYER, OURS = "XP", "XT"  # the beginning of a payer's reference, and of a transfer of ours


@dataclass(frozen=True)
class Line:
    """One row of a statement. ``amount_fen``: positive came in."""

    number: str
    booked_on: date
    amount_fen: int
    currency: str
    name: str
    account: str
    memo: str

    @property
    def sha256(self) -> str:
        values = (
            self.number,
            self.booked_on.isoformat(),
            str(self.amount_fen),
            self.currency,
            self.name,
            self.account,
            self.memo,
        )
        return hashlib.sha256("\x1f".join(values).encode()).hexdigest()


@dataclass(frozen=True)
class Fault:
    """A row that was left out: its line in the file (the head is 1), and a key of ``FAULT_WORDS``."""

    line: int
    fault: str


def read(data: bytes, names: Mapping[str, str], currency: str) -> tuple[list[tuple[int, Line]], list[Fault]]:
    """(line in the file, row) of each row that could be read, and the others. Raises StatementUnreadable for the whole file.

    ``names``: column -> its head in this bank's files, where it is none of ``COLUMNS``; ``currency``: the account's.
    """
    if not data:
        raise StatementUnreadable({"file": N_("The file is empty.")})
    if len(data) > LARGEST_BYTES:
        raise StatementUnreadable({"file": N_("The file is too large. Please export fewer days at once.")})
    reader = csv.reader(io.StringIO(_text(data), newline=""))
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as broken:
        raise StatementUnreadable({"file": N_("The file is no table of values separated by commas.")}) from broken
    if len(rows) > MOST_ROWS:
        raise StatementUnreadable({"file": N_("The file is too large. Please export fewer days at once.")})
    places = _places(rows[0][1] if rows else [], names)
    lines: list[tuple[int, Line]] = []
    faults: list[Fault] = []
    for number, row in rows[1:]:
        found = _line(row, places, currency)
        if isinstance(found, Line):
            lines.append((number, found))
        else:
            faults.append(Fault(number, found))
    return lines, faults


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise StatementUnreadable({"file": N_("The letters of this file cannot be read. Please save it as UTF-8 or GB 18030.")})


def _places(head: Sequence[str], names: Mapping[str, str]) -> dict[str, int]:
    heads = {cell.strip().casefold(): place for place, cell in reversed(list(enumerate(head)))}
    wanted = {column: (names[column],) if column in names else known for column, known in COLUMNS.items()}
    places = {
        column: next(heads[name.casefold()] for name in known if name.casefold() in heads)
        for column, known in wanted.items()
        if any(name.casefold() in heads for name in known)
    }
    if any(column not in places for column in MUST):
        told = N_("The first row must name the columns number, day, amount and memo (or 流水号, 日期, 金额, 附言).")
        raise StatementUnreadable({"file": told})
    return places


def _line(row: Sequence[str], places: Mapping[str, int], currency: str) -> Line | str:
    if len(row) <= max(places[column] for column in MUST):
        return SHORT
    cells = {column: row[place].strip() if place < len(row) else "" for column, place in places.items()}
    number = cells["number"].removeprefix("'")
    if not _NUMBER.fullmatch(number):
        return NUMBER
    day = _day(cells["day"])
    if day is None:
        return DAY
    fen = _fen(cells["amount"])
    if not fen:
        return MONEY
    if cells.get("currency", "").upper() not in ("", currency, *(WORDS_OF_CURRENCY.get(currency, ()))):
        return CURRENCY
    name, account, memo = (_short(cells.get(column, "")) for column in ("name", "account", "memo"))
    if fen > 0 and not (name and account):
        return SENDER
    return Line(number, day, fen, currency, name, account, memo)


def _day(text: str) -> date | None:
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:  # the 31st of November
        return None


def _fen(text: str) -> int:
    """0 for what is no amount, and for none."""
    found = _AMOUNT.fullmatch(text.replace(",", "").replace("−", "-"))
    if found is None:
        return 0
    sign, yuan, cents = found.groups()
    fen = int(yuan) * 100 + int((cents or "").ljust(2, "0"))
    return 0 if fen > MAX_FEN else -fen if sign == "-" else fen


def _short(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:LONGEST_TEXT]


def new_reference(beginning: str) -> str:
    """A reference that can be typed: ten letters and digits, none of which is taken for another."""
    return beginning + "".join(secrets.choice(_ALPHABET) for _ in range(8))


def references_in(memo: str) -> list[str]:
    """Every reference of ours that a text may hold, however it was typed: spaces, dashes, small letters, O for 0."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKC", memo).upper() if letter.isalnum())
    return list(dict.fromkeys(found[1] + found[2].translate(_MISREAD) for found in _REFERENCE.finditer(plain)))


@dataclass(frozen=True)
class Order:
    """One line of a payment file."""

    reference: str
    name: str
    account: str
    amount_fen: int
    currency: str
    kind: str


HEAD = ("reference", "name", "account", "amount", "currency", "kind")


def payment_file(orders: Iterable[Order]) -> str:
    """Transfers for the bank, as CSV with a head. A cell that a spreadsheet would take for a formula gets an apostrophe."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(HEAD)
    for each in orders:
        amount = yuan_text(each.amount_fen)
        cells = (each.reference, each.name, each.account, amount, each.currency, each.kind)
        writer.writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠") else cell


def masked(name: str, account: str) -> tuple[str, str]:
    """What staff see of the other side without opening it: the first letter, the last four digits."""
    return (f"{name[0]}**" if name else ""), (f"****{account[-4:]}" if account else "")


__all__ = ["Fault", "Line", "Order", "masked", "new_reference", "payment_file", "read", "references_in"]
