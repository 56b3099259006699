"""The planted faults: ``xunyi`` in which two appraisers can take one order, overwrite each other, and sign what they did not see.

Only for the drill that must see all three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import update

from app.appraisal import service
from app.appraisal.models import Appraisal
from app.appraisal.queries import agency_order
from app.appraisal.service.fetching import for_inspector
from app.cli.commands import main
from app.kernel.work import Work

kept, signed = service.save_answers, service.sign


def accept_whatever_stands(work: Work, code: str) -> Appraisal:
    """Nobody asks whether somebody else was first."""
    order = agency_order(work, code)
    work.session.execute(
        update(Appraisal).where(Appraisal.id == order.id).values(state="accepted", appraiser_id=work.actor.id, version=2)
    )
    work.session.refresh(order)
    return order


def overwrite(work: Work, code: str, given: Sequence[service.Given], device_key: str | None = None, **how: Any) -> service.Merged:
    """Nobody asks what the device had seen. The row is locked, so that what stands is what stands: the fault is certain."""
    there = for_inspector(work, code).findings
    return kept(work, code, [replace(each, seen=there.get(each.key, "")) for each in given], device_key, **how)


def sign_whatever_stands(work: Work, code: str, name: str, expected_rev: int, reviewer: str = "") -> Any:
    """Nobody asks whether the answers are those that the signer saw."""
    return signed(work, code, name, for_inspector(work, code).findings_rev, reviewer)


if __name__ == "__main__":
    service.accept = accept_whatever_stands
    service.save_answers = overwrite
    service.sign = sign_whatever_stands
    main()
