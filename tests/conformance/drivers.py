"""The world outside the marketplace, the same for every provider: payers, banks, receivers, and the provider's messages."""

from __future__ import annotations

import time
from typing import Protocol

from app.accounts.models import User
from app.kernel.hub import Hub
from app.payments import queries
from app.payments.provider import Split
from app.payments.provider.sandbox import Chaos, deliver_once
from app.payments.provider.signature import sign
from app.payments.provider.split import Limits, Order, SplitBooks
from tests.fakes.stripe import FakeStripe
from tests.fakes.stripe.core import DECLINES, GOOD, REFUND_PENDING
from tests.payments import banking, striping
from tests.payments.making import begin_checkout, sandbox, webhook

CARDS = {
    "good": GOOD,
    "declined": "4000000000000002",
    "no_funds": "4000000000009995",
    "attaches_then_fails": "4000000000000341",
    "asks_first": "4000000000003220",
    "later": "async",
    "refund_pending": REFUND_PENDING,
}
assert set(DECLINES) <= set(CARDS.values())


class Driver(Protocol):
    """What a scenario does to a provider from outside."""

    name: str

    def pay(self, payment_code: str, how: str = "good") -> None: ...

    def answer(self, payment_code: str, *, yes: bool) -> None: ...

    def deliver(self, chaos: Chaos | None = None, now: float | None = None) -> int: ...

    def bodies(self) -> list[str]: ...

    def ready(self, user: User) -> None: ...

    def empty(self, user: User) -> None: ...

    def dispute(self, payment_code: str, fen: int) -> str: ...

    def decide(self, ref: str, *, won: bool) -> None: ...

    def refuse_next(self, receiver: str, reason: str) -> None: ...

    def return_payout(self, command_code: str, reason: str) -> None: ...


def intent_of(hub: Hub, payment_code: str) -> str:
    with hub.look() as work:
        return queries.payment_by_code(work, payment_code).intent_id or begun(hub, payment_code)


def begun(hub: Hub, payment_code: str) -> str:
    return begin_checkout(hub, payment_code)


def ref_of(hub: Hub, command_code: str) -> str:
    with hub.look() as work:
        command = queries.find_command(work, command_code)
        assert command is not None
        assert command.provider_ref is not None
        return command.provider_ref


class SandboxDriver:
    """The practice provider, through its own books."""

    name = "sandbox"

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    @property
    def secret(self) -> bytes:
        return sandbox(self.hub).secret

    def pay(self, payment_code: str, how: str = "good") -> None:
        door, intent = sandbox(self.hub), begin_checkout(self.hub, payment_code)
        door.press(intent, {"good": "pay", "declined": "decline", "no_funds": "no_funds", "asks_first": "confirm"}[how])

    def answer(self, payment_code: str, *, yes: bool) -> None:
        sandbox(self.hub).press(intent_of(self.hub, payment_code), "confirmed" if yes else "refused")

    def deliver(self, chaos: Chaos | None = None, now: float | None = None) -> int:
        door = sandbox(self.hub)
        return deliver_once(door.books, door.secret, webhook(self.hub), chaos=chaos or Chaos(), now=now)

    def unsent(self) -> int:
        return sandbox(self.hub).books.unsent_count()

    def bodies(self) -> list[str]:
        return sandbox(self.hub).books.all_event_bodies()

    def sign(self, raw: bytes, seconds: int) -> str:
        return sign(self.secret, raw, seconds)

    def ready(self, user: User) -> None:
        return

    def empty(self, user: User) -> None:
        """The receiver moves what they have to their own bank."""

    def dispute(self, payment_code: str, fen: int) -> str:
        return sandbox(self.hub).books.dispute(intent_of(self.hub, payment_code), fen, "product_not_received")

    def decide(self, ref: str, *, won: bool) -> None:
        sandbox(self.hub).books.decide_dispute(ref, won=won)

    def refuse_next(self, receiver: str, reason: str) -> None:
        """The next payout to this receiver (``user:`` and a code) fails."""
        sandbox(self.hub).books.refuse_next(receiver, reason)

    def return_payout(self, command_code: str, reason: str) -> None:
        """A payout that was paid comes back, however often the bank says so."""
        ref = ref_of(self.hub, command_code)
        for _ in range(2):
            sandbox(self.hub).books.return_payout(ref, reason)


class SplitDriver(SandboxDriver):
    """The simulation of split settlement: the practice provider's payers, and orders behind them."""

    name = "split"

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub)
        hub.provider = Split(hub.settings.folder("sandbox"), hub.settings.secret("webhook"), Limits())

    @property
    def books(self) -> SplitBooks:
        door = self.hub.provider
        assert isinstance(door, Split)
        return door.books

    def empty(self, user: User) -> None:
        self.books.withdraw(f"user:{user.code}")

    def order(self, payment_code: str) -> Order:
        found = self.books.order(intent_of(self.hub, payment_code))
        assert found is not None
        return found


class StripeDriver:
    """Our own fake of Stripe, through the SDK and without a network."""

    name = "stripe"

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.fake: FakeStripe = striping.use_stripe(hub)

    def pay(self, payment_code: str, how: str = "good") -> None:
        self.fake.pay(begin_checkout(self.hub, payment_code), CARDS[how])

    def answer(self, payment_code: str, *, yes: bool) -> None:
        self.fake.confirm(intent_of(self.hub, payment_code), yes=yes)

    def deliver(self, chaos: Chaos | None = None, now: float | None = None) -> int:
        return self.fake.events.deliver(webhook(self.hub), chaos or Chaos(), now if now is not None else time.time() + 3600)

    def unsent(self) -> int:
        return len(self.fake.events.waiting_events(float("inf")))

    def bodies(self) -> list[str]:
        return [row["body"] for row in self.fake.events.rows]

    def sign(self, raw: bytes, seconds: int) -> str:
        return self.fake.events.sign(self.fake.events.secret.encode(), raw, seconds)

    def ready(self, user: User) -> None:
        striping.open_account(self.hub, self.fake, user)

    def empty(self, user: User) -> None:
        with self.hub.look() as work:
            account = queries.find_account(work, self.name, f"user:{user.code}")
        assert account is not None
        self.fake.take_home(account.ref)

    def dispute(self, payment_code: str, fen: int) -> str:
        return self.fake.dispute(self.payment(payment_code)["id"], fen, "product_not_received")

    def decide(self, ref: str, *, won: bool) -> None:
        self.fake.decide(ref, won=won)

    def advance(self, seconds: int) -> None:
        self.fake.advance(seconds)

    def payment(self, payment_code: str) -> dict:
        session = self.fake.objects[intent_of(self.hub, payment_code)]
        return self.fake.objects[session["payment_intent"]]

    def refunds(self, payment_code: str) -> list[dict]:
        paid = self.payment(payment_code)["id"]
        return [each for each in self.fake.all("refund") if each["payment_intent"] == paid]


class BankDriver:
    """The test bank: people transfer, a day of the operator's work brings the statement in and the payment file out."""

    name = "bank"

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        banking.use_bank(hub)
        self.bank = banking.PaperBank(hub)

    def pay(self, payment_code: str, how: str = "good") -> None:
        assert how == "good"
        self.bank.transfer(payment_code)

    def deliver(self, chaos: Chaos | None = None, now: float | None = None) -> int:
        return self.bank.day()

    def ready(self, user: User) -> None:
        return

    def empty(self, user: User) -> None:
        return

    def advance(self, seconds: int) -> None:
        return  # every round is a day

    def refuse_next(self, receiver: str, reason: str) -> None:
        self.bank.refuses[receiver] = reason

    def return_payout(self, command_code: str, reason: str) -> None:
        sent = banking.transfer_of(self.hub, command_code)
        self.bank.send_back(sent.reference, sent.amount_fen)
        self.bank.unread.append(self.bank.unread[-1])  # the same row twice


DRIVERS = {"sandbox": SandboxDriver, "stripe": StripeDriver, "bank": BankDriver, "split": SplitDriver}
