"""Stripe's messages: every check of their signature, what they mean, and what is none of our business. TS61."""

import json
import time

import pytest
from stripe import WebhookSignature

from app.payments import queries
from app.payments.models import ReceivedEvent
from tests.payments.making import begin_checkout, make_payment
from tests.payments.striping import OTHER_SECRET, use_stripe

ADDRESS = "/payments/webhooks/stripe"


@pytest.fixture
def fake(hub):
    return use_stripe(hub)


def paid_event(hub, fake):
    """(payment, raw body) of a checkout that was just paid, not delivered."""
    payment = make_payment(hub)
    fake.pay(begin_checkout(hub, payment.code))
    return payment, fake.events.rows[-1]["body"].encode()


def sign(fake, raw, age=0, secret=None):
    return WebhookSignature.generate_signature_header(raw.decode(), secret or fake.events.secret, int(time.time()) - age)


def send(client, raw, header):
    return client.post(ADDRESS, data=raw, environ_overrides={"HTTP_STRIPE_SIGNATURE": header}, content_type="application/json")


def state_of(hub, payment):
    with hub.look() as work:
        return queries.payment_by_code(work, payment.code).state


def kinds(hub):
    with hub.look() as work:
        return [row.kind for row in queries.anomalies(work)]


@pytest.mark.parametrize("age", [0, 298, -298])
def test_within_five_minutes_it_counts_once(client, hub, fake, age):
    payment, raw = paid_event(hub, fake)
    header = sign(fake, raw, age)
    assert [send(client, raw, header).json["outcome"] for _ in range(3)] == ["applied", "duplicate", "duplicate"]
    assert state_of(hub, payment) == "settled"


@pytest.mark.parametrize("age", [302, -302, 600, -600])
def test_too_old_and_from_the_future_it_is_refused(client, hub, fake, age):
    """The SDK's own check lets the future pass."""
    payment, raw = paid_event(hub, fake)
    assert send(client, raw, sign(fake, raw, age)).status_code == 400
    assert state_of(hub, payment) == "open"


def test_wrong_secret_changed_body_old_scheme_and_strange_letters_are_refused(client, hub, fake):
    payment, raw = paid_event(hub, fake)
    right = sign(fake, raw)
    bad = [
        sign(fake, raw, secret="whsec_somebody_elses"),
        right.replace("v1=", "v0="),
        "",
        "t=1,v1=\xff\xfe",
        "t=ü,v1=é",
        right[:-1],
    ]
    assert [send(client, raw, header).status_code for header in bad] == [400] * len(bad)
    assert send(client, raw.replace(b"100000", b"1"), right).status_code == 400
    assert state_of(hub, payment) == "open"


def test_the_other_endpoints_secret_and_one_right_signature_of_two_are_enough(client, hub, fake):
    _, raw = paid_event(hub, fake)
    assert send(client, raw, sign(fake, raw, secret=OTHER_SECRET)).status_code == 200
    _, raw = paid_event(hub, fake)
    assert send(client, raw, f"{sign(fake, raw)},v1={'0' * 64}").status_code == 200


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b"null", b'"x"', b'{"object":"v2.core.event"}', b'{"id":1,"data":{"object":{}}}']
)
def test_a_signed_message_that_is_no_event_is_refused(client, fake, raw):
    assert send(client, raw, sign(fake, raw)).status_code == 400


def changed(raw, **values):
    body = json.loads(raw)
    return json.dumps(body | values).encode()


def test_real_money_does_not_count_in_practice(client, hub, fake):
    payment, raw = paid_event(hub, fake)
    raw = changed(raw, livemode=True)
    assert send(client, raw, sign(fake, raw)).json["outcome"] == "anomaly"
    assert (state_of(hub, payment), kinds(hub)) == ("open", ["wrong_mode"])


def test_what_happens_in_a_receivers_own_account_is_not_ours(client, hub, fake):
    """The same words with an account's name, and a receiver's payout to their bank: neither is our payment or payout."""
    payment, raw = paid_event(hub, fake)
    raw = changed(raw, account="acct_1")
    assert send(client, raw, sign(fake, raw)).json["outcome"] == "ignored"
    assert state_of(hub, payment) == "open"
    body = {
        "id": "evt_po",
        "object": "event",
        "type": "payout.paid",
        "livemode": False,
        "data": {"object": {"id": "po_1", "amount": 5}},
    }
    raw = json.dumps(body).encode()
    assert send(client, raw, sign(fake, raw)).json["outcome"] == "ignored"


@pytest.mark.parametrize(
    ("values", "kind"), [({"amount_total": 99_999}, "wrong_amount"), ({"currency": "usd"}, "wrong_currency")]
)
def test_another_amount_or_currency_settles_nothing(client, hub, fake, values, kind):
    """TS21."""
    payment, raw = paid_event(hub, fake)
    body = json.loads(raw)
    body["data"]["object"].update(values)
    raw = json.dumps(body).encode()
    assert send(client, raw, sign(fake, raw)).json["outcome"] == "anomaly"
    assert (state_of(hub, payment), kinds(hub)) == ("open", [kind])


def test_a_checkout_that_is_complete_and_not_paid_yet_settles_later(client, hub, fake):
    payment = make_payment(hub)
    session = begin_checkout(hub, payment.code)
    fake.pay(session, "async")
    for row in fake.events.rows:
        raw = row["body"].encode()
        assert send(client, raw, sign(fake, raw)).json["outcome"] == "ignored"
    assert state_of(hub, payment) == "open"
    fake.arrive(session, paid=True)
    raw = fake.events.rows[-1]["body"].encode()
    assert send(client, raw, sign(fake, raw)).json["outcome"] == "applied"
    assert state_of(hub, payment) == "settled"


def test_a_thin_notice_of_another_kind_is_kept_and_ignored(client, hub, fake):
    body = {
        "id": "evt_thin", "object": "v2.core.event", "type": "v2.core.account.created", "livemode": False,
        "created": "2026-11-29T00:00:00Z", "related_object": {"id": "acct_1", "type": "v2.core.account", "url": "/"},
    }  # fmt: skip
    raw = json.dumps(body).encode()
    assert send(client, raw, sign(fake, raw)).json["outcome"] == "ignored"
    with hub.look() as work:
        assert work.session.query(ReceivedEvent).one().type == "stripe.v2.core.account.created"


def test_a_notice_about_an_account_that_nobody_knows_is_asked_for_again(client, fake):
    account = fake.new(
        "acct",
        "v2.core.account",
        configuration={"recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {}}}}},
        _balance=0,
    )
    fake.onboard(account["id"])
    raw = fake.events.rows[-1]["body"].encode()
    assert send(client, raw, sign(fake, raw)).status_code == 503


def test_when_stripe_does_not_answer_our_question_the_message_comes_again(client, hub, fake):
    payment, raw = paid_event(hub, fake)
    send(client, raw, sign(fake, raw))
    (paid,) = fake.all("payment_intent")
    fake.dispute(paid["id"], paid["amount"], "fraudulent")
    raw = fake.events.rows[-1]["body"].encode()
    fake.faults[:] = ["down"] * 3
    assert send(client, raw, sign(fake, raw)).status_code == 503
    assert send(client, raw, sign(fake, raw)).json["outcome"] == "applied"
    with hub.look() as work:
        assert queries.money_state(work, payment.code).state == "disputed_by_bank"


def test_each_providers_address_is_open_only_where_it_is_the_provider(client, hub):
    assert client.post(ADDRESS).status_code == 404
    use_stripe(hub)
    assert client.post(ADDRESS).status_code == 400
    assert client.post("/payments/webhooks/sandbox").status_code == 404
