"""A report that does not come: the owner, who cannot take the order back any more, is not left without fee, thing and a way out."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import User
from app.appraisal import queries, service
from app.appraisal.models import Report
from app.appraisal.service.coming import GRACE_DAYS, USUAL_DAYS
from app.kernel.errors import BadState, DomainError, InvalidInput, NotAllowed
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.notices.queries import list_notices
from tests.accounts.making import actor, make_member, make_user, send_form
from tests.appraisal.making import make_inspection, make_request, order_of
from tests.appraisal.paying import FEE, Paid, make_paid
from tests.appraisal.registering import advance
from tests.appraisal.test_leaving import order_now
from tests.appraisal.test_pages import browser
from tests.appraisal.test_signing import CAR, an_inspection, answer_all, frozen, make_thing_listing, send, signed_by
from tests.reinspection.making import contested
from tests.trades.test_race import at_once

WAIT_DAYS = 3  # of the agency of make_paid
WHY = "机构多次联系不上，鉴定没有做完。"


def staff(hub: Hub) -> User:
    return make_member(hub, "operator")


def on_the_list(hub: Hub, code: str) -> bool:
    with hub.look() as work:
        return code in [order.code for order, _fee in queries.waiting_for_staff(work)]


def end(hub: Hub, code: str, who: User | None = None, why: str = WHY) -> None:
    with hub.begin(actor(hub, who or staff(hub))) as work:
        service.end_late(work, code, why)
    hub.drain()


def told(hub: Hub, who: Any) -> list[str]:
    with hub.look() as work:
        return [one.text for one in list_notices(work, who.id)]


@pytest.mark.parametrize("state", ["item_received", "inspecting"])
def test_staff_end_an_order_whose_report_is_late_and_the_whole_fee_goes_back(hub: Hub, state: str) -> None:
    paid = make_paid(hub, state)
    operator, holder = staff(hub), paid.holder
    advance(hub, WAIT_DAYS + GRACE_DAYS - 1)
    hub.drain()
    assert not on_the_list(hub, paid.code)
    with pytest.raises(BadState):
        end(hub, paid.code, operator)
    advance(hub, 2)
    hub.drain()
    assert on_the_list(hub, paid.code)
    assert any("report on your item is late" in text for text in told(hub, paid.owner))
    assert any("A report of yours is late" in text for text in told(hub, paid.appraiser))
    assert any("does not go on in time" in text for text in told(hub, operator))
    with pytest.raises(NotAllowed):
        end(hub, paid.code, paid.owner)
    with pytest.raises(InvalidInput):
        end(hub, paid.code, operator, " ")
    end(hub, paid.code, operator)
    paid.run()
    assert (paid.order.state, paid.order.decline_reason, paid.fee.refund_fen) == ("unable", WHY, FEE)
    assert paid.money.held_fen == 0
    assert paid.holder == holder  # what the agency holds it still owes
    assert not on_the_list(hub, paid.code)
    with pytest.raises(BadState):
        end(hub, paid.code, operator)
    paid.books_balance()


def test_a_report_in_time_ends_the_wait(hub: Hub) -> None:
    paid = make_paid(hub, "issued")
    advance(hub, WAIT_DAYS + GRACE_DAYS + 1)
    hub.drain()
    assert not on_the_list(hub, paid.code)
    assert not any("late" in text for text in told(hub, paid.owner))
    with pytest.raises(BadState):
        end(hub, paid.code)


def test_an_order_without_a_fee_does_not_lie_for_ever_either(hub: Hub) -> None:
    """The owner could not ask another agency meanwhile."""
    case = make_inspection(hub, {"screen_glass": "none"})
    advance(hub, USUAL_DAYS + GRACE_DAYS + 1)
    hub.drain()
    assert on_the_list(hub, case.code)
    end(hub, case.code)
    assert order_of(hub, case).state == "unable"
    assert make_request(hub, thing=case.thing, owner=case.owner).code != case.code


def test_what_waits_for_a_signature_is_opened_first(hub: Hub) -> None:
    case, _private, _draft = frozen(hub)
    advance(hub, USUAL_DAYS + GRACE_DAYS + 1)
    end(hub, case.code)
    assert order_of(hub, case).state == "unable"
    car = make_thing_listing(hub, make_user(hub), "car", CAR)
    code, _thing, inspector = an_inspection(hub, car)
    answer_all(hub, code, inspector)
    with hub.begin(actor(hub, inspector)) as work:
        order = queries.visible_appraisal(work, code)
        assert service.sign(work, code, inspector.display_name, order.findings_rev) is None
    assert order_now(hub, code).state == "peer_review"
    advance(hub, USUAL_DAYS + GRACE_DAYS + 1)
    end(hub, code)
    assert order_now(hub, code).state == "unable"


@pytest.mark.parametrize("_round", range(3))
def test_a_signature_and_the_end_by_staff_at_the_same_moment_are_one_or_the_other(hub: Hub, _round: int) -> None:
    case, private, draft = frozen(hub)
    operator = staff(hub)
    advance(hub, USUAL_DAYS + GRACE_DAYS + 1)
    hub.drain()
    signature = signed_by(draft, private)

    def end_it() -> None:
        with hub.begin(actor(hub, operator)) as work:
            service.end_late(work, case.code, WHY)

    ended = at_once(end_it, lambda: send(hub, case.code, case.appraiser, signature))
    hub.drain()
    assert sum(isinstance(each, DomainError) for each in ended) == 1, ended
    with hub.look() as work:
        reports = work.session.scalar(select(func.count()).select_from(Report))
    assert (order_of(hub, case).state, reports) in {("unable", 0), ("issued", 1)}


def _suspend(hub: Hub, paid: Paid) -> None:
    with hub.begin(actor(hub, staff(hub))) as work:
        service.suspend(work, paid.agency.code, "鉴定记录与实物不符，正在核查。")


def test_a_suspended_agency_keeps_nobody_waiting(hub: Hub) -> None:
    paid = make_paid(hub, "inspecting")
    with pytest.raises(BadState):
        end(hub, paid.code)
    _suspend(hub, paid)
    assert any("suspended" in text for text in told(hub, paid.owner))
    end(hub, paid.code)
    paid.run()
    assert (paid.order.state, paid.fee.refund_fen) == ("unable", FEE)
    paid.books_balance()


@pytest.mark.parametrize("state", ["accepted", "awaiting_item", "item_received"])
def test_who_takes_an_order_back_from_a_suspended_agency_gets_the_whole_fee(hub: Hub, state: str) -> None:
    paid = make_paid(hub, state)
    _suspend(hub, paid)
    paid.as_owner(service.cancel, paid.code, "fetch")
    paid.run()
    assert (paid.order.state, paid.fee.refund_fen) == ("cancelled", FEE)
    paid.books_balance()


def test_a_second_look_has_its_own_clock(hub: Hub) -> None:
    """It reaches staff as "slow" where it was asked for: tests/reinspection."""
    scene = contested(hub)
    scene.by(scene.second_appraiser, service.accept, scene.order.code)
    advance(hub, 60)
    assert not on_the_list(hub, scene.order.code)
    with pytest.raises(BadState):
        end(hub, scene.order.code)


def test_the_pages_say_until_when_and_that_it_is_late(app: Flask, hub: Hub) -> None:
    paid, operator = make_paid(hub, "inspecting"), staff(hub)
    page = f"/appraisals/{paid.code}"
    assert "If there is no report by then" in browser(app, hub, paid.owner).get(page).text
    advance(hub, WAIT_DAYS + GRACE_DAYS + 1)
    hub.drain()
    assert "The report is late." in browser(app, hub, paid.owner).get(page).text
    client = browser(app, hub, operator)
    assert "The report is late" in client.get("/operator/appraisals").text
    desk = f"/operator/appraisals/{paid.code}"
    assert "End it and give the whole fee back" in client.get(desk).text
    refused = send_form(client, desk, {"reason": ""}, to=f"{desk}/end")
    assert refused.status_code == 422
    assert send_form(client, desk, {"reason": WHY}, to=f"{desk}/end").status_code == 303
    hub.drain()
    assert paid.order.state == "unable"
    with hub.begin(SYSTEM) as work:
        assert queries.waiting_for_staff(work) == []
