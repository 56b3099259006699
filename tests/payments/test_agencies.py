"""What an agency has earned is paid out by a job, once a day, to the agency and to nobody else."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from app.accounts.models import User
from app.kernel.hub import Hub
from app.payments import jobs, queries, service
from app.payments.models import AgencyPayout, MoneyCommand
from tests.accounts.making import make_member, make_user
from tests.appraisal.paying import make_paid
from tests.appraisal.test_paid_pages import browser
from tests.payments.making import sandbox
from tests.trades.test_race import at_once


def owed(hub: Hub, code: str) -> int:
    with hub.look() as work:
        return queries.balance(work, queries.agency_account(code))


def commands(hub: Hub) -> list[MoneyCommand]:
    with hub.look() as work:
        rows = select(MoneyCommand).join(AgencyPayout, AgencyPayout.command_id == MoneyCommand.id)
        return list(work.session.scalars(rows.order_by(MoneyCommand.id)))


def books_agree(hub: Hub) -> None:
    with hub.look() as work:
        assert queries.verify(work, hub.provider) == []


def test_what_reports_have_earned_reaches_the_agency_once_a_day(hub: Hub) -> None:
    made = make_paid(hub, "issued")
    earned = owed(hub, made.agency.code)
    assert earned == made.fee.agency_fen > 0
    assert jobs.pay_agencies(hub) == 1
    assert jobs.pay_agencies(hub) == 0
    made.run()
    assert [(command.state, command.amount_fen) for command in commands(hub)] == [("succeeded", earned)]
    assert owed(hub, made.agency.code) == 0
    books_agree(hub)
    made.later(days=1)
    assert jobs.pay_agencies(hub) == 0  # nothing is owed


def test_a_payout_that_fails_stays_owed_and_is_tried_again_by_staff(hub: Hub) -> None:
    made = make_paid(hub, "issued")
    earned = owed(hub, made.agency.code)
    sandbox(hub).books.refuse_next(f"organisation:{made.agency.code}", "account_closed")
    jobs.pay_agencies(hub)
    made.run()
    [failed] = commands(hub)
    assert (failed.state, failed.last_error, owed(hub, made.agency.code)) == ("failed", "account_closed", earned)
    made.later(days=1)
    assert jobs.pay_agencies(hub) == 0  # that payout is tried again, no second one is planned
    with hub.begin() as work:
        service.retry_command(work, failed.code)
    made.run()
    assert ([command.state for command in commands(hub)], owed(hub, made.agency.code)) == (["succeeded"], 0)
    books_agree(hub)


def test_eight_workers_plan_one_payout(hub: Hub) -> None:
    made = make_paid(hub, "issued")

    def paying() -> object:
        with hub.begin() as work:
            return service.pay_out_agency(work, made.agency.id) is not None

    assert sorted(map(str, at_once(*([paying] * 8)))) == ["False"] * 7 + ["True"]
    assert len(commands(hub)) == 1


def test_an_agency_that_nobody_manages_waits_for_its_money(hub: Hub) -> None:
    made = make_paid(hub, "issued")
    with hub.begin() as work:
        work.session.get_one(User, made.manager.id).disabled_at = work.now
    assert jobs.pay_agencies(hub) == 0
    assert owed(hub, made.agency.code) > 0


@pytest.mark.parametrize("statement", ["DELETE FROM agency_payout", "UPDATE agency_payout SET organisation_id = organisation_id"])
def test_whose_a_payout_is_never_changes(hub: Hub, statement: str) -> None:
    make_paid(hub, "issued")
    jobs.pay_agencies(hub)
    with pytest.raises(DatabaseError), hub.begin() as work:
        work.session.execute(text(statement))


def test_the_manager_sees_the_agencys_money_and_nobody_sees_it_as_their_own(app: Flask, hub: Hub) -> None:
    made = make_paid(hub, "issued")
    jobs.pay_agencies(hub)
    manager = browser(app, hub, made.manager)
    shown = manager.get("/agency/money").text
    assert "The payout is about to be sent" in shown
    assert "Earned" in shown
    assert "The payout is about to be sent" not in manager.get("/account/money").text
    made.run()
    shown = manager.get("/agency/money").text
    assert "Paid out" in shown
    assert "The payout is about to be sent" not in shown
    assert browser(app, hub, make_user(hub)).get("/agency/money").status_code == 403
    assert "No money yet" in browser(app, hub, make_member(hub, "manager")).get("/agency/money").text
