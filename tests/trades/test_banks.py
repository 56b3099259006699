"""An order while the buyer's bank looks at the payment, and when it has decided; refunds after a completed sale."""

import pytest

from app.credit import queries as credit
from app.kernel.errors import Conflict, InvalidInput
from app.payments import queries as money
from app.payments.errors import MoreThanReleased, PaymentDisputed
from app.trades import queries, service
from app.trades.errors import PartyCannotRule
from app.trades.states import ACCEPTANCE, CANCELLED_PLATFORM, CLOSED_REFUNDED, COMPLETED, FULFILLING, PAID, PROBLEM_CLOSED
from tests.accounts.making import actor, make_member, make_user, send_form, sign_in
from tests.payments.making import run_money, sandbox, settled_payment
from tests.trades.making import as_buyer, as_operator, as_seller, fresh, later, make_order, money_of, report

GROUNDS = "双方在成交后商定，退还一部分货款。"


@pytest.fixture
def hub(hub):
    """Money of other people lies at the provider too."""
    settled_payment(hub, amount_fen=5_000_000)
    return hub


def dispute(hub, order, fen=None):
    with hub.look() as work:
        intent = money.payment_by_code(work, order.payment_code).intent_id
    ref = sandbox(hub).books.dispute(intent, fen or order.total_fen, "product_not_received")
    run_money(hub)
    return ref


def decide(hub, ref, *, won):
    sandbox(hub).books.decide_dispute(ref, won=won)
    run_money(hub)


def standing(hub, order, role):
    with hub.look() as work:
        return queries.standing(work, queries.order_by_id(work, order.id), role)


def sound(hub):
    with hub.look() as work:
        assert money.verify(work, hub.provider) == []


def test_nothing_is_sent_accepted_or_ended_by_the_clock_while_the_bank_decides(hub):
    order = make_order(hub, PAID)
    dispute(hub, order)
    with pytest.raises(PaymentDisputed):
        as_seller(hub, order, service.ship, order.code, "sf", "SF1234567890123", True)
    with pytest.raises(PaymentDisputed):
        as_buyer(hub, order, service.cancel_before_ship, order.code)
    later(hub, days=30)
    assert fresh(hub, order).state == PAID
    for role in ("buyer", "seller", "staff"):
        assert "bank" in standing(hub, order, role).status.sentence
    assert standing(hub, order, "seller").actions == ()


def test_when_the_bank_gives_it_back_the_clock_goes_on(hub):
    order = make_order(hub, ACCEPTANCE)
    ref = dispute(hub, order)
    with pytest.raises(PaymentDisputed):
        as_buyer(hub, order, service.accept, order.code, fresh(hub, order).version)
    later(hub, days=10)
    assert fresh(hub, order).state == ACCEPTANCE
    decide(hub, ref, won=True)
    later(hub, days=2)
    assert fresh(hub, order).state == COMPLETED
    sound(hub)


@pytest.mark.parametrize(
    ("state", "ends"), [(PAID, CANCELLED_PLATFORM), (FULFILLING, CLOSED_REFUNDED), (ACCEPTANCE, CLOSED_REFUNDED)]
)
def test_when_the_bank_keeps_it_the_order_ends(hub, state, ends):
    order = make_order(hub, state)
    decide(hub, dispute(hub, order), won=False)
    assert fresh(hub, order).state == ends
    assert money_of(hub, order).state == "refunded"
    assert "Staff" not in standing(hub, order, "buyer").status.sentence
    assert ("take_back" in standing(hub, order, "seller").actions) == (ends == CLOSED_REFUNDED)
    sound(hub)


@pytest.mark.parametrize("state", [PAID, FULFILLING, ACCEPTANCE])
def test_when_the_bank_keeps_a_part_the_rest_goes_back_too(hub, state):
    """Nothing stays lying at an order that has ended."""
    order = make_order(hub, state)
    decide(hub, dispute(hub, order, order.total_fen // 3), won=False)
    found = money_of(hub, order)
    assert (found.state, found.held_fen) == ("refunded", 0)
    with hub.look() as work:
        assert money.balances(work).get("bad_debt", 0) == 0
    later(hub, days=40)
    sound(hub)


def test_a_problem_that_staff_had_not_decided_is_closed_by_the_bank(hub):
    order = make_order(hub, ACCEPTANCE)
    case = report(hub, order)
    ref = dispute(hub, order)
    with pytest.raises(PaymentDisputed):
        as_operator(hub, service.rule, case.code, "release", GROUNDS, case.version, "none")
    decide(hub, ref, won=False)
    ended = fresh(hub, order)
    assert (ended.state, ended.problem_state) == (CLOSED_REFUNDED, PROBLEM_CLOSED)
    with hub.look() as work:
        ends = [each for each in credit.events_of(work, order.seller_id) if each.type == "dispute.settled"]
    assert [each.data["outcome"] for each in ends] == ["overtaken"]
    sound(hub)


def test_lost_after_the_sale_the_seller_owes_and_is_told(hub):
    order = make_order(hub, COMPLETED)
    decide(hub, dispute(hub, order), won=False)
    assert fresh(hub, order).state == COMPLETED
    with hub.look() as work:
        names = money.balances(work)
    assert [fen for name, fen in names.items() if name.startswith("seller_debt:")] == [order.total_fen]
    sound(hub)


def test_staff_give_a_part_back_after_the_sale_once(hub):
    order = make_order(hub, COMPLETED)
    given = as_operator(hub, service.refund_completed, order.code, 20_000, GROUNDS, 0)
    assert (given.fee_fen, given.seller_fen) == (400, 19_600)
    again = as_operator(hub, service.refund_completed, order.code, 20_000, GROUNDS, 0)
    assert again.command.id == given.command.id
    assert money_of(hub, order).refunded_fen == 20_000
    with pytest.raises(Conflict):
        as_operator(hub, service.refund_completed, order.code, 20_000, GROUNDS, 7)
    with pytest.raises(MoreThanReleased):
        as_operator(hub, service.refund_completed, order.code, order.total_fen - 19_999, GROUNDS, 20_000)
    run_money(hub)
    sound(hub)


def test_only_a_completed_sale_with_a_reason_and_by_who_is_no_party(hub):
    order = make_order(hub, ACCEPTANCE)
    with pytest.raises(InvalidInput):
        as_operator(hub, service.refund_completed, order.code, 5, GROUNDS, 0)
    with pytest.raises(InvalidInput):
        as_operator(hub, service.refund_completed, order.code, 5, " short ", 0)
    operator = make_member(hub, "operator")
    own = make_order(hub, COMPLETED, buyer=operator)
    with pytest.raises(PartyCannotRule), hub.begin(actor(hub, operator)) as work:
        service.refund_completed(work, own.code, 5, GROUNDS, 0)


def test_the_operator_refunds_on_a_page_and_a_stale_or_wrong_form_loses_nothing(client, hub):
    order = make_order(hub, COMPLETED, seller=make_user(hub, name="许清和"))
    client.set_cookie("lang", "en")
    sign_in(client, hub, make_member(hub, "operator"))
    assert client.get("/operator/refunds?code=none").status_code == 404
    assert client.get(f"/operator/refunds?code={order.code}").location == f"/operator/orders/{order.code}/refund"
    path = f"/operator/orders/{order.code}/refund"
    page = client.get(path).get_data(as_text=True)
    assert "Can still be given back" in page
    wrong = send_form(client, path, {"amount": "1e3", "reason": GROUNDS, "refunded_fen": "0"})
    assert wrong.status_code == 422
    assert GROUNDS in wrong.get_data(as_text=True)
    fine = {"amount": "200.50", "reason": GROUNDS, "refunded_fen": "0"}
    assert send_form(client, path, fine).status_code == 303
    assert send_form(client, path, fine).status_code == 303  # pressed twice
    assert money_of(hub, order).refunded_fen == 20_050
    too_much = send_form(client, path, {"amount": "99999", "reason": GROUNDS, "refunded_fen": "20050"})
    assert too_much.status_code == 409
    assert GROUNDS in too_much.get_data(as_text=True)
