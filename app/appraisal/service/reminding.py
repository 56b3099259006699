"""Reminders before something in the register ends: 60, 30 and 7 days, to the appraiser and to the managers, once each.

One deadline waits per entry; when it fires it tells whoever must act, if the entry still counts, and sets the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta

from app.accounts import queries as accounts
from app.appraisal.models import Calibration, Certificate, Instrument, Licence, ProficiencyResult
from app.appraisal.queries.equipment import instruments
from app.appraisal.queries.learning import hours_in
from app.appraisal.queries.register import confirmed_certificates, newest_licences, standings
from app.appraisal.requirements import requirements
from app.kernel.deadlines import set_deadline
from app.kernel.text import N_
from app.kernel.time import SHANGHAI, shanghai_day
from app.kernel.work import Work
from app.notices.service import notify

HOUR = 9  # reminders come in the morning
Told = tuple[int, str]  # whom, and the page that helps


# Licences


def arm_licence(work: Work, licence: Licence) -> None:
    if (due := _next(work, licence.valid_until)) is not None:
        set_deadline(work, "agency_licence", licence.id, "reminder", due)


def on_licence_reminder(work: Work, licence_id: int) -> None:
    licence = work.session.get_one(Licence, licence_id)
    own = [one for one in newest_licences(work, [licence.agency_id]) if one.category == licence.category]
    if licence.id not in {one.id for one in own} or licence.action == "withdrawn":
        return
    if any(one.action != "withdrawn" and one.valid_until > licence.valid_until for one in own):
        return  # renewed already
    text = N_("The agency's licence %(number)s ends on %(day)s, in %(days)s days. After that day the agency takes no new work.")
    people = _people_of(work, licence.agency_id)
    _tell(work, people, text, {"number": licence.licence_no}, licence.valid_until, f"licence:{licence.code}")
    arm_licence(work, licence)


# Certificates


def arm_certificate(work: Work, certificate: Certificate) -> None:
    if (due := _next(work, certificate.valid_until)) is not None:
        set_deadline(work, "appraiser_certificate", certificate.id, "reminder", due)


def on_certificate_reminder(work: Work, certificate_id: int) -> None:
    certificate = work.session.get_one(Certificate, certificate_id)
    held = confirmed_certificates(work, [certificate.user_id], certificate.category)
    if certificate.id not in {one.id for one in held} or any(one.valid_until > certificate.valid_until for one in held):
        return
    text = N_(
        "The appraiser's certificate %(number)s of %(name)s ends on %(day)s, in %(days)s days. After that day: no new work."
    )
    values = {"number": certificate.number, "name": accounts.user_by_id(work, certificate.user_id).display_name}
    people = _person_and_managers(work, certificate.user_id)
    _tell(work, people, text, values, certificate.valid_until, f"certificate:{certificate.code}")
    arm_certificate(work, certificate)


# Calibrations


def arm_calibration(work: Work, calibration: Calibration) -> None:
    if (due := _next(work, calibration.valid_until)) is not None:
        set_deadline(work, "instrument_calibration", calibration.id, "reminder", due)


def on_calibration_reminder(work: Work, calibration_id: int) -> None:
    calibration = work.session.get_one(Calibration, calibration_id)
    instrument = work.session.get_one(Instrument, calibration.instrument_id)
    kit = next((one for one in instruments(work, instrument.agency_id, instrument.kind) if one.id == instrument.id), None)
    if kit is None or not kit.calibrations or kit.calibrations[0].id != calibration.id:
        return  # retired, or calibrated anew
    text = N_("The calibration of the %(name)s ends on %(day)s, in %(days)s days. After that day no readings are taken from it.")
    values = {"name": f"{instrument.maker} {instrument.model} ({instrument.serial})"}
    people = _people_of(work, instrument.agency_id)
    _tell(work, people, text, values, calibration.valid_until, f"calibration:{calibration.code}")
    arm_calibration(work, calibration)


# Proficiency tests


def arm_proficiency(work: Work, result: ProficiencyResult) -> None:
    if result.valid_until is not None and (due := _next(work, result.valid_until)) is not None:
        set_deadline(work, "proficiency_result", result.id, "reminder", due)


def on_proficiency_reminder(work: Work, result_id: int) -> None:
    result = work.session.get_one(ProficiencyResult, result_id)
    newest = standings(work, [result.user_id], result.category)[result.user_id].result
    if newest is None or newest.id != result.id or result.valid_until is None:
        return
    text = N_("The proficiency test of %(name)s is valid until %(day)s, %(days)s days more. Please take a new one before.")
    values = {"name": accounts.user_by_id(work, result.user_id).display_name}
    _tell(work, _person_and_managers(work, result.user_id), text, values, result.valid_until, f"proficiency:{result.code}")
    arm_proficiency(work, result)


# Hours of continuing education, which are counted by calendar year


def arm_hours(work: Work, user_id: int) -> None:
    """Set the next reminder of the hours of this year; of the next year when this one has none left."""
    year = shanghai_day(work.now).year
    due = _next(work, date(year, 12, 31)) or _next(work, date(year + 1, 12, 31))
    if due is not None:
        set_deadline(work, "education_hours", user_id, "reminder", due)


def on_hours_reminder(work: Work, user_id: int) -> None:
    year = shanghai_day(work.now).year
    needed, done = requirements().education.hours_per_year, hours_in(work, user_id, year)
    if done < needed:
        text = N_("%(name)s has %(done)s of %(needed)s hours of continuing education this year. The year ends in %(days)s days.")
        values = {"name": accounts.user_by_id(work, user_id).display_name, "done": str(done), "needed": str(needed)}
        _tell(work, _person_and_managers(work, user_id), text, values, date(year, 12, 31), f"hours:{user_id}:{year}")
    arm_hours(work, user_id)


# When, and whom


def _next(work: Work, last_day: date) -> datetime | None:
    """When the next reminder of something that ends with this day is due; None when all of them lie behind."""
    days = [last_day - timedelta(days=before) for before in requirements().reminder_days]
    moments = [datetime.combine(day, time(HOUR), tzinfo=SHANGHAI) for day in days]
    return min((moment for moment in moments if moment > work.now), default=None)


def _tell(work: Work, people: Iterable[Told], text: str, values: Mapping[str, str], last_day: date, about: str) -> None:
    """Tell everybody once per stage; a reminder that comes late says the days that are really left."""
    left = (last_day - shanghai_day(work.now)).days
    if left < 0:
        return
    stage = min((days for days in requirements().reminder_days if days >= left), default=left)
    for person_id, link in people:
        notify(
            work,
            person_id,
            text=text,
            values={**values, "day": last_day.isoformat(), "days": str(left)},
            link=link,
            key=f"register.{about}:{stage}",
        )


def _people_of(work: Work, agency_id: int) -> list[Told]:
    """The managers and the appraisers of the agency, each once, with the page where they can do something about it."""
    managers = {one.id for one in accounts.members(work, agency_id, "manager")}
    public = f"/registry/agencies/{accounts.organisation_by_id(work, agency_id).code}"
    return [(one.id, "/agency" if one.id in managers else public) for one in accounts.members(work, agency_id)]


def _person_and_managers(work: Work, user_id: int) -> list[Told]:
    told = {user_id: "/appraiser/me"}
    for membership, organisation in accounts.memberships_of(work, user_id):
        if membership.role == "appraiser":
            for manager in accounts.members(work, organisation.id, "manager"):
                told.setdefault(manager.id, "/agency")
    return list(told.items())
