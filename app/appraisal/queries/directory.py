"""The public register as its pages read it: agencies with their licences, appraisers with what they can show."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import func, select

from app.accounts import queries as accounts
from app.accounts.models import Membership, Organisation, User
from app.appraisal.errors import RegisterEntryNotFound
from app.appraisal.models import (
    Application,
    Calibration,
    Certificate,
    Course,
    Decision,
    Instrument,
    Licence,
    ProficiencyResult,
    ProficiencyTest,
    Report,
    Suspension,
)
from app.appraisal.queries.register import (
    Hindrance,
    confirmed_certificates,
    hindrances_of_standing,
    newest_licences,
    open_suspensions,
    standings,
)
from app.goods.models import CATEGORIES
from app.kernel.ids import is_code
from app.kernel.time import shanghai_day
from app.kernel.work import Work

Row = TypeVar("Row")

IN_FORCE, ENDED, COMING, WITHDRAWN, NONE = "in_force", "ended", "coming", "withdrawn", "none"


@dataclass(frozen=True)
class Scope:
    """What an agency holds in one category: the licence that counts today, and how it stands."""

    category: str
    state: str
    licence: Licence | None


@dataclass(frozen=True)
class AgencyEntry:
    agency: Organisation
    scopes: tuple[Scope, ...]  # of the categories in which it has or had a licence
    suspensions: tuple[Suspension, ...]  # open ones
    appraisers: int


def directory(work: Work) -> list[AgencyEntry]:
    """Every agency, by name. Four queries."""
    agencies = accounts.organisations(work, "agency")
    ids = [one.id for one in agencies]
    today = shanghai_day(work.now)
    licences = newest_licences(work, ids)
    suspended = open_suspensions(work, ids)
    active = Membership.until_at.is_(None) | (Membership.until_at > work.now)
    employed = (
        select(Membership.organisation_id, func.count().label("people"))
        .where(Membership.organisation_id.in_(ids), Membership.role == "appraiser", active)
        .group_by(Membership.organisation_id)
    )
    counted = {row.organisation_id: row.people for row in work.session.execute(employed)}
    return [
        AgencyEntry(
            agency=agency,
            scopes=tuple(scopes_of([one for one in licences if one.agency_id == agency.id], today)),
            suspensions=tuple(one for one in suspended if one.agency_id == agency.id),
            appraisers=counted.get(agency.id, 0),
        )
        for agency in agencies
    ]


def scopes_of(licences: Collection[Licence], today: date) -> list[Scope]:
    """How the newest versions of one agency's licences stand, by category; categories without any are left out."""
    found = []
    for category in CATEGORIES:
        own = [one for one in licences if one.category == category]
        if own:
            best = max(own, key=lambda one: (_rank(one, today), one.valid_until))
            found.append(Scope(category, state_of(best, today), best))
    return found


def state_of(licence: Licence | Certificate, today: date) -> str:
    if isinstance(licence, Licence) and licence.action == "withdrawn":
        return WITHDRAWN
    if today < licence.valid_from:
        return COMING
    return IN_FORCE if today <= licence.valid_until else ENDED


def _rank(licence: Licence, today: date) -> int:
    return {IN_FORCE: 3, COMING: 2, ENDED: 1, WITHDRAWN: 0}[state_of(licence, today)]


def agency_by_code(work: Work, code: str) -> Organisation:
    """An agency of the register. Raises RegisterEntryNotFound."""
    found = (
        work.session.scalars(select(Organisation).where(Organisation.code == code, Organisation.kind == "agency")).first()
        if is_code(code)
        else None
    )
    if found is None:
        raise RegisterEntryNotFound()
    return found


def licence_versions(work: Work, agency_id: int) -> list[Licence]:
    """Every version of every licence of the agency, newest first."""
    rows = select(Licence).where(Licence.agency_id == agency_id).order_by(Licence.decided_at.desc(), Licence.id.desc())
    return list(work.session.scalars(rows))


def suspensions_of(work: Work, agency_id: int) -> list[Suspension]:
    """All suspensions of the agency, lifted ones too, newest first."""
    rows = select(Suspension).where(Suspension.agency_id == agency_id).order_by(Suspension.id.desc())
    return list(work.session.scalars(rows))


def applications_of(work: Work, agency_id: int) -> list[Application]:
    """The agency's applications, newest first."""
    rows = select(Application).where(Application.agency_id == agency_id).order_by(Application.id.desc())
    return list(work.session.scalars(rows))


def waiting_applications(work: Work) -> list[Application]:
    """Applications that wait for the operator, oldest first."""
    rows = select(Application).where(Application.state == "submitted").order_by(Application.id)
    return list(work.session.scalars(rows))


def application_by_code(work: Work, code: str) -> Application:
    """Raises RegisterEntryNotFound."""
    found = work.session.scalars(select(Application).where(Application.code == code)).first() if is_code(code) else None
    if found is None:
        raise RegisterEntryNotFound()
    return found


# People


@dataclass(frozen=True)
class Paper:
    """A certificate with the newest decision about it (None: waits)."""

    certificate: Certificate
    decision: Decision | None

    def state(self, today: date) -> str:
        """waiting | refused | withdrawn, or how the confirmed certificate stands."""
        if self.decision is None:
            return "waiting"
        return state_of(self.certificate, today) if self.decision.decision == "confirmed" else self.decision.decision


@dataclass(frozen=True)
class PersonEntry:
    """An appraiser with the confirmed categories and what stops new work in each."""

    user: User
    categories: Mapping[str, list[Hindrance]]
    seniors: frozenset[str]


def appraiser_by_code(work: Work, code: str) -> User:
    """Somebody who is or was an appraiser. Raises RegisterEntryNotFound for everybody else."""
    found = work.session.scalars(select(User).where(User.code == code)).first() if is_code(code) else None
    if found is None or found.duty != "appraisal":
        raise RegisterEntryNotFound()
    return found


def people_of(work: Work, agency_id: int) -> list[PersonEntry]:
    """The agency's present appraisers, oldest membership first. The same number of queries for few and many."""
    people = accounts.members(work, agency_id, "appraiser")
    ids = [one.id for one in people]
    today = shanghai_day(work.now)
    held = confirmed_certificates(work, ids)
    standing = {category: standings(work, ids, category) for category in CATEGORIES}
    return [
        PersonEntry(
            user=person,
            categories={
                category: hindrances_of_standing(standing[category][person.id], today)
                for category in CATEGORIES
                if any(one.user_id == person.id and one.category == category for one in held)
            },
            seniors=frozenset(
                one.category
                for one in held
                if one.user_id == person.id and one.level == "senior" and one.valid_from <= today <= one.valid_until
            ),
        )
        for person in people
    ]


def papers_of(work: Work, user_id: int) -> list[Paper]:
    """Every certificate of the person with its newest decision, newest first. Two queries."""
    certificates = list(
        work.session.scalars(select(Certificate).where(Certificate.user_id == user_id).order_by(Certificate.id.desc()))
    )
    return _with_decisions(work, certificates)


def waiting_papers(work: Work) -> list[Paper]:
    """Certificates that nobody has decided about, oldest first."""
    decided = select(Decision.certificate_id).where(Decision.certificate_id.is_not(None))
    rows = select(Certificate).where(Certificate.id.not_in(decided)).order_by(Certificate.id)
    return [Paper(one, None) for one in work.session.scalars(rows)]


def paper_by_code(work: Work, code: str) -> Paper:
    """Raises RegisterEntryNotFound."""
    found = work.session.scalars(select(Certificate).where(Certificate.code == code)).first() if is_code(code) else None
    if found is None:
        raise RegisterEntryNotFound()
    return _with_decisions(work, [found])[0]


def _with_decisions(work: Work, certificates: list[Certificate]) -> list[Paper]:
    ids = [one.id for one in certificates]
    rows = select(Decision).where(Decision.certificate_id.in_(ids)).order_by(Decision.id)
    newest = {one.certificate_id: one for one in work.session.scalars(rows)}
    return [Paper(one, newest.get(one.id)) for one in certificates]


@dataclass(frozen=True)
class Lesson:
    """A course; ``struck``: why it no longer counts."""

    course: Course
    struck: Decision | None


def lessons_of(work: Work, user_id: int) -> list[Lesson]:
    """The person's courses, newest first. Two queries."""
    courses = list(
        work.session.scalars(select(Course).where(Course.user_id == user_id).order_by(Course.taken_on.desc(), Course.id.desc()))
    )
    rows = select(Decision).where(Decision.course_id.in_([one.id for one in courses]))
    struck = {one.course_id: one for one in work.session.scalars(rows)}
    return [Lesson(one, struck.get(one.id)) for one in courses]


def hours_by_year(lessons: Collection[Lesson]) -> dict[int, int]:
    """Hours that count, by calendar year, latest first."""
    found: dict[int, int] = {}
    for one in lessons:
        if one.struck is None:
            found[one.course.taken_on.year] = found.get(one.course.taken_on.year, 0) + one.course.hours
    return dict(sorted(found.items(), reverse=True))


def results_of(work: Work, user_id: int) -> list[ProficiencyResult]:
    """Proficiency results, newest first."""
    rows = select(ProficiencyResult).where(ProficiencyResult.user_id == user_id).order_by(ProficiencyResult.id.desc())
    return list(work.session.scalars(rows))


def open_tests(work: Work, user_id: int) -> list[ProficiencyTest]:
    """Tests that were begun and can still be handed in."""
    rows = select(ProficiencyTest).where(
        ProficiencyTest.user_id == user_id, ProficiencyTest.closed_at.is_(None), ProficiencyTest.due_at > work.now
    )
    return list(work.session.scalars(rows.order_by(ProficiencyTest.id)))


def own_test(work: Work, code: str) -> tuple[ProficiencyTest, ProficiencyResult | None]:
    """The acting appraiser's test and its result. Raises RegisterEntryNotFound."""
    test = work.session.scalars(select(ProficiencyTest).where(ProficiencyTest.code == code)).first() if is_code(code) else None
    if test is None or test.user_id != work.actor.user_id:
        raise RegisterEntryNotFound()
    result = work.session.scalars(select(ProficiencyResult).where(ProficiencyResult.test_id == test.id)).first()
    return test, result


@dataclass(frozen=True)
class Employment:
    agency: Organisation
    since_at: datetime
    until_at: datetime | None


def employments(work: Work, user_id: int) -> list[Employment]:
    """Where the person is and was an appraiser, latest first."""
    rows = (
        select(Organisation, Membership.since_at, Membership.until_at)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.user_id == user_id, Membership.role == "appraiser")
        .order_by(Membership.id.desc())
    )
    return [Employment(*row) for row in work.session.execute(rows)]


def reports_signed(work: Work, user_id: int) -> int:
    return work.session.scalar(select(func.count()).select_from(Report).where(Report.appraiser_id == user_id)) or 0


def suspension_by_code(work: Work, code: str) -> Suspension:
    """Raises RegisterEntryNotFound."""
    return _there(work.session.scalars(select(Suspension).where(Suspension.code == code)).first())


def licence_by_code(work: Work, code: str) -> Licence:
    """One version of a licence. Raises RegisterEntryNotFound."""
    return _there(work.session.scalars(select(Licence).where(Licence.code == code)).first())


def course_by_code(work: Work, code: str) -> Course:
    """Raises RegisterEntryNotFound."""
    return _there(work.session.scalars(select(Course).where(Course.code == code)).first())


def calibration_by_code(work: Work, code: str) -> tuple[Calibration, Organisation]:
    """A calibration and the agency whose instrument it is about. Raises RegisterEntryNotFound."""
    calibration = _there(work.session.scalars(select(Calibration).where(Calibration.code == code)).first())
    instrument = work.session.get_one(Instrument, calibration.instrument_id)
    return calibration, work.session.get_one(Organisation, instrument.agency_id)


def _there(row: Row | None) -> Row:
    if row is None:
        raise RegisterEntryNotFound()
    return row
