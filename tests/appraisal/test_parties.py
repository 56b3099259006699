"""Nobody of the staff decides in their own matter: as owner, as appraiser, as somebody of an agency concerned, as who contests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.accounts.models import User
from app.appraisal import queries, service
from app.appraisal.errors import BlindToReport
from app.appraisal.models import Report
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.errors import BadState
from app.kernel.hub import Hub
from app.peerreviews import service as reviews
from app.reinspection import service as reinspection
from app.trades.states import PAID
from app.visits import service as visits
from app.visits.errors import PartyCannotDecide
from tests.accounts.making import make_member, make_user, send_form
from tests.appraisal.paying import Paid, make_paid
from tests.appraisal.registering import advance
from tests.appraisal.test_late import WHY
from tests.appraisal.test_pages import browser
from tests.peerreviews.making import make_held
from tests.reinspection.buying import bought
from tests.reinspection.making import Scene, contested, make_scene
from tests.trades.making import user
from tests.visits.making import AtHome, make_at_home

SIDES = ("owner", "appraiser", "manager")


def also_staff(hub: Hub, who: User) -> User:
    """The same person holds the operator's role."""
    return make_member(hub, "operator", user=who)


def side(made: Paid, name: str) -> User:
    return made.appraiser if name == "appraiser" else getattr(made, name)


@pytest.mark.parametrize("name", SIDES)
def test_staff_do_not_end_a_late_order_of_their_own(app: Flask, hub: Hub, name: str) -> None:
    made = make_paid(hub, "scheduled")
    me = also_staff(hub, side(made, name))
    advance(hub, 4)
    hub.drain()
    with pytest.raises(PartyCannotDecide):
        made.by(me, service.end_late, made.code, WHY, "agency")
    page = f"/operator/appraisals/{made.code}"
    sent = send_form(browser(app, hub, me), page, {"reason": WHY, "absent": "agency"}, to=f"{page}/end")
    assert sent.status_code == 403
    assert "a colleague must decide it" in sent.text
    assert WHY in sent.text, "what was typed is kept"
    assert (made.order.state, made.fee.refund_fen) == ("scheduled", None)
    made.by(make_member(hub, "operator"), service.end_late, made.code, WHY, "agency")
    assert made.order.state == "unable"


def test_staff_neither_refuse_nor_assign_an_order_of_their_own(hub: Hub) -> None:
    made = make_paid(hub, "assigned")
    me = also_staff(hub, made.owner)
    for verb, *more in ((service.reject_by_staff, WHY), (service.assign_by_staff, made.appraisers[0].code)):
        with pytest.raises(PartyCannotDecide):
            made.by(me, verb, made.code, *more)
    with pytest.raises(PartyCannotDecide):
        made.by(me, service.note_back, made.code, "打过电话，机构说已经寄出。")


def disputed(hub: Hub) -> AtHome:
    made = make_at_home(hub)
    made.until_after(minutes=45)
    made.as_appraiser(service.say_absent, made.code, "等了四十分钟，没有人。")
    made.as_owner(service.object_to_absence, made.code, "我按时到了，门铃没人应。")
    return made


@pytest.mark.parametrize("name", SIDES)
def test_staff_do_not_rule_about_their_own_visit(app: Flask, hub: Hub, name: str) -> None:
    made = disputed(hub)
    me = also_staff(hub, side(made, name))
    with pytest.raises(PartyCannotDecide):
        made.by(me, visits.decide, made.visit.code, "agency", "我说了算，我在家。")
    code = made.visit.code
    fields = {f"{code}-absent": "agency", f"{code}-reason": "我说了算，我在家。"}
    sent = send_form(browser(app, hub, me), "/operator/visits", fields, to=f"/operator/visits/{code}/decide")
    assert sent.status_code == 403
    assert "a colleague must decide it" in sent.text
    assert "我说了算，我在家。" in sent.text
    assert made.visit.state == "disputed"
    made.by(make_member(hub, "operator"), visits.decide, code, "agency", "门禁记录显示如此。")
    assert made.visit.state == "missed"


def test_without_its_door_no_visit_is_decided(hub: Hub) -> None:
    from app.visits.queries import PARTIES

    made, operator = disputed(hub), make_member(hub, "operator")
    del hub.db.doors[PARTIES]
    with pytest.raises(KeyError):
        made.by(operator, visits.decide, made.visit.code, "agency", "门禁记录显示如此。")


ENDINGS: dict[str, Callable[..., Any]] = {
    "close": lambda work, code: reinspection.close(work, code, "我自己结束我自己的复检。"),
    "search": reinspection.search_again,
}


@pytest.mark.parametrize("verb", ENDINGS)
@pytest.mark.parametrize("name", ["contester", "first appraiser", "second agency"])
def test_staff_do_not_end_their_own_contest(hub: Hub, name: str, verb: str) -> None:
    scene = contested(hub)
    who = {"contester": scene.owner, "first appraiser": scene.case.appraiser, "second agency": scene.second_appraiser}[name]
    me = also_staff(hub, who)
    with pytest.raises(PartyCannotDecide):
        scene.by(me, ENDINGS[verb], scene.row.code)
    assert (scene.row.state, scene.row.settled_at) == ("with_agency", None)
    if verb == "close":
        scene.by(make_member(hub, "operator"), ENDINGS[verb], scene.row.code)
        assert scene.row.state == "closed"
    else:
        with pytest.raises(BadState):  # another person gets as far as the state
            scene.by(make_member(hub, "operator"), ENDINGS[verb], scene.row.code)


def test_staff_do_not_name_who_looks_at_their_own_thing(hub: Hub) -> None:
    held = make_held(hub)
    me = also_staff(hub, held.case.owner)
    with pytest.raises(PartyCannotDecide):
        held.ask(me, held.colleagues[0])
    operator = make_member(hub, "operator")
    held.ask(operator, held.colleagues[0])
    assert held.person.id == held.colleagues[0].id
    assert reviews.role_wanted(held.review) is not None


def withdrawn(hub: Hub, report: Report) -> bool:
    with hub.look() as work:
        return queries.report_state(work, report).kind == "revoked"


def bought_and_contested(hub: Hub) -> tuple[Scene, User]:
    """The seller still shows the phone; the buyer has contested its report."""
    scene, order = bought(hub, PAID)
    buyer = user(hub, order.buyer_id)
    scene.contest(buyer)
    scene.pay()
    assert scene.order.owner_id == order.seller_id != buyer.id
    return scene, buyer


def heir_of(scene: Scene) -> User:
    heir = make_user(scene.hub)
    with scene.hub.begin() as work:
        goods.transfer(work, work.session.get_one(Thing, scene.thing.id), heir.id, "order-0003")
    return heir


CONCERNED: dict[str, Callable[[Scene], User]] = {
    "owner": lambda scene: scene.owner,
    "appraiser": lambda scene: scene.case.appraiser,
    "colleague": lambda scene: make_member(scene.hub, "appraiser", user=make_user(scene.hub), organisation=scene.case.agency),
    "owner now": heir_of,
}


def refused_to_withdraw(app: Flask, scene: Scene, who: User) -> None:
    """By the verb and on the page, which keeps what was typed; a colleague does it."""
    hub, report = scene.hub, scene.first
    me = also_staff(hub, who)
    with pytest.raises(PartyCannotDecide):
        scene.by(me, service.revoke_report, report.code, WHY)
    page = f"/reports/{report.code}"
    sent = send_form(browser(app, hub, me), page, {"reason": WHY}, to=f"{page}/revoke")
    assert sent.status_code == 403
    assert "a colleague must decide it" in sent.text
    assert WHY in sent.text, "what was typed is kept"
    assert not withdrawn(hub, report)
    scene.by(make_member(hub, "operator"), service.revoke_report, report.code, WHY)
    assert withdrawn(hub, report)


@pytest.mark.parametrize("name", CONCERNED)
def test_staff_do_not_withdraw_a_report_of_their_own(app: Flask, hub: Hub, name: str) -> None:
    scene = make_scene(hub)
    refused_to_withdraw(app, scene, CONCERNED[name](scene))


def test_staff_do_not_withdraw_the_report_that_they_contest(app: Flask, hub: Hub) -> None:
    scene, buyer = bought_and_contested(hub)
    refused_to_withdraw(app, scene, buyer)


def test_staff_do_not_withdraw_the_report_that_their_agency_looks_at_again(hub: Hub) -> None:
    """While it looks the report is closed to them altogether."""
    scene = contested(hub)
    me = also_staff(hub, scene.second_appraiser)
    with pytest.raises(BlindToReport):
        scene.by(me, service.revoke_report, scene.first.code, WHY)
    scene.look_again()
    with pytest.raises(PartyCannotDecide):
        scene.by(me, service.revoke_report, scene.first.code, WHY)
    assert not withdrawn(hub, scene.first)


def test_a_manager_withdraws_a_report_of_their_agency_also_when_they_are_staff(hub: Hub) -> None:
    scene = make_scene(hub)
    manager = make_member(hub, "manager", organisation=scene.case.agency)
    scene.by(also_staff(hub, manager), service.revoke_report, scene.first.code, WHY)
    assert withdrawn(hub, scene.first)


def test_who_contests_decides_nothing_about_the_order_by_which_it_is_looked_at(hub: Hub) -> None:
    """The seller shows the thing, so that nothing of the order itself names the buyer."""
    scene, buyer = bought_and_contested(hub)
    me = also_staff(hub, buyer)
    for verb, *more in ((service.reject_by_staff, WHY), (service.end_late, WHY), (service.note_back, WHY)):
        with pytest.raises(PartyCannotDecide):
            scene.by(me, verb, scene.order.code, *more)
    with pytest.raises(BadState):  # another person gets as far as the state
        scene.by(make_member(hub, "operator"), service.end_late, scene.order.code, WHY)


def test_without_its_door_no_order_is_decided_by_staff(hub: Hub) -> None:
    scene = make_scene(hub)
    operator = make_member(hub, "operator")
    del hub.db.doors[queries.CONTESTERS]
    with pytest.raises(KeyError):
        scene.by(operator, service.revoke_report, scene.first.code, WHY)
    assert not withdrawn(hub, scene.first)
