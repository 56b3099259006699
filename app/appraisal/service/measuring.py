"""Numbers and the instruments they were read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from app.appraisal import queries
from app.appraisal.measured import demanded_for, kinds_measured
from app.appraisal.models import Appraisal, InspectionReading
from app.appraisal.parts import skipped
from app.appraisal.queries import Kit
from app.appraisal.requirements import kinds
from app.appraisal.states import AFTER_ISSUE
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from grading import GradeResult, Scheme, Words

LONGEST_NAME = 80
_UNKNOWN = Words(
    "“{name}”不在本机构的仪器登记里。请选登记的仪器，或填它的出厂编号。",
    "“{name}” is not among your agency's instruments. Please choose one, or enter its serial number as registered.",
)
_RETIRED = Words(
    "“{name}”已停用，读数不能采用。请换一台仪器。",
    "“{name}” is out of use and gives no reading. Please take another one.",
)
_OTHER_KIND = Words(
    "“{name}”测不了这一项：它登记为{kind}，这里要用{wanted}。",
    "“{name}” does not measure this: it is a registered “{kind}”, and this number needs a “{wanted}”.",
)
_OVERDUE = Words(
    "“{name}”今天没有有效的校准，读数不能采用。请换一台仪器，或先校准。",
    "“{name}” has no valid calibration today and gives no reading. Please take another one or have it calibrated.",
)
_TOO_LONG = Words("仪器名称最多 80 个字符。", "The name of an instrument has at most 80 characters.")


def note_readings(
    work: Work, appraisal: Appraisal, scheme: Scheme, answers: Mapping[str, str], instruments: Mapping[str, str]
) -> dict[str, Mapping[str, str]]:
    """Write down with what each number was read; returns the answers that the instrument refuses, with the reason.

    A number given without an instrument keeps the one named before, which must still be calibrated (unless a report is
    corrected: that was read then). A number taken back takes its reading with it; one that stands as it did is no new reading.
    Once an agency has registered instruments, a reading comes from one of them, of the number's kind and calibrated.
    """
    wanted = kinds_measured(scheme)
    keys = wanted.keys() & answers.keys()
    if not keys:
        return {}
    own = select(InspectionReading).where(InspectionReading.appraisal_id == appraisal.id, InspectionReading.key.in_(keys))
    known = {reading.key: reading for reading in work.session.scalars(own)}
    named = known.keys() | {key for key in keys if instruments.get(key, "").strip()}
    kits = queries.instruments(work, appraisal.agency_id, with_retired=True) if named else []
    refused: dict[str, Mapping[str, str]] = {}
    for key in sorted(named):
        given = " ".join(instruments.get(key, "").split())
        barred = _note(work, appraisal, kits, wanted[key], known.get(key), key=key, value=answers[key], given=given)
        if barred is not None:
            refused[key] = barred
    return refused


def _note(
    work: Work,
    appraisal: Appraisal,
    kits: Sequence[Kit],
    kind: str,
    reading: InspectionReading | None,
    *,
    key: str,
    value: str,
    given: str,
) -> Words | None:
    """One number and what it was read with: kept, changed, taken back; or why not."""
    if value == "":
        if reading is not None:
            work.session.delete(reading)
        return None
    name = given or (reading.instrument if reading is not None else "")
    is_same = reading is not None and reading.instrument == name
    if is_same and reading is not None and reading.value == value:
        return None
    kit = _found(kits, name, kind)
    is_corrected = is_same and appraisal.state in AFTER_ISSUE
    if not is_corrected:
        barred = _TOO_LONG if len(name) > LONGEST_NAME else _barred(work, kits, kit, name, kind)
        if barred is not None:
            return barred
    if reading is None:
        reading = InspectionReading(appraisal_id=appraisal.id, key=key)
        work.session.add(reading)
    reading.value, reading.read_at, reading.by_id = value, work.now, work.actor.id
    if not is_corrected:
        reading.instrument = kit.called if kit is not None else name
        reading.calibrated_until = kit.calibrated_until if kit is not None else None
    return None


def without_own_instrument(work: Work, appraisal: Appraisal, scheme: Scheme, result: GradeResult) -> tuple[str, ...]:
    """Required numbers that have to name an instrument before the report is signed: the agency has, or had, one of the kind.

    Of a correction none: what it corrects was read then, and the report names the numbers without an instrument.
    """
    if appraisal.state in AFTER_ISSUE:
        return ()
    bare = queries.without_instrument(work, appraisal)
    if not bare:
        return ()
    registered = queries.kinds_in_the_house(work, appraisal.agency_id)
    wanted, demanded, needless = kinds_measured(scheme), demanded_for(scheme), skipped(result)
    return tuple(key for key in bare if key in demanded and demanded[key] not in needless and wanted[key] in registered)


def likely_instruments(work: Work, appraisal: Appraisal, scheme: Scheme, keys: Sequence[str]) -> dict[str, str]:
    """What the page shows beside these numbers before anything is chosen: a line of codes takes the same."""
    wanted = {key: kind for key, kind in kinds_measured(scheme).items() if key in keys}
    if not wanted:
        return {}
    named = {key: reading.instrument for key, reading in queries.readings_of(work, appraisal).items()}
    beside = queries.instruments_beside(work, appraisal.agency_id, wanted, named) or {}
    return {key: each.likely for key, each in beside.items() if each.likely}


def _found(kits: Sequence[Kit], name: str, kind: str) -> Kit | None:
    """The instrument that is called so: of several (a tester of many things, a number used again) the one that fits best."""
    wanted = name.casefold()
    found = [kit for kit in kits if wanted in (kit.called.casefold(), kit.serial.casefold(), kit.code)]
    return max(found, key=lambda kit: (kit.kind == kind, kit.in_use), default=None)


def _barred(work: Work, kits: Sequence[Kit], kit: Kit | None, name: str, kind: str) -> Words | None:
    """Why no reading may come from this instrument; None where it may, and where the agency never registered one."""
    if not kits:
        return None
    if kit is None:
        return _said(_UNKNOWN, name)
    if kit.kind != kind:
        wanted = kinds().get(kind, {"zh": kind, "en": kind})
        return Words(
            _OTHER_KIND.zh.format(name=kit.called, kind=kit.name["zh"], wanted=wanted["zh"]),
            _OTHER_KIND.en.format(name=kit.called, kind=kit.name["en"], wanted=wanted["en"]),
        )
    if not kit.in_use:
        return _said(_RETIRED, kit.called)
    return None if queries.is_calibrated(kit, shanghai_day(work.now)) else _said(_OVERDUE, kit.called)


def _said(words: Words, name: str) -> Words:
    return Words(words.zh.format(name=name), words.en.format(name=name))
