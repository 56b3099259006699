"""``xunyi signer``: for an appraiser's own machine. The private key stays in its file; what leaves is a proof or a signature.

Needs no database and no running marketplace: a draft is downloaded from its page, the signature is uploaded there.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.appraisal.service import proof_message
from grading.report import (
    ReportError,
    canonical,
    detached,
    differences,
    generate_key,
    key_id,
    private_pem,
    public_bytes,
    read_json,
    read_private,
)

_WORD = click.option(
    "--passphrase-file", type=click.Path(path_type=Path), help="Its first line opens the key; asked for otherwise."
)


@click.group()
def signer() -> None:
    """Make keys, prove that you hold one, sign frozen reports."""


@signer.group()
def key() -> None:
    """Keys in files of your own."""


@key.command("new")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--passphrase-file", type=click.Path(path_type=Path), help="Its first line locks the key; asked for otherwise.")
def key_new(file: Path, passphrase_file: Path | None) -> None:
    """Make a key in a new FILE, locked by a passphrase."""
    word = (
        _first_line(passphrase_file) if passphrase_file else click.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
    )
    if len(word) < 12:
        raise click.ClickException("take at least 12 characters for the passphrase")
    private = generate_key()
    _write_new(file, private_pem(private, word.encode()), 0o600)
    _tell(private)


@key.command("show")
@click.argument("file", type=click.Path(path_type=Path))
@_WORD
def key_show(file: Path, passphrase_file: Path | None) -> None:
    """The number and the public half of the key in FILE."""
    _tell(_open(file, passphrase_file))


@key.command("prove")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--person", required=True, help="Your code, as the page of your keys shows it.")
@click.option("--challenge", required=True, help="The text that the page shows; it holds for one hour.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Write the proof into this new file, to be uploaded.")
@_WORD
def key_prove(file: Path, person: str, challenge: str, out: Path, passphrase_file: Path | None) -> None:
    """Write a proof that you hold the key in FILE, for registering it."""
    private = _open(file, passphrase_file)
    public = public_bytes(private).hex()
    signed = private.sign(proof_message(person, public, challenge)).hex()
    proof = {"format": "xunyi-key-proof/1", "person": person, "public_key": public, "challenge": challenge, "proof": signed}
    _write_new(out, json.dumps(proof).encode(), 0o644)
    click.echo(f"{out}: upload it on the page of your keys, within the hour.")


@signer.command()
@click.argument("draft", type=click.Path(path_type=Path))
@click.option("--key", "file", type=click.Path(path_type=Path), required=True, help="The file of your private key.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Write the signature into this new file.")
@click.option("--yes", is_flag=True, help="Do not ask before signing.")
@_WORD
def sign(draft: Path, file: Path, out: Path, yes: bool, passphrase_file: Path | None) -> None:
    """Sign a frozen report: the DRAFT file that its page gives."""
    data = _read(draft)
    _show(data)
    if not yes:
        click.confirm("Sign exactly this?", abort=True)
    _write_new(out, detached(data, _open(file, passphrase_file)), 0o644)
    click.echo(f"{out}: upload it on the page of the frozen report.")


def _show(data: bytes) -> None:
    """What is about to be signed, checked: canonical, and a grade that follows from the findings."""
    try:
        content = read_json(data)
        if not isinstance(content, dict) or canonical(content) != data:
            raise click.ClickException("these are not the canonical bytes of a draft; download it once more")
        wrong = differences(content)
    except ReportError as error:
        raise click.ClickException(str(error)) from error
    if wrong:
        raise click.ClickException("; ".join(f"{problem.path}: {problem.message.en}" for problem in wrong))
    thing, result = content.get("thing"), content["result"]
    assert isinstance(result, dict)
    name = thing.get("name") if isinstance(thing, dict) else ""
    click.echo(f"{name}: {result.get('status')} {result.get('tier') or ''} {result.get('score') or ''}".rstrip())
    click.echo(f"report {content.get('report')}, version {content.get('no')}, signed by {', '.join(map(str, _signers(content)))}")


def _signers(content: dict[str, object]) -> list[object]:
    signers = content.get("signers")
    return signers if isinstance(signers, list) else []


def _open(file: Path, passphrase_file: Path | None) -> Ed25519PrivateKey:
    data = _read(file)
    if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise click.ClickException(f"{file}: others can read this private key; run chmod 600 on it")
    locked = b"ENCRYPTED" in data
    word = _first_line(passphrase_file) if passphrase_file else click.prompt("Passphrase", hide_input=True) if locked else None
    try:
        return read_private(data, word.encode() if word else None)
    except ReportError as error:
        raise click.ClickException(f"{file}: {error.problem.message.en}") from error


def _tell(private: Ed25519PrivateKey) -> None:
    public = public_bytes(private)
    click.echo(f"key {key_id(public)}\npublic {public.hex()}")


def _first_line(file: Path | None) -> str:
    lines = _read(file).decode().splitlines() if file is not None else []
    if not lines or not lines[0]:
        raise click.ClickException(f"{file}: the first line is empty")
    return lines[0]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error


def _write_new(file: Path, data: bytes, mode: int) -> None:
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
