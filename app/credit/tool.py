"""The audit as one file, for a computer on which nothing may be installed: the log's modules in Python's own archive format.

It needs Python 3.11 or newer and nothing else: where `cryptography` is missing, signatures are checked with whole numbers. The
same code gives the same bytes, so that whoever has the source can make the file and compare.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

import rfc8785

import app

NAME = "xunyi-audit.pyz"
BORROWED = "rfc8785"  # the one library that goes with it, with its licence
_AT = (1980, 1, 1, 0, 0, 0)  # the first moment that an archive knows
_DOOR = """\
import sys

if sys.version_info < (3, 11):
    print("需要 Python 3.11 或更新的版本，这里是 " + sys.version.split()[0] + "。没有核验任何内容。")
    sys.exit(2)

from pathlib import Path

from app.credit.log import __main__ as checking
from app.credit.log import office

for stream in (sys.stdout, sys.stderr):
    stream.reconfigure(errors="replace")
if len(sys.argv) > 1:
    sys.exit(checking.main(sys.argv[1:]))
result = office.run(Path(sys.argv[0]).resolve().parent)
if sys.stdin is not None and sys.stdin.isatty():
    input("按回车键结束。")
sys.exit(result)
"""


@cache
def one_file() -> bytes:
    """The tool. ``python xunyi-audit.pyz`` checks the case that lies beside it; with arguments it is ``xunyi audit verify``."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:  # packed, the bytes would depend on who packs
        for name, content in sorted(_parts()):
            file = zipfile.ZipInfo(name, _AT)
            file.create_system = 3
            archive.writestr(file, content)
    return b"#!/usr/bin/env python3\n" + made.getvalue()


def _parts() -> Iterator[tuple[str, str]]:
    top = Path(app.__file__).parent
    yield "__main__.py", _DOOR
    for path in (
        *(top / each / "__init__.py" for each in ("", "credit", "kernel")),
        top / "kernel/canonical.py",
        *top.glob("credit/log/*.py"),
    ):
        yield f"app/{path.relative_to(top).as_posix()}", path.read_text(encoding="utf-8")
    for path in Path(rfc8785.__file__).parent.glob("*.py"):
        yield f"{BORROWED}/{path.name}", path.read_text(encoding="utf-8")
    for file in metadata.files(BORROWED) or ():
        if file.name.upper().startswith("LICENSE"):
            yield f"{BORROWED}/{file.name}", file.read_text(encoding="utf-8")
