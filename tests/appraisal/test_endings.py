"""What an end comes to, and what its pages and notices say: after a sale, for a suspended agency, for what lies since long ago."""

from __future__ import annotations

import importlib
import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from app.accounts.models import User
from app.appraisal import queries, service
from app.appraisal.models import Appraisal
from app.appraisal.refusals import EarlierOrderOpen
from app.appraisal.rules import split_of_fee
from app.appraisal.service.fetching import locked
from app.factory import ROOT
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.deadlines import Deadline, clear_deadlines, take
from app.kernel.errors import BadState, DomainError
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from tests.accounts.making import actor, make_member, make_user, send_form
from tests.appraisal.making import clean_answers, make_inspection, order_of, sign
from tests.appraisal.paying import FEE, Paid, make_paid
from tests.appraisal.registering import advance
from tests.appraisal.test_late import WHY, on_the_list, staff, told
from tests.appraisal.test_pages import browser
from tests.appraisal.test_stuck import missed, part, sent
from tests.reinspection.making import contested
from tests.trades.test_race import at_once
from tests.visits.making import WAY, make_at_home

SOLD = "the item has a new owner"


def sell(hub: Hub, thing: Thing) -> User:
    buyer = make_user(hub, name="何雨晴")
    with hub.begin(SYSTEM) as work:
        goods.transfer(work, work.session.get_one(Thing, thing.id), buyer.id, "sale")
    hub.drain()
    return buyer


def line_about(what: str) -> str:
    """What the table of docs/agencies.md says comes back."""
    [line] = [each for each in (ROOT / "docs/agencies.md").read_text("utf-8").splitlines() if each.startswith(f"| {what}")]
    return line


def page_of(app: Flask, hub: Hub, who: User, paid: Paid) -> str:
    return browser(app, hub, who).get(f"/appraisals/{paid.code}").text


# --- after a sale ------------------------------------------------------------------------------------------------------------
def test_a_time_that_the_agency_gives_back_after_the_sale_ends_the_order_with_the_whole_fee(app: Flask, hub: Hub) -> None:
    paid = missed(hub)
    sell(hub, paid.thing)
    assert paid.order.state == "scheduled", "it depends on who was there"
    paid.as_appraiser(service.choose_again, paid.code)
    paid.run()
    assert (paid.order.state, paid.fee.refund_fen) == ("cancelled", FEE)
    assert SOLD in page_of(app, hub, paid.owner, paid)
    paid.books_balance()


@pytest.mark.parametrize("at_home", [False, True])
def test_who_comes_late_with_what_was_sold_is_not_inspected_and_pays_as_for_a_fixed_time(hub: Hub, at_home: bool) -> None:
    paid = make_at_home(hub) if at_home else missed(hub)
    if at_home:
        paid.until_after(minutes=10)  # type: ignore[attr-defined]
    sell(hub, paid.thing)
    answer = paid.as_appraiser(service.check_in, hub.sealer, paid.code, paid.digits)
    assert (answer.right, answer.is_sold) == (True, True)
    paid.run()
    fee = FEE + WAY if at_home else FEE
    assert paid.order.state == "cancelled"
    percent = 50 if at_home else 80  # docs/agencies.md
    assert paid.fee.refund_fen == split_of_fee(fee, percent, queries.terms_of(paid.fee).share_bp).refund_fen
    assert f"{percent} %" in line_about("sold, and both met at the booked time")
    paid.books_balance()


def test_a_new_owner_is_told_before_the_form_that_the_earlier_order_is_not_settled(app: Flask, hub: Hub) -> None:
    paid = missed(hub)
    buyer = sell(hub, paid.thing)
    for address in ("/appraisals/request", "/appraisals/request/visit"):
        page = browser(app, hub, buyer).get(f"{address}?thing={paid.thing.code}").text
        assert "it is not settled yet who was there" in page
        assert 'name="agency"' not in page
    with pytest.raises(EarlierOrderOpen), hub.begin(actor(hub, buyer)) as work:
        service.request(work, paid.thing.code, paid.agency.code, FEE)
    paid.as_appraiser(service.choose_again, paid.code)
    hub.drain()
    with hub.begin(actor(hub, buyer)) as work:
        assert service.request(work, paid.thing.code, paid.agency.code, FEE).owner_id == buyer.id


def test_who_has_sold_is_not_told_to_ask_again(hub: Hub) -> None:
    paid, operator = missed(hub), staff(hub)
    sell(hub, paid.thing)
    advance(hub, 3)
    hub.drain()
    paid.by(operator, service.end_late, paid.code, WHY, "agency")
    hub.drain()
    words = told(hub, paid.owner)
    assert any("that you no longer own has ended" in each for each in words)
    assert not any("You can ask an agency again" in each for each in words)


def test_whoever_owns_the_thing_now_hears_of_corrections_and_withdrawals(hub: Hub) -> None:
    case = make_inspection(hub, clean_answers())
    report = sign(hub, case)
    buyer = sell(hub, case.thing)
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.correct(work, report.code, "看错了一处划痕。")
    with hub.begin(actor(hub, case.appraiser)) as work:
        newer = service.sign(work, case.code, case.appraiser.display_name, order_of(hub, case).findings_rev)
    assert newer is not None
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        service.revoke_report(work, newer.code, "报告与实物不符，撤回。")
    hub.drain()
    for who in (case.owner, buyer):
        words = told(hub, who)
        assert [sum(part in each for each in words) for part in ("was corrected", "was withdrawn")] == [1, 1]


# --- words -------------------------------------------------------------------------------------------------------------------
def test_the_fee_of_an_order_without_a_report_is_not_said_to_be_paid_for_one(app: Flask, hub: Hub) -> None:
    paid = make_paid(hub, "inspecting")
    sell(hub, paid.thing)
    paid.run()
    page = page_of(app, hub, paid.owner, paid)
    assert (paid.order.state, paid.fee.refund_fen) == ("cancelled", 0)
    assert "The report is signed, so the agency is paid." not in page
    assert "nothing of the fee goes back" in page
    issued = make_paid(hub, "issued")
    assert "The report is signed, so the agency is paid." in page_of(app, hub, issued.owner, issued)


def test_an_end_is_told_by_its_last_step_and_not_by_who_owns_the_thing_today(app: Flask, hub: Hub) -> None:
    paid = make_paid(hub, "accepted")
    paid.as_owner(service.cancel, paid.code)
    sell(hub, paid.thing)
    page = page_of(app, hub, paid.owner, paid)
    assert "This request was taken back." in page
    assert SOLD not in page
    never = make_paid(hub, "accepted")
    never.later(days=20)
    page = page_of(app, hub, never.owner, never)
    assert "the item did not come in time" in page
    assert "This request was taken back." not in page


def test_a_second_look_that_its_room_ended_was_not_taken_back_by_its_owner(app: Flask, hub: Hub) -> None:
    scene = contested(hub)
    order = scene.order
    scene.later(days=15)  # the agency does not answer, and the next one is drawn
    with hub.look() as work:
        assert work.session.get_one(Appraisal, order.id).state == "cancelled"
    page = browser(app, hub, scene.owner).get(f"/appraisals/{order.code}").text
    assert "This order has ended before its inspection." in page
    assert "Ended before the inspection" in page
    assert "Taken back by the owner" not in page


def test_staff_are_not_told_that_an_owner_cannot_who_still_can(app: Flask, hub: Hub) -> None:
    paid, operator = make_paid(hub, "scheduled"), staff(hub)
    paid.by(operator, service.suspend, paid.agency.code, "鉴定记录与实物不符，正在核查。")
    address = f"/operator/appraisals/{paid.code}"
    page = browser(app, hub, operator).get(address).text
    assert "Its owner can still take the order back." in page
    assert "The owner cannot take the order back any more." not in page
    assert "Take the order back" in page_of(app, hub, paid.owner, paid)
    advance(hub, 2)
    assert "The owner cannot take the order back any more." in browser(app, hub, operator).get(address).text
    assert "Take the order back" not in page_of(app, hub, paid.owner, paid)


def test_both_sides_are_told_what_giving_a_time_back_means(app: Flask, hub: Hub) -> None:
    paid = missed(hub)
    assert "the whole fee goes back" in page_of(app, hub, paid.appraiser, paid)
    paid.as_appraiser(service.choose_again, paid.code)
    hub.drain()
    assert any("the whole fee comes back" in words for words in told(hub, paid.owner))
    paid.as_owner(service.cancel, paid.code)
    paid.run()
    assert paid.fee.refund_fen == FEE


def test_a_visit_of_silence_is_not_announced_as_a_matter_for_staff(app: Flask, hub: Hub) -> None:
    made = make_at_home(hub)
    made.until_after(minutes=45)
    assert "Without an objection what you say stands." in page_of(app, hub, made.owner, made)


# --- money, times and days ---------------------------------------------------------------------------------------------------
def test_a_suspended_agency_keeps_nothing_even_where_the_owner_was_away(hub: Hub) -> None:
    paid, operator = missed(hub), staff(hub)
    paid.by(operator, service.suspend, paid.agency.code, "鉴定记录与实物不符，正在核查。")
    advance(hub, 3)
    hub.drain()
    paid.by(operator, service.end_late, paid.code, WHY, "owner")
    paid.run()
    assert paid.fee.refund_fen == FEE
    other = missed(hub)
    advance(hub, 3)
    hub.drain()
    other.by(operator, service.end_late, other.code, WHY, "owner")
    other.run()
    assert other.fee.refund_fen == part(other, service.ABSENT)


def test_a_time_to_come_of_an_order_that_cannot_be_finished_is_free_again(hub: Hub) -> None:
    paid = make_paid(hub, "scheduled")
    slot_id = paid.handing.slot_id
    paid.as_appraiser(service.give_up, paid.code, "仪器送修，做不了了。", "instrument")
    paid.run()
    with hub.look() as work:
        assert slot_id in {slot.id for slot in queries.free_slots(work, [paid.place.id])}


@pytest.mark.parametrize(("answer", "percent"), [("owner", 80), ("agency", 100)])
def test_a_parcel_that_was_never_sent_gives_no_more_than_taking_the_order_back(
    app: Flask, hub: Hub, answer: str, percent: int
) -> None:
    paid, operator = sent(hub), staff(hub)
    advance(hub, 15)
    hub.drain()
    desk, address = browser(app, hub, operator), f"/operator/appraisals/{paid.code}"
    assert "The carrier knows no such parcel: 80 % of the fee goes back" in desk.get(address).text
    fields = {"reason": "按运单号查不到这个包裹。", "absent": answer}
    assert send_form(desk, address, fields, to=f"{address}/end").status_code == 303
    paid.run()
    terms = queries.terms_of(paid.fee)
    assert terms.refund_pct["awaiting_item"] == 80
    assert paid.fee.refund_fen == split_of_fee(FEE, percent, terms.share_bp).refund_fen
    paid.books_balance()


def test_of_a_parcel_no_answer_decides_nothing_and_loses_nothing(app: Flask, hub: Hub) -> None:
    paid, operator = sent(hub), staff(hub)
    advance(hub, 15)
    hub.drain()
    desk, address = browser(app, hub, operator), f"/operator/appraisals/{paid.code}"
    refused = send_form(desk, address, {"reason": "按运单号查不到这个包裹。"}, to=f"{address}/end")
    assert refused.status_code == 422
    assert "Please say what became of the parcel" in refused.text
    assert "按运单号查不到这个包裹。" in refused.text
    assert (paid.order.state, paid.fee.refund_fen) == ("awaiting_item", None)


def test_of_a_suspended_agency_the_whole_fee_goes_back_also_of_an_unknown_parcel(app: Flask, hub: Hub) -> None:
    paid, operator = sent(hub), staff(hub)
    paid.by(operator, service.suspend, paid.agency.code, "鉴定记录与实物不符，正在核查。")
    advance(hub, 15)
    hub.drain()
    page = browser(app, hub, operator).get(f"/operator/appraisals/{paid.code}").text
    assert "The carrier knows no such parcel: 100 % of the fee goes back" in page
    paid.by(operator, service.end_late, paid.code, WHY, "owner")
    paid.run()
    assert paid.fee.refund_fen == FEE


# --- in the same moment ------------------------------------------------------------------------------------------------------
def taking_back(paid: Paid, answers: list[object]) -> threading.Thread:
    """The owner takes the order back in a thread, which has got as far as it can when this returns."""

    def run() -> None:
        try:
            answers.append(paid.as_owner(service.cancel, paid.code))
        except Exception as refusal:  # looked at by the test
            answers.append(refusal)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(0.6)  # PostgreSQL looks for a deadlock after a second
    return thread


def test_who_takes_an_order_back_waits_for_whoever_has_it_and_holds_nothing_meanwhile(hub: Hub) -> None:
    paid, answers = make_paid(hub, "accepted"), list[object]()
    order_id = paid.order.id
    with hub.begin(SYSTEM) as work:
        locked(work, order_id)
        thread = taking_back(paid, answers)
        clear_deadlines(work, "appraisal", order_id, "come")  # as whoever books a time does
    thread.join()
    assert isinstance(answers[0], Appraisal), answers
    assert paid.order.state == "cancelled"


def test_who_takes_an_order_back_does_not_stand_in_the_way_of_a_deadline_that_fires(hub: Hub) -> None:
    paid, answers = make_paid(hub, "accepted"), list[object]()
    order_id = paid.order.id
    advance(hub, 15)
    with hub.begin(SYSTEM) as work:
        [due] = work.session.scalars(select(Deadline.id).where(Deadline.entity_id == order_id, Deadline.kind == "come"))
        assert take(work, due) is not None
        thread = taking_back(paid, answers)
        service.on_come_timeout(work, order_id)
    thread.join()
    assert isinstance(answers[0], Appraisal | BadState), answers
    assert paid.order.state == "cancelled"
    paid.run()
    assert paid.money.held_fen == 0


def test_an_order_taken_and_taken_back_in_one_moment_is_no_deadlock(hub: Hub) -> None:
    for _round in range(5):
        paid = make_paid(hub, "assigned")
        accepting, cancelling = (
            lambda paid=paid: paid.as_appraiser(service.accept, paid.code),
            lambda paid=paid: paid.as_owner(service.cancel, paid.code),
        )
        answers = at_once(accepting, cancelling)
        assert all(isinstance(each, Appraisal | DomainError) for each in answers), answers
        assert any(isinstance(each, Appraisal) for each in answers)


def test_a_parcel_that_is_lost_on_its_way_back_returns_to_the_list_of_staff(hub: Hub) -> None:
    paid, operator = sent(hub), staff(hub)
    paid.as_appraiser(service.give_up, paid.code, "试了三次都打不开。", "locked")
    for _round in range(2):
        advance(hub, 15)
        hub.drain()
        assert on_the_list(hub, paid.code)
        paid.by(operator, service.note_back, paid.code, "快递公司正在查找，下周再问。")
        assert not on_the_list(hub, paid.code)
    paid.as_owner(service.take_back, paid.code)
    advance(hub, 15)
    hub.drain()
    assert not on_the_list(hub, paid.code)


def test_orders_from_before_there_were_due_days_get_one(hub: Hub) -> None:
    booked, parcel, inspected = make_paid(hub, "scheduled"), sent(hub), make_paid(hub, "inspecting")
    accepted = make_paid(hub, "accepted")
    ids = [each.order.id for each in (booked, parcel, inspected, accepted)]
    with hub.begin(SYSTEM) as work:
        work.session.execute(update(Appraisal).where(Appraisal.id.in_(ids)).values(report_due_at=None))
        work.session.execute(delete(Deadline).where(Deadline.entity == "appraisal", Deadline.kind == "report"))
    step = importlib.import_module("migrations.versions.0066_days_for_what_waits")
    with hub.begin(SYSTEM) as work:
        now = work.now
        step.give_days(work.session.connection(), now)
        step.give_days(work.session.connection(), now)  # again adds nothing
    with hub.look() as work:
        slot = queries.slot_of(work, booked.handing)
        assert slot is not None
        due = [work.session.get_one(Appraisal, each).report_due_at for each in ids]
        waiting = work.session.execute(select(Deadline.entity_id, Deadline.due_at).where(Deadline.kind == "report")).all()
    assert due == [slot.ends_at + timedelta(days=1), now + timedelta(days=10), now + timedelta(days=10), None]
    assert sorted(waiting) == sorted(zip(ids[:3], due[:3], strict=True))
    advance(hub, 12)
    hub.drain()
    assert [on_the_list(hub, each.code) for each in (booked, parcel, inspected)] == [True] * 3
