"""A log in files that never change (C2SP tlog-tiles): 256 hashes or entries in each, so that anybody can keep a whole copy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.credit.log.canonical import MOST_BYTES
from app.credit.log.errors import BadTile

WIDTH = 256
STEP = 8  # levels of the tree from one level of tiles to the next
ENTRIES = "entries"
_HIGHEST = 5
_INDEX = re.compile(r"(?:x[0-9]{3}/){0,4}[0-9]{3}")
_PART = re.compile(r"(.+)\.p/([1-9][0-9]{0,2})")


@dataclass(frozen=True, slots=True)
class Tile:
    """One file. ``level`` None: entries. ``width`` below 256: the part of a tile that a smaller log had."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Below ``tile/``."""
        part = "" if self.width == WIDTH else f".p/{self.width}"
        return f"{ENTRIES if self.level is None else self.level}/{index_path(self.index)}{part}"

    @property
    def first(self) -> int:
        """The first position that the tile covers, on its own level of the tree."""
        return self.index * WIDTH

    def is_within(self, size: int) -> bool:
        """Whether a log of this size has the tile."""
        return self.first + self.width <= size >> (STEP * (self.level or 0))


def index_path(index: int) -> str:
    """A number in groups of three digits: 1234067 is ``x001/x234/067``."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03}")
    return "/".join(reversed(groups))


def read_path(path: str) -> Tile:
    """The tile of a path below ``tile/``; only the one path that names it is taken. Raises BadTile."""
    level, _, rest = path.partition("/")
    part = _PART.fullmatch(rest)
    number, width = (part[1], int(part[2])) if part else (rest, WIDTH)
    digits = len(level) == 1 and level.isascii() and level.isdigit() and int(level) <= _HIGHEST
    if not (level == ENTRIES or digits) or not _INDEX.fullmatch(number) or (part and width >= WIDTH):
        raise BadTile(f"no tile is called {path[:60]!r}")
    tile = Tile(None if level == ENTRIES else int(level), int(number.replace("x", "").replace("/", "")), width)
    if tile.path != path:
        raise BadTile(f"the tile is called {tile.path}, not {path[:60]!r}")
    return tile


def tiles_of(size: int) -> list[tuple[int, int, int]]:
    """(level, full tiles, width of the part beside them) of a log of this size."""
    found, level = [], 0
    while size:
        found.append((level, size // WIDTH, size % WIDTH))
        size, level = size // WIDTH, level + 1
    return found


def pack_hashes(hashes: Sequence[bytes]) -> bytes:
    """A tile of hashes."""
    return b"".join(hashes)


def unpack_hashes(content: bytes, width: int) -> list[bytes]:
    """The hashes of a tile. Raises BadTile."""
    if len(content) != 32 * width:
        raise BadTile(f"{len(content)} bytes are not {width} hashes")
    return [content[start : start + 32] for start in range(0, len(content), 32)]


def pack_entries(entries: Iterable[bytes]) -> bytes:
    """A bundle of entries, each after its length in two bytes. Raises BadTile for an entry that is too long."""
    packed = []
    for entry in entries:
        if len(entry) > MOST_BYTES:
            raise BadTile(f"an entry of {len(entry)} bytes")
        packed.append(len(entry).to_bytes(2, "big") + entry)
    return b"".join(packed)


def unpack_entries(content: bytes, width: int) -> list[bytes]:
    """The entries of a bundle. Raises BadTile."""
    entries, at = [], 0
    while at < len(content):
        end = at + 2 + int.from_bytes(content[at : at + 2], "big")
        if at + 2 > len(content) or end > len(content):
            raise BadTile("the bundle ends within an entry")
        entries.append(content[at + 2 : end])
        at = end
    if len(entries) != width:
        raise BadTile(f"{len(entries)} entries, not {width}")
    return entries
