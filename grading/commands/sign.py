"""`keygen PRIVATE.pem`: a key for signing; `sign CONTENT.json --key PRIVATE.pem`: a signed report.

`sign DRAFT.json --key PRIVATE.pem --detached`: one person's signature over a draft that several people sign.

For an appraiser's or agency's own machine. Files that exist are never overwritten.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from grading.commands.console import BadInput, read_bytes, show
from grading.report import (
    Key,
    Verdict,
    canonical,
    detached,
    differences,
    generate_key,
    key_document,
    private_pem,
    public_bytes,
    read_instant,
    read_json,
    read_private,
    sign,
)

if TYPE_CHECKING:
    from grading.commands.console import Commands


def add(commands: Commands) -> None:
    """Declare `keygen` and `sign`."""
    keygen = commands.add_parser("keygen", help="make a key for signing; prints the public list for those who verify")
    keygen.add_argument("private", type=Path, help="where the private key goes (a new file, readable by you alone)")
    keygen.add_argument("--holder", default="", help="whose key it is, in words")
    keygen.add_argument("--valid-from", metavar="INSTANT", help="such as 2026-11-24T08:00:00Z; now, unless given")
    keygen.add_argument("--valid-until", metavar="INSTANT", help="no end, unless given")
    keygen.add_argument("--public", type=Path, help="write the public list into this new file instead of printing it")
    signing = commands.add_parser("sign", help="sign a report; refused when its grade does not follow from its findings")
    signing.add_argument("content", type=Path, help="an object with `result`, or what `grade --content` printed")
    signing.add_argument("--key", type=Path, required=True, help="the private key")
    signing.add_argument("--signed-at", metavar="INSTANT", help="such as 2026-11-24T08:00:00Z; now, unless given")
    signing.add_argument("--detached", action="store_true", help="a signature file for a draft, beside the signatures of others")
    signing.add_argument("--out", type=Path, help="write the report into this new file instead of printing it")
    for parser, run in ((keygen, _keygen), (signing, _sign)):
        parser.add_argument("--passphrase-file", type=Path, help="the file whose first line locks the private key")
        parser.set_defaults(run=run)


def _keygen(given: argparse.Namespace) -> int:
    private = generate_key()
    valid_from = read_instant(given.valid_from or _now(), "--valid-from")
    valid_until = None if given.valid_until is None else read_instant(given.valid_until, "--valid-until")
    document = key_document([Key(public_bytes(private), valid_from, valid_until, given.holder)])
    if given.public is not None and given.public.exists():
        raise BadInput(f"{given.public}: exists already")
    _write_new(given.private, private_pem(private, _passphrase(given.passphrase_file)), 0o600)
    if given.public is None:
        show(document)
    else:
        _write_new(given.public, json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n", 0o644)
    return 0


def _sign(given: argparse.Namespace) -> int:
    data = read_bytes(given.content)
    document = read_json(data)
    if not isinstance(document, dict):
        raise BadInput(f"{given.content}: not a JSON object")
    content = document if "result" in document else {"result": document}
    if given.detached and canonical(content) != data:
        raise BadInput(f"{given.content}: not the canonical bytes of a draft; download it once more")
    verdict = Verdict(differences(content))
    if verdict.problems:
        show({"error": "report", "problems": [problem.to_plain() for problem in verdict.problems]}, sys.stderr)
        return verdict.exit_code
    private = read_private(_private_bytes(given.key), _passphrase(given.passphrase_file))
    report = detached(data, private) if given.detached else sign(content, private, given.signed_at or _now())
    if given.out is None:
        sys.stdout.buffer.write(report)  # no line end: these bytes are the report
        sys.stdout.flush()
    else:
        _write_new(given.out, report, 0o644)
    return 0


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _passphrase(file: Path | None) -> bytes | None:
    if file is None:
        return None
    lines = read_bytes(file).splitlines()
    if not lines or not lines[0]:
        raise BadInput(f"{file}: the first line is empty")
    return lines[0]


def _private_bytes(file: Path) -> bytes:
    """The private key's file, unless others may read it (as ssh does)."""
    data = read_bytes(file)
    if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise BadInput(f"{file}: others can read this private key; run chmod 600 on it")
    return data


def _write_new(file: Path, data: bytes, mode: int) -> None:
    """Write a file that must not exist. Its rights are set before the first byte is in it."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
    except OSError as error:
        raise BadInput(f"{file}: {error.strerror}") from error
