"""What a second person sees of an inspection, and the grade that follows from what they find. Nothing here tells the first grade.

Photos, numbers and what was read off papers and plates are shown: a second person cannot measure them from a desk. What somebody
judged (choices, marks, remarks, yes or no) is asked again and never shown. What the second person cannot judge from there is
taken over unseen, and the record names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from app.appraisal.agreement import Verdict, verdict
from app.appraisal.models import Appraisal, ReportDraft
from app.appraisal.parts import Part, parts_of
from app.appraisal.queries.inspections import photos_of_inspection, readings_of
from app.appraisal.rules import NOT_DECLARED, typed_facts
from app.goods.models import Thing
from app.kernel.work import Work
from app.media.models import Photo
from app.schemes.queries import get_scheme
from grading import GradeResult, Item, Scheme, Words, grade

NOT_JUDGED = "?"  # the answer of somebody who cannot tell from where they are


@dataclass(frozen=True)
class Measured:
    """Something that is shown as it was measured or read. ``instrument``: "" where none was named.

    ``value``: the number or day, or words in both languages.
    """

    name: Mapping[str, str]
    value: str | Mapping[str, str]
    unit: str
    instrument: str


@dataclass(frozen=True)
class BlindSheet:
    """The form of a second person. ``parts`` hold only what is asked; ``photos`` by section, without what they should show."""

    scheme: Scheme
    thing: Thing
    parts: tuple[Part, ...]
    measured: tuple[Measured, ...]
    photos: Mapping[str, list[Photo]]

    @property
    def asked(self) -> tuple[str, ...]:
        """Keys of everything that is asked, in the order of the form."""
        return tuple(key for part in self.parts for key in _keys_of(part))


def _keys_of(part: Part) -> list[str]:
    return [fact.key for fact in part.facts] + [ask.item.key for ask in part.asks]


def draft_by_id(work: Work, draft_id: int) -> ReportDraft:
    return work.session.get_one(ReportDraft, draft_id)


def appraisal_by_id(work: Work, appraisal_id: int) -> Appraisal:
    return work.session.get_one(Appraisal, appraisal_id)


def appraisals_by_id(work: Work, ids: list[int]) -> dict[int, Appraisal]:
    """Orders by their internal id. One query."""
    return {each.id: each for each in work.session.scalars(select(Appraisal).where(Appraisal.id.in_(ids)))} if ids else {}


def blind_sheet(work: Work, draft: ReportDraft) -> BlindSheet:
    """The blind copy of the inspection behind a draft: three queries."""
    appraisal = appraisal_by_id(work, draft.appraisal_id)
    thing = work.session.get_one(Thing, appraisal.thing_id)
    scheme = get_scheme(work, appraisal.scheme_id)
    result: Mapping[str, Any] = draft.content["result"]
    hidden = [item for item in scheme.items if not _is_asked(scheme, item)]
    shown = {key: value for key, value in result["findings"].items() if key in {item.key for item in hidden}}
    open_result = grade(scheme, shown, _facts(result, {}))
    parts = []
    for part in parts_of(scheme, open_result, thing, frozenset()):
        asks = tuple(ask for ask in part.asks if _is_asked(scheme, ask.item))
        facts = tuple(fact for fact in part.facts if fact.kind == "flag")
        if asks or facts:
            parts.append(replace(part, asks=asks, facts=facts))
    photos: dict[str, list[Photo]] = {}
    for row, photo in photos_of_inspection(work, appraisal):
        if photo.state == "ready":
            photos.setdefault(_section(scheme, row.item_key, row.shot), []).append(photo)
    return BlindSheet(scheme, thing, tuple(parts), _measured(work, appraisal, scheme, result), photos)


def seconded(scheme: Scheme, draft: ReportDraft, own: Mapping[str, str]) -> GradeResult:
    """The grade that follows from the second person's answers, with what they could not judge taken over.

    Raises FindingsError for an answer that the scheme does not know.
    """
    result: Mapping[str, Any] = draft.content["result"]
    judged = {key: answer for key, answer in own.items() if answer not in ("", NOT_JUDGED)}
    flags = {fact.key for fact in scheme.facts if fact.kind == "flag"}
    findings = {**result["findings"], **{key: answer for key, answer in judged.items() if key not in flags}}
    facts = _facts(result, {key: answer == "true" for key, answer in judged.items() if key in flags})
    declared = draft.content.get("declared")
    if declared is not None:
        facts[NOT_DECLARED] = any(findings.get(item) in against for item, against in declared["contradicted_by"].items())
    return grade(scheme, findings, facts)


def first_answers(draft: ReportDraft) -> dict[str, str]:
    """What the appraiser had answered, as text, facts beside items. For comparing after the second person has handed in."""
    result = draft.content["result"]
    facts = {key: _text(value) for key, value in result["facts"].items()}
    return {**facts, **result["findings"]}


def verdict_of_draft(scheme: Scheme, draft: ReportDraft) -> Verdict:
    """The grade that the appraiser came to."""
    result = draft.content["result"]
    return verdict(scheme, result["status"], result["tier"])


def verdict_of_result(scheme: Scheme, result: GradeResult) -> Verdict:
    return verdict(scheme, result.status, result.tier)


def stops_of_draft(draft: ReportDraft) -> list[str]:
    """Codes of the items and rules that end the grade, in the appraiser's result."""
    return [each["code"] for each in draft.content["result"]["effects"] if each["code"] != "missing_required"]


def stops_of_result(result: GradeResult) -> list[str]:
    return [each.code for each in result.effects if each.code != "missing_required"]


def _is_asked(scheme: Scheme, item: Item) -> bool:
    """Whether a second person judges it: no number, nothing that the system finds, no step of the erasure (checked by itself)."""
    erasing = scheme.items_by_key.get("erase_method")
    of_erasure = erasing is not None and item.section == erasing.section
    return not item.computed and not of_erasure and item.kind != "number" and bool(item.options or item.marks)


def _facts(result: Mapping[str, Any], own: Mapping[str, bool]) -> dict[str, Any]:
    """The facts as they were stated; what the second person says of yes or no wins."""
    return {**{key: value for key, value in result["facts"].items() if value is not None}, **own}


def _section(scheme: Scheme, item_key: str | None, shot: str | None) -> str:
    item = scheme.items_by_key.get(item_key or "")
    return item.section if item is not None else (shot or "").partition(".")[0]


def _measured(work: Work, appraisal: Appraisal, scheme: Scheme, result: Mapping[str, Any]) -> tuple[Measured, ...]:
    readings = readings_of(work, appraisal)

    def of(key: str, name: Any, value: Any, unit: str) -> Measured:
        reading = readings.get(key)
        words = {"zh": value.zh, "en": value.en} if isinstance(value, Words) else str(value)
        return Measured({"zh": name.zh, "en": name.en}, words, unit, reading.instrument if reading else "")

    facts = [
        of(fact.key, fact.name, fact.options.get(result["facts"][fact.key], result["facts"][fact.key]), fact.unit)
        for fact in typed_facts(scheme)
        if fact.kind in ("number", "date", "choice") and result["facts"].get(fact.key) not in (None, "")
    ]
    numbers = [
        of(item.key, item.name, result["findings"][item.key], item.unit)
        for item in scheme.items
        if item.kind == "number" and item.key in result["findings"]
    ]
    return (*facts, *numbers)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
