"""``xunyi witness``: on an authority's own machine, keeps and cosigns what a log says of itself; a fork is an alarm."""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import click

from app.credit.log.errors import LogError
from app.credit.log.notes import COSIGNATURE, new_signer, read_signer
from app.credit.log.policies import read_policy
from app.credit.log.witnessing import Fetch, once

ALARM = 2
A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MOST_BYTES = 1_000_000


class Refused(LogError):
    """The log does not give what every log gives."""

    code = "refused"


@click.group("witness")
def witness() -> None:
    """What an authority runs on its own machine, without the marketplace."""


@witness.command("key")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("name")
def key(file: Path, name: str) -> None:
    """Make the witness's private key, once; print the public one, which the operator and others put into their trust files."""
    try:
        signer = new_signer(name, COSIGNATURE)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except (LogError, OSError) as trouble:
        raise click.ClickException(str(trouble)) from trouble
    with os.fdopen(descriptor, "w") as out:
        out.write(signer.secret + "\n")
    click.echo(signer.key.text)


@witness.command("once")
@click.argument("address")
@click.option("--trust", type=A_FILE, required=True, help="The log's key as it was given to you (C2SP tlog-policy).")
@click.option("--key", "key_file", type=A_FILE, required=True, help="The witness's private key.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="Where checkpoints are kept.")
def look_once(address: str, trust: Path, key_file: Path, folder: Path) -> None:
    """Fetch the newest checkpoint of the marketplace at ADDRESS, check that it continues the kept one, cosign and keep it.

    Ends with 0; with 2 and ALARM when the log was forked, shortened or is another; with 1 when nobody answers. Run it daily.
    """
    try:
        policy, signer = read_policy(trust.read_text()), read_signer(key_file.read_text().strip())
        if signer.type != COSIGNATURE:
            raise click.ClickException(f"{key_file} is not the key of a witness")
    except LogError as trouble:
        raise click.ClickException(str(trouble)) from trouble
    try:
        seen = once(folder, policy, signer, _fetcher(address), int(time.time()))
    except LogError as trouble:
        click.echo(f"ALARM {trouble.code}: {trouble}. Nothing was cosigned; what was shown lies in {folder}.", err=True)
        sys.exit(ALARM)
    except OSError as trouble:
        raise click.ClickException(f"{address} does not answer: {trouble}") from trouble
    checkpoint = seen.checkpoint
    click.echo(f"{checkpoint.origin}: {checkpoint.size} events, {'cosigned' if seen.is_new else 'as before'}")
    if seen.is_first:
        click.echo("This is the first one that is kept. Compare its root by other means, such as on paper:", err=True)
        click.echo(checkpoint.text, nl=False, err=True)


def _fetcher(address: str) -> Fetch:
    if not address.startswith(("http://", "https://")):
        raise click.UsageError("ADDRESS begins with https:// (or http:// for a test)")

    def fetch(path: str) -> str:
        try:
            with urllib.request.urlopen(f"{address.rstrip('/')}/credit/log/{path}", timeout=30) as answer:  # noqa: S310 - checked above
                content: bytes = answer.read(MOST_BYTES + 1)
        except urllib.error.HTTPError as refusal:
            raise Refused(f"{path}: {refusal.code}") from refusal
        try:
            return content.decode()
        except UnicodeDecodeError as trouble:
            raise Refused(f"{path} is no text") from trouble

    return fetch
