"""The town's photographer: pictures drawn ahead in several processes, and cleaned there by the marketplace's own decoder.

The marketplace cleans each photo in a process of its own, because it may be hostile. Starting a thousand processes takes longer
than all the drawing, and these pictures are ours: they go through the same function, in the process that drew them.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from app.media.decode import SIZES, clean
from app.media.service import Prepared

AHEAD = 24  # items drawn before they are needed; more would only fill the memory


@dataclass(frozen=True)
class Shown:
    """One picture: what the camera gave, and what cleaning made of it."""

    shot: str
    data: bytes
    prepared: Prepared
    files: dict[str, bytes]


@dataclass(frozen=True)
class Sitting:
    """What to draw for one item: a function of a module, with what it needs, for each shot."""

    code: str
    draw: Callable[..., bytes]
    shots: tuple[str, ...]
    given: Mapping[str, Any] = field(default_factory=dict)


def develop(sitting: Sitting) -> list[Shown]:
    """Draw and clean the pictures of one item."""
    shown = []
    with tempfile.TemporaryDirectory(prefix="xunyi-studio-") as name:
        folder = Path(name)
        for shot in sitting.shots:
            data = sitting.draw(sitting.code, shot, **sitting.given)
            source = folder / "source"
            source.write_bytes(data)
            found = clean(source, folder)
            files = {size: (folder / f"{size}.webp").read_bytes() for size in SIZES}
            shown.append(Shown(shot, data, Prepared(int(found["width"]), int(found["height"]), str(found["sha256"])), files))
    return shown


def _end_with(parent: int) -> None:
    """Make this process end when the one who started it is gone, however it ended: otherwise painters wait for ever."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Studio:
    """Draws in the order in which the pictures are needed, ``AHEAD`` items at most before they are."""

    def __init__(self, sittings: Sequence[Sitting]) -> None:
        self._waiting: Iterator[Sitting] = iter(sittings)
        self._at_work: dict[str, Future[list[Shown]]] = {}
        # The one who asks works too, but mostly waits for the database: one process for each core is right.
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(os.cpu_count() or 1, mp_context=spawn, initializer=_end_with, initargs=(os.getpid(),))

    def __enter__(self) -> Studio:
        for _ in range(AHEAD):
            self._next()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)

    def pictures(self, code: str) -> list[Shown]:
        """The pictures of an item; each is handed out once."""
        while code not in self._at_work:
            if not self._next():
                raise KeyError(code)
        self._next()
        return self._at_work.pop(code).result()

    def _next(self) -> bool:
        sitting = next(self._waiting, None)
        if sitting is not None:
            self._at_work[sitting.code] = self._pool.submit(develop, sitting)
        return sitting is not None
