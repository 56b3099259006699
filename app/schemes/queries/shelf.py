"""The one door to schemes: files of the package and revisions that were approved in the database, as one shelf.

A revision is named by its reference ("gbt30323-2013/r2"); an id without a revision is its first one, never "the newest": what an
inspection or a report names stays what it was. Approved revisions never change and begin on a later day than their approval, so
every process sees the same scheme on the same day without being told. Where package and database have a revision of the same
number, the package's file counts; a report's own file is found by its SHA-256 in either.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import select

import grading
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.schemes.errors import SchemeNotFound
from app.schemes.models import SchemeDecision, SchemeProposal
from grading import Scheme, SchemeError, read_scheme
from grading.schemes import scheme_data

_REFERENCE = re.compile(r"([a-z0-9][a-z0-9.-]{1,58}[a-z0-9])(?:/r([1-9][0-9]{0,3}))?")
_KEPT = 40  # parsed files of the database that a process keeps

_parsed: OrderedDict[str, Scheme] = OrderedDict()  # by the SHA-256 of the file: its bytes alone decide what it is
_lock = Lock()


@dataclass(frozen=True)
class Revision:
    """One revision with its place among the others. ``until``: its last day, None while no later one is approved."""

    scheme: Scheme
    until: date | None
    reason: str | None = None  # why it was made; None for a file of the package
    approved_at: datetime | None = None

    def holds_on(self, day: date) -> bool:
        return self.scheme.effective_from <= day and (self.until is None or day <= self.until)


def scheme_ids() -> tuple[str, ...]:
    """Every scheme of the marketplace, by id."""
    return tuple(dict.fromkeys(reference.partition("/")[0] for reference in grading.list_schemes()))


def get_scheme(work: Work, reference: str) -> Scheme:
    """The very revision that this names. Raises SchemeNotFound."""
    scheme_id, no = _read(reference)
    try:
        return grading.load_scheme(f"{scheme_id}/r{no}")
    except SchemeError:
        published = select(SchemeDecision.proposal_id, SchemeDecision.sha256).where(
            SchemeDecision.scheme_id == scheme_id, SchemeDecision.published_no == no
        )
        return _from_row(work, work.session.execute(published).one_or_none())


def find_scheme(work: Work, scheme_id: object, sha256: object) -> Scheme | None:
    """The revision that is the very file with this SHA-256, as a report names it; None when there is none here."""
    if not isinstance(scheme_id, str) or not isinstance(sha256, str) or _REFERENCE.fullmatch(scheme_id) is None:
        return None
    found = grading.find_scheme(scheme_id, sha256)
    if found is not None or re.fullmatch(r"[0-9a-f]{64}", sha256) is None:
        return found
    published = select(SchemeDecision.proposal_id, SchemeDecision.sha256).where(
        SchemeDecision.scheme_id == scheme_id, SchemeDecision.sha256 == sha256, SchemeDecision.published_no.is_not(None)
    )
    row = work.session.execute(published).first()
    return None if row is None else _from_row(work, row)


def scheme_in_force(work: Work, category: str, day: date | None = None) -> Scheme:
    """The revision by which things of the category are inspected on a day (today when none is given). One query."""
    day = day or shanghai_day(work.now)
    packed = grading.scheme_for(category, day)
    begun = (
        select(SchemeDecision.proposal_id, SchemeDecision.sha256)
        .where(
            SchemeDecision.category == category,
            SchemeDecision.scheme_id == packed.id,
            SchemeDecision.published_no > packed.number,
            SchemeDecision.effective_on <= day,
        )
        .order_by(SchemeDecision.published_no.desc())
        .limit(1)
    )
    row = work.session.execute(begun).one_or_none()
    return packed if row is None else _from_row(work, row)


def revisions(work: Work, scheme_id: str) -> tuple[Revision, ...]:
    """Every revision of a scheme, oldest first. Raises SchemeNotFound."""
    _read(scheme_id)
    packed = _packed(scheme_id)
    if not packed:
        raise SchemeNotFound()
    rows = work.session.execute(
        select(SchemeDecision.proposal_id, SchemeDecision.sha256, SchemeProposal.reason, SchemeDecision.decided_at)
        .join(SchemeProposal, SchemeProposal.id == SchemeDecision.proposal_id)
        .where(SchemeDecision.scheme_id == scheme_id, SchemeDecision.published_no > max(packed))
        .order_by(SchemeDecision.published_no)
    )
    every: list[tuple[Scheme, str | None, datetime | None]] = [(scheme, None, None) for scheme in packed.values()]
    every += [(_from_row(work, row), row.reason, row.decided_at) for row in rows]
    ends = [one[0].effective_from - timedelta(days=1) for one in every[1:]] + [every[-1][0].effective_until]
    return tuple(Revision(scheme, until, reason, at) for (scheme, reason, at), until in zip(every, ends, strict=True))


def revision_of(work: Work, scheme_id: str, revision: str) -> Revision:
    """One of them, by its number ("r2"). Raises SchemeNotFound."""
    found = [one for one in revisions(work, scheme_id) if revision == f"r{one.scheme.number}"]
    if not found:
        raise SchemeNotFound()
    return found[0]


def newest_scheme(work: Work, scheme_id: str) -> Scheme:
    """The revision that the next one follows; it may not have begun yet. Raises SchemeNotFound."""
    return revisions(work, scheme_id)[-1].scheme


def bytes_of(work: Work, scheme: Scheme) -> bytes:
    """The file of a revision, byte for byte. Raises SchemeNotFound."""
    if grading.find_scheme(scheme.id, scheme.sha256) is not None:
        return scheme_data(scheme)
    file = select(SchemeProposal.file).where(SchemeProposal.scheme_id == scheme.id, SchemeProposal.sha256 == scheme.sha256)
    found = work.session.scalars(file.limit(1)).first()
    if found is None:
        raise SchemeNotFound()
    return found.encode()


def scheme_of(proposal: SchemeProposal) -> Scheme:
    """The scheme that a proposal's file is."""
    return _remembered(proposal.sha256, proposal.file)


def _packed(scheme_id: str) -> Mapping[int, Scheme]:
    """Of the package, by number."""
    found: dict[int, Scheme] = {}
    for reference in grading.list_schemes():
        if reference.partition("/")[0] == scheme_id:
            scheme = grading.load_scheme(reference)
            found[scheme.number] = scheme
    return dict(sorted(found.items()))


def _read(reference: str) -> tuple[str, int]:
    parts = _REFERENCE.fullmatch(reference)
    if parts is None:
        raise SchemeNotFound()
    return parts[1], int(parts[2] or 1)


def _from_row(work: Work, row: Any) -> Scheme:
    """The scheme of a row with ``proposal_id`` and ``sha256``; the file is read once per process."""
    if row is None:
        raise SchemeNotFound()
    with _lock:
        known = _parsed.get(row.sha256)
    if known is not None:
        return known
    file = work.session.scalars(select(SchemeProposal.file).where(SchemeProposal.id == row.proposal_id)).one()
    return _remembered(row.sha256, file)


def _remembered(sha256: str, file: str) -> Scheme:
    with _lock:
        if sha256 in _parsed:
            _parsed.move_to_end(sha256)
            return _parsed[sha256]
    scheme = read_scheme("scheme.yaml", file.encode(), named=False)
    if scheme.sha256 != sha256:
        raise RuntimeError(f"the file kept as {sha256} has another hash: {scheme.sha256}")
    with _lock:
        _parsed[sha256] = scheme
        while len(_parsed) > _KEPT:
            _parsed.popitem(last=False)
    return scheme
