"""The door to Stripe against our own fake of it: strict parameters, keys, forgotten keys, lost answers, receivers, fees."""

import threading
from datetime import timedelta

import pytest
import stripe
from werkzeug.serving import make_server

from app.kernel.work import SYSTEM
from app.payments import jobs, queries, service
from app.payments.errors import NoAccountsHere, ProviderRefused, ProviderUnavailable
from app.payments.models import MoneyCommand, ProviderAccount
from app.payments.provider import Stripe, from_settings
from config import ConfigError
from tests.accounts.making import actor, make_user, send_form, sign_in
from tests.fakes.stripe import FakeStripe, InProcess
from tests.fakes.stripe.faces import application
from tests.payments.making import AMOUNT, begin_checkout, make_payment, payer_of
from tests.payments.striping import open_account, pay, run, use_stripe

BACK = "http://127.0.0.1:8000/pay/p1/done"
PART = {"command_code": "c1", "round": "1"}


@pytest.fixture
def fake():
    return FakeStripe()


@pytest.fixture
def door(fake):
    return Stripe("sk_test_fake", (fake.events.secret,), country="hk", http_client=InProcess(fake))


def begun(door, attempt=1):
    metadata = {"payment_code": "p1", "attempt": str(attempt)}
    return door.create_intent(f"k{attempt}", AMOUNT, "CNY", metadata, BACK, "iPhone 13").id


def paid(door, fake):
    session = begun(door)
    fake.pay(session)
    return session


def balances(hub):
    with hub.look() as work:
        return queries.balances(work)


# The fake itself


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"payment_intent": "pi_1", "colour": "red"}, "parameter_unknown"),
        ({"payment_intent": "pi_1", "metadata": {"any": "thing"}, "amount": "ten"}, "parameter_invalid_integer"),
        ({"payment_intent": ["pi_1"]}, "parameter_invalid"),
    ],
)
def test_the_fake_refuses_what_stripe_would_not_know(door, given, code):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        door._client.v1.refunds.create(given)
    assert refused.value.code == code


def test_the_fake_looks_into_what_is_nested_and_misses_what_is_needed(door):
    with pytest.raises(stripe.InvalidRequestError, match=r"line_items\[0\]\[price_data\]\[colour\]"):
        door._client.v1.checkout.sessions.create({"line_items": [{"price_data": {"currency": "cny", "colour": "red"}}]})
    with pytest.raises(stripe.InvalidRequestError, match="destination"):
        door._client.v1.transfers.create({"currency": "cny"})
    with pytest.raises(stripe.InvalidRequestError, match="dashbord"):
        door._client.v2.core.accounts.create({"dashbord": "express"})


# Keys and lost answers


def test_the_same_key_gives_the_same_checkout_and_other_values_are_refused(door):
    assert begun(door) == begun(door)
    with pytest.raises(ProviderRefused, match="other_values"):
        door.create_intent("k1", AMOUNT + 1, "CNY", {"payment_code": "p1", "attempt": "1"}, BACK)


@pytest.mark.parametrize("fault", ["after", "lost"])
def test_a_refund_whose_answer_was_lost_is_found_and_not_made_again(door, fake, fault):
    session = paid(door, fake)
    fake.faults[:] = ["", "", fault, fault, fault]  # the payment and its refunds are read, then the refund is made
    with pytest.raises(ProviderUnavailable):
        door.refund("r1", session, 500, PART)
    assert len(fake.all("refund")) == 1
    assert door.refund("r1", session, 500, PART).id == fake.all("refund")[0]["id"]
    assert len(fake.all("refund")) == 1


def test_a_key_that_stripe_has_forgotten_makes_nothing_twice(door, fake):
    """TS62: asked again after more than a day, a refund and a transfer are looked for first."""
    session = paid(door, fake)
    account = door.create_account("a1", "user:x", "许清和").ref
    fake.onboard(account)
    for _ in range(2):
        door.refund("r1", session, 500, PART)
        door.payout("t1", account, 700, "CNY", {"command_code": "c2", "round": "1", "payment_code": "p1"}, session)
        fake.advance(25 * 3600)
    assert [len(fake.all(kind)) for kind in ("refund", "transfer")] == [1, 1]
    assert door.refund("r2", session, 500, PART | {"round": "2"}).id != fake.all("refund")[0]["id"]


def test_a_short_failure_is_tried_again_by_the_sdk_with_the_same_key(door, fake):
    fake.faults[:] = ["before", "down"]
    assert begun(door)
    assert len(fake.all("checkout.session")) == 1


@pytest.mark.parametrize("faults", [["down"] * 3, ["before"] * 3])
def test_no_answer_and_no_good_key_say_nothing_about_the_money(door, fake, faults):
    fake.faults[:] = faults
    with pytest.raises(ProviderUnavailable):
        begun(door)
    wrong = Stripe("wrong", ("whsec_x",), country="hk", http_client=InProcess(fake))
    with pytest.raises(ProviderUnavailable):
        begun(wrong)


def test_an_unpaid_checkout_is_neither_refunded_nor_ended_twice(door, fake):
    session = begun(door)
    with pytest.raises(ProviderRefused, match="not_paid"):
        door.refund("r", session, 1, PART)
    for _ in range(2):
        door.cancel_intent(session)
    assert door.retrieve_intent(session).status == "failed"
    with pytest.raises(ProviderRefused, match="resource_missing"):
        door.retrieve_intent("cs_test_nothing")
    other = begun(door, 2)
    fake.pay(other)
    door.cancel_intent(other)  # paid in the same moment: it stays so
    assert door.retrieve_intent(other).status == "succeeded"


def test_a_payment_is_found_by_what_was_given_with_it(door, fake):
    session = paid(door, fake)
    assert [one.id for one in door.find_by_metadata("payment_code", "p1")] == [session]
    assert door.find_by_metadata("payment_code", "p2") == []


def test_long_lists_are_read_to_their_end(door, fake):
    session = paid(door, fake)
    for number in range(120):
        door.refund(f"r{number}", session, 1, {"command_code": f"c{number}", "round": "1"})
    assert sum(each.kind == "refund" for each in door.list_movements()) == 120
    assert door.refund("new key", session, 1, {"command_code": "c0", "round": "1"}).id == fake.all("refund")[0]["id"]


# In the marketplace


def test_a_checkout_that_was_begun_is_opened_again_and_not_made_anew(hub):
    fake = use_stripe(hub)
    payment = make_payment(hub, minutes=3 * 24 * 60)
    first = begin_checkout(hub, payment.code)
    assert begin_checkout(hub, payment.code) == first
    fake.advance(25 * 3600)  # its key is forgotten, and it is over
    second = begin_checkout(hub, payment.code)
    assert second != first
    assert len(fake.all("checkout.session")) == 2
    fake.pay(second)
    run(hub, fake)
    with hub.look() as work:
        found = queries.payment_by_code(work, payment.code)
        assert (found.state, found.attempt, found.intent_id) == ("settled", 2, second)
        assert queries.anomalies(work) == []


def test_who_has_no_account_waits_and_is_paid_when_it_is_ready(hub):
    """TS43. Opened, restricted, ready: only then the money is sent, and once."""
    fake, seller = use_stripe(hub), make_user(hub)
    pay(hub, fake, make_payment(hub).code)  # other people's money lies there too
    payment = make_payment(hub)
    pay(hub, fake, payment.code)
    with hub.begin(SYSTEM) as work:
        service.release(work, payment.code, [(queries.seller_account(work, seller.id), AMOUNT)], "r")
    run(hub, fake)
    open_account(hub, fake, seller, "restricted")
    with hub.look() as work:
        command = work.session.query(MoneyCommand).one()
        assert (command.state, command.last_error, command.attempts) == ("planned", "no_account", 0)
    ref = open_account(hub, fake, seller)
    assert [(each["destination"], each["amount"]) for each in fake.all("transfer")] == [(ref, AMOUNT)]
    assert fake.all("transfer")[0]["source_transaction"], "TS42: nobody waits until the money is available"
    assert balances(hub)[f"seller_payable:{seller.code}"] == 0
    assert len(fake.all("v2.core.account")) == 1
    jobs.compare_books(hub)
    with hub.look() as work:
        assert service.verify(work, hub.provider) == []


def test_a_message_about_an_account_that_was_lost_is_found_by_asking(hub):
    fake, seller = use_stripe(hub), make_user(hub)
    jobs.open_account(hub, actor(hub, seller))
    with hub.look() as work:
        ref = work.session.query(ProviderAccount).one().ref
    fake.onboard(ref)
    fake.events.rows.clear()
    jobs.reconcile(hub, older_than=timedelta(0))
    with hub.look() as work:
        assert queries.open_account(work, "stripe", f"user:{seller.code}") == ref


def test_an_account_never_becomes_another_one(hub):
    fake, seller = use_stripe(hub), make_user(hub)
    open_account(hub, fake, seller)
    for statement in ("UPDATE provider_account SET ref = 'acct_mine'", "DELETE FROM provider_account"):
        with pytest.raises(Exception, match=r"terms|rows stay|append-only"), hub.begin(SYSTEM) as work:
            work.session.connection().exec_driver_sql(statement)


def test_fees_are_booked_from_the_providers_list_and_the_books_agree(hub):
    fake = use_stripe(hub)
    pay(hub, fake, make_payment(hub).code)
    assert jobs.compare_books(hub).differences == ()
    assert balances(hub)["psp_fees"] == 1_400
    assert balances(hub)["psp_clearing:stripe"] == AMOUNT - 1_400
    assert jobs.learn_fees(hub) == 0
    assert jobs.check_books(hub) == 0


def test_a_fee_of_money_that_is_all_gone_is_named_until_there_is_money_again(hub):
    """Whoever passes on everything owes the provider its fee: the books do not go below zero for it."""
    fake, seller = use_stripe(hub), make_user(hub)
    open_account(hub, fake, seller)
    payment = make_payment(hub)
    pay(hub, fake, payment.code)
    with hub.begin(SYSTEM) as work:
        service.release(work, payment.code, [(queries.seller_account(work, seller.id), AMOUNT)], "r")
    run(hub, fake)
    (found,) = jobs.compare_books(hub).differences
    assert (found.kind, found.theirs_fen) == ("missing_with_us", -1_400)
    pay(hub, fake, make_payment(hub).code)
    assert jobs.compare_books(hub).differences == ()


def test_where_no_account_is_needed_none_is_opened(hub):
    with pytest.raises(NoAccountsHere):
        jobs.open_account(hub, actor(hub, make_user(hub)))


def test_a_new_recipient_sees_what_is_missing_and_is_led_on(client, hub):
    use_stripe(hub)
    person = make_user(hub)
    client.set_cookie("lang", "en")
    sign_in(client, hub, person)
    page = client.get("/account/money")
    assert "To be paid you need an account" in page.get_data(as_text=True)
    assert "form-action 'self' https://*.stripe.com" in page.headers["Content-Security-Policy"]
    answer = send_form(client, "/account/money", to="/account/money/account")
    assert answer.headers["Location"].startswith("http://127.0.0.1:12111/onboard/acct_")
    assert "still has questions" in client.get("/account/money").get_data(as_text=True)


def test_paying_leads_to_checkout_and_back(client, hub):
    fake = use_stripe(hub)
    payment = make_payment(hub, payer=make_user(hub))
    sign_in(client, hub, _user(hub, payment))
    assert "https://*.stripe.com" in client.get(f"/pay/{payment.code}").headers["Content-Security-Policy"]
    where = send_form(client, f"/pay/{payment.code}").headers["Location"]
    (session,) = fake.all("checkout.session")
    assert where == session["url"]
    assert session["_name"] == payment.subject
    assert session["cancel_url"].endswith(f"/pay/{payment.code}")


def _user(hub, payment):
    from tests.trades.making import user

    return user(hub, payer_of(hub, payment.code).id)


def test_over_loopback_it_is_the_same_fake(fake):
    server = make_server("127.0.0.1", 0, application(fake))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        fake.site = f"http://127.0.0.1:{server.port}"
        door = Stripe("sk_test_fake", ("whsec_x",), country="hk", api_url=fake.site)
        intent = door.create_intent("k", AMOUNT, "CNY", {"payment_code": "p1", "attempt": "1"}, BACK, "iPhone 13")
        import requests

        with requests.Session() as browser:
            browser.trust_env = False
            page = browser.get(intent.checkout_path).text
            assert "测试付款方" in page
            assert "Stripe" not in page
            asked = browser.post(intent.checkout_path, data={"card": "4000000000003220"}).text
            assert "是你本人在付款吗" in asked
            back = browser.post(intent.checkout_path, data={"card": "yes"}, allow_redirects=False)
            assert back.headers["Location"] == BACK
        assert door.retrieve_intent(intent.id).status == "succeeded"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# Settings


STRIPE = {
    "payment_provider": "stripe",
    "stripe_key": "sk_test_x",
    "stripe_country": "hk",
    "stripe_webhook_secrets": ["whsec_0123456789"],
}


def test_the_settings_choose_the_door_and_keep_its_secrets_to_themselves(settings):
    chosen = type(settings)(**{**settings.model_dump(), **STRIPE})
    chosen.check()
    assert isinstance(from_settings(chosen), Stripe)
    assert "sk_test_x" not in repr(chosen)
    assert "whsec_0123456789" not in repr(chosen)


@pytest.mark.parametrize("name", ["stripe_key", "stripe_country", "stripe_webhook_secrets"])
def test_without_key_secret_or_country_nothing_starts(settings, name):
    empty = [] if name == "stripe_webhook_secrets" else ""
    chosen = type(settings)(**{**settings.model_dump(), **STRIPE, name: empty})
    with pytest.raises(ConfigError, match=name.upper()):
        chosen.check()
