"""What the payer, the seller and the staff see."""

import pytest

from app.kernel.work import SYSTEM
from app.payments import queries, service
from tests.accounts.making import make_member, make_user, send_form, sign_in, token_of
from tests.payments.making import AMOUNT, decline, deliver, make_payment, run_money, sandbox, settled_payment


@pytest.fixture
def payer(client, hub):
    person = make_user(hub, name="周晓雨")
    client.set_cookie("lang", "en")
    sign_in(client, hub, person)
    return person


def text_of(answer):
    return answer.get_data(as_text=True)


def test_the_payer_goes_to_the_checkout_pays_and_comes_back(client, hub, payer):
    payment = make_payment(hub, payer=payer, return_link="/notices")
    page = client.get(f"/pay/{payment.code}")
    assert page.status_code == 200
    assert "iPhone 13 128 GB" in text_of(page)
    assert "The platform holds the money first" in text_of(page)
    assert 'Reserved for you until <time datetime="' in text_of(page)
    to_checkout = send_form(client, f"/pay/{payment.code}")
    assert to_checkout.status_code == 303
    checkout = to_checkout.headers["Location"]
    assert "practice checkout" in text_of(client.get(checkout))
    paid = send_form(client, checkout, {"decision": "pay"})
    assert (paid.status_code, paid.headers["Location"]) == (303, f"/pay/{payment.code}/done")
    waiting = client.get(f"/pay/{payment.code}/done")
    assert 'hx-trigger="every 2s"' in text_of(waiting)
    assert "Look again" in text_of(waiting)
    assert deliver(hub) == 1
    onward = client.get(f"/pay/{payment.code}/done")
    assert (onward.status_code, onward.headers["Location"]) == (303, "/notices")
    assert client.get(f"/pay/{payment.code}").headers["Location"] == "/notices"


def test_the_waiting_page_asks_by_itself_and_then_goes_on(client, hub, payer):
    payment = make_payment(hub, payer=payer, return_link="/notices")
    checkout = send_form(client, f"/pay/{payment.code}").headers["Location"]
    fragment = client.get(f"/pay/{payment.code}/done", headers={"HX-Request": "true"})
    assert text_of(fragment).strip().startswith('<div id="waiting"')
    send_form(client, checkout, {"decision": "pay"})
    deliver(hub)
    assert client.get(f"/pay/{payment.code}/done", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/notices"


def test_a_browser_that_comes_back_proves_nothing(client, hub, payer):
    payment = make_payment(hub, payer=payer)
    client.get(f"/pay/{payment.code}/done")
    run_money(hub)
    with hub.look() as work:
        assert queries.money_state(work, payment.code).state == "none"


def test_a_declined_payer_is_told_and_may_try_again(client, hub, payer):
    payment = make_payment(hub, payer=payer, return_link="/notices")
    checkout = send_form(client, f"/pay/{payment.code}").headers["Location"]
    send_form(client, checkout, {"decision": "decline"})
    deliver(hub)
    assert client.get(f"/pay/{payment.code}/done").headers["Location"] == f"/pay/{payment.code}"
    assert "did not go through" in text_of(client.get(f"/pay/{payment.code}"))
    again = send_form(client, f"/pay/{payment.code}").headers["Location"]
    assert again != checkout
    assert "was declined" in text_of(client.get(checkout))


def test_a_stranger_sees_no_payment_and_cannot_start_one(client, hub, payer):
    theirs = make_payment(hub)
    mine = make_payment(hub, payer=payer)
    token = token_of(client.get(f"/pay/{mine.code}"))
    assert client.get(f"/pay/{theirs.code}").status_code == 404
    assert client.get(f"/pay/{theirs.code}/done").status_code == 404
    assert client.post(f"/pay/{theirs.code}", data={"csrf_token": token}).status_code == 404


@pytest.mark.parametrize("code", ["0" * 26, "x", "%00", "%F0%9F%98%80", "a" * 3000])
def test_an_address_that_leads_nowhere_is_not_found(client, payer, code):
    assert client.get(f"/pay/{code}").status_code == 404
    assert client.get(f"/sandbox/checkout/{code}").status_code == 404


def test_a_visitor_is_asked_to_sign_in(client, hub):
    payment = make_payment(hub)
    assert client.get(f"/pay/{payment.code}").status_code == 303


def test_starting_without_the_form_token_is_refused(client, hub, payer):
    payment = make_payment(hub, payer=payer)
    assert client.post(f"/pay/{payment.code}").status_code == 400


def test_when_the_time_is_over_there_is_no_button(client, hub, payer):
    payment = make_payment(hub, payer=payer, minutes=-1)
    page = text_of(client.get(f"/pay/{payment.code}"))
    assert "The time reserved for this payment is over" in page
    assert "Go to the checkout" not in page
    other = make_payment(hub, payer=payer)
    token = token_of(client.get(f"/pay/{other.code}"))
    assert client.post(f"/pay/{payment.code}", data={"csrf_token": token}).status_code == 409


def test_a_cancelled_payment_says_so(client, hub, payer):
    payment = make_payment(hub, payer=payer)
    with hub.begin(SYSTEM) as work:
        service.cancel_hold(work, payment.code)
    assert "was cancelled" in text_of(client.get(f"/pay/{payment.code}"))
    assert "goes back by itself" in text_of(client.get(f"/pay/{payment.code}/done"))


def test_only_pay_and_decline_can_be_pressed_at_the_checkout(client, hub, payer):
    payment = make_payment(hub, payer=payer)
    checkout = send_form(client, f"/pay/{payment.code}").headers["Location"]
    assert send_form(client, checkout, {"decision": "steal"}).status_code == 422
    assert client.post(checkout, data={"decision": "pay"}).status_code == 400
    assert [kind for kind, _ in sandbox(hub).books.movements()] == []


def test_the_way_back_from_the_checkout_is_a_path_of_our_own(client, hub, payer):
    intent = sandbox(hub).create_intent("k", 5, "CNY", {}, "https://evil.example//evil.example/x")
    back = send_form(client, f"/sandbox/checkout/{intent.id}", {"decision": "decline"}).headers["Location"]
    assert back == "/"


def test_a_seller_sees_what_was_released_and_what_is_on_its_way(client, hub, payer):
    sold = settled_payment(hub)
    assert "No money yet" in text_of(client.get("/account/money"))
    with hub.begin(SYSTEM) as work:
        service.release(work, sold.code, [(queries.seller_account(work, payer.id), 98_000), ("fee_revenue", 2_000)], "r")
    page = text_of(client.get("/account/money"))
    assert "The payout is about to be sent" in page
    assert "980" in page
    run_money(hub)
    page = text_of(client.get("/account/money"))
    assert "Paid out" in page
    assert "The payout is about to be sent" not in page
    with hub.look() as work:
        from app.accounts import queries as accounts

        mine = queries.statement(work, accounts.user_by_id(work, payer.id))
        assert [(line.kind, line.amount_fen, line.balance_fen, line.subject) for line in mine.lines] == [
            ("paid_out", -98_000, 0, "iPhone 13 128 GB"),
            ("released", 98_000, 98_000, "iPhone 13 128 GB"),
        ]
        assert (mine.balance_fen, mine.on_the_way_fen) == (0, 0)


def test_a_statement_that_is_cut_off_still_has_the_right_balances(hub):
    from app.accounts import queries as accounts

    seller, sold = make_user(hub), settled_payment(hub)
    for number in range(3):
        with hub.begin(SYSTEM) as work:
            service.release(work, sold.code, [(queries.seller_account(work, seller.id), 100 + number)], f"r{number}")
    with hub.look() as work:
        mine = queries.statement(work, accounts.user_by_id(work, seller.id), limit=2)
        assert [line.balance_fen for line in mine.lines] == [303, 201]


def test_staff_see_totals_what_does_not_fit_and_what_failed(client, hub):
    operator = make_member(hub, "operator")
    client.set_cookie("lang", "en")
    sign_in(client, hub, operator)
    assert "Everything the provider said fits our books" in text_of(client.get("/operator/money"))
    seller, sold = make_user(hub), settled_payment(hub)
    sandbox(hub).books.refuse_next(f"user:{seller.code}", "account_closed")
    with hub.begin(SYSTEM) as work:
        service.release(work, sold.code, [(queries.seller_account(work, seller.id), AMOUNT)], "r")
    run_money(hub)
    stray = sandbox(hub).create_intent("k", 5, "CNY", {"payment_code": sold.code, "attempt": "1"}, "http://127.0.0.1/x")
    sandbox(hub).books.decide(stray.id, paid=True)
    run_money(hub)
    page = text_of(client.get("/operator/money"))
    assert "The amount is not the one that was asked for." in page
    assert "account_closed" in page
    assert "At the payment provider" in page
    with hub.look() as work:
        anomaly, command = queries.anomalies(work)[0].code, queries.unfinished_commands(work)[0].code
    empty = send_form(client, "/operator/money", {"note": "  "}, to=f"/operator/money/anomalies/{anomaly}/close")
    assert empty.status_code == 422
    closed = send_form(client, "/operator/money", {"note": "typed by hand"}, to=f"/operator/money/anomalies/{anomaly}/close")
    assert closed.status_code == 303
    assert send_form(client, "/operator/money", to=f"/operator/money/commands/{command}/retry").status_code == 303
    run_money(hub)
    page = text_of(client.get("/operator/money"))
    assert "All refunds and payouts are confirmed." in page
    assert "Everything the provider said fits our books" in page


@pytest.mark.parametrize("path", ["/operator/money", "/operator/money/commands/x/retry", "/operator/money/anomalies/x/close"])
def test_staff_pages_are_for_staff_only(client, hub, payer, path):
    payment = make_payment(hub, payer=payer)
    token = token_of(client.get(f"/pay/{payment.code}"))
    answer = client.get(path) if path == "/operator/money" else client.post(path, data={"csrf_token": token})
    assert answer.status_code == 403


def test_a_declined_payment_does_not_settle_through_the_helper(hub):
    payment = make_payment(hub)
    decline(hub, payment.code)
    with hub.look() as work:
        assert queries.payment_by_code(work, payment.code).state == "failed"
