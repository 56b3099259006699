"""What an agency has earned is paid out by a job, once a day, to the agency and to nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from app.kernel.hub import Hub
from app.kernel.work import Actor
from app.payments import jobs, queries, service
from app.payments.errors import AgencyNotUnpaid, ReasonMissing
from app.payments.models import AgencyPayout, MoneyCommand
from tests.accounts.making import actor, make_member, make_organisation, make_user, token_of
from tests.appraisal.paying import leave, make_paid
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
    leave(hub, made.manager)
    assert jobs.pay_agencies(hub) == 0
    assert owed(hub, made.agency.code) > 0


def unpaid(hub: Hub) -> list[tuple[str, int]]:
    with hub.look() as work:
        return [(each.agency.code, each.amount_fen) for each in queries.unpaid_agencies(work)]


def test_staff_see_which_agency_waits_how_much_and_why_until_it_is_managed_again(app: Flask, hub: Hub) -> None:
    made, other = make_paid(hub, "issued"), make_paid(hub, "issued", name="明证检测")
    operator = browser(app, hub, make_member(hub, "operator"))
    assert unpaid(hub) == []
    assert "wait for their money" not in operator.get("/operator/money").text + operator.get("/desk").text
    leave(hub, made.manager)
    assert jobs.pay_agencies(hub) == 1  # the other one
    made.run()
    assert (unpaid(hub), owed(hub, other.agency.code)) == ([(made.agency.code, made.fee.agency_fen)], 0)
    assert "Agencies that wait for their money" in operator.get("/desk").text
    page = operator.get("/operator/money").text
    assert "Nobody manages these agencies" in page
    assert page.count('id="unpaid-') == 2  # the heading and one agency
    assert made.agency.name in page
    make_member(hub, "manager", organisation=made.agency)
    assert unpaid(hub) == []
    assert jobs.pay_agencies(hub) == 1
    made.run()
    assert owed(hub, made.agency.code) == 0
    books_agree(hub)


def test_staff_pay_an_unmanaged_agency_with_their_name_and_a_reason(app: Flask, hub: Hub) -> None:
    made = make_paid(hub, "issued")
    leave(hub, made.manager)
    staff = make_member(hub, "operator")
    operator = browser(app, hub, staff)
    address = f"/operator/money/agencies/{made.agency.code}/pay"
    token = token_of(operator.get("/operator/money"))
    refused = operator.post(address, data={"csrf_token": token, "reason": "  "})
    assert (refused.status_code, commands(hub)) == (422, [])
    words = "与法人电话核对，旧经理已离职，账户不变。"
    assert operator.post(address, data={"csrf_token": token, "reason": words}).status_code == 303
    made.run()
    [command] = commands(hub)
    assert (command.state, command.user_id, command.reason, command.amount_fen) == (
        "succeeded",
        staff.id,
        words,
        made.fee.agency_fen,
    )
    assert (owed(hub, made.agency.code), unpaid(hub)) == (0, [])
    books_agree(hub)
    again = operator.post(address, data={"csrf_token": token, "reason": words})
    assert again.status_code == 409
    assert "been paid meanwhile" in again.text


def test_a_managed_agency_a_dealer_and_an_agency_that_owes_more_than_it_earned_are_not_paid_by_staff(hub: Hub) -> None:
    made, owing = make_paid(hub, "issued"), make_paid(hub, "issued")
    dealer = make_organisation(hub, "dealer", "远山车行")
    with hub.begin() as work:
        service.charge_agency(
            work, owing.agency.id, "charge:test", "more than it earned", [("fee_revenue", owing.fee.agency_fen + 1)]
        )
    leave(hub, owing.manager)
    assert unpaid(hub) == []
    operator = actor(hub, make_member(hub, "operator"))
    for code in (made.agency.code, dealer.code, owing.agency.code):
        with pytest.raises(AgencyNotUnpaid), hub.begin(operator) as work:
            service.pay_out_unmanaged(work, code, "没有经理")
    with pytest.raises(ReasonMissing), hub.begin(operator) as work:
        service.pay_out_unmanaged(work, owing.agency.code, "")
    assert commands(hub) == []


def test_two_operators_pay_an_unmanaged_agency_once(hub: Hub) -> None:
    made = make_paid(hub, "issued")
    leave(hub, made.manager)

    def paying(who: Actor) -> Callable[[], object]:
        return lambda: hub.db.run(who, lambda work: service.pay_out_unmanaged(work, made.agency.code, "没有经理"))

    answers = at_once(*(paying(actor(hub, make_member(hub, "operator"))) for _ in range(4)))
    assert sum(isinstance(answer, MoneyCommand) for answer in answers) == 1, answers
    assert sum(isinstance(answer, AgencyNotUnpaid) for answer in answers) == 3, answers
    assert len(commands(hub)) == 1


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
