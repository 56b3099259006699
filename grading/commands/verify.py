"""`verify REPORT.json --keys KEYS.json`: signature and grade of a report; `check REPORT.json`: its grade only."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from grading.commands.console import BadInput, read_bytes, read_object, show
from grading.engine import recompute
from grading.report import compare, read_keys, verify
from grading.schemes import read_scheme

if TYPE_CHECKING:
    from grading.commands.console import Commands


def add(commands: Commands) -> None:
    """Declare `verify` and `check`."""
    parser = commands.add_parser("verify", help="is this report what was signed, and does its grade follow?")
    parser.add_argument("report", type=Path, help="a signed report")
    parser.add_argument("--keys", type=Path, required=True, help="the public keys that you trust, a JSON file")
    parser.add_argument("--scheme", type=Path, help="the scheme's YAML file, where this program does not have it")
    parser.add_argument("--photos", type=Path, metavar="DIR", help="the folder with the report's photos")
    parser.set_defaults(run=_verify)
    check = commands.add_parser("check", help="grade a report's findings again and compare")
    check.add_argument("file", type=Path, help="a JSON file")
    check.set_defaults(run=_check)


def _verify(given: argparse.Namespace) -> int:
    keys = read_keys(read_bytes(given.keys))
    scheme = None if given.scheme is None else read_scheme(given.scheme.name, read_bytes(given.scheme), named=False)
    photos = None if given.photos is None else _hashes(given.photos)
    verdict = verify(read_bytes(given.report), keys, scheme, photos)
    show(verdict.to_plain())
    return verdict.exit_code


def _hashes(folder: Path) -> dict[str, str]:
    """Name -> SHA-256 of every file in the folder. Raises BadInput when it cannot be read."""
    found: dict[str, str] = {}
    try:
        for file in sorted(folder.iterdir()):
            if file.is_file():
                with file.open("rb") as stream:
                    found[file.name] = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"{folder}: {error.strerror}") from error
    return found


def _check(given: argparse.Namespace) -> int:
    """Recompute a report. It does not check who signed it."""
    content: Mapping[str, object] = read_object(given.file)
    for name in ("content", "result"):  # a signed report, its content, or the result alone
        inner = content.get(name)
        content = inner if isinstance(inner, dict) else content
    again = recompute(content).to_content()
    differing = [problem.path.removeprefix("$.") for problem in compare(content, again, "$")]
    show(
        {
            "agrees": not differing,
            "scheme": again["scheme_id"],
            "scheme_sha256": again["scheme_sha256"],
            "recomputed": {name: again[name] for name in ("status", "tier", "score", "fully_functional")},
            "differing": differing,
        }
    )
    return 1 if differing else 0
