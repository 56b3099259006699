"""Makes payments and moves their money through the sandbox's real event path, without HTTP."""

from __future__ import annotations

from datetime import timedelta

from app.accounts import queries as accounts
from app.accounts.models import User
from app.kernel.errors import DomainError
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM, Actor
from app.payments import jobs, queries, service
from app.payments.models import Payment
from app.payments.provider.sandbox import Chaos, Post, Sandbox, deliver_once
from tests.accounts.making import make_user
from tests.remembering import remembered

AMOUNT = 100_000  # fen


def make_payment(hub: Hub, *, payer: User | None = None, amount_fen: int = AMOUNT, minutes: int = 30, **more: str) -> Payment:
    """An open hold of a new payer."""
    person = payer or make_user(hub)
    more.setdefault("purpose", "order")
    more.setdefault("subject", "iPhone 13 128 GB")
    more.setdefault("return_link", "/orders/abc")
    with hub.begin(SYSTEM) as work:
        return service.open_hold(
            work,
            more.pop("purpose"),
            person.id,
            amount_fen,
            work.now + timedelta(minutes=minutes),
            **more,
        )


@remembered
def settled_payment(hub: Hub, **more: object) -> Payment:
    """A hold whose money has arrived."""
    payment = make_payment(hub, **more)  # type: ignore[arg-type]
    settle(hub, payment.code)
    return payment


def sandbox(hub: Hub) -> Sandbox:
    assert isinstance(hub.provider, Sandbox)
    return hub.provider


def payer_of(hub: Hub, payment_code: str) -> Actor:
    """The person who shall pay, as an actor."""
    with hub.look() as work:
        payer_id = queries.payment_by_code(work, payment_code).payer_id
        return accounts.actor_for(work, accounts.user_by_id(work, payer_id))


def begin_checkout(hub: Hub, payment_code: str) -> str:
    """The payer presses "pay" on our page; returns the provider's id of the try."""
    return jobs.open_checkout(hub, payer_of(hub, payment_code), payment_code).rsplit("/", 1)[1]


def settle(hub: Hub, payment_code: str) -> None:
    """The payer pays at the provider, its event arrives, everybody who listens has heard it."""
    driver = getattr(hub, "driver", None)  # of another provider, or of one that tests of every provider share
    if driver is not None:
        driver.pay(payment_code)
    else:
        sandbox(hub).books.decide(begin_checkout(hub, payment_code), paid=True)
    run_money(hub)


def decline(hub: Hub, payment_code: str) -> None:
    """The payer's bank declines, and everybody who listens has heard it."""
    sandbox(hub).books.decide(begin_checkout(hub, payment_code), paid=False)
    run_money(hub)


def webhook(hub: Hub) -> Post:
    """What the web server does with a message of the provider, without the web server."""

    def post(raw: bytes, header: str) -> int:
        try:
            jobs.receive_webhook(hub, raw, header.encode())
        except DomainError as refusal:
            return refusal.status
        return 200

    return post


def deliver(hub: Hub, *, chaos: Chaos | None = None, now: float | None = None) -> int:
    """Bring the provider's waiting events to us, one round; returns how many were accepted."""
    driver = getattr(hub, "driver", None)
    if driver is not None:
        return int(driver.deliver(chaos, now))
    door = sandbox(hub)
    return deliver_once(door.books, door.secret, webhook(hub), chaos=chaos or Chaos(), now=now)


def run_money(hub: Hub, rounds: int = 10) -> None:
    """Run jobs and the provider's events in turn until both are quiet: refunds and payouts get through."""
    for _ in range(rounds):
        hub.drain()
        if deliver(hub) == 0:
            return
