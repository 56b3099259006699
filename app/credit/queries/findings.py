"""What authorities found: their keys, their signed notes, and what of it is displayed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select

from app.accounts.models import Organisation, User
from app.credit.errors import FindingNotFound, KeyNotFound
from app.credit.log.findings import SEVERE, SHOWN, TYPES, Display, displays, not_displayed
from app.credit.log.notes import read_key
from app.credit.log.scores import Fact, read_fact
from app.credit.models import CreditEvent, CreditFinding, CreditSubject, RegulatorKey, RegulatorKeyStep
from app.kernel.time import shanghai_day
from app.kernel.work import Work

_WANTED = tuple(dict.fromkeys((*SEVERE, *TYPES.values())))


@dataclass(frozen=True)
class KeyEntry:
    """A registered key with its steps, for reading about it."""

    code: str
    name: str
    number: str
    vkey: str
    authority: str
    proposed_by: int
    proposer: str
    proposed_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class Shown:
    """An adverse event as pages show it: its display, and by whom and with which note (None: the marketplace itself)."""

    display: Display
    authority: str | None
    finding: str | None


@dataclass(frozen=True)
class Uploaded:
    """A signed note for the desk."""

    code: str
    kind: str
    subject: str
    authority: str
    officer: str
    uploaded_at: datetime
    idx: int | None  # of its event; None: the sequencer has not taken it yet


def regulator_key(work: Work, code: str) -> RegulatorKey:
    """Raises KeyNotFound."""
    row = work.session.scalars(select(RegulatorKey).where(RegulatorKey.code == code)).first()
    if row is None:
        raise KeyNotFound()
    return row


def regulator_keys(work: Work, authority_id: int | None = None) -> list[KeyEntry]:
    """Every registered key, newest first; of one authority when it is given."""
    steps = {(step.key_id, step.step): step.at for step in work.session.scalars(select(RegulatorKeyStep))}
    rows = (
        select(RegulatorKey, Organisation.name, User.display_name)
        .join(Organisation, Organisation.id == RegulatorKey.organisation_id)
        .join(User, User.id == RegulatorKey.proposed_by)
        .order_by(RegulatorKey.id.desc())
    )
    if authority_id is not None:
        rows = rows.where(RegulatorKey.organisation_id == authority_id)
    return [
        KeyEntry(
            code=row.code,
            name=read_key(row.vkey).name,
            number=read_key(row.vkey).id.hex(),
            vkey=row.vkey,
            authority=authority,
            proposed_by=row.proposed_by,
            proposer=proposer,
            proposed_at=row.proposed_at,
            confirmed_at=steps.get((row.id, "confirmed")),
            ended_at=steps.get((row.id, "ended")),
        )
        for row, authority, proposer in work.session.execute(rows)
    ]


def usable_keys(work: Work, authority_id: int) -> list[RegulatorKey]:
    """Keys of an authority with which new findings may be signed."""
    confirmed, ended = (select(RegulatorKeyStep.key_id).where(RegulatorKeyStep.step == step) for step in ("confirmed", "ended"))
    mine = RegulatorKey.organisation_id == authority_id
    return list(
        work.session.scalars(select(RegulatorKey).where(mine, RegulatorKey.id.in_(confirmed), RegulatorKey.id.not_in(ended)))
    )


def trusted_keys(work: Work) -> list[str]:
    """Every key that was ever confirmed, for trust files: what it signed stays signed."""
    confirmed = select(RegulatorKeyStep.key_id).where(RegulatorKeyStep.step == "confirmed")
    return list(work.session.scalars(select(RegulatorKey.vkey).where(RegulatorKey.id.in_(confirmed)).order_by(RegulatorKey.id)))


def findings(work: Work, limit: int = 200) -> list[Uploaded]:
    """Signed notes of all authorities, newest first."""
    rows = (
        select(CreditFinding, Organisation.name, User.display_name)
        .join(RegulatorKey, RegulatorKey.id == CreditFinding.key_id)
        .join(Organisation, Organisation.id == RegulatorKey.organisation_id)
        .join(User, User.id == CreditFinding.uploaded_by)
        .order_by(CreditFinding.id.desc())
        .limit(limit)
    )
    found = work.session.execute(rows).all()
    places = _places(work, {row.subject for row, _, _ in found})
    return [
        Uploaded(row.code, row.kind, row.subject, authority, officer, row.uploaded_at, places.get(row.code))
        for row, authority, officer in found
    ]


def _places(work: Work, subjects: Iterable[str]) -> dict[str, int]:
    return {str(fact.data["finding"]): fact.idx for fact in _facts(work, set(subjects)) if "finding" in fact.data}


def finding_note(work: Work, code: str) -> str:
    """The exact note of a finding that is displayed. Raises FindingNotFound, also once its display is over."""
    row = work.session.scalars(select(CreditFinding).where(CreditFinding.code == code)).first()
    if row is None or code not in {each.finding for each in _shown(work, _facts(work, {row.subject}))}:
        raise FindingNotFound()
    return row.note


def displayed(work: Work, user_id: int) -> tuple[list[Shown], set[int]]:
    """Adverse events of a person that are displayed today, newest first; and places in the log of which public pages say
    nothing in words, because their display is over or has not begun. One query, another where authorities found something."""
    facts = _read(work, CreditSubject.user_id == user_id)
    return _shown(work, facts), not_displayed(displays(facts, shanghai_day(work.now)))


def displayed_of_platform(work: Work) -> list[Shown]:
    """What is displayed of the marketplace."""
    return _shown(work, _read(work, CreditSubject.kind == "platform"))


def all_displays(work: Work, subject: str, day: date | None = None) -> list[Display]:
    """Every adverse event of a subject with its display, for authorities: also what is repaired or over."""
    return displays(_facts(work, {subject}), day or shanghai_day(work.now))


def _shown(work: Work, facts: Sequence[Fact]) -> list[Shown]:
    by_idx = {fact.idx: fact for fact in facts}
    wanted = [each for each in displays(facts, shanghai_day(work.now)) if each.state == SHOWN]
    codes = {each.idx: by_idx[each.idx].data.get("finding") for each in wanted}
    authorities = _authorities(work, [code for code in codes.values() if code])
    return [Shown(each, authorities.get(str(codes[each.idx])), codes[each.idx]) for each in reversed(wanted)]


def _authorities(work: Work, codes: list[str]) -> dict[str, str]:
    if not codes:
        return {}
    rows = (
        select(CreditFinding.code, Organisation.name)
        .join(RegulatorKey, RegulatorKey.id == CreditFinding.key_id)
        .join(Organisation, Organisation.id == RegulatorKey.organisation_id)
        .where(CreditFinding.code.in_(codes))
    )
    return dict(work.session.execute(rows).all())


def _facts(work: Work, subjects: set[str]) -> list[Fact]:
    return _read(work, CreditSubject.pseudonym.in_(subjects))


def _read(work: Work, which: ColumnElement[bool]) -> list[Fact]:
    rows = (
        select(CreditEvent.idx, CreditEvent.canonical)
        .join(CreditSubject, CreditSubject.pseudonym == CreditEvent.subject)
        .where(which, CreditEvent.type.in_(_WANTED))
        .order_by(CreditEvent.idx)
    )
    return [read_fact(idx, bytes(content)) for idx, content in work.session.execute(rows)]
