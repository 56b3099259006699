"""The test payer's checkout: what banks do besides paying at once. The scenarios TS15, TS16 and TS18, and news that come late."""

import time

import pytest

from app.payments import queries
from app.payments.provider.sandbox import LATE_SECONDS
from tests.accounts.making import make_user, send_form, sign_in
from tests.payments.making import deliver, make_payment, run_money, sandbox


@pytest.fixture
def checkout(client, hub):
    """(payment, the path of its checkout): somebody has pressed "pay"."""
    person = make_user(hub)
    client.set_cookie("lang", "en")
    sign_in(client, hub, person)
    payment = make_payment(hub, payer=person)
    return payment, send_form(client, f"/pay/{payment.code}").headers["Location"]


def state_of(hub, payment):
    with hub.look() as work:
        return queries.payment_by_code(work, payment.code).state


def press(client, path, button):
    return send_form(client, path, {"decision": button})


@pytest.mark.parametrize(("button", "reason"), [("decline", "declined"), ("no_funds", "insufficient_funds")])
def test_a_bank_that_declines_says_why_and_the_payer_may_try_again(client, hub, checkout, button, reason):
    payment, path = checkout
    assert press(client, path, button).status_code == 303
    assert reason in sandbox(hub).books.all_event_bodies()[-1]
    run_money(hub)
    assert state_of(hub, payment) == "failed"
    again = send_form(client, f"/pay/{payment.code}").headers["Location"]
    press(client, again, "pay")
    run_money(hub)
    assert state_of(hub, payment) == "settled"


@pytest.mark.parametrize(("answer", "ends"), [("confirmed", "settled"), ("refused", "failed")])
def test_a_bank_that_asks_first_decides_only_by_the_payers_answer(client, hub, checkout, answer, ends):
    payment, path = checkout
    assert press(client, path, "confirm").headers["Location"] == path
    page = client.get(path).get_data(as_text=True)
    assert "is it you who pays this amount" in page
    assert "Test payer" in page
    assert press(client, path, "pay").headers["Location"] == path  # the first buttons do nothing any more
    run_money(hub)
    assert (state_of(hub, payment), sandbox(hub).books.movements()) == ("open", [])
    for _ in range(2):  # pressed twice
        assert press(client, path, answer).headers["Location"] == f"/pay/{payment.code}/done"
    run_money(hub)
    assert state_of(hub, payment) == ends
    assert len(sandbox(hub).books.movements()) == (ends == "settled")


def test_news_that_come_late_settle_when_they_come(client, hub, checkout):
    payment, path = checkout
    press(client, path, "pay_late")
    assert deliver(hub) == 0
    assert state_of(hub, payment) == "open"
    assert "hx-trigger" in client.get(f"/pay/{payment.code}/done").get_data(as_text=True)
    assert deliver(hub, now=time.time() + LATE_SECONDS + 1) == 1
    assert state_of(hub, payment) == "settled"


@pytest.mark.parametrize("button", ["confirmed", "refused", "steal", ""])
def test_what_is_no_button_of_the_page_decides_nothing(client, hub, checkout, button):
    payment, path = checkout
    assert press(client, path, button).status_code == 422
    run_money(hub)
    assert state_of(hub, payment) == "open"
