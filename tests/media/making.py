"""Photos for tests of this and other rooms."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageDraw
from sqlalchemy.orm import Session

from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.media.events import PhotoReceived
from app.media.jobs import clean, prepare_photo
from app.media.models import Photo
from app.media.service import Prepared, publish, receive, settle


def picture(width: int = 800, height: int = 600, *, seed: int = 0) -> Image.Image:
    """A drawn picture; every seed looks different."""
    image = Image.new("RGB", (width, height), ((seed * 37) % 200 + 30, (seed * 91) % 200 + 30, 120))
    draw = ImageDraw.Draw(image)
    draw.rectangle((width // 4, height // 4, width // 2, height // 2), fill=(seed * 53 % 256, 200, 90))
    draw.line((0, 0, width, height), fill="white", width=5)
    return image


def photo_bytes(format: str = "JPEG", width: int = 800, height: int = 600, *, seed: int = 0, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture(width, height, seed=seed).save(buffer, format, **options)
    return buffer.getvalue()


def detached(session: Session, photo_id: int) -> Photo | None:
    """The row as plain values that outlive the session."""
    photo = session.get(Photo, photo_id)
    if photo is not None:
        session.expunge(photo)
    return photo


_cleaned: dict[str, tuple[Prepared, dict[str, bytes]]] = {}


def prepare_once(hub: Hub, photo_id: int) -> None:
    """Clean a photo as the job does; the same bytes are decoded once per test process (decoding is tested in test_files)."""
    with hub.look() as work:
        photo = work.session.get_one(Photo, photo_id)
        code, key = photo.code, photo.upload_sha256
    if key not in _cleaned:
        prepared, files = clean(hub.store, code)
        if not files:
            return  # the worker of a running marketplace was faster: it has settled the photo before its upload was dropped
        _cleaned[key] = prepared, files
    prepared, files = _cleaned[key]
    hub.store.keep(code, files)
    with hub.begin() as work:
        settle(work, photo_id, prepared)
    hub.store.drop_incoming(code)


def make_photo(hub: Hub, owner_id: int, ready: bool = True, *, public: bool = False, seed: int = 0) -> Photo:
    """A photo of this owner. ``ready``: already cleaned; ``public``: also published. The row is detached."""
    with hub.begin(SYSTEM) as work:
        photo_id = receive(work, hub.store, owner_id, photo_bytes(seed=seed)).id
    if ready or public:
        prepare_photo(hub, PhotoReceived(photo_id))
    if public:
        with hub.begin(SYSTEM) as work:
            publish(work, [photo_id])
    with hub.look(SYSTEM) as work:
        photo = detached(work.session, photo_id)
    assert photo is not None
    return photo
