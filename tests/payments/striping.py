"""A marketplace that is paid through Stripe, which is our own fake in the same process."""

from __future__ import annotations

from app.accounts.models import User
from app.kernel.hub import Hub
from app.payments import jobs, queries
from app.payments.provider import Stripe
from tests.accounts.making import actor
from tests.fakes.stripe import FakeStripe, InProcess
from tests.fakes.stripe.core import GOOD
from tests.payments.making import begin_checkout, payer_of, webhook

OTHER_SECRET = "whsec_of_the_second_endpoint"


def use_stripe(hub: Hub, fake: FakeStripe | None = None) -> FakeStripe:
    """From now on this marketplace is paid through the fake."""
    fake = fake or FakeStripe()
    hub.provider = Stripe("sk_test_fake", (fake.events.secret, OTHER_SECRET), country="hk", http_client=InProcess(fake))
    return fake


def run(hub: Hub, fake: FakeStripe, rounds: int = 10) -> None:
    """Jobs and Stripe's events in turn until both are quiet."""
    for _ in range(rounds):
        hub.drain()
        if fake.events.deliver(webhook(hub)) == 0:
            return


def pay(hub: Hub, fake: FakeStripe, payment_code: str, card: str = GOOD) -> str:
    """The payer goes to Checkout and types a card; returns the session's id."""
    session_id = begin_checkout(hub, payment_code)
    fake.pay(session_id, card)
    run(hub, fake)
    return session_id


def open_account(hub: Hub, fake: FakeStripe, user: User, status: str = "active") -> str:
    """Somebody opens their account at Stripe, and Stripe looks at it; returns its id."""
    jobs.open_account(hub, actor(hub, user))
    with hub.look() as work:
        found = queries.find_account(work, "stripe", f"user:{user.code}")
    assert found is not None
    fake.onboard(found.ref, status)
    run(hub, fake)
    return found.ref


__all__ = ["begin_checkout", "open_account", "pay", "payer_of", "run", "use_stripe"]
