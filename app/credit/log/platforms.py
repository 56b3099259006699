"""The marketplace's own record: how it did what rules ask of it, counted from the log by published rules and from nothing else.

No grade: the marketplace does not judge itself. Each indicator is "so many of so many", with the places in the log of those that
were not as they should be, so that everybody can look at them and count again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.credit.log.canonical import read_canonical
from app.credit.log.errors import BadScorePolicy
from app.credit.log.reviewing import GRACE, REVEALED, SEALED, TOMBSTONED, faults_of
from app.credit.log.scores import Deduction, Fact, deductions_of, points_off
from app.credit.log.weights import ONE

NAME = "platform"
_DEDUCTIONS = ("minor", "general", "serious", "minor_most")
ORDER, PROBLEM = "order", "problem"
AUDIT_FINDING = "platform.audit_finding"
WHOLE = 1000  # points before authorities found anything
KINDS = (
    *(SEALED, REVEALED, TOMBSTONED, "policy.published", "log.heads", "violation.recorded"),
    *("dispute.opened", "dispute.settled", "dispute.decided", "dispute.overturned"),
    *("appraisal.issued", "appraisal.reinspection_drawn"),
    *(AUDIT_FINDING, "repair.granted"),
)


@dataclass(frozen=True, slots=True)
class PlatformPolicy:
    """One version of the rules. ``targets``: indicator -> least share in parts per million, None where nobody has set one."""

    version: int
    content: bytes
    window_days: int
    notice_days: int
    decide_days: int
    targets: Mapping[str, int | None]
    problems_by: str = ORDER  # what tells one problem from another
    deductions: Mapping[str, int] | None = None  # points off for findings of authorities, as in scores; None: there are none

    @property
    def name(self) -> str:
        return NAME

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def title(self) -> str:
        """As events and records name it."""
        return f"{NAME}/{self.version}"


@dataclass(frozen=True, slots=True)
class Counted:
    """One indicator: ``good`` of ``total`` were as they should be; ``missed`` are the places in the log of the others."""

    name: str
    good: int
    total: int
    missed: tuple[int, ...]
    target: int | None

    @property
    def is_met(self) -> bool | None:
        """None without a target, or while there is nothing to count."""
        if self.target is None or self.total == 0:
            return None
        return self.good * ONE >= self.target * self.total

    def as_data(self) -> dict[str, Any]:
        said = {"name": self.name, "good": self.good, "total": self.total, "target_ppm": self.target, "met": self.is_met}
        return {**said, "missed": list(self.missed)}


@dataclass(frozen=True, slots=True)
class PlatformRecord:
    """All indicators on a day. ``days``: how long decided problems took, half of them and nine of ten at most."""

    policy: str
    policy_sha256: str
    as_of: date
    log_size: int
    indicators: tuple[Counted, ...]
    days: tuple[int, int] | None
    deductions: tuple[Deduction, ...] = ()
    points: int | None = None  # what is left of 1,000 after findings of authorities; None: the rules do not speak of them

    def as_data(self) -> dict[str, Any]:
        """As canonical JSON can hold it: two records are the same exactly when these are."""
        said: dict[str, Any] = {
            "v": 1,
            "policy": self.policy,
            "policy_sha256": self.policy_sha256,
            "as_of": self.as_of.isoformat(),
            "log_size": self.log_size,
            "indicators": [each.as_data() for each in self.indicators],
            "days_until_decided": None if self.days is None else {"half": self.days[0], "nine_of_ten": self.days[1]},
        }
        if self.points is not None:
            said |= {"points": self.points, "deductions": [each.as_data() for each in self.deductions]}
        return said


def read_platform_policy(content: bytes) -> PlatformPolicy:
    """The rules from their exact bytes. Raises BadScorePolicy, and what `read_canonical` raises."""
    said = read_canonical(content)
    try:
        policy = PlatformPolicy(
            version=int(said["version"]),
            content=content,
            window_days=int(said["window_days"]),
            notice_days=int(said["notice_days"]),
            decide_days=int(said["decide_days"]),
            targets={str(name): None if least is None else int(least) for name, least in said["targets_ppm"].items()},
            problems_by=str(said.get("problems_by", ORDER)),
            deductions={name: int(said["deductions"][name]) for name in _DEDUCTIONS} if "deductions" in said else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as trouble:
        raise BadScorePolicy(f"not the form of the rules of a platform's record: {trouble!r}"[:200]) from trouble
    if said["name"] != NAME or set(policy.targets) != set(_INDICATORS):
        raise BadScorePolicy(f"the rules name other indicators than {', '.join(_INDICATORS)}")
    if policy.problems_by not in (ORDER, PROBLEM):
        raise BadScorePolicy(f"problems are told apart by {ORDER} or {PROBLEM}")
    return policy


def record_of(facts: Iterable[Fact], policy: PlatformPolicy, as_of: date, log_size: int) -> PlatformRecord:
    """The record by the events before ``log_size``, on that day; events of later days have not happened yet."""
    known = sorted((f for f in facts if f.idx < log_size and f.day <= as_of and f.type in KINDS), key=lambda fact: fact.idx)
    span = _Span(known, policy, as_of)
    deductions = deductions_of(known, policy.deductions, as_of, (AUDIT_FINDING,)) if policy.deductions else ()
    return PlatformRecord(
        policy=policy.title,
        policy_sha256=policy.sha256,
        as_of=as_of,
        log_size=log_size,
        indicators=tuple(Counted(name, *count(span), policy.targets[name]) for name, count in _INDICATORS.items()),
        days=_days(span),
        deductions=deductions,
        points=max(0, WHOLE - points_off(deductions, policy.deductions["minor_most"])) if policy.deductions else None,
    )


@dataclass(frozen=True, slots=True)
class _Span:
    facts: Sequence[Fact]
    policy: PlatformPolicy
    as_of: date

    def of(self, *types: str) -> list[Fact]:
        """Events of these kinds in the window."""
        since = self.as_of - timedelta(days=self.policy.window_days)
        return [fact for fact in self.facts if fact.type in types and fact.day > since]


_Count = tuple[int, int, tuple[int, ...]]


def _share(all_of: Iterable[Fact], is_good: Callable[[Fact], bool]) -> _Count:
    every = list(all_of)
    missed = tuple(fact.idx for fact in every if not is_good(fact))
    return len(every) - len(missed), len(every), missed


def _reviews(span: _Span) -> _Count:
    """Reviews whose time was over, opened as they were sealed and in time."""
    wrong = {fault.idx for fault in faults_of(span.facts, span.as_of)}
    opened = {fact.data["review"]: fact for fact in span.facts if fact.type == REVEALED}
    due = [
        fact
        for fact in span.of(SEALED)
        if fact.data["review"] in opened or span.as_of > date.fromisoformat(fact.data["reveal_on"]) + GRACE
    ]

    def in_time(fact: Fact) -> bool:
        then = opened.get(fact.data["review"])
        if then is None or fact.idx in wrong or then.idx in wrong:
            return False
        return then.day <= date.fromisoformat(fact.data["reveal_on"]) + GRACE

    return _share(due, in_time)


def _rules(span: _Span) -> _Count:
    """Versions of rules after the first, published so many days before they counted."""
    first = {fact.data["name"]: fact.idx for fact in reversed(span.facts) if fact.type == "policy.published"}
    later = [fact for fact in span.of("policy.published") if fact.idx != first[fact.data["name"]]]
    return _share(later, lambda fact: _notice(fact) >= span.policy.notice_days)


def _objections(span: _Span) -> _Count:
    """Violations that counted only after the time for an objection."""
    found = [fact for fact in span.of("violation.recorded") if "effective_on" in fact.data]
    return _share(found, lambda fact: _notice(fact) >= span.policy.notice_days)


def _notice(fact: Fact) -> int:
    return (date.fromisoformat(fact.data["effective_on"]) - fact.day).days


def _heads(span: _Span) -> _Count:
    """Days on which the newest event of every record was noted; missed are the notes after a gap."""
    noted = span.of("log.heads")
    good, total, missed = 0, 0, []
    before: date | None = None
    for fact in noted:
        apart = 1 if before is None else (fact.day - before).days
        total += apart
        good += min(apart, 1)
        if apart > 1:
            missed.append(fact.idx)
        before = fact.day
    if before is not None:
        total += max(0, (span.as_of - before).days - 1)  # today's may still come
    return good, total, tuple(missed)


def _closing(span: _Span) -> Callable[[Fact], Fact | None]:
    """For an event ``dispute.opened``: the first decision or settlement of that problem.

    What was recorded before problems had numbers of their own ends with its order, as the first version counts all.
    """
    ends = [fact for fact in reversed(span.facts) if fact.type in ("dispute.settled", "dispute.decided")]
    of_order = {fact.data[ORDER]: fact for fact in ends}
    of_problem = {fact.data[PROBLEM]: fact for fact in ends if PROBLEM in fact.data}

    def closing(opened: Fact) -> Fact | None:
        if span.policy.problems_by == PROBLEM and PROBLEM in opened.data:
            return of_problem.get(opened.data[PROBLEM])
        return of_order.get(opened.data[ORDER])

    return closing


def _decided(span: _Span) -> _Count:
    """Reported problems that were decided or settled within so many days."""
    closing = _closing(span)
    opened = [f for f in span.of("dispute.opened") if closing(f) is not None or _age(f, span) > span.policy.decide_days]

    def in_time(fact: Fact) -> bool:
        end = closing(fact)
        return end is not None and (end.day - fact.day).days <= span.policy.decide_days

    return _share(opened, in_time)


def _age(fact: Fact, span: _Span) -> int:
    return (span.as_of - fact.day).days


def _upheld(span: _Span) -> _Count:
    """Decisions that were not overturned later."""
    overturned = {ref for fact in span.facts if fact.type == "dispute.overturned" for ref in fact.refs}
    return _share(span.of("dispute.decided"), lambda fact: fact.leaf not in overturned)


def _drawn(span: _Span) -> _Count:
    """Signed reports that were drawn by lot for a second look. A share; none of them is a miss."""
    return len(span.of("appraisal.reinspection_drawn")), len(span.of("appraisal.issued")), ()


def _readable(span: _Span) -> _Count:
    """Opened reviews whose words were not hidden."""
    hidden = {fact.data["review"] for fact in span.facts if fact.type == TOMBSTONED}
    return _share(span.of(REVEALED), lambda fact: fact.data["review"] not in hidden)


def _days(span: _Span) -> tuple[int, int] | None:
    closing = _closing(span)
    ended = [(fact, closing(fact)) for fact in span.of("dispute.opened")]
    took = sorted(max(0, (end.day - fact.day).days) for fact, end in ended if end is not None)
    return (took[(len(took) - 1) // 2], took[(9 * len(took) - 1) // 10]) if took else None


_INDICATORS: dict[str, Callable[[_Span], _Count]] = {
    "reviews_opened": _reviews,
    "rules_ahead": _rules,
    "objection_time": _objections,
    "heads_daily": _heads,
    "problems_in_time": _decided,
    "decisions_upheld": _upheld,
    "reports_drawn": _drawn,
    "reviews_readable": _readable,
}
