"""Numbers and the instruments they were read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select

from app.appraisal import queries
from app.appraisal.guidance import measures_by_key
from app.appraisal.models import Appraisal, InspectionReading
from app.appraisal.queries import Kit
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from grading import Scheme, Words

LONGEST_NAME = 80
_UNKNOWN = Words(
    "“{name}”不在本机构的仪器登记里。请填登记的出厂编号。",
    "“{name}” is not among your agency's instruments. Please enter its serial number as registered.",
)
_OVERDUE = Words(
    "“{name}”今天没有有效的校准，读数不能采用。请换一台仪器，或先校准。",
    "“{name}” has no valid calibration today and gives no reading. Please take another one or have it calibrated.",
)
_TOO_LONG = Words("仪器名称最多 80 个字符。", "The name of an instrument has at most 80 characters.")


def measured_keys(scheme: Scheme) -> frozenset[str]:
    """Keys of the numbers that are read from an instrument: of items, facts and measures."""
    items = {item.key for item in scheme.items if item.kind == "number" and item.instrument is not None}
    facts = {fact.key for fact in scheme.facts if fact.kind == "number" and fact.unit in ("mA", "%")}
    return frozenset(items | facts | measures_by_key(scheme).keys())


def note_readings(
    work: Work, appraisal: Appraisal, scheme: Scheme, answers: Mapping[str, str], instruments: Mapping[str, str]
) -> dict[str, Mapping[str, str]]:
    """Write down with what each number was read; returns the answers that the instrument refuses, with the reason.

    A number given without an instrument keeps the one named before. A number taken back takes its reading with it. Once an agency
    has registered instruments, a reading comes from one of them, and only while its calibration holds.
    """
    keys = measured_keys(scheme) & answers.keys()
    if not keys:
        return {}
    own = select(InspectionReading).where(InspectionReading.appraisal_id == appraisal.id, InspectionReading.key.in_(keys))
    known = {reading.key: reading for reading in work.session.scalars(own)}
    refused: dict[str, Mapping[str, str]] = {}
    kits = queries.instruments(work, appraisal.agency_id) if any(instruments.get(key, "").strip() for key in keys) else []
    for key in sorted(keys):
        value, name = answers[key], " ".join(instruments.get(key, "").split())
        reading = known.get(key)
        if value == "":
            if reading is not None:
                work.session.delete(reading)
        elif len(name) > LONGEST_NAME:
            refused[key] = _TOO_LONG
        elif name and (barred := _barred(kits, name, work)) is not None:
            refused[key] = barred
        elif reading is not None:
            reading.value, reading.read_at, reading.by_id = value, work.now, work.actor.id
            reading.instrument = name or reading.instrument
            if name:
                reading.calibrated_until = _until(kits, name)
        elif name:
            work.session.add(
                InspectionReading(
                    appraisal_id=appraisal.id,
                    key=key,
                    value=value,
                    instrument=name,
                    calibrated_until=_until(kits, name),
                    read_at=work.now,
                    by_id=work.actor.id,
                )
            )
    return refused


def called(kit: Kit) -> str:
    """How the workbench names an instrument: maker, model and the serial number on it."""
    return " ".join(part for part in (kit.maker, kit.model, kit.serial) if part)


def _found(kits: Sequence[Kit], name: str) -> Kit | None:
    wanted = name.casefold()
    return next((kit for kit in kits if wanted in (called(kit).casefold(), kit.serial.casefold(), kit.code)), None)


def _barred(kits: Sequence[Kit], name: str, work: Work) -> Words | None:
    """Why no reading may come from this instrument; None where it may, and where the agency has registered none."""
    if not kits:
        return None
    kit = _found(kits, name)
    if kit is None:
        return Words(_UNKNOWN.zh.format(name=name), _UNKNOWN.en.format(name=name))
    if not queries.is_calibrated(kit, shanghai_day(work.now)):
        return Words(_OVERDUE.zh.format(name=called(kit)), _OVERDUE.en.format(name=called(kit)))
    return None


def _until(kits: Sequence[Kit], name: str) -> date | None:
    kit = _found(kits, name)
    return kit.calibrated_until if kit is not None else None
