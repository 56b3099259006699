"""What an appraiser can show: certificates handed in and decided about, courses recorded and struck."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.appraisal.errors import RegisterEntryNotFound
from app.appraisal.models import LEVELS, Certificate, Course, Decision
from app.appraisal.policy import require_appraiser, require_operator
from app.appraisal.service import reminding
from app.goods.models import CATEGORIES
from app.kernel.audit import record
from app.kernel.errors import Conflict, InvalidInput
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.notices.service import notify

LONGEST = 80  # code points
MOST_HOURS = 200
CHOOSE = N_("Please choose one of the answers.")
FILL_IN = N_("Please fill this in.")


def hand_in_certificate(
    work: Work, category: str, level: str, number: str, issuer: str, valid_from: date, valid_until: date
) -> Certificate:
    """The appraiser hands in a certificate of their own; it counts once the operator has confirmed it.

    Raises AppraisersOnly, InvalidInput by field.
    """
    user_id = require_appraiser(work)
    errors: dict[str, str] = {}
    if category not in CATEGORIES:
        errors["category"] = CHOOSE
    if level not in LEVELS:
        errors["level"] = CHOOSE
    if not 3 <= len(number.strip()) <= LONGEST:
        errors["number"] = FILL_IN
    if not 2 <= len(issuer.strip()) <= LONGEST:
        errors["issuer"] = FILL_IN
    if valid_until < valid_from:
        errors["valid_until"] = N_("The last day must not lie before the first.")
    if errors:
        raise InvalidInput(errors)
    certificate = Certificate(
        user_id=user_id,
        category=category,
        level=level,
        number=number.strip(),
        issuer=issuer.strip(),
        valid_from=valid_from,
        valid_until=valid_until,
        recorded_by_id=user_id,
        recorded_at=work.now,
    )
    try:
        with work.session.begin_nested():
            work.session.add(certificate)
    except IntegrityError as twice:
        raise InvalidInput({"number": N_("You have handed in this certificate already.")}) from twice
    detail = {"certificate": certificate.code, "category": category, "level": level}
    record(work, "certificate.hand_in", "appraiser_certificate", certificate.id, detail)
    return certificate


def decide_certificate(work: Work, code: str, decision: str, reason: str = "") -> Decision:
    """The operator confirms or refuses what waits, or withdraws what was confirmed. Raises Conflict for any other order."""
    operator_id = require_operator(work)
    certificate = work.session.scalars(select(Certificate).where(Certificate.code == code).with_for_update()).first()
    if certificate is None:
        raise RegisterEntryNotFound()
    earlier = work.session.scalars(
        select(Decision.decision).where(Decision.certificate_id == certificate.id).order_by(Decision.id.desc())
    ).first()
    if decision not in {None: ("confirmed", "refused"), "confirmed": ("withdrawn",)}.get(earlier, ()):
        raise Conflict()
    reason = reason.strip()
    if decision != "confirmed" and len(reason) < 5:
        raise InvalidInput({"reason": N_("Please say why, in words that the appraiser understands.")})
    made = Decision(
        certificate_id=certificate.id, decision=decision, reason=reason, decided_by_id=operator_id, decided_at=work.now
    )
    work.session.add(made)
    work.session.flush()
    record(work, f"certificate.{decision}", "appraiser_certificate", certificate.id, {"certificate": code})
    if decision == "confirmed":
        reminding.arm_certificate(work, certificate)
        reminding.arm_hours(work, certificate.user_id)
    told = {
        "confirmed": N_("Your certificate %(number)s is confirmed and counts."),
        "refused": N_("Your certificate %(number)s was not confirmed. Reason: %(reason)s"),
        "withdrawn": N_("Your certificate %(number)s no longer counts. Reason: %(reason)s"),
    }[decision]
    values = {"number": certificate.number} | ({} if decision == "confirmed" else {"reason": reason})
    notify(work, certificate.user_id, text=told, values=values, link="/appraiser/me", key=f"register.certificate:{made.code}")
    return made


def record_course(work: Work, title: str, provider: str, hours: int, taken_on: date, evidence: str) -> Course:
    """The appraiser records a course of their own, with the number of its attendance certificate. It counts at once.

    Raises AppraisersOnly, InvalidInput by field.
    """
    user_id = require_appraiser(work)
    given = {"title": title.strip(), "provider": provider.strip(), "evidence": evidence.strip()}
    shortest = {"title": 2, "provider": 2, "evidence": 3}
    errors = {name: FILL_IN for name, text in given.items() if not shortest[name] <= len(text) <= LONGEST}
    if not 1 <= hours <= MOST_HOURS:
        errors["hours"] = N_("Please type whole hours, 1 to 200.")
    if taken_on > shanghai_day(work.now):
        errors["taken_on"] = N_("This day lies in the future.")
    if errors:
        raise InvalidInput(errors)
    course = Course(user_id=user_id, hours=hours, taken_on=taken_on, recorded_by_id=user_id, recorded_at=work.now, **given)
    try:
        with work.session.begin_nested():
            work.session.add(course)
    except IntegrityError as twice:
        raise InvalidInput({"evidence": N_("You have recorded this course already.")}) from twice
    record(work, "course.record", "appraiser_course", course.id, {"course": course.code, "hours": hours})
    return course


def strike_course(work: Work, code: str, reason: str) -> Decision:
    """The operator strikes a course that was not taken: its hours no longer count, and everybody reads why."""
    operator_id = require_operator(work)
    course = work.session.scalars(select(Course).where(Course.code == code)).first()
    if course is None:
        raise RegisterEntryNotFound()
    reason = reason.strip()
    if len(reason) < 5:
        raise InvalidInput({"reason": N_("Please say why, in words that the appraiser understands.")})
    struck = Decision(course_id=course.id, decision="struck", reason=reason, decided_by_id=operator_id, decided_at=work.now)
    work.session.add(struck)
    work.session.flush()
    record(work, "course.strike", "appraiser_course", course.id, {"course": code})
    text = N_("Your course “%(title)s” was struck. Reason: %(reason)s")
    values = {"title": course.title, "reason": reason}
    notify(work, course.user_id, text=text, values=values, link="/appraiser/me", key=f"register.struck:{course.code}")
    return struck
