"""Whether the log adds up: everything recomputed from the bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select

from app.credit.catalogue import problems
from app.credit.log import merkle
from app.credit.log.checkpoints import open_checkpoint
from app.credit.log.errors import LogError
from app.credit.log.notes import read_key
from app.credit.models import CreditCheckpoint, CreditEvent, CreditFactKey, CreditLog, CreditLogKey, CreditNode, CreditSubject
from app.credit.queries.tree import heads_at
from app.credit.rules import Checker, Fault, Written
from app.kernel.work import Work


def verify(work: Work, user_id: int | None = None) -> list[Fault]:
    """Recompute the log, or one person's part of it; an empty list means that everything adds up.

    Checks every leaf hash, the canonical form, the columns, ``seq`` and ``prev`` of every subject, the schema; of the whole log
    also that indexes have no gaps, that the log is as long as its head says, every node of the tree, every snapshot of heads, and
    every checkpoint's root and signature.
    """
    checker = Checker()
    faults = checker.faults
    tree = merkle.Tree()
    expected = 0
    for row in _written(work, user_id):
        if user_id is None and row.idx != expected:
            faults.append(Fault(row.idx, "idx"))
        expected = row.idx + 1
        tree.append(merkle.leaf_hash(row.content))
        checker.take(row)
        try:
            event = json.loads(row.content)
            if problems(event["type"], event["data"]):
                faults.append(Fault(row.idx, "schema"))
            elif event["type"] == "log.heads" and not _heads_are(work, event["data"]):
                faults.append(Fault(row.idx, "heads"))
        except (ValueError, KeyError, TypeError):
            continue  # already noted as unreadable
    if user_id is None:
        size = work.session.scalars(select(CreditLog.size)).first() or 0
        if size != expected:
            faults.append(Fault(None, "size"))
        faults += _nodes(work, tree) + _checkpoints(work, tree)
    return faults


def _heads_are(work: Work, data: dict[str, Any]) -> bool:
    heads = heads_at(work, data["size"])
    return bool((heads.count, heads.root.hex()) == (data["count"], data["root"]))


def _nodes(work: Work, tree: merkle.Tree) -> list[Fault]:
    """Nodes that are not what the events give, by the first event below them; and nodes that are missing."""
    kept = select(CreditNode.level, CreditNode.pos, CreditNode.hash).execution_options(yield_per=1000)
    faults, count = [], 0
    for level, pos, hash in work.session.execute(kept):
        count += 1
        if (pos + 1) << level > tree.size or tree.read((level, pos)) != bytes(hash):
            faults.append(Fault(pos << level, "node"))
    complete = sum(tree.size >> level for level in range(1, tree.size.bit_length()))
    return faults if count == complete or faults else [Fault(None, "nodes_missing")]


def _checkpoints(work: Work, tree: merkle.Tree) -> list[Fault]:
    keys = {row.id: row.vkey for row in work.session.scalars(select(CreditLogKey))}
    faults = []
    for row in work.session.scalars(select(CreditCheckpoint).order_by(CreditCheckpoint.size)):
        try:
            said = open_checkpoint(row.note, read_key(keys[row.key_id])).checkpoint
        except LogError:
            faults.append(Fault(row.size - 1, "checkpoint_signature"))
            continue
        if (said.size, said.root) != (row.size, bytes(row.root)):
            faults.append(Fault(row.size - 1, "checkpoint_columns"))
        if said.size > tree.size or merkle.root_from(tree.read, said.size) != said.root:
            faults.append(Fault(said.size - 1, "checkpoint_root"))
    return faults


def waiting_facts(work: Work) -> int:
    """How many recorded facts have no place in the log yet."""
    missing = (
        select(func.count())
        .select_from(CreditFactKey)
        .outerjoin(CreditEvent, CreditEvent.outbox_id == CreditFactKey.outbox_id)
        .where(CreditEvent.idx.is_(None))
    )
    return work.session.scalars(missing).one()


def _written(work: Work, user_id: int | None) -> Iterator[Written]:
    rows = select(CreditEvent).order_by(CreditEvent.idx)
    if user_id is not None:
        rows = rows.join(CreditSubject, CreditSubject.pseudonym == CreditEvent.subject).where(CreditSubject.user_id == user_id)
    for event in work.session.scalars(rows.execution_options(yield_per=500)):
        yield Written(event.idx, bytes(event.leaf_hash), bytes(event.canonical), event.type, event.subject, event.seq, event.ts)
