"""Puts agencies and appraisers into the register without ceremony, for the tests of every room.

Rows are written directly, so that a test that is about something else does not wait for a proficiency test.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import date, timedelta

from app.appraisal.models import Certificate, Decision, Licence, ProficiencyResult, ProficiencyTest
from app.goods.models import CATEGORIES
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.time import shanghai_day
from app.kernel.work import Work

_numbers = itertools.count(1)
LONG = timedelta(days=1500)


def admit(
    work: Work,
    agency_id: int,
    categories: Iterable[str] = CATEGORIES,
    *,
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> list[Licence]:
    """Licences of an agency, from two years ago for years to come unless other days are given."""
    today = shanghai_day(work.now)
    made = []
    for category in categories:
        licence = Licence(
            agency_id=agency_id,
            category=category,
            licence_no=f"XY-TEST-{next(_numbers):05d}",
            version=1,
            action="granted",
            valid_from=valid_from or today - timedelta(days=730),
            valid_until=valid_until or today + LONG,
            reason="",
            unmet=[],
            decided_at=work.now,
        )
        work.session.add(licence)
        made.append(licence)
    work.session.flush()
    return made


def qualify(
    work: Work,
    user_id: int,
    categories: Iterable[str] = CATEGORIES,
    *,
    level: str = "appraiser",
    certificate_until: date | None = None,
    proficiency_until: date | None = None,
) -> None:
    """Confirmed certificates of a person and passed proficiency tests, from two years ago for years to come."""
    today = shanghai_day(work.now)
    for category in categories:
        certificate = Certificate(
            user_id=user_id,
            category=category,
            level=level,
            number=f"ZJ-{next(_numbers):05d}",
            issuer="云杉职业能力中心",
            valid_from=today - timedelta(days=730),
            valid_until=certificate_until or today + LONG,
            recorded_at=work.now,
        )
        test = ProficiencyTest(
            user_id=user_id,
            category=category,
            sample="made-by-a-test",
            scheme_id="phone-2026.1",
            begun_at=work.now - timedelta(days=1),
            due_at=work.now + timedelta(days=6),
            closed_at=work.now,
        )
        work.session.add_all([certificate, test])
        work.session.flush()
        content = {"format": "xunyi-proficiency/1", "sample": test.sample}
        result = ProficiencyResult(
            test_id=test.id,
            user_id=user_id,
            category=category,
            items=10,
            agreed=10,
            critical_misses=0,
            passed=True,
            valid_until=proficiency_until or today + LONG,
            content=content,
            sha256=sha256_hex(canonical(content)),
            at=work.now,
        )
        decision = Decision(certificate_id=certificate.id, decision="confirmed", reason="", decided_at=work.now)
        work.session.add_all([decision, result])
    work.session.flush()
