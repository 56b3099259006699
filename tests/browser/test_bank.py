"""The bank door in a real browser: a buyer looks up what to transfer, the operator reads the statement and makes a payment file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from app.accounts.models import User
from app.kernel.hub import Hub
from app.payments import queries
from config import Settings
from tests.accounts.making import make_member, make_user, sign_in
from tests.browser.seeing import DESK, PHONE, Watch, zh
from tests.browser.test_axe import AXE, RULES
from tests.payments.banking import read, reference_of, row, statement, use_bank
from tests.payments.making import AMOUNT, make_payment
from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@dataclass
class Running:
    hub: Hub
    app: Flask
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
    use_bank(hub)
    server = make_server("127.0.0.1", int(settings.base_url.rsplit(":", 1)[1]), app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Running(hub, app, settings.base_url)
    server.shutdown()
    thread.join()
    server.server_close()


def look_at(page: Page) -> None:
    """What axe says at both widths, and that nothing is wider than the screen."""
    page.evaluate(AXE.axe_script)
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        found = page.evaluate(
            "rules => axe.run(rules).then(found => found.violations.map(each => each.id + ': ' + each.help))", RULES
        )
        assert found == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]


def test_a_buyer_sees_what_to_transfer_and_comes_back_when_it_has_arrived(
    chromium: Browser, running: Running, watch: Watch
) -> None:
    person = make_user(running.hub)
    payment = make_payment(running.hub, payer=person, return_link="/account/money")
    page = running.page(chromium, watch, person)
    page.goto(f"{running.address}/pay/{payment.code}")
    page.get_by_role("button", name=zh("Show me what to transfer")).click()
    reference = reference_of(running.hub, payment.code)
    expect(page.get_by_text(reference, exact=True)).to_be_visible()
    look_at(page)
    page.get_by_role("link", name=zh("I have transferred it")).click()
    expect(page.get_by_text(zh("We are waiting for your transfer."))).to_be_visible()
    look_at(page)
    read(running.hub, row(AMOUNT, f"{reference} 手机"))
    page.get_by_role("link", name=zh("Look again")).click()
    page.wait_for_url(f"{running.address}/account/money*")
    assert watch.take() == []


def test_the_operator_resolves_what_does_not_fit(chromium: Browser, running: Running, watch: Watch, tmp_path: Path) -> None:
    payment, other = make_payment(running.hub), make_payment(running.hub)
    reference = reference_of(running.hub, payment.code)
    file = tmp_path / "statement.csv"
    wrong = [row(AMOUNT, "手机货款"), row(AMOUNT - 50_000, reference_of(running.hub, other.code)), row(-1_200, "账户管理费")]
    file.write_bytes(statement(*wrong, "B1,yesterday,5,CNY,,,x"))
    page = running.page(chromium, watch, make_member(running.hub, "operator"))
    page.goto(f"{running.address}/operator/money")
    page.get_by_role("link", name=zh("Statements, rows and payment files")).click()
    page.get_by_label(zh("Statement (CSV)")).set_input_files(file)
    page.get_by_role("button", name=zh("Read it")).click()
    expect(page.get_by_text(zh("No reference of ours stands in it.")).first).to_be_visible()
    look_at(page)
    first = page.locator("li.card", has_text="手机货款")
    first.get_by_label(zh("Our reference of it")).fill(reference)
    first.get_by_role("button", name=zh("Assign it to this payment")).click()
    page.locator("li.card", has_text="账户管理费").get_by_role("button", name=zh("Book it")).click()
    page.get_by_role("button", name=zh("Send it back to the sender")).click()
    page.get_by_role("button", name=zh("Make a payment file of %(count)s transfers", count="1")).click()
    look_at(page)
    with page.expect_download() as download:
        page.get_by_role("button", name=zh("Open")).click()
    assert "6200000000001234" in Path(download.value.path()).read_text()
    page.get_by_text(zh("The bank did not send it")).click()
    look_at(page)
    with running.hub.look() as work:
        assert queries.payment_by_code(work, payment.code).state == "settled"
        assert queries.balance(work, "psp_fees") == 1_200
    assert watch.take() == []
