"""Refunds, debts and netting, over every provider: TS27 to TS31, TS33 to TS41, TS44 to TS46."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from app.kernel import clock
from app.kernel.work import SYSTEM
from app.payments import jobs, queries, rules, service
from app.payments.errors import LedgerRefused, MoreThanHeld, MoreThanReleased
from app.payments.events import MoneyCommandPlanned
from app.payments.models import MoneyCommand, TakeBack
from app.payments.service import sellers
from tests.accounts.making import actor, make_user
from tests.payments.making import AMOUNT


def retry(world, code):
    with world.hub.begin(SYSTEM) as work:
        service.retry_command(work, code)
    world.run()


def test_ts27_all_of_it_before_the_release(world):
    payment = world.paid()
    code = world.refund(payment)
    money = world.money(payment)
    assert (money.state, money.held_fen, money.refund_paid_fen) == ("refunded", 0, AMOUNT)
    assert world.moved("refund", payment, (code,)) == AMOUNT
    world.sound()


def test_ts28_a_part_before_the_release_and_the_rest_to_the_seller(world):
    payment, seller = world.paid(), world.seller()
    world.refund(payment, 30_000)
    world.release(payment, seller, 70_000)
    money = world.money(payment)
    assert (money.refund_paid_fen, money.released_fen, money.held_fen) == (30_000, 70_000, 0)
    assert world.payouts(seller) == [("succeeded", 70_000)]
    world.sound()


def test_ts29_more_than_what_can_be_given_back_is_refused(world):
    payment = world.paid()
    world.refund(payment, 60_000)
    with pytest.raises(MoreThanHeld):
        world.refund(payment, 40_001, "b")
    world.refund(payment, 40_000, "b")
    with pytest.raises(MoreThanHeld):
        world.refund(payment, 1, "c")
    lines = [rules.debit("goodwill", 1), rules.credit(rules.refund_account(payment.code), 1)]
    with pytest.raises(LedgerRefused), world.hub.begin(SYSTEM) as work:
        service.post(work, f"sly:{payment.code}", "sly", lines)
    world.sound()


@pytest.mark.needs("pending_refund")
def test_ts30_a_refund_that_takes_days_counts_when_it_has_arrived(world):
    payment = world.paid(how="refund_pending")
    code = world.refund(payment)
    assert (world.command(code)[0], world.money(payment).refund_paid_fen) == ("submitted", 0)
    world.sound()
    world.outside.fake.finish_refund(world.outside.refunds(payment.code)[0]["id"], arrives=True)
    world.run()
    assert (world.command(code)[0], world.money(payment).refund_paid_fen) == ("succeeded", AMOUNT)
    world.sound()


@pytest.mark.needs("pending_refund")
def test_ts31_a_refund_that_fails_after_days_stays_owed_and_staff_send_it_again(world):
    payment = world.paid(how="refund_pending")
    code = world.refund(payment)
    (refund,) = world.outside.refunds(payment.code)
    world.outside.fake.finish_refund(refund["id"], arrives=False)
    world.run()
    assert world.command(code) == ("failed", "expired_or_canceled_card")
    assert world.balance(f"refund_payable:{payment.code}") == AMOUNT
    world.sound()
    retry(world, code)
    world.outside.fake.finish_refund(world.outside.refunds(payment.code)[1]["id"], arrives=True)
    world.run()
    assert (world.command(code)[0], world.balance(f"refund_payable:{payment.code}")) == ("succeeded", 0)
    world.sound()


@pytest.mark.needs("pending_refund")
def test_a_refund_that_comes_back_after_it_had_arrived_is_shown_to_staff(world):
    payment = world.paid()
    world.refund(payment)
    world.outside.fake.finish_refund(world.outside.refunds(payment.code)[0]["id"], arrives=False)
    world.run()
    assert set(world.anomalies(payment)) == {"failed_after_success"}
    jobs.learn_fees(world.hub)
    with world.hub.look() as work:
        found = queries.compare(work, world.hub.provider).differences
    assert [each.kind for each in found] == ["missing_with_them"]
    world.outside.fake.objects[world.outside.refunds(payment.code)[0]["id"]]["status"] = "succeeded"  # the world is shared
    world.outside.fake.lines.pop()


def test_ts33_ts37_ts44_what_the_seller_cannot_give_back_is_a_debt_and_the_next_sales_net_it(own_world):
    world = own_world
    seller = world.seller()
    first = world.sold(seller)
    world.outside.empty(seller)
    given = world.give_back(first, 80_000)
    assert (given.seller_fen, given.debt_fen) == (80_000, 80_000)
    assert world.money(first).refund_paid_fen == 80_000
    world.sold(seller, 50_000)
    assert world.payouts(seller) == [("succeeded", AMOUNT)]  # TS44: nobody who owes is paid
    assert world.balance(f"seller_debt:{seller.code}") == 30_000
    world.sold(seller, 50_000)
    assert world.payouts(seller) == [("succeeded", AMOUNT), ("succeeded", 20_000)]
    assert world.balance(f"seller_debt:{seller.code}") == 0
    world.sound()


@pytest.mark.needs("refuse_payout")
def test_ts33_a_free_balance_is_taken_first(world):
    """120 of it free, the rest a debt (here 30,000 of a payout that failed, and 50,000)."""
    seller = world.seller()
    first = world.sold(seller)
    world.outside.refuse_next(f"user:{seller.code}", "account_closed")
    failed = world.paid(30_000)
    world.release(failed, seller, 30_000)
    assert world.payouts(seller)[1] == ("failed", 30_000)
    world.outside.empty(seller)
    assert world.give_back(first, 80_000).debt_fen == 50_000
    assert world.payouts(seller)[1] == ("closed", 30_000)
    world.sound()


def test_ts36_ts39_parts_give_back_exactly_the_fee_and_never_more_than_was_paid(world):
    seller = world.seller()
    payment = world.paid()
    world.release(payment, seller, AMOUNT, 1_999)
    fees = [world.give_back(payment, fen, str(no)).fee_fen for no, fen in enumerate((33_333, 33_334, 33_333))]
    assert sum(fees) == 1_999
    with pytest.raises(MoreThanReleased):
        world.give_back(payment, 1, "more")
    assert world.money(payment).refund_paid_fen == AMOUNT
    world.sound()


def test_ts38_a_debt_that_is_given_up_is_a_loss(world):
    seller = world.seller()
    first = world.sold(seller)
    world.outside.empty(seller)
    world.give_back(first, AMOUNT)
    before = world.balance("bad_debt")
    with pytest.raises(LedgerRefused), world.hub.begin(SYSTEM) as work:
        service.give_up_debt(work, seller.id, AMOUNT + 1, "gone")
    with world.hub.begin(SYSTEM) as work:
        assert service.give_up_debt(work, seller.id, AMOUNT, "gone") == 0
    assert world.balance("bad_debt") - before == AMOUNT
    world.sound()


def test_ts40_goodwill_is_the_platforms_and_within_what_was_paid(world):
    payment, seller = world.paid(), world.seller()
    world.release(payment, seller)
    lines = [rules.debit("goodwill", AMOUNT), rules.credit(rules.refund_account(payment.code), AMOUNT)]
    with world.hub.begin(SYSTEM) as work:
        service.post(work, f"goodwill:{payment.code}", "goodwill", lines)
    assert world.balance(f"seller_debt:{seller.code}") == 0
    again = [rules.debit("goodwill", 1), rules.credit(rules.refund_account(payment.code), 1)]
    with pytest.raises(LedgerRefused), world.hub.begin(SYSTEM) as work:
        service.post(work, f"goodwill2:{payment.code}", "goodwill", again)
    world.sound()


def emptied(world):
    """Everything at the provider is passed on to one seller; the payment whose money went last."""
    seller = world.seller()
    payment = world.sold(seller)
    with world.hub.look() as work:
        held = [(name, fen) for name, fen in queries.balances(work).items() if name.startswith("escrow:") and fen]
    for name, fen in held:
        with world.hub.begin(SYSTEM) as work:
            service.release(work, name.split(":")[1], [(queries.seller_account(work, seller.id), fen)], "all")
    world.run()
    jobs.finish_emptied(world.hub)
    own = world.balance("fee_revenue")  # what the platform has earned leaves too
    if own:
        with world.hub.begin(SYSTEM) as work:
            account = queries.seller_account(work, seller.id)
            service.post(work, "own", "own", [rules.debit("fee_revenue", own), rules.credit(account, own)])
            sellers.pay_out_rest(work, sellers.locked_seller(work, seller.id), "own")
        world.run()
    world.outside.empty(seller)
    return payment


@pytest.mark.needs("refuse_refund")
def test_ts41_without_money_at_the_provider_a_refund_fails_with_its_reason_and_is_tried_again(own_world):
    world = own_world
    payment = emptied(world)
    code = world.give_back(payment, 50_000).command.code
    assert world.command(code) == ("failed", "balance_too_low")
    world.fund()
    retry(world, code)
    assert world.money(payment).refund_paid_fen == 50_000
    world.sound()


@pytest.mark.needs("refund_waits")
def test_ts41_without_money_at_the_provider_a_refund_waits_there_until_there_is_some(own_world):
    world = own_world
    payment = emptied(world)
    code = world.give_back(payment, 50_000).command.code
    assert world.command(code)[0] == "submitted"
    world.paid()
    world.outside.advance(1)
    world.run()
    assert (world.command(code)[0], world.money(payment).refund_paid_fen) == ("succeeded", 50_000)
    world.sound()


@pytest.mark.needs("accounts")
def test_ts42_ts43_nothing_is_sent_to_who_may_not_be_paid_and_then_at_once(world):
    seller, payment = make_user(world.hub), world.paid()
    world.release(payment, seller)
    jobs.open_account(world.hub, actor(world.hub, seller))
    with world.hub.look() as work:
        code = queries.payouts_of(work, seller.id, "planned")[0].code
    retry(world, code)  # an account that is not ready is none, however often staff try
    assert (world.payouts(seller), world.moved("payout", payment)) == ([("planned", AMOUNT)], 0)
    assert world.command(code) == ("planned", "no_account")
    world.outside.ready(seller)
    assert world.payouts(seller) == [("succeeded", AMOUNT)]
    (transfer,) = [each for each in world.outside.fake.all("transfer") if each["transfer_group"] == payment.code]
    assert transfer["source_transaction"] == world.outside.payment(payment.code)["latest_charge"]
    world.sound()


@pytest.mark.needs("return_payout", "refuse_payout")
def test_ts45_a_payout_that_fails_or_comes_back_is_owed_again_and_paid_once(world):
    seller = world.seller()
    world.outside.refuse_next(f"user:{seller.code}", "account_closed")
    payment = world.sold(seller)
    with world.hub.look() as work:
        code = queries.payouts_of(work, seller.id, "failed")[0].code
    retry(world, code)
    world.outside.return_payout(code, "account_unknown")
    world.run()
    assert world.payouts(seller) == [("returned", AMOUNT)]
    assert world.balance(f"seller_payable:{seller.code}") == AMOUNT
    retry(world, code)
    assert world.payouts(seller) == [("closed", AMOUNT), ("succeeded", AMOUNT)]
    assert world.money(payment).released_fen == AMOUNT
    world.sound()


def test_ts46_a_payout_and_a_refund_in_the_same_moment_move_each_fen_once(world):
    """Whichever is first: the buyer has the refund, the seller's side of it is a debt or was never sent, the books balance."""
    seller, payment = world.seller(), world.paid()
    world.release(payment, seller, run=False)
    with world.hub.look() as work:
        command_id = work.session.query(MoneyCommand).filter_by(user_id=seller.id).one().id
    start, troubles = threading.Barrier(2), []

    def run(verb):
        start.wait()
        try:
            verb()
        except Exception as trouble:  # of a thread: the test itself must see it, below
            troubles.append(trouble)

    def give_back():
        def verb(work):
            service.refund_released(work, payment.code, 60_000, "race", "agreed")

        world.hub.db.run(SYSTEM, verb)

    threads = [
        threading.Thread(target=run, args=(lambda: jobs.execute(world.hub, MoneyCommandPlanned(command_id)),)),
        threading.Thread(target=run, args=(give_back,)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    world.run()
    with world.hub.begin(SYSTEM) as work:
        clock.advance(work, timedelta(minutes=5))
    world.run()
    assert world.money(payment).refund_paid_fen == 60_000
    paid = sum(fen for state, fen in world.payouts(seller) if state == "succeeded") - world.taken_back(seller)
    assert paid - world.balance(f"seller_debt:{seller.code}") == AMOUNT - 60_000
    assert world.balance(f"seller_payable:{seller.code}") == 0
    world.sound()


@pytest.mark.needs("reverse")
def test_ts34_a_payout_is_taken_back_as_far_as_the_refund_makes_a_debt(world):
    seller = world.seller()
    payment = world.sold(seller, fee=2_000)
    given = world.give_back(payment, 50_000)
    assert (given.seller_fen, given.fee_fen, given.debt_fen) == (49_000, 1_000, 49_000)
    assert (world.balance(f"seller_debt:{seller.code}"), world.taken_back(seller)) == (0, 49_000)
    assert world.money(payment).refund_paid_fen == 50_000
    world.sold(seller, 30_000)  # nothing is set against the next sale
    assert world.payouts(seller) == [("succeeded", 98_000), ("succeeded", 30_000)]
    world.sound()


@pytest.mark.needs("reverse")
def test_ts35_a_receiver_with_too_little_keeps_the_debt_and_the_buyer_is_paid_all_the_same(world):
    seller = world.seller()
    payment = world.sold(seller)
    world.outside.empty(seller)
    world.give_back(payment, 50_000)
    assert (world.balance(f"seller_debt:{seller.code}"), world.taken_back(seller)) == (50_000, 0)
    assert world.money(payment).refund_paid_fen == 50_000
    world.sold(seller, 60_000)
    assert world.balance(f"seller_debt:{seller.code}") == 0
    world.sound()


@pytest.mark.needs("reverse")
def test_ts36_several_take_backs_never_exceed_the_payout(world):
    seller = world.seller()
    payment = world.sold(seller)
    for key, fen in (("a", 40_000), ("b", 40_000), ("c", 20_000)):
        world.give_back(payment, fen, key)
    assert (world.taken_back(seller), world.balance(f"seller_debt:{seller.code}")) == (AMOUNT, 0)
    with world.hub.look() as work:
        payout, refund = (
            row.code
            for row in work.session.query(MoneyCommand)
            .filter(MoneyCommand.user_id.in_((seller.id, payment.payer_id)))
            .order_by(MoneyCommand.id)
            .limit(2)
        )
    with pytest.raises(IntegrityError), world.hub.begin(SYSTEM) as work:
        work.session.add(
            TakeBack(
                payout_code=payout, refund_code=payout, amount_fen=1, created_at=work.now, state="planned", entered_at=work.now
            )
        )
    assert refund
    world.sound()


@pytest.mark.needs("reverse")
def test_a_kill_between_the_take_back_and_our_note_of_it_takes_once(world, monkeypatch):
    seller = world.seller()
    payment = world.sold(seller)
    code = world.give_back(payment, 50_000, run=False).command.code
    with world.hub.look() as work:
        command_id = queries.find_command(work, code).id

    class Killed(BaseException):
        pass

    def die(*args):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(service, "note_taken", die)
        with pytest.raises(Killed):
            jobs.execute(world.hub, MoneyCommandPlanned(command_id))
    world.run()
    assert (world.taken_back(seller), world.balance(f"seller_debt:{seller.code}")) == (50_000, 0)
    assert world.money(payment).refund_paid_fen == 50_000
    world.sound()
