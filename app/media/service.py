"""The verbs of photos."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, text, update

from app.kernel.db import BigInt, Day
from app.kernel.ids import new_code
from app.kernel.outbox import announce
from app.kernel.seal import Sealer
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.media.errors import (
    PhotoEmpty,
    PhotoFormatUnknown,
    PhotoInUse,
    PhotoIsHeic,
    PhotoTooLarge,
    TooManyPhotosToday,
)
from app.media.events import PhotoDeleted, PhotoReceived
from app.media.models import Photo
from app.media.rules import MAX_BYTES, MB, MOST_BYTES_A_DAY, MOST_PHOTOS_A_DAY, kind_of, original_place
from app.media.store import PhotoStore

# The limit is kept by the statement itself, so that two uploads at once cannot both be the last one.
_COUNT_UPLOAD = text(
    "INSERT INTO upload_day (owner_id, sent_on, photos, byte_count) VALUES (:owner_id, :sent_on, 1, :byte_count) "
    "ON CONFLICT (owner_id, sent_on) DO UPDATE SET photos = upload_day.photos + 1, "
    "byte_count = upload_day.byte_count + excluded.byte_count "
    "WHERE upload_day.photos < :most AND upload_day.byte_count + excluded.byte_count <= :most_bytes RETURNING id"
).bindparams(
    bindparam("owner_id", type_=BigInt),
    bindparam("sent_on", type_=Day),
    bindparam("byte_count", type_=BigInt),
    bindparam("most", type_=BigInt),
    bindparam("most_bytes", type_=BigInt),
)


@dataclass(frozen=True)
class Prepared:
    """What came out of cleaning: pixels and hash of the zoom file, or an error code of ``errors.FAILURES``."""

    width: int | None = None
    height: int | None = None
    sha256: str | None = None
    error: str | None = None


def receive(work: Work, store: PhotoStore, owner_id: int, data: bytes, *, sealer: Sealer | None = None) -> Photo:
    """Take in the bytes of a photo; a job cleans them after the commit. Until then its state is ``received``.

    With a ``sealer`` the bytes as they came are kept as well, sealed: for inspections and claims, where somebody may ask later
    what the camera saw. Raises a PhotoRefused (InvalidInput) whose sentence says what to do instead.
    """
    _refuse_unusable(data)
    counted = work.session.execute(
        _COUNT_UPLOAD,
        {
            "owner_id": owner_id,
            "sent_on": shanghai_day(work.now),
            "byte_count": len(data),
            "most": MOST_PHOTOS_A_DAY,
            "most_bytes": MOST_BYTES_A_DAY,
        },
    ).first()
    if counted is None:
        raise TooManyPhotosToday(most=MOST_PHOTOS_A_DAY, most_mb=MOST_BYTES_A_DAY // MB)
    code = new_code()
    store.take_in(code, data)  # before the row: a row without its file must never be committed
    if sealer is not None:
        store.keep_original(code, sealer.seal_bytes(data, original_place(code)))
    photo = Photo(
        code=code,
        owner_id=owner_id,
        audience="owner",
        state="received",
        byte_count=len(data),
        upload_sha256=hashlib.sha256(data).hexdigest(),
        created_at=work.now,
    )
    work.session.add(photo)
    work.session.flush()
    announce(work, PhotoReceived(photo.id))
    return photo


def settle(work: Work, photo_id: int, prepared: Prepared) -> bool:
    """Note how cleaning ended; False when the photo is gone or somebody else has noted it."""
    state = "failed" if prepared.error else "ready"
    settled = work.session.execute(
        update(Photo)
        .where(Photo.id == photo_id, Photo.state == "received")
        .values(state=state, width=prepared.width, height=prepared.height, sha256=prepared.sha256, error=prepared.error)
    )
    return bool(settled.rowcount == 1)  # type: ignore[attr-defined]


def publish(work: Work, photo_ids: Iterable[int]) -> None:
    """Let everybody see these photos; those that are not ready stay as they are (the caller asks for ready ones)."""
    _set_audience(work, photo_ids, "public")


def share(work: Work, photo_ids: Iterable[int]) -> None:
    """Let the parties of the owning thing see these photos through that room (a report in work, a problem's evidence)."""
    _set_audience(work, photo_ids, "parties")


def withdraw(work: Work, photo_ids: Iterable[int]) -> None:
    """Take public photos back, for example of a listing that staff removed; they stay for the parties."""
    _set_audience(work, photo_ids, "parties")


def delete(work: Work, photo: Photo) -> None:
    """Delete a photo that nobody but its owner has seen. Raises PhotoInUse for shared ones."""
    if photo.audience != "owner":
        raise PhotoInUse()
    announce(work, PhotoDeleted(photo.code))
    work.session.delete(photo)
    work.session.flush()


def _set_audience(work: Work, photo_ids: Iterable[int], audience: str) -> None:
    wanted = set(photo_ids)
    if wanted:
        work.session.execute(update(Photo).where(Photo.id.in_(wanted), Photo.state == "ready").values(audience=audience))


def _refuse_unusable(data: bytes) -> None:
    if not data:
        raise PhotoEmpty()
    if len(data) > MAX_BYTES:
        raise PhotoTooLarge(most_mb=MAX_BYTES // MB)
    kind = kind_of(data)
    if kind == "heic":
        raise PhotoIsHeic()
    if kind == "unknown":
        raise PhotoFormatUnknown()
