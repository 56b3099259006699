"""The split simulation from outside: its checkout, its messages, its settings. What it does with money is tests/conformance."""

import pytest

from app.payments import queries
from app.payments.provider import Sandbox, Split, from_settings, practice
from app.payments.provider.sandbox import deliver_once
from app.payments.provider.split import Limits, SplitBooks
from tests.accounts.making import make_user, send_form, sign_in
from tests.payments.making import AMOUNT, make_payment


@pytest.fixture
def split(hub):
    hub.provider = Split(hub.settings.folder("sandbox"), hub.settings.secret("webhook"), Limits(freeze_days=90))
    return hub.provider


def text_of(answer):
    return answer.get_data(as_text=True)


def test_the_test_payer_pays_and_sees_how_the_money_lies(client, hub, split):
    payer = make_user(hub)
    client.set_cookie("lang", "en")
    sign_in(client, hub, payer)
    payment = make_payment(hub, payer=payer, return_link="/notices")
    checkout = send_form(client, f"/pay/{payment.code}").headers["Location"]
    page = text_of(client.get(checkout))
    assert "Test payer" in page
    assert "No real money is moved" in page
    assert "After 90 days it frees itself" in page
    send_form(client, checkout, {"decision": "pay"})
    page = text_of(client.get(checkout))
    assert "Frozen" in page
    assert "0 of at most 20" in page

    def post(raw, header):
        return client.post("/payments/webhooks/sandbox", data=raw, headers={"Sandbox-Signature": header}).status_code

    assert deliver_once(split.books, split.secret, post) == 1
    assert client.get(f"/pay/{payment.code}/done").headers["Location"] == "/notices"
    with hub.look() as work:
        assert queries.balance(work, "psp_clearing:split") == AMOUNT
        assert queries.compare(work, split).differences == ()
    assert client.post("/payments/webhooks/stripe", data=b"{}").status_code == 404


def test_the_settings_choose_it_and_its_limits_and_its_books_are_its_own(settings):
    chosen = settings.model_copy(
        update={"payment_provider": "split", "split_requests": 3, "split_receivers": 2, "split_freeze_days": 7}
    )
    door = from_settings(chosen)
    assert isinstance(door, Split)
    assert door.limits == Limits(7, 3, 2)
    assert isinstance(practice(chosen).books, SplitBooks)
    other = from_settings(settings)
    assert isinstance(other, Sandbox)
    assert not isinstance(other, Split)
    assert door.books.path != other.books.path


def test_a_payout_keeps_its_answer_when_the_order_has_ended_since(hub, split):
    books = split.books
    intent = books.create_intent("k", 1_000, "CNY", {"payment_code": "p"}, "http://127.0.0.1/x")["id"]
    books.decide(intent, paid=True)
    first = split.payout("a", "user:x", 400, "CNY", {"command_code": "c"}, intent)
    books.finish(intent)
    assert split.payout("a", "user:x", 400, "CNY", {"command_code": "c"}, intent) == first
    second = split.payout("b", "user:x", 100, "CNY", {"command_code": "d"}, intent)
    assert split.payout("b", "user:x", 100, "CNY", {"command_code": "d"}) == second
    paid = [row["amount_fen"] for kind, row in books.movements() if kind == "payout"]
    assert paid == [400, 100]
