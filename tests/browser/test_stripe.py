"""Stripe in a real browser: to Checkout and back, and a seller to the questions of the provider and back. Both over loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from app.accounts.models import User
from app.kernel.hub import Hub
from app.payments import queries
from app.payments.provider import Stripe
from config import Settings
from tests.accounts.making import make_user, sign_in
from tests.browser.seeing import PHONE, Watch, zh
from tests.fakes.stripe import FakeStripe
from tests.fakes.stripe.__main__ import send_events
from tests.fakes.stripe.faces import application
from tests.payments.making import make_payment
from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@dataclass
class Running:
    """The marketplace and the fake, both listening, and messages on their way between them."""

    hub: Hub
    app: Flask
    fake: FakeStripe
    address: str

    def page(self, chromium: Browser, watch: Watch, person: User) -> Page:
        """A browser in which this person is signed in."""
        client = self.app.test_client()
        sign_in(client, self.hub, person)
        context = chromium.new_context(viewport=PHONE, locale="zh-CN")
        cookie = client.get_cookie("sid")
        assert cookie is not None
        context.add_cookies([{"name": "sid", "value": cookie.value, "url": self.address}])
        page = context.new_page()
        watch.over(page)
        return page


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"base_url": f"http://127.0.0.1:{free_port()}"})


@pytest.fixture
def running(hub: Hub, app: Flask, settings: Settings) -> Iterator[Running]:
    fake, address = FakeStripe(), settings.base_url
    fakes = make_server("127.0.0.1", 0, application(fake), threaded=True)
    fake.site = f"http://127.0.0.1:{fakes.server_port}"
    hub.provider = Stripe("sk_test_fake", (fake.events.secret,), country="hk", api_url=fake.site)
    ours = make_server("127.0.0.1", int(address.rsplit(":", 1)[1]), app, threaded=True)
    stop = threading.Event()
    sender = threading.Thread(target=send_events, args=(fake, f"{address}/payments/webhooks/stripe", stop))
    threads = [threading.Thread(target=each.serve_forever) for each in (fakes, ours)]
    for thread in (*threads, sender):
        thread.start()
    yield Running(hub, app, fake, address)
    stop.set()
    sender.join()
    for server in (fakes, ours):
        server.shutdown()
    for thread in threads:
        thread.join()
    for server in (fakes, ours):
        server.server_close()


def test_a_payer_goes_to_checkout_is_declined_asked_and_has_paid(chromium: Browser, running: Running, watch: Watch) -> None:
    person = make_user(running.hub)
    payment = make_payment(running.hub, payer=person, return_link="/account/money")
    page = running.page(chromium, watch, person)
    page.goto(f"{running.address}/pay/{payment.code}")
    page.get_by_role("button", name=zh("Go to the checkout")).click()
    expect(page.get_by_role("heading", name="测试付款方")).to_be_visible()
    assert payment.subject in page.inner_text("body")
    page.get_by_role("button", name="generic_decline").first.click()
    page.get_by_role("button", name="银行先确认").click()
    page.get_by_role("button", name="是 Yes").click()
    page.wait_for_url(f"{running.address}/account/money*")
    with running.hub.look() as work:
        assert queries.payment_by_code(work, payment.code).state == "settled"
        assert queries.money_state(work, payment.code).held_fen == payment.amount_fen
    assert watch.take() == []


def test_a_seller_answers_the_providers_questions_and_can_be_paid(chromium: Browser, running: Running, watch: Watch) -> None:
    person = make_user(running.hub)
    page = running.page(chromium, watch, person)
    page.goto(f"{running.address}/account/money")
    page.get_by_role("button", name=zh("Go on at the payment provider")).click()
    page.get_by_role("button", name="我已回答所有问题").click()
    page.wait_for_url(f"{running.address}/account/money")
    for _ in range(100):
        with running.hub.look() as work:
            if queries.open_account(work, "stripe", f"user:{person.code}"):
                break
        page.wait_for_timeout(100)
    page.reload()
    expect(page.get_by_text(zh("Your account at the payment provider is ready: payouts go there."))).to_be_visible()
    assert watch.take() == []
