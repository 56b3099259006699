"""The thing of a second look goes from hand to hand as that of an order with a fee: both sides confirm, and it comes back."""

from __future__ import annotations

import pytest
from flask import Flask

from app.appraisal import queries as appraisals
from app.appraisal import service as appraising
from app.appraisal.errors import HandOverFirst, MeetingOver, NotInCustody, ParcelUnderWay, SealDiffers
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.hub import Hub
from app.notices.models import Notice
from app.reinspection import queries, service
from app.reinspection.errors import InspectionBegun
from app.reinspection.states import CLOSED, LAPSED, UPHELD, WITH_AGENCY, WITHDRAWN
from tests.accounts.making import make_member, make_user, send_form
from tests.appraisal.paying import SEAL
from tests.listings.making import tiny_photo
from tests.reinspection.making import DEPOSIT, Scene, contested
from tests.reinspection.test_pages import browser


@pytest.fixture
def scene(hub: Hub) -> Scene:
    """A contest whose agency has accepted and waits for the phone."""
    return contested(hub, housed=True).accept()


def test_a_second_look_is_brought_in_sealed_inspected_and_handed_back_with_both_sides_taking_part(scene: Scene) -> None:
    handed = scene.handed
    with pytest.raises(HandOverFirst):
        scene.inspect()
    handed.bring().receive(photos=[tiny_photo(3)])
    assert (handed.holder, handed.order.state) == ("agency", "item_received")
    scene.inspect()
    scene.sign()
    assert (scene.row.state, handed.holder) == (UPHELD, "agency")
    assert handed.handing.back_due_at is not None
    with pytest.raises(SealDiffers):
        handed.hand_back("XY-00000000")
    handed.hand_back(handed_seal(scene))
    assert handed.holder == "owner"
    kinds = [(row.no, row.kind, row.holder, row.confirmed) for row in handed.custody]
    assert kinds == [(1, "received", "agency", "digits"), (2, "returned", "owner", "digits")]
    assert (handed.custody[0].seal_no, len(handed.custody[0].photos)) == (SEAL, 1)
    scene.books_balance()


def handed_seal(scene: Scene) -> str:
    with scene.hub.look() as work:
        return appraisals.seal_of(work, scene.order.id) or ""


def test_wrong_digits_hand_nothing_over(scene: Scene) -> None:
    handed = scene.handed.bring()
    wrong = "000000" if handed.digits != "000000" else "000001"
    seen = appraising.Seen(SEAL)
    answer = handed.as_appraiser(appraising.receive, scene.hub.sealer, scene.hub.store, handed.code, wrong, seen)
    assert (answer.right, answer.tries_left, handed.holder) == (False, 4, "owner")


def test_at_a_booked_time_the_owner_keeps_it(scene: Scene) -> None:
    handed = scene.handed
    with scene.hub.look() as work:
        [slot] = appraisals.free_slots(work, [handed.place.id])
    handed.as_owner(appraising.book, scene.hub.sealer, handed.code, slot.code)
    handed.check_in()
    scene.inspect()
    scene.sign()
    assert (scene.row.state, handed.holder, handed.custody) == (UPHELD, "owner", [])


def test_a_parcel_on_its_way_is_waited_for_and_nothing_is_taken_back_meanwhile(app: Flask, scene: Scene) -> None:
    handed = scene.handed.send()
    owner = browser(app, scene.hub, scene.owner)
    for address, button in (
        (f"/contests/{scene.row.code}", "Take it back"),
        (f"/appraisals/{handed.code}", "Take the order back"),
    ):
        page = owner.get(address).text
        assert "You are told when it is there." in page
        assert button not in page
    with pytest.raises(ParcelUnderWay):
        handed.as_owner(appraising.cancel, handed.code)
    with pytest.raises(ParcelUnderWay):
        scene.by(scene.owner, service.withdraw, scene.row.code)
    with pytest.raises(InspectionBegun):
        scene.by(make_member(scene.hub, "operator"), service.close, scene.row.code, "机构今天停业，不能复检。")
    scene.later(days=14, minutes=1)
    assert (scene.row.state, scene.row.staff_reason, handed.holder) == (WITH_AGENCY, "slow", "carrier")
    handed.receive()
    scene.inspect()
    scene.sign()
    assert (scene.row.state, scene.row.staff_reason) == (UPHELD, None)


def test_what_the_agency_holds_comes_back_when_the_contest_is_taken_back(scene: Scene) -> None:
    handed = scene.handed.bring().receive()
    scene.by(scene.owner, service.withdraw, scene.row.code)
    scene.run()
    assert (scene.row.state, scene.row.refund_fen, scene.order.state, handed.holder) == (
        WITHDRAWN,
        DEPOSIT,
        "cancelled",
        "agency",
    )
    handed.hand_back()
    assert handed.holder == "owner"
    with pytest.raises(NotInCustody):
        handed.as_appraiser(appraising.send_back, handed.code, "顺丰速运", "SF0987654321")
    scene.books_balance()


def test_a_new_owner_ends_it_and_whoever_brought_it_gets_it_back(scene: Scene) -> None:
    handed, heir = scene.handed.bring().receive(), make_user(scene.hub)
    with scene.hub.begin() as work:
        goods.transfer(work, work.session.get_one(Thing, scene.thing.id), heir.id, "order-0003")
    scene.run()
    assert (scene.row.state, handed.holder) == (CLOSED, "agency")
    with scene.hub.look() as work:
        assert work.session.get_one(type(handed.order), handed.order.id).owner_id == handed.order.owner_id


@pytest.mark.parametrize("absent", ["owner", "agency"])
def test_a_booked_time_is_waited_for_and_of_a_missed_one_staff_decide(hub: Hub, absent: str) -> None:
    scene = contested(hub, housed=True)
    scene.later(days=13)
    scene.accept()
    late = scene.handed
    slot = late.slot(hours=48)
    late.as_owner(appraising.book, hub.sealer, late.code, slot.code)
    scene.later(days=1, hours=1)
    assert (scene.row.state, scene.order.state) == (WITH_AGENCY, "scheduled")
    scene.later(days=3)
    assert (scene.row.state, scene.row.staff_reason, scene.order.state) == (WITH_AGENCY, "slow", "scheduled")
    scene.by(make_member(hub, "operator"), appraising.end_late, late.code, "双方各说各话，已核实。", absent)
    scene.run()
    if absent == "owner":
        assert (scene.row.state, scene.row.refund_fen) == (CLOSED, DEPOSIT)
    else:
        assert (scene.row.state, scene.row.staff_reason) == (WITH_AGENCY, None)
        assert scene.order.code != late.code, "the next agency has it"
    scene.books_balance()


def test_from_a_booked_time_on_it_is_not_taken_back_before_it_is_settled_who_was_there(app: Flask, hub: Hub) -> None:
    scene = contested(hub, housed=True).accept()
    handed = scene.handed
    handed.as_owner(appraising.book, hub.sealer, handed.code, handed.slot(hours=20).code)
    page = browser(app, hub, scene.owner)
    assert "withdraw" in page.get(f"/contests/{scene.row.code}").text
    scene.later(hours=20, minutes=5)
    assert "withdraw" not in page.get(f"/contests/{scene.row.code}").text
    with pytest.raises(MeetingOver):
        scene.by(scene.owner, service.withdraw, scene.row.code)
    handed.as_appraiser(appraising.choose_again, handed.code)
    scene.by(scene.owner, service.withdraw, scene.row.code)
    assert scene.row.state == WITHDRAWN
    scene.books_balance()


@pytest.mark.parametrize("rest", [0, 5])
def test_whom_the_agency_sends_away_has_a_week_to_choose_again(hub: Hub, rest: int) -> None:
    scene = contested(hub, housed=True)
    scene.later(days=13)
    scene.accept()
    late = scene.handed
    late.as_owner(appraising.book, hub.sealer, late.code, late.slot(hours=20).code)
    scene.later(hours=21)
    late.as_appraiser(appraising.choose_again, late.code)
    scene.later(days=rest, hours=6)
    assert (scene.row.state, scene.order.state) == (WITH_AGENCY, "accepted")
    scene.later(days=8)
    assert scene.row.state == LAPSED


def test_a_thing_that_does_not_come_back_is_told_to_staff_who_see_who_has_it(app: Flask, scene: Scene) -> None:
    hub, staff = scene.hub, make_member(scene.hub, "operator")
    scene.handed.bring().receive()
    scene.by(scene.owner, service.withdraw, scene.row.code)
    scene.later(days=15)
    with hub.look() as work:
        told = work.session.query(Notice).filter_by(user_id=staff.id).all()
    assert [row.link for row in told] == [f"/operator/reinspections/{scene.row.code}"]
    page = browser(app, hub, staff).get(told[0].link).get_data(as_text=True)
    assert "has it." in page


def test_an_agency_with_a_place_is_drawn_before_one_without(hub: Hub) -> None:
    scene = contested(hub, others=3)
    with hub.look() as work:
        assert len(queries.agencies_left(work, scene.row)) == 2, "none has a place: all that were not asked"
    housed = contested(hub, housed=True, others=1)
    with hub.look() as work:
        assert appraisals.is_handed_over(work, housed.order)
        assert [one.id for one in housed.others] == [housed.order.agency_id]


def test_the_pages_of_both_sides_lead_through_the_hand_over(app: Flask, scene: Scene) -> None:
    hub, handed = scene.hub, scene.handed
    page = f"/appraisals/{handed.code}"
    mine, theirs = browser(app, hub, scene.owner), browser(app, hub, scene.second_appraiser)
    text = mine.get(page).get_data(as_text=True)
    assert "Or leave it with the agency" in text
    assert "comes back of the fee" not in text, "there is no fee"
    chosen = send_form(mine, page, {"way": "bring", "place": handed.place.code}, to=f"{page}/bring")
    assert chosen.status_code == 303
    assert "Your six digits" in mine.get(page).get_data(as_text=True)
    assert theirs.get(f"{page}/inspect").status_code in (303, 409)
    taken = send_form(theirs, page, {"digits": handed.digits, "seal_no": SEAL}, to=f"{page}/receive")
    assert taken.status_code == 303
    text = mine.get(page).get_data(as_text=True)
    assert "has it." in text
    followed = mine.get(f"/contests/{scene.row.code}").get_data(as_text=True)
    assert "has the item and will inspect it" in followed
    assert "Please show the item there" not in followed
    assert "Go to the inspection" in theirs.get(page).get_data(as_text=True)
