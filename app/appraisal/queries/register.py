"""Who may take new work: licences, suspensions, certificates and proficiency as they stand on the day of ``work.now``.

``may_take_work`` is about an agency, ``appraiser_may`` about a person in it; an empty list means: may. What is listed stops new
work only: an inspection that was begun goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from app.accounts import queries as accounts
from app.accounts.models import Organisation, User
from app.appraisal.errors import (
    AgencyNotLicensed,
    AgencySuspended,
    CalibrationEnded,
    CertificateEnded,
    LicenceEnded,
    LicenceNotBegun,
    NotCertified,
    NotItsAppraiser,
    ProficiencyEnded,
    ProficiencyMissing,
    WorkStopped,
)
from app.appraisal.models import Certificate, Decision, Licence, ProficiencyResult, Suspension
from app.appraisal.queries.equipment import without_calibration
from app.kernel.time import shanghai_day
from app.kernel.work import Work


@dataclass(frozen=True)
class Hindrance:
    """One reason against new work. ``raise hindrance.refusal(**hindrance.values)`` refuses with it."""

    refusal: type[WorkStopped]
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.refusal.code

    @property
    def message(self) -> str:
        """An English message id; ``values`` fill it."""
        return self.refusal.message


def may_take_work(work: Work, agency_id: int, category: str) -> list[Hindrance]:
    """What keeps the agency from taking new work in the category today: its licence, its instruments, a suspension."""
    return hindrances_of_agencies(work, [agency_id], category)[agency_id]


def hindrances_of_agencies(work: Work, agency_ids: Collection[int], category: str) -> dict[int, list[Hindrance]]:
    """``may_take_work`` of several agencies in four queries."""
    today = shanghai_day(work.now)
    found: dict[int, list[Hindrance]] = {agency_id: [] for agency_id in agency_ids}
    licences = newest_licences(work, agency_ids)
    unmeasured = without_calibration(work, agency_ids, category)
    suspended = {one.agency_id: one for one in reversed(open_suspensions(work, agency_ids))}
    for agency_id, hindrances in found.items():
        own = [one for one in licences if one.agency_id == agency_id and one.category == category and one.action != "withdrawn"]
        if not any(one.valid_from <= today <= one.valid_until for one in own):
            hindrances.append(_without_licence(own, today))
        if agency_id in unmeasured:
            kit = unmeasured[agency_id]
            hindrances.append(Hindrance(CalibrationEnded, {"instrument": f"{kit.maker} {kit.model} {kit.serial}"}))
        if agency_id in suspended:
            one = suspended[agency_id]
            hindrances.append(Hindrance(AgencySuspended, {"day": _iso(shanghai_day(one.since_at)), "reason": one.reason}))
    return found


def may_sign(work: Work, agency_id: int) -> list[Hindrance]:
    """What keeps the agency's appraisers from signing today: a suspension only. An expired licence stops no begun work."""
    return [
        Hindrance(AgencySuspended, {"day": _iso(shanghai_day(one.since_at)), "reason": one.reason})
        for one in open_suspensions(work, [agency_id])[:1]
    ]


def may_sign_as(work: Work, user_id: int, category: str, *, senior: bool = False) -> bool:
    """Whether the person still stands for a signature: a confirmed certificate, be it expired (what was begun is finished), not
    one that was withdrawn or refused. For a senior's signature it is of the senior level."""
    held = confirmed_certificates(work, [user_id], category)
    return any(one.level == "senior" or not senior for one in held)


def agencies_for(work: Work, category: str) -> list[Organisation]:
    """Agencies that may take new work in the category today, by name."""
    every = accounts.organisations(work, "agency")
    hindered = hindrances_of_agencies(work, [one.id for one in every], category)
    return [one for one in every if not hindered[one.id]]


def staffed_agencies(work: Work, category: str) -> list[Organisation]:
    """Those of them that have an appraiser of the category now, by name: only they can be asked."""
    agencies = agencies_for(work, category)
    people = accounts.members_by_organisation(work, [one.id for one in agencies], "appraiser")
    standing, today = standings(work, {who for each in people.values() for who in each}, category), shanghai_day(work.now)
    able = {who for who, one in standing.items() if not hindrances_of_standing(one, today)}
    return [one for one in agencies if able.intersection(people.get(one.id, ()))]


def newest_licences(work: Work, agency_ids: Iterable[int] | None = None) -> list[Licence]:
    """The version that counts of every licence (withdrawn ones too), oldest licence first; of all agencies when None."""
    later = aliased(Licence)
    newer = and_(later.licence_no == Licence.licence_no, later.category == Licence.category, later.version > Licence.version)
    found = select(Licence).outerjoin(later, newer).where(later.id.is_(None)).order_by(Licence.valid_from, Licence.id)
    if agency_ids is not None:
        found = found.where(Licence.agency_id.in_(list(agency_ids)))
    return list(work.session.scalars(found))


def open_suspensions(work: Work, agency_ids: Iterable[int]) -> list[Suspension]:
    """Suspensions that were not lifted, the earliest first."""
    rows = select(Suspension).where(Suspension.agency_id.in_(list(agency_ids)), Suspension.lifted_at.is_(None))
    return list(work.session.scalars(rows.order_by(Suspension.id)))


# People


@dataclass(frozen=True)
class Standing:
    """What counts for one person and category today: the best confirmed certificate and the passed test that hold longest."""

    certificate: Certificate | None
    result: ProficiencyResult | None


def appraiser_may(work: Work, user_id: int, agency_id: int, category: str) -> list[Hindrance]:
    """What keeps this person from taking new work in the category for the agency today."""
    employed = user_id in {one.id for one in accounts.members(work, agency_id, "appraiser")}
    found = [] if employed else [Hindrance(NotItsAppraiser)]
    return found + hindrances_of_standing(standings(work, [user_id], category)[user_id], shanghai_day(work.now))


def appraisers_for(work: Work, agency_id: int, category: str) -> list[User]:
    """The agency's appraisers who may take new work in the category today, oldest membership first."""
    people = accounts.members(work, agency_id, "appraiser")
    today = shanghai_day(work.now)
    standing = standings(work, [one.id for one in people], category)
    return [one for one in people if not hindrances_of_standing(standing[one.id], today)]


def is_senior(work: Work, user_id: int, category: str) -> bool:
    """Whether the person holds a confirmed certificate of the senior level that is in force today."""
    today = shanghai_day(work.now)
    held = confirmed_certificates(work, [user_id], category)
    return any(one.level == "senior" and one.valid_from <= today <= one.valid_until for one in held)


def standings(work: Work, user_ids: Collection[int], category: str) -> dict[int, Standing]:
    """The standing of several people in one category."""
    today = shanghai_day(work.now)
    certificates: dict[int, Certificate] = {}
    for one in confirmed_certificates(work, user_ids, category):
        held = certificates.get(one.user_id)
        if one.valid_from <= today and (held is None or one.valid_until > held.valid_until):
            certificates[one.user_id] = one
    passed: dict[int, ProficiencyResult] = {}
    rows = select(ProficiencyResult).where(
        ProficiencyResult.user_id.in_(list(user_ids)),
        ProficiencyResult.category == category,
        ProficiencyResult.valid_until.is_not(None),
    )
    for result in work.session.scalars(rows.order_by(ProficiencyResult.valid_until, ProficiencyResult.id)):
        passed[result.user_id] = result
    return {user_id: Standing(certificates.get(user_id), passed.get(user_id)) for user_id in user_ids}


def confirmed_certificates(work: Work, user_ids: Collection[int], category: str | None = None) -> list[Certificate]:
    """Certificates whose newest decision is a confirmation, oldest first; in force or not."""
    later = aliased(Decision)
    newer = and_(later.certificate_id == Decision.certificate_id, later.id > Decision.id)
    rows = (
        select(Certificate)
        .join(Decision, Decision.certificate_id == Certificate.id)
        .outerjoin(later, newer)
        .where(later.id.is_(None), Decision.decision == "confirmed", Certificate.user_id.in_(list(user_ids)))
        .order_by(Certificate.id)
    )
    if category is not None:
        rows = rows.where(Certificate.category == category)
    return list(work.session.scalars(rows))


def hindrances_of_standing(standing: Standing, today: date) -> list[Hindrance]:
    """What this standing lacks for new work on the day."""
    found = []
    if standing.certificate is None:
        found.append(Hindrance(NotCertified))
    elif standing.certificate.valid_until < today:
        found.append(Hindrance(CertificateEnded, {"day": _iso(standing.certificate.valid_until)}))
    until = standing.result.valid_until if standing.result else None
    if until is None:
        found.append(Hindrance(ProficiencyMissing))
    elif until < today:
        found.append(Hindrance(ProficiencyEnded, {"day": _iso(until)}))
    return found


def _without_licence(own: list[Licence], today: date) -> Hindrance:
    """Why none of these licences, which are not in force today, lets the agency work."""
    coming = [one.valid_from for one in own if one.valid_from > today]
    if coming:
        return Hindrance(LicenceNotBegun, {"day": _iso(min(coming))})
    if own:
        return Hindrance(LicenceEnded, {"day": _iso(max(one.valid_until for one in own))})
    return Hindrance(AgencyNotLicensed)


def _iso(day: date) -> str:
    return day.isoformat()
