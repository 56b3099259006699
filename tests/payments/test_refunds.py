"""Refunds before and after the release: whose money goes back, debts and how they are set off, and what the database refuses."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.kernel.work import SYSTEM
from app.payments import jobs, queries, rules, service
from app.payments.errors import KeyReused, LedgerRefused, MoreThanReleased, PaymentFrozen
from app.payments.models import MoneyCommand
from tests.accounts.making import make_user
from tests.appraisal.paying import make_paid
from tests.payments.making import AMOUNT, run_money, sandbox, settled_payment

FEE = 2_000


@pytest.fixture
def hub(hub):
    """Money of other people lies at the provider too, so that it can pay a refund whose money was paid out."""
    settled_payment(hub, amount_fen=10 * AMOUNT)
    return hub


def sold(hub, seller, *, paid_out=True, fee=FEE):
    """A payment whose money was released to the seller, and has arrived there."""
    payment = settled_payment(hub)
    with hub.begin(SYSTEM) as work:
        parts = [(queries.seller_account(work, seller.id), AMOUNT - fee), ("fee_revenue", fee)]
        service.release(work, payment.code, [part for part in parts if part[1]], "r")
    if paid_out:
        run_money(hub)
    return payment


def give_back(hub, payment, fen, key="k"):
    with hub.begin(SYSTEM) as work:
        return service.refund_released(work, payment.code, fen, key, "agreed")


def balances(hub):
    with hub.look() as work:
        return queries.balances(work)


def state_of(hub, payment):
    with hub.look() as work:
        return queries.money_state(work, payment.code)


def sound(hub):
    with hub.look() as work:
        assert service.verify(work, hub.provider) == []


def payouts(hub, seller):
    with hub.look() as work:
        rows = work.session.query(MoneyCommand).filter_by(user_id=seller.id, kind="payout").order_by(MoneyCommand.id).all()
        return [(row.state, row.amount_fen) for row in rows]


def test_after_the_payout_the_seller_owes_and_the_fee_goes_back_in_proportion(hub):
    seller = make_user(hub)
    payment = sold(hub, seller)
    given = give_back(hub, payment, 50_000)
    assert (given.seller_fen, given.fee_fen, given.debt_fen) == (49_000, 1_000, 49_000)
    assert balances(hub)[f"seller_debt:{seller.code}"] == 49_000
    assert balances(hub)["fee_revenue"] == 1_000
    assert state_of(hub, payment).state == "part_refunded"
    run_money(hub)
    assert state_of(hub, payment).refund_paid_fen == 50_000
    sound(hub)


def test_what_is_left_of_a_failed_payout_is_paid_by_a_new_one(hub):
    seller = make_user(hub)
    sandbox(hub).books.refuse_next(f"user:{seller.code}", "account_closed")
    payment = sold(hub, seller)
    assert payouts(hub, seller) == [("failed", 98_000)]
    give_back(hub, payment, 10_000)
    run_money(hub)
    assert payouts(hub, seller) == [("closed", 98_000), ("succeeded", 98_000 - 9_800)]
    assert balances(hub)[f"seller_payable:{seller.code}"] == 0
    sound(hub)


def test_the_next_sale_is_set_against_the_debt_before_anything_is_paid_out(hub):
    """TS37: 80,000 owed; a sale of 98,000 pays out 18,000, a smaller one nothing."""
    seller = make_user(hub)
    give_back(hub, sold(hub, seller, fee=0), 80_000)
    sold(hub, seller)
    assert payouts(hub, seller)[-1] == ("succeeded", 18_000)
    with hub.look() as work:
        mine = queries.statement(work, seller)
        assert [(line.kind, line.amount_fen, line.balance_fen) for line in mine.debt_lines] == [
            ("set_off", -80_000, 0),
            ("given_back", 80_000, 80_000),
        ]
        assert (mine.debt_fen, mine.balance_fen) == (0, 0)
    assert balances(hub)[f"seller_debt:{seller.code}"] == 0
    give_back(hub, sold(hub, seller, fee=0), AMOUNT)
    run_money(hub)
    before = payouts(hub, seller)
    sold(hub, seller)  # 98,000 against 100,000
    assert payouts(hub, seller) == before  # TS44: nothing is paid to who owes
    assert balances(hub)[f"seller_debt:{seller.code}"] == 2_000
    sound(hub)


@pytest.mark.parametrize("amounts", [(1,), (99_999, 1), (25_000, 25_000, 50_000), (7, 11, 13, 99_969)])
def test_the_fee_of_parts_is_the_fee_of_their_sum(amounts):
    back = before = 0
    for amount in amounts:
        back += rules.fee_given_back(2_345, 100_000, before, amount, back)
        before += amount
    assert back == rules.fee_given_back(2_345, 100_000, 0, before, 0)
    assert before < 100_000 or back == 2_345


def test_the_same_key_gives_back_once(hub):
    seller = make_user(hub)
    payment = sold(hub, seller)
    first, again = give_back(hub, payment, 10_000), give_back(hub, payment, 10_000)
    assert (again.command.id, again.fee_fen, again.debt_fen) == (first.command.id, 200, 9_800)
    assert state_of(hub, payment).refunded_fen == 10_000
    with pytest.raises(KeyReused):
        give_back(hub, payment, 10_001)


def test_what_is_held_or_frozen_is_not_given_back_this_way(hub):
    payment = settled_payment(hub)
    with pytest.raises(MoreThanReleased):
        give_back(hub, payment, 1)
    with hub.begin(SYSTEM) as work:
        service.freeze(work, payment.code, "defect")
    with pytest.raises(PaymentFrozen):
        give_back(hub, payment, 1)


def test_the_database_refuses_to_owe_a_payer_more_than_was_paid(hub):
    """Released and refunded twice by a code path that asks nobody: the trigger says no."""
    seller = make_user(hub)
    payment = sold(hub, seller)
    give_back(hub, payment, 60_000)
    lines = [rules.debit("goodwill", 40_001), rules.credit(rules.refund_account(payment.code), 40_001)]
    with pytest.raises(LedgerRefused), hub.begin(SYSTEM) as work:
        service.post(work, "goodwill:x", "too much", lines)
    with hub.begin(SYSTEM) as work:  # TS40: goodwill within what was paid
        lines = [rules.debit("goodwill", 40_000), rules.credit(rules.refund_account(payment.code), 40_000)]
        service.post(work, "goodwill:x", "goodwill", lines)


def test_who_owes_is_not_paid_by_trying_a_failed_payout_again(hub):
    seller = make_user(hub)
    first = sold(hub, seller, fee=0)
    sandbox(hub).books.refuse_next(f"user:{seller.code}", "account_closed")
    second = sold(hub, seller, paid_out=False, fee=0)  # on its way while the first goes back
    given = give_back(hub, first, 60_000)
    assert given.debt_fen == 60_000
    run_money(hub)
    with hub.look() as work:
        failed = work.session.query(MoneyCommand).filter_by(state="failed").one().code
    with hub.begin(SYSTEM) as work:
        service.retry_command(work, failed)
    run_money(hub)
    assert payouts(hub, seller)[1:] == [("closed", AMOUNT), ("succeeded", 40_000)]
    assert balances(hub)[f"seller_debt:{seller.code}"] == 0
    assert second.code
    sound(hub)


def test_a_command_does_not_take_a_state_that_is_none(hub):
    sold(hub, make_user(hub))
    with pytest.raises(IntegrityError), hub.begin(SYSTEM) as work:
        work.session.execute(text("UPDATE money_command SET state = 'lost'"))


def test_an_agencys_payout_that_came_back_is_part_of_its_next_one(hub):
    made = make_paid(hub, "issued")
    account = queries.agency_account(made.agency.code)
    earned = balances(hub)[account]
    jobs.pay_agencies(hub)
    made.run()
    with hub.look() as work:
        command = work.session.query(MoneyCommand).filter_by(kind="payout").one()
        code, ref = command.code, command.provider_ref
    sandbox(hub).books.return_payout(ref, "account_unknown")
    made.run()
    assert balances(hub)[account] == earned
    made.later(days=1)
    assert jobs.pay_agencies(hub) == 0  # staff look for the right account first
    with hub.begin(SYSTEM) as work:
        assert service.retry_command(work, code) is None
    assert jobs.pay_agencies(hub) == 1
    made.run()
    assert balances(hub)[account] == 0
    sound(hub)
