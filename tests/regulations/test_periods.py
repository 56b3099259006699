"""Every rule at its first and last second, over months' ends, leap days and days off."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.kernel.time import SHANGHAI
from app.regulations.law import rule_sets
from app.regulations.queries import COMING, OPEN, OVER, UNKNOWN, Facts, find_right, rights_of
from app.regulations.workdays import calendar

SECOND = timedelta(seconds=1)


def at(words: str) -> datetime:
    """A moment in Shanghai: "2026-03-02 10:15" or with seconds."""
    return datetime.fromisoformat(words).replace(tzinfo=SHANGHAI).astimezone(UTC)


def sale(category: str, seller: str, received: str, **more: object) -> Facts:
    sold = more.pop("sold", None)
    return Facts(
        category=category,
        seller_kind=seller,
        sold_at=at(str(sold)) if sold else at(received) - timedelta(days=2),
        received_at=at(received),
        **more,  # type: ignore[arg-type]
    )


PHONE = ("phone", "business")
FRIDGE = ("appliance", "business")
CAR = ("car", "business")

# (code, facts, first second, last second): in Shanghai
ROWS = [
    # Days: the day of receipt is not counted; Saturday and holidays move the end to the next working day.
    ("seven_day_return", sale(*PHONE, "2026-03-02 10:15"), "2026-03-02 10:15", "2026-03-09 23:59:59"),  # Monday to Monday
    ("seven_day_return", sale(*PHONE, "2026-03-07 23:59:59"), "2026-03-07 23:59:59", "2026-03-16 23:59:59"),  # ends on a Saturday
    ("seven_day_return", sale(*PHONE, "2026-01-26 09:00"), "2026-01-26 09:00", "2026-02-02 23:59:59"),  # over the end of a month
    ("seven_day_return", sale(*PHONE, "2026-02-07 09:00"), "2026-02-07 09:00", "2026-02-14 23:59:59"),  # a Saturday worked
    ("seven_day_return", sale(*PHONE, "2026-02-08 09:00"), "2026-02-08 09:00", "2026-02-24 23:59:59"),  # Spring Festival
    ("seven_day_return", sale(*PHONE, "2025-09-24 12:00"), "2025-09-24 12:00", "2025-10-09 23:59:59"),  # National Day
    ("seven_day_return", sale(*PHONE, "2025-12-25 08:00"), "2025-12-25 08:00", "2026-01-04 23:59:59"),  # New Year, a Sunday worked
    ("nonconformity_return", sale(*FRIDGE, "2026-04-28 20:00"), "2026-04-28 20:00", "2026-05-06 23:59:59"),  # Labour Day
    ("nonconformity_return", sale("phone", "platform_self", "2024-12-31 23:59:59"), None, None),  # before the rules began
    ("car_seven_day_return", sale(*CAR, "2026-06-12 09:00"), "2026-06-12 09:00", "2026-06-22 23:59:59"),  # Dragon Boat
    # Months: the day with the same number, or the last of a shorter month.
    ("burden_of_proof", sale(*FRIDGE, "2025-08-31 10:00", kind="tv"), "2025-08-31 10:00", "2026-02-28 23:59:59"),  # worked Saturday
    ("burden_of_proof", sale(*FRIDGE, "2025-08-30 10:00", kind="refrigerator"), "2025-08-30 10:00", "2026-02-28 23:59:59"),
    ("burden_of_proof", sale(*FRIDGE, "2026-04-15 10:00", kind="air_conditioner"), "2026-04-15 10:00", "2026-10-15 23:59:59"),
    ("burden_of_proof", sale(*FRIDGE, "2027-08-29 10:00", kind="washing_machine"), "2027-08-29 10:00", "2028-02-29 23:59:59"),
    ("burden_of_proof", sale(*CAR, "2025-10-31 10:00"), "2025-10-31 10:00", "2026-04-30 23:59:59"),
    # From the sale, not from the receipt: it runs before the thing arrives.
    (
        "free_repair",
        sale(*PHONE, "2025-12-03 10:00", sold="2025-11-30 21:30"),
        "2025-11-30 21:30",
        "2026-02-28 23:59:59",  # a worked Saturday, the last day of February
    ),
    ("free_repair", sale(*PHONE, "2025-07-04 10:00", sold="2025-07-01 08:00"), "2025-07-01 08:00", "2025-10-09 23:59:59"),
    # From the month of first use, and the buyer's from the receipt on.
    ("makers_guarantee_phone", sale("phone", "individual", "2026-01-05 10:00", first_used="2025-03"), "2026-01-05 10:00", "2026-03-01 23:59:59"),
    ("makers_guarantee_appliance", sale(*FRIDGE, "2026-02-03 10:00", first_used="2025-02"), None, None),
    ("makers_guarantee_appliance", sale(*FRIDGE, "2026-01-31 10:00", first_used="2025-02"), "2026-01-31 10:00", "2026-02-01 23:59:59"),
    ("makers_guarantee_car", sale("car", "individual", "2026-01-31 10:00", first_used="2024-02", mileage_km=59_999), "2026-01-31 10:00", "2027-02-01 23:59:59"),
    ("dealer_car_warranty", sale(*CAR, "2026-01-31 10:00", first_used="2024-02", mileage_km=30_000), "2026-01-31 10:00", "2026-04-30 23:59:59"),
    # By grade; platform policy does not move over days off.
    ("platform_warranty", sale(*PHONE, "2025-01-31 10:00", tier="S"), "2025-01-31 10:00", "2026-01-31 23:59:59"),
    ("platform_warranty", sale(*PHONE, "2025-08-31 10:00", tier="B"), "2025-08-31 10:00", "2026-02-28 23:59:59"),
    ("platform_warranty", sale(*FRIDGE, "2025-11-30 10:00", tier="C"), "2025-11-30 10:00", "2026-02-28 23:59:59"),
    ("platform_warranty", sale(*FRIDGE, "2025-11-30 10:00", tier="D"), "2025-11-30 10:00", "2026-02-28 23:59:59"),
    ("grade_mismatch", sale("phone", "individual", "2026-02-09 10:00", tier="A"), "2026-02-09 10:00", "2026-02-16 23:59:59"),
    # The order's own time for checking: hours of a phone, whole days of an appliance, or what the order says.
    ("inspection_period", sale("phone", "individual", "2026-02-14 10:15:30", checking_hours=72), "2026-02-14 10:15:30", "2026-02-17 10:15:30"),
    ("inspection_period", sale("appliance", "individual", "2026-02-14 10:15", checking_hours=168), "2026-02-14 10:15", "2026-02-21 23:59:59"),
    (
        "inspection_period",
        sale("phone", "individual", "2026-02-14 10:00", checking_hours=72, checking_until=at("2026-02-19 08:00")),
        "2026-02-14 10:00",
        "2026-02-19 08:00",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("code", "facts", "first", "last"), ROWS, ids=[f"{row[0]}-{row[1].received_at:%Y%m%d}" for row in ROWS])
def test_a_right_begins_and_ends_with_these_seconds(code: str, facts: Facts, first: str | None, last: str | None) -> None:
    if first is None or last is None:  # such a sale never has it open
        assert facts.received_at is not None
        found = find_right(facts, facts.received_at, code)
        assert found is None or found.state == OVER
        return
    begins, ends = at(first), at(last)
    states = [find_right(facts, moment, code) for moment in (begins - SECOND, begins, ends, ends + SECOND)]
    assert [each.state for each in states if each is not None] == [COMING, OPEN, OPEN, OVER]
    assert states[1] is not None
    assert (states[1].starts_at, states[1].until) == (begins, ends)
    almost = find_right(facts, ends + timedelta(milliseconds=999), code)
    assert almost is not None
    assert almost.is_open, "the last second lasts until the next one begins"


def test_every_rule_has_its_row() -> None:
    assert {rule.code for each in rule_sets() for rule in each.rules} == {row[0] for row in ROWS}


@pytest.mark.parametrize(
    ("facts", "absent"),
    [
        (sale("phone", "individual", "2026-03-02 10:00"), "seven_day_return"),
        (sale("phone", "business", "2026-03-02 10:00"), "inspection_period"),
        (sale("phone", "business", "2026-03-02 10:00"), "burden_of_proof"),  # the law does not name phones
        (sale("appliance", "business", "2026-03-02 10:00", kind="microwave"), "burden_of_proof"),
        (sale("appliance", "business", "2026-03-02 10:00", tier="E"), "platform_warranty"),
        (sale("appliance", "individual", "2026-03-02 10:00", tier="A"), "platform_warranty"),
        (sale("car", "business", "2026-03-02 10:00", first_used="2023-02", mileage_km=10), "dealer_car_warranty"),  # too old
        (sale("car", "business", "2026-03-02 10:00", first_used="2025-02", mileage_km=60_000), "dealer_car_warranty"),
        (sale("car", "individual", "2026-03-02 10:00", first_used="2025-02", mileage_km=60_000), "makers_guarantee_car"),
    ],
)
def test_a_right_of_others_is_not_named(facts: Facts, absent: str) -> None:
    assert facts.received_at is not None
    assert find_right(facts, facts.received_at, absent) is None


def test_a_missing_fact_is_said_instead_of_guessed() -> None:
    facts = sale("phone", "business", "2026-03-02 10:00")
    assert facts.received_at is not None
    for code in ("makers_guarantee_phone", "platform_warranty", "grade_mismatch"):
        found = find_right(facts, facts.received_at, code)
        assert found is not None
        assert (found.state, found.until) == (UNKNOWN, None)


def test_before_buying_every_right_is_still_to_come() -> None:
    facts = Facts(category="phone", seller_kind="business", tier="A", first_used="2025-11")
    found = rights_of(facts, at("2026-03-02 10:00"))
    assert {each.state for each in found} == {COMING}
    assert {each.until for each in found} == {None}


def test_days_off_of_a_year_nobody_announced_are_said_to_be_unknown() -> None:
    late = find_right(sale(*FRIDGE, "2026-12-28 10:00"), at("2026-12-28 10:00"), "seven_day_return")
    assert late is not None
    assert not late.days_off_known
    known = find_right(sale(*FRIDGE, "2026-03-02 10:00"), at("2026-03-02 10:00"), "seven_day_return")
    assert known is not None
    assert known.days_off_known


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-02-13", True), ("2026-02-14", True), ("2026-02-15", False), ("2026-02-23", False), ("2026-02-24", True),
        ("2026-02-28", True), ("2026-03-01", False), ("2025-10-08", False), ("2025-10-11", True), ("2025-10-12", False),
    ],
)  # fmt: skip
def test_working_days(day: str, works: bool) -> None:
    assert calendar().is_workday(date.fromisoformat(day)) is works
