"""Decisions on plain values: which reports need a second person, and what counts as a look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

NEW, VALUE, DRAWN = "new", "value", "drawn"
LEAST_JUDGED_PERCENT = 30  # of what is asked; our own choice: photos show about so much of a car, and nothing is no second look


def reasons_for(
    *, issued: int, first: int, value_fen: int | None, above_fen: int, drawn: int | None, percent: int
) -> tuple[str, ...]:
    """Why a report needs a second person; empty: it does not.

    ``issued``: first reports that the appraiser has issued in the category so far, ``first`` how many of them are reviewed.
    ``value_fen``: what the thing is worth, None where nothing is known; ``above_fen``: the limit, 0 for none. ``drawn``: the
    number of the draw, 0 .. 99, None where none was made; those below ``percent`` are reviewed.
    """
    found = []
    if issued < first:
        found.append(NEW)
    if above_fen and value_fen is not None and value_fen > above_fen:
        found.append(VALUE)
    if drawn is not None and drawn < percent:
        found.append(DRAWN)
    return tuple(found)


def least_judged(asked: int) -> int:
    """How many of so many questions must be judged: rounded up, at least one."""
    return max(1, -(-asked * LEAST_JUDGED_PERCENT // 100))


def differing(asked: Sequence[str], own: Mapping[str, str], first: Mapping[str, str]) -> list[dict[str, str]]:
    """What the two answered differently, in the order of the form. Marks count whatever their order.

    ``own`` holds only what was judged. A yes or no that the first person had left out is a no.
    """
    found = []
    for key in asked:
        if key not in own:
            continue
        mine, theirs = own[key], first.get(key, "")
        if _plain(mine) != _plain(theirs) and not (mine == "false" and theirs == ""):
            found.append({"key": key, "first": theirs, "second": mine})
    return found


def _plain(answer: str) -> frozenset[str]:
    return frozenset(answer.split())
