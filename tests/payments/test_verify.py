"""``ledger verify`` finds each kind of difference, and nothing in sound books. Faults are planted below the guards."""

import pytest
from sqlalchemy import text

from app.kernel.work import SYSTEM
from app.payments import queries, service
from tests.accounts.making import make_user
from tests.payments.making import AMOUNT, begin_checkout, make_payment, run_money, sandbox, settled_payment


@pytest.fixture
def busy(hub):
    """Books in which everything has happened once: a sale paid out, a refund, a hold that is still held."""
    sold, seller = settled_payment(hub), make_user(hub)
    with hub.begin(SYSTEM) as work:
        service.release(work, sold.code, [(queries.seller_account(work, seller.id), 98_000), ("fee_revenue", 2_000)], "r")
    returned = settled_payment(hub)
    with hub.begin(SYSTEM) as work:
        service.refund(work, returned.code, AMOUNT, "full", "cancelled")
    settled_payment(hub)
    make_payment(hub)
    run_money(hub)
    return hub


def names(hub):
    with hub.look() as work:
        return sorted({line.split(":", 1)[0] for line in service.verify(work, hub.provider)})


def plant(hub, *statements):
    """Switch the guards off and write a fault, as somebody with the database's password could."""
    with hub.db.write.begin() as connection:
        if hub.db.dialect == "sqlite":
            rows = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in rows:
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("SET session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))
        if hub.db.dialect != "sqlite":
            connection.execute(text("SET session_replication_role = DEFAULT"))


def test_sound_books_have_no_difference(busy):
    assert names(busy) == []


def test_a_changed_entry_is_found(busy):
    plant(busy, "UPDATE ledger_entry SET amount_fen = amount_fen + 1 WHERE id = 1")
    assert {"sum", "unbalanced"} <= set(names(busy))


def test_two_changes_that_hide_each_other_in_the_sum_are_found(busy):
    plant(
        busy,
        "UPDATE ledger_entry SET amount_fen = amount_fen + 1 WHERE id = 1",
        "UPDATE ledger_entry SET amount_fen = amount_fen - 1 WHERE id = 3",
    )
    assert "sum" not in names(busy)
    assert "unbalanced" in names(busy)


def test_a_deleted_entry_is_found(busy):
    plant(busy, "DELETE FROM ledger_entry WHERE id = 1")
    assert "unbalanced" in names(busy)


def test_a_transaction_that_was_never_posted_is_found(busy):
    plant(busy, "UPDATE ledger_txn SET state = 'open' WHERE id = 1")
    assert "unposted" in names(busy)


def test_an_overdraft_is_found(busy):
    plant(
        busy,
        "UPDATE ledger_entry SET amount_fen = amount_fen * 10 WHERE txn_id = (SELECT id FROM ledger_txn WHERE idem_key LIKE 'release:%')",
    )
    assert "overdraft" in names(busy)


def test_a_settled_payment_without_its_capture_is_found(busy):
    plant(busy, "UPDATE payment SET state = 'settled' WHERE state = 'open'")
    assert names(busy) == ["missing_capture"]


def test_a_command_that_is_done_without_its_entry_is_found(busy):
    plant(busy, "UPDATE ledger_txn SET idem_key = 'x' WHERE idem_key LIKE 'refund_paid:%'")
    assert "missing_entry" in names(busy)


def test_a_capture_that_the_provider_does_not_know_is_found(busy):
    with busy.begin(SYSTEM) as work:
        lines = [("psp_clearing:sandbox", "asset", 5), ("escrow:x", "liability", -5)]
        service.post(work, "capture:x", "invented", lines)
    assert names(busy) == ["missing_with_them", "total"]


def test_money_at_the_provider_that_we_do_not_know_is_found(busy):
    sandbox(busy).books.payout("by hand", "somebody", 5, "CNY", {})
    assert names(busy) == ["missing_with_us", "total"]


def test_a_payment_whose_message_has_not_arrived_is_named(busy):
    payment = make_payment(busy)
    sandbox(busy).books.decide(begin_checkout(busy, payment.code), paid=True)
    assert names(busy) == ["state", "total"]
    run_money(busy)
    assert names(busy) == []


def test_another_amount_at_the_provider_is_found(busy):
    import sqlite3

    with sqlite3.connect(sandbox(busy).books.path) as books:
        books.execute("UPDATE payouts SET amount_fen = amount_fen + 1")
    books.close()
    assert names(busy) == ["amount", "total"]
