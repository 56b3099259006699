"""New work is refused while the register says no; a signature only while the agency is suspended."""

from __future__ import annotations

from collections.abc import Sequence

from app.appraisal.queries import Hindrance, appraiser_may, may_sign, may_take_work
from app.kernel.work import Work


def require_agency_may(work: Work, agency_id: int, category: str) -> None:
    """Raises the first WorkStopped that keeps the agency from new work in the category."""
    _refuse(may_take_work(work, agency_id, category))


def require_appraiser_may(work: Work, agency_id: int, category: str) -> None:
    """Raises the first WorkStopped that keeps the agency or the acting appraiser from new work in the category."""
    require_agency_may(work, agency_id, category)
    _refuse(appraiser_may(work, work.actor.id, agency_id, category))


def require_may_sign(work: Work, agency_id: int) -> None:
    """Raises AgencySuspended while the agency is suspended; answers stay as they are."""
    _refuse(may_sign(work, agency_id))


def _refuse(hindrances: Sequence[Hindrance]) -> None:
    for one in hindrances:
        raise one.refusal(**one.values)
