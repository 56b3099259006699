"""The rules of a score as data: canonical JSON whose SHA-256 stands in the log. Nothing about a score is decided elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.credit.log.canonical import read_canonical
from app.credit.log.errors import BadScorePolicy

GOOD, HALF, BAD = "good", "half", "bad"
OUTCOMES = (GOOD, HALF, BAD)
SEVERITIES = ("minor", "general", "serious")


@dataclass(frozen=True, slots=True)
class Rule:
    """What an event of a type gives, when its fields are among these and not among those. ``waits``: the field with days that
    must pass first."""

    type: str
    gives: Mapping[str, str]
    when: Mapping[str, tuple[Any, ...]]
    unless: Mapping[str, tuple[Any, ...]]
    waits: str | None

    def fits(self, type: str, data: Mapping[str, Any]) -> bool:
        """Whether the rule speaks of this event."""
        return (
            type == self.type
            and all(data.get(name) in wanted for name, wanted in self.when.items())
            and not any(data.get(name) in barred for name, barred in self.unless.items())
        )


@dataclass(frozen=True, slots=True)
class Rated:
    """From how many events of a type, with how many counterparties, there is a grade at all."""

    type: str
    events: int
    counterparties: int


@dataclass(frozen=True, slots=True)
class ScorePolicy:
    """One version of the rules for one kind of subject. Parts per million where nothing else is said; see docs/regulator.md."""

    name: str
    version: int
    content: bytes
    about: tuple[str, ...]
    decay: tuple[tuple[int, int], ...]
    prior: tuple[int, int]
    z: int
    price: tuple[tuple[int, int], ...]  # (from so many yuan, factor)
    counterparty: tuple[int, ...]
    counterparty_days: int
    without_escrow: int
    rules: tuple[Rule, ...]
    dimensions: Mapping[str, int]
    bias: str | None
    deductions: Mapping[str, int]
    minor_most: int
    severity_caps: Mapping[str, str]
    worst_for: tuple[str, ...]
    grades: tuple[tuple[str, int], ...]  # best first, from so many points
    cap_dimension: str
    caps: tuple[tuple[int, str], ...]  # (good evidence below, at most this grade)
    rated: Rated
    enough: int
    capped: tuple[str, ...] = ()  # dimensions in which blame from one side counts less each time, as praise does

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def title(self) -> str:
        """As events and cards name it."""
        return f"{self.name}/{self.version}"

    def price_factor(self, yuan: int) -> int:
        """By the lower end of the amount's band."""
        return max((each for each in self.price if each[0] <= yuan), key=lambda each: each[0])[1]

    def grade(self, score: int) -> str:
        """By points alone."""
        return next((name for name, least in self.grades if score >= least), self.grades[-1][0])

    def worse(self, one: str, other: str) -> str:
        """The lower one of two grades."""
        order = [name for name, _ in self.grades]
        return max(one, other, key=order.index)


@dataclass(frozen=True, slots=True)
class Published:
    """That a version was published, as the log says it."""

    idx: int
    name: str
    version: int
    sha256: str
    published_on: date
    effective_on: date


def in_force(published: Iterable[Published], name: str, day: date) -> Published | None:
    """The version of these rules that holds on a day: the first counts from the start, a later one from its day on."""
    versions = sorted((each for each in published if each.name == name), key=lambda each: each.idx)
    begun = [each for each in versions if each.effective_on <= day]
    return begun[-1] if begun else next(iter(versions), None)


def read_score_policy(content: bytes) -> ScorePolicy:
    """A policy from its exact bytes. Raises BadScorePolicy, and what `read_canonical` raises."""
    said = read_canonical(content)
    try:
        policy = _built(said, content)
    except (KeyError, TypeError, ValueError, IndexError) as trouble:
        raise BadScorePolicy(f"not the form of a score's policy: {trouble!r}"[:200]) from trouble
    _require_sense(policy)
    return policy


def _built(said: Mapping[str, Any], content: bytes) -> ScorePolicy:
    rated = said["rated_from"]
    return ScorePolicy(
        name=_word(said["name"]),
        version=_number(said["version"]),
        content=content,
        about=tuple(map(_word, said["about"])),
        decay=_pairs(said["decay_days_ppm"]),
        prior=(_number(said["prior_ppm"][0]), _number(said["prior_ppm"][1])),
        z=_number(said["z_ppm"]),
        price=_pairs(said["price_yuan_ppm"]),
        counterparty=tuple(map(_number, said["counterparty_ppm"])),
        counterparty_days=_number(said["counterparty_days"]),
        without_escrow=_number(said["without_escrow_ppm"]),
        rules=tuple(map(_rule, said["outcomes"])),
        dimensions={_word(name): _number(weight) for name, weight in said["dimensions"].items()},
        bias=said.get("bias"),
        deductions={name: _number(said["deductions"][name]) for name in SEVERITIES},
        minor_most=_number(said["deductions"]["minor_most"]),
        severity_caps={_word(name): _word(grade) for name, grade in said["severity_caps"].items()},
        worst_for=tuple(map(_word, said["worst_for"])),
        grades=tuple((_word(name), _number(least)) for name, least in said["grades"]),
        cap_dimension=_word(said["evidence_caps"]["dimension"]),
        caps=tuple((_number(below), _word(grade)) for below, grade in said["evidence_caps"]["below_ppm"]),
        rated=Rated(_word(rated["type"]), _number(rated["events"]), _number(rated["counterparties"])),
        enough=_number(said["enough_ppm"]),
        capped=tuple(map(_word, said.get("cap_blame", ()))),
    )


def _rule(said: Mapping[str, Any]) -> Rule:
    gives = {_word(name): _word(outcome) for name, outcome in said["gives"].items()}
    if not set(gives.values()) <= set(OUTCOMES):
        raise ValueError(f"outcomes are {', '.join(OUTCOMES)}")
    when, unless = ({name: tuple(values) for name, values in said.get(part, {}).items()} for part in ("when", "unless"))
    return Rule(_word(said["type"]), gives, when, unless, said.get("waits"))


def _require_sense(policy: ScorePolicy) -> None:
    known = [name for name, _ in policy.grades]
    named = [grade for _, grade in policy.caps] + list(policy.severity_caps.values())
    problems = {
        "decay does not fall with the days": list(policy.decay) != sorted(policy.decay, key=lambda each: (each[0], -each[1])),
        "decay begins at day 0": policy.decay[:1] != ((0, policy.decay[0][1]),) if policy.decay else True,
        "grades do not fall": [least for _, least in policy.grades] != sorted((g[1] for g in policy.grades), reverse=True),
        "a cap names no grade": not set(named) <= set(known),
        "no price factor from 0 yuan": 0 not in dict(policy.price),
        "no factor for counterparties": not policy.counterparty,
        "dimensions weigh nothing": sum(policy.dimensions.values()) == 0,
        "no prior": sum(policy.prior) == 0,
        "a rule gives an unknown dimension": any(not set(rule.gives) <= set(policy.dimensions) for rule in policy.rules),
        "an unknown dimension caps blame": not set(policy.capped) <= set(policy.dimensions),
        "an unknown dimension caps": policy.cap_dimension not in policy.dimensions,
        "an unknown dimension is the bias": policy.bias is not None and policy.bias not in policy.dimensions,
    }
    wrong = [what for what, is_so in problems.items() if is_so]
    if wrong:
        raise BadScorePolicy("; ".join(wrong))


def _pairs(said: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((_number(first), _number(second)) for first, second in said)


def _number(said: Any) -> int:
    if not isinstance(said, int) or isinstance(said, bool) or said < 0:
        raise ValueError(f"not a whole number from 0: {said!r}")
    return said


def _word(said: Any) -> str:
    if not isinstance(said, str) or not said:
        raise ValueError(f"not a word: {said!r}")
    return said
