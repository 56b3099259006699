"""How problems ended, in numbers: counted from the log, and no count that could name a person can be worked out."""

from __future__ import annotations

import random
from datetime import date, timedelta
from fractions import Fraction

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.credit.log.fairness import ALL, LEAST, PARTS, REPORTED, Cell, Table, fairness_of, hidden_of
from app.credit.log.scores import Fact
from app.kernel.hub import Hub
from tests.aftersales.deciding import carried_out
from tests.aftersales.making import make_claim

TODAY = date(2026, 11, 30)


def told(number: int, category: str, outcome: str | None, days: int = 3, *, age: int = 30, kind: str = "decided") -> list[Fact]:
    """A problem that was reported ``age`` days ago, and how it ended."""
    opened_on = TODAY - timedelta(days=age)
    data = {"order": f"o{number}", "problem": f"p{number}", "category": category}
    found = [Fact(2 * number, f"a{number}", "dispute.opened", "s_1", opened_on, data)]
    if outcome is not None:
        end = opened_on + timedelta(days=days)
        found.append(Fact(2 * number + 1, f"b{number}", f"dispute.{kind}", "s_1", end, {**data, "outcome": outcome}))
    return found


def many(*groups: tuple[int, str, str | None]) -> list[Fact]:
    facts: list[Fact] = []
    for count, category, outcome in groups:
        for _ in range(count):
            facts += told(len(facts) + 1, category, outcome, days=len(facts) % 10)
    return facts


def test_counts_days_and_outcomes_are_those_of_the_log() -> None:
    facts = many((20, "phone", "seller_fault"), (10, "phone", "buyer_fault"), (5, "car", "none"), (5, "phone", None))
    found = fairness_of(facts, TODAY, 10_000)
    whole, car, phone = found.columns
    assert [column.category for column in found.columns] == [ALL, "car", "phone"]
    assert (whole.counts[REPORTED], phone.counts["seller_fault"], phone.counts["running"], car.counts["none"]) == (40, 20, 5, 5)
    assert phone.days is not None
    assert phone.days[0] <= phone.days[1] <= 9


def test_days_are_half_and_nine_of_ten() -> None:
    facts = [fact for number in range(1, 11) for fact in told(number, "phone", "none", days=number)]
    assert fairness_of(facts, TODAY, 10_000).columns[0].days == (5, 9)


def test_what_is_older_than_a_year_or_still_to_come_is_left_out() -> None:
    facts = [
        *told(1, "phone", "none", age=365),
        *(fact for number in range(2, 8) for fact in told(number, "phone", "none", age=364)),
    ]
    assert fairness_of(facts, TODAY, 10_000).columns[0].counts[REPORTED] == 6
    assert fairness_of(facts, TODAY, 3).columns[0].counts[REPORTED] == 0
    assert fairness_of(facts, TODAY - timedelta(days=364), 10_000).columns[0].counts[REPORTED] is not None


def test_a_decision_that_was_overturned_is_counted() -> None:
    facts = many((12, "phone", "seller_fault"))
    overturned = [
        Fact(900 + place, f"x{place}", "dispute.overturned", "s_1", TODAY, {}, (fact.leaf,))
        for place, fact in enumerate(facts)
        if fact.type == "dispute.decided"
    ]
    assert fairness_of([*facts, *overturned], TODAY, 10_000).columns[0].overturned == 12
    assert fairness_of([*facts, *overturned[:1]], TODAY, 10_000).columns[0].overturned is None


def table_of(seed: int) -> Table:
    chance = random.Random(seed)
    rows = {name: {key: chance.choice((0, 0, 1, 2, 3, 5, 8, 20)) for key in PARTS} for name in ("a", "b", "c")[: 1 + seed % 3]}
    whole = {key: sum(row[key] for row in rows.values()) for key in PARTS}
    return {name: {REPORTED: sum(row.values()), **row} for name, row in {ALL: whole, **rows}.items()}


def follows(table: Table, hidden: set[Cell]) -> set[Cell]:
    """What somebody can work out who knows every other count: by elimination over all sums."""
    unknown = sorted(hidden)
    sums = [[(name, key) for key in PARTS] + [(name, REPORTED)] for name in table]
    sums += [[(name, key) for name in table] for key in (REPORTED, *PARTS)]
    signs = [{cell: Fraction(1) for cell in line[:-1]} | {line[-1]: Fraction(-1)} for line in sums[: len(table)]]
    signs += [{cell: Fraction(-1 if cell[0] == ALL else 1) for cell in line} for line in sums[len(table) :]]
    rows = [[each.get(cell, Fraction(0)) for cell in unknown] for each in signs]
    done = 0
    for place in range(len(unknown)):
        pivot = next((n for n in range(done, len(rows)) if rows[n][place]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        rows[done] = [value / rows[done][place] for value in rows[done]]
        for n, row in enumerate(rows):
            if n != done and row[place]:
                rows[n] = [value - row[place] * own for value, own in zip(row, rows[done], strict=True)]
        done += 1
    return {unknown[row.index(1)] for row in rows[:done] if sum(map(bool, row)) == 1}


@pytest.mark.parametrize("seed", range(150))
def test_no_small_count_is_told_or_can_be_worked_out(seed: int) -> None:
    table = table_of(seed)
    hidden = hidden_of(table)
    small = {(name, key) for name, row in table.items() for key, count in row.items() if 0 < count < LEAST}
    assert small <= hidden
    assert not small & follows(table, hidden)


def test_the_check_sees_a_count_that_follows() -> None:
    table = table_of(5)
    small = {(name, key) for name, row in table.items() for key, count in row.items() if 0 < count < LEAST}
    assert small & follows(table, small), "without further ones some would follow"


def test_large_counts_are_all_told() -> None:
    row = dict.fromkeys(PARTS, 20)
    table = {ALL: {REPORTED: 220, **row}, "phone": {REPORTED: 220, **row}}
    assert hidden_of(table) == set()


def test_the_page_and_the_file_tell_the_same(hub: Hub, app: Flask, client: FlaskClient) -> None:
    for _ in range(5):
        carried_out(hub, make_claim(hub, "escalated")[0])
    client.set_cookie("lang", "en")
    page = client.get("/credit/fairness").text
    assert "How problems ended, in numbers" in page
    lines = client.get("/credit/fairness.csv").text.lstrip("\ufeff").splitlines()
    assert "phone,seller_fault,5" in lines
    assert "all,reported,5" in lines
    assert "The seller was at fault: the buyer was right" in page
    for door in ("/rights", "/protection", "/credit/platform"):
        assert "/credit/fairness" in client.get(door).text, door
