"""Recording facts in the transaction in which they happen; the log takes them after the commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, select, text, update

from app.credit.catalogue import problems
from app.credit.errors import EventRefused
from app.credit.events import CreditFact
from app.credit.log.canonical import in_base64
from app.credit.log.disclosures import ALGORITHM, digest_of, make_disclosure
from app.credit.models import CreditEvent, CreditFactKey, CreditSubject
from app.kernel.db import Instant
from app.kernel.ids import new_code
from app.kernel.outbox import announce
from app.kernel.time import iso_seconds
from app.kernel.work import Work


def record(work: Work, type: str, subject_user_id: int, data: Mapping[str, Any], refs: Iterable[str] = (), *, key: str) -> None:
    """Record what a person did, in the caller's transaction; the log takes it after the commit. Once per ``key``.

    ``data`` must fit the schema of its type (``catalogue.TYPES``): codes, hashes, counts and fixed words, never prices, names or
    numbers of people. ``refs`` are base64 leaf hashes of earlier events that this one answers.
    Raises EventRefused (a ValueError) otherwise: that is a mistake of the calling code.
    """
    subject = subject_of(work, subject_user_id, "appraiser" if type.startswith("appraisal.") else "seller")
    _record(work, type, subject, data, refs, key)


def record_of_the_log(work: Work, type: str, data: Mapping[str, Any], *, key: str) -> None:
    """Record what concerns the log itself, under the name of the marketplace. As ``record`` otherwise."""
    _record(work, type, subject_of_the_marketplace(work), data, (), key)


def record_finding(
    work: Work, type: str, pseudonym: str, data: Mapping[str, Any], refs: Iterable[str], *, key: str, actor: str
) -> None:
    """Record what an authority signed about a subject of the log, under the authority's name. As ``record`` otherwise."""
    subject = work.session.scalars(select(CreditSubject).where(CreditSubject.pseudonym == pseudonym)).one()
    _record(work, type, subject, data, refs, key, actor)


def _record(
    work: Work,
    type: str,
    subject: CreditSubject,
    data: Mapping[str, Any],
    refs: Iterable[str],
    key: str,
    actor: str | None = None,
) -> None:
    plain = {name: value for name, value in data.items() if value is not None}
    wrong = problems(type, plain)
    if wrong:
        raise EventRefused(f"{type}: {'; '.join(wrong)}")
    taken = work.session.execute(
        text("INSERT INTO credit_fact_key (key) VALUES (:key) ON CONFLICT DO NOTHING RETURNING id"), {"key": key}
    ).scalar_one_or_none()
    if taken is None:
        return
    outbox_id = announce(
        work,
        CreditFact(
            key=key,
            type=type,
            subject=subject.pseudonym,
            actor=actor or _actor_name(work, type, subject),
            ts=iso_seconds(work.now),
            data=plain,
            refs=list(refs),
        ),
    )
    work.session.execute(update(CreditFactKey).where(CreditFactKey.id == taken).values(outbox_id=outbox_id))


def subject_of(work: Work, user_id: int, kind: str = "seller") -> CreditSubject:
    """The person's names in the log, made on first use; two requests at once get the same."""
    return _named(work, CreditSubject.user_id == user_id, kind, user_id)


def subject_of_the_marketplace(work: Work) -> CreditSubject:
    """The marketplace as a subject of its own log."""
    return _named(work, CreditSubject.kind == "platform", "platform", None)


def _named(work: Work, which: ColumnElement[bool], kind: str, user_id: int | None) -> CreditSubject:
    wanted = select(CreditSubject).where(which)
    found = work.session.scalars(wanted).first()
    if found is not None:
        return found
    dialect = work.session.get_bind().dialect
    work.session.execute(
        text(
            "INSERT INTO credit_subject (kind, pseudonym, cluster, user_id, created_at) "
            "VALUES (:kind, :pseudonym, :cluster, :user_id, :created_at) ON CONFLICT DO NOTHING"
        ),
        {
            "kind": kind,
            "pseudonym": f"s_{new_code()}",
            "cluster": f"c_{new_code()}",
            "user_id": user_id,
            "created_at": Instant().process_bind_param(work.now, dialect),
        },
    )
    return work.session.scalars(wanted).one()


def cluster_of(work: Work, user_id: int) -> str:
    """The name of a buyer in somebody else's events (field ``counterparty``)."""
    return subject_of(work, user_id).cluster


def _actor_name(work: Work, type: str, subject: CreditSubject) -> str:
    if work.actor.kind == "system":
        return "system"
    if type.startswith("appraisal.") and work.actor.user_id == subject.user_id:
        return f"appraiser:{subject.pseudonym}"
    return "platform"


def sealed(values: Mapping[str, tuple[Any, str]]) -> dict[str, Any]:
    """Fields by which an event commits itself to values without showing them: name -> (value, salt of 128 bits)."""
    digests = sorted(digest_of(make_disclosure(name, value, salt)) for name, (value, salt) in values.items())
    return {"_sd": digests, "_sd_alg": ALGORITHM}


def reference(event: CreditEvent) -> str:
    """How another event refers to this one."""
    return in_base64(event.leaf_hash)
