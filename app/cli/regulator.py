"""``xunyi regulator``: on an authority's own machine, makes its key and signs what it found. Nothing is sent anywhere."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import date, datetime
from pathlib import Path

import click

from app.credit.log.canonical import in_base64
from app.credit.log.errors import LogError
from app.credit.log.findings import SEVERITIES, TYPES, WHAT, Finding, sign_finding
from app.credit.log.notes import SIGNATURE, new_signer, read_signer
from app.kernel.ids import new_code

A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)
A_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("regulator")
def regulator() -> None:
    """What an authority runs on its own machine: its key never leaves it."""


@regulator.command("key")
@click.argument("file", type=NEW_FILE)
@click.argument("name")
def key(file: Path, name: str) -> None:
    """Make the private key FILE, once; print the public one, which two officers register. NAME: such as scjg.example."""
    try:
        signer = new_signer(name, SIGNATURE)
    except LogError as trouble:
        raise click.ClickException(str(trouble)) from trouble
    _write(file, signer.secret + "\n")
    click.echo(signer.key.text)


@regulator.command("sign")
@click.argument("out", type=NEW_FILE)
@click.option("--key", "key_file", type=A_FILE, required=True, help="The authority's private key.")
@click.option("--log", required=True, help="The name of the log: the first line of its checkpoint.")
@click.option("--kind", type=click.Choice(list(TYPES)), required=True)
@click.option("--subject", required=True, help="The name in the log, s_..., as the public page of the record shows it.")
@click.option("--document", type=A_FILE, required=True, help="The decision; only its SHA-256 goes into the note.")
@click.option("--decided-on", type=A_DAY, required=True, help="The day of the document.")
@click.option("--what", type=click.Choice(sorted({word for words in WHAT.values() for word in words})), default=None)
@click.option("--severity", type=click.Choice(SEVERITIES), default=None)
@click.option("--answers", default=None, help="Leaf hash of the entry that is repaired, ended or overturned.")
@click.option("--until", type=A_DAY, default=None, help="Until when a measure lasts.")
def sign(
    out: Path,
    key_file: Path,
    log: str,
    kind: str,
    subject: str,
    document: Path,
    decided_on: datetime,
    what: str | None,
    severity: str | None,
    answers: str | None,
    until: datetime | None,
) -> None:
    """Sign a finding and write it to OUT, which an officer hands in at the desk."""
    finding = Finding(
        log=log,
        id=new_code(),
        kind=kind,
        subject=subject,
        document_sha256=hashlib.sha256(document.read_bytes()).hexdigest(),
        decided_on=_day(decided_on),
        what=what,
        severity=severity,
        answers=_leaf(answers),
        until=None if until is None else _day(until),
    )
    try:
        note = sign_finding(finding, read_signer(key_file.read_text().strip()))
    except LogError as trouble:
        raise click.ClickException(str(trouble)) from trouble
    _write(out, note)
    click.echo(f"{kind} {finding.id}: {out}")


def _leaf(answers: str | None) -> str | None:
    """As notes write it: base64. Pages show leaf hashes in hexadecimal."""
    if answers is None or not re.fullmatch(r"[0-9a-f]{64}", answers):
        return answers
    return in_base64(bytes.fromhex(answers))


def _day(moment: datetime) -> date:
    return moment.date()


def _write(file: Path, content: str) -> None:
    """A new file that nobody else reads; one that is there already is never overwritten."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as trouble:
        raise click.ClickException(str(trouble)) from trouble
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(content)
