"""How an agency compares with what a licence asks for: counted from the register, never typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.accounts import queries as accounts
from app.appraisal.queries.equipment import instruments, is_calibrated
from app.appraisal.queries.register import confirmed_certificates
from app.appraisal.requirements import kinds, requirements
from app.kernel.time import shanghai_day
from app.kernel.work import Work


@dataclass(frozen=True)
class Point:
    """One thing that is asked for. ``code`` names it: area_m2, appraisers, seniors, or a kind of equipment."""

    code: str
    name: Mapping[str, str] | None  # of a kind of equipment
    needed: int
    found: int
    confidence: str
    source: str

    @property
    def met(self) -> bool:
        return self.found >= self.needed


@dataclass(frozen=True)
class Admission:
    """Everything that a licence in a category asks for, and what there is."""

    points: tuple[Point, ...]

    @property
    def unmet(self) -> list[str]:
        return [point.code for point in self.points if not point.met]

    def to_json(self) -> list[dict[str, Any]]:
        return [{"code": one.code, "needed": one.needed, "found": one.found} for one in self.points]


def admission(work: Work, agency_id: int, category: str, area_m2: int) -> Admission:
    """What the agency has today beside what is asked: equipment in use (calibrated where needed), certified people, area."""
    asked = requirements().categories[category]
    today = shanghai_day(work.now)
    usable = [kit.kind for kit in instruments(work, agency_id) if is_calibrated(kit, today)]
    people = [one.id for one in accounts.members(work, agency_id, "appraiser")]
    held = [one for one in confirmed_certificates(work, people, category) if one.valid_from <= today <= one.valid_until]
    seniors = {one.user_id for one in held if one.level == "senior"}
    others = len({one.user_id for one in held}) - min(len(seniors), asked.people.seniors)
    staff = (("appraisers", asked.people.appraisers, others), ("seniors", asked.people.seniors, len(seniors)))
    points = [Point("area_m2", None, asked.area_m2.least, area_m2, asked.area_m2.confidence, asked.area_m2.source)]
    points += [
        Point(code, None, needed, found, asked.people.confidence, asked.people.source) for code, needed, found in staff if needed
    ]
    points += [
        Point(one.kind, kinds()[one.kind], 1, usable.count(one.kind), one.confidence, one.source) for one in asked.equipment
    ]
    return Admission(tuple(points))
