"""One way to write, one way to read: nothing is lost between threads, nothing is written by a reader."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from app.kernel import clock
from app.kernel.audit import AuditEntry, record
from app.kernel.clock import ClockOffset
from app.kernel.deadlines import Deadline
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM, VISITOR, Actor, is_transient


def test_begin_commits_everything_or_nothing(hub: Hub) -> None:
    with hub.begin(SYSTEM) as work:
        record(work, "test.kept", "test", 1)
    with pytest.raises(RuntimeError), hub.begin(SYSTEM) as work:  # noqa: PT012 - the whole block is the attempt
        record(work, "test.lost", "test", 1)
        work.session.flush()
        raise RuntimeError("half way")
    with hub.look() as work:
        assert work.session.scalars(select(AuditEntry.verb)).all() == ["test.kept"]


def test_a_reader_cannot_write(hub: Hub) -> None:
    with hub.look() as work, pytest.raises(DBAPIError):
        work.session.execute(text("INSERT INTO clock_offset (id, seconds) VALUES (1, 5)"))
    with hub.look() as work:
        assert work.session.get(ClockOffset, 1) is None


def test_a_reader_does_not_wait_for_a_writer(hub: Hub) -> None:
    with hub.begin(SYSTEM) as work:
        record(work, "test.open", "test", 1)
        work.session.flush()
        with hub.look() as other:
            assert other.session.scalars(select(AuditEntry)).all() == []


def test_eight_threads_counting_lose_nothing(hub: Hub) -> None:
    threads, rounds = 8, 40
    with hub.begin(SYSTEM) as work:
        work.session.add(ClockOffset(id=1, seconds=0))
    hub.db.movable_clock = False  # the row is only a counter here
    faults: list[BaseException] = []

    def count() -> None:
        try:
            for _ in range(rounds):
                hub.db.run(SYSTEM, lambda work: work.session.execute(update(ClockOffset).values(seconds=ClockOffset.seconds + 1)))
        except BaseException as fault:  # shown by the assertion below
            faults.append(fault)

    crowd = [threading.Thread(target=count) for _ in range(threads)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    assert faults == []
    with hub.look() as work:
        assert work.session.get_one(ClockOffset, 1).seconds == threads * rounds


def test_in_a_hurry_commits_do_not_wait_for_the_disk_and_afterwards_they_do_again(hub: Hub) -> None:
    asked = {"sqlite": ("PRAGMA synchronous", 0), "postgresql": ("SHOW synchronous_commit", "off")}
    question, hurried = asked[hub.db.dialect]

    def answer() -> object:
        with hub.begin(SYSTEM) as work:
            return work.session.execute(text(question)).scalar_one()

    patient = answer()
    assert patient in (2, "on", "off")  # off: the cluster of the tests may be in a hurry by itself
    with hub.db.hurried():
        with hub.begin(SYSTEM) as work:
            clock.advance(work, timedelta(seconds=7))
        assert answer() == hurried
    assert answer() == patient
    with hub.look(SYSTEM) as work:
        assert work.session.get_one(ClockOffset, 1).seconds == 7


def test_run_tries_again_only_when_that_can_help(hub: Hub) -> None:
    tries = []

    def twice_the_same_key(work) -> None:
        tries.append(1)
        work.session.execute(text("INSERT INTO clock_offset (id, seconds) VALUES (1, 0)"))
        work.session.execute(text("INSERT INTO clock_offset (id, seconds) VALUES (1, 0)"))

    with pytest.raises(IntegrityError) as refusal:
        hub.db.run(SYSTEM, twice_the_same_key)
    assert len(tries) == 1
    assert not is_transient(refusal.value)


def test_time_is_aware_utc_and_moves_with_the_demo_clock(hub: Hub) -> None:
    with hub.look() as work:
        first = work.now
    assert first.tzinfo is not None
    assert first.utcoffset() == timedelta(0)
    assert abs(first - datetime.now(UTC)) < timedelta(minutes=1)
    for _ in range(2):
        with hub.begin(SYSTEM) as work:
            clock.advance(work, timedelta(days=3))
    with hub.look() as work:
        assert timedelta(days=6) <= work.now - first < timedelta(days=6, minutes=1)


def test_production_does_not_read_the_demo_clock(hub: Hub) -> None:
    with hub.begin(SYSTEM) as work:
        clock.advance(work, timedelta(days=3))
    hub.db.movable_clock = False
    with hub.look() as work:
        assert abs(work.now - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_naive_instant_is_refused(hub: Hub) -> None:
    with pytest.raises(StatementError, match="naive"), hub.begin(SYSTEM) as work:  # noqa: PT012 - the whole block is the attempt
        work.session.add(Deadline(entity="x", entity_id=1, kind="y", due_at=datetime(2026, 1, 1)))  # noqa: DTZ001 - the fault
        work.session.flush()


def test_an_instant_keeps_its_microseconds_and_sorts_by_time(hub: Hub) -> None:
    moments = [datetime(2026, 1, 1, 0, 0, 0, micro, tzinfo=UTC) for micro in (0, 1, 999_999)]
    with hub.begin(SYSTEM) as work:
        for number, at in enumerate(reversed(moments)):
            work.session.add(Deadline(entity="x", entity_id=number, kind="y", due_at=at))
    with hub.look() as work:
        assert work.session.scalars(select(Deadline.due_at).order_by(Deadline.due_at)).all() == moments


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO clock_offset (id, seconds) VALUES (1, 'many')",
        "INSERT INTO clock_offset (id, seconds) VALUES (2, 0)",
        "INSERT INTO deadline (entity, entity_id, kind, due_at, attempts) VALUES ('x', 'one', 'y', '2026-01-01T00:00:00Z', 0)",
        "INSERT INTO audit_entry (at, actor_kind, actor_code, verb, entity, detail, request_id) "
        "VALUES ('2026-01-01T00:00:00Z', 'stranger', '', 'v', 'e', '{}', '')",
    ],
)
def test_the_database_refuses_wrong_types_and_unknown_words(hub: Hub, statement: str) -> None:
    with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
        work.session.execute(text(statement))


def test_sqlite_refuses_a_fraction_in_a_whole_number_column(hub: Hub) -> None:
    if hub.db.dialect != "sqlite":
        with hub.begin(SYSTEM) as work:  # PostgreSQL rounds a numeric literal: the column still holds a whole number
            work.session.execute(text("INSERT INTO clock_offset (id, seconds) VALUES (1, 1.5)"))
            assert isinstance(work.session.get_one(ClockOffset, 1).seconds, int)
        return
    with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
        work.session.execute(text("INSERT INTO clock_offset (id, seconds) VALUES (1, 1.5)"))


def test_every_sqlite_table_is_strict(hub: Hub) -> None:
    if hub.db.dialect != "sqlite":
        return
    with hub.look() as work:
        loose = work.session.execute(
            text("SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'")
        ).scalars()
        assert set(loose) <= {"alembic_version"}


def test_an_actor_has_the_duties_it_was_given() -> None:
    person = Actor("user", user_id=7, duties=(("appraiser", 3),))
    assert person.has("household")
    assert person.has("appraiser")
    assert not person.has("operator")
    assert person.organisation_id("appraiser") == 3
    assert person.organisation_id("operator") is None
    assert not VISITOR.has("household")
    with pytest.raises(RuntimeError):
        _ = VISITOR.id
