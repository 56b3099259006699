"""A case file as a ZIP that has one form only: nothing is compressed, names come from a list, and the bytes between the files
are those that anybody's program writes. What differs by one bit is refused, so there is nothing to unpack that could do harm.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Mapping

from app.credit.log.errors import BadArchive

MOST_BYTES = 2**30
MOST_FILES = 200_000
_NAMES = re.compile(
    r"MANIFEST\.json|findings\.json|platform\.json|README\.txt|checkpoint\.txt|checkpoints\.json|consistency\.txt|heads-proof\.json|events\.jsonl|scorecards\.json"
    r"|policies/[a-z]{1,20}-[0-9]{1,6}\.json|proofs/(0|[1-9][0-9]{0,15})\.tlog-proof|reports/[a-z]{1,20}\.csv"
)
_STAMP = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_TROUBLES = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, struct.error, ValueError, OSError, OverflowError)


def pack(files: Mapping[str, bytes]) -> bytes:
    """The archive of these files, the same at every time and on every machine. Raises BadArchive for a name that none has."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            _require_name(name)
            archive.writestr(_info(name), files[name])
    return out.getvalue()


def unpack(content: bytes) -> dict[str, bytes]:
    """The files of an archive, in memory: nothing is written anywhere. Raises BadArchive, which names the file where it can."""
    if len(content) > MOST_BYTES:
        raise BadArchive(f"{len(content)} bytes; at most {MOST_BYTES}")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _require_entries(entries, len(content))
            files = {entry.filename: _read(archive, entry) for entry in entries}
    except BadArchive:
        raise
    except _TROUBLES as trouble:
        raise BadArchive(f"not a case file: {trouble}"[:200]) from trouble
    if pack(files) != content:
        raise BadArchive("there is something between the files that does not belong there")
    return files


def _require_entries(entries: list[zipfile.ZipInfo], length: int) -> None:
    if len(entries) > MOST_FILES:
        raise BadArchive(f"{len(entries)} files; at most {MOST_FILES}")
    seen: set[str] = set()
    for entry in entries:
        _require_name(entry.filename)
        if entry.filename in seen:
            raise BadArchive(f"{entry.filename} stands twice")
        seen.add(entry.filename)
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
            raise BadArchive(f"{entry.filename} is compressed; a case file holds everything as it is")
        if entry.external_attr != _info(entry.filename).external_attr:
            raise BadArchive(f"{entry.filename} is no plain file")
    if sum(entry.file_size for entry in entries) > length:
        raise BadArchive("the files are longer than the archive")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        return archive.read(entry)
    except _TROUBLES as trouble:
        raise BadArchive(f"{entry.filename} was changed after the archive was made: {trouble}"[:200]) from trouble


def _require_name(name: str) -> None:
    if not _NAMES.fullmatch(name):
        raise BadArchive(f"a case file holds no file {name[:80]!r}")


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _STAMP)
    info.create_system = _UNIX
    info.external_attr = 0o600 << 16
    return info
