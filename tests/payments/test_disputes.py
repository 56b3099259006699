"""Bank disputes: the money stands still, and the bank decides. Through the sandbox's real event path."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.kernel.work import SYSTEM
from app.payments import queries, service
from app.payments.models import BankDispute
from tests.payments.making import AMOUNT, run_money, sandbox, settled_payment
from tests.payments.test_refunds import sound, state_of


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
