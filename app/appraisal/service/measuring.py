"""Numbers and the instruments they were read from."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from app.appraisal.guidance import measures_by_key
from app.appraisal.models import Appraisal, InspectionReading
from app.kernel.work import Work
from grading import Scheme, Words

LONGEST_NAME = 80
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

    A number given without an instrument keeps the one named before. A number taken back takes its reading with it.
    """
    keys = measured_keys(scheme) & answers.keys()
    if not keys:
        return {}
    own = select(InspectionReading).where(InspectionReading.appraisal_id == appraisal.id, InspectionReading.key.in_(keys))
    known = {reading.key: reading for reading in work.session.scalars(own)}
    refused: dict[str, Mapping[str, str]] = {}
    for key in sorted(keys):
        value, name = answers[key], " ".join(instruments.get(key, "").split())
        reading = known.get(key)
        if value == "":
            if reading is not None:
                work.session.delete(reading)
        elif len(name) > LONGEST_NAME:
            refused[key] = _TOO_LONG
        elif reading is not None:
            reading.value, reading.read_at, reading.by_id = value, work.now, work.actor.id
            reading.instrument = name or reading.instrument
        elif name:
            work.session.add(
                InspectionReading(
                    appraisal_id=appraisal.id, key=key, value=value, instrument=name, read_at=work.now, by_id=work.actor.id
                )
            )
    return refused
