"""Questions to the log, answered from its events before a size, as of a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.credit.log import asking
from app.credit.log.asking import Bias, SameBuyer, Turnover
from app.credit.log.scores import Fact, read_fact
from app.credit.models import CreditEvent
from app.credit.queries.tree import log_size
from app.kernel.work import Work

_TYPES = ("order.completed", "appraisal.reinspected", "dispute.decided", "dispute.overturned", "review.tombstoned")


@dataclass(frozen=True)
class Answers:
    """What the log says on a day. Subjects stand under their names in the log."""

    as_of: date
    log_size: int
    turnovers: list[Turnover]
    biased: list[Bias]
    same_buyers: list[SameBuyer]
    overturned: list[tuple[Fact, Fact]]
    tombstones: list[tuple[str, int]]


def answers(work: Work, as_of: date) -> Answers:
    """All of them, from one reading of the events that they need."""
    size = log_size(work)
    rows = select(CreditEvent.idx, CreditEvent.canonical).where(CreditEvent.type.in_(_TYPES), CreditEvent.idx < size)
    facts = [read_fact(idx, bytes(content)) for idx, content in work.session.execute(rows.order_by(CreditEvent.idx))]
    return Answers(
        as_of=as_of,
        log_size=size,
        turnovers=asking.over_turnover(facts, as_of),
        biased=asking.biased(facts, as_of),
        same_buyers=asking.to_the_same(facts, as_of),
        overturned=asking.overturned(facts, as_of),
        tombstones=asking.tombstones(facts, as_of),
    )
