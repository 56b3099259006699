"""News reaches every listener: effects inside the database once, effects outside at least once, failures are seen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.kernel import outbox
from app.kernel.audit import AuditEntry, record
from app.kernel.clock import advance
from app.kernel.errors import Conflict, Unavailable
from app.kernel.hub import Hub
from app.kernel.outbox import MAX_ATTEMPTS, Delivery, Event, Listener, OutboxRow, announce
from app.kernel.work import SYSTEM


@pytest.fixture(scope="module", autouse=True)
def _only_here() -> Iterator[None]:
    """The event of these tests is not left for others to count."""
    yield
    Event.registry.pop("KernelNews", None)


@dataclass(frozen=True)
class KernelNews(Event):
    number: int


def tell(hub: Hub, *listeners: Listener, number: int = 1) -> int:
    hub.listeners = {"KernelNews": listeners}
    with hub.begin(SYSTEM) as work:
        return announce(work, KernelNews(number))


def delivery(hub: Hub) -> Delivery:
    with hub.look() as work:
        return work.session.scalars(select(Delivery)).one()


def later(hub: Hub, **by: float) -> None:
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(**by))


def effects(hub: Hub) -> int:
    with hub.look() as work:
        return work.session.scalar(select(func.count()).where(AuditEntry.verb == "test.effect")) or 0


def note(work, event: KernelNews) -> None:
    record(work, "test.effect", "test", event.number)


def test_news_of_a_failed_change_is_never_told(hub: Hub) -> None:
    hub.listeners = {"KernelNews": (Listener("note", note),)}
    with pytest.raises(RuntimeError), hub.begin(SYSTEM) as work:  # noqa: PT012 - the whole block is the attempt
        announce(work, KernelNews(1))
        raise RuntimeError("the change failed")
    hub.drain()
    assert effects(hub) == 0


def test_inside_listener_takes_effect_once_under_two_carriers(hub: Hub) -> None:
    hub.listeners = {"KernelNews": (Listener("note", note),)}
    for number in range(10):
        outbox_id = tell(hub, Listener("note", note), number=number)
        gate = threading.Barrier(2)
        faults: list[BaseException] = []

        def carry(outbox_id: int = outbox_id, gate: threading.Barrier = gate, faults: list = faults) -> None:
            try:
                gate.wait()
                outbox.deliver(hub, outbox_id)
            except BaseException as fault:  # shown by the assertion below
                faults.append(fault)

        carriers = [threading.Thread(target=carry) for _ in range(2)]
        for each in carriers:
            each.start()
        for each in carriers:
            each.join()
        assert faults == []
        outbox.deliver(hub, outbox_id)
    assert effects(hub) == 10


def test_effect_and_mark_are_one_transaction(hub: Hub) -> None:
    def half(work, event: KernelNews) -> None:
        note(work, event)
        work.session.flush()
        raise RuntimeError("after the effect")

    tell(hub, Listener("half", half))
    hub.sweep()
    assert effects(hub) == 0
    assert delivery(hub).state == "pending"


def test_failures_wait_longer_each_time_then_die_and_staff_can_send_again(hub: Hub) -> None:
    broken = True

    def fragile(work, event: KernelNews) -> None:
        if broken:
            raise RuntimeError("not yet")
        note(work, event)

    tell(hub, Listener("fragile", fragile))
    waits = []
    for attempt in range(1, MAX_ATTEMPTS + 1):
        hub.sweep()
        row = delivery(hub)
        assert row.attempts == attempt
        assert "not yet" in (row.last_error or "")
        with hub.look() as work:
            waits.append((row.next_at - work.now).total_seconds())
        hub.sweep()
        assert delivery(hub).attempts == attempt  # not before its time
        later(hub, seconds=301)
    assert waits[:3] == sorted(waits[:3])
    assert max(waits) <= 300
    row = delivery(hub)
    assert row.state == "dead"
    hub.sweep()
    with hub.look() as work:
        assert [dead.id for dead, _ in outbox.dead_deliveries(work)] == [row.id]
    broken = False
    with hub.begin(SYSTEM) as work:
        outbox.send_again(work, row.id)
    hub.drain()
    assert delivery(hub).state == "done"
    assert effects(hub) == 1


def test_a_refusal_is_final_at_once(hub: Hub) -> None:
    def refuse(work, event: KernelNews) -> None:
        raise Conflict()

    tell(hub, Listener("refuse", refuse))
    hub.sweep()
    assert (delivery(hub).state, delivery(hub).attempts) == ("dead", 1)


def test_unavailable_is_tried_again(hub: Hub) -> None:
    def away(work, event: KernelNews) -> None:
        raise Unavailable()

    tell(hub, Listener("away", away))
    hub.sweep()
    assert delivery(hub).state == "pending"


def test_outside_effect_is_leased_and_taken_over_when_its_process_died(hub: Hub) -> None:
    calls = []

    class Killed(BaseException):
        """Stands for kill -9: nothing after it runs."""

    def die_once(hub: Hub, event: KernelNews) -> None:
        calls.append(event.number)
        if len(calls) == 1:
            raise Killed()

    outbox_id = tell(hub, Listener("out", die_once, outside=True))
    with pytest.raises(Killed):
        outbox.deliver(hub, outbox_id)
    assert delivery(hub).state == "running"
    hub.sweep()
    assert calls == [1]  # the lease holds
    later(hub, seconds=61)
    hub.sweep()
    assert calls == [1, 1]
    assert delivery(hub).state == "done"
    hub.drain()
    assert calls == [1, 1]


def test_one_broken_listener_does_not_hold_up_the_others(hub: Hub) -> None:
    def broken(work, event: KernelNews) -> None:
        raise RuntimeError("mine alone")

    tell(hub, Listener("broken", broken), Listener("note", note))
    hub.sweep()
    assert effects(hub) == 1


def test_news_nobody_hears_is_settled(hub: Hub) -> None:
    tell(hub)
    hub.sweep()
    with hub.look() as work:
        assert work.session.scalars(select(OutboxRow)).one().settled_at is not None


def test_listeners_get_the_event_as_it_was_announced(hub: Hub) -> None:
    heard: list[Event] = []
    tell(hub, Listener("hear", lambda work, event: heard.append(event)), number=42)
    hub.sweep()
    assert heard == [KernelNews(42)]
