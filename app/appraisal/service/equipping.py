"""An agency's instruments: added, calibrated, retired."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.appraisal.errors import RegisterEntryNotFound
from app.appraisal.models import Calibration, Decision, Instrument
from app.appraisal.policy import require_manager, require_operator
from app.appraisal.requirements import kinds, needs_calibration
from app.appraisal.service import reminding
from app.kernel.audit import record
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work

LONGEST = 80  # code points of a maker, a model, a number
TOO_SHORT = N_("Please fill this in.")
IN_FUTURE = N_("This day lies in the future.")


def add_instrument(work: Work, kind: str, maker: str, model: str, serial: str) -> Instrument:
    """Put an instrument into the register of the manager's agency.

    Raises ManagersOnly, InvalidInput by field; one of this kind with the same maker, model and number that is in use.
    """
    agency_id = require_manager(work)
    given = {"maker": maker.strip(), "model": model.strip(), "serial": serial.strip()}
    errors = {name: TOO_SHORT for name, text in given.items() if not 1 <= len(text) <= LONGEST}
    if kind not in kinds():
        errors["kind"] = N_("Please choose one of the answers.")
    if errors:
        raise InvalidInput(errors)
    instrument = Instrument(agency_id=agency_id, kind=kind, **given, added_by_id=work.actor.id, added_at=work.now)
    try:
        with work.session.begin_nested():
            work.session.add(instrument)
    except IntegrityError as taken:
        raise InvalidInput({"serial": N_("An instrument with this maker, model and number is in use already.")}) from taken
    record(work, "instrument.add", "agency_instrument", instrument.id, {"instrument": instrument.code, "kind": kind})
    return instrument


def retire_instrument(work: Work, code: str, reason: str) -> Instrument:
    """Take it out of use, for good. Its readings and calibrations stay readable."""
    instrument = _own(work, code)
    if len(reason.strip()) < 2:
        raise InvalidInput({"reason": TOO_SHORT})
    retired = work.session.execute(
        update(Instrument)
        .where(Instrument.id == instrument.id, Instrument.retired_at.is_(None))
        .values(retired_at=work.now, retire_reason=reason.strip())
        .execution_options(synchronize_session=False)
    )
    if retired.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict()
    work.session.refresh(instrument)
    record(work, "instrument.retire", "agency_instrument", instrument.id, {"instrument": code})
    return instrument


def calibrate(work: Work, code: str, done_on: date, valid_until: date, certificate_no: str, laboratory: str) -> Calibration:
    """Record a laboratory's certificate about an instrument of the manager's agency. Raises InvalidInput by field."""
    instrument = _own(work, code)
    errors: dict[str, str] = {}
    if not needs_calibration(instrument.kind):
        errors[""] = N_("Instruments of this kind need no calibration.")
    if done_on > shanghai_day(work.now):
        errors["done_on"] = IN_FUTURE
    if valid_until < done_on:
        errors["valid_until"] = N_("The last day must not lie before the first.")
    if not 3 <= len(certificate_no.strip()) <= LONGEST:
        errors["certificate_no"] = TOO_SHORT
    if not 2 <= len(laboratory.strip()) <= LONGEST:
        errors["laboratory"] = TOO_SHORT
    if errors:
        raise InvalidInput(errors)
    calibration = Calibration(
        instrument_id=instrument.id,
        done_on=done_on,
        valid_until=valid_until,
        certificate_no=certificate_no.strip(),
        laboratory=laboratory.strip(),
        recorded_by_id=work.actor.id,
        recorded_at=work.now,
    )
    try:
        with work.session.begin_nested():
            work.session.add(calibration)
    except IntegrityError as twice:
        raise InvalidInput({"certificate_no": N_("This certificate is recorded already.")}) from twice
    detail = {"instrument": code, "certificate": calibration.certificate_no, "valid_until": valid_until.isoformat()}
    record(work, "instrument.calibrate", "agency_instrument", instrument.id, detail)
    reminding.arm_calibration(work, calibration)
    return calibration


def strike_calibration(work: Work, code: str, reason: str) -> Decision:
    """The operator strikes a calibration that is wrong: it no longer counts, and everybody reads why."""
    operator_id = require_operator(work)
    calibration = work.session.scalars(select(Calibration).where(Calibration.code == code)).first()
    if calibration is None:
        raise RegisterEntryNotFound()
    if len(reason.strip()) < 5:
        raise InvalidInput({"reason": TOO_SHORT})
    struck = Decision(
        calibration_id=calibration.id, decision="struck", reason=reason.strip(), decided_by_id=operator_id, decided_at=work.now
    )
    work.session.add(struck)
    work.session.flush()
    record(work, "calibration.strike", "instrument_calibration", calibration.id, {"calibration": code})
    return struck


def _own(work: Work, code: str) -> Instrument:
    agency_id = require_manager(work)
    found = work.session.scalars(select(Instrument).where(Instrument.code == code)).first()
    if found is None or found.agency_id != agency_id:
        raise RegisterEntryNotFound()
    return found
