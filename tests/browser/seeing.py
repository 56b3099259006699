"""Chromium, pages that tell on themselves, and the words of the Chinese interface."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Playwright, Response, ViewportSize

from app.factory import ROOT

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 900}
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def launch(playwright: Playwright) -> Browser:
    """The system's Chromium where there is one, else the one that Playwright installed."""
    return playwright.chromium.launch(executable_path=CHROMIUM if Path(CHROMIUM).exists() else None, args=FLAGS)


@cache
def _catalogue() -> dict[str, str]:
    with (ROOT / "translations/zh/LC_MESSAGES/messages.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}


def zh(message: str, **values: object) -> str:
    """The Chinese that the page must show for a message id. KeyError when the catalogue does not have it."""
    text = _catalogue()[message]
    return text % values if values else text


@dataclass
class Watch:
    """Everything that went wrong on pages: script errors, CSP violations, broken addresses, answers of 400 and above."""

    wrongs: list[str] = field(default_factory=list)
    # Statuses that the test asked for itself: (status, part of the address).
    expected: list[tuple[int, str]] = field(default_factory=list)

    def over(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrongs.append(f"script error on {page.url}: {error}"))
        page.on("response", self._response)

    def take(self) -> list[str]:
        """What went wrong since the last call."""
        taken, self.wrongs = self.wrongs, []
        return taken

    def _console(self, message: ConsoleMessage) -> None:
        # Answers of 400 and above are judged by their status below; Chromium also says each in the console.
        if message.type == "error" and not message.text.startswith("Failed to load resource: the server responded"):
            self.wrongs.append(f"console on {message.location.get('url', '?')}: {message.text}")

    def _response(self, response: Response) -> None:
        asked = any(response.status == status and part in response.url for status, part in self.expected)
        if response.status >= 400 and not asked:
            self.wrongs.append(f"{response.status} for {response.request.method} {response.url}")


@contextmanager
def visitor(
    browser: Browser,
    address: str,
    watch: Watch,
    *,
    script: bool = True,
    desk: bool = False,
    dark: bool = False,
    size: ViewportSize | None = None,
) -> Iterator[Page]:
    """One person's browser with its own cookies: a phone of 390 px with touch, or a desk of 1280 px; ``dark`` when the device is.

    ``size``: another device than a phone, with touch unless it stands on a desk.
    """
    context: BrowserContext = browser.new_context(
        base_url=address,
        viewport=size or (DESK if desk else PHONE),
        has_touch=not desk,
        is_mobile=not desk,
        device_scale_factor=1 if desk else 2,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        java_script_enabled=script,
        reduced_motion="reduce",
        color_scheme="dark" if dark else "light",
    )
    context.set_default_timeout(60_000)  # a slow machine is no failure
    context.on("page", watch.over)
    page = context.new_page()
    try:
        yield page
    except BaseException:
        if page.url.startswith(address):
            (ROOT / "build").mkdir(exist_ok=True)
            with suppress(Error):  # a browser that hangs must not hide why the test failed
                page.screenshot(path=ROOT / f"build/failed-{id(page)}.png", full_page=True)
            print(f"failed while on {page.url}\n{page.locator('body').inner_text()[:1500]}\n{watch.wrongs}")
        raise
    finally:
        context.close()
