"""The database itself refuses every way to bend the books. Every attack is raw SQL; none asks our Python."""

import sqlite3

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.kernel.work import SYSTEM
from app.payments import queries, service
from app.payments.errors import LedgerRefused
from tests.payments.attacking import (
    AT,
    Target,
    allow_negative,
    attempt,
    change_entry,
    change_kind,
    change_memo,
    delete_account,
    delete_entry,
    delete_txn,
    entry_into_posted,
    no_entry,
    open_txn,
    overdraft,
    overdraft_in_two_halves,
    refused,
    reopen,
    replace_entry,
    replace_txn,
    reversed_twice,
    run,
    same_key_twice,
    seal,
    single_entry,
    two_currencies,
    unbalanced,
    zero_amount,
)
from tests.payments.making import make_payment, settled_payment


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
