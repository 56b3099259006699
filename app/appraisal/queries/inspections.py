"""Reads of what lies beside the answers of an inspection: photos, marks, readings, how answers came about, and the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.appraisal.errors import PhotoElsewhere
from app.appraisal.guidance import measures_by_key
from app.appraisal.measured import kinds_measured
from app.appraisal.models import Appraisal, InspectionChange, InspectionMark, InspectionPhoto, InspectionReading
from app.appraisal.models.inspections import NO_FINDING, UNDO
from app.appraisal.queries.gates import gate_evidence
from app.kernel.ids import is_code
from app.kernel.time import iso_seconds
from app.kernel.work import Work
from app.media.models import Photo
from app.schemes.queries import get_scheme
from grading import Item, Scheme


def photos_of_inspection(work: Work, appraisal: Appraisal) -> list[tuple[InspectionPhoto, Photo]]:
    """All photos in the order of their arrival: one query."""
    rows = select(InspectionPhoto, Photo).join(Photo, Photo.id == InspectionPhoto.photo_id)
    rows = rows.where(InspectionPhoto.appraisal_id == appraisal.id).order_by(InspectionPhoto.no)
    return [(row, photo) for row, photo in work.session.execute(rows)]


def inspection_photo(work: Work, appraisal: Appraisal, photo_code: str) -> tuple[InspectionPhoto, Photo]:
    """One photo of this inspection. Raises PhotoElsewhere for every other."""
    rows = select(InspectionPhoto, Photo).join(Photo, Photo.id == InspectionPhoto.photo_id)
    rows = rows.where(InspectionPhoto.appraisal_id == appraisal.id, Photo.code == photo_code)
    found = work.session.execute(rows).first() if is_code(photo_code) else None
    if found is None:
        raise PhotoElsewhere()
    return found[0], found[1]


def is_of_another_thing(work: Work, appraisal: Appraisal, upload_sha256: str) -> bool:
    """Whether a photo with these bytes is in an inspection of some other thing, whoever put it there. By an index."""
    rows = select(InspectionPhoto.id).join(Photo, Photo.id == InspectionPhoto.photo_id)
    rows = rows.join(Appraisal, Appraisal.id == InspectionPhoto.appraisal_id)
    rows = rows.where(Photo.upload_sha256 == upload_sha256, Appraisal.thing_id != appraisal.thing_id)
    return work.session.scalars(rows.limit(1)).first() is not None


def is_of_another_shot(work: Work, appraisal: Appraisal, upload_sha256: str, shot: str) -> bool:
    """Whether these bytes stand for another shot of this inspection. What belongs to an item may show several things."""
    rows = select(InspectionPhoto.id).join(Photo, Photo.id == InspectionPhoto.photo_id)
    rows = rows.where(Photo.upload_sha256 == upload_sha256, InspectionPhoto.appraisal_id == appraisal.id)
    return work.session.scalars(rows.where(InspectionPhoto.shot != shot).limit(1)).first() is not None


def marks_of_inspection(work: Work, appraisal: Appraisal) -> dict[int, list[InspectionMark]]:
    """Row id of a photo -> the marks on it: one query."""
    marks: dict[int, list[InspectionMark]] = {}
    own = select(InspectionMark).where(InspectionMark.appraisal_id == appraisal.id).order_by(InspectionMark.id)
    for mark in work.session.scalars(own):
        marks.setdefault(mark.inspection_photo_id, []).append(mark)
    return marks


def shots_taken(work: Work, appraisal: Appraisal) -> frozenset[str]:
    """The shots (``section.shot``) of which there is a photo that could be used: one query."""
    rows = select(InspectionPhoto.shot).join(Photo, Photo.id == InspectionPhoto.photo_id)
    rows = rows.where(InspectionPhoto.appraisal_id == appraisal.id, InspectionPhoto.shot.is_not(None), Photo.state != "failed")
    return frozenset(shot for shot in work.session.scalars(rows) if shot is not None)


def readings_of(work: Work, appraisal: Appraisal) -> dict[str, InspectionReading]:
    """Key of a number -> with what it was read: one query."""
    own = select(InspectionReading).where(InspectionReading.appraisal_id == appraisal.id)
    return {reading.key: reading for reading in work.session.scalars(own)}


def without_instrument(work: Work, appraisal: Appraisal) -> tuple[str, ...]:
    """Keys of the measured numbers that stand there without the instrument they were read from, in the scheme's order."""
    read = readings_of(work, appraisal)
    kinds = kinds_measured(get_scheme(work, appraisal.scheme_id))
    return tuple(key for key in kinds if key in appraisal.findings and key not in read)


def how_answered(work: Work, appraisal: Appraisal) -> dict[str, str]:
    """Key -> how its present answer came about (see models.inspections.HOWS); without a word for keys never saved by a form."""
    own = select(InspectionChange).where(InspectionChange.appraisal_id == appraisal.id).order_by(InspectionChange.no)
    past: dict[str, list[tuple[int, str]]] = {}
    for change in work.session.scalars(own):
        for key in change.changes:
            if change.how == UNDO:
                past[key] = [each for each in past.get(key, []) if each[0] != change.undoes]
            else:
                past.setdefault(key, []).append((change.no, change.how))
    return {key: steps[-1][1] for key, steps in past.items() if steps and key in appraisal.findings}


def set_at_once(work: Work, appraisal: Appraisal) -> tuple[str, ...]:
    """Keys of the items that still have the answer of "nothing found" for a whole section, in the scheme's order."""
    how = how_answered(work, appraisal)
    return tuple(item.key for item in get_scheme(work, appraisal.scheme_id).items if how.get(item.key) == NO_FINDING)


def is_defect(item: Item, answer: str) -> bool:
    """Whether an answer says that something is wrong: a mark, a defect, or what costs points or must be told."""
    option = item.option(answer)
    if option is None:
        return item.kind == "marks"
    if option.state is not None:
        return option.state == "defect"
    return not option.outcome.is_free


def inspection_evidence(work: Work, appraisal: Appraisal) -> dict[str, Any]:
    """What a report freezes beside the answers: plain values only (RFC 8785 can write them).

    ``photos``: hashes, what they show, and the marks on them, numbered through the report; ``photos_waiting``: how many are not
    prepared yet (no report before they are); ``readings``: numbers with their instrument; ``measures``: numbers that support a
    finding; ``nothing_found``: how many items were set section by section, and which; ``without_photo``: defects without one;
    ``without_instrument``: measured numbers that name none; ``erasure``, ``seal``, ``documents_seen``: see gate_evidence.
    """
    scheme = get_scheme(work, appraisal.scheme_id)
    marks = marks_of_inspection(work, appraisal)
    photos: list[dict[str, Any]] = []
    waiting = number = 0
    for row, photo in photos_of_inspection(work, appraisal):
        waiting += photo.state == "received"
        if photo.state != "ready":
            continue
        drawn = []
        for mark in marks.get(row.id, []):
            number += 1
            drawn.append({"no": number, "item": mark.item_key, "code": mark.code, "degree": mark.degree, "box": _box(mark)})
        photos.append(
            {
                "photo": photo.code,
                "sha256": photo.sha256,
                "original_sha256": photo.upload_sha256,
                "width": photo.width,
                "height": photo.height,
                "item": row.item_key,
                "shot": row.shot,
                "added_at": iso_seconds(row.added_at),
                "marks": drawn,
            }
        )
    at_once = set_at_once(work, appraisal)
    shown = {each["item"] for each in photos} | {mark["item"] for each in photos for mark in each["marks"]}
    return {
        "photos": photos,
        "photos_waiting": waiting,
        "readings": [_reading(scheme, reading) for _key, reading in sorted(readings_of(work, appraisal).items())],
        "measures": _measures(scheme, appraisal.findings),
        **gate_evidence(work, appraisal),
        "nothing_found": {"count": len(at_once), "items": list(at_once)},
        "without_photo": [
            item.key
            for item in scheme.items
            if item.key in appraisal.findings and is_defect(item, appraisal.findings[item.key]) and item.key not in shown
        ],
        "without_instrument": list(without_instrument(work, appraisal)),
    }


def _box(mark: InspectionMark) -> list[int]:
    return [mark.x, mark.y, mark.width, mark.height]


def _reading(scheme: Scheme, reading: InspectionReading) -> dict[str, Any]:
    until = reading.calibrated_until
    return {
        "key": reading.key,
        "value": reading.value,
        "unit": _unit(scheme, reading.key),
        "instrument": reading.instrument,
        "calibrated_until": until.isoformat() if until else None,
        "read_at": iso_seconds(reading.read_at),
    }


def _unit(scheme: Scheme, key: str) -> str:
    if key in scheme.items_by_key:
        return scheme.items_by_key[key].unit
    measure = measures_by_key(scheme).get(key)
    return measure.unit if measure else next((fact.unit for fact in scheme.facts if fact.key == key), "")


def _measures(scheme: Scheme, findings: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"item": key.partition(".")[0], "measure": measure.code, "value": findings[key], "unit": measure.unit}
        for key, measure in measures_by_key(scheme).items()
        if key in findings
    ]
