"""kill -9 of the web server and the worker while people buy and pay: what was acknowledged stands, and nobody pays twice."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import requests
from sqlalchemy import func, select

from app.kernel.outbox import dead_deliveries
from app.payments import queries as payments
from app.payments.models import LedgerTxn
from app.payments.provider.sandbox import Sandbox
from app.payments.service import verify
from app.trades.models import Order
from app.trades.states import PAID
from tests.accounts.making import make_user
from tests.drills.conftest import FULL
from tests.drills.town import Buyer, NoForm, Town, token_of, wait_for

KILLS = 30 if FULL else 6
BUYERS = 3
PATIENCE_SECONDS = 60.0  # how long a buyer presses again after a kill
RECOVERY_SECONDS = 90.0

pytestmark = pytest.mark.slow


@dataclass
class Purchase:
    """One buyer, one phone: what the buyer saw acknowledged, and in which step the connection broke."""

    buyer: Buyer
    listing_code: str
    payment_code: str = ""  # named by the 303 after "buy"
    intent_id: str = ""
    has_paid: bool = False  # the provider's page answered "pay" with a 303
    trouble: str = ""
    broken_in: list[str] = field(default_factory=list)

    def carry_out(self) -> None:
        """Buy and pay as a patient person does: when the connection breaks, open the page anew and press again."""
        try:
            self._until_done("buy", self._buy)
            self._until_done("checkout", self._open_checkout)
            self._until_done("pay", self._pay)
            self._until_done("return", self._return)
        except Exception as trouble:  # told by the test in its own thread
            self.trouble = f"{type(trouble).__name__}: {trouble}"

    def _until_done(self, name: str, step: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        is_broken = False
        while time.monotonic() < deadline:
            try:
                if step():
                    return
            except requests.RequestException:
                if not is_broken:
                    self.broken_in.append(name)
                is_broken = True
            time.sleep(0.1)
        raise TimeoutError(f"{name} was not possible within {PATIENCE_SECONDS:.0f} s")

    def _buy(self) -> bool:
        try:
            form = self.buyer.purchase_form(self.listing_code)
        except NoForm:
            # Bought already, but the answer got lost: the page leads to the buyer's own order, and that to the payment.
            page = self.buyer.get(f"/items/{self.listing_code}/buy")
            assert page.status_code == 303, page.status_code
            order = self.buyer.get(page.headers["Location"])
            assert order.status_code == 200, order.status_code
            self.payment_code = order.text.split("/pay/", 1)[1].split('"', 1)[0]
            return True
        answer = self.buyer.buy(self.listing_code, form)
        assert answer.status_code in (303, 503), answer.status_code
        place = answer.headers.get("Location", "")
        if place.startswith("/pay/"):
            self.payment_code = place.removeprefix("/pay/")
        return bool(self.payment_code)

    def _open_checkout(self) -> bool:
        page = self.buyer.get(f"/pay/{self.payment_code}")
        assert page.status_code == 200, page.status_code
        answer = self.buyer.post(f"/pay/{self.payment_code}", {"csrf_token": token_of(page)})
        assert answer.status_code in (303, 503), answer.status_code
        if answer.status_code == 303:
            self.intent_id = answer.headers["Location"].removeprefix("/sandbox/checkout/")
        return bool(self.intent_id)

    def _pay(self) -> bool:
        if "pay" in self.broken_in and not self._go_back():
            return self.has_paid
        place = f"/sandbox/checkout/{self.intent_id}"
        page = self.buyer.get(place)
        assert page.status_code == 200, page.status_code
        if 'name="decision"' not in page.text:  # decided already, but the answer got lost
            self.has_paid = True
            return True
        answer = self.buyer.post(place, {"csrf_token": token_of(page), "decision": "pay"})
        assert answer.status_code in (303, 503), answer.status_code
        self.has_paid = answer.status_code == 303
        return self.has_paid

    def _go_back(self) -> bool:
        """Not knowing whether the payment went through, the buyer starts again on our own page; whether there is a checkout."""
        page = self.buyer.get(f"/pay/{self.payment_code}")
        assert page.status_code in (200, 303), page.status_code
        if page.status_code == 303:  # it had gone through
            self.has_paid = True
            return False
        answer = self.buyer.post(f"/pay/{self.payment_code}", {"csrf_token": token_of(page)})
        assert answer.status_code in (303, 409, 503), answer.status_code  # 409: the provider's news came in just now
        if answer.status_code == 303:
            self.intent_id = answer.headers["Location"].removeprefix("/sandbox/checkout/")
        return answer.status_code == 303

    def _return(self) -> bool:
        page = self.buyer.get(f"/pay/{self.payment_code}/done")
        assert page.status_code in (200, 303), page.status_code
        return True


def buy_together(town: Town, purchases: list[Purchase], kill_after_seconds: float | None) -> None:
    """The buyers start together; after the delay web and worker are killed and started again; the buyers go on."""
    threads = [threading.Thread(target=purchase.carry_out) for purchase in purchases]
    for thread in threads:
        thread.start()
    if kill_after_seconds is not None:
        time.sleep(kill_after_seconds)
        town.kill("serve", "worker")
        town.start("serve", "worker")
        town.wait_until_ready()
    for thread in threads:
        thread.join(4 * PATIENCE_SECONDS)
    assert not [one.trouble for one in purchases if one.trouble], ([one.trouble for one in purchases], town.log("serve")[-3000:])


def state_of(town: Town, purchase: Purchase) -> str | None:
    """The state of the order that the buyer knows, None when it is lost."""
    with town.hub.look() as work:
        query = select(Order.state).where(Order.payment_code == purchase.payment_code, Order.buyer_id == purchase.buyer.user.id)
        return work.session.scalars(query).one_or_none()


def test_kill_9_of_web_and_worker_during_checkout_loses_no_order_and_charges_nobody_twice(found):
    town: Town = found()
    seller = make_user(town.hub)
    buyers = [town.buyer() for _ in range(BUYERS)]
    town.start("serve", "worker", "sandbox")
    town.wait_until_ready()
    dice = random.Random(20261123)
    done = [Purchase(buyer, town.listing(seller).code) for buyer in buyers]
    started = time.monotonic()
    buy_together(town, done, None)
    usual_seconds = time.monotonic() - started  # a purchase without a kill: the kills are spread over that time
    for turn in range(KILLS):
        purchases = [Purchase(buyer, town.listing(seller).code) for buyer in buyers]
        buy_together(town, purchases, usual_seconds * (turn + dice.random()) / KILLS)
        done += purchases

    assert None not in [state_of(town, one) for one in done], "an acknowledged order is lost"
    assert all(one.has_paid for one in done)
    wait_for(
        lambda: all(state_of(town, one) == PAID for one in done),
        RECOVERY_SECONDS,
        lambda: f"{Counter(state_of(town, one) for one in done)} {town.log('worker')[-3000:]}",
    )
    assert_money_is_right(town, done)
    broken = Counter(step for one in done for step in one.broken_in)
    print(f"{KILLS} kills, {len(done)} purchases of {usual_seconds:.1f} s, all paid; connections broken in: {dict(broken)}")
    assert broken, "no kill hit anybody: the drill proves nothing"


def assert_money_is_right(town: Town, done: list[Purchase]) -> None:
    door = town.hub.provider
    assert isinstance(door, Sandbox)
    with town.hub.look() as work:
        assert work.session.scalar(select(func.count(Order.id))) == len(done)
        for one in done:
            payment = payments.payment_by_code(work, one.payment_code)
            paid = [intent for intent in door.find_by_metadata("payment_code", one.payment_code) if intent.status == "succeeded"]
            assert [intent.amount_fen for intent in paid] == [payment.amount_fen], one.payment_code
            captures = select(func.count(LedgerTxn.id)).where(LedgerTxn.idem_key == f"capture:{one.payment_code}")
            assert work.session.scalar(captures) == 1
        assert verify(work, door) == []
        assert [(delivery.listener, delivery.last_error) for delivery, _ in dead_deliveries(work)] == []
