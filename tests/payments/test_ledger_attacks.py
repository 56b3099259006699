"""The database itself refuses every way to bend the books. Every attack is raw SQL; none asks our Python."""

import sqlite3
import threading
from dataclasses import dataclass

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.kernel.work import SYSTEM
from app.payments import queries, service
from app.payments.errors import LedgerRefused
from tests.payments.making import make_payment, settled_payment

AT = "2026-11-23T06:05:00.000000Z"


@dataclass(frozen=True)
class Target:
    """Honest books: 1,000 fen lie in ``escrow``; ``txn`` is the posted capture and ``entry`` one of its lines."""

    hub: object
    cash: int
    escrow: int
    txn: int
    entry: int

    @property
    def is_sqlite(self) -> bool:
        return self.hub.db.dialect == "sqlite"

    def book(self, connection, lines, *, key="attack", reverses=None):
        """One transaction by raw SQL, as the database wants it: (account id, amount) lines, sealed at the end."""
        txn = open_txn(self, connection, key=key, reverses=reverses)
        for account, amount in lines:
            add_entry(connection, txn, account, amount)
        seal(self, connection, txn)
        return txn

    def sums(self):
        with self.hub.look() as work:
            return queries.balances(work)


@pytest.fixture
def target(hub):
    with hub.begin(SYSTEM) as work:
        lines = [("psp_clearing:sandbox", "asset", 1000), ("escrow:p1", "liability", -1000)]
        txn = service.post(work, "capture:p1", "capture", lines)
        ids = dict(work.session.execute(text("SELECT name, id FROM ledger_account")).all())
        entry = work.session.execute(text("SELECT min(id) FROM ledger_entry")).scalar_one()
        return Target(hub, ids["psp_clearing:sandbox"], ids["escrow:p1"], txn.id, entry)


def open_txn(target, connection, *, key="attack", reverses=None, state=None):
    state = state or ("open" if target.is_sqlite else "posted")
    values = {"key": key, "at": AT, "state": state, "reverses": reverses}
    insert = (
        "INSERT INTO ledger_txn (idem_key, at, memo, reverses, state) VALUES (:key, :at, 'x', :reverses, :state) RETURNING id"
    )
    return connection.execute(text(insert), values).scalar_one()


def add_entry(connection, txn, account, amount):
    insert = "INSERT INTO ledger_entry (txn_id, account_id, amount_fen) VALUES (:t, :a, :fen)"
    connection.execute(text(insert), {"t": txn, "a": account, "fen": amount})


def seal(target, connection, txn):
    if target.is_sqlite:
        connection.execute(text("UPDATE ledger_txn SET state = 'posted' WHERE id = :t"), {"t": txn})


def attempt(target, attack):
    with target.hub.db.write.begin() as connection:
        attack(target, connection)


def refused(target, attack):
    """The attack raises and leaves the books as they were."""
    before = target.sums()
    with pytest.raises(DBAPIError) as stopped:
        attempt(target, attack)
    assert isinstance(stopped.value, IntegrityError), stopped.value  # refused by a guard, not by a mistake in the attack
    assert target.sums() == before


def run(statement):
    return lambda target, connection: connection.execute(text(statement.format(**vars(target))))


def unbalanced(target, connection):
    target.book(connection, [(target.cash, 500), (target.escrow, -400)])


def single_entry(target, connection):
    target.book(connection, [(target.cash, 500)])


def no_entry(target, connection):
    target.book(connection, [])


def zero_amount(target, connection):
    target.book(connection, [(target.cash, 500), (target.escrow, -500), (target.cash, 0)])


def two_currencies(target, connection):
    flag = "0" if target.is_sqlite else "false"
    insert = (
        f"INSERT INTO ledger_account (name, kind, currency, allow_negative) VALUES ('bank', 'asset', 'USD', {flag}) RETURNING id"
    )
    dollars = connection.execute(text(insert)).scalar_one()
    target.book(connection, [(dollars, 500), (target.escrow, -500)])


def entry_into_posted(target, connection):
    add_entry(connection, target.txn, target.cash, 500)
    add_entry(connection, target.txn, target.escrow, -500)


def overdraft(target, connection):
    target.book(connection, [(target.escrow, 1001), (target.cash, -1001)])


def overdraft_in_two_halves(target, connection):
    target.book(connection, [(target.escrow, 600), (target.cash, -600)], key="half1")
    target.book(connection, [(target.escrow, 600), (target.cash, -600)], key="half2")


def same_key_twice(target, connection):
    target.book(connection, [(target.cash, 1), (target.escrow, -1)], key="capture:p1")


def reversed_twice(target, connection):
    for key in ("first", "second"):
        target.book(connection, [(target.escrow, 500), (target.cash, -500)], key=key, reverses=target.txn)


change_entry = run("UPDATE ledger_entry SET amount_fen = 2000 WHERE id = {entry}")
delete_entry = run("DELETE FROM ledger_entry WHERE txn_id = {txn}")
change_memo = run("UPDATE ledger_txn SET memo = 'something else' WHERE id = {txn}")
reopen = run("UPDATE ledger_txn SET state = 'open' WHERE id = {txn}")
delete_txn = run("DELETE FROM ledger_txn WHERE id = {txn}")
delete_account = run("DELETE FROM ledger_account WHERE id = {escrow}")
change_kind = run("UPDATE ledger_account SET kind = 'asset' WHERE id = {escrow}")


def allow_negative(target, connection):
    flag = "1" if target.is_sqlite else "true"
    connection.execute(text(f"UPDATE ledger_account SET allow_negative = {flag} WHERE id = {target.escrow}"))


def replace_entry(target, connection):
    values = f"(id, txn_id, account_id, amount_fen) VALUES ({target.entry}, {target.txn}, {target.cash}, 5000)"
    if target.is_sqlite:
        connection.execute(text(f"INSERT OR REPLACE INTO ledger_entry {values}"))
    else:
        connection.execute(text(f"INSERT INTO ledger_entry {values} ON CONFLICT (id) DO UPDATE SET amount_fen = 5000"))


def replace_txn(target, connection):
    columns = "(id, idem_key, at, memo, state)"
    if target.is_sqlite:
        connection.execute(text(f"INSERT OR REPLACE INTO ledger_txn {columns} VALUES ({target.txn}, 'k', '{AT}', 'x', 'open')"))
    else:
        values = f"VALUES ({target.txn}, 'k', '{AT}', 'x', 'posted') ON CONFLICT (id) DO UPDATE SET idem_key = 'k'"
        connection.execute(text(f"INSERT INTO ledger_txn {columns} {values}"))


def test_an_honest_transaction_by_raw_sql_is_accepted(target):
    attempt(target, lambda target, connection: target.book(connection, [(target.escrow, 400), (target.cash, -400)]))
    assert target.sums() == {"escrow:p1": 600, "psp_clearing:sandbox": 600}


def test_a_transaction_that_does_not_add_up_is_refused(target):
    refused(target, unbalanced)


def test_a_single_entry_is_refused(target):
    refused(target, single_entry)


def test_a_transaction_without_entries_is_refused(target):
    refused(target, no_entry)


def test_an_amount_of_zero_is_refused(target):
    refused(target, zero_amount)


@pytest.mark.parametrize("amount", ["0.5", "one", "1e3"])
def test_an_amount_that_is_not_a_whole_number_is_refused(target, amount):
    def attack(target, connection):
        txn = open_txn(target, connection)
        connection.execute(
            text(f"INSERT INTO ledger_entry (txn_id, account_id, amount_fen) VALUES ({txn}, {target.cash}, '{amount}')")
        )
        seal(target, connection, txn)

    before = target.sums()
    with pytest.raises(DBAPIError):
        attempt(target, attack)
    assert target.sums() == before


def test_no_fraction_is_ever_stored(target):
    """SQLite refuses the number; PostgreSQL's column rounds it before anybody sees it, and the books still must balance."""

    def attack(target, connection):
        target.book(connection, [(target.cash, 500.4), (target.escrow, -500.6)])

    with pytest.raises(DBAPIError):
        attempt(target, attack)


def test_two_currencies_that_balance_only_together_are_refused(target):
    refused(target, two_currencies)


def test_an_entry_cannot_be_added_to_a_posted_transaction(target):
    refused(target, entry_into_posted)


def test_an_entry_cannot_be_changed(target):
    refused(target, change_entry)


def test_an_entry_cannot_be_deleted(target):
    refused(target, delete_entry)


def test_an_entry_cannot_be_replaced(target):
    refused(target, replace_entry)


def test_a_transaction_cannot_be_changed(target):
    refused(target, change_memo)


def test_a_transaction_cannot_be_deleted(target):
    refused(target, delete_txn)


def test_a_transaction_cannot_be_replaced(target):
    refused(target, replace_txn)


def test_a_posted_transaction_cannot_be_opened_again(target):
    refused(target, reopen)


def test_the_tables_cannot_be_emptied(target):
    for table in ("ledger_entry", "ledger_txn", "ledger_account"):
        refused(target, run(f"DELETE FROM {table}" if target.is_sqlite else f"TRUNCATE {table} CASCADE"))


def test_an_account_that_may_not_go_below_zero_does_not(target):
    refused(target, overdraft)


def test_two_halves_in_one_database_transaction_do_not_overdraw_either(target):
    refused(target, overdraft_in_two_halves)


def test_the_same_business_event_is_booked_once(target):
    refused(target, same_key_twice)


def test_a_transaction_is_reversed_once(target):
    refused(target, reversed_twice)


def test_there_is_no_stored_balance_to_edit(target):
    columns = {column.name for column in __import__("app.payments.models", fromlist=["x"]).LedgerAccount.__table__.columns}
    assert columns == {"id", "name", "kind", "currency", "allow_negative"}


def test_an_accounts_kind_and_limits_never_change(target):
    for attack in (change_kind, allow_negative, delete_account):
        refused(target, attack)


def test_frozen_money_does_not_move_whoever_asks(hub):
    payment = settled_payment(hub)
    with hub.begin(SYSTEM) as work:
        service.freeze(work, payment.code, "problem")
        ids = dict(work.session.execute(text("SELECT name, id FROM ledger_account")).all())
    target = Target(hub, ids["psp_clearing:sandbox"], ids[f"escrow:{payment.code}"], 0, 0)
    refused(target, lambda target, connection: target.book(connection, [(target.escrow, 5), (target.cash, -5)]))


def test_the_terms_of_a_payment_never_change(hub):
    payment = make_payment(hub)
    target = Target(hub, 0, 0, 0, 0)
    for change in ("amount_fen = 1", "currency = 'USD'", "payer_id = 99", "purpose = 'deposit'", "code = 'x'"):
        refused(target, run(f"UPDATE payment SET {change} WHERE id = {payment.id}"))
    refused(target, run(f"DELETE FROM payment WHERE id = {payment.id}"))


def test_only_a_settled_payment_can_be_marked_as_frozen(hub):
    payment = make_payment(hub)
    refused(Target(hub, 0, 0, 0, 0), run(f"UPDATE payment SET frozen_at = '{AT}', freeze_reason = 'x' WHERE id = {payment.id}"))


def test_a_refusal_meets_the_verb_at_once_and_as_a_refusal(target):
    for lines in (
        [("psp_clearing:sandbox", "asset", 5), ("escrow:p1", "liability", -4)],
        [("escrow:p1", "liability", 1001), ("psp_clearing:sandbox", "asset", -1001)],
    ):
        with target.hub.begin(SYSTEM) as work:
            with pytest.raises(LedgerRefused):
                service.post(work, "bad", "bad", lines)
            assert queries.find_txn(work, "bad") is None  # nothing stays behind, even when the caller goes on
    assert target.sums()["escrow:p1"] == 1000


PLANTED = {
    "tr_ledger_entry_no_update": ("ledger_entry", change_entry),
    "tr_ledger_entry_no_delete": ("ledger_entry", delete_entry),
    "tr_ledger_entry_into_own_txn": ("ledger_entry", entry_into_posted),
    "tr_ledger_account_no_update": ("ledger_account", allow_negative),
    "tr_ledger_txn_only_posting": ("ledger_txn", change_memo),
    "tr_ledger_txn_balanced": ("ledger_txn", no_entry),
}


@pytest.mark.parametrize("name", PLANTED)
def test_without_its_guard_the_attack_succeeds(target, name):
    table, attack = PLANTED[name]
    with target.hub.db.write.begin() as connection:
        connection.execute(text(f"DROP TRIGGER {name}" + ("" if target.is_sqlite else f" ON {table}")))
    attempt(target, attack)


@pytest.mark.parametrize("attack", [unbalanced, overdraft])
def test_without_the_closing_guards_the_books_can_be_bent(target, attack):
    with target.hub.db.write.begin() as connection:
        for name, table in (("tr_ledger_txn_balanced", "ledger_txn"), ("tr_ledger_entry_balanced", "ledger_entry")):
            if target.is_sqlite and table == "ledger_entry":
                continue
            connection.execute(text(f"DROP TRIGGER {name}" + ("" if target.is_sqlite else f" ON {table}")))
    attempt(target, attack)


def test_a_bare_connection_without_our_pragmas_is_refused_too(target):
    """SQLite only: a tool that switched nothing on meets the same guards. PostgreSQL keeps its guards for every client."""
    if not target.is_sqlite:
        attempt(target, lambda target, connection: connection.execute(text("SELECT 1")))
        return
    with sqlite3.connect(target.hub.db.url.database) as bare:
        bare.execute("PRAGMA foreign_keys=OFF")
        for attack in (
            f"INSERT OR REPLACE INTO ledger_entry VALUES ({target.entry}, {target.txn}, {target.cash}, 5000)",
            f"INSERT OR REPLACE INTO ledger_txn VALUES ({target.txn}, 'k', '{AT}', 'x', NULL, 'open', NULL)",
            f"INSERT OR REPLACE INTO ledger_txn VALUES (77, 'capture:p1', '{AT}', 'x', NULL, 'open', NULL)",
            f"INSERT OR REPLACE INTO ledger_account VALUES ({target.escrow}, 'escrow:p1', 'liability', 'CNY', 1)",
            f"INSERT INTO ledger_txn VALUES (78, 'k', '{AT}', 'x', NULL, 'posted', NULL)",
            f"INSERT INTO ledger_entry (txn_id, account_id, amount_fen) VALUES (999, {target.cash}, 5)",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                bare.execute(attack)
        bare.rollback()
    bare.close()


def test_posted_transactions_stay_sealed_in_their_own_database_transaction(target):
    """What was checked early (SET CONSTRAINTS ... IMMEDIATE) is checked again when more is added."""

    def attack(target, connection):
        txn = target.book(connection, [(target.cash, 10), (target.escrow, -10)])
        if not target.is_sqlite:
            connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        add_entry(connection, txn, target.cash, 5)

    refused(target, attack)


def test_the_owner_of_a_transaction_cannot_be_forged(target):
    """PostgreSQL: the column that says who may add entries is set by a trigger. SQLite: the state says it."""

    def attack(target, connection):
        if target.is_sqlite:
            open_txn(target, connection, state="posted")
            return
        mine = "pg_current_xact_id()::text::bigint + 1"
        made = connection.execute(
            text(
                f"INSERT INTO ledger_txn (idem_key, at, memo, state, xid) VALUES ('f', '{AT}', 'x', 'posted', {mine}) "
                "RETURNING xid - pg_current_xact_id()::text::bigint".replace(":", "\\:")
            )
        ).scalar_one()
        assert made == 0
        raise IntegrityError("forged value was overwritten", None, Exception())

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
