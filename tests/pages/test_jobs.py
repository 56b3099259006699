"""What gave up is seen by staff with its reason, in Chinese, and is sent or tried again by one press that is put on record."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.kernel.audit import AuditEntry
from app.kernel.deadlines import MAX_ATTEMPTS as MOST_TRIES
from app.kernel.deadlines import Deadline
from app.kernel.hub import Hub
from app.kernel.outbox import MAX_ATTEMPTS, Delivery, Listener
from app.kernel.work import SYSTEM
from app.payments import queries as money
from tests.accounts.making import make_member, make_user, send_form, sign_in
from tests.appraisal.making import make_report
from tests.listings.making import fresh as fresh_listing
from tests.listings.making import make_listing
from tests.trades.making import fresh, later, make_order

PLANTED = "planted: the index is on fire"


def at_the_desk(app: Flask, hub: Hub) -> FlaskClient:
    browser = app.test_client()
    sign_in(browser, hub, make_member(hub, "operator"))
    return browser


@pytest.fixture
def staff(app: Flask, hub: Hub) -> FlaskClient:
    return at_the_desk(app, hub)


def fail(*_given: object) -> None:
    raise RuntimeError(PLANTED)


def let_it_give_up(hub: Hub) -> None:
    for _ in range(max(MAX_ATTEMPTS, MOST_TRIES)):
        with hub.begin(SYSTEM) as work:
            work.session.execute(update(Delivery).where(Delivery.state == "pending").values(next_at=work.now))
            work.session.execute(
                update(Deadline).where(Deadline.fired_at.is_(None), Deadline.attempts > 0).values(due_at=work.now)
            )
        hub.sweep()


def records(hub: Hub, verb: str) -> int:
    with hub.look() as work:
        return len(work.session.scalars(select(AuditEntry).where(AuditEntry.verb == verb)).all())


def test_news_whose_listener_keeps_failing_is_sent_again_by_staff(hub: Hub, staff: FlaskClient) -> None:
    sound = hub.listeners
    others = [each for each in sound["ReportSigned"] if each.name != "listings.on_report_signed"]
    hub.listeners = {**sound, "ReportSigned": (*others, Listener("listings.on_report_signed", fail))}
    listing = make_listing(hub, make_user(hub))
    report = make_report(hub, listing=listing)
    hub.drain()
    let_it_give_up(hub)
    desk, page = staff.get("/desk").text, staff.get("/operator/jobs").text
    assert "/operator/jobs" in desk
    assert "ReportSigned" in page
    assert f"report_code={report.code} thing_id={report.thing_id}" in page
    assert "listings.on_report_signed" in page
    assert PLANTED in page
    assert "重新执行" in page
    with hub.look() as work:
        (dead,) = work.session.scalars(select(Delivery.id).where(Delivery.state == "dead"))
    hub.listeners = sound
    assert send_form(staff, "/operator/jobs", to=f"/operator/jobs/{dead}/again").status_code == 303
    hub.drain()
    hub.sweep()
    assert fresh_listing(hub, listing.id).tier == report.tier
    assert PLANTED not in staff.get("/operator/jobs").text
    assert records(hub, "delivery.send_again") == 1


def test_a_deadline_whose_handler_keeps_failing_is_tried_again_by_staff(hub: Hub, app: Flask) -> None:
    order = make_order(hub, "acceptance")
    sound = hub.deadline_handlers
    hub.deadline_handlers = {**sound, ("order", "acceptance"): fail}
    later(hub, days=4)
    let_it_give_up(hub)
    staff = at_the_desk(app, hub)
    page = staff.get("/operator/jobs").text
    assert "order/acceptance" in page
    assert PLANTED in page
    assert "/operator/jobs" in staff.get("/desk").text
    hub.deadline_handlers = sound
    hub.sweep()
    assert fresh(hub, order).state == "acceptance", "what gave up waits for staff"
    with hub.look() as work:
        (late,) = work.session.scalars(select(Deadline.id).where(Deadline.fired_at.is_(None), Deadline.attempts >= MOST_TRIES))
    assert send_form(staff, "/operator/jobs", to=f"/operator/deadlines/{late}/again").status_code == 303
    hub.sweep()
    hub.drain()
    assert fresh(hub, order).state == "completed"
    with hub.look() as work:
        assert money.money_state(work, order.payment_code).state == "released"
    assert PLANTED not in staff.get("/operator/jobs").text
    assert records(hub, "deadline.try_again") == 1


def test_what_has_not_given_up_is_left_alone(hub: Hub, staff: FlaskClient) -> None:
    make_order(hub, "acceptance")
    with hub.look() as work:
        waiting = {row.id: row.due_at for row in work.session.scalars(select(Deadline).where(Deadline.fired_at.is_(None)))}
    for number in [*waiting, 999_999]:
        assert send_form(staff, "/operator/jobs", to=f"/operator/deadlines/{number}/again").status_code == 303
        assert send_form(staff, "/operator/jobs", to=f"/operator/jobs/{number}/again").status_code == 303
    with hub.look() as work:
        now = {row.id: row.due_at for row in work.session.scalars(select(Deadline).where(Deadline.fired_at.is_(None)))}
    assert now == waiting
    assert records(hub, "deadline.try_again") == records(hub, "delivery.send_again") == 0
