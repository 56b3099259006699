"""The appraiser answers item by item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import update

from app.appraisal.errors import (
    FindingsMoved,
)
from app.appraisal.inspecting import computed_findings, refusals, typed_answers
from app.appraisal.models import Appraisal
from app.appraisal.service.fetching import for_inspector
from app.appraisal.states import (
    ACCEPTED,
    APPRAISAL_FLOW,
    BEGIN,
    INSPECTING,
)
from app.goods.models import Thing
from app.kernel.errors import BadState
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from grading import load_scheme


@dataclass(frozen=True)
class Saved:
    """What one save of answers came to: the new count of saves, the answers refused (item key -> {"zh", "en"})."""

    rev: int
    refused: Mapping[str, Mapping[str, str]]


def save_findings(work: Work, code: str, answers: Mapping[str, str], expected_rev: int) -> Saved:
    """Keep the given answers (item key -> text, empty text takes an answer back); items not named stay as they are.

    An answer that the scheme does not know or a number out of range is refused by itself; all others are kept. Items that
    the system computes are never taken from the form. Raises FindingsMoved when ``expected_rev`` is not the present count.
    """
    appraisal = for_inspector(work, code)
    thing = work.session.get_one(Thing, appraisal.thing_id)
    scheme = load_scheme(appraisal.scheme_id)
    if appraisal.state == ACCEPTED:
        APPRAISAL_FLOW.apply(work, appraisal, BEGIN)
    elif appraisal.state != INSPECTING:
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, "save", APPRAISAL_FLOW.allowed(appraisal.state))
    wanted = typed_answers(scheme, answers)
    refused = refusals(scheme, wanted, thing, appraisal.findings, shanghai_day(work.now))
    kept = {**appraisal.findings, **{key: answer for key, answer in wanted.items() if key not in refused}}
    kept = {key: answer for key, answer in kept.items() if answer != ""}
    kept |= computed_findings(scheme, thing)
    saved = work.session.execute(
        update(Appraisal)
        .where(Appraisal.id == appraisal.id, Appraisal.findings_rev == expected_rev)
        .values(findings=kept, findings_rev=expected_rev + 1)
        .execution_options(synchronize_session=False)
    )
    if saved.rowcount != 1:  # type: ignore[attr-defined]
        raise FindingsMoved()
    work.session.refresh(appraisal, attribute_names=["findings", "findings_rev"])
    return Saved(appraisal.findings_rev, refused)
