"""The fee of an order: quoted, paid into escrow, split exactly when the report is there, and given back by the terms."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError

from app.appraisal import queries, service
from app.appraisal.errors import FeeAlreadyPaid, FeeChanged, InCustody
from app.appraisal.events import ReportSigned
from app.appraisal.rules import split_of_fee
from app.appraisal.terms import terms_on
from app.kernel.errors import BadState, InvalidInput, NotAllowed
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.payments import jobs
from app.payments import queries as money
from app.payments.events import PaymentSettled
from tests.accounts.making import actor, make_member, make_user
from tests.appraisal.paying import FEE, make_paid, make_quote
from tests.goods.making import make_thing
from tests.payments.making import begin_checkout, decline, deliver, sandbox, settled_payment


def terms(hub: Hub):
    with hub.look() as work:
        return terms_on(shanghai_day(work.now))


@pytest.mark.parametrize("pct", [0, 30, 50, 80, 90, 100])
@pytest.mark.parametrize("fee", [1, 2, 3, 99, 8_888, 19_900, 99_999_999_999])
def test_every_split_adds_up_to_the_fen(fee: int, pct: int) -> None:
    for share_bp in (0, 1, 333, 1000, 5000):
        split = split_of_fee(fee, pct, share_bp)
        assert split.refund_fen + split.agency_fen + split.platform_fen == fee
        assert min(split.refund_fen, split.agency_fen, split.platform_fen) >= 0


def test_the_fee_waits_in_escrow_and_goes_to_agency_and_platform_with_the_report(hub: Hub) -> None:
    paid = make_paid(hub, "assigned")
    assert (paid.money.state, paid.money.held_fen) == ("held", FEE)
    with hub.look() as work:
        payment = money.payment_by_code(work, paid.fee.payment_code)
    assert (payment.purpose, payment.payer_id, payment.return_link) == (
        "appraisal_fee",
        paid.owner.id,
        f"/appraisals/{paid.code}",
    )
    paid.accept().bring().receive().answer_all()
    assert paid.money.held_fen == FEE
    paid.sign()
    share = split_of_fee(FEE, 0, terms(hub).share_bp)
    fee = paid.fee
    assert (fee.refund_fen, fee.agency_fen, fee.platform_fen) == (0, share.agency_fen, share.platform_fen) == (0, 7_999, 889)
    paid.books_balance()
    with hub.look() as work:
        assert queries.agency_balance(work, paid.agency.id) == 7_999


def test_an_agency_without_a_price_works_for_nothing_and_takes_the_short_path(hub: Hub) -> None:
    paid = make_quote(hub)
    paid.by(paid.manager, service.set_price, paid.agency.id, "phone", None, 3)
    thing = make_thing(hub, paid.owner)
    with hub.begin(actor(hub, paid.owner)) as work:
        order = service.request(work, thing.code, paid.agency.code, 0)
        assert (order.state, queries.fee_of(work, order)) == ("requested", None)
    assert paid.fee.fee_fen == FEE, "what is quoted keeps its fee"


@pytest.mark.parametrize(("seen", "now"), [(FEE, FEE + 1), (0, FEE), (FEE, None)])
def test_a_fee_that_changed_since_the_page_was_opened_is_said_before_anything_is_ordered(
    hub: Hub, seen: int, now: int | None
) -> None:
    paid = make_quote(hub)
    paid.by(paid.manager, service.set_price, paid.agency.id, "phone", now, 3)
    thing = make_thing(hub, paid.owner)
    with pytest.raises(FeeChanged) as refusal:
        paid.as_owner(service.request, thing.code, paid.agency.code, seen)
    assert refusal.value.values["fee_fen"] == (now or 0)


def test_only_the_agencys_manager_sets_its_prices(hub: Hub) -> None:
    paid = make_quote(hub)
    for person in (paid.appraisers[0], paid.owner, make_member(hub, "manager"), make_member(hub, "operator")):
        with pytest.raises(NotAllowed):
            paid.by(person, service.set_price, paid.agency.id, "phone", 1_000, 3)
    for fee, days, field in ((0, 3, "fee"), (100, 0, "wait_days"), (100, 61, "wait_days")):
        with pytest.raises(InvalidInput) as refusal:
            paid.by(paid.manager, service.set_price, paid.agency.id, "phone", fee, days)
        assert list(refusal.value.errors) == [field]


def test_a_fee_that_nobody_pays_ends_the_order_and_a_late_payment_goes_back_whole(hub: Hub) -> None:
    paid = make_quote(hub)
    intent = begin_checkout(hub, paid.fee.payment_code)
    paid.later(hours=terms(hub).pay_hours + 1)
    assert paid.order.state == "cancelled"
    sandbox(hub).books.decide(intent, paid=True)
    paid.run()
    assert paid.money.refund_paid_fen == FEE
    paid.books_balance()


def test_a_declined_payment_can_be_tried_again(hub: Hub) -> None:
    paid = make_quote(hub)
    decline(hub, paid.fee.payment_code)
    assert paid.order.state == "quoted"
    assert paid.pay().order.state == "assigned"


def test_cancelling_in_the_moment_of_paying_is_refused_and_the_money_stays_held(hub: Hub) -> None:
    """The provider's money is in the books, its news is not heard yet."""
    paid = make_quote(hub)
    sandbox(hub).books.decide(begin_checkout(hub, paid.fee.payment_code), paid=True)
    deliver(hub)
    with pytest.raises(FeeAlreadyPaid):
        paid.as_owner(service.cancel, paid.code)
    paid.run()
    assert (paid.order.state, paid.money.held_fen) == ("assigned", FEE)


@pytest.mark.parametrize("state", ["fee_paid", "assigned", "accepted", "scheduled", "awaiting_item", "item_received"])
def test_an_owner_who_cancels_gets_back_what_the_terms_say_for_the_state(hub: Hub, state: str) -> None:
    paid = make_paid(hub, state)
    back_way = "fetch" if state == "item_received" else None
    paid.as_owner(service.cancel, paid.code, back_way)
    paid.run()
    table = terms(hub)
    split = split_of_fee(FEE, table.refund_pct[state], table.share_bp)
    fee = paid.fee
    assert (fee.refund_fen, fee.agency_fen, fee.platform_fen) == (split.refund_fen, split.agency_fen, split.platform_fen)
    assert paid.order.state == "cancelled"
    paid.books_balance()


def test_before_an_appraiser_has_accepted_everything_comes_back(hub: Hub) -> None:
    assert {terms(hub).refund_pct[state] for state in ("fee_paid", "assigned")} == {100}


def test_an_inspection_that_has_begun_is_not_taken_back(hub: Hub) -> None:
    paid = make_paid(hub, "inspecting")
    with pytest.raises(BadState):
        paid.as_owner(service.cancel, paid.code)
    assert paid.money.held_fen == FEE


def test_a_thing_in_custody_needs_its_way_back_before_the_order_ends(hub: Hub) -> None:
    paid = make_paid(hub, "item_received")
    with pytest.raises(InCustody):
        paid.as_owner(service.cancel, paid.code)
    paid.as_owner(service.cancel, paid.code, "fetch")
    assert (paid.order.state, paid.holder, paid.handing.back_way) == ("cancelled", "agency", "fetch")
    paid.hand_back()
    assert paid.holder == "owner"
    paid.books_balance()


@pytest.mark.parametrize("kind", ["locked", "instrument", "other"])
def test_who_cannot_finish_says_why_and_the_reason_decides_about_the_fee(hub: Hub, kind: str) -> None:
    paid = make_paid(hub, "inspecting")
    paid.as_appraiser(service.give_up, paid.code, "试了三次都打不开。", kind)
    paid.run()
    listed = terms(hub).reason(kind)
    assert listed is not None
    assert paid.fee.refund_fen == split_of_fee(FEE, listed.refund_pct, terms(hub).share_bp).refund_fen
    assert (paid.order.state, paid.holder) == ("unable", "agency")
    assert paid.handing.back_due_at is not None, "the thing has to go back"
    paid.hand_back()
    paid.books_balance()


def test_an_unknown_reason_is_refused_and_nothing_moves(hub: Hub) -> None:
    paid = make_paid(hub, "inspecting")
    with pytest.raises(InvalidInput) as refusal:
        paid.as_appraiser(service.give_up, paid.code, "", "because")
    assert set(refusal.value.errors) == {"reason", "kind"}
    assert (paid.order.state, paid.money.held_fen) == ("inspecting", FEE)


def test_news_that_come_twice_move_the_money_once(hub: Hub) -> None:
    paid = make_paid(hub, "issued")
    with hub.look() as work:
        report = queries.report_of(work, paid.order)
    assert report is not None
    for _ in range(2):
        with hub.begin() as work:
            service.on_payment_settled(work, PaymentSettled(paid.fee.payment_code))
            service.on_report_signed(work, ReportSigned(report.code, report.thing_id, report.tier, report.status))
    paid.run()
    paid.books_balance()


def test_money_of_other_rooms_is_none_of_ours(hub: Hub) -> None:
    settled_payment(hub, payer=make_user(hub))
    assert jobs.reconcile(hub) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE appraisal_fee SET fee_fen = 1",
        "UPDATE appraisal_fee SET payment_code = 'x'",
        "UPDATE appraisal_fee SET refund_fen = 1, agency_fen = 1, platform_fen = 1 WHERE settled_at IS NOT NULL",
        "UPDATE appraisal_fee SET settled_at = NULL, refund_fen = NULL, agency_fen = NULL, platform_fen = NULL",
    ],
)
def test_the_database_keeps_what_was_agreed_and_split(hub: Hub, statement: str) -> None:
    make_paid(hub, "issued")
    with pytest.raises((IntegrityError, DatabaseError)), hub.begin() as work:
        work.session.execute(text(statement))
