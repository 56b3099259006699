"""What was proposed, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts.models import User
from app.kernel.ids import is_code
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.schemes.errors import ProposalNotFound
from app.schemes.models import SchemeDecision, SchemeProposal
from app.schemes.queries.confirming import is_as_read, newest_by_agency, progress
from app.schemes.queries.shelf import newest_scheme
from app.schemes.rules import Fault
from grading import Scheme


@dataclass(frozen=True)
class Proposed:
    """A proposal with its decision and the people of both."""

    row: SchemeProposal
    decision: SchemeDecision | None
    proposer: User
    decider: User | None
    is_overtaken: bool  # another revision with its number was approved
    is_late: bool  # its first day is not in the future any more

    @property
    def can_be_approved(self) -> bool:
        return self.decision is None and not self.is_overtaken and not self.is_late


def proposals(work: Work, limit: int = 100) -> list[Proposed]:
    """Newest first, those that wait before those that are decided."""
    rows = (
        select(SchemeProposal, SchemeDecision)
        .outerjoin(SchemeDecision, SchemeDecision.proposal_id == SchemeProposal.id)
        .order_by(SchemeDecision.id.is_not(None), SchemeProposal.id.desc())
        .limit(limit)
    )
    found = [(proposal, decision) for proposal, decision in work.session.execute(rows)]
    people = accounts.users_by_id(
        work, {row.proposed_by for row, _ in found} | {done.decided_by for _, done in found if done is not None}
    )
    return [_proposed(work, row, decision, people) for row, decision in found]


def proposal_by_code(work: Work, code: str) -> Proposed:
    """One of them. Raises ProposalNotFound."""
    if not is_code(code):
        raise ProposalNotFound()
    found = work.session.scalars(select(SchemeProposal).where(SchemeProposal.code == code)).first()
    if found is None:
        raise ProposalNotFound()
    decision = work.session.scalars(select(SchemeDecision).where(SchemeDecision.proposal_id == found.id)).first()
    people = accounts.users_by_id(work, {found.proposed_by, *([decision.decided_by] if decision else [])})
    return _proposed(work, found, decision, people)


def deciders_left(work: Work, proposal: SchemeProposal) -> list[User]:
    """The operators who may approve it: everybody but the one who proposed it."""
    return [user for user in accounts.people_with_role(work, "operator") if user.id != proposal.proposed_by]


def backing_faults(work: Work, scheme: Scheme) -> list[Fault]:
    """Items that the file calls confirmed although no two people of an agency read them so here, or some read otherwise."""
    if not scheme.confirmed:
        return []
    faults = []
    standing = {one.item.code: one for one in progress(work, scheme).items}
    for code in scheme.confirmed:
        one, path = standing.get(code), f"confirmed.items.{code}"
        item = scheme.items_by_code[code]
        newest = newest_by_agency(one.seen, item) if one is not None else []
        if not newest:
            faults.append(Fault(path, "not_read", {"item": code}))
            continue
        for seen in newest:
            if not is_as_read(item, seen):
                faults.append(Fault(path, "read_otherwise", {"item": code, "page": seen.reading.page}))
        said = scheme.confirmed[code]
        if (said.page, said.day) not in {(seen.reading.page, seen.reading.read_on) for seen in newest}:
            faults.append(Fault(path, "page_differs", {"item": code, "page": newest[0].reading.page}))
    return faults


def _proposed(work: Work, row: SchemeProposal, decision: SchemeDecision | None, people: dict[int, User]) -> Proposed:
    newest = newest_scheme(work, row.scheme_id)
    return Proposed(
        row=row,
        decision=decision,
        proposer=people[row.proposed_by],
        decider=people[decision.decided_by] if decision else None,
        is_overtaken=decision is None and newest.number >= row.no,
        is_late=decision is None and row.effective_on <= shanghai_day(work.now),
    )
