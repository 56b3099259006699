"""Effects after the commit: cleaning received photos, removing the files of deleted ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import cast

import structlog
from sqlalchemy import select

from app.kernel.hub import Hub
from app.media.errors import FAILURES
from app.media.events import PhotoDeleted, PhotoReceived
from app.media.models import Photo
from app.media.rules import SIZES
from app.media.service import Prepared, settle
from app.media.store import PhotoStore

log = structlog.get_logger("media")

DECODER = Path(__file__).with_name("decode.py")
WALL_SECONDS = 40  # below the lease of a delivery, so that two workers seldom clean the same photo
FORGOTTEN_SECONDS = 24 * 3600


def prepare_photo(hub: Hub, event: PhotoReceived) -> None:
    """Clean a received photo and mark it ready or failed. May run twice: the second finds nothing to do."""
    store = cast(PhotoStore, hub.store)
    with hub.look() as work:
        row = work.session.execute(select(Photo.code, Photo.state).where(Photo.id == event.photo_id)).first()
    if row is None:
        return  # deleted before its turn
    code, state = row
    if state != "received":
        store.drop_incoming(code)
        return
    prepared, files = clean(store, code)
    finish_photo(hub, event.photo_id, code, prepared, files)
    forget_strays(hub)


def finish_photo(hub: Hub, photo_id: int, code: str, prepared: Prepared, files: dict[str, bytes]) -> None:
    """Keep what cleaning gave and note it; nothing stays when the photo was deleted meanwhile."""
    store = cast(PhotoStore, hub.store)
    if files:
        store.keep(code, files)
    with hub.begin() as work:
        gone = not settle(work, photo_id, prepared) and work.session.get(Photo, photo_id) is None
    if gone:
        store.remove(code)
    store.drop_incoming(code)


def remove_files(hub: Hub, event: PhotoDeleted) -> None:
    """Remove the files of a deleted photo."""
    cast(PhotoStore, hub.store).remove(event.photo_code)


def clean(store: PhotoStore, code: str) -> tuple[Prepared, dict[str, bytes]]:
    """Run the decoder in its own limited process; returns what to note and the finished files by size."""
    source = store.incoming(code)
    if not source.is_file():
        return Prepared(error="lost"), {}
    with store.bench() as folder:
        try:
            ended = subprocess.run(  # noqa: S603 - our own script, ids only in the arguments
                [sys.executable, "-I", str(DECODER), str(source), str(folder)],
                capture_output=True,
                timeout=WALL_SECONDS,
                env={"PATH": "", "LC_ALL": "C.UTF-8"},
                cwd=folder,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Prepared(error="too_demanding"), {}
        if ended.returncode != 0:
            # Killed by its own limit (time, memory in a C library) or crashed on hostile bytes.
            log.warning("decoder_ended", photo=code, returncode=ended.returncode)
            return Prepared(error="too_demanding"), {}
        try:
            answer = json.loads(ended.stdout)
            if "error" in answer:
                error = answer["error"]
                return Prepared(error=error if error in FAILURES else "unreadable"), {}
            prepared = Prepared(int(answer["width"]), int(answer["height"]), str(answer["sha256"]))
            files = {size: (folder / f"{size}.webp").read_bytes() for size in SIZES}
        except (ValueError, TypeError, KeyError, OSError) as wrong:
            # The process was not itself any more: what it says and leaves is worth nothing, and asking again would say the same.
            log.warning("decoder_confused", photo=code, error=type(wrong).__name__)
            return Prepared(error="too_demanding"), {}
    return prepared, files


def forget_strays(hub: Hub) -> int:
    """Remove incoming files older than a day that no waiting row names (a process died between file and commit)."""
    store = cast(PhotoStore, hub.store)
    old = store.waiting(FORGOTTEN_SECONDS)
    if not old:
        return 0
    with hub.look() as work:
        known = {row.code: row.state for row in work.session.execute(select(Photo.code, Photo.state).where(Photo.code.in_(old)))}
    strays = [code for code in old if known.get(code) != "received"]
    for code in strays:
        if code in known:
            store.drop_incoming(code)
        else:
            store.remove(code)  # with its original, which no row will ever name
    return len(strays)
