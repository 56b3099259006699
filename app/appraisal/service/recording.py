"""The appraiser answers: a whole form, one answer of a device that may have been offline, codes, a section at once, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select, update

from app.appraisal.codes import CodeUnreadable, answers_of, read_codes
from app.appraisal.errors import CodesRefused, FindingsMoved, NoShortcut, NothingToUndo, ShotsMissing
from app.appraisal.guidance import shots_of
from app.appraisal.inspecting import computed_findings, graded, refusals, typed_answers
from app.appraisal.models import Appraisal, InspectionChange
from app.appraisal.models.inspections import BY_CODE, HAND, NO_FINDING, UNDO
from app.appraisal.parts import skipped
from app.appraisal.queries import shots_taken
from app.appraisal.service.coming import begin
from app.appraisal.service.fetching import for_inspector
from app.appraisal.service.measuring import likely_instruments, note_readings
from app.appraisal.states import ACCEPTED, APPRAISAL_FLOW, ITEM_RECEIVED, WORKED_ON
from app.goods.models import Thing
from app.kernel.errors import BadState
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.schemes.queries import get_scheme
from grading import Scheme, Words

NO_SUCH_ITEM = Words("这个鉴定方案里没有这一项。", "This scheme has no such item.")
Sentence = Mapping[str, str]


@dataclass(frozen=True)
class Saved:
    """What one save of answers came to: the new count of saves, the answers refused (item key -> {"zh", "en"})."""

    rev: int
    refused: Mapping[str, Sentence]


@dataclass(frozen=True)
class Given:
    """One answer of a device: ``seen`` is what stood there when it was given ("" for no answer)."""

    key: str
    value: str
    seen: str = ""
    instrument: str = ""


@dataclass(frozen=True)
class Merged:
    """What became of a device's answers. ``now``: what stands on the server for each key; ``differs``: keys that somebody else
    had answered otherwise in the meantime, and whose answer was left alone."""

    rev: int
    now: Mapping[str, str]
    refused: Mapping[str, Sentence] = field(default_factory=dict)
    differs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """An inspection that is open to its appraiser, locked until the end of the transaction."""

    appraisal: Appraisal
    scheme: Scheme
    thing: Thing


def open_sheet(work: Work, code: str) -> Sheet:
    """The appraiser's own inspection, begun if it was only accepted. Raises BadState once it has ended."""
    appraisal = for_inspector(work, code)
    if appraisal.state in (ACCEPTED, ITEM_RECEIVED):
        begin(work, appraisal)
    elif appraisal.state not in WORKED_ON:
        raise BadState(APPRAISAL_FLOW.name, appraisal.state, "save", APPRAISAL_FLOW.allowed(appraisal.state))
    return Sheet(appraisal, get_scheme(work, appraisal.scheme_id), work.session.get_one(Thing, appraisal.thing_id))


def save_findings(
    work: Work,
    code: str,
    answers: Mapping[str, str],
    expected_rev: int,
    *,
    how: str = HAND,
    instruments: Mapping[str, str] | None = None,
) -> Saved:
    """Keep the given answers (item key -> text, empty text takes an answer back); items not named stay as they are.

    An answer that the scheme does not know or a number out of range is refused by itself; all others are kept. Items that
    the system computes are never taken from the form. Raises FindingsMoved when ``expected_rev`` is not the present count.
    """
    sheet = open_sheet(work, code)
    if sheet.appraisal.findings_rev != expected_rev:
        raise FindingsMoved()
    wanted = typed_answers(sheet.scheme, answers)
    refused = keep(work, sheet, wanted, how, instruments=instruments)
    return Saved(sheet.appraisal.findings_rev, refused)


def save_answers(work: Work, code: str, given: Sequence[Given], device_key: str | None = None, *, how: str = HAND) -> Merged:
    """Keep answers that a device gave, perhaps long ago and offline, item by item.

    An answer is kept when nothing else was answered there since the device saw it; otherwise the other answer stays and the key
    is named in ``differs``, so that a person decides. The same ``device_key`` again has no second effect.
    """
    sheet = open_sheet(work, code)
    known = typed_answers(sheet.scheme, {each.key: each.value for each in given})
    refused: dict[str, Sentence] = {each.key: NO_SUCH_ITEM for each in given if each.key not in known}
    present = sheet.appraisal.findings
    seen = {each.key: each.seen for each in given}
    again = device_key is not None and _change_of(work, sheet.appraisal, device_key) is not None
    differs = tuple(
        key for key, value in known.items() if present.get(key, "") != value and (again or present.get(key, "") != seen[key])
    )
    if again:
        stands = {key: known[key] for key in differs}
        late = refusals(sheet.scheme, stands, sheet.thing, present, shanghai_day(work.now)) if stands else {}
        refused |= late
        differs = tuple(key for key in differs if key not in late)
    else:
        wanted = {key: value for key, value in known.items() if key not in differs}
        instruments = {each.key: each.instrument for each in given if each.instrument}
        refused |= keep(work, sheet, wanted, how, instruments=instruments, device_key=device_key)
    findings = sheet.appraisal.findings
    now = {each.key: findings.get(each.key, "") for each in given}
    return Merged(sheet.appraisal.findings_rev, now, refused, differs)


def save_codes(work: Work, code: str, text: str) -> Saved:
    """Keep what a line of codes says (21XS2 4SH A2.04=0.12); a number is read from the instrument that the page proposes for it.

    Raises CodesRefused, and keeps none of them, when one cannot be read.
    """
    sheet = open_sheet(work, code)
    needless = skipped(graded(work, sheet.appraisal, sheet.thing, shanghai_day(work.now)))
    try:
        coded = read_codes(sheet.scheme, text, sheet.thing, needless)
    except CodeUnreadable as unreadable:
        raise CodesRefused(unreadable.words) from unreadable
    wanted = answers_of(coded, sheet.appraisal.findings, sheet.scheme)
    instruments = likely_instruments(work, sheet.appraisal, sheet.scheme, [*wanted])
    refused = keep(work, sheet, wanted, BY_CODE, instruments=instruments)
    if refused:
        raise CodesRefused(next(iter(refused.values())))
    return Saved(sheet.appraisal.findings_rev, {})


def set_nothing_found(work: Work, code: str, section_code: str) -> tuple[str, ...]:
    """Answer every open item of a section as without fault; returns their keys. What was answered stays.

    Only for sections that have photos of their own (guidance/shots.yaml), and only once these are there: raises NoShortcut,
    ShotsMissing. The report names the items that were set this way.
    """
    sheet = open_sheet(work, code)
    shots = shots_of(sheet.scheme).get(section_code)
    section = next((each for each in sheet.scheme.sections if each.code == section_code), None)
    if shots is None or section is None:
        raise NoShortcut()
    taken = shots_taken(work, sheet.appraisal)
    lacking = [shot for shot in shots if f"{section_code}.{shot.code}" not in taken]
    if lacking:
        raise ShotsMissing(count=len(lacking))
    needless = skipped(graded(work, sheet.appraisal, sheet.thing, shanghai_day(work.now)))
    wanted = {
        item.key: item.clean
        for item in section.items
        if item.clean is not None and not item.computed and item.key not in needless and item.key not in sheet.appraisal.findings
    }
    refused = keep(work, sheet, wanted, NO_FINDING)
    return tuple(key for key in wanted if key not in refused)


def undo(work: Work, code: str) -> Merged:
    """Take back the last save that was not taken back yet. Raises NothingToUndo.

    Its keys get what they had before, unless they have been answered otherwise since.
    """
    sheet = open_sheet(work, code)
    last = _last_change(work, sheet.appraisal)
    findings = sheet.appraisal.findings
    back = {key: before for key, (before, after) in last.changes.items() if findings.get(key, "") == after}
    refused = keep(work, sheet, back, UNDO, undoes=last.no)
    now = {key: sheet.appraisal.findings.get(key, "") for key in last.changes}
    return Merged(sheet.appraisal.findings_rev, now, refused)


def keep(
    work: Work,
    sheet: Sheet,
    wanted: Mapping[str, str],
    how: str,
    *,
    instruments: Mapping[str, str] | None = None,
    device_key: str | None = None,
    undoes: int | None = None,
) -> Mapping[str, Sentence]:
    """Write the answers that the scheme takes, and the change that they are; returns those refused with their reasons."""
    appraisal, scheme, thing = sheet.appraisal, sheet.scheme, sheet.thing
    before = appraisal.findings
    refused = dict(refusals(scheme, wanted, thing, before, shanghai_day(work.now)))
    refused |= note_readings(work, appraisal, scheme, {k: v for k, v in wanted.items() if k not in refused}, instruments or {})
    kept = {**before, **{key: answer for key, answer in wanted.items() if key not in refused}}
    kept = {key: answer for key, answer in kept.items() if answer != ""}
    kept |= computed_findings(scheme, thing)
    rev = appraisal.findings_rev
    saved = work.session.execute(
        update(Appraisal)
        .where(Appraisal.id == appraisal.id, Appraisal.findings_rev == rev)
        .values(findings=kept, findings_rev=rev + 1)
        .execution_options(synchronize_session=False)
    )
    if saved.rowcount != 1:  # type: ignore[attr-defined]
        raise FindingsMoved()
    changes = {key: [before.get(key, ""), kept.get(key, "")] for key in wanted if before.get(key, "") != kept.get(key, "")}
    work.session.add(
        InspectionChange(
            appraisal_id=appraisal.id,
            no=rev + 1,
            at=work.now,
            by_id=work.actor.id,
            how=how,
            device_key=device_key,
            undoes=undoes,
            changes=changes,
        )
    )
    work.session.flush()
    work.session.refresh(appraisal, attribute_names=["findings", "findings_rev"])
    return refused


def _change_of(work: Work, appraisal: Appraisal, device_key: str) -> InspectionChange | None:
    own = select(InspectionChange).where(InspectionChange.appraisal_id == appraisal.id, InspectionChange.device_key == device_key)
    return work.session.scalars(own).first()


def _last_change(work: Work, appraisal: Appraisal) -> InspectionChange:
    rows = work.session.scalars(
        select(InspectionChange).where(InspectionChange.appraisal_id == appraisal.id).order_by(InspectionChange.no.desc())
    ).all()
    undone = {row.undoes for row in rows}
    found = next((row for row in rows if row.how != UNDO and row.no not in undone and row.changes), None)
    if found is None:
        raise NothingToUndo()
    return found
