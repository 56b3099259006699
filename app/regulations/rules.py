"""Which rights exist for one sale at one instant, until when, and who pays. Pure: no session, no clock."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from app.kernel.time import SHANGHAI, add_days, shanghai_day
from app.regulations.law import Rule, RuleSet, rules_on
from app.regulations.workdays import calendar

COMING = "coming"  # it begins with something that has not happened yet
OPEN = "open"
OVER = "over"
EXCLUDED = "excluded"  # by an exception that the buyer confirmed for this order
UNKNOWN = "unknown"  # a fact is missing without which nobody can say
STATES = (OPEN, COMING, UNKNOWN, EXCLUDED, OVER)


@dataclass(frozen=True)
class Facts:
    """What a sale is like. Before buying the instants are empty. ``confirmed``: exceptions confirmed for this very order.

    ``first_used``: "2019-05"; ``checking_hours``: of this order; ``checking_until``: its end where the order says so.
    """

    category: str
    seller_kind: str
    kind: str | None = None
    tier: str | None = None
    first_used: str | None = None
    mileage_km: int | None = None
    sold_at: datetime | None = None
    received_at: datetime | None = None
    confirmed: frozenset[str] = frozenset()
    checking_hours: int = 0
    checking_until: datetime | None = None


@dataclass(frozen=True)
class Right:
    """A rule's answer. ``until`` is the last second in which it can be used; ``length`` the period in its unit."""

    rule: Rule
    state: str
    length: int
    starts_at: datetime | None = None
    until: datetime | None = None
    confirmed: tuple[str, ...] = ()  # the exceptions that the buyer confirmed and that leave it out
    days_off_known: bool = True  # False: the end may move to a later day once the days off of that year are announced

    @property
    def code(self) -> str:
        return self.rule.code

    @property
    def is_open(self) -> bool:
        return self.state == OPEN


def rights_of(facts: Facts, at: datetime) -> tuple[Right, ...]:
    """Every right of this sale's buyer as it stands at the instant; what can never exist for such a sale is left out.

    The rules are those of the day of the sale (before buying: of the instant).
    """
    return tuple(found for rule in rules_for(facts, at).rules if (found := _right(rule, facts, at)) is not None)


def rules_for(facts: Facts, at: datetime) -> RuleSet:
    """The set that holds for this sale."""
    return rules_on(shanghai_day(facts.sold_at or at))


def find_right(facts: Facts, at: datetime, code: str) -> Right | None:
    """One right of this sale; None when such a sale never has it."""
    return next((each for each in rights_of(facts, at) if each.code == code), None)


def _right(rule: Rule, facts: Facts, at: datetime) -> Right | None:
    if not _applies(rule, facts, at):
        return None
    length = _length(rule, facts)
    if length == 0:
        return None
    if any(getattr(facts, need) is None for need in rule.needs):
        return Right(rule, UNKNOWN, length)
    if rule.most_km is not None and (facts.mileage_km or 0) >= rule.most_km:
        return None
    confirmed = tuple(each for each in rule.exceptions if each in facts.confirmed)
    begins = _start(rule, facts)
    counted_from = facts.received_at if rule.period.start == "receipt" else begins
    if confirmed:
        return Right(rule, EXCLUDED, length, confirmed=confirmed)
    if begins is None or counted_from is None:
        return Right(rule, COMING, length)
    until = _until(rule, facts, counted_from, length)
    known = not rule.period.rolls or calendar().is_known(shanghai_day(until))
    state = OVER if at.replace(microsecond=0) > until else COMING if at < begins else OPEN
    return Right(rule, state, length, begins, until, days_off_known=known)


def _applies(rule: Rule, facts: Facts, at: datetime) -> bool:
    if facts.category not in rule.categories or facts.seller_kind not in rule.sellers:
        return False
    if facts.category == "appliance" and rule.kinds and facts.kind not in rule.kinds:
        return False
    if shanghai_day(facts.sold_at or at) < rule.effective:
        return False
    if rule.most_age_months is not None and facts.first_used is not None:
        last = _months_after(_first_day(facts.first_used), rule.most_age_months)
        return shanghai_day(facts.sold_at or at) <= last
    return True


def _length(rule: Rule, facts: Facts) -> int:
    """The period in its unit; of the order's own time for checking: hours."""
    if rule.months_by_tier:
        return rule.months_by_tier.get(facts.tier, 0) if facts.tier is not None else max(rule.months_by_tier.values())
    return facts.checking_hours if rule.period.unit == "checking" else rule.period.value or 0


def _start(rule: Rule, facts: Facts) -> datetime | None:
    """When the right begins to be the buyer's. What is counted from the first use becomes theirs with the receipt."""
    if rule.period.start == "sale":
        return facts.sold_at
    if rule.period.start == "first_use" and facts.received_at is None:
        return None
    return facts.received_at


def _until(rule: Rule, facts: Facts, begins: datetime, length: int) -> datetime:
    """The last second of the period."""
    if rule.period.unit == "checking":
        return facts.checking_until or _checking_end(facts, begins, length)
    if rule.period.unit == "day":
        day = shanghai_day(add_days(begins, length))
    else:
        first = _first_day(facts.first_used or "") if rule.period.start == "first_use" else shanghai_day(begins)
        day = _months_after(first, length)
    return _last_second(calendar().workday_from(day) if rule.period.rolls else day)


def _checking_end(facts: Facts, begins: datetime, hours: int) -> datetime:
    """As the order counts it: of an appliance whole days, of a phone hours."""
    return add_days(begins, hours // 24) if facts.category == "appliance" else begins + timedelta(hours=hours)


def _months_after(day: date, months: int) -> date:
    """The day with the same number so many months later; of a shorter month its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _last_second(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), tzinfo=SHANGHAI).astimezone(UTC)
