"""Two who take the same money at once, and what a transaction of the database sees of others."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.kernel.work import SYSTEM
from app.payments import service
from app.payments.errors import LedgerRefused
from tests.payments.attacking import (
    add_entry,
    open_txn,
    overdraft,
    refused,
)


def test_posted_transactions_stay_sealed_in_their_own_database_transaction(target):
    """What was checked early (SET CONSTRAINTS ... IMMEDIATE) is checked again when more is added."""

    def attack(target, connection):
        txn = target.book(connection, [(target.cash, 10), (target.escrow, -10)])
        if not target.is_sqlite:
            connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        add_entry(connection, txn, target.cash, 5)

    refused(target, attack)


def test_a_view_that_cannot_see_others_is_not_allowed_to_write(target):
    """PostgreSQL: REPEATABLE READ would not see what was taken while it waited. SQLite has one writer at a time."""
    if target.is_sqlite:
        refused(target, overdraft)
        return
    with target.hub.db.write.execution_options(isolation_level="REPEATABLE READ").begin() as connection:
        txn = open_txn(target, connection)
        with pytest.raises(IntegrityError):
            add_entry(connection, txn, target.escrow, 5)
        connection.rollback()


def test_two_who_take_the_same_money_at_once_do_not_both_get_it(target):
    """Eight threads take 300 of 1,000 each: three get it, whatever the order; the fourth would overdraw."""
    start, outcomes = threading.Barrier(8), []

    def take(number):
        def withdraw(work):
            lines = [("escrow:p1", "liability", 300), ("psp_clearing:sandbox", "asset", -300)]
            service.post(work, f"take:{number}", "race", lines)

        start.wait()
        try:
            target.hub.db.run(SYSTEM, withdraw)
            outcomes.append("taken")
        except LedgerRefused:
            outcomes.append("refused")

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 5 + ["taken"] * 3
    assert target.sums() == {"escrow:p1": 100, "psp_clearing:sandbox": 100}


def test_raw_sql_from_two_connections_cannot_overdraw(target):
    """Both see 1,000 and take 600; the row lock (PostgreSQL) or the single writer (SQLite) lets one of them through."""
    results = race_two(target)
    assert sorted(results) == ["refused", "taken"]
    assert target.sums()["escrow:p1"] == 400


def race_two(target, checked=None):
    """``checked``: where both meet after their checks and before either commits (only without the row lock can they)."""
    start, results = threading.Barrier(2), []

    def take(key):
        start.wait()
        try:
            with target.hub.db.write.begin() as connection:
                target.book(connection, [(target.escrow, 600), (target.cash, -600)], key=key)
                if not target.is_sqlite:
                    connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # what the commit would check
                    if checked is None:
                        connection.execute(text("SELECT pg_sleep(0.5)"))  # the other one waits for the lock meanwhile
                    else:
                        checked.wait(60)
            results.append("taken")
        except IntegrityError:
            results.append("refused")

    threads = [threading.Thread(target=take, args=(key,)) for key in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_without_the_row_lock_both_would_have_got_it(target):
    """The planted fault of the race: PostgreSQL's lock taken out. SQLite has no lock to take out: its writer is alone."""
    if target.is_sqlite:
        assert sorted(race_two(target)) == ["refused", "taken"]
        return
    with target.hub.db.write.begin() as connection:
        body = connection.execute(text("SELECT pg_get_functiondef('xunyi_ledger_entry_insert'\\:\\:regproc)")).scalar_one()
        weaker = body.replace("FOR UPDATE", "")
        assert weaker != body
        connection.exec_driver_sql(weaker.replace("%", "%%"))
    assert race_two(target, checked=threading.Barrier(2)) == ["taken", "taken"]
    assert target.sums()["escrow:p1"] == -200
