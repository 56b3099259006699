"""The planted effects of the invented market are found again by the library; the full size runs in `make bench`."""

from __future__ import annotations

import pytest

from app.demo.invented import truth_yuan
from tests.bench.pricing.truth import ASKED, GOAL, MOVES, Found, error, evenly, learn, measure, optimism

ROWS = 2_500


@pytest.fixture(scope="module", params=list(MOVES))
def learned(request):
    rows = evenly(request.param, ROWS + ASKED)
    return request.param, learn(request.param, rows[:-ASKED], is_quick=True), [thing for thing, _ in rows[-ASKED:]]


def test_every_planted_effect_is_learned(learned):
    category, model, things = learned
    found = list(measure(category, model, things))
    assert {each.name for each in found if each.away > GOAL} == set(), "the ratio of two prices lies within 10 % of the true one"
    assert {each.name for each in found if not 0.5 < each.share < 1.5} == set(), "and not because the effect is small"


def test_estimates_lie_near_the_truth_that_no_table_holds(learned):
    _category, model, things = learned
    assert error(model, things) < 0.04


def test_what_sellers_ask_above_what_is_paid_is_learned():
    found = optimism("phone", 1_500, is_quick=True)
    assert abs(found.share - 1) < 0.25
    assert found.away < 0.02


def test_an_effect_that_was_not_learned_is_seen(learned):
    """A planted fault: a model of a market without grades."""
    category, _model, things = learned
    rows = evenly(category, 800)
    model = learn(category, [(thing, 1000.0 + at % 7) for at, (thing, _) in enumerate(rows)], is_quick=True)
    found: list[Found] = list(measure(category, model, things))
    assert any(each.away > GOAL for each in found)
    assert all(not 0.5 < each.share < 1.5 for each in found)
    assert truth_yuan(things[0]) > 0
