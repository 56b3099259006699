"""Score cards: computed anew from the log at every look, so that there is no stored score that could differ."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from app.credit.log.fairness import DECIDED, OPENED, OVERTURNED, SETTLED, Fairness, fairness_of
from app.credit.log.platforms import KINDS, PlatformPolicy, PlatformRecord, record_of
from app.credit.log.platforms import NAME as PLATFORM
from app.credit.log.scorepolicies import Published, ScorePolicy, in_force
from app.credit.log.scores import Card, Fact, card, read_fact
from app.credit.models import CreditEvent, CreditSubject
from app.credit.queries.records import pseudonym_of
from app.credit.queries.tree import log_size
from app.credit.store import by_sha256, platform_by_sha256, shipped, shipped_of_platform
from app.kernel.ids import new_code
from app.kernel.time import shanghai_day
from app.kernel.work import Work

QUARTER = timedelta(days=90)
SELLER, APPRAISER = "seller", "appraiser"

Happening = tuple[tuple[str, dict[str, Any]], ...]


def _a_sale() -> dict[str, Any]:
    about = {"category": "phone", "amount_band": "1000-2000", "escrow": True, "return_window_days": 0}
    return {**about, "order": new_code(), "counterparty": f"c_{new_code()}"}


def _a_report() -> dict[str, Any]:
    return {"category": "phone", "report_sha256": secrets.token_hex(32), "kind": "blind"}


# What could happen next, for each kind of card: (about what, something good, something bad).
_NEXT: dict[str, tuple[Callable[[], dict[str, Any]], Happening, Happening]] = {
    SELLER: (
        _a_sale,
        (("order.shipped_on_time", {}), ("order.completed", {})),
        (("dispute.decided", {"outcome": "seller_fault", "reason": "not_as_described"}),),
    ),
    APPRAISER: (
        _a_report,
        (("appraisal.reinspected", {"found": "same", "tiers_apart": 0, "critical_misses": 0}),),
        (("appraisal.reinspected", {"found": "better", "tiers_apart": 2, "critical_misses": 1}),),
    ),
}


@dataclass(frozen=True)
class Outlook:
    """What would change a card: scores as they would be."""

    after_good: Card
    after_a_problem: Card
    in_a_quarter: Card


def published_policies(work: Work) -> list[Published]:
    """Every version of score rules that the log names, oldest first."""
    rows = (
        select(CreditEvent.idx, CreditEvent.canonical)
        .join(CreditSubject, CreditSubject.pseudonym == CreditEvent.subject)
        .where(CreditSubject.kind == "platform", CreditEvent.type == "policy.published")
        .order_by(CreditEvent.idx)
    )
    return [_published(read_fact(idx, bytes(content))) for idx, content in work.session.execute(rows)]


def unpublished_policies(work: Work) -> list[ScorePolicy | PlatformPolicy]:
    """Versions that ship with the program and are not in the log yet."""
    known = {(each.name, each.version) for each in published_policies(work)}
    return [policy for policy in (*shipped(), *shipped_of_platform()) if (policy.name, policy.version) not in known]


def platform_record(work: Work) -> PlatformRecord | None:
    """The marketplace's own record as of today; None before its rules were published."""
    today, size = shanghai_day(work.now), log_size(work)
    found = in_force(published_policies(work), PLATFORM, today)
    if found is None:
        return None
    rows = select(CreditEvent.idx, CreditEvent.canonical).where(CreditEvent.type.in_(KINDS), CreditEvent.idx < size)
    facts = [read_fact(idx, bytes(content)) for idx, content in work.session.execute(rows.order_by(CreditEvent.idx))]
    return record_of(facts, platform_by_sha256(found.sha256), today, size)


def fairness_now(work: Work) -> Fairness:
    """How reported problems ended, as of today."""
    kinds, size = (OPENED, SETTLED, DECIDED, OVERTURNED), log_size(work)
    rows = select(CreditEvent.idx, CreditEvent.canonical).where(CreditEvent.type.in_(kinds), CreditEvent.idx < size)
    facts = [read_fact(idx, bytes(content)) for idx, content in work.session.execute(rows.order_by(CreditEvent.idx))]
    return fairness_of(facts, shanghai_day(work.now), size)


def policy_in_force(work: Work, name: str, day: date) -> ScorePolicy | None:
    """The rules of this name that hold on a day; None before any was published."""
    found = in_force(published_policies(work), name, day)
    return None if found is None else by_sha256(found.sha256)


def facts_of(work: Work, subject: str, size: int) -> list[Fact]:
    """The subject's events among the first ``size``, as they count."""
    rows = select(CreditEvent.idx, CreditEvent.canonical).where(CreditEvent.subject == subject, CreditEvent.idx < size)
    return [read_fact(idx, bytes(content)) for idx, content in work.session.execute(rows.order_by(CreditEvent.idx))]


def seller_card(work: Work, user_id: int) -> Card | None:
    """The score card of a seller as of today; None before anything was recorded or any rules were published."""
    return _card(work, user_id, SELLER)


def appraiser_card(work: Work, user_id: int) -> Card | None:
    """The same of an appraiser, from second looks at signed reports."""
    return _card(work, user_id, APPRAISER)


def _card(work: Work, user_id: int, rules: str) -> Card | None:
    today, size = shanghai_day(work.now), log_size(work)
    subject, policy = pseudonym_of(work, user_id), policy_in_force(work, rules, today)
    if subject is None or policy is None:
        return None
    return card(facts_of(work, subject, size), subject, policy, today, size)


def outlook(work: Work, now: Card) -> Outlook:
    """What one more sale to a new buyer (or one more report confirmed), one more problem, and a quarter without news would make
    of a card."""
    policy = by_sha256(now.policy_sha256)
    facts = facts_of(work, now.subject, now.log_size)
    made, good, bad = _NEXT[policy.name]

    def then(happened: Happening, day: date) -> Card:
        about = made()
        new = [
            Fact(now.log_size + place, "", type, now.subject, now.as_of, {**about, **data})
            for place, (type, data) in enumerate(happened)
        ]
        return card([*facts, *new], now.subject, policy, day, now.log_size + len(new))

    return Outlook(then(good, now.as_of), then(bad, now.as_of), then((), now.as_of + QUARTER))


def _published(fact: Fact) -> Published:
    said = fact.data
    return Published(fact.idx, said["name"], said["version"], said["sha256"], fact.day, date.fromisoformat(said["effective_on"]))
