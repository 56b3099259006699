"""A score from events, rules and a day, and from nothing else: whole numbers, so that everybody gets the same card.

Nouns: Fact (an event as it counts), Piece (what one event gives to one side of the score), Card.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from app.credit.log import weights
from app.credit.log.canonical import in_base64, read_canonical
from app.credit.log.errors import NotJson
from app.credit.log.merkle import leaf_hash
from app.credit.log.scorepolicies import BAD, GOOD, HALF, SEVERITIES, ScorePolicy
from app.credit.log.weights import ONE

SHANGHAI_HOURS = 8  # no summer time since 1991: a fixed distance, so that no table of time zones is needed
UNRATED, WORST = "NR", "D"
VOIDS = ("integrity.finding_confirmed", "dispute.overturned")
REPAIRED = "repair.granted"
VIOLATIONS = ("violation.recorded", "integrity.finding_confirmed", "penalty.public")
LOW, MEDIUM, HIGH = "low", "medium", "high"
_SEVERITY_OF_OUTCOMES = {GOOD: 0, HALF: 1, BAD: 2}


@dataclass(frozen=True, slots=True)
class Fact:
    """An event as it counts: its place, its day in Shanghai, what it says and which events it answers."""

    idx: int
    leaf: str
    type: str
    subject: str
    day: date
    data: Mapping[str, Any]
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """What one event gives to one dimension. ``why_not``: the reason for which it weighs nothing, if it does not count at all."""

    idx: int
    dimension: str
    outcome: str
    factors: Mapping[str, int]
    weight: int
    why_not: str | None = None

    def as_data(self) -> dict[str, Any]:
        said: dict[str, Any] = {"idx": self.idx, "outcome": self.outcome, "factors": dict(self.factors), "weight": self.weight}
        return said | ({"why_not": self.why_not} if self.why_not else {})


@dataclass(frozen=True, slots=True)
class Side:
    """One dimension: weights of good and of all evidence, and what follows."""

    good: int
    total: int
    mean: int
    floor: int
    counts: Mapping[str, int]
    pieces: tuple[Piece, ...]

    def as_data(self) -> dict[str, Any]:
        return {
            "S": self.good,
            "N": self.total,
            "mean": self.mean,
            "floor": self.floor,
            "counts": dict(self.counts),
            "evidence": [piece.as_data() for piece in self.pieces],
        }


@dataclass(frozen=True, slots=True)
class Deduction:
    """Points off while something is displayed. ``idx`` is the event that says so."""

    idx: int
    severity: str
    points: int
    earliest_repair: date | None
    automatic_end: date

    def as_data(self) -> dict[str, Any]:
        return {
            "idx": self.idx,
            "severity": self.severity,
            "points": self.points,
            "earliest_repair": self.earliest_repair.isoformat() if self.earliest_repair else None,
            "automatic_end": self.automatic_end.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Card:
    """A score with everything on which it rests."""

    subject: str
    policy: str
    policy_sha256: str
    as_of: date
    log_size: int
    grade: str
    score: int
    floor: int
    confidence: str
    rated_events: int
    counterparties: int
    sides: Mapping[str, Side]
    deductions: tuple[Deduction, ...]
    caps: tuple[tuple[str, str], ...]  # (grade, reason)

    def as_data(self) -> dict[str, Any]:
        """The card as canonical JSON can hold it: two cards are the same exactly when these are."""
        return {
            "v": 1,
            "subject": self.subject,
            "policy": self.policy,
            "policy_sha256": self.policy_sha256,
            "as_of": self.as_of.isoformat(),
            "log_size": self.log_size,
            "grade": self.grade,
            "score": self.score,
            "floor": self.floor,
            "confidence": self.confidence,
            "rated_events": self.rated_events,
            "counterparties": self.counterparties,
            "dimensions": {name: side.as_data() for name, side in self.sides.items()},
            "deductions": [each.as_data() for each in self.deductions],
            "caps": [list(cap) for cap in self.caps],
        }


def read_fact(idx: int, content: bytes) -> Fact:
    """The event with these exact bytes at this place. Raises what `read_canonical` raises, NotJson when parts are missing."""
    said = read_canonical(content)
    try:
        at = datetime.strptime(said["ts"], "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 - shifted to Shanghai below, by hand
        return Fact(
            idx,
            in_base64(leaf_hash(content)),
            str(said["type"]),
            str(said["subject"]),
            (at + timedelta(hours=SHANGHAI_HOURS)).date(),
            dict(said["data"]),
            tuple(map(str, said["refs"])),
        )
    except (KeyError, TypeError, ValueError) as trouble:
        raise NotJson(f"event {idx}: {trouble!r}"[:200]) from trouble


def card(facts: Iterable[Fact], subject: str, policy: ScorePolicy, as_of: date, log_size: int) -> Card:
    """The subject's card by the events before ``log_size``, on that day. Events of later days have not happened yet."""
    own = sorted((f for f in facts if f.subject == subject and f.idx < log_size and f.day <= as_of), key=lambda fact: fact.idx)
    void = {ref for fact in own if fact.type in VOIDS for ref in fact.refs}
    by_dimension: dict[str, list[tuple[Fact, str]]] = {name: [] for name in policy.dimensions}
    for fact in own:
        for name, outcome in _outcomes(fact, policy, as_of).items():
            by_dimension[name].append((fact, outcome))
    sides = {name: _side(name, found, void, policy, as_of) for name, found in by_dimension.items()}
    lifted = lifted_among(own)
    deductions = deductions_of(own, policy.deductions, as_of)
    total = sum(policy.dimensions.values())
    score = sum(weight * sides[name].mean for name, weight in policy.dimensions.items()) // total // 1000
    score = max(0, score - points_off(deductions, policy.minor_most))
    rated = [fact for fact in own if fact.type == policy.rated.type and fact.leaf not in void]
    rated = [fact for fact in rated if weights.decay((as_of - fact.day).days, policy.decay) > 0]
    people = len({fact.data.get("counterparty") for fact in rated} - {None})
    is_worst = any(f.type in VIOLATIONS and f.data.get("kind") in policy.worst_for and f.leaf not in lifted for f in own)
    caps = _caps(deductions, sides[policy.cap_dimension].good, policy)
    grade = policy.grade(score)
    for limit, _reason in caps:
        grade = policy.worse(grade, limit)
    if len(rated) < policy.rated.events or people < policy.rated.counterparties:
        grade = UNRATED
    return Card(
        subject=subject,
        policy=policy.title,
        policy_sha256=policy.sha256,
        as_of=as_of,
        log_size=log_size,
        grade=WORST if is_worst else grade,
        score=score,
        floor=sum(weight * sides[name].floor for name, weight in policy.dimensions.items()) // total,
        confidence=_confidence(sides[policy.cap_dimension].good, policy),
        rated_events=len(rated),
        counterparties=people,
        sides=sides,
        deductions=deductions,
        caps=caps,
    )


def _outcomes(fact: Fact, policy: ScorePolicy, as_of: date) -> dict[str, str]:
    """What the event gives by now: the worst for each dimension."""
    found: dict[str, str] = {}
    for rule in policy.rules:
        if not rule.fits(fact.type, fact.data):
            continue
        if rule.waits is not None and fact.day + timedelta(days=int(fact.data.get(rule.waits, 0))) > as_of:
            continue
        for name, outcome in rule.gives.items():
            found[name] = max(found.get(name, outcome), outcome, key=_SEVERITY_OF_OUTCOMES.__getitem__)
    return found


def _side(name: str, found: Sequence[tuple[Fact, str]], void: set[str], policy: ScorePolicy, as_of: date) -> Side:
    pieces = _pieces(name, found, void, policy, as_of)
    counted = [piece for piece in pieces if piece.why_not is None]
    total = sum(piece.weight for piece in counted)
    if policy.bias == name:
        good = _unbiased({fact.idx: fact for fact, _ in found}, counted, total)
    else:
        halves = sum(piece.weight // 2 for piece in counted if piece.outcome == HALF)
        good = halves + sum(piece.weight for piece in counted if piece.outcome == GOOD)
    counts = {outcome: sum(piece.outcome == outcome for piece in counted) for outcome in _SEVERITY_OF_OUTCOMES}
    counts["excluded"] = len(pieces) - len(counted)
    mean, floor = weights.mean(good, total, policy.prior), weights.floor(good, total, policy.z)
    return Side(good, total, mean, floor, counts, tuple(pieces))


def _pieces(name: str, found: Sequence[tuple[Fact, str]], void: set[str], policy: ScorePolicy, as_of: date) -> list[Piece]:
    """Each event's part. Of several events about one order only the worst counts; what was praised before stays a turn of its
    buyer, so that a problem never makes other praise heavier."""
    decisive: dict[Any, tuple[int, int]] = {}
    for fact, outcome in found:
        if fact.leaf not in void:
            place = (_SEVERITY_OF_OUTCOMES[outcome], -fact.idx)
            decisive[_about(fact, policy)] = max(decisive.get(_about(fact, policy), place), place)
    turns: dict[Any, deque[date]] = defaultdict(deque)
    pieces = []
    for fact, outcome in found:
        earlier = 0
        if outcome == GOOD or name in policy.capped:  # blame has turns of its own: it never makes praise lighter or heavier
            side = (fact.data.get("counterparty"), outcome == GOOD)
            earlier = _turn(turns[side], fact.day, policy.counterparty_days)
        factors = _factors(fact, earlier, policy, as_of)
        why_not = None
        if fact.leaf in void:
            why_not = "void"
        elif decisive[_about(fact, policy)] != (_SEVERITY_OF_OUTCOMES[outcome], -fact.idx):
            why_not = "same_order"
        pieces.append(Piece(fact.idx, name, outcome, factors, 0 if why_not else weights.times(*factors.values()), why_not))
    return pieces


def _about(fact: Fact, policy: ScorePolicy) -> Any:
    return next((fact.data[name] for name in policy.about if name in fact.data), fact.idx)


def _turn(earlier: deque[date], day: date, days: int) -> int:
    """How many praises from this side within so many days before; notes this one."""
    while earlier and (day - earlier[0]).days >= days:
        earlier.popleft()
    earlier.append(day)
    return len(earlier) - 1


def _factors(fact: Fact, earlier: int, policy: ScorePolicy, as_of: date) -> dict[str, int]:
    band = str(fact.data.get("amount_band") or "")
    low = band.partition("-")[0]
    return {
        "decay": weights.decay((as_of - fact.day).days, policy.decay),
        "price": policy.price_factor(int(low)) if low.isascii() and low.isdigit() else ONE,
        "counterparty": weights.counterparty_factor(earlier, policy.counterparty),
        "escrow": policy.without_escrow if fact.data.get("escrow") is False else ONE,
    }


def _unbiased(facts: Mapping[int, Fact], counted: Sequence[Piece], total: int) -> int:
    """The weight of good evidence where reports that lean neither way are good: one grade to one side on average is nothing."""
    if total == 0:
        return 0
    signs = {"better": 1, "worse": -1}
    lean = 0
    for piece in counted:
        said = facts[piece.idx].data
        lean += piece.weight * signs.get(str(said.get("found")), 0) * int(said.get("tiers_apart", 0))
    return total * max(0, ONE - abs(lean) * ONE // total) // ONE


def lifted_among(own: Iterable[Fact]) -> set[str]:
    """What was repaired or overturned."""
    return {ref for fact in own if fact.type in (REPAIRED, "dispute.overturned") for ref in fact.refs}


def deductions_of(
    own: Sequence[Fact], points: Mapping[str, int], as_of: date, types: tuple[str, ...] = VIOLATIONS
) -> tuple[Deduction, ...]:
    """Points off for what is displayed on a day and neither repaired nor overturned."""
    lifted = lifted_among(own)
    found = []
    for fact in own:
        severity = fact.data.get("severity")
        if fact.type not in types or severity not in SEVERITIES or fact.leaf in lifted:
            continue
        begins = date.fromisoformat(fact.data["effective_on"]) if "effective_on" in fact.data else fact.day
        window = weights.window(severity, begins)
        if begins <= as_of < window.automatic_end:
            found.append(Deduction(fact.idx, severity, points[severity], window.earliest_repair, window.automatic_end))
    return tuple(found)


def points_off(deductions: Sequence[Deduction], minor_most: int) -> int:
    """Their sum; minor ones together take no more than ``minor_most``."""
    minor = sum(each.points for each in deductions if each.severity == "minor")
    return min(minor, minor_most) + sum(each.points for each in deductions if each.severity != "minor")


def _caps(deductions: Sequence[Deduction], good: int, policy: ScorePolicy) -> tuple[tuple[str, str], ...]:
    caps = [(policy.severity_caps[each.severity], each.severity) for each in deductions if each.severity in policy.severity_caps]
    evidence = next(((grade, "evidence") for below, grade in sorted(policy.caps) if good < below), None)
    return (*dict.fromkeys(caps), *((evidence,) if evidence else ()))


def _confidence(good: int, policy: ScorePolicy) -> str:
    passed = sum(good >= below for below, _ in policy.caps)
    return HIGH if passed == len(policy.caps) else MEDIUM if passed else LOW
