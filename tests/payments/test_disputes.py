"""Bank disputes: the money stands still, and the bank decides. Through the sandbox's real event path."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.kernel.work import SYSTEM
from app.payments import queries, service
from app.payments.errors import LedgerRefused, PaymentDisputed
from app.payments.models import BankDispute
from tests.accounts.making import make_user
from tests.payments.making import AMOUNT, run_money, sandbox, settled_payment
from tests.payments.test_refunds import balances, give_back, payouts, sold, sound, state_of


@pytest.fixture
def hub(hub):
    """Money of other people lies at the provider too."""
    settled_payment(hub, amount_fen=10 * AMOUNT)
    return hub


def intent_of(hub, payment):
    with hub.look() as work:
        found = queries.payment_by_code(work, payment.code).intent_id
    assert found is not None
    return found


def dispute(hub, payment, fen=AMOUNT):
    """The payer's bank takes the money back; returns the provider's id."""
    ref = sandbox(hub).books.dispute(intent_of(hub, payment), fen, "product_not_received")
    run_money(hub)
    return ref


def decide(hub, ref, *, won):
    sandbox(hub).books.decide_dispute(ref, won=won)
    run_money(hub)


def states(hub):
    with hub.look() as work:
        return [row.state for row in work.session.query(BankDispute).order_by(BankDispute.id)]


def release(hub, payment, seller, fen=AMOUNT):
    with hub.begin(SYSTEM) as work:
        service.release(work, payment.code, [(queries.seller_account(work, seller.id), fen)], "r")


def refund(hub, payment, fen=AMOUNT):
    with hub.begin(SYSTEM) as work:
        service.refund(work, payment.code, fen, "a", "ruling")


def test_while_the_bank_looks_at_it_nothing_moves(hub):
    """TS48, TS58: neither release nor refund, not even by a code path that asks nobody."""
    payment, seller = settled_payment(hub), make_user(hub)
    dispute(hub, payment)
    money = state_of(hub, payment)
    assert (money.state, money.held_fen, money.disputed_fen) == ("disputed_by_bank", AMOUNT, AMOUNT)
    for move in (lambda: release(hub, payment, seller), lambda: refund(hub, payment)):
        with pytest.raises(PaymentDisputed):
            move()
    for lines in (
        [(f"escrow:{payment.code}", "liability", 5), ("fee_revenue", "income", -5)],
        [("goodwill", "expense", 5), (f"refund_payable:{payment.code}", "liability", -5)],
    ):
        with pytest.raises(LedgerRefused), hub.begin(SYSTEM) as work:
            service.post(work, "sly", "sly", lines)
    sound(hub)


def test_won_everything_moves_again(hub):
    """TS55."""
    payment, seller = settled_payment(hub), make_user(hub)
    decide(hub, dispute(hub, payment), won=True)
    assert states(hub) == ["won"]
    assert state_of(hub, payment).state == "held"
    release(hub, payment, seller)
    run_money(hub)
    assert payouts(hub, seller) == [("succeeded", AMOUNT)]
    sound(hub)


def test_lost_while_held_the_payer_has_the_money_and_nobody_is_paid_twice(hub):
    """TS56, TS58: no refund afterwards, by whatever path."""
    payment, seller = settled_payment(hub), make_user(hub)
    decide(hub, dispute(hub, payment), won=False)
    money = state_of(hub, payment)
    assert (money.state, money.held_fen, money.refunded_fen, money.refund_paid_fen) == ("refunded", 0, AMOUNT, AMOUNT)
    assert balances(hub).get("bad_debt", 0) == 0
    lines = [("goodwill", "expense", 1), (f"refund_payable:{payment.code}", "liability", -1)]
    with pytest.raises(LedgerRefused), hub.begin(SYSTEM) as work:
        service.post(work, "again", "again", lines)
    assert payouts(hub, seller) == []
    sound(hub)


def test_lost_after_the_release_the_seller_owes(hub):
    """TS57: opened after the release, lost: a debt of the whole amount, set against the next sale."""
    seller = make_user(hub)
    payment = sold(hub, seller)
    decide(hub, dispute(hub, payment), won=False)
    assert balances(hub)[f"seller_debt:{seller.code}"] == AMOUNT
    assert state_of(hub, payment).state == "refunded"
    sold(hub, seller, fee=0)
    assert balances(hub)[f"seller_debt:{seller.code}"] == 0
    assert payouts(hub, seller) == [("succeeded", 98_000)]
    sound(hub)


def test_lost_on_money_that_had_been_refunded_is_the_platforms_loss(hub):
    seller = make_user(hub)
    payment = sold(hub, seller)
    give_back(hub, payment, 40_000)
    run_money(hub)
    decide(hub, dispute(hub, payment), won=False)
    assert balances(hub)["bad_debt"] == 40_000  # the seller answers for 60,000 more, not for what went back already
    assert balances(hub)[f"seller_debt:{seller.code}"] == 39_200 + 60_000
    sound(hub)


def test_a_problem_that_froze_the_money_does_not_keep_a_lost_dispute_open(hub):
    payment = settled_payment(hub)
    with hub.begin(SYSTEM) as work:
        service.freeze(work, payment.code, "defect")
    decide(hub, dispute(hub, payment), won=False)
    assert states(hub) == ["lost"]
    assert not state_of(hub, payment).frozen
    sound(hub)


def test_events_in_any_order_and_twice_decide_once(hub):
    payment = settled_payment(hub)
    books = sandbox(hub).books
    ref = books.dispute(intent_of(hub, payment), AMOUNT, "fraudulent")
    books.decide_dispute(ref, won=True)
    books.decide_dispute(ref, won=False)
    from tests.payments.making import webhook

    opened, won = (body.encode() for body in books.all_event_bodies()[-2:])
    post, key = webhook(hub), sandbox(hub).secret
    from app.payments.provider.signature import sign

    now = int(__import__("time").time())
    answers = [post(raw, sign(key, raw, now)) for raw in (won, opened, opened, won, won)]
    assert answers == [503, 200, 200, 200, 200]
    assert states(hub) == ["won"]
    sound(hub)


def test_what_does_not_fit_is_kept_for_staff_and_moves_nothing(hub):
    payment = settled_payment(hub)
    first = dispute(hub, payment, 10_000)
    dispute(hub, payment, 20_000)
    with hub.look() as work:
        assert [row.kind for row in queries.anomalies(work)] == ["second_dispute"]
    assert state_of(hub, payment).disputed_fen == 10_000
    decide(hub, first, won=True)


def test_an_inquiry_of_the_bank_moves_nothing(hub):
    """TS54: a word that is no dispute yet."""
    from app.payments.provider.face import ProviderEvent

    payment = settled_payment(hub)
    event = ProviderEvent("ev_q", "inquiry.opened", "in_q", AMOUNT, "CNY", {"payment_code": payment.code})
    with hub.begin(SYSTEM) as work:
        assert service.take_in(work, "sandbox", event) == "ignored"
    assert state_of(hub, payment).state == "held"


def test_the_terms_of_a_dispute_do_not_change_and_it_stays(hub):
    dispute(hub, settled_payment(hub))
    for statement in (
        "UPDATE bank_dispute SET amount_fen = 1",
        "DELETE FROM bank_dispute",
        "UPDATE bank_dispute SET state = 'won'",
    ):
        with pytest.raises(IntegrityError), hub.begin(SYSTEM) as work:
            work.session.execute(text(statement))
