"""Before paying: the best that an appraisal can still come to after what the owner has said, by the grading engine itself.

Everything that nobody has said is taken at its best; what was said stands. So the tier is a limit that holds already and never
a promise. It is computed by the scheme in force and never by rules of our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice, product

from app.appraisal.inspecting import computed_findings
from app.appraisal.models import Declared
from app.appraisal.rules import is_offered, suggested_facts, system_facts
from app.goods.models import Thing
from grading import FindingsError, GradeResult, Item, Scheme, grade

MOST_CASES = 256  # combinations of alternatives that are tried; beyond it the first ones decide
ROUNDS = 12
GRADED = "graded"


@dataclass(frozen=True)
class Outlook:
    """``tier`` is the best tier still possible; None when what was said already rules a grade out (then ``status`` says how)."""

    is_said: bool  # whether the owner has said anything of it
    status: str
    status_name: Mapping[str, str]
    tier: str | None
    tier_name: Mapping[str, str] | None
    reasons: tuple[Mapping[str, str], ...]  # what was said that limits the tier, or rules a grade out

    @property
    def is_best(self) -> bool:
        """Whether nothing that was said limits it."""
        return not self.reasons


@dataclass(frozen=True)
class Ending:
    """A way in which an appraisal ends without a tier: its name and what it means, in both languages."""

    code: str
    name: Mapping[str, str]
    meaning: Mapping[str, str]


def endings(scheme: Scheme) -> list[Ending]:
    """Every outcome of the scheme other than a grade, strictest first."""
    return [Ending(each.code, _both(each.name), _both(each.meaning)) for each in scheme.statuses if each.code != GRADED]


def outlook(scheme: Scheme, thing: Thing, declared: Declared | None, day: date) -> Outlook:
    """The best outcome that the owner's words leave open. Words about another scheme say nothing."""
    said = declared.findings if declared is not None and declared.scheme_id == scheme.id else []
    best: GradeResult | None = None
    for findings in _cases(said):
        result = _at_its_best(scheme, thing, findings, day)
        if result is not None and (best is None or _rank(scheme, result) < _rank(scheme, best)):
            best = result
    if best is None:  # what was said cannot be graded by this scheme: nothing follows from it
        best = _at_its_best(scheme, thing, {}, day)
        said = []
    assert best is not None
    reasons: list[Mapping[str, str]] = []
    if best.tier is None or best.status != GRADED or best.tier != scheme.tier_order[0]:
        reasons = _limits(scheme, best, said)
    return Outlook(
        is_said=bool(said),
        status=best.status,
        status_name=_both(best.status_name),
        tier=best.tier if best.status == GRADED else None,
        tier_name=_both(best.tier_name) if best.tier_name is not None and best.status == GRADED else None,
        reasons=tuple(reasons),
    )


def _limits(scheme: Scheme, result: GradeResult, said: Sequence[Sequence[Mapping[str, str]]]) -> list[Mapping[str, str]]:
    """Of what was said, what decides the best outcome: what rules a grade out, else the caps, else what costs points."""
    effects = {effect.code: effect.reason for effect in result.effects if effect.decided}
    caps = {cap.code: cap.reason for cap in result.caps if cap.decided}
    costly = {item.code: item.name for item in result.items if item.state == "counted" and item.deduct}
    known = [{item.key: ""} for item in scheme.items if item.computed_from is not None]  # the age of an appliance
    for deciding in (effects, caps, costly):
        found = []
        for entry in (*said, *([alone] for alone in known)):
            keys = list(dict.fromkeys(key for alternative in entry for key in alternative))
            hit = [deciding[code] for key in keys if (code := scheme.get_item(key).code) in deciding]
            if hit:
                found.append(_both(hit[0]) if len(keys) == 1 else _one_of(scheme, keys))
        if found:
            return list({each["zh"]: each for each in found}.values())
    return []


def _one_of(scheme: Scheme, keys: Sequence[str]) -> dict[str, str]:
    """What was said leaves open which of these items it is."""
    items = [scheme.get_item(key) for key in keys]
    if len(items) > 4:
        section = next(each for each in scheme.sections if items[0] in each.items)
        return _both(section.name)
    return {
        "zh": "、".join(item.name.zh for item in items) + "（其中一项）",
        "en": ", ".join(item.name.en for item in items) + " (one of them)",
    }


def _cases(said: Sequence[Sequence[Mapping[str, str]]]) -> Iterator[dict[str, str]]:
    """Each combination of one alternative for every entry."""
    for chosen in islice(product(*said), MOST_CASES):
        findings: dict[str, str] = {}
        for alternative in chosen:
            findings |= alternative
        yield findings


def _at_its_best(scheme: Scheme, thing: Thing, said: Mapping[str, str], day: date) -> GradeResult | None:
    """Grade with the best answer to whatever is open; None when the scheme cannot take what was said."""
    facts: dict[str, object] = {**_facts(scheme, thing, day), **system_facts(thing, day)}
    findings = {**computed_findings(scheme, thing), **said}
    if not thing.imei:
        findings |= {item.key: item.clean or "" for item in scheme.items if item.computed_by}
    try:
        for _ in range(ROUNDS):
            result = grade(scheme, findings, facts)
            if not result.missing:
                return result
            for lack in result.missing:
                key = lack.keys[0]
                item = scheme.items_by_key.get(key)
                if item is None:
                    facts[key] = _best_fact(scheme, key, day)
                elif item.computed_from is not None and not item.may_be_typed:
                    for needed in _inputs(scheme, item.computed_from) - facts.keys():
                        facts[needed] = _best_fact(scheme, needed, day)
                else:
                    findings[key] = _best_answer(scheme, item, thing)
    except FindingsError:
        return None
    return None


def _best_answer(scheme: Scheme, item: Item, thing: Thing) -> str:
    """The answer that costs least and bars nothing."""
    options = [option for option in item.options if is_offered(item, option.value, thing)]
    if item.kind == "marks" or options:
        tiers = {tier: place for place, tier in enumerate(scheme.tier_order)}
        free = [option for option in options if option.effect is None] or options
        return min(free, key=lambda option: (option.deduct, tiers.get(option.cap or "", -1))).value
    if item.kind == "number":
        return _best_number(item)
    return "-"


def _best_number(item: Item) -> str:
    assert item.min is not None
    assert item.max is not None
    inside = [value for value in (item.min, item.max, *(band.edge for band in item.bands)) if item.min <= value <= item.max]
    return f"{min(inside, key=lambda value: _cost(item, value)):f}"


def _cost(item: Item, value: Decimal) -> tuple[bool, Decimal, bool]:
    for band in item.bands:
        if value <= band.edge if item.ascending_max else value >= band.edge:
            return band.outcome.effect is not None, band.outcome.deduct, band.outcome.cap is not None
    return True, Decimal(0), True


def _facts(scheme: Scheme, thing: Thing, day: date) -> dict[str, str]:
    known = {fact.key for fact in scheme.facts}
    return {key: value for key, value in suggested_facts(thing).items() if key in known}


def _best_fact(scheme: Scheme, key: str, day: date) -> str | bool:
    fact = next(each for each in scheme.facts if each.key == key)
    if fact.kind == "date":
        return day.isoformat()
    if fact.kind == "flag":
        return False
    if fact.kind == "number":
        return f"{fact.min or Decimal(0):f}"
    return next(iter(fact.options), "")


def _inputs(scheme: Scheme, key: str) -> set[str]:
    """The facts that somebody states from which this one is computed."""
    derived = next((each for each in scheme.derived if each.key == key), None)
    if derived is None:
        return {key}
    return {given for each in derived.of for given in _inputs(scheme, each)}


def _rank(scheme: Scheme, result: GradeResult) -> tuple[int, int, Decimal]:
    """Better outcomes first: the mildest status, then the tier, then the score."""
    tier = scheme.tier_order.index(result.tier) if result.tier is not None else len(scheme.tier_order)
    return -scheme.status_order.index(result.status), tier, -(result.score or Decimal(0))


def _both(words: object) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}  # type: ignore[attr-defined]
