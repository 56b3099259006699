"""The door to the photo files: ids only in paths, every file written whole or not at all.

``incoming/<code>`` waits to be cleaned; ``ready/<first two letters>/<code>/<size>.webp`` is what is shown;
``originals/<first two letters>/<code>`` are the bytes as they came, sealed by the caller (only of inspections and claims).
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.kernel.ids import is_code
from app.media.errors import PhotoNotFound


class PhotoStore:
    """Photo files below one folder. Codes and sizes are checked, so no path can lead elsewhere.

    ``patient``: every file is on disk before the write returns. Only the filling of the demo town is not, and syncs at its end.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.patient = True
        for name in ("incoming", "ready", "drafts", "originals"):
            (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)

    def incoming(self, code: str) -> Path:
        """Where the received bytes lie (whether or not they are there)."""
        return self.folder / "incoming" / _checked(code)

    def take_in(self, code: str, data: bytes) -> None:
        """Keep received bytes until the job has cleaned them; on disk when this returns."""
        self._write(self.incoming(code), data)

    def drop_incoming(self, code: str) -> None:
        self.incoming(code).unlink(missing_ok=True)

    def waiting(self, older_than_seconds: float) -> list[str]:
        """Codes of incoming files that have lain for longer than this."""
        limit = time.time() - older_than_seconds
        old = []
        for path in (self.folder / "incoming").iterdir():
            try:
                if is_code(path.name) and path.stat().st_mtime < limit:
                    old.append(path.name)
            except FileNotFoundError:
                continue  # its job finished while we looked
        return old

    def keep(self, code: str, files: Mapping[str, bytes]) -> None:
        """Keep the finished sizes; the same bytes may be kept twice."""
        folder = self._ready(code)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for size, content in files.items():
            self._write(folder / f"{_plain(size)}.webp", content)

    def path(self, code: str, size: str) -> Path:
        """The finished file. Raises PhotoNotFound when it is not there."""
        path = self._ready(code) / f"{_plain(size)}.webp"
        if not path.is_file():
            raise PhotoNotFound()
        return path

    def keep_original(self, code: str, sealed: bytes) -> None:
        """Keep the sealed bytes of an upload for good; on disk when this returns."""
        path = self._original(code)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._write(path, sealed)

    def original(self, code: str) -> bytes:
        """The sealed bytes of an upload. Raises PhotoNotFound when none are kept."""
        try:
            return self._original(code).read_bytes()
        except FileNotFoundError:
            raise PhotoNotFound() from None

    def remove(self, code: str) -> None:
        """Remove everything of this photo; nothing happens when it is gone already."""
        self.drop_incoming(code)
        self._original(code).unlink(missing_ok=True)
        try:
            shutil.rmtree(self._ready(code))
        except FileNotFoundError:
            return

    @contextmanager
    def bench(self) -> Iterator[Path]:
        """An empty folder to work in, gone afterwards."""
        with tempfile.TemporaryDirectory(dir=self.folder / "drafts") as name:
            yield Path(name)

    def _original(self, code: str) -> Path:
        return self.folder / "originals" / _checked(code)[:2] / code

    def _ready(self, code: str) -> Path:
        return self.folder / "ready" / _checked(code)[:2] / code

    def _write(self, path: Path, data: bytes) -> None:
        draft = self.folder / "drafts" / f"{path.name}.{secrets.token_hex(8)}"
        try:
            with draft.open("xb") as file:
                file.write(data)
                if self.patient:
                    file.flush()
                    os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        if not self.patient:
            return
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def from_settings(settings: Any) -> PhotoStore:
    """The store of this marketplace (settings is config.Settings)."""
    return PhotoStore(settings.folder("media"))


def _checked(code: str) -> str:
    if not is_code(code):
        raise PhotoNotFound()
    return code


def _plain(size: str) -> str:
    if not (size.isascii() and size.isalpha() and len(size) <= 10):
        raise PhotoNotFound()
    return size
