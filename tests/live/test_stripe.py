"""Stripe itself, asked through our door with a test key of the environment: what the fake claims about it. Nothing is paid.

``XUNYI_LIVE_STRIPE_API_URL`` points it at another server, such as our own fake over loopback: so the questions are tried too.
"""

from __future__ import annotations

import os
import secrets

import pytest

from app.payments.errors import ProviderRefused
from app.payments.provider import Stripe

KEY = os.environ.get("XUNYI_LIVE_STRIPE_KEY", "")
COUNTRY = os.environ.get("XUNYI_LIVE_STRIPE_COUNTRY", "hk")
CURRENCY = os.environ.get("XUNYI_LIVE_STRIPE_CURRENCY", "CNY")
URL = os.environ.get("XUNYI_LIVE_STRIPE_API_URL", "")
BACK = "http://127.0.0.1:8000/pay/x/done"

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not KEY, reason="Stripe itself is asked with XUNYI_LIVE_STRIPE_KEY only"),
]


@pytest.fixture
def door() -> Stripe:
    assert KEY.startswith(("sk_test_", "rk_test_")), "a test key: this must not touch real money"
    return Stripe(KEY, ("whsec_unused",), country=COUNTRY, api_url=URL)


@pytest.fixture
def code() -> str:
    """New with every run: nothing of an earlier one is met."""
    return f"live{secrets.token_hex(8)}"


def begin(door: Stripe, code: str, amount_fen: int = 100_000) -> str:
    metadata = {"payment_code": code, "attempt": "1"}
    return door.create_intent(code, amount_fen, CURRENCY, metadata, BACK, "Live try").id


def test_a_checkout_is_made_once_read_and_ended(door: Stripe, code: str) -> None:
    session = begin(door, code)
    assert begin(door, code) == session
    found = door.retrieve_intent(session)
    assert (found.status, found.amount_fen, found.currency) == ("open", 100_000, CURRENCY)
    assert found.metadata["payment_code"] == code
    assert found.checkout_path.startswith(URL or "https://checkout.stripe.com/")
    for _ in range(2):
        door.cancel_intent(session)
    assert door.retrieve_intent(session).status == "failed"


def test_the_same_key_with_other_values_is_refused(door: Stripe, code: str) -> None:
    begin(door, code)
    with pytest.raises(ProviderRefused, match="key_with_other_values"):
        begin(door, code, 100_001)


def test_what_is_unknown_or_unpaid_is_refused(door: Stripe, code: str) -> None:
    with pytest.raises(ProviderRefused, match="resource_missing"):
        door.retrieve_intent("cs_test_nothing")
    with pytest.raises(ProviderRefused, match="intent_not_paid"):
        door.refund(f"r{code}", begin(door, code), 1, {"command_code": code, "round": "1"})
    assert door.find_by_metadata("payment_code", code) == []


def test_a_receivers_account_is_opened_and_not_paid_to_before_it_is_ready(door: Stripe, code: str) -> None:
    made = door.create_account(f"account:{code}", f"user:{code}", "Live try")
    assert door.retrieve_account(made.ref).transfers != "active"
    assert door.account_page(made.ref, "https://example.com/account/money").startswith(("https://", URL or "https://"))
    with pytest.raises(ProviderRefused):
        door.payout(f"t{code}", made.ref, 100, CURRENCY, {"command_code": code, "round": "1"})


def test_the_list_of_movements_can_be_read(door: Stripe) -> None:
    for each in door.list_movements():
        assert each.id
        assert each.amount_fen >= 0
        assert len(each.currency) == 3
