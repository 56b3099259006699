"""Attacks on the books in raw SQL: each says what it tries, none asks our Python."""

from dataclasses import dataclass

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.payments import queries

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
