"""A deadline fires once, at its time, and only when the thing still stands where it stood."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.kernel.audit import record
from app.kernel.clock import advance
from app.kernel.deadlines import Deadline, clear_deadlines, set_deadline, take
from app.kernel.errors import BadState
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM


@pytest.fixture
def fired(hub: Hub) -> list[int]:
    """The ids for which the handler ran."""
    calls: list[int] = []
    hub.deadline_handlers = {("thing", "end"): lambda work, entity_id: calls.append(entity_id)}
    return calls


def set_one(hub: Hub, entity_id: int = 1, hours: float = 1, version: int | None = None) -> None:
    with hub.begin(SYSTEM) as work:
        set_deadline(work, "thing", entity_id, "end", work.now + timedelta(hours=hours), version)


def step(hub: Hub, version: int, entity_id: int = 1) -> None:
    """A transition of the thing, as Flow records it."""
    with hub.begin(SYSTEM) as work:
        record(work, "thing.go", "thing", entity_id, from_state="a", to_state="b", row_version=version)


def later(hub: Hub, hours: float) -> None:
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(hours=hours))
    hub.drain()


def rows(hub: Hub) -> list[Deadline]:
    with hub.look() as work:
        return list(work.session.scalars(select(Deadline)))


def test_it_fires_once_and_not_before_its_time(hub: Hub, fired: list[int]) -> None:
    set_one(hub)
    later(hub, 0.9)
    assert fired == []
    later(hub, 0.2)
    later(hub, 5)
    assert fired == [1]


def test_it_is_silent_when_the_thing_has_moved_on(hub: Hub, fired: list[int]) -> None:
    step(hub, 3)
    set_one(hub, version=3)
    step(hub, 4)
    later(hub, 2)
    assert fired == []
    assert [row.last_error for row in rows(hub) if row.fired_at] == ["moved on"]


def test_it_fires_when_the_version_is_still_the_same(hub: Hub, fired: list[int]) -> None:
    step(hub, 3)
    set_one(hub, version=3)
    step(hub, 9, entity_id=2)  # somebody else's step
    later(hub, 2)
    assert fired == [1]


def test_a_new_one_replaces_the_one_that_waits(hub: Hub, fired: list[int]) -> None:
    set_one(hub, hours=1)
    set_one(hub, hours=3)
    later(hub, 2)
    assert fired == []
    later(hub, 2)
    assert fired == [1]
    assert len(rows(hub)) == 1


def test_cleared_ones_do_not_fire(hub: Hub, fired: list[int]) -> None:
    set_one(hub, 1)
    set_one(hub, 2)
    with hub.begin(SYSTEM) as work:
        clear_deadlines(work, "thing", 1)
    later(hub, 2)
    assert fired == [2]


def test_only_one_taker_gets_it(hub: Hub, fired: list[int]) -> None:
    set_one(hub, hours=-1)
    (row,) = rows(hub)
    with hub.begin(SYSTEM) as work:
        assert take(work, row.id) is not None
    with hub.begin(SYSTEM) as work:
        assert take(work, row.id) is None


def test_a_handler_that_finds_the_thing_elsewhere_ends_the_deadline(hub: Hub) -> None:
    def too_late(work, entity_id: int) -> None:
        raise BadState("thing", "b", "end", [])

    hub.deadline_handlers = {("thing", "end"): too_late}
    set_one(hub, hours=-1)
    hub.drain()
    assert rows(hub)[0].fired_at is not None
    assert rows(hub)[0].last_error == "moved on"


def test_a_failing_handler_is_tried_again_later_and_leaves_nothing_half_done(hub: Hub) -> None:
    calls = []

    def fragile(work, entity_id: int) -> None:
        calls.append(entity_id)
        if len(calls) == 1:
            raise RuntimeError("once")

    hub.deadline_handlers = {("thing", "end"): fragile}
    set_one(hub, hours=-1)
    hub.sweep()
    (row,) = rows(hub)
    assert row.fired_at is None
    assert row.attempts == 1
    assert "once" in (row.last_error or "")
    later(hub, 1)
    assert calls == [1, 1]
    assert rows(hub)[0].fired_at is not None
