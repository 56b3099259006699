"""``xunyi log``: the key of the credit log, a checkpoint now, and the whole log computed again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import click

from app.credit import jobs, provider, queries
from app.credit.log.errors import LogError
from app.kernel.hub import Hub
from config import Settings

Opened = Callable[[], AbstractContextManager[Hub]]


def group(opened: Opened, settings: Callable[[], Settings]) -> click.Group:
    """The commands, on the marketplace that ``opened`` gives."""

    @click.group("log")
    def log() -> None:
        """The log of credit records."""

    @log.command("key")
    def key() -> None:
        """Make the log's private key, once, in the file that the worker reads; print the public one."""
        chosen = settings()
        file = provider.key_file(chosen)
        try:
            signer = provider.LogSigner(file) if file.exists() else provider.make_key(file, provider.origin_of(chosen))
            click.echo(signer.vkey)
        except (LogError, OSError) as trouble:
            raise click.ClickException(str(trouble)) from trouble
        click.echo(f"private: {file}. Keep a copy where this machine cannot reach it.", err=True)

    @log.command("checkpoint")
    def checkpoint() -> None:
        """Note today's heads, have the log signed as it is now, publish that, and print it."""
        with opened() as hub:
            try:
                signer = provider.from_settings(hub.settings)
                if signer is None:
                    raise click.ClickException("the log's key is not on this machine")
                jobs.note_heads(hub)
                jobs.publish_checkpoint(hub, signer)
            except LogError as trouble:
                raise click.ClickException(f"nothing was signed: {trouble}") from trouble
            with hub.look() as work:
                latest = queries.latest_checkpoint(work)
                click.echo(latest.note if latest else "The log is empty.", nl=latest is None)

    @log.command("verify")
    def verify() -> None:
        """Recompute every event, the tree, the heads of every day and every checkpoint."""
        with opened() as hub, hub.look() as work:
            faults, size = queries.verify(work), queries.log_size(work)
        for fault in faults:
            click.echo(f"{'log' if fault.idx is None else f'event {fault.idx}'}: {fault.code}")
        if faults:
            sys.exit(1)
        click.echo(f"The log adds up: {size} events.")

    return log
