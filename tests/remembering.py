"""What a maker makes first in a test is made once and then copied: most tests begin with the same order, listing or report.

Makers say ``@remembered``. What one of them made, in a database in which nothing had been written, is kept for a while with the
files of that marketplace. The next test of this process that begins with the same call gets a copy: the same rows, made by the
same verbs, at most ``LONGEST`` seconds ago. Nothing is kept or copied where the call might do something else: when the test has
written already, has changed its hub, patches or listens (``WATCHING``), or gives the maker something that is no plain value.
"""

from __future__ import annotations

import io
import itertools
import pickle
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import event

from app.kernel.hub import Hub
from tests.scratch import Scratch, State

Maker = TypeVar("Maker", bound=Callable[..., Any])

LONGEST = 90  # seconds
WATCHING = frozenset({"monkeypatch", "caplog", "capsys", "capfd"})  # fixtures of tests that change or hear what a maker does
FOLDERS = ("db", "index", "keys", "mail", "media", "models", "sandbox")  # of a data directory; the rest is the test's own
PLAIN = (str, int, float, bool, type(None))


@dataclass
class Fresh:
    """The hub of a test, as the test got it. ``scratch``: its database on PostgreSQL; on SQLite that is one of the files."""

    hub: Hub
    looks: Any
    shelf: Path
    scratch: Scratch | None
    is_touched: bool = False


@dataclass
class Kept:
    """What a maker made: its answer, the rows (PostgreSQL) and the files."""

    made_at: float
    state: State | None
    folder: Path
    answer: bytes


_fresh: Fresh | None = None
_kept: dict[str, Kept] = {}
_numbers = itertools.count()


def watch(hub: Hub, shelf: Path, scratch: Scratch | None) -> None:
    """From now on it is known whether anything was written through this hub. Copies of files are kept on the shelf."""
    global _fresh
    _fresh = fresh = Fresh(hub, _looks(hub), shelf, scratch)

    @event.listens_for(hub.db.write, "begin")
    def _touch(_connection: object) -> None:
        fresh.is_touched = True


def forget() -> None:
    """The test is over."""
    global _fresh
    _fresh = None


def remembered(make: Maker) -> Maker:
    """A maker whose first call in a test may be answered with a copy."""

    @wraps(make)
    def maker(hub: Hub, *args: Any, **named: Any) -> Any:
        fresh = _fresh
        if (
            fresh is None
            or fresh.hub is not hub
            or fresh.is_touched
            or not _is_plain([args, named])
            or _looks(hub) != fresh.looks
        ):
            return make(hub, *args, **named)
        fresh.is_touched = True  # whatever this call calls is a part of it
        settings = hub.settings.model_dump_json(exclude={"data_dir", "database_url"})
        asked = repr((make.__module__, make.__qualname__, args, sorted(named.items()), settings))
        _drop_old()
        if asked in _kept:
            return _take(fresh, _kept[asked])
        answer = make(hub, *args, **named)
        if _looks(hub).items() >= fresh.looks.items():  # else the maker did more than a copy would show
            _kept[asked] = _keep(fresh, answer)
        return answer

    return maker  # type: ignore[return-value]


def _keep(fresh: Fresh, answer: Any) -> Kept:
    number = next(_numbers)
    written = io.BytesIO()
    _Writer(written, fresh.hub).dump(answer)
    fresh.hub.db.dispose()
    state = fresh.scratch.keep() if fresh.scratch is not None else None
    kept = Kept(time.monotonic(), state, fresh.shelf / str(number), written.getvalue())
    for name in FOLDERS:
        if (fresh.hub.settings.data_dir / name).exists():
            shutil.copytree(fresh.hub.settings.data_dir / name, kept.folder / name)
    return kept


def _take(fresh: Fresh, kept: Kept) -> Any:
    fresh.hub.db.dispose()
    if fresh.scratch is not None and kept.state is not None:
        fresh.scratch.load(kept.state)
    shutil.copytree(kept.folder, fresh.hub.settings.data_dir, dirs_exist_ok=True)
    return _Reader(io.BytesIO(kept.answer), fresh.hub).load()


def _drop_old() -> None:
    for asked, kept in list(_kept.items()):
        if time.monotonic() - kept.made_at > LONGEST:
            del _kept[asked]
            shutil.rmtree(kept.folder)


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(each) for each in value.values())
    if isinstance(value, list | tuple):
        return all(_is_plain(each) for each in value)
    return isinstance(value, PLAIN)


def _looks(hub: Hub) -> dict[str, int]:
    """The parts of the hub and what is in them, by identity; but for what a part keeps for itself."""
    parts = {name: part for name, part in {**vars(hub), **hub.db.doors}.items() if not name.startswith("_")}
    inner = {f"{name}.{key}": id(each) for name, part in parts.items() for key, each in getattr(part, "__dict__", {}).items()}
    keys = {path.name: 0 for path in (hub.settings.data_dir / "keys").iterdir()}  # made when they are first asked for
    return {name: id(part) for name, part in parts.items()} | {key: each for key, each in inner.items() if "._" not in key} | keys


class _Writer(pickle.Pickler):
    """Answers may hold the hub: each test reads them with its own."""

    def __init__(self, file: io.BytesIO, hub: Hub) -> None:
        super().__init__(file)
        self._hub = hub

    def persistent_id(self, each: Any) -> str | None:
        return "hub" if each is self._hub else None


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, hub: Hub) -> None:
        super().__init__(file)
        self._hub = hub

    def persistent_load(self, _name: str) -> Hub:
        return self._hub
