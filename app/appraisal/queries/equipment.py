"""An agency's instruments and whether they are calibrated."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.appraisal.errors import RegisterEntryNotFound
from app.appraisal.models import Calibration, Decision, Instrument
from app.appraisal.policy import require_manager
from app.appraisal.requirements import kinds, needs_calibration, requirements
from app.kernel.time import shanghai_day
from app.kernel.work import Work


@dataclass(frozen=True)
class Kit:
    """One instrument with its calibrations that were not struck, newest first. ``name`` is that of its kind."""

    id: int
    code: str
    kind: str
    name: Mapping[str, str]
    maker: str
    model: str
    serial: str
    in_use: bool
    retire_reason: str | None
    calibrations: tuple[Calibration, ...]

    @property
    def called(self) -> str:
        """As the workbench names it: maker, model and the serial number on it."""
        return " ".join(part for part in (self.maker, self.model, self.serial) if part)

    @property
    def needs_calibration(self) -> bool:
        return needs_calibration(self.kind)

    @property
    def calibrated_until(self) -> date | None:
        """The last day of the newest calibration; None when there is none, or none is needed."""
        return self.calibrations[0].valid_until if self.needs_calibration and self.calibrations else None


def instruments(work: Work, agency_id: int, kind: str | None = None, *, with_retired: bool = False) -> list[Kit]:
    """The agency's instruments in use, by kind and age. Two queries."""
    rows = select(Instrument).where(Instrument.agency_id == agency_id)
    if kind is not None:
        rows = rows.where(Instrument.kind == kind)
    if not with_retired:
        rows = rows.where(Instrument.retired_at.is_(None))
    return _kits(work, list(work.session.scalars(rows.order_by(Instrument.kind, Instrument.id))))


def without_calibration(work: Work, agency_ids: Collection[int], category: str) -> dict[int, Kit]:
    """For each agency that could not measure today: an instrument of a kind that the category asks for, of which none is usable.

    One out of use still says that the agency measures with this kind: taking it away does not lift the stop, unless it was never
    calibrated. A kind that the agency never had is a matter of its licence. Three queries.
    """
    asked = {each.kind for each in requirements().categories[category].equipment if needs_calibration(each.kind)}
    rows = select(Instrument).where(Instrument.agency_id.in_(agency_ids), Instrument.kind.in_(asked))
    of_one_kind: dict[tuple[int, str], list[Kit]] = {}
    found = list(work.session.scalars(rows.order_by(Instrument.id)))
    mistaken = _by_mistake(work, found)
    for one, kit in zip(found, _kits(work, found), strict=True):
        if one.id in mistaken:
            continue
        of_one_kind.setdefault((one.agency_id, one.kind), []).append(kit)
    today = shanghai_day(work.now)
    return {
        agency_id: next((kit for kit in kits if kit.in_use), kits[-1])
        for (agency_id, _kind), kits in of_one_kind.items()
        if not any(is_calibrated(kit, today) for kit in kits)
    }


def kinds_in_the_house(work: Work, agency_id: int) -> set[str]:
    """The kinds of which the agency has, or had, an instrument; not what was registered by mistake. Two queries."""
    found = list(work.session.scalars(select(Instrument).where(Instrument.agency_id == agency_id)))
    mistaken = _by_mistake(work, found)
    return {one.kind for one in found if one.id not in mistaken}


def _by_mistake(work: Work, found: Collection[Instrument]) -> set[int]:
    """Which were taken out of use without ever having been calibrated, though their kind is: nobody measured with them."""
    out = {one.id for one in found if one.retired_at is not None and needs_calibration(one.kind)}
    if not out:
        return out
    calibrated = select(Calibration.instrument_id).where(Calibration.instrument_id.in_(out))
    return out - set(work.session.scalars(calibrated))


def _kits(work: Work, found: list[Instrument]) -> list[Kit]:
    own: dict[int, list[Calibration]] = {one.id: [] for one in found}
    struck = select(Decision.calibration_id).where(Decision.calibration_id.is_not(None))
    calibrations = select(Calibration).where(Calibration.instrument_id.in_(own), Calibration.id.not_in(struck))
    for calibration in work.session.scalars(calibrations.order_by(Calibration.done_on.desc(), Calibration.id.desc())):
        own[calibration.instrument_id].append(calibration)
    return [_kit(one, own[one.id]) for one in found]


@dataclass(frozen=True)
class Beside:
    """What may be named beside a number: the agency's calibrated instruments of its kind. ``likely``: the one that is meant
    unless another is chosen, "" where it could be several."""

    names: tuple[str, ...]
    likely: str


def instruments_beside(
    work: Work, agency_id: int, wanted: Mapping[str, str], named: Mapping[str, str]
) -> dict[str, Beside] | None:
    """Key of a number -> what may be named beside it; None for an agency that never registered an instrument.

    ``wanted``: key -> kind of its instrument; ``named``: key -> the instrument that this inspection names already. Of several of
    one kind the likely one is what this inspection has used before. Two queries.
    """
    every = instruments(work, agency_id, with_retired=True)
    if not every:
        return None
    today = shanghai_day(work.now)
    usable = [kit for kit in every if is_calibrated(kit, today)]
    used = set(named.values())
    found = {}
    for key, kind in wanted.items():
        names = tuple(kit.called for kit in usable if kit.kind == kind)
        again = [name for name in names if name in used]
        likely = named.get(key) or (names[0] if len(names) == 1 else again[0] if len(again) == 1 else "")
        found[key] = Beside(names if not likely or likely in names else (*names, likely), likely)
    return found


def own_instrument(work: Work, code: str) -> Kit:
    """An instrument of the agency whose manager the actor is, in use or not. Raises RegisterEntryNotFound."""
    agency_id = require_manager(work)
    found = next((kit for kit in instruments(work, agency_id, with_retired=True) if kit.code == code), None)
    if found is None:
        raise RegisterEntryNotFound()
    return found


def is_calibrated(instrument: Kit, day: date) -> bool:
    """Whether a reading of that day may come from it: in use, and its last calibration before still holds (if it needs one)."""
    if not instrument.in_use:
        return False
    if not instrument.needs_calibration:
        return True
    latest = next((one for one in instrument.calibrations if one.done_on <= day), None)
    return latest is not None and day <= latest.valid_until


def _kit(one: Instrument, calibrations: list[Calibration]) -> Kit:
    return Kit(
        id=one.id,
        code=one.code,
        kind=one.kind,
        name=kinds().get(one.kind, {"zh": one.kind, "en": one.kind}),
        maker=one.maker,
        model=one.model,
        serial=one.serial,
        in_use=one.retired_at is None,
        retire_reason=one.retire_reason,
        calibrations=tuple(calibrations),
    )
