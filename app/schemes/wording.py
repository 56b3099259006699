"""Words for what the pages show of schemes and their differences: message ids, translated where they are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.kernel.text import N_
from grading import Item
from grading.scale import number_text
from grading.schemes.changes import Change

WHERE = {
    "head": N_("The scheme as a whole"),
    "section": N_("Section %(code)s"),
    "item": N_("Item %(code)s"),
    "tier": N_("Tier %(code)s"),
    "rule": N_("Rule %(code)s over several items"),
    "fact": N_("Fact %(code)s"),
    "type": N_("Type %(code)s"),
    "source": N_("Source %(code)s"),
    "other": N_("Other part: %(code)s"),
}
STATES = {"added": N_("Added"), "removed": N_("Taken out"), "changed": N_("Changed")}
KINDS = {
    "words": N_("Words"),
    "points": N_("Points deducted"),
    "tier": N_("Tiers and status"),
    "conditions": N_("Conditions"),
    "basis": N_("Basis and sources"),
    "answers": N_("Answers"),
    "where": N_("Place and instrument"),
    "order": N_("Order"),
    "validity": N_("Version and days"),
}
BASES = {
    "published": N_("as its source says"),
    "derived": N_("after its source, the figure is ours"),
    "own": N_("our own rule"),
}
CONFIRMATIONS = {
    "in_file": N_("confirmed"),
    "confirmed": N_("confirmed, in the next revision"),
    "differs": N_("the standard differs"),
    "to_check": N_("read by one person"),
    "open": N_("not confirmed"),
}
TONES = {"in_file": "good", "confirmed": "good", "differs": "danger", "to_check": "attention", "open": "plain"}
_LEAVES = {
    "deduct": N_("points deducted"),
    "cap": N_("best tier still allowed"),
    "effect": N_("status that it forces"),
    "disclose": N_("must be told to a buyer"),
    "flag": N_("flag"),
    "warning": N_("warning"),
    "name": N_("name"),
    "method": N_("how it is looked at"),
    "note": N_("note"),
    "basis": N_("basis"),
    "source": N_("sources"),
    "required": N_("must be answered"),
    "severity": N_("severity"),
    "min": N_("least value"),
    "max": N_("greatest value"),
    "decimals": N_("decimals"),
    "unit": N_("unit"),
    "places": N_("where it can be measured"),
    "instrument": N_("instrument"),
    "max_deduction": N_("most points taken from the section"),
    "min_score": N_("least score"),
    "label": N_("label on reports"),
    "version": N_("version"),
    "effective_from": N_("first day"),
    "order": N_("order"),
    "edge": N_("edge of the band"),
    "value": N_("value"),
    "kind": N_("kind of item"),
    "section": N_("section"),
    "page": N_("page of the standard"),
    "day": N_("day of the reading"),
    "by": N_("read by"),
    "standard": N_("standard"),
    "meaning": N_("meaning"),
}
_PLACES = {
    "options": N_("answer %(code)s: %(what)s"),
    "marks": N_("finding %(code)s: %(what)s"),
    "bands": N_("band %(code)s: %(what)s"),
    "statuses": N_("status %(code)s: %(what)s"),
}
_PLACE = re.compile(r"(options|marks|bands|statuses)\[([^\]]*)\]")


def leaf_words(change: Change) -> tuple[str, str | None, Mapping[str, Any]]:
    """What a change is about: the message for the leaf, the message for its place (None: none), the place's values.

    A leaf without words of its own is named by its path, which is that of the file.
    """
    last = re.split(r"[.\]]", change.path.rstrip("]"))[-1].partition("[")[0]
    place = _PLACE.search(change.path)
    words = _LEAVES.get(last, change.path)
    return (words, None, {}) if place is None else (words, _PLACES[place[1]], {"code": place[2]})


def costs_of(item: Item) -> list[tuple[str, Mapping[str, str]]]:
    """What costs points at this item: (points, name of the answers in both languages), in the order of the form."""
    if item.marks:
        by_points: dict[str, list[str]] = {}
        for mark in item.marks:
            if mark.outcome.deduct:
                by_points.setdefault(number_text(mark.outcome.deduct), []).append(mark.value)
        return [(cost, {"zh": " ".join(marks), "en": " ".join(marks)}) for cost, marks in by_points.items()]
    if item.bands:
        sign = "≤" if item.ascending_max else "≥"
        return [
            (
                number_text(band.outcome.deduct),
                dict.fromkeys(("zh", "en"), f"{sign} {number_text(band.edge)} {item.unit}".strip()),
            )
            for band in item.bands
            if band.outcome.deduct
        ]
    return [(number_text(option.deduct), dict(option.name)) for option in item.options if option.deduct]
