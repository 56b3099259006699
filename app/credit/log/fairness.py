"""How reported problems ended: counts, days and outcomes by category, counted from the log and from nothing else.

Small counts could name a person, so they are not told, and neither are as many others as are needed to keep them from being
worked out of the sums (``hidden_of``). Zero is told: it names nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.credit.log.scores import Fact

LEAST = 5  # smaller counts are not told; our own choice
SPAN = timedelta(days=365)  # problems that were reported within so many days
OPENED, SETTLED, DECIDED, OVERTURNED = "dispute.opened", "dispute.settled", "dispute.decided", "dispute.overturned"
ALL = "all"
REPORTED, RUNNING, NOT_SAID = "reported", "running", "not_said"
BETWEEN = ("agreed", "silence", "withdrawn", "lapsed", "overtaken", NOT_SAID)  # how it ended without a decision
RULED = ("seller_fault", "buyer_fault", "shared", "none")  # whom a decision found at fault
PARTS = (RUNNING, *BETWEEN, *RULED)  # together all that were reported

Table = dict[str, dict[str, int]]
Cell = tuple[str, str]  # category, what is counted


@dataclass(frozen=True, slots=True)
class Column:
    """One category. A count is None where it is not told; ``days``: half of the ended ones took at most so many, nine of ten at
    most so many; None where too few have ended. ``overturned``: decisions that no longer count."""

    category: str
    counts: Mapping[str, int | None]
    overturned: int | None
    days: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Fairness:
    as_of: date
    log_size: int
    columns: tuple[Column, ...]  # all together first

    def rows(self) -> list[tuple[str, str, int | None]]:
        """(category, what, count), as the file holds them."""
        found: list[tuple[str, str, int | None]] = []
        for column in self.columns:
            found += [(column.category, name, column.counts[name]) for name in (REPORTED, *PARTS)]
            found.append((column.category, "overturned", column.overturned))
            half, most = column.days or (None, None)
            found += [(column.category, "days_half", half), (column.category, "days_nine_of_ten", most)]
        return found


def fairness_of(facts: Iterable[Fact], as_of: date, log_size: int) -> Fairness:
    """By the events before ``log_size``, on that day."""
    known = [fact for fact in facts if fact.idx < log_size and fact.day <= as_of]
    ends: dict[str, Fact] = {}
    for fact in sorted((f for f in known if f.type in (SETTLED, DECIDED)), key=lambda each: each.idx, reverse=True):
        ends[_problem(fact)] = fact  # the first end of a problem is the one that counts
    gone = {ref for fact in known if fact.type == OVERTURNED for ref in fact.refs}
    opened = [fact for fact in known if fact.type == OPENED and fact.day > as_of - SPAN]
    categories = (ALL, *sorted({str(fact.data["category"]) for fact in opened}))
    told = {name: [fact for fact in opened if name in (ALL, fact.data["category"])] for name in categories}
    table = {name: _counts(rows, ends) for name, rows in told.items()}
    hidden = hidden_of(table)
    columns = []
    for name, rows in told.items():
        ended = [(fact, ends[_problem(fact)]) for fact in rows if _problem(fact) in ends]
        lost = sum(end.leaf in gone for _fact, end in ended)
        counts = {key: None if (name, key) in hidden else count for key, count in table[name].items()}
        columns.append(Column(name, counts, None if 0 < lost < LEAST else lost, _days(ended)))
    return Fairness(as_of, log_size, tuple(columns))


def hidden_of(table: Table) -> set[Cell]:
    """Which counts are not told: those from 1 to 4, and others until none of them follows from a sum.

    Each category's parts sum to what was reported, and each count of all categories to that of all together. A sum gives
    nothing away when at least two of its counts are not told that are ``LEAST`` or more together, or none.
    """
    hidden = {(name, key) for name, counts in table.items() for key, count in counts.items() if 0 < count < LEAST}
    names = [name for name in table if name != ALL]
    sums = [([(name, key) for key in PARTS], (name, REPORTED)) for name in table]
    sums += [([(name, key) for name in names], (ALL, key)) for key in (REPORTED, *PARTS)]
    is_open = True
    while is_open:
        is_open = False
        for parts, whole in sums:
            more = _to_hide(table, hidden, parts, whole)
            if more is not None:
                hidden.add(more)
                is_open = True
        for cell in sorted(hidden):
            more = _next_in(table, hidden, cell[0]) if _follows(hidden, cell) else None
            if more is not None:
                hidden.add(more)
                is_open = True
    return hidden


def _follows(hidden: set[Cell], cell: Cell) -> bool:
    """Whether a count follows from several sums together. Every count stands in two sums, its category's and its own over all
    categories: it follows when nothing else that is not told leads from the one to the other."""
    others, reached, todo = hidden - {cell}, {(0, cell[0])}, [(0, cell[0])]
    while todo:
        side, name = todo.pop()
        for other in others:
            if other[side] == name and (1 - side, other[1 - side]) not in reached:
                reached.add((1 - side, other[1 - side]))
                todo.append((1 - side, other[1 - side]))
    return (1, cell[1]) not in reached


def _next_in(table: Table, hidden: set[Cell], name: str) -> Cell | None:
    """The smallest count of a category that is told so far."""
    told = [(name, key) for key, count in table[name].items() if count and (name, key) not in hidden]
    return min(told, key=lambda cell: table[cell[0]][cell[1]], default=None)


def _to_hide(table: Table, hidden: set[Cell], parts: Sequence[Cell], whole: Cell) -> Cell | None:
    """One more count that must not be told, for this sum; None when it gives nothing away."""

    def count(cell: Cell) -> int:
        return table[cell[0]][cell[1]]

    unknown = [cell for cell in parts if cell in hidden]
    if not unknown:  # the whole follows from its parts
        return min((cell for cell in parts if count(cell)), key=count, default=None) if whole in hidden else None
    if whole in hidden or (len(unknown) > 1 and sum(map(count, unknown)) >= LEAST):
        return None
    return min((cell for cell in parts if cell not in hidden and count(cell)), key=count, default=whole)


def _problem(fact: Fact) -> str:
    return str(fact.data.get("problem") or fact.data["order"])


def _counts(rows: Sequence[Fact], ends: Mapping[str, Fact]) -> dict[str, int]:
    counts = dict.fromkeys((REPORTED, *PARTS), 0)
    counts[REPORTED] = len(rows)
    for fact in rows:
        end = ends.get(_problem(fact))
        counts[RUNNING if end is None else str(end.data.get("outcome") or NOT_SAID)] += 1
    return counts


def _days(ended: Sequence[tuple[Fact, Fact]]) -> tuple[int, int] | None:
    took = sorted(max(0, (end.day - fact.day).days) for fact, end in ended)
    return (took[(len(took) - 1) // 2], took[(9 * len(took) - 1) // 10]) if len(took) >= LEAST else None
