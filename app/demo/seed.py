"""Fills an empty marketplace with the demo town: one year of sales, told through the marketplace's own verbs.

The demo clock starts 370 days back and ends at today. Everything but public codes and times comes out the same each time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import click
from sqlalchemy import func, select

from app.accounts import service as accounts
from app.accounts.models import User
from app.demo import market
from app.demo.fees import offer_and_order
from app.demo.invented import plantings, want_models
from app.demo.register import Later, admit_everybody
from app.demo.selling import Street, sitting_of
from app.demo.story import Step, days, plan
from app.demo.studio import Sitting, Studio
from app.demo.town import Item, Town, town
from app.kernel import clock
from app.kernel.hub import Hub
from app.kernel.logs import quieter
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from app.search import service as search
from app.search.index import Health
from app.statistics import jobs as statistics

PASSWORD = "xunyi-demo-2026"  # noqa: S105 - of every invented person, shown to everybody
FIRST_DAY = 370  # days before today on which the town signs up
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
    """Fill an empty marketplace with the town; ``listings``: only the first so many things (all when None)."""
    started = time.monotonic()
    whole = town()
    with hub.look() as work:
        today = work.now  # before the clock is moved
    items = offered(whole, shanghai_day(today))[:listings]
    with _marked(_mark(hub)):
        with quieter(), _hurried(hub), Studio(_sittings(whole, items)) as studio:
            set_clock(hub, -FIRST_DAY * DAY)
            street = Street(hub, whole, _settle_people(hub, whole), studio)
            later = admit_everybody(street)
            if listings is None:
                later += [Later(*planted) for planted in plantings(hub, shanghai_day(today))]
                later.sort(key=lambda one: -one.days_ago)
            say(f"The demo town: {len(whole.people)} people have moved in. Now {len(items)} things; this takes two minutes.")
            steps = plan(items, today)
            done, month = 0, date.min
            for day in days(steps):
                later = _happened(street, later, day[0].days_ago)
                _live(street, day)
                month = _close_statistics(hub, month)
                if (done + len(day)) // 100 > done // 100:
                    say(f"  {done + len(day)} of {len(steps)} steps, {day[-1].days_ago:.0f} days before today")
                done += len(day)
        _happened(street, later, 0)
        set_clock(hub, 0)
        street.let_time_pass()
        offer_and_order(street, items)
        street.let_time_pass()
        search.rebuild(hub.db, hub.index)
        if listings is None:  # last: the worker fits the models once the marketplace is open
            want_models(hub)
    say(f"The demo town is ready after {time.monotonic() - started:.0f} s. Everybody's password: {PASSWORD}")


def offered(whole: Town, today: date) -> list[Item]:
    """Everything that is offered in the town; the first ten cover every situation and every category."""
    told = list(whole.phones)
    drawn = market.goods(whole, today)
    return [*told[:6], *drawn[:4], *told[6:], *drawn[4:]]


def set_clock(hub: Hub, seconds: int) -> None:
    """Put the demo clock so many seconds from the real time."""
    with hub.begin(SYSTEM) as work:
        row = work.session.get(clock.ClockOffset, 1)
        clock.advance(work, timedelta(seconds=seconds - (row.seconds if row else 0)))


def _live(street: Street, day: Sequence[Step]) -> None:
    """What happens on one day, each thing at its own time; jobs, deadlines and the provider's messages at its end."""
    set_clock(street.hub, -int(day[0].days_ago * DAY))
    street.hub.drain()  # deadlines that came due since the last day on which anything happened
    for step in day:
        set_clock(street.hub, -int(step.days_ago * DAY))
        verb: Callable[[Item], None] = getattr(street, step.verb)
        verb(step.item)
    street.let_time_pass()


def _close_statistics(hub: Hub, month: date) -> date:
    """What the worker does as soon as a month is over. ``month``: the first day of the one in which it was looked last."""
    with hub.look() as work:
        now = shanghai_day(work.now - timedelta(days=1)).replace(day=1)
    if now != month:
        statistics.close_what_is_over(hub)
    return now


def _happened(street: Street, later: Sequence[Later], days_ago: float) -> list[Later]:
    """What the register's story brings until this day, each at its time; returns what is still to come."""
    for one in later:
        if one.days_ago >= days_ago:
            set_clock(street.hub, -int(one.days_ago * DAY))
            one.happens()
    return [one for one in later if one.days_ago < days_ago]


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
def _hurried(hub: Hub) -> Iterator[None]:
    """Nothing waits for the disk while the town is filled, the text index is built once at the end, the worker prints reports.

    The mark says until the end that the town is not whole, so nothing that a power cut loses here was ever promised.
    """
    index, hub.index = hub.index, _Later()
    printer, hub.printer = hub.printer, None  # a report takes more than a second: a hundred of them took half of the telling
    hub.store.patient = hub.provider.books.patient = False
    try:
        with hub.db.hurried():
            yield
    finally:
        hub.index, hub.printer = index, printer
        hub.store.patient = hub.provider.books.patient = True
    os.sync()


class _Later:
    """Stands where the text index is, while the index is not needed."""

    def health(self) -> Health:
        return Health(ok=True)

    def refresh(self, listing_ids: Sequence[int], read: object) -> None:
        """The rebuild at the end reads every listing."""


def _sittings(whole: Town, items: Sequence[Item]) -> list[Sitting]:
    """What the photographer draws, in the order in which it is needed."""
    ordered = sorted(items, key=lambda item: -item.listed)
    return [sitting_of(item, whole.conditions[item.condition].wear) for item in ordered]
