"""Which numbers of an inspection are read from an instrument, and of which kind it has to be."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from app.appraisal.guidance import measures_by_key
from app.appraisal.rules import typed_facts
from grading import Item, Scheme


@cache
def kinds_measured(scheme: Scheme) -> dict[str, str]:
    """Key of a number -> the kind of instrument it is read from: items, what they are computed from, measures, in this order."""
    found = {item.key: kind for item, kind in _measuring_items(scheme) if not item.computed}
    found |= {key: kind for item, kind in _measuring_items(scheme) for key in _read_for(scheme, item)}
    return found | {key: measure.instrument for key, measure in measures_by_key(scheme).items()}


@cache
def demanded_for(scheme: Scheme) -> dict[str, str]:
    """Key of a measured number -> the required item that it answers, or out of which that is computed."""
    found = {}
    for item, _kind in _measuring_items(scheme):
        if item.required:
            found |= dict.fromkeys(_read_for(scheme, item), item.key)
            found[item.key] = item.key
    return found


@cache
def measure_names(scheme: Scheme) -> dict[str, dict[str, str]]:
    """Key of a measure (item.measure) -> what it measures, and where."""
    items = scheme.items_by_key
    return {
        key: {
            "zh": f"{items[key.partition('.')[0]].name['zh']}：{measure.name['zh']}",
            "en": f"{items[key.partition('.')[0]].name['en']}: {measure.name['en']}",
        }
        for key, measure in measures_by_key(scheme).items()
    }


def _measuring_items(scheme: Scheme) -> Iterator[tuple[Item, str]]:
    return ((item, item.instrument) for item in scheme.items if item.kind == "number" and item.instrument is not None)


def _read_for(scheme: Scheme, item: Item) -> list[str]:
    """The numbers of which a computed item is made at the first step; deeper ones are limits and ratings, not measured."""
    steps = {each.key: each.of for each in scheme.derived}
    made_of = steps.get(item.computed_from or "", ())
    return [fact.key for fact in typed_facts(scheme) if fact.kind == "number" and fact.key in made_of]
