"""What was done stays written: rows cannot be changed, and a change by force is found."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.kernel import audit, guards
from app.kernel.audit import AuditChain, AuditEntry, chain, record, verify_chain
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM


@pytest.fixture
def chained(hub: Hub) -> Hub:
    with hub.begin(SYSTEM) as work:
        for number in range(5):
            record(work, "test.did", "test", number, {"amount_fen": number})
    with hub.begin(SYSTEM) as work:
        assert chain(work) == 5
    return hub


def force(hub: Hub, table: str, statement: str) -> None:
    """Run a statement as somebody who first takes the guards of the table away."""
    with hub.begin(SYSTEM) as work:
        for trigger in guards.TRIGGERS.values():
            if trigger.table == table and getattr(trigger, hub.db.dialect):
                on = "" if hub.db.dialect == "sqlite" else f" ON {table}"
                work.session.execute(text(f"DROP TRIGGER {trigger.name}{on}"))
        work.session.execute(text(statement))


def faults(hub: Hub) -> list[str]:
    with hub.look() as work:
        return verify_chain(work)


def test_an_untouched_chain_is_sound(chained: Hub) -> None:
    assert faults(chained) == []
    with chained.begin(SYSTEM) as work:
        assert chain(work) == 0  # nothing is chained twice
    with chained.look() as work:
        assert work.session.scalars(select(AuditChain.idx).order_by(AuditChain.idx)).all() == [1, 2, 3, 4, 5]


def test_a_row_that_came_very_late_is_chained_by_the_look_through_everything(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep looks at the newest ids; a row far behind them waits for the hourly look, and is never forgotten."""
    monkeypatch.setattr(audit, "LATE", 3)
    with hub.begin(SYSTEM) as work:
        for number in range(6):
            record(work, "thing.touch", "thing", number)
        work.session.flush()
        newest = work.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert newest is not None
        work.session.add(AuditChain(idx=1, entry_id=newest.id, hash=audit.chain_hash("", newest)))
    with hub.begin(SYSTEM) as work:
        assert chain(work, everything=False) == 2
    hub.sweep()
    with hub.look() as work:
        assert work.session.scalar(select(func.count()).select_from(AuditChain)) == 6
        assert verify_chain(work) == []


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("audit_entry", """UPDATE audit_entry SET detail = '{"amount_fen": 9}' WHERE entity_id = 2"""),
        ("audit_entry", "UPDATE audit_entry SET actor_code = 'somebody' WHERE entity_id = 2"),
        ("audit_chain", "UPDATE audit_chain SET hash = 'ab' WHERE idx = 3"),
        ("audit_chain", "DELETE FROM audit_chain WHERE idx = 3"),
    ],
)
def test_a_change_by_force_is_found(chained: Hub, table: str, statement: str) -> None:
    force(chained, table, statement)
    assert faults(chained)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET verb = 'other'",
        "DELETE FROM audit_entry WHERE entity_id = 1",
        "UPDATE audit_chain SET hash = ''",
        "DELETE FROM audit_chain",
    ],
)
def test_the_database_refuses_to_change_or_delete(chained: Hub, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), chained.begin(SYSTEM) as work:
        work.session.execute(text(statement))
    assert faults(chained) == []


def test_the_database_refuses_to_empty_or_overwrite_a_table(chained: Hub) -> None:
    if chained.db.dialect == "postgresql":
        attacks = ["TRUNCATE audit_entry CASCADE", "TRUNCATE audit_chain"]
    else:
        attacks = [
            "INSERT OR REPLACE INTO audit_chain (idx, entry_id, hash) VALUES (3, 3, 'ab')",
            "INSERT OR REPLACE INTO audit_chain (idx, entry_id, hash) VALUES (77, 3, 'ab')",
            "INSERT OR REPLACE INTO audit_entry SELECT id, at, actor_kind, actor_code, 'other', entity, entity_id, from_state, "
            "to_state, row_version, detail, request_id FROM audit_entry WHERE id = 1",
            "UPDATE OR REPLACE audit_chain SET idx = 4 WHERE idx = 3",
        ]
    for attack in attacks:
        with pytest.raises(DBAPIError, match="append-only"), chained.begin(SYSTEM) as work:
            work.session.execute(text(attack))
    assert faults(chained) == []


def test_replace_is_refused_even_without_recursive_triggers(chained: Hub) -> None:
    if chained.db.dialect != "sqlite":
        return
    with pytest.raises(DBAPIError, match="append-only"), chained.db.write.connect() as connection:  # noqa: PT012 - the whole block is the attempt
        connection.exec_driver_sql("PRAGMA recursive_triggers=OFF")
        connection.exec_driver_sql("INSERT OR REPLACE INTO audit_chain (idx, entry_id, hash) VALUES (3, 3, 'ab')")
    chained.db.dispose()


def test_every_declared_trigger_is_in_the_database(hub: Hub) -> None:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if hub.db.dialect == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with hub.look() as work:
        present = set(work.session.execute(text(query)).scalars())
    assert guards.expected_names(hub.db.dialect) == present


def test_a_trigger_is_declared_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        guards.append_only(AuditEntry)


def test_an_entry_names_who_and_when(hub: Hub) -> None:
    with hub.begin(SYSTEM) as work:
        record(work, "test.did", "test", 1)
        now, request_id = work.now, work.request_id
    with hub.look() as work:
        row = work.session.scalars(select(AuditEntry)).one()
        assert (row.actor_kind, row.actor_code, row.at, row.request_id) == ("system", "system", now, request_id)
