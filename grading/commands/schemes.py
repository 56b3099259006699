"""`schemes`, `show SCHEME`, `check-scheme FILE.yaml`: look at schemes."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from grading.commands.console import read_bytes, show
from grading.engine import wording
from grading.equivalents import MARKS, equivalents
from grading.errors import Words
from grading.scale import number_text
from grading.schemes import Item, Option, Scheme, Tier, list_schemes, load_scheme, read_scheme
from grading.schemes.changes import plain, whole
from grading.schemes.knowledge import Figure
from grading.schemes.model import Mark

if TYPE_CHECKING:
    from grading.commands.console import Commands


def add(commands: Commands) -> None:
    """Declare `schemes`, `show` and `check-scheme`."""
    listing = commands.add_parser("schemes", help="list the schemes of this package")
    listing.set_defaults(run=_list)
    showing = commands.add_parser("show", help="show a scheme: items, sections, tiers, sources, and on what each figure rests")
    showing.add_argument("scheme", help="its id, or one revision: ID/r2")
    showing.set_defaults(run=_show)
    for parser in (listing, showing):
        parser.add_argument("--json", action="store_true", help="as JSON")
    check = commands.add_parser("check-scheme", help="check a scheme file and say every fault")
    check.add_argument("file", type=Path, help="a YAML file")
    check.set_defaults(run=_check_scheme)


def _list(given: argparse.Namespace) -> int:
    schemes = {reference: load_scheme(reference) for reference in list_schemes()}
    if given.json:
        show([_head(scheme) for scheme in schemes.values()])
    else:
        print("\n".join(_head_line(reference, scheme) for reference, scheme in schemes.items()))
    return 0


def _show(given: argparse.Namespace) -> int:
    scheme = load_scheme(given.scheme)
    if given.json:
        show({**whole(scheme), "equivalents": {tier.code: _equivalents(scheme, tier) for tier in scheme.tiers}})
    else:
        print("\n".join(_lines(scheme)))
    return 0


def _check_scheme(given: argparse.Namespace) -> int:
    scheme = read_scheme(given.file.name, read_bytes(given.file))
    show({"scheme": scheme.id, "sha256": scheme.sha256, "sections": len(scheme.sections), "items": len(scheme.items)})
    return 0


def _head(scheme: Scheme) -> dict[str, object]:
    return {
        name: plain(getattr(scheme, name))
        for name in ("reference", "id", "version", "category", "effective_from", "effective_until", "label", "sha256")
    }


def _head_line(reference: str, scheme: Scheme) -> str:
    until = "" if scheme.effective_until is None else f" to {scheme.effective_until}"
    head = f"{reference}  version {scheme.version}  {scheme.category}"
    return f"{head}  from {scheme.effective_from}{until}  {_both(scheme.label)}"


def _lines(scheme: Scheme) -> Iterator[str]:
    """A scheme for reading: everything that decides a grade, each figure with its basis and sources."""
    yield _head_line(scheme.reference, scheme)
    yield _both(scheme.name)
    yield f"sha256 {scheme.sha256}"
    if scheme.facts:
        yield "\nFacts"
    for fact in scheme.facts:
        parts = [fact.kind, "required" if fact.required else "optional", *([fact.unit] if fact.unit else [])]
        yield f"  {fact.key}  {_both(fact.name)}  [{', '.join(parts)}]{'  ' + _both(fact.hint) if fact.hint else ''}"
        yield from (f"      {value}  {_both(name)}" for value, name in fact.options.items())
    if scheme.types:
        yield "\nTypes"
    for kind in scheme.types.values():
        yield f"  {kind.code}  {_both(kind.name)}"
        yield from (f"      {name}  {word}" for name, word in kind.words.items())
        yield from (f"      {name}  {_figure(figure)}" for name, figure in kind.figures.items())
    for section in scheme.sections:
        yield f"\n{section.code}  {_both(section.name)}  ({section.kind}, at most {number_text(section.max_deduction)} points)"
        for item in section.items:
            yield f"  {item.code}  {item.key}  {_both(item.name)}  [{_marks(item)}]"
            if item.method is not None:
                yield f"      {_both(item.method)}"
            yield from (f"      {answer}" for answer in _answers(item, scheme))
    if scheme.cross_rules:
        yield "\nRules over several findings"
    for rule in scheme.cross_rules:
        words = wording.cross_consequences(rule, scheme)
        yield f"  {rule.code}  {_both(rule.name)}: {_both(words)}  [{rule.basis}: {', '.join(rule.source)}]"
    yield "\nTiers, best first"
    for tier in scheme.tiers:
        yield f"  {_tier(tier)}"
        for one in equivalents(scheme, tier.code):
            if one.grade is not None:
                yield f"      {_both(one.scale.name)}: {one.grade}  ({_both(MARKS[one.mark])})"
    yield "\nStatuses, strictest first"
    yield from (f"  {status.code}  {_both(status.name)}: {_both(status.meaning)}" for status in scheme.statuses)
    yield "\nSources"
    for source in scheme.sources.values():
        detail = "".join(f"; {name} {value}" for name, value in source.detail.items())
        yield f"  {source.code}  {source.title}  ({source.kind}{detail})"


def _figure(figure: Figure) -> str:
    rows = {"": figure.value} if isinstance(figure.value, Decimal) else figure.value
    said = ", ".join(f"{row} {number_text(value)}".strip() for row, value in rows.items())
    note = "" if figure.note is None else f"  {_both(figure.note)}"
    return f"{said}  [{figure.basis}: {', '.join(figure.source)}]{note}"


def _marks(item: Item) -> str:
    needed = "required" if item.required else f"one of {item.required_any}" if item.required_any else "optional"
    kind = item.kind if item.severity is None else f"{item.severity} {item.kind}"
    parts = [kind, needed, "computed"] if item.computed else [kind, needed]
    where = [f"at: {', '.join(item.places)}"] if item.places else []
    tool = [f"with: {item.instrument}"] if item.instrument else []
    return "; ".join([", ".join(parts), f"{item.basis}: {', '.join(item.source)}", *where, *tool])


def _answers(item: Item, scheme: Scheme) -> Iterator[str]:
    answers: list[Option | Mark] = [*item.options, *item.marks]
    for answer in answers:
        yield f"{answer.value}  {_both(answer.name)}: {_both(wording.consequences(answer.outcome, scheme))}"
    for index, band in enumerate(item.bands):
        words = wording.joined(wording.band_name(item, index, None), wording.consequences(band.outcome, scheme))
        yield _both(words)


def _tier(tier: Tier) -> str:
    least = "by status only" if tier.min_score is None else f"from {number_text(tier.min_score)}"
    return f"{tier.code}  {_both(tier.name)}  {least}"


def _both(words: Words) -> str:
    return words.zh if words.zh == words.en else f"{words.zh} / {words.en}"


def _equivalents(scheme: Scheme, tier: Tier) -> list[dict[str, object]]:
    return [{"scale": one.scale.key, "grade": one.grade, "mark": one.mark} for one in equivalents(scheme, tier.code)]
