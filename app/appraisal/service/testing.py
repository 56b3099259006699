"""Proficiency tests: begun, handed in, scored item by item and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import func, select, update

from app.appraisal.errors import ProficiencyOver, ProficiencyTooSoon, RegisterEntryNotFound
from app.appraisal.models import ProficiencyResult, ProficiencyTest
from app.appraisal.policy import require_appraiser
from app.appraisal.proving import content_of, next_sample, refusals, sample, samples, score
from app.appraisal.requirements import requirements
from app.appraisal.service import reminding
from app.goods.models import CATEGORIES
from app.kernel.audit import record
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.kernel.time import add_days, shanghai_day
from app.kernel.work import Work
from grading import load_scheme

SAID = {
    "missing": N_("This item has no answer yet."),
    "unknown": N_("The scheme does not know this answer. Please choose one from the list, or type the number as measured."),
}


def begin_test(work: Work, category: str) -> ProficiencyTest:
    """Begin a test, or go on with the one that is open. The sample is the next in turn.

    Raises AppraisersOnly, InvalidInput for an unknown category, ProficiencyTooSoon on the days after one that was not passed.
    """
    user_id = require_appraiser(work)
    if category not in CATEGORIES:
        raise InvalidInput({"category": N_("Please choose one of the answers.")})
    mine = (ProficiencyTest.user_id == user_id) & (ProficiencyTest.category == category)
    waiting = work.session.scalars(select(ProficiencyTest).where(mine, ProficiencyTest.closed_at.is_(None))).first()
    if waiting is not None:
        if waiting.due_at > work.now:
            return waiting
        _close(work, waiting)
    rule = requirements().proficiency
    last = work.session.scalars(
        select(ProficiencyResult)
        .where(ProficiencyResult.user_id == user_id, ProficiencyResult.category == category)
        .order_by(ProficiencyResult.id.desc())
    ).first()
    if last is not None and not last.passed:
        free = shanghai_day(last.at) + timedelta(days=rule.again_after_days)
        if shanghai_day(work.now) < free:
            raise ProficiencyTooSoon(day=free.isoformat())
    taken = work.session.scalar(select(func.count()).select_from(ProficiencyTest).where(mine)) or 0
    scheme = load_scheme(samples(category).scheme)
    test = ProficiencyTest(
        user_id=user_id,
        category=category,
        sample=next_sample(category, taken).code,
        scheme_id=scheme.reference,
        begun_at=work.now,
        due_at=add_days(work.now, rule.open_days),
    )
    work.session.add(test)
    work.session.flush()
    record(work, "proficiency.begin", "proficiency_test", test.id, {"test": test.code, "sample": test.sample})
    return test


def hand_in_test(work: Work, code: str, answers: Mapping[str, str]) -> ProficiencyResult:
    """Score the answers (item key -> answer) and freeze the result. Passed, it lets its holder take new work until its last day.

    Raises RegisterEntryNotFound, ProficiencyOver, and InvalidInput by item ("item-KEY") while an answer is missing or unknown:
    then nothing is scored and the test stays open.
    """
    user_id = require_appraiser(work)
    test = work.session.scalars(select(ProficiencyTest).where(ProficiencyTest.code == code).with_for_update()).first()
    if test is None or test.user_id != user_id:
        raise RegisterEntryNotFound()
    if test.closed_at is not None or test.due_at <= work.now:
        raise ProficiencyOver()
    one = sample(test.category, test.sample)
    wrong = refusals(load_scheme(test.scheme_id), one, answers)
    if wrong:
        raise InvalidInput({f"item-{key}": SAID[kind] for key, kind in wrong.items()})
    scored = score(test.category, one, answers)
    _close(work, test)
    content = content_of(test.category, one, scored)
    result = ProficiencyResult(
        test_id=test.id,
        user_id=user_id,
        category=test.category,
        items=len(scored.items),
        agreed=scored.agreed,
        critical_misses=scored.critical_misses,
        passed=scored.passed,
        valid_until=_months_later(shanghai_day(work.now), requirements().proficiency.valid_months) if scored.passed else None,
        content=content,
        sha256=sha256_hex(canonical(content)),
        at=work.now,
    )
    work.session.add(result)
    work.session.flush()
    detail = {"test": code, "sha256": result.sha256, "passed": result.passed}
    record(work, "proficiency.hand_in", "proficiency_result", result.id, detail)
    reminding.arm_proficiency(work, result)
    return result


def _close(work: Work, test: ProficiencyTest) -> None:
    closed = work.session.execute(
        update(ProficiencyTest)
        .where(ProficiencyTest.id == test.id, ProficiencyTest.closed_at.is_(None))
        .values(closed_at=work.now)
        .execution_options(synchronize_session=False)
    )
    if closed.rowcount != 1:  # type: ignore[attr-defined]
        raise ProficiencyOver()
    work.session.refresh(test)


def _months_later(day: date, months: int) -> date:
    """The day before the same day so many months later; the last of February where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for of_month in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, of_month) - timedelta(days=1)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
