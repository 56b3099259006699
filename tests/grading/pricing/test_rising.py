"""A price that follows a ratio without a direction, and still never falls with the new price."""

from __future__ import annotations

import numpy as np
import pytest

from grading.pricing.rising import Rising, rising_for
from grading.pricing.table import Floats

NEW, AGE = 0, 1


def falling(shown: Floats) -> Floats:
    """A log ratio that falls by 0.9 at every step of the new price, and with age."""
    return -0.9 * shown[:, NEW] - 0.1 * shown[:, AGE]


@pytest.fixture
def rising() -> Rising:
    return rising_for(NEW, np.log(np.linspace(50_000, 500_000, 600)))


def rows(age: float) -> Floats:
    new = np.exp(np.linspace(np.log(20_000), np.log(900_000), 3_000))
    return np.column_stack([new, np.full(len(new), age)])


def test_ratio_that_falls_faster_than_the_new_price_rises_never_lowers_the_price(rising: Rising) -> None:
    alone = falling(rising.stepped(rows(2))) + np.log(rows(2)[:, NEW])
    assert (np.diff(alone) < 0).any(), "the ratio alone would"
    assert (np.diff(rising.values(rows(2), falling)) >= 0).all()


def test_other_directions_are_kept(rising: Rising) -> None:
    assert (rising.values(rows(5), falling) <= rising.values(rows(2), falling)).all()


def test_ratio_that_rises_is_left_as_it_is(rising: Rising) -> None:
    def up(shown: Floats) -> Floats:
        return 0.05 * shown[:, NEW]

    assert np.array_equal(rising.values(rows(2), up), up(rising.stepped(rows(2))) + np.log(rows(2)[:, NEW]))


def test_much_dearer_than_everything_seen_costs_as_much_more(rising: Rising) -> None:
    one, other = np.array([[600_000.0, 2]]), np.array([[1_200_000.0, 2]])

    def slowly(shown: Floats) -> Floats:
        return -0.05 * shown[:, NEW]

    assert rising.values(other, slowly)[0] - rising.values(one, slowly)[0] == pytest.approx(np.log(2))


def test_what_decides_is_what_was_answered(rising: Rising) -> None:
    for at in range(0, 3_000, 250):
        row = rows(2)[at : at + 1]
        shown, lift = rising.deciding(row, falling)
        assert falling(shown)[0] + lift == rising.values(row, falling)[0]


def test_nothing_is_said_without_a_new_price(rising: Rising) -> None:
    given = np.array([[np.nan, 2.0], [100_000.0, 2.0], [0.0, 2.0]])
    assert np.isnan(rising.values(given, falling)).tolist() == [True, False, True]
