"""What a corrected revision may change, and what it keeps because the rest of the marketplace goes by it.

Words, points, limits, conditions, items, and the scores of tiers are corrected here. Statuses, tiers, facts, types and
instruments keep their names: pages, filters, records and agencies' equipment speak of them, so others make a scheme of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from app.kernel.text import N_
from grading import Scheme
from grading.schemes.changes import changes
from grading.schemes.confirming import to_confirm
from grading.schemes.reading import line_of

MESSAGES = {
    "file": "%(what)s",  # the loader's own words, which `python -m grading check-scheme` says too
    "unknown_scheme": N_("The marketplace has no scheme “%(scheme)s”. Only a scheme that is in use can be corrected."),
    "not_next": N_("The next revision of this scheme is %(next)s: please write “version: %(version)s”."),
    "not_later": N_("The revision must begin on a later day than %(day)s."),
    "has_end": N_("Leave out effective_until: a revision holds until the next one begins."),
    "day_differs": N_("The file begins on %(in_file)s, but %(typed)s was typed beside it."),
    "no_change": N_("The file says the same as the revision before it."),
    "category": N_("The category must stay “%(was)s”."),
    "statuses": N_("The statuses must stay as they are: %(was)s."),
    "tiers": N_("The tiers must keep their codes, their names and their order: %(was)s."),
    "fact_gone": N_("The fact “%(fact)s” must stay, with its kind and its answers: pages and checks of the marketplace give it."),
    "fact_required": N_("The fact “%(fact)s” cannot be required: inspections do not ask for it."),
    "types": N_("The types must stay as they are: %(was)s."),
    "instruments": N_("The instrument “%(instrument)s” is not in the register of equipment."),
    "certificate": N_("The fields of the certificates (erasure, record of tests) must stay as they are."),
    "shown": N_("Whether sections show points left or points deducted must stay as it is."),
    "unconfirmed": N_(
        "Nobody has confirmed item %(item)s, so it must keep its basis and a source that says “from_memory”, or be taken out."
    ),
    "not_read": N_("Item %(item)s is called confirmed, but no two people of an agency have found it so in the standard."),
    "read_otherwise": N_("Item %(item)s differs from what two people read on page %(page)s of the standard."),
    "page_differs": N_("Item %(item)s was read on page %(page)s: page and day must be those of the reading."),
}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a file: where, and which message of MESSAGES with its values. ``line``: in the file, from 1.

    ``words``: the message itself, where another room said it.
    """

    path: str
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
    line: int | None = None
    words: str = ""

    @property
    def message(self) -> str:
        return self.words or MESSAGES[self.code]


def order_faults(older: Scheme, newer: Scheme, today: date, typed: date | None) -> Iterator[Fault]:
    """Is it the next revision, from a day that has not begun, as it was announced?"""
    expected = f"r{older.number + 1}"
    if newer.revision != expected:
        ending = older.version.partition("/")[0]
        yield Fault("meta.version", "not_next", {"next": expected, "version": f"{ending}/{expected}"})
    least = max(today, older.effective_from)
    if newer.effective_from <= least:
        yield Fault("meta.effective_from", "not_later", {"day": least.isoformat()})
    if newer.effective_until is not None:
        yield Fault("meta.effective_until", "has_end")
    if typed is not None and typed != newer.effective_from:
        values = {"in_file": newer.effective_from.isoformat(), "typed": typed.isoformat()}
        yield Fault("meta.effective_from", "day_differs", values)
    if all({change.kind for change in subject.changes} == {"validity"} for subject in changes(older, newer)):
        yield Fault("", "no_change")


def kept_faults(older: Scheme, newer: Scheme) -> Iterator[Fault]:
    """Does it keep what the marketplace goes by?"""
    if newer.category != older.category:
        yield Fault("meta.category", "category", {"was": older.category})
    if newer.status_order != older.status_order:
        yield Fault("meta.statuses", "statuses", {"was": ", ".join(older.status_order)})
    if [(tier.code, tier.name) for tier in newer.tiers] != [(tier.code, tier.name) for tier in older.tiers]:
        yield Fault("tiers", "tiers", {"was": ", ".join(f"{tier.code} {tier.name.zh}" for tier in older.tiers)})
    if newer.types.keys() != older.types.keys() or newer.type_fact != older.type_fact:
        yield Fault("types", "types", {"was": ", ".join(older.types) or "–"})
    if newer.points_shown != older.points_shown:
        yield Fault("meta.points_shown", "shown")
    for key in newer.instruments:
        if key not in older.instruments:
            yield Fault(f"instruments.{key}", "instruments", {"instrument": key})
    yield from _facts(older, newer)
    for name in ("erasure_certificate", "test_record"):
        old, new = getattr(older, name), getattr(newer, name)
        if (old is None) != (new is None) or (old is not None and old.required_fields != new.required_fields):
            yield Fault(name, "certificate")
    waiting = {item.code for item in to_confirm(newer)}
    for item in to_confirm(older):
        if item.code not in newer.confirmed and item.code not in waiting and item.code in newer.items_by_code:
            yield Fault(place_of(newer, item.code), "unconfirmed", {"item": item.code})


def located(faults: Iterable[Fault], lines: Mapping[str, int]) -> tuple[Fault, ...]:
    """The faults with their lines, in the order of the file."""
    found = [replace(fault, line=line_of(fault.path, dict(lines))) for fault in faults]
    return tuple(sorted(found, key=lambda fault: fault.line or 0))


def _facts(older: Scheme, newer: Scheme) -> Iterator[Fault]:
    now = {fact.key: fact for fact in newer.facts}
    for fact in older.facts:
        new = now.get(fact.key)
        if new is None or new.kind != fact.kind or not fact.options.keys() <= new.options.keys():
            yield Fault(f"facts.{fact.key}", "fact_gone", {"fact": fact.key})
    was = {fact.key: fact.required for fact in older.facts}
    for fact in newer.facts:
        if fact.required and not was.get(fact.key, False):
            yield Fault(f"facts.{fact.key}", "fact_required", {"fact": fact.key})


def place_of(scheme: Scheme, code: str) -> str:
    """Where an item stands in the file; "" for a code that it does not have."""
    for number, section in enumerate(scheme.sections):
        for position, item in enumerate(section.items):
            if item.code == code:
                return f"sections[{number}].items[{position}]"
    return ""
