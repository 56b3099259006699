"""Which items of a scheme rest on somebody's memory of a standard, and which of them were compared with its text since.

A scheme after a standard whose text was not at hand says so in its label, in both languages, until the last of these items
is confirmed; then it must not say so any more. `confirmed` in the file names page and day for each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from grading.scale import NumberRefused, number_text, read_number
from grading.schemes.document import SchemePart
from grading.schemes.index import Index
from grading.schemes.model import Item, Scheme

FROM_MEMORY = "from_memory"  # how a source was read
UNSURE_WORDS = ("尚未核实", "not confirmed")  # in the label, zh and en
Say = Callable[[str, str], None]


def check_confirmed(document: SchemePart, index: Index, say: Say) -> None:
    """Report every fault of the confirmations, and a label that says more or less than they do."""
    confirmed = {} if document.confirmed is None else document.confirmed.items
    if document.confirmed is not None and document.confirmed.standard not in document.sources:
        say("confirmed.standard", f"unknown source {document.confirmed.standard!r}")
    for code in confirmed:
        if code not in index.items_by_code:
            say(f"confirmed.items.{code}", "is no item of this scheme")
    remembered = {code for code, source in document.sources.items() if source.read == FROM_MEMORY}
    asked = [item.code for item in index.items if item.basis != "own" and not remembered.isdisjoint(item.source)]
    if not asked:
        return
    waiting = [code for code in asked if code not in confirmed]
    for language, words in zip(("zh", "en"), UNSURE_WORDS, strict=True):
        says = words in getattr(document.meta.label, language)
        if waiting and not says:
            say(f"meta.label.{language}", f"must say {words!r}: {len(waiting)} items are not confirmed, first {waiting[0]}")
        if not waiting and says:
            say(f"meta.label.{language}", f"must not say {words!r} any more: every item is confirmed")


def to_confirm(scheme: Scheme) -> tuple[Item, ...]:
    """The items that name a source known from memory only, in the order of the form; our own rules are none of them."""
    remembered = {code for code, source in scheme.sources.items() if source.detail.get("read") == FROM_MEMORY}
    return tuple(item for item in scheme.items if item.basis != "own" and not remembered.isdisjoint(item.source))


def unconfirmed(scheme: Scheme) -> tuple[Item, ...]:
    """Those of them that nobody has confirmed in the scheme's file."""
    return tuple(item for item in to_confirm(scheme) if item.code not in scheme.confirmed)


def points(item: Item) -> dict[str, str]:
    """What each answer of an item costs in points, as text: of options that are no good answer, marks and bands.

    A band is named by its edge (`>=80`, or `<=48` where the bands rise). Empty for an item that costs no points.
    """
    costs = {option.value: option.deduct for option in item.options if option.state in (None, "defect")}
    costs |= {mark.value: mark.outcome.deduct for mark in item.marks}
    costs |= {f"{'<=' if item.ascending_max else '>='}{number_text(band.edge)}": band.outcome.deduct for band in item.bands}
    return {answer: number_text(cost) for answer, cost in costs.items()} if any(costs.values()) else {}


def points_text(costs: Mapping[str, str]) -> str:
    """`B 1.5, C 3`: as people write it, and `read_points` reads it."""
    return ", ".join(f"{answer} {cost}" for answer, cost in costs.items())


def read_points(text: str, answers: Iterable[str]) -> dict[str, str] | None:
    """The points that somebody wrote for exactly these answers, in any order; None when it cannot be read so."""
    known = list(answers)
    found: dict[str, str] = {}
    for part in text.replace("，", ",").replace("；", ",").replace(";", ",").replace("\n", ",").split(","):
        words = part.split()
        if not words:
            continue
        if len(words) != 2 or words[0] not in known or words[0] in found or not _is_points(words[1]):
            return None
        found[words[0]] = number_text(Decimal(words[1]))
    return {answer: found[answer] for answer in known} if found.keys() == set(known) else None


def _is_points(text: str) -> bool:
    try:
        read_number(text, Decimal(0), Decimal(1000), 2)
    except NumberRefused:
        return False
    return True
