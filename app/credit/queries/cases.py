"""Case files: what an authority takes along and checks without us."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import or_, select

from app.credit.log import merkle
from app.credit.log.canonical import canonical, in_base64
from app.credit.log.cases import FINDINGS, LOG, SELLER, cards_file, cards_of, heads_file, platform_file, write_case
from app.credit.log.errors import LogError
from app.credit.log.platforms import NAME as PLATFORM
from app.credit.log.prooffiles import make_proof_file
from app.credit.log.scorepolicies import Published
from app.credit.log.scores import Fact, read_fact
from app.credit.models import CreditCheckpoint, CreditEvent, CreditFinding, CreditSubject
from app.credit.queries.records import pseudonym_of
from app.credit.queries.scores import published_policies
from app.credit.queries.tree import consistency, heads_at, reader, require_checkpoint
from app.credit.store import by_sha256, platform_by_sha256
from app.kernel.time import shanghai_day
from app.kernel.work import Work

AT_ONCE = 20  # proofs whose nodes are read with one query

Entries = list[tuple[int, bytes]]


def case_key(work: Work, user_id: int, last_size: int | None = None) -> tuple[object, ...]:
    """What a person's case file is made of: two with the same key are the same file. Raises NoCheckpointYet."""
    signed = require_checkpoint(work)
    return pseudonym_of(work, user_id), signed.size, bytes(signed.root), last_size, shanghai_day(work.now)


def seller_case(work: Work, user_id: int, last_size: int | None = None) -> bytes:
    """Everything recorded of one person, each event with its proof, and how to compute the score again.

    ``last_size``: of the checkpoint that the reader keeps from the last visit. Raises NoCheckpointYet, and WrongSize for a
    size that the log never had.
    """
    signed = require_checkpoint(work)
    subject = pseudonym_of(work, user_id)
    of_log = select(CreditSubject.pseudonym).where(CreditSubject.kind == "platform")
    wanted = or_(
        CreditEvent.subject == subject,
        (CreditEvent.type == "policy.published") & CreditEvent.subject.in_(of_log),
        CreditEvent.idx.in_(
            select(CreditEvent.idx)
            .where(CreditEvent.type == "log.heads", CreditEvent.idx < signed.size, CreditEvent.subject.in_(of_log))
            .order_by(CreditEvent.idx.desc())
            .limit(1)
        ),
    )
    entries = _entries(work, signed.size, wanted)
    files = _proofs(work, signed, [idx for idx, _ in entries])
    if last_size is not None:
        proof = consistency(work, last_size, signed.size)
        files["consistency.txt"] = "\n".join([f"old {last_size}", *map(in_base64, proof)]).encode() + b"\n"
    facts = _facts(entries)
    noted = next((fact for fact in reversed(facts) if fact.type == "log.heads"), None)
    if noted is not None and subject is not None:
        files["heads-proof.json"] = heads_file(noted.idx, heads_at(work, noted.data["size"]).show(subject))
    return _case(work, SELLER, subject, signed, entries, facts, files)


def log_case(work: Work) -> bytes:
    """Every event of the log, so that the root, all heads and all scores follow from the events themselves."""
    signed = require_checkpoint(work)
    entries = _entries(work, signed.size, CreditEvent.idx >= 0)
    notes = work.session.scalars(select(CreditCheckpoint.note).where(CreditCheckpoint.size < signed.size))
    files = {"checkpoints.json": canonical(list(notes.all()))}
    return _case(work, LOG, None, signed, entries, _facts(entries), files)


def _case(
    work: Work,
    scope: str,
    subject: str | None,
    signed: CreditCheckpoint,
    entries: Entries,
    facts: list[Fact],
    files: dict[str, bytes],
) -> bytes:
    today = shanghai_day(work.now)
    named: list[Published] = [each for each in published_policies(work) if each.idx < signed.size]
    policies = {each.sha256: by_sha256(each.sha256) for each in named if each.name != PLATFORM}
    own = {each.sha256: platform_by_sha256(each.sha256) for each in named if each.name == PLATFORM}
    for rules in (*policies.values(), *own.values()):
        files[f"policies/{rules.name}-{rules.version}.json"] = rules.content
    if scope == LOG:
        files["platform.json"] = platform_file(facts, own, today, signed.size)
    codes = [str(fact.data["finding"]) for fact in facts if "finding" in fact.data]
    if codes:
        notes = select(CreditFinding.note).where(CreditFinding.code.in_(codes)).order_by(CreditFinding.id)
        files[FINDINGS] = canonical(list(work.session.scalars(notes)))
    files["checkpoint.txt"] = signed.note.encode()
    files["scorecards.json"] = cards_file(cards_of(facts, policies, today, signed.size, subject))
    return write_case(scope, subject, signed.size, today, entries, files)


def _entries(work: Work, size: int, wanted: object) -> Entries:
    rows = select(CreditEvent.idx, CreditEvent.canonical).where(CreditEvent.idx < size, wanted).order_by(CreditEvent.idx)
    return [(idx, bytes(content)) for idx, content in work.session.execute(rows)]


def _facts(entries: Iterable[tuple[int, bytes]]) -> list[Fact]:
    """Events that can be read; one that cannot goes into the case as it is, and its reader is told."""
    facts = []
    for idx, content in entries:
        try:
            facts.append(read_fact(idx, content))
        except LogError:
            continue
    return facts


def _proofs(work: Work, signed: CreditCheckpoint, indexes: list[int]) -> dict[str, bytes]:
    """A proof for each event; where nodes of the tree are missing there is none, and the reader of the case is told."""
    files = {}
    for start in range(0, len(indexes), AT_ONCE):
        some = indexes[start : start + AT_ONCE]
        read = reader(work, {place for idx in some for place in merkle.places_of_inclusion(idx, signed.size)})
        for idx in some:
            try:
                proof = merkle.inclusion_from(read, idx, signed.size)
            except KeyError:
                continue
            files[f"proofs/{idx}.tlog-proof"] = make_proof_file(idx, proof, signed.note).encode()
    return files
