"""Reads of photos for pages and upper rooms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from app.kernel.seal import Sealer
from app.kernel.work import Work
from app.media.errors import PhotoNotFound
from app.media.models import Photo
from app.media.rules import CONTENT_TYPE, SIZES, kind_of, original_place
from app.media.store import PhotoStore


@dataclass(frozen=True)
class PhotoFile:
    """One finished file, ready to be sent: where it lies, what it is, and its entity tag."""

    path: Path
    content_type: str
    etag: str


def photos_by_code(work: Work, codes: Iterable[str]) -> list[Photo]:
    """The photos with these codes in the order asked for; unknown codes are left out. One query."""
    wanted = list(codes)
    if not wanted:
        return []
    found = {photo.code: photo for photo in work.session.scalars(select(Photo).where(Photo.code.in_(wanted)))}
    return [found[code] for code in dict.fromkeys(wanted) if code in found]


def photos_by_id(work: Work, ids: Iterable[int]) -> dict[int, Photo]:
    """Photos by their internal id. One query."""
    wanted = set(ids)
    if not wanted:
        return {}
    return {photo.id: photo for photo in work.session.scalars(select(Photo).where(Photo.id.in_(wanted)))}


def own_photo(work: Work, code: str) -> Photo:
    """A photo that the actor sent. Raises PhotoNotFound for anybody else's."""
    photo = work.session.scalars(select(Photo).where(Photo.code == code, Photo.owner_id == work.actor.user_id)).first()
    if photo is None:
        raise PhotoNotFound()
    return photo


def public_photo(work: Work, code: str) -> Photo:
    """A photo that everybody may see. Raises PhotoNotFound for all others."""
    shown = select(Photo).where(Photo.code == code, Photo.audience == "public", Photo.state == "ready")
    photo = work.session.scalars(shown).first()
    if photo is None:
        raise PhotoNotFound()
    return photo


def photo_file(store: PhotoStore, photo: Photo, size: str) -> PhotoFile:
    """The file of a ready photo in one size (card, page, zoom). The caller has checked who may see it.

    Raises PhotoNotFound when the photo is not ready or the size is unknown.
    """
    if photo.state != "ready" or size not in SIZES:
        raise PhotoNotFound()
    return PhotoFile(store.path(photo.code, size), CONTENT_TYPE, f"{photo.sha256}-{size}")


def original_file(store: PhotoStore, sealer: Sealer, photo: Photo) -> tuple[bytes, str]:
    """The bytes as the camera sent them, and their content type. The caller has checked who may see them.

    Raises PhotoNotFound where no original is kept.
    """
    content = sealer.open_bytes(store.original(photo.code), original_place(photo.code))
    return content, f"image/{kind_of(content)}"
