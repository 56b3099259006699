"""`check-scheme FILE.yaml`: look at schemes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from grading.commands.console import read_bytes, show
from grading.schemes import read_scheme

if TYPE_CHECKING:
    from grading.commands.console import Commands


def add(commands: Commands) -> None:
    """Declare `check-scheme`."""
    check = commands.add_parser("check-scheme", help="check a scheme file and say every fault")
    check.add_argument("file", type=Path, help="a YAML file")
    check.set_defaults(run=_check_scheme)


def _check_scheme(given: argparse.Namespace) -> int:
    scheme = read_scheme(given.file.name, read_bytes(given.file))
    show({"scheme": scheme.id, "sha256": scheme.sha256, "sections": len(scheme.sections), "items": len(scheme.items)})
    return 0
