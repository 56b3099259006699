"""The life of a re-inspection and the rules behind it, as tables."""

from __future__ import annotations

from typing import Any

import pytest

from app.reinspection import states as s
from app.reinspection.rules import Compared, compare, owed
from app.reinspection.wording import STATE_WORDS, STEPS, Facts, status_of

ANSWERED = {
    s.AWAITING_DEPOSIT: {s.SETTLE, s.PAY_TIMEOUT, s.WITHDRAW, s.CLOSE},
    s.SEEKING: {s.PLACE, s.WITHDRAW, s.CLOSE},
    s.WITH_AGENCY: {s.PASS, s.WITHDRAW, s.RUN_OUT, s.CLOSE, s.UPHOLD, s.AMEND},
    s.UPHELD: set(),
    s.AMENDED: set(),
    s.WITHDRAWN: set(),
    s.LAPSED: set(),
    s.CLOSED: set(),
}
TIERS = ("S", "A", "B", "C")


@pytest.mark.parametrize("state", s.REINSPECTION_FLOW.states)
def test_every_state_answers_exactly_these_events(state: str) -> None:
    assert set(s.REINSPECTION_FLOW.allowed(state)) == ANSWERED[state]


def test_what_has_ended_answers_nothing_and_everything_else_can_end() -> None:
    assert {state for state in s.REINSPECTION_FLOW.states if not s.REINSPECTION_FLOW.allowed(state)} == set(s.ENDED)
    assert set(s.OPEN) | set(s.ENDED) == set(s.REINSPECTION_FLOW.states)


@pytest.mark.parametrize("state", s.REINSPECTION_FLOW.states)
@pytest.mark.parametrize("shows", [True, False])
@pytest.mark.parametrize("paid", [True, False])
def test_every_state_has_its_sentence_for_every_reader(state: str, shows: bool, paid: bool) -> None:
    for asked in (True, False):
        told = status_of(
            state, Facts(asked=asked, shows=shows, paid=paid, agency="明准鉴定", deposit="¥60", reason="手机无法开机")
        )
        assert told.sentence % told.values
        assert told.next_step % told.values is not None
    assert state in STEPS
    assert state in STATE_WORDS


def result(status: str, tier: str | None, **effects: str) -> dict[str, Any]:
    return {"status": status, "tier": tier, "sections": [{"items": [{"key": key, "effect": to} for key, to in effects.items()]}]}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (result("graded", "A"), result("graded", "A"), Compared(True, 0, 0)),
        (result("graded", "S"), result("graded", "C"), Compared(False, 3, 0)),
        (result("graded", "C"), result("graded", "A"), Compared(False, -2, 0)),
        (result("graded", "A"), result("prohibited", None, part="prohibited"), Compared(False, None, 1)),
        (result("graded", "A"), result("unsafe", None, lead="unsafe", earth="unsafe"), Compared(False, None, 2)),
        (result("graded", "A"), result("accident", None), Compared(False, None, 1)),
        (result("graded", "A"), result("ungradable", None, lock="ungradable"), Compared(False, None, 0)),
        (result("prohibited", None, part="prohibited"), result("prohibited", None, part="prohibited"), Compared(True, None, 0)),
        (result("prohibited", None, part="prohibited"), result("graded", "B"), Compared(False, None, 0)),
        (result("graded", "X"), result("graded", "B"), Compared(False, None, 0)),
    ],
)
def test_two_results_compare(first: dict[str, Any], second: dict[str, Any], expected: Compared) -> None:
    assert compare(first, second, TIERS) == expected


@pytest.mark.parametrize(
    ("steps", "misses", "liable"),
    [(0, 0, False), (1, 0, False), (-1, 0, False), (2, 0, True), (-2, 0, True), (None, 1, True), (None, 0, False)],
)
def test_who_answers_for_an_error(steps: int | None, misses: int, liable: bool) -> None:
    assert Compared(False, steps, misses).liable(2) is liable


@pytest.mark.parametrize(
    ("issued", "drawn", "least", "more"),
    [("abcde", "", 3, 3), ("abcde", "a", 3, 2), ("ab", "", 3, 2), ("", "", 3, 0), ("abcde", "abcd", 3, 0), ("abcde", "", 0, 0)],
)
def test_what_a_month_still_owes(issued: str, drawn: str, least: int, more: int) -> None:
    assert owed(list(issued), list(drawn), least) == more
