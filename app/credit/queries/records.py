"""Reading records: what a person did."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from app.accounts.models import User
from app.credit.errors import AppraiserNotFound, CreditEventNotFound, SellerNotFound
from app.credit.models import CreditEvent, CreditSubject
from app.credit.rules import FEW_SALES
from app.kernel.time import shanghai_day
from app.kernel.work import Work


@dataclass(frozen=True)
class Entry:
    """One event for reading. ``content`` are its exact bytes; ``leaf`` is the leaf hash in hexadecimal."""

    idx: int
    seq: int
    type: str
    at: datetime
    leaf: str
    content: bytes
    data: dict[str, Any]


@dataclass(frozen=True)
class SellerSummary:
    """Counts of what a seller did, straight from the log. No score: whoever reads them judges.

    ``problems_decided_against`` counts decisions that found the seller at fault, alone or with the buyer. Days are Shanghai's.
    """

    completed: int = 0
    cancelled_by_seller: int = 0
    problems_opened: int = 0
    problems_settled: int = 0  # of these, taken back by the buyer
    problems_decided_against: int = 0
    on_time: int = 0
    late: int = 0
    published: int = 0
    appraisals: int = 0
    events: int = 0
    member_since: date | None = None
    first_sale_on: date | None = None
    last_sale_on: date | None = None

    @property
    def sales_completed(self) -> int:
        return self.completed

    @property
    def is_small_sample(self) -> bool:
        """Too few sales to say much."""
        return self.completed < FEW_SALES


def seller_by_code(work: Work, code: str) -> User:
    """The person of a public seller page. Raises SellerNotFound, also for closed accounts."""
    user = work.session.scalars(select(User).where(User.code == code, User.disabled_at.is_(None))).first()
    if user is None:
        raise SellerNotFound()
    return user


def appraiser_by_code(work: Work, code: str) -> User:
    """Somebody who is or was an appraiser. Raises AppraiserNotFound for everybody else."""
    user = work.session.scalars(select(User).where(User.code == code, User.duty == "appraisal")).first()
    if user is None:
        raise AppraiserNotFound()
    return user


def count_of(work: Work, user_id: int, *types: str) -> dict[str, int]:
    """How many events of these kinds a person's record holds."""
    rows = (
        select(CreditEvent.type, func.count())
        .join(CreditSubject, CreditSubject.pseudonym == CreditEvent.subject)
        .where(CreditSubject.user_id == user_id, CreditEvent.type.in_(types))
        .group_by(CreditEvent.type)
    )
    return dict.fromkeys(types, 0) | dict(work.session.execute(rows).all())


def stars_of(work: Work, user_id: int) -> dict[str, list[int]]:
    """How many opened reviews gave a person five, four ... one star, as ``seller`` and as ``buyer``, counted from the log."""
    rows = (
        select(CreditEvent.canonical)
        .join(CreditSubject, CreditSubject.pseudonym == CreditEvent.subject)
        .where(CreditSubject.user_id == user_id, CreditEvent.type == "review.revealed")
    )
    counts = {"seller": [0] * 5, "buyer": [0] * 5}
    for content in work.session.scalars(rows):
        said = json.loads(bytes(content))["data"]
        counts[said["of"]][5 - said["stars"]] += 1
    return counts


def pseudonym_of(work: Work, user_id: int) -> str | None:
    """The subject under which a person stands in the log; None when nothing was ever recorded."""
    return work.session.scalars(select(CreditSubject.pseudonym).where(CreditSubject.user_id == user_id)).first()


def events_of(work: Work, user_id: int, limit: int | None = None, offset: int = 0, *, before: int | None = None) -> list[Entry]:
    """A person's events, newest first; all of them when no limit is given. ``before``: only numbers below this one."""
    rows = (
        select(CreditEvent)
        .join(CreditSubject, CreditSubject.pseudonym == CreditEvent.subject)
        .where(CreditSubject.user_id == user_id)
        .order_by(CreditEvent.seq.desc())
        .offset(offset)
    )
    if before is not None:
        rows = rows.where(CreditEvent.seq < before)
    return [_entry(event) for event in work.session.scalars(rows if limit is None else rows.limit(limit))]


def event_by_idx(work: Work, idx: int) -> Entry:
    """One event of the log. Raises CreditEventNotFound."""
    event = work.session.get(CreditEvent, idx) if 0 <= idx < 2**62 else None
    if event is None:
        raise CreditEventNotFound()
    return _entry(event)


# Put together once: that costs more than to ask.
_SINCE = select(User.id, User.created_at).where(User.id.in_(bindparam("ids", expanding=True)))
_COUNTED = (
    select(CreditSubject.user_id, CreditEvent.type, func.count(), func.min(CreditEvent.ts), func.max(CreditEvent.ts))
    .join(CreditEvent, CreditEvent.subject == CreditSubject.pseudonym)
    .where(CreditSubject.user_id.in_(bindparam("ids", expanding=True)))
    .group_by(CreditSubject.user_id, CreditEvent.type)
)


def seller_summary(work: Work, user_id: int) -> SellerSummary:
    """The counts of one seller. Two queries."""
    return seller_summaries(work, [user_id]).get(user_id, SellerSummary())


def seller_summaries(work: Work, user_ids: Iterable[int]) -> dict[int, SellerSummary]:
    """The counts of several sellers at once; people who do not exist are left out. Three queries, however many sellers."""
    wanted = set(user_ids)
    if not wanted:
        return {}
    since = dict(work.session.execute(_SINCE, {"ids": list(wanted)}).all())
    counted = work.session.execute(_COUNTED, {"ids": list(wanted)})
    counts: dict[int, dict[str, tuple[int, str, str]]] = {user_id: {} for user_id in since}
    for user_id, type, count, first, last in counted:
        counts[user_id][type] = (count, first, last)
    against: dict[int, int] = {}
    if any("dispute.decided" in types for types in counts.values()):
        against = _decided_against(work, wanted)
    return {
        user_id: _summary(counts[user_id], against.get(user_id, 0), shanghai_day(created_at))
        for user_id, created_at in since.items()
    }


def _entry(event: CreditEvent) -> Entry:
    content = bytes(event.canonical)
    return Entry(
        idx=event.idx,
        seq=event.seq,
        type=event.type,
        at=datetime.fromisoformat(event.ts),
        leaf=bytes(event.leaf_hash).hex(),
        content=content,
        data=json.loads(content)["data"],
    )


def _decided_against(work: Work, user_ids: set[int]) -> dict[int, int]:
    decided = work.session.execute(
        select(CreditSubject.user_id, CreditEvent.canonical)
        .join(CreditEvent, CreditEvent.subject == CreditSubject.pseudonym)
        .where(CreditSubject.user_id.in_(user_ids), CreditEvent.type == "dispute.decided")
    )
    against: dict[int, int] = {}
    for user_id, content in decided:
        if json.loads(bytes(content))["data"]["outcome"] in ("seller_fault", "shared"):
            against[user_id] = against.get(user_id, 0) + 1
    return against


def _summary(types: dict[str, tuple[int, str, str]], against: int, member_since: date) -> SellerSummary:
    def count(type: str) -> int:
        return types[type][0] if type in types else 0

    sales = types.get("order.completed")
    return SellerSummary(
        completed=count("order.completed"),
        cancelled_by_seller=count("order.cancelled_by_seller"),
        problems_opened=count("dispute.opened"),
        problems_settled=count("dispute.settled"),
        problems_decided_against=against,
        on_time=count("order.shipped_on_time"),
        late=count("order.shipped_late"),
        published=count("listing.published"),
        appraisals=count("appraisal.issued"),
        events=sum(each[0] for each in types.values()),
        member_since=member_since,
        first_sale_on=shanghai_day(datetime.fromisoformat(sales[1])) if sales else None,
        last_sale_on=shanghai_day(datetime.fromisoformat(sales[2])) if sales else None,
    )
