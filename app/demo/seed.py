"""Fills an empty marketplace with the demo town: one year of sales, told through the marketplace's own verbs.

The demo clock starts 200 days back and ends at today. Everything but public codes and times comes out the same each time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click
from sqlalchemy import func, select

from app.accounts import service as accounts
from app.accounts.models import User
from app.demo.selling import Street, draw
from app.demo.story import Step, plan
from app.demo.town import Phone, Town, town
from app.kernel import clock
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM

PASSWORD = "xunyi-demo-2026"  # noqa: S105 - of every invented person, shown to everybody
FIRST_DAY = 200  # days before today on which the town signs up
DAY = 24 * 3600
MARK = "demo-town-unfinished"

Say = Callable[[str], None]


def fill_if_empty(hub: Hub, say: Say = click.echo) -> bool:
    """Fill the marketplace with the demo town; False when somebody is in it already.

    Raises click.ClickException when an earlier filling was broken off: half a town is neither shown nor mended.
    """
    mark = _mark(hub)
    if mark.exists():
        folder = hub.settings.data_dir.resolve()
        also = "" if hub.db.dialect == "sqlite" else " and the contents of the database"
        raise click.ClickException(
            f"Filling the demo town was broken off half-way. To start anew, delete {folder}{also}, then run this again."
        )
    with hub.look() as work:
        if work.session.scalars(select(func.count()).select_from(User)).one():
            return False
    fill(hub, say=say)
    return True


def fill(hub: Hub, *, listings: int | None = None, say: Say = click.echo) -> None:
    """Fill an empty marketplace with the town; ``listings``: only the first so many phones (all when None)."""
    started = time.monotonic()
    whole = town()
    phones = whole.phones[:listings]
    with hub.look() as work:
        today = work.now  # before the clock is moved
    with _marked(_mark(hub)), _studio(whole, phones) as pictures:
        set_clock(hub, -FIRST_DAY * DAY)
        street = Street(hub, whole, _settle_people(hub, whole), pictures)
        say(f"The demo town: {len(whole.people)} people have moved in. Now {len(phones)} phones; this takes about a minute.")
        steps = plan(phones, today)
        for number, step in enumerate(steps, 1):
            set_clock(hub, -int(step.days_ago * DAY))
            hub.drain()  # deadlines that came due in the meantime
            _do(street, step)
            if number % 40 == 0:
                say(f"  {number} of {len(steps)} steps, {step.days_ago:.0f} days before today")
        set_clock(hub, 0)
        street.let_time_pass()
    say(f"The demo town is ready after {time.monotonic() - started:.0f} s. Everybody's password: {PASSWORD}")


def set_clock(hub: Hub, seconds: int) -> None:
    """Put the demo clock so many seconds from the real time."""
    with hub.begin(SYSTEM) as work:
        row = work.session.get(clock.ClockOffset, 1)
        clock.advance(work, timedelta(seconds=seconds - (row.seconds if row else 0)))


def _do(street: Street, step: Step) -> None:
    verb: Callable[[Phone], None] = getattr(street, step.verb)
    verb(step.phone)
    street.let_time_pass()


def _settle_people(hub: Hub, whole: Town) -> dict[str, User]:
    """Everybody with an account, and their roles."""
    password_hash = accounts.hash_password(PASSWORD, hub.settings.password_time_cost)
    with hub.begin(SYSTEM) as work:
        firms = {firm.code: accounts.create_organisation(work, firm.kind, firm.name) for firm in whole.organisations}
        people: dict[str, User] = {}
        for person in whole.people:
            user = accounts.create_user(work, person.email, person.name, password_hash)
            if person.member is not None:
                accounts.add_member(work, user, firms[person.member.of], person.member.role)
            people[person.code] = user
        return people


def _mark(hub: Hub) -> Path:
    path: Path = hub.settings.data_dir.resolve() / MARK
    return path


@contextmanager
def _marked(mark: Path) -> Iterator[None]:
    """The mark stands in the data folder until everything is done; a broken-off filling leaves it there."""
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text("The demo town is being filled; while this file is here, it is not whole.\n", encoding="utf-8")
    yield
    mark.unlink()


@contextmanager
def _studio(whole: Town, phones: tuple[Phone, ...]) -> Iterator[dict[str, Future[list[bytes]]]]:
    """The pictures of the phones, drawn ahead in the order in which they are needed, while other work waits."""
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="studio")
    try:
        ordered = sorted(phones, key=lambda phone: -phone.listed)
        yield {phone.code: pool.submit(draw, phone, whole.conditions[phone.condition].wear) for phone in ordered}
    finally:
        pool.shutdown(cancel_futures=True)
