"""``xunyi bank``: statements in, payment files out, for whoever does it by a job instead of the operator's page."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import BinaryIO

import click

from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.payments import bankfile, jobs, service

Opened = Callable[[], AbstractContextManager[Hub]]


def group(opened: Opened, speaking: Callable[[], AbstractContextManager[None]]) -> click.Group:
    """The commands, on the marketplace that ``opened`` gives; ``speaking`` says refusals."""

    @click.group("bank")
    def bank() -> None:
        """The account at the bank (XUNYI_PAYMENT_PROVIDER=bank)."""

    @bank.command("import")
    @click.argument("file", type=click.File("rb"))
    @click.pass_context
    def import_(context: click.Context, file: BinaryIO) -> None:
        """Read a statement FILE (- for the input). Ends with 1 when a row was left out; reading it again changes nothing."""
        with speaking(), opened() as hub:
            read = jobs.import_statement(hub, file.read())
            click.echo(f"{read.new_count} new, {read.known_count} known, {len(read.faults)} left out")
            for each in read.faults:
                click.echo(f"line {each['line']}: {each['fault']}: {bankfile.FAULT_WORDS[each['fault']]}")
        context.exit(1 if read.faults else 0)

    @bank.command("export")
    def export() -> None:
        """Put the transfers that wait into a payment file, and print it. Give it to the bank once."""
        with speaking(), opened() as hub:
            jobs.require_bank(hub)
            with hub.begin(SYSTEM) as work:
                code = service.export_transfers(work).code
            click.echo(jobs.open_file(hub, code), nl=False)

    return bank
