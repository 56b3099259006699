"""Photos of an inspection and the defects marked on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app.appraisal.errors import (
    MarkRefused,
    PhotoElsewhere,
    PhotoOfAnotherShot,
    PhotoOfAnotherThing,
    TooManyInspectionPhotos,
)
from app.appraisal.guidance import shots_of
from app.appraisal.models import InspectionMark, InspectionPhoto
from app.appraisal.models.inspections import WHOLE
from app.appraisal.queries import inspection_photo, is_of_another_shot, is_of_another_thing
from app.appraisal.service.recording import Sheet, open_sheet
from app.kernel.canonical import sha256_hex
from app.kernel.seal import Sealer
from app.kernel.work import Work
from app.media import service as media
from app.media.models import Photo
from grading import Item

MOST_PHOTOS = 200
MOST_MARKS = 20
LONGEST_CODE = 40


@dataclass(frozen=True)
class Box:
    """A defect drawn on a photo, in thousandths of its width and height."""

    item_key: str
    code: str
    x: int
    y: int
    width: int
    height: int


def add_photo(
    work: Work,
    store: Any,
    sealer: Sealer,
    code: str,
    data: bytes,
    *,
    item_key: str = "",
    shot: str = "",
    device_key: str | None = None,
    boxes: Iterable[Box] = (),
) -> InspectionPhoto:
    """Keep a photo of one item, or one of the shots that a section asks for (``section.shot``); its original stays sealed.

    ``store`` and ``sealer`` are the hub's.
    The same ``device_key`` again gives the photo that is there. Raises PhotoElsewhere when this inspection has no such item or
    shot, PhotoOfAnotherThing for bytes that show another thing already, PhotoOfAnotherShot for a second shot with the same bytes,
    MarkRefused, TooManyInspectionPhotos, and what media.receive raises.
    """
    sheet = open_sheet(work, code)
    own = select(InspectionPhoto).where(InspectionPhoto.appraisal_id == sheet.appraisal.id)
    if device_key is not None:
        there = work.session.scalars(own.where(InspectionPhoto.device_key == device_key)).first()
        if there is not None:
            return there
    if item_key and item_key not in sheet.scheme.items_by_key:
        raise PhotoElsewhere()
    if bool(item_key) == bool(shot) or (shot and not _is_asked(sheet, shot)):
        raise PhotoElsewhere()
    last = (
        work.session.scalar(select(func.max(InspectionPhoto.no)).where(InspectionPhoto.appraisal_id == sheet.appraisal.id)) or 0
    )
    if last >= MOST_PHOTOS:
        raise TooManyInspectionPhotos(most=MOST_PHOTOS)
    digest = sha256_hex(data)
    if is_of_another_thing(work, sheet.appraisal, digest):
        raise PhotoOfAnotherThing()
    if shot and is_of_another_shot(work, sheet.appraisal, digest, shot):
        raise PhotoOfAnotherShot()
    photo = media.receive(work, store, work.actor.id, data, sealer=sealer)
    row = InspectionPhoto(
        appraisal_id=sheet.appraisal.id,
        photo_id=photo.id,
        no=last + 1,
        item_key=item_key or None,
        shot=shot or None,
        device_key=device_key,
        added_at=work.now,
        added_by=work.actor.id,
    )
    work.session.add(row)
    work.session.flush()
    _mark(work, sheet, row, boxes)
    return row


def mark_photo(work: Work, code: str, photo_code: str, boxes: Iterable[Box]) -> InspectionPhoto:
    """Put these marks on a photo in place of those that it has. Raises PhotoElsewhere, MarkRefused."""
    sheet = open_sheet(work, code)
    row, _photo = inspection_photo(work, sheet.appraisal, photo_code)
    for mark in work.session.scalars(select(InspectionMark).where(InspectionMark.inspection_photo_id == row.id)):
        work.session.delete(mark)
    work.session.flush()
    _mark(work, sheet, row, boxes)
    return row


def remove_photo(work: Work, code: str, photo_code: str) -> None:
    """Take a photo out of an inspection that is still open, with its marks and its files. Raises PhotoElsewhere.

    What a report has named stays on file: the next version may do without it, the earlier one keeps its evidence.
    """
    sheet = open_sheet(work, code)
    row, photo = inspection_photo(work, sheet.appraisal, photo_code)
    mark_photo(work, code, photo_code, ())
    work.session.delete(row)
    work.session.flush()
    if photo.audience == "owner":
        media.delete(work, work.session.get_one(Photo, photo.id))


def _mark(work: Work, sheet: Sheet, row: InspectionPhoto, boxes: Iterable[Box]) -> None:
    several = list(boxes)
    if len(several) > MOST_MARKS:
        raise MarkRefused()
    for box in several:
        item = sheet.scheme.items_by_key.get(box.item_key)
        inside = box.x >= 0 and box.y >= 0 and box.width > 0 and box.height > 0
        inside = inside and box.x + box.width <= WHOLE and box.y + box.height <= WHOLE
        if item is None or not inside or not _has_answer(item, box.code):
            raise MarkRefused()
        is_mark = any(mark.value == box.code for mark in item.marks)
        work.session.add(
            InspectionMark(
                appraisal_id=sheet.appraisal.id,
                inspection_photo_id=row.id,
                item_key=box.item_key,
                code=box.code,
                degree=int(box.code[-1]) if is_mark and box.code[-1] in "123456789" else None,
                x=box.x,
                y=box.y,
                width=box.width,
                height=box.height,
            )
        )
    work.session.flush()


def _has_answer(item: Item, code: str) -> bool:
    if item.kind in ("number", "text"):
        return 0 < len(code) <= LONGEST_CODE and code.isprintable()
    return item.option(code) is not None or any(mark.value == code for mark in item.marks)


def _is_asked(sheet: Sheet, shot: str) -> bool:
    section, _, name = shot.partition(".")
    return any(each.code == name for each in shots_of(sheet.scheme).get(section, ()))
