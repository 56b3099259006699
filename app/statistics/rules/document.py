"""The document of a closed period: canonical, whole numbers only, with everything that is needed to compute it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.statistics.rules.counting import DIMENSIONS, FAMILIES, METHOD, Fact, Place, Sheet, count, told
from app.statistics.rules.hiding import LEAST, Hidden, hide
from app.statistics.rules.periods import Period, period_at

FORMAT = "xunyi.statistics/1"
Told = dict[str, dict[str, dict[str, dict[str, int] | None]]]  # dimension -> family -> cell -> figures; None: hidden


@dataclass(frozen=True)
class Closing:
    """What a document says of its own making."""

    closed_at: str
    log_size: int
    log_root: str
    facts_sha256: str
    query_sha256: str


def document(
    period: Period, facts: Iterable[Fact], before: Mapping[Period, Mapping[str, Hidden]], closing: Closing
) -> dict[str, Any]:
    """The published tables of a period. ``facts``: all of it; ``before``: its closed parts -> family -> what is hidden there."""
    return {
        "format": FORMAT,
        "method": METHOD,
        "period": period.name,
        "kind": period.kind,
        "from": period.first.isoformat(),
        "until": period.last.isoformat(),
        "least": LEAST,
        "closed_at": closing.closed_at,
        "log": {"size": closing.log_size, "root": closing.log_root},
        "facts_sha256": closing.facts_sha256,
        "query_sha256": closing.query_sha256,
        "tables": tables(period, list(facts), before),
    }


def tables(period: Period, facts: list[Fact], before: Mapping[Period, Mapping[str, Hidden]]) -> Told:
    """Dimension by dimension, family by family, what is told; a cell that is not there is zero."""
    sheets = sheets_of(period, facts, before)
    found: Told = {dimension: {} for dimension in DIMENSIONS}
    for name, family in FAMILIES.items():
        of_family = {each: own[name] for each, own in sheets.items() if family.adds_up or each == period}
        hidden = hide(period, family, of_family, {each: before[each][name] for each in of_family if each != period})
        for place in sorted(of_family[period]):
            dimension, cell = place
            figures = None if place in hidden else told(of_family[period][place], family)
            found[dimension].setdefault(name, {})[cell] = figures
    return found


def sheets_of(period: Period, facts: list[Fact], parts: Iterable[Period]) -> dict[Period, dict[str, Sheet]]:
    """The cells of the period and of those of its parts that are closed."""
    by_part: dict[Period, list[Fact]] = {part: [] for part in parts}
    kinds = {part.kind for part in by_part}
    for fact in facts:
        for kind in kinds:
            part = period_at(fact.at, kind)
            if part in by_part:
                by_part[part].append(fact)
    return {**{part: count(own) for part, own in by_part.items()}, period: count(facts)}


def sheet_told(content: Mapping[str, Any]) -> dict[str, Hidden]:
    """Family -> what is hidden in a published document."""
    found: dict[str, set[Place]] = {name: set() for name in FAMILIES}
    for dimension, families in content["tables"].items():
        for name, cells in families.items():
            found[name] |= {(dimension, cell) for cell, figures in cells.items() if figures is None}
    return {name: frozenset(places) for name, places in found.items()}


def differences(published: Mapping[str, Any], computed: Mapping[str, Any]) -> list[str]:
    """Every difference between two documents, cell by cell."""
    heads = [
        f"{name}: published {published.get(name)}, computed {computed.get(name)}"
        for name in sorted((published.keys() | computed.keys()) - {"tables"})
        if published.get(name) != computed.get(name)
    ]
    old, new = _flat(published.get("tables", {})), _flat(computed.get("tables", {}))
    return heads + [
        f"{' / '.join(place)}: published {_said(old, place)}, computed {_said(new, place)}"
        for place in sorted(old.keys() | new.keys())
        if _said(old, place) != _said(new, place)
    ]


Flat = dict[tuple[str, ...], int | None]


def _flat(found: Told) -> Flat:
    """Every figure by its address; a hidden cell has one entry without a figure."""
    flat: Flat = {}
    for dimension, families in found.items():
        for family, cells in families.items():
            for cell, figures in cells.items():
                if figures is None:
                    flat[dimension, cell, family] = None
                else:
                    flat |= {(dimension, cell, family, name): value for name, value in figures.items()}
    return flat


def _said(flat: Flat, place: tuple[str, ...]) -> str:
    if place not in flat:
        return "nothing"
    return "hidden" if flat[place] is None else str(flat[place])
