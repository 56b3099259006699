"""What can be typed into any form of any page is typed, as markup that would run; then every page is opened in the real browser.

The marketplace is the one that axe looks at: one of everything, with a reader of every kind. Whoever is offered a form with free
text sends it with a payload in each such field; what is refused is mended field by field until it is taken. Afterwards each
reader opens their pages again, and no page may take what somebody typed for more than text.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.accounts import queries as accounts
from app.accounts import service
from app.accounts.models import User
from app.demo import seed
from app.factory import create_app
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from tests.accounts.making import token_of
from tests.attack.crawling import Field, Reader, Sheet, endpoint_at, sheets_of
from tests.attack.planting import Planted
from tests.attack.rare import NOT_HERE, Rare, rarely_offered
from tests.attack.test_scripts import Detector, shown
from tests.attack.vault import Vault
from tests.browser.conftest import chromium
from tests.browser.faces import Faces, of_the_town
from tests.browser.product import Product
from tests.browser.test_axe import NO_PAGES, ONLY_BY_ADDRESS, pages

__all__ = ["chromium"]

pytestmark = [pytest.mark.slow, pytest.mark.browser]

# Forms with free text that are left alone: they end the reader's session or account, or the text is a secret.
LEFT = {"accounts.sign_in", "accounts.sign_out", "accounts.change_password", "accounts.register", "accounts.forgot", "dev.become"}
ROUNDS = 4  # tries until a form is taken
LEAST_TAKEN, LEAST_SEEN = 40, 20  # fields that took markup, and texts that were found again on a page
# Pages with nothing of anybody's on them that the walk does not come by, and why.
NOT_VISITED = {
    "accounts.reset": "behind the link of a mail",
    "trades.start_offer": "its form was sent, and who bargains about a thing is led to the offer",
    "reinspection.contest": "the report that could be contested was, by its form",
    "trades.problem": "every problem of this world was reported by then; its form was typed into",
    "valuation.rejected_rows": "a file",
    **dict.fromkeys(("payments.bank", "payments.instruction"), "with the bank door only; tests/payments/test_bank_pages.py"),
}


@dataclass
class World:
    """The marketplace, its faces, and what was typed where."""

    hub: Hub
    faces: Faces
    app: Flask
    rare: Rare
    address: str = ""
    sheets: dict[str, dict[str, Sheet]] = field(default_factory=dict)  # reader -> the forms that they are offered
    planted: Planted = field(default_factory=Planted)
    taken: set[str] = field(default_factory=set)  # "endpoint field" that went in as markup
    refused: set[str] = field(default_factory=set)  # that no form took
    why: list[str] = field(default_factory=list)  # what forms said that took nothing
    led_to: dict[str, list[str]] = field(default_factory=dict)  # reader -> pages that a sent form led to

    def browser(self, role: str) -> FlaskClient:
        """A new browser of this reader."""
        client = self.app.test_client()
        if role != "visitor":
            client.set_cookie("sid", session_of(self.hub, self.faces.readers[role]))
        return client


def session_of(hub: Hub, email: str) -> str:
    with hub.begin(SYSTEM) as work:
        person = work.session.scalars(select(User).where(User.email == email)).one()
        return service.start_session(work, accounts.user_by_id(work, person.id), "Chrome", "127.0.0.0/24").secret


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made: list[World] = []

    def fill(hub: Hub) -> None:
        seed.fill(hub, listings=8, say=lambda _: None)
        world = World(hub, of_the_town(hub), create_app(hub), Rare())
        made.append(world)
        with closing(Vault(hub)) as vault:  # while no process writes beside us
            for role in ("visitor", *world.faces.readers):
                world.sheets[role] = sheets_of(world, role, starts_of(world, role))
                world.rare.attack(world, vault, role, world.sheets[role])

    running = Product.start(tmp_path_factory.mktemp("typed"), fill=fill)
    try:
        world = made[0]
        world.address = running.address
        for role in ("visitor", *world.faces.readers):
            type_everywhere(world, role)
        yield world
    finally:
        running.stop()


def starts_of(world: World, role: str) -> list[str]:
    own = ["/desk", "/account/tokens"] if role != "visitor" else ["/worth?brand=other"]
    return ["/", *own, *world.faces.addresses.get(role, [])]


def type_everywhere(world: World, role: str) -> None:
    """Send every form with free text that this reader is offered."""
    browser = world.browser(role)
    for sheet in world.sheets[role].values():
        endpoint, _ = endpoint_at(world, sheet.action, "POST")
        if endpoint not in LEFT and free(sheet):
            send(world, browser, role, endpoint, sheet)


def free(sheet: Sheet) -> list[str]:
    """The names of the controls in which words can be typed."""
    return [each.name for each in sheet.typed if each.kind in ("text", "textarea") and "password" not in each.name]


def send(world: World, browser: FlaskClient, role: str, endpoint: str, sheet: Sheet) -> None:
    """Type a payload into every free field; what is refused gets something plausible the next time."""
    texts = {name: world.planted.text(f"{endpoint} {name}") for name in free(sheet)}
    given: dict[str, str] = {}
    for tried in range(ROUNDS):
        sent = MultiDict([pair for pair in sheet.filled if pair[0] != "csrf_token"])
        for name, text in {**texts, **given}.items():
            sent[name] = text
        for each in sheet.fields:
            if "password" in each.name:
                sent[each.name] = world.faces.passwords.get(role, seed.PASSWORD)
        sent["csrf_token"] = token_of(browser.get("/protection"))
        answer = browser.post(sheet.action, data=sent, headers={"Sec-Fetch-Site": "same-origin"})
        if answer.status_code in (200, 303):
            world.taken |= {f"{endpoint} {name}" for name in texts if given.get(name, texts[name]).startswith(texts[name])}
            if answer.location:
                world.led_to.setdefault(role, []).append(urlsplit(answer.location).path)
            answer.close()
            return
        wrong = [each for form in Reader(sheet.page, answer.text).sheets for each in form.fields if each.refused]
        if not wrong:
            world.why.append(f"{role} {endpoint}: {answer.status_code} {said(answer.text)}")
            break
        for each in wrong:
            given[each.name] = plausible(each, texts.get(each.name), tried)
    else:
        world.why.append(f"{role} {endpoint}: {[each.name for each in wrong]} {said(answer.text)}")
    world.refused |= {f"{endpoint} {name}" for name in texts}


def said(page: str) -> str:
    """What a refusal says at the head of its form."""
    found = re.search(r'class="[^"]*error-summary.*?</(?:div|section)>', page, re.DOTALL)
    return re.sub(r"<[^>]+>|\s+", " ", found[0])[:200] if found else ""


def plausible(wrong: Field, text: str | None, tried: int) -> str:
    """For what was refused: what a field of that name wants, else more words of the same, else a short one."""
    yesterday = str(shanghai_day(datetime.now(UTC)) - timedelta(days=1))
    later = str(shanghai_day(datetime.now(UTC)) + timedelta(days=3))
    known = {"phone": "13800138000", "times-day": later, "times-first": "09:00", "times-last": "11:00", "address": f"{text} 8"}
    if wrong.name in known:
        return known[wrong.name]
    if text is not None:
        return [f"{text} {text}", "AB" * 32, "AB-1"][tried % 3]
    return {"date": yesterday, "time": "09:00", "month": yesterday[:7]}.get(wrong.kind, ["12", "40", "100"][tried % 3])


def test_forms_that_only_this_world_offers_answer_hostile_values_and_take_no_field_too_many(world: World) -> None:
    assert sorted(rarely_offered() - world.rare.seen - set(NOT_HERE)) == [], "let a face of the town offer it, or say why not"
    assert sorted(NOT_HERE.keys() & world.rare.seen) == [], "these are offered now"
    assert not world.rare.faults, "\n".join(world.rare.faults[:60])


def test_most_free_fields_of_all_forms_take_what_is_typed(world: World) -> None:
    """The walk over pages must not pass because nothing was typed."""
    assert len(world.taken) >= LEAST_TAKEN, sorted(world.taken)


def test_no_page_takes_what_was_typed_for_more_than_text(world: World, chromium: Browser) -> None:
    faults: list[str] = []
    seen: set[int] = set()
    visited: set[str] = set()
    kinds = Counter[tuple[bool, str]]()  # of pages that links led to: one of each kind for a visitor, one for everybody else

    def kind(path: str) -> str:
        return endpoint_at(world, path, "GET")[0]

    for role in ("visitor", *world.faces.readers):
        context = chromium.new_context(base_url=world.address, locale="zh-CN", viewport={"width": 390, "height": 844})
        context.set_default_timeout(30_000)
        if role != "visitor":
            secret = session_of(world.hub, world.faces.readers[role])
            context.add_cookies([{"name": "sid", "value": secret, "url": world.address}])
        detector = Detector(context)
        own = [*world.faces.addresses.get(role, []), *world.led_to.get(role, [])]
        waiting = deque(dict.fromkeys(["/", *(ONLY_BY_ADDRESS if role == "visitor" else ["/desk"]), *own]))
        known = set(waiting)
        while waiting:
            path = waiting.popleft()
            if NO_PAGES.search(urlsplit(path).path):
                continue
            wrong, text, links = detector.look(path)
            visited.add(kind(urlsplit(detector.page.url).path))
            faults += [f"{path} as {role}: {each}" for each in wrong]
            seen |= {
                number for number in world.planted.fields if str(number) in text and any(part in text for part in shown(number))
            }
            for link in links:
                parts = urlsplit(link)
                target = f"{parts.path}?{parts.query}" if parts.query else parts.path
                if parts.netloc != urlsplit(world.address).netloc or target in known or NO_PAGES.search(parts.path):
                    continue
                known.add(target)
                here = (role == "visitor", kind(parts.path))
                kinds[here] += 1
                if here[1] and kinds[here] <= 1:
                    waiting.append(target)
        context.close()
    assert not faults, "\n".join(faults[:60])
    missing = pages(world.app) - visited - set(NOT_VISITED)
    assert not missing, f"open them, or say in NOT_VISITED why not: {sorted(missing)}"
    assert len(seen) >= LEAST_SEEN, sorted(world.planted.fields[number] for number in seen)
