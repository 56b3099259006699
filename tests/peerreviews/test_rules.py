"""Which reports need a second person, and what counts as a look: tables of cases."""

from __future__ import annotations

from typing import Any

import pytest

from app.kernel.flow import Flow
from app.peerreviews.rules import DRAWN, NEW, VALUE, differing, least_judged, reasons_for
from app.peerreviews.states import OPEN, REVIEW_FLOW

NOTHING: dict[str, Any] = {"issued": 20, "first": 20, "value_fen": None, "above_fen": 5_000_000, "drawn": 99, "percent": 5}


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, ()),
        ({"issued": 19}, (NEW,)),
        ({"issued": 0, "first": 0}, ()),
        ({"value_fen": 5_000_000}, ()),  # not more than the limit
        ({"value_fen": 5_000_001}, (VALUE,)),
        ({"value_fen": 9_000_000, "above_fen": 0}, ()),  # no limit
        ({"drawn": 4}, (DRAWN,)),
        ({"drawn": 5}, ()),
        ({"drawn": 0, "percent": 0}, ()),
        ({"drawn": None}, ()),
        ({"drawn": 99, "percent": 100}, (DRAWN,)),
        ({"issued": 3, "value_fen": 5_000_001, "drawn": 0}, (NEW, VALUE, DRAWN)),
    ],
)
def test_a_report_needs_a_second_person_for_these_reasons(changes: dict[str, Any], reasons: tuple[str, ...]) -> None:
    assert reasons_for(**{**NOTHING, **changes}) == reasons


@pytest.mark.parametrize(("asked", "least"), [(0, 1), (1, 1), (10, 3), (11, 4), (99, 30), (100, 30)])
def test_three_tenths_must_be_judged_rounded_up(asked: int, least: int) -> None:
    assert least_judged(asked) == least


@pytest.mark.parametrize(
    ("own", "first", "keys"),
    [
        ({}, {"a": "x"}, []),  # what was not judged is not compared
        ({"a": "x"}, {"a": "x"}, []),
        ({"a": "y"}, {"a": "x"}, ["a"]),
        ({"a": "XS2 HH1"}, {"a": "HH1 XS2"}, []),
        ({"a": "XS2"}, {}, ["a"]),
        ({"b": "false"}, {}, []),  # a yes or no that was left out is a no
        ({"b": "true"}, {}, ["b"]),
        ({"b": "true", "a": "y"}, {"a": "x", "b": "false"}, ["a", "b"]),
    ],
)
def test_what_two_answered_differently_is_named_in_the_order_of_the_form(
    own: dict[str, str], first: dict[str, str], keys: list[str]
) -> None:
    assert [each["key"] for each in differing(["a", "b"], own, first)] == keys


def test_every_review_that_is_open_can_end_with_its_order_and_none_that_is_over_moves() -> None:
    over = [state for state in REVIEW_FLOW.states if state not in OPEN]
    assert over == ["agreed", "stood", "ended"] or set(over) == {"agreed", "stood", "ended"}
    assert all(REVIEW_FLOW.can(state, "end") for state in OPEN)
    assert [REVIEW_FLOW.allowed(state) for state in over] == [[], [], []]
    assert isinstance(REVIEW_FLOW, Flow)
