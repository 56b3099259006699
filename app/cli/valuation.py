"""``xunyi valuation``: price models are trained and rolled back, and estimates that were ever shown are computed again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import click
from sqlalchemy import select

from app.kernel.errors import DomainError
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.valuation import jobs, queries, service
from app.valuation.events import ModelWanted
from app.valuation.models import PriceModel, Valuation
from app.valuation.worth import PRICE_KINDS

CATEGORIES = click.Choice(["phone", "car", "appliance"])
AT_ONCE = 200  # estimates read at a time

Opened = Callable[[], AbstractContextManager[Hub]]


def group(opened: Opened, speaking: Callable[[], AbstractContextManager[None]]) -> click.Group:
    """The commands, on a marketplace that ``opened`` gives; ``speaking`` says refusals in one line."""

    @click.group("valuation")
    def valuation() -> None:
        """Price models and the estimates that were given."""

    @valuation.command("train")
    @click.argument("category", type=CATEGORIES)
    @click.option(
        "--kind", type=click.Choice(PRICE_KINDS), default="private_sold", show_default=True, help="Of which kind of price."
    )
    @click.option("--quick", is_flag=True, help="A coarse model in seconds.")
    @click.option("--promote", is_flag=True, help="It serves at once when its gates let it.")
    def train(category: str, kind: str, quick: bool, promote: bool) -> None:
        """Fit a price model of CATEGORY from everything that was seen, and measure its gates."""
        with speaking(), opened() as hub:
            with hub.begin(SYSTEM) as work:
                row = service.want_model(work, category, kind, is_quick=quick, by_job=False)
            jobs.fit_model(hub, ModelWanted(row.id))
            with hub.begin(SYSTEM) as work:
                row = work.session.get_one(PriceModel, row.id)
                if promote and row.state == "fitted":
                    service.promote(work, row.name)
            click.echo(f"{row.name}: {row.state}{', ' + row.progress if row.progress else ''}")
            for gate in row.gates:
                said = "passed" if gate["passed"] else "FAILED"
                click.echo(f"  {gate['name']}: {gate['measured']} (limit {gate['limit']}), {said}")
        if row.state in ("failed", "refused"):
            sys.exit(1)

    @valuation.command("promote")
    @click.argument("name")
    def promote_one(name: str) -> None:
        """Let the price model NAME answer for its category."""
        with speaking(), opened() as hub, hub.begin(SYSTEM) as work:
            click.echo(f"{service.promote(work, name).name} serves.")

    @valuation.command("rollback")
    @click.argument("category", type=CATEGORIES)
    def rollback(category: str) -> None:
        """Go back to the price model of CATEGORY that served before."""
        with speaking(), opened() as hub, hub.begin(SYSTEM) as work:
            click.echo(f"{service.roll_back(work, category).name} serves again.")

    @valuation.command("models")
    def models() -> None:
        """The registry, newest first."""
        with opened() as hub, hub.look(SYSTEM) as work:
            for row in queries.models(work):
                invented = ", from invented prices" if row.is_invented else ""
                click.echo(f"{row.name}  {row.state}  {row.price_kind}{invented}  {row.sha256 or '-'}")

    @valuation.command("recheck")
    @click.argument("code", required=False)
    @click.option("--all", "every", is_flag=True, help="Every estimate that was ever given.")
    def recheck(code: str | None, every: bool) -> None:
        """Compute the estimate CODE (or every one) again and compare it with what was stored; exit code 1 on any difference."""
        if bool(code) == every:
            raise click.UsageError("Give the code of an estimate, or --all.")
        count, found = 0, []
        with opened() as hub, hub.look(SYSTEM) as work:
            last = 0
            while True:
                rows = select(Valuation).where(Valuation.code == code) if code else select(Valuation).where(Valuation.id > last)
                batch = work.session.scalars(rows.order_by(Valuation.id).limit(AT_ONCE)).all()
                for stored in batch:
                    try:
                        found += service.recheck(work, stored)
                    except DomainError as refusal:
                        found.append(f"{stored.code}: {refusal}")
                count += len(batch)
                if code or len(batch) < AT_ONCE:
                    break
                last = batch[-1].id
                work.session.expunge_all()
        if code and not count:
            raise click.ClickException("there is no such estimate")
        for difference in found:
            click.echo(difference, err=True)
        if found:
            sys.exit(1)
        click.echo(f"{count} estimates come out as they were given, byte for byte.")

    return valuation
