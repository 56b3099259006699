"""Nothing that an owner paid for or gave away lies for ever: parcels, booked times at a place, second looks, suspended agencies."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.appraisal import queries, service
from app.appraisal.errors import HandOverFirst, MeetingNotOver, MeetingOver, NotInCustody, SlotTaken
from app.appraisal.rules import split_of_fee
from app.appraisal.service.coming import AGAIN_DAYS, MEETING_DAYS, PARCEL_DAYS
from app.appraisal.service.signing import LOOK_DAYS
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.errors import BadState, InvalidInput
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.notices.queries import list_notices
from app.visits.errors import VisitUndecided
from tests.accounts.making import actor, make_user, send_form
from tests.appraisal.paying import FEE, SEAL, Paid, district, make_paid
from tests.appraisal.registering import advance
from tests.appraisal.test_late import WHY, end, on_the_list, staff, told
from tests.appraisal.test_pages import browser
from tests.goods.making import make_thing
from tests.peerreviews.making import Held, make_held
from tests.reinspection.making import contested
from tests.trades.test_race import at_once

SEEN = service.Seen(SEAL, "")


def sent(hub: Hub) -> Paid:
    return make_paid(hub, "accepted").send()


def missed(hub: Hub) -> Paid:
    """A time was booked at the agency's place, it is over, and nobody entered the digits."""
    paid = make_paid(hub, "scheduled")
    with hub.look() as work:
        slot = queries.slot_of(work, paid.handing)
        assert slot is not None
        until = slot.ends_at - work.now
    advance(hub, until / timedelta(days=1))
    hub.drain()
    return paid


def part(paid: Paid, kind: str) -> int:
    terms = queries.terms_of(paid.fee)
    listed = terms.reason(kind)
    assert listed is not None
    assert 0 < listed.refund_pct < 100
    return split_of_fee(FEE, listed.refund_pct, terms.share_bp).refund_fen


# --- parcels -----------------------------------------------------------------------------------------------------------------
def test_a_parcel_that_is_not_received_reaches_staff_who_give_the_whole_fee_back(hub: Hub) -> None:
    paid, operator = sent(hub), staff(hub)
    advance(hub, PARCEL_DAYS - 1)
    hub.drain()
    assert not on_the_list(hub, paid.code)
    with pytest.raises(BadState):
        end(hub, paid.code, operator)
    advance(hub, 2)
    hub.drain()
    assert on_the_list(hub, paid.code)
    with hub.look() as work:
        [said] = [one for one in list_notices(work, paid.owner.id) if "Your parcel has not been received in time" in one.text]
    assert "if the carrier knows no such parcel, %(percent)s %% of it" in said.text
    assert said.values == {"percent": 80}
    paid.by(operator, service.end_late, paid.code, WHY, "agency")
    paid.run()
    assert (paid.order.state, paid.fee.refund_fen, paid.money.held_fen) == ("unable", FEE, 0)
    paid.books_balance()


def test_a_parcel_that_arrives_after_the_end_is_taken_and_goes_back(app: Flask, hub: Hub) -> None:
    paid = sent(hub)
    paid.as_appraiser(service.give_up, paid.code, "试了三次都打不开。", "locked")
    page = f"/appraisals/{paid.code}"
    assert "If it comes back undelivered" in browser(app, hub, paid.owner).get(page).text
    manager = browser(app, hub, paid.manager)
    assert "Take the item into custody" in manager.get(page).text
    assert send_form(manager, page, {"seal_no": SEAL}, to=f"{page}/receive").status_code == 303
    assert (paid.order.state, paid.holder) == ("unable", "agency")
    assert paid.handing.back_due_at is not None
    with pytest.raises(HandOverFirst):
        paid.by(paid.manager, service.receive, hub.sealer, hub.store, paid.code, "", SEEN)
    assert "Send it back" in manager.get(page).text
    paid.by(paid.manager, service.send_back, paid.code, "顺丰速运", "SF1234567890")
    paid.as_owner(service.take_back, paid.code)
    assert paid.holder == "owner"
    with pytest.raises(NotInCustody):
        paid.as_owner(service.take_back, paid.code)


def test_a_parcel_that_comes_back_undelivered_is_with_its_owner_again(hub: Hub) -> None:
    paid = sent(hub)
    paid.as_appraiser(service.give_up, paid.code, "快递员说地址不对。", "other")
    paid.as_owner(service.take_back, paid.code)
    assert paid.holder == "owner"


def test_whoever_is_at_the_counter_takes_the_parcel(hub: Hub) -> None:
    paid = sent(hub)
    paid.by(paid.manager, service.receive, hub.sealer, hub.store, paid.code, "", SEEN)
    assert (paid.order.state, paid.holder) == ("item_received", "agency")


# --- a time at a place -------------------------------------------------------------------------------------------------------
def test_nobody_takes_a_part_of_the_fee_by_saying_that_nobody_came(hub: Hub) -> None:
    for state in ("accepted", "scheduled", "inspecting"):
        paid = make_paid(hub, state)
        with pytest.raises(InvalidInput) as refusal:
            paid.as_appraiser(service.give_up, paid.code, "没有人来。", service.ABSENT)
        assert set(refusal.value.errors) == {"kind"}
        assert paid.money.held_fen == FEE


def test_before_the_time_nobody_is_absent(hub: Hub) -> None:
    paid = make_paid(hub, "scheduled")
    with pytest.raises(MeetingNotOver):
        paid.as_appraiser(service.say_absent, paid.code, "没有人来。")
    waiting = make_paid(hub, "accepted")
    with pytest.raises(BadState):
        waiting.as_appraiser(service.say_absent, waiting.code, "没有人来。")


@pytest.mark.parametrize("absent", ["owner", "agency"])
def test_what_one_side_says_is_asked_of_the_other_and_staff_decide(hub: Hub, absent: str) -> None:
    paid, operator = missed(hub), staff(hub)
    first, second = (paid.as_appraiser, paid.as_owner) if absent == "owner" else (paid.as_owner, paid.as_appraiser)
    first(service.say_absent, paid.code, "等了一小时，没有人来。")
    hub.drain()
    other = paid.owner if absent == "owner" else paid.appraiser
    assert any("nobody was there at the booked time" in words for words in told(hub, other))
    with pytest.raises(BadState):
        first(service.say_absent, paid.code, "再说一次。")
    for verb in (service.cancel, service.choose_again):
        with pytest.raises(VisitUndecided):
            paid.as_owner(verb, paid.code)
    with pytest.raises(VisitUndecided):
        paid.as_appraiser(service.give_up, paid.code, "不做了。", "other")
    assert not on_the_list(hub, paid.code)
    second(service.say_absent, paid.code, "我一直在那里。")
    hub.drain()
    assert on_the_list(hub, paid.code), "both have spoken"
    paid.by(operator, service.end_late, paid.code, WHY, absent)
    paid.run()
    assert paid.order.state == "unable"
    assert paid.fee.refund_fen == (FEE if absent == "agency" else part(paid, service.ABSENT))
    paid.books_balance()


def test_a_time_that_passes_in_silence_reaches_staff_and_the_owner_may_choose_another_one(hub: Hub) -> None:
    paid = missed(hub)
    with pytest.raises(MeetingOver):
        paid.as_owner(service.cancel, paid.code)
    advance(hub, MEETING_DAYS + 1)
    hub.drain()
    assert on_the_list(hub, paid.code)
    assert any("Nobody has said that you met" in words for words in told(hub, paid.owner))
    advance(hub, 20)  # later than the order would have waited for the thing
    with pytest.raises(MeetingOver):
        paid.as_owner(service.choose_again, paid.code)
    with pytest.raises(MeetingOver):
        paid.as_appraiser(service.give_up, paid.code, "打不开。", "locked")
    paid.as_appraiser(service.choose_again, paid.code)
    hub.drain()
    assert paid.order.state == "accepted"
    assert any("Please choose another time" in words for words in told(hub, paid.owner))
    assert not on_the_list(hub, paid.code)
    advance(hub, AGAIN_DAYS - 1)
    hub.drain()
    assert paid.order.state == "accepted"
    advance(hub, 2)
    hub.drain()
    assert paid.order.state == "cancelled"


def test_they_meet_late_after_all(hub: Hub) -> None:
    paid = missed(hub)
    paid.as_owner(service.say_absent, paid.code, "等了一小时，没有人来。")
    paid.check_in()
    assert paid.order.state == "inspecting"
    with pytest.raises(BadState):
        end(hub, paid.code)
    paid.as_appraiser(service.give_up, paid.code, "试了三次都打不开。", "locked")
    paid.run()
    assert paid.fee.refund_fen == part(paid, "locked")


def test_before_they_meet_an_appraiser_who_gives_up_keeps_nothing(hub: Hub) -> None:
    for state in ("accepted", "scheduled", "awaiting_item"):
        paid = make_paid(hub, state)
        paid.as_appraiser(service.give_up, paid.code, "打不开。", "locked")
        paid.run()
        assert paid.fee.refund_fen == FEE


def test_an_owner_does_not_choose_again_once_the_time_has_begun_nor_the_appraiser_before(hub: Hub) -> None:
    paid = make_paid(hub, "scheduled")
    with pytest.raises(BadState):
        paid.as_appraiser(service.choose_again, paid.code)
    advance(hub, 1)
    with pytest.raises(MeetingOver):
        paid.as_owner(service.choose_again, paid.code)


@pytest.mark.parametrize("absent", ["owner", "agency"])
def test_a_sale_does_not_settle_who_was_absent(hub: Hub, absent: str) -> None:
    paid, operator = missed(hub), staff(hub)
    first = paid.as_appraiser if absent == "owner" else paid.as_owner
    first(service.say_absent, paid.code, "等了一小时，没有人来。")
    buyer = make_user(hub).id
    with hub.begin(SYSTEM) as work:
        goods.transfer(work, work.session.get_one(Thing, paid.thing.id), buyer, "sale")
    hub.drain()
    assert (paid.order.state, paid.money.held_fen) == ("scheduled", FEE)
    advance(hub, 3)
    hub.drain()
    assert on_the_list(hub, paid.code)
    paid.by(operator, service.end_late, paid.code, WHY, absent)
    paid.run()
    assert paid.fee.refund_fen == (FEE if absent == "agency" else part(paid, service.ABSENT))
    paid.books_balance()


def test_nor_does_a_sale_after_the_time_has_begun_when_nobody_has_spoken(hub: Hub) -> None:
    paid, operator, buyer = missed(hub), staff(hub), make_user(hub).id
    with hub.begin(SYSTEM) as work:
        goods.transfer(work, work.session.get_one(Thing, paid.thing.id), buyer, "sale")
    hub.drain()
    assert paid.order.state == "scheduled"
    advance(hub, MEETING_DAYS + 1)
    hub.drain()
    assert on_the_list(hub, paid.code)
    paid.by(operator, service.end_late, paid.code, WHY, "agency")
    paid.run()
    assert paid.fee.refund_fen == FEE


@pytest.mark.parametrize("how", ["cancel", "time"])
def test_whom_the_appraiser_sends_away_gets_the_whole_fee_until_the_next_choice(hub: Hub, how: str) -> None:
    paid = missed(hub)
    paid.as_appraiser(service.choose_again, paid.code)
    if how == "cancel":
        paid.as_owner(service.cancel, paid.code)
    else:
        advance(hub, 40)
        hub.drain()
    paid.run()
    assert (paid.order.state, paid.fee.refund_fen) == ("cancelled", FEE)
    again = missed(hub)
    again.as_appraiser(service.choose_again, again.code)
    again.book()
    again.as_owner(service.choose_again, again.code)
    again.as_owner(service.cancel, again.code)
    again.run()
    assert 0 < again.fee.refund_fen < FEE


def test_both_speak_at_once_and_both_are_heard_and_nobody_twice(hub: Hub) -> None:
    paid = missed(hub)
    owner = lambda: paid.as_owner(service.say_absent, paid.code, "等了一小时，没有人来。")  # noqa: E731
    appraiser = lambda: paid.as_appraiser(service.say_absent, paid.code, "我一直在那里。")  # noqa: E731
    ended = at_once(owner, appraiser, owner, appraiser)
    assert sum(isinstance(each, BadState) for each in ended) == 2, ended
    with hub.look() as work:
        assert sorted(each.absent for each in queries.absences(work, paid.order)) == ["agency", "owner"]


def test_what_was_said_stays(hub: Hub) -> None:
    paid = missed(hub)
    paid.as_owner(service.say_absent, paid.code, "等了一小时，没有人来。")
    for statement in ("UPDATE appraisal_absence SET words = 'else'", "DELETE FROM appraisal_absence"):
        with pytest.raises(DBAPIError, match="append-only"), hub.db.write.begin() as connection:
            connection.execute(text(statement))


def test_the_pages_lead_through_a_missed_time(app: Flask, hub: Hub) -> None:
    paid, operator = missed(hub), staff(hub)
    page, desk = f"/appraisals/{paid.code}", f"/operator/appraisals/{paid.code}"
    owner, appraiser = browser(app, hub, paid.owner), browser(app, hub, paid.appraiser)
    assert "The booked time has begun, and nobody has said that both met." in owner.get(page).text
    assert "Take the order back" not in owner.get(page).text
    refused = send_form(owner, page, {"words": ""}, to=f"{page}/visit/absent")
    assert refused.status_code == 422
    assert send_form(owner, page, {"words": "等了一小时，没有人来。"}, to=f"{page}/visit/absent").status_code == 303
    seen_by_appraiser = appraiser.get(page).text
    assert "The owner says that nobody was there" in seen_by_appraiser
    assert "等了一小时，没有人来。" in seen_by_appraiser
    assert "I was there" in seen_by_appraiser
    advance(hub, 3)
    hub.drain()
    client = browser(app, hub, operator)
    shown = client.get(desk).text
    assert "等了一小时，没有人来。" in shown
    for nobody in ({}, {"absent": "nobody"}):
        assert send_form(client, desk, {"reason": WHY, **nobody}, to=f"{desk}/end").status_code == 422
    assert send_form(client, desk, {"reason": WHY, "absent": "owner"}, to=f"{desk}/end").status_code == 303
    hub.drain()
    paid.run()
    assert paid.fee.refund_fen == part(paid, service.ABSENT)


def test_an_appraiser_is_not_booked_at_two_places_for_one_hour(hub: Hub) -> None:
    paid = make_paid(hub, "scheduled", appraisers=1)
    with hub.look() as work:
        taken = queries.slot_of(work, paid.handing)
        assert taken is not None
    owner = make_user(hub)
    thing = make_thing(hub, owner)
    with hub.begin(actor(hub, owner)) as work:
        code = service.request(work, thing.code, paid.agency.code, FEE).code
    other = dataclasses.replace(paid, code=code, thing=thing, owner=owner).pay().accept()
    with hub.begin(actor(hub, paid.manager)) as work:
        elsewhere = service.add_place(work, paid.agency.id, "北区检测点", district(), "柳荫街 80 号", ("workshop",))
        second = service.offer_times(work, elsewhere.code, [taken.starts_at], 60)[0]
    with pytest.raises(SlotTaken):
        other.as_owner(service.book, hub.sealer, other.code, second.code)
    other.as_owner(service.book, hub.sealer, other.code, other.slot(hours=48).code)
    assert other.order.state == "scheduled"


# --- second looks --------------------------------------------------------------------------------------------------------------
def end_by_appraiser(held: Held) -> None:
    with held.hub.begin(actor(held.hub, held.case.appraiser)) as work:
        service.give_up(work, held.case.code, "等不到人。", "other")


def test_a_second_look_that_nobody_can_do_does_not_hold_the_fee_for_ever(hub: Hub) -> None:
    held = make_held(hub, colleagues=0, seniors=0)
    code = held.case.code
    with pytest.raises(BadState):
        end(hub, code)
    with pytest.raises(BadState):
        end_by_appraiser(held)
    advance(hub, LOOK_DAYS + 1)
    hub.drain()
    assert on_the_list(hub, code)
    end(hub, code)
    hub.drain()
    assert held.order.state == "unable"
    assert held.review.state == "ended"


def test_a_re_inspection_that_its_agency_does_not_finish_goes_to_the_next(hub: Hub) -> None:
    scene = contested(hub)
    scene.accept().inspect()
    code = scene.order.code
    advance(hub, 60)
    hub.drain()
    assert on_the_list(hub, code)
    end(hub, code)
    hub.drain()
    assert (scene.row.state, scene.row.staff_reason) == ("with_agency", None)
    assert scene.order.code != code


# --- whose fault it is -----------------------------------------------------------------------------------------------------------
def test_an_agency_that_is_suspended_or_late_takes_nothing_by_giving_up(hub: Hub) -> None:
    late = make_paid(hub, "inspecting")
    advance(hub, 60)
    late.as_appraiser(service.give_up, late.code, "做不完了。", "other")
    late.run()
    assert late.fee.refund_fen == FEE
    stopped = make_paid(hub, "item_received")
    stopped.by(staff(hub), service.suspend, stopped.agency.code, "鉴定记录与实物不符，正在核查。")
    stopped.as_appraiser(service.give_up, stopped.code, "做不完了。", "locked")
    stopped.run()
    assert stopped.fee.refund_fen == FEE
    stopped.books_balance()
