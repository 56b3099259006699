"""Fixtures of the browser tests: a running product and one Chromium for each file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from app.demo import seed
from tests.browser.product import Product
from tests.browser.seeing import Watch, launch

expect.set_options(timeout=30_000)  # a slow machine is no failure


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A marketplace with its staff and nothing else; the tests of a file fill it as people would. Nobody of another file's tests
    lives in it: who is drawn by lot is one of this file's people."""
    running = Product.start(tmp_path_factory.mktemp("product"))
    try:
        running.hire_everybody()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A marketplace with the first phones of the demo town on it, in every state between a draft and a decided problem."""
    running = Product.start(tmp_path_factory.mktemp("town"), fill=lambda hub: seed.fill(hub, listings=6, say=lambda _: None))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of a file: the attacks use it too, and two of Playwright's loops cannot run at once."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def watch() -> Watch:
    return Watch()
