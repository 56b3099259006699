"""``xunyi statistics``: close what is over, and compute it again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import click

from app.kernel.errors import DomainError
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.statistics import queries, service
from app.statistics.rules import BadPeriod, Period, read_period

Opened = Callable[[], AbstractContextManager[Hub]]
Report = Callable[[list[str], str], None]


class PeriodName(click.ParamType[Period]):
    """2026-03, 2026-Q1 or 2026."""

    name = "period"

    def convert(self, value: str | Period, param: click.Parameter | None, ctx: click.Context | None) -> Period:
        if isinstance(value, Period):
            return value
        try:
            return read_period(value)
        except BadPeriod:
            self.fail(f"{value} is no month (2026-03), quarter (2026-Q1) or year (2026)", param, ctx)


def group(opened: Opened, report: Report) -> click.Group:
    """The commands, on the marketplace that ``opened`` gives."""

    @click.group("statistics")
    def statistics() -> None:
        """Statistics of months, quarters and years."""

    @statistics.command("close")
    @click.argument("period", type=PeriodName())
    def close(period: Period) -> None:
        """Close a PERIOD that is over; a closed one is left as it is. Prints the hash of its document."""
        with opened() as hub:
            try:
                row = hub.db.run(SYSTEM, lambda work: service.close(work, period))
            except DomainError as refusal:
                raise click.ClickException(str(refusal)) from refusal
            hub.drain()  # the hash goes into the log at once
        click.echo(f"{row.sha256}  {row.name}")

    @statistics.command("verify")
    @click.argument("period", type=PeriodName())
    def verify(period: Period) -> None:
        """Compute a closed PERIOD again from the database and name every difference."""
        with opened() as hub:
            try:
                with hub.look() as work:
                    found = queries.verify(work, period.name)
            except DomainError as refusal:
                raise click.ClickException(str(refusal)) from refusal
        report(found, f"{period.name} comes out the same.")

    return statistics
