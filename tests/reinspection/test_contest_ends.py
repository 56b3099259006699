"""How a contest ends when nobody pays, nobody shows the item, nobody looks or somebody gives up; and that it ends once."""

from __future__ import annotations

import pytest

from app.appraisal import service as appraising
from app.appraisal.events import ReportSigned
from app.appraisal.queries.standing import VALID
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.errors import BadState, Conflict, InvalidInput
from app.kernel.hub import Hub
from app.reinspection import queries, service
from app.reinspection.errors import (
    InspectionBegun,
    ReinspectionNotFound,
)
from app.reinspection.states import AWAITING_DEPOSIT, CLOSED, LAPSED, SEEKING, UPHELD, WITH_AGENCY, WITHDRAWN
from tests.accounts.making import make_member, make_organisation, make_user
from tests.payments.making import begin_checkout, decline, run_money, sandbox
from tests.reinspection.making import DEPOSIT, contested, make_scene


def test_an_unpaid_contest_ends_in_time_and_marks_nothing(hub: Hub) -> None:
    scene = make_scene(hub)
    scene.contest()
    assert scene.state_of(scene.first).kind == VALID
    scene.later(hours=2, minutes=1)
    assert (scene.row.state, scene.row.second_look_id) == (LAPSED, None)
    scene.contest()  # and one may begin again
    scene.books_balance()


def test_a_declined_payment_can_be_tried_again(hub: Hub) -> None:
    scene = make_scene(hub)
    scene.contest()
    decline(hub, scene.row.payment_code or "")
    assert scene.row.state == AWAITING_DEPOSIT
    scene.pay()
    assert scene.row.state == WITH_AGENCY


def test_money_that_comes_after_the_contest_ended_goes_back_by_itself(hub: Hub) -> None:
    scene = make_scene(hub)
    scene.contest()
    intent = begin_checkout(hub, scene.row.payment_code or "")
    scene.by(scene.owner, service.withdraw, scene.row.code)
    sandbox(hub).books.decide(intent, paid=True)
    run_money(hub)
    assert scene.row.state == WITHDRAWN
    assert (scene.money.held_fen, scene.money.refund_paid_fen) == (0, DEPOSIT)
    scene.books_balance()


def test_before_the_inspection_it_is_taken_back_and_everything_goes_back(hub: Hub) -> None:
    scene = contested(hub)
    scene.accept()
    scene.by(scene.owner, service.withdraw, scene.row.code)
    scene.run()
    assert (scene.row.state, scene.row.refund_fen, scene.order.state) == (WITHDRAWN, DEPOSIT, "cancelled")
    assert (scene.mark.outcome, scene.state_of(scene.first).kind) == ("none", VALID)
    scene.books_balance()


def test_once_the_second_inspection_has_begun_there_is_no_way_back(hub: Hub) -> None:
    scene = contested(hub)
    scene.accept().inspect()
    with pytest.raises(InspectionBegun):
        scene.by(scene.owner, service.withdraw, scene.row.code)
    with pytest.raises(BadState):
        scene.by(scene.owner, appraising.cancel, scene.order.code)


def test_nobody_else_takes_it_back_or_reads_it(hub: Hub) -> None:
    scene = contested(hub)
    for stranger in (make_user(hub), scene.case.appraiser, scene.second_appraiser):
        with pytest.raises(ReinspectionNotFound):
            scene.by(stranger, service.withdraw, scene.row.code)
        with pytest.raises(ReinspectionNotFound):
            scene.by(stranger, queries.own_reinspection, scene.row.code)


def test_an_agency_that_declines_is_followed_by_the_next_and_then_staff_are_told(hub: Hub) -> None:
    scene = contested(hub)
    asked = [scene.order.agency_id]
    scene.by(scene.second_appraiser, appraising.decline, scene.order.code, "本周没有检测台")
    scene.run()
    assert scene.row.state == WITH_AGENCY
    asked.append(scene.order.agency_id)
    assert set(asked) == {one.id for one in scene.others}
    scene.by(scene.second_appraiser, appraising.decline, scene.order.code, "本周没有检测台")
    scene.run()
    assert (scene.row.state, scene.row.staff_reason, scene.money.held_fen) == (SEEKING, "nobody", DEPOSIT)
    staff = make_member(hub, "operator")
    fresh_one = make_organisation(hub, "agency", "新近检测")
    scene.people[fresh_one.id] = make_member(hub, "appraiser", organisation=fresh_one)
    scene.by(staff, service.search_again, scene.row.code)
    scene.run()
    assert (scene.row.state, scene.order.agency_id, scene.row.staff_reason) == (WITH_AGENCY, fresh_one.id, None)


def test_staff_end_what_nobody_can_do_and_everything_goes_back(hub: Hub) -> None:
    scene = contested(hub, others=0)
    staff = make_member(hub, "operator")
    assert (scene.row.state, scene.row.staff_reason) == (SEEKING, "nobody")
    with pytest.raises(InvalidInput):
        scene.by(staff, service.close, scene.row.code, "没有")
    scene.by(staff, service.close, scene.row.code, "目前没有其他机构可以复检这台手机。")
    scene.run()
    assert (scene.row.state, scene.row.refund_fen, scene.row.staff_reason) == (CLOSED, DEPOSIT, None)
    scene.books_balance()


def test_an_agency_that_does_not_answer_is_followed_by_the_next(hub: Hub) -> None:
    scene = contested(hub)
    first = scene.order
    scene.later(days=14, minutes=1)
    assert (scene.row.state, scene.order.agency_id != first.agency_id) == (WITH_AGENCY, True)


def test_an_item_that_is_not_shown_ends_it_and_everything_goes_back(hub: Hub) -> None:
    scene = contested(hub)
    scene.accept()
    scene.later(days=14, minutes=1)
    assert (scene.row.state, scene.row.refund_fen, scene.order.state) == (LAPSED, DEPOSIT, "cancelled")
    scene.books_balance()


def test_an_inspection_that_takes_long_is_shown_to_staff_and_goes_on(hub: Hub) -> None:
    scene = contested(hub)
    scene.accept().inspect()
    scene.later(days=14, minutes=1)
    assert (scene.row.state, scene.row.staff_reason) == (WITH_AGENCY, "slow")
    scene.sign()
    assert (scene.row.state, scene.row.staff_reason) == (UPHELD, None)


def test_what_the_second_appraiser_cannot_finish_ends_without_a_result(hub: Hub) -> None:
    scene = contested(hub)
    scene.accept().inspect()
    scene.by(scene.second_appraiser, appraising.give_up, scene.order.code, "手机无法开机", "other")
    scene.run()
    assert (scene.row.state, scene.row.end_reason, scene.row.refund_fen) == (CLOSED, "手机无法开机", DEPOSIT)
    scene.books_balance()


def test_a_report_that_is_withdrawn_meanwhile_ends_it(hub: Hub) -> None:
    scene = contested(hub)
    staff = make_member(hub, "operator")
    scene.by(staff, appraising.revoke_report, scene.first.code, "查验的不是这台手机。")
    scene.run()
    assert (scene.row.state, scene.row.refund_fen) == (CLOSED, DEPOSIT)
    scene.books_balance()


def test_a_new_owner_ends_what_the_earlier_one_was_to_show(hub: Hub) -> None:
    scene, heir = contested(hub), make_user(hub)
    with hub.begin() as work:
        goods.transfer(work, work.session.get_one(Thing, scene.thing.id), heir.id, "order-0002")
    scene.run()
    assert (scene.row.state, scene.row.refund_fen) == (CLOSED, DEPOSIT)
    scene.books_balance()


def test_the_second_report_decides_once(hub: Hub) -> None:
    scene = contested(hub)
    second = scene.look_again(screen_glass="visible")
    before = scene.row
    with hub.begin() as work:
        service.on_report_signed(work, ReportSigned(second.code, second.thing_id, second.tier, second.status))
    assert scene.row.version == before.version
    scene.books_balance()


def test_what_ended_moves_no_more(hub: Hub) -> None:
    scene = contested(hub)
    scene.look_again()
    staff = make_member(hub, "operator")
    for who, verb, *more in (
        (scene.owner, service.withdraw),
        (staff, service.close, "已经有结果了，不能再关闭。"),
    ):
        with pytest.raises(Conflict):
            scene.by(who, verb, scene.row.code, *more)
    assert scene.row.state == UPHELD
