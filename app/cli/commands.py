"""The commands. Each prints what it did; a difference found by a verify command ends with exit code 1."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import click

from app.accounts import queries as accounts
from app.accounts import tokens
from app.accounts.models import User
from app.accounts.rules import SCOPES, TOKEN_DAYS, normal_email
from app.appraisal import jobs as appraisal_jobs
from app.cli import auditing, bank, creditlog, database, organisations, valuation
from app.cli.flows import docs
from app.cli.regulator import regulator
from app.cli.serving import Server
from app.cli.signer import signer
from app.cli.statistics import group as statistics_group
from app.cli.supervisor import Supervisor
from app.cli.witness import witness
from app.credit import jobs as credit_jobs
from app.credit import provider as credit_provider
from app.credit.log.errors import LogError
from app.factory import create_app, create_hub
from app.kernel import clock, draw, logs
from app.kernel.errors import DomainError
from app.kernel.hub import Hub
from app.kernel.jobs import forgetter, run_worker, seedkeeper
from app.kernel.work import SYSTEM, Work
from app.payments import jobs as money
from app.payments import service as payments
from app.payments.provider import practice
from app.payments.provider.sandbox import run_sender
from app.reinspection.jobs import month_drawer
from app.search import service as search
from app.statistics import jobs as statistics_jobs
from app.valuation import watching
from config import ConfigError, Settings


def read_settings() -> Settings:
    """Settings from the environment; ``PORT`` moves the default address."""
    port = os.environ.get("PORT", "8000")
    if "XUNYI_BASE_URL" in os.environ:
        return Settings()
    return Settings(base_url=f"http://127.0.0.1:{port}")


@click.group()
def main() -> None:
    """Run and look after one Xunyi marketplace."""
    try:
        chosen = read_settings()
        chosen.check()
    except ConfigError as problem:
        raise click.ClickException(str(problem)) from problem
    logs.set_up(as_json=chosen.logs_json, level=chosen.log_level)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=lambda: int(os.environ.get("PORT", "8000")), show_default="PORT or 8000")
def serve(host: str, port: int) -> None:
    """Serve the web pages (gunicorn with threads)."""
    chosen = read_settings()
    Server(lambda: create_app(create_hub(chosen)), chosen, f"{host}:{port}").run()


@main.command()
def worker() -> None:
    """Run the jobs: mail, photos, payments, index, deadlines."""
    chosen = read_settings()
    hub = create_hub(chosen)
    books = money.bookkeeper(hub, chosen.ledger_check_minutes * 60)
    looking_after = (money.reconciler(hub), money.paymaster(hub), books, forgetter(hub), seedkeeper(hub), month_drawer(hub))
    looking_after += (credit_jobs.checkpointer(hub, credit_provider.from_settings(chosen)), statistics_jobs.closer(hub))
    run_worker(hub, on_tick=(*looking_after, appraisal_jobs.late_printer(hub), watching.watcher(hub)))


@main.command()
def sandbox() -> None:
    """Send the practice payment provider's events to our webhook."""
    stop = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda _sign, _frame: stop.set())
    chosen = read_settings()
    run_sender(chosen, stop, practice(chosen).books)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--seed/--no-seed", default=True, help="Fill an empty database with the demo town first.")
def dev(host: str, seed: bool) -> None:
    """Everything in one terminal: database, demo town, web, jobs, practice payments."""
    chosen = read_settings()
    database.upgrade(chosen.db_url)
    if seed:
        from app.demo import seed as demo  # only here: no server process needs the painter of the demo town

        demo.fill_if_empty(_town_hub(chosen), say=click.echo)
    begin_log(create_hub(chosen, queue=False))
    Supervisor(host, chosen).run()


def _town_hub(chosen: Settings) -> Hub:
    """The demo town was paid through the practice provider, whichever is used from now on."""
    return create_hub(chosen.model_copy(update={"payment_provider": "sandbox"}), queue=False)


def begin_log(hub: Hub) -> None:
    """Let the log be signed before the first reader comes; when it cannot be, say so and go on: the worker raises the alarm."""
    try:
        credit_jobs.begin_log(hub, credit_provider.from_settings(hub.settings))
    except LogError as trouble:
        click.echo(f"The log of credit records was not signed: {trouble}", err=True)


@main.group()
def db() -> None:
    """The database: schema, demo data, checks."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema to the newest migration."""
    database.upgrade(read_settings().db_url)
    click.echo("The database is at the newest migration.")


@db.command("seed")
def db_seed() -> None:
    """Fill an empty database with the demo town."""
    chosen = read_settings()
    if chosen.is_production:
        raise click.ClickException("the demo town is not for production")
    from app.demo import seed as demo  # only here, as above

    database.upgrade(chosen.db_url)
    hub = _town_hub(chosen)
    if not demo.fill_if_empty(hub, say=click.echo):
        click.echo("There are people in this database already: nothing was changed.")
        return
    begin_log(hub)


@db.command("check")
def db_check() -> None:
    """Compare tables, constraints, indexes and triggers with what the code expects."""
    report(database.differences(read_settings().db_url), "The database is as the code expects.")


@main.group("reports")
def reports_group() -> None:
    """Appraisal reports."""


@reports_group.command("print")
def reports_print() -> None:
    """Make the PDF of every report that has none yet."""
    with _opened() as hub:
        if hub.printer.missing:
            raise click.ClickException(hub.printer.missing)
        click.echo(f"{appraisal_jobs.print_missing(hub)} reports were printed.")


main.add_command(regulator)
main.add_command(signer)
main.add_command(witness)
main.add_command(docs)


@main.group()
def ledger() -> None:
    """The money ledger."""


@ledger.command("verify")
def ledger_verify() -> None:
    """Recompute every balance and compare with the payment provider's own list."""
    hub = create_hub(read_settings(), queue=False)
    money.learn_fees(hub)
    with hub.look() as work:
        report(payments.verify(work, hub.provider), "The ledger balances and agrees with the provider.")


@ledger.command("reconcile")
def ledger_reconcile() -> None:
    """Compare with the payment provider's own list, keep what was found, and name every difference."""
    compared = money.compare_books(create_hub(read_settings(), queue=False))
    click.echo(
        f"ours: {compared.ours_count} movements, {compared.ours_fen} fen; "
        f"{compared.provider}: {compared.theirs_count} movements, {compared.theirs_fen} fen"
    )
    report([each.sentence for each in compared.differences], "Both lists agree.")


@main.group("search")
def search_group() -> None:
    """The search index."""


@search_group.command("rebuild")
def search_rebuild() -> None:
    """Build the index anew from the database, then switch to it."""
    hub = create_hub(read_settings(), queue=False)
    click.echo(f"{search.rebuild(hub.db, hub.index)} listings are in the index.")


@main.group("draw")
def draw_group() -> None:
    """Draws that anybody can recompute."""


@draw_group.command("verify")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--file", "path", type=click.Path(exists=True, dir_okay=False), help="The day's file from the public page.")
def draw_verify(day: datetime, path: str | None) -> None:
    """Recompute every draw of a DAY (2026-11-28) from its revealed seed, here or from the file of the public page."""
    if path is not None:
        told = json.loads(Path(path).read_text("utf-8"))
    else:
        with _opened() as hub, hub.look() as work:
            told = draw.document(work, day.date())
    if told is None or told["day"] != day.date().isoformat():
        raise click.ClickException("there is no draw seed for this day")
    report(draw.differences(told), f"{len(told['draws'])} draws follow from the seed, and the seed from the published hash.")
    if draw.late(told):
        click.echo("Note: the hash was published on the day itself, not before it.")


@main.group("token")
def token_group() -> None:
    """Access tokens for programs."""


@token_group.command("issue")
@click.argument("email")
@click.option("--scope", "scopes", multiple=True, required=True, help="One permission, or `all`; repeat it for several.")
@click.option("--label", default="command line", show_default=True, help="What the person calls it.")
@click.option("--days", default=TOKEN_DAYS, show_default=True, help="How long it works.")
def token_issue(email: str, scopes: tuple[str, ...], label: str, days: int) -> None:
    """Issue a token for the person with this EMAIL; the secret is printed once and kept nowhere."""
    wanted = tuple(SCOPES) if "all" in scopes else scopes
    with _speaking(), _opened() as hub, hub.begin(SYSTEM) as work:
        made = tokens.issue(work, _person(work, email).id, label, wanted, days)
    click.echo(made.secret)
    click.echo(f"{made.row.code}: {', '.join(made.row.scopes)}, until {made.row.expires_at:%Y-%m-%d}", err=True)


@token_group.command("list")
@click.argument("email")
def token_list(email: str) -> None:
    """The tokens of the person with this EMAIL that work now."""
    with _speaking(), _opened() as hub, hub.look() as work:
        for row in tokens.tokens_of(work, _person(work, email).id):
            used = f"last used {row.last_used_on}" if row.last_used_on else "never used"
            click.echo(f"{row.code}  …{row.hint}  {row.label}  until {row.expires_at:%Y-%m-%d}, {used}: {', '.join(row.scopes)}")


@token_group.command("revoke")
@click.argument("code")
def token_revoke(code: str) -> None:
    """End the token with this CODE at once."""
    with _speaking(), _opened() as hub, hub.begin(SYSTEM) as work:
        row = tokens.find_token(work, code)
        if row is None:
            raise click.ClickException("there is no such token")
        tokens.revoke(work, row.user_id, code)
    click.echo("The token is revoked.")


def _person(work: Work, email: str) -> User:
    try:
        found = accounts.find_user_by_email(work, normal_email(email))
    except ValueError:
        found = None
    if found is None:
        raise click.ClickException("there is no account with this address")
    return found


@contextmanager
def _opened() -> Iterator[Hub]:
    """The marketplace for one command; its connections are closed at the end."""
    hub = create_hub(read_settings(), queue=False)
    try:
        yield hub
    finally:
        hub.db.dispose()


@contextmanager
def _speaking() -> Iterator[None]:
    """A refusal is said in one line instead of a traceback."""
    try:
        yield
    except DomainError as refusal:
        errors = getattr(refusal, "errors", {})
        raise click.ClickException("; ".join(f"{name}: {text}" for name, text in errors.items()) or str(refusal)) from refusal


main.add_command(valuation.group(_opened, _speaking))
main.add_command(creditlog.group(_opened, read_settings))
main.add_command(organisations.group(_opened, _speaking, _person))
main.add_command(bank.group(_opened, _speaking))


@main.group("clock")
def clock_group() -> None:
    """The demo clock (not in production)."""


@clock_group.command("advance")
@click.argument("hours", type=click.IntRange(1, 24 * 400))
def clock_advance(hours: int) -> None:
    """Move the demo clock forward by HOURS; deadlines that come due fire in the running worker."""
    chosen = read_settings()
    if chosen.is_production:
        raise click.ClickException("the clock of a production marketplace does not move")
    with create_hub(chosen, queue=False).begin(SYSTEM) as work:
        clock.advance(work, timedelta(hours=hours))
    click.echo(f"The demo clock was moved forward by {hours} hours.")


def report(differences: list[str], sound: str) -> None:
    """Print each difference and end with exit code 1, or say that all is sound."""
    for difference in differences:
        click.echo(difference, err=True)
    if differences:
        sys.exit(1)
    click.echo(sound)


main.add_command(auditing.group(_opened, report))
main.add_command(statistics_group(_opened, report))
