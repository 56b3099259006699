"""Refunds and payouts at the provider: killed anywhere, asked again, refused, tried again by staff. Money leaves once."""

import pytest

from app.kernel.work import SYSTEM
from app.payments import jobs, queries, service
from app.payments.errors import CommandNotFound, CommandNotStuck
from app.payments.events import MoneyCommandPlanned
from app.payments.models import MoneyCommand
from tests.accounts.making import make_user
from tests.payments.making import AMOUNT, run_money, sandbox, settled_payment


def refund_planned(hub, amount=AMOUNT):
    payment = settled_payment(hub)
    with hub.begin(SYSTEM) as work:
        command = service.refund(work, payment.code, amount, "full", "cancelled")
        return payment, command.id, command.code


def payout_planned(hub):
    payment, seller = settled_payment(hub), make_user(hub)
    with hub.begin(SYSTEM) as work:
        service.release(work, payment.code, [(queries.seller_account(work, seller.id), AMOUNT)], "r")
        command = work.session.query(MoneyCommand).one()
        return seller, command.id, command.code


def state_of(hub, code):
    with hub.look() as work:
        found = queries.find_command(work, code)
        return found.state, found.attempts, found.round, found.last_error


def movements(hub):
    return [kind for kind, _ in sandbox(hub).books.movements()]


class Killed(BaseException):
    """Stands for a kill: no handler of ours catches it."""


def test_a_kill_before_the_call_only_costs_time(hub, monkeypatch):
    _, command_id, code = refund_planned(hub)
    with monkeypatch.context() as patch:

        def die(*args):
            raise Killed

        patch.setattr(sandbox(hub).books, "refund", die)
        with pytest.raises(Killed):
            jobs.execute(hub, MoneyCommandPlanned(command_id))
    assert movements(hub) == ["capture"]
    jobs.execute(hub, MoneyCommandPlanned(command_id))
    assert state_of(hub, code)[0] == "submitted"


def test_a_command_that_is_done_is_not_given_again(hub):
    _, command_id, _ = refund_planned(hub)
    run_money(hub)
    jobs.execute(hub, MoneyCommandPlanned(command_id))
    assert movements(hub) == ["capture", "refund"]


def test_a_payout_that_fails_stays_owed_and_staff_send_it_again(hub):
    seller, _, code = payout_planned(hub)
    sandbox(hub).books.refuse_next(f"user:{seller.code}", "account_closed")
    run_money(hub)
    assert state_of(hub, code) == ("failed", 1, 1, "account_closed")
    with hub.look() as work:
        assert queries.balance(work, f"seller_payable:{seller.code}") == AMOUNT
    with hub.begin(SYSTEM) as work:
        service.retry_command(work, code)
    run_money(hub)
    assert state_of(hub, code)[0] == "succeeded"
    with hub.look() as work:
        assert queries.balance(work, f"seller_payable:{seller.code}") == 0
        assert service.verify(work, hub.provider) == []


def test_what_the_provider_refuses_at_once_is_shown_as_failed(hub):
    """The sandbox knows no more than what was paid in: money that left its books on another way makes it refuse."""
    _, _, code = payout_planned(hub)
    sandbox(hub).books.payout("by hand", "somebody", 1, "CNY", {})
    run_money(hub)
    assert state_of(hub, code)[0] == "failed"
    assert state_of(hub, code)[3] == "balance_too_low"


def test_only_what_waits_can_be_sent_again(hub):
    _, command_id, code = refund_planned(hub)
    jobs.execute(hub, MoneyCommandPlanned(command_id))
    with pytest.raises(CommandNotStuck), hub.begin(SYSTEM) as work:
        service.retry_command(work, code)
    for unknown in ("0" * 26, "\x00", "nothing"):
        with pytest.raises(CommandNotFound), hub.begin(SYSTEM) as work:
            service.retry_command(work, unknown)


def test_news_about_an_earlier_round_does_not_end_the_present_one(hub):
    """Round 1 failed for good, staff began round 2: a late repeat of round 1's news changes nothing."""
    seller, _, code = payout_planned(hub)
    sandbox(hub).books.refuse_next(f"user:{seller.code}", "account_closed")
    run_money(hub)
    import json

    old = json.loads(sandbox(hub).books.all_event_bodies()[-1])
    with hub.begin(SYSTEM) as work:
        service.retry_command(work, code)
    hub.drain()
    from app.payments.provider.sandbox import _event

    assert jobs.take_in(hub, _event(old | {"id": "ev_again"})) == "applied"
    assert state_of(hub, code)[0] == "submitted"
    assert jobs.take_in(hub, _event(old | {"id": "ev_odd", "type": "payout.paid"})) == "anomaly"
    assert state_of(hub, code)[0] == "submitted"
    run_money(hub)
    assert state_of(hub, code)[0] == "succeeded"
