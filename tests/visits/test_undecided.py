"""Once a visit's time has begun the order ends by who was there and by nothing else, however fast the other step is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.appraisal import service
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel import clock
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.visits import service as visits
from app.visits.errors import VisitBegun, VisitSettled, VisitUndecided
from tests.accounts.making import make_member, make_user
from tests.appraisal.paying import FEE
from tests.appraisal.test_leaving import dismiss
from tests.appraisal.test_pages import browser
from tests.trades.test_race import at_once
from tests.visits.making import WAY, AtHome, make_at_home, make_offering

SAID = "等了四十分钟，没有人。"
RULED = {"owner": 30, "agency": 100}  # percent that comes back by the terms


def percent(made: AtHome) -> int | None:
    return None if made.fee.refund_fen is None else round(100 * made.fee.refund_fen / (FEE + WAY))


def sell(made: AtHome) -> None:
    buyer = make_user(made.hub)
    with made.hub.begin(SYSTEM) as work:
        goods.transfer(work, work.session.get_one(Thing, made.thing.id), buyer.id, "sale")


@pytest.mark.parametrize("minutes", [1, 31])
def test_from_the_beginning_on_the_owner_does_not_take_the_order_back(app: Flask, hub: Hub, minutes: int) -> None:
    made = make_at_home(hub)
    page = browser(app, hub, made.owner)
    assert "Take the order back" in page.get(f"/appraisals/{made.code}").text
    made.until_after(minutes=minutes)
    assert "Take the order back" not in page.get(f"/appraisals/{made.code}").text
    with pytest.raises(VisitBegun):
        made.as_owner(service.cancel, made.code)
    with pytest.raises(VisitBegun):
        made.as_appraiser(service.give_up, made.code, "做不了了。", "other")
    assert (made.order.state, made.visit.state) == ("scheduled", "booked")
    made.check_in()
    assert made.order.state == "inspecting"


def test_a_cancellation_and_an_absence_in_one_moment_do_not_both_count(hub: Hub) -> None:
    for no in range(6):
        made = make_offering(hub, name=f"检测{no}").order().pay().accept()
        made.until_after(minutes=31)
        who = made.appraiser
        answers = at_once(
            lambda made=made: made.as_owner(service.cancel, made.code),
            lambda made=made, who=who: made.by(who, service.say_absent, made.code, SAID),
        )
        assert isinstance(answers[0], VisitBegun | VisitUndecided), answers
        assert not isinstance(answers[1], Exception), answers
        assert (made.order.state, made.visit.state, made.visit.absent) == ("scheduled", "absent", "owner")


def disputed(hub: Hub) -> AtHome:
    made = make_at_home(hub)
    made.until_after(minutes=45)
    made.as_appraiser(service.say_absent, made.code, SAID)
    made.as_owner(service.object_to_absence, made.code, "我按时到了，门铃没人应。")
    return made


STEPS: dict[str, Any] = {
    "cancel": lambda made: made.as_owner(service.cancel, made.code),
    "give_up": lambda made: made.as_appraiser(service.give_up, made.code, "做不了了。", "other"),
    "sale": sell,
    "leave": lambda made: dismiss(made.hub, made.appraiser),
}


@pytest.mark.parametrize("absent", ["owner", "agency"])
@pytest.mark.parametrize("step", STEPS)
def test_nobody_is_faster_than_the_news_of_a_ruling(hub: Hub, step: str, absent: str) -> None:
    made, operator = disputed(hub), make_member(hub, "operator")
    if step in ("sale", "leave"):
        STEPS[step](made)  # its news waits before that of the ruling
    made.by(operator, visits.decide, made.visit.code, absent, "门禁记录显示如此。")
    assert (made.order.state, made.visit.state) == ("scheduled", "missed")
    if step in ("cancel", "give_up"):
        with pytest.raises(VisitSettled):
            STEPS[step](made)
    made.run()
    assert (made.order.state, percent(made)) == ("unable", RULED[absent])
    made.books_balance()


def test_nobody_is_faster_than_an_absence_that_stood(hub: Hub) -> None:
    made = make_at_home(hub)
    made.until_after(minutes=45)
    made.as_appraiser(service.say_absent, made.code, SAID)
    due_at = made.visit.object_due_at
    assert due_at is not None
    with hub.look() as work:
        wait = due_at - work.now
    with hub.begin(SYSTEM) as work:
        clock.advance(work, wait + timedelta(minutes=1))
    with hub.begin(SYSTEM) as work:
        visits.on_object_timeout(work, made.visit.id)
    with pytest.raises(VisitSettled):
        made.as_owner(service.cancel, made.code)
    made.run()
    assert (made.order.state, percent(made)) == ("unable", RULED["owner"])


def test_an_appraiser_may_say_that_it_was_their_own_absence_and_nothing_else(app: Flask, hub: Hub) -> None:
    made = make_at_home(hub)
    made.until_after(minutes=5)
    page = browser(app, hub, made.appraiser).get(f"/appraisals/{made.code}").text
    assert ('value="appraiser_away"' in page, 'value="locked"' in page) == (True, False)
    with pytest.raises(VisitBegun):
        made.as_appraiser(service.give_up, made.code, "打不开。", "locked")
    made.as_appraiser(service.give_up, made.code, "车坏在路上了。", service.AWAY)
    made.run()
    assert (made.order.state, percent(made)) == ("unable", 100)
    later = disputed(hub)
    with pytest.raises(VisitUndecided):
        later.as_appraiser(service.give_up, later.code, "是我没去。", service.AWAY)
