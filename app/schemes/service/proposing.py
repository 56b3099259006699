"""A corrected revision: uploaded by one operator, approved by another, in force from a later day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.kernel import audit
from app.kernel.errors import InvalidInput
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.notices.service import notify
from app.schemes.errors import AlreadyDecided, NoLongerFits, NotYourProposal, Overtaken, OwnProposal, TooLate
from app.schemes.events import SchemeApproved
from app.schemes.models import APPROVED, LARGEST_FILE, REFUSED, WITHDRAWN, SchemeDecision, SchemeProposal
from app.schemes.policy import require_operator
from app.schemes.queries import backing_faults, deciders_left, newest_scheme, proposal_by_code, scheme_ids
from app.schemes.queries.shelf import scheme_of
from app.schemes.rules import Fault, kept_faults, located, order_faults, place_of
from grading import Scheme, SchemeError, read_scheme
from grading.schemes.reading import line_of, lines_of

# A door: what other rooms need of every revision. Functions that name for a scheme the item's code ("": none of them), a message
# marked for translation, and its values.
NEIGHBOURS = "schemes.neighbours"
Neighbour = Callable[[Scheme], Iterable[tuple[str, str, Mapping[str, Any]]]]


class FileRefused(InvalidInput):
    """The file is no revision that could come into force. ``faults``: every one of the first kind that was found."""

    code = "scheme_file_refused"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            {"file": N_("The file cannot be used; what is wrong with it stands below, line by line: %(count)s.")},
            count=str(len(self.faults)),
        )

    def __str__(self) -> str:
        return "; ".join(f"{fault.path}: {fault.message % fault.values}" for fault in self.faults)


def propose(work: Work, data: bytes, effective_on: date | None, reason: str) -> SchemeProposal:
    """Keep a corrected file as a proposal and ask the other operators to approve it. Nothing is in force by this.

    ``effective_on``: the first day as the operator typed it, a check of what the file says; None: the file's counts. Raises
    OperatorsOnly, InvalidInput without a reason, FileRefused with everything that is wrong with the file.
    """
    require_operator(work)
    if len(reason) < 5:
        raise InvalidInput({"reason": N_("Please say in a few words what is corrected and why; everybody can read it.")})
    scheme = _read(data)
    lines = lines_of(data)
    if scheme.id not in scheme_ids():
        raise FileRefused(located([Fault("meta.scheme_id", "unknown_scheme", {"scheme": scheme.id})], lines))
    newest = newest_scheme(work, scheme.id)
    faults = [*order_faults(newest, scheme, shanghai_day(work.now), effective_on), *_faults(work, newest, scheme)]
    if faults:
        raise FileRefused(located(faults, lines))
    proposal = SchemeProposal(
        scheme_id=scheme.id,
        category=scheme.category,
        no=scheme.number,
        sha256=scheme.sha256,
        effective_on=scheme.effective_from,
        reason=reason,
        file=data.decode(),
        proposed_by=work.actor.id,
        proposed_at=work.now,
    )
    work.session.add(proposal)
    work.session.flush()
    audit.record(
        work, "scheme.propose", "scheme_proposal", proposal.id, {"scheme": proposal.reference, "sha256": proposal.sha256}
    )
    for operator in deciders_left(work, proposal):
        notify(
            work,
            operator.id,
            text=N_("Revision %(revision)s of the scheme %(scheme)s waits for somebody who approves it."),
            values={"revision": proposal.revision, "scheme": proposal.scheme_id},
            link=f"/operator/schemes/{proposal.code}",
            key=f"scheme.proposed:{proposal.code}",
            mail=False,
        )
    return proposal


def approve(work: Work, code: str) -> SchemeDecision:
    """Publish a proposal: from its first day every process inspects by it. For good: there is no taking back.

    Raises OperatorsOnly, ProposalNotFound, OwnProposal, AlreadyDecided, Overtaken, TooLate, NoLongerFits.
    """
    require_operator(work)
    found = proposal_by_code(work, code)
    proposal = found.row
    if proposal.proposed_by == work.actor.id:
        raise OwnProposal()
    if found.decision is not None:
        raise AlreadyDecided()
    if found.is_late:
        raise TooLate(day=proposal.effective_on.isoformat())
    newest, scheme = newest_scheme(work, proposal.scheme_id), scheme_of(proposal)
    if proposal.no != newest.number + 1 or proposal.effective_on <= newest.effective_from:
        raise Overtaken()
    if list(_faults(work, newest, scheme)):
        raise NoLongerFits()
    decision = _decide(work, proposal, APPROVED)
    announce(
        work,
        SchemeApproved(
            scheme_id=proposal.scheme_id,
            revision=proposal.revision,
            category=proposal.category,
            effective_on=proposal.effective_on.isoformat(),
        ),
    )
    _tell_proposer(work, proposal, N_("Revision %(revision)s of the scheme %(scheme)s is approved and begins on %(day)s."))
    return decision


def refuse(work: Work, code: str, reason: str) -> SchemeDecision:
    """Refuse a proposal with a reason that its proposer reads. Raises as ``approve`` does."""
    require_operator(work)
    found = proposal_by_code(work, code)
    if found.row.proposed_by == work.actor.id:
        raise OwnProposal()
    if len(reason) < 5:
        raise InvalidInput({"reason": N_("Please say why; the person who uploaded it reads this.")})
    decision = _decide(work, found.row, REFUSED, reason)
    _tell_proposer(
        work, found.row, N_("Revision %(revision)s of the scheme %(scheme)s (from %(day)s) was refused. Look at the reason.")
    )
    return decision


def withdraw(work: Work, code: str) -> SchemeDecision:
    """Take back one's own proposal. Raises OperatorsOnly, ProposalNotFound, AlreadyDecided, NotYourProposal."""
    require_operator(work)
    proposal = proposal_by_code(work, code).row
    if proposal.proposed_by != work.actor.id:
        raise NotYourProposal()
    return _decide(work, proposal, WITHDRAWN)


def _read(data: bytes) -> Scheme:
    if not data:
        raise InvalidInput({"file": N_("Please choose the file of the revision (YAML).")})
    if len(data) > LARGEST_FILE:
        raise InvalidInput({"file": N_("This file is larger than any scheme: at most 300 kB.")})
    try:
        return read_scheme("scheme.yaml", data, named=False)
    except SchemeError as wrong:
        lines = lines_of(data)
        faults = [Fault(each.path, "file", {"what": each.message}, line_of(each.path, lines)) for each in wrong.problems]
        raise FileRefused(faults) from wrong


def _faults(work: Work, newest: Scheme, scheme: Scheme) -> Iterable[Fault]:
    yield from kept_faults(newest, scheme)
    yield from backing_faults(work, scheme)
    neighbours: tuple[Neighbour, ...] = work.doors.get(NEIGHBOURS, ())
    for neighbour in neighbours:
        for item, message, values in neighbour(scheme):
            yield Fault(place_of(scheme, item), "neighbour", values, words=message)


def _decide(work: Work, proposal: SchemeProposal, decision: str, reason: str = "") -> SchemeDecision:
    """Write the decision; whoever comes second meets the key of the proposal, or that of the revision's number."""
    known = select(SchemeDecision.id).where(SchemeDecision.proposal_id == proposal.id)
    if work.session.scalars(known).first() is not None:
        raise AlreadyDecided()
    row = SchemeDecision(
        proposal_id=proposal.id,
        scheme_id=proposal.scheme_id,
        category=proposal.category,
        no=proposal.no,
        sha256=proposal.sha256,
        effective_on=proposal.effective_on,
        proposed_by=proposal.proposed_by,
        decision=decision,
        published_no=proposal.no if decision == APPROVED else None,
        reason=reason,
        decided_by=work.actor.id,
        decided_at=work.now,
        decided_on=shanghai_day(work.now),
    )
    try:
        with work.session.begin_nested():
            work.session.add(row)
    except IntegrityError as taken:
        raise AlreadyDecided() from taken
    audit.record(
        work, f"scheme.{decision}", "scheme_proposal", proposal.id, {"scheme": proposal.reference, "sha256": proposal.sha256}
    )
    return row


def _tell_proposer(work: Work, proposal: SchemeProposal, text: str) -> None:
    notify(
        work,
        proposal.proposed_by,
        text=text,
        values={"revision": proposal.revision, "scheme": proposal.scheme_id, "day": proposal.effective_on.isoformat()},
        link=f"/operator/schemes/{proposal.code}",
        key=f"scheme.decided:{proposal.code}",
        mail=False,
    )
