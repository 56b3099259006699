"""Courses and the hours of continuing education that they give."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select

from app.appraisal.models import Course, Decision
from app.kernel.work import Work


def hours_in(work: Work, user_id: int, year: int) -> int:
    """Hours of the person's courses in a calendar year; struck courses give none."""
    return hours_by_person(work, [user_id], year)[user_id]


def hours_by_person(work: Work, user_ids: Collection[int], year: int) -> dict[int, int]:
    """``hours_in`` of several people: one query."""
    struck = select(Decision.course_id).where(Decision.course_id.is_not(None))
    rows = (
        select(Course.user_id, func.sum(Course.hours))
        .where(
            Course.user_id.in_(list(user_ids)),
            Course.taken_on.between(date(year, 1, 1), date(year, 12, 31)),
            Course.id.not_in(struck),
        )
        .group_by(Course.user_id)
    )
    counted = {user_id: int(hours) for user_id, hours in work.session.execute(rows)}
    return {user_id: counted.get(user_id, 0) for user_id in user_ids}
