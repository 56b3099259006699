"""What the log says of itself: the heads of all records once a day, and checkpoints that its key signed elsewhere."""

from __future__ import annotations

from sqlalchemy import select

from app.credit.log.checkpoints import Signed, open_checkpoint
from app.credit.log.errors import BadKey, ForkedLog
from app.credit.log.notes import Key, read_key
from app.credit.models import CreditCheckpoint, CreditLog, CreditLogKey
from app.credit.queries import heads_at, latest_checkpoint, log_key, root_at
from app.credit.service.recording import record_of_the_log
from app.credit.service.sequencing import sequence
from app.kernel.time import shanghai_day
from app.kernel.work import Work


def note_heads(work: Work) -> None:
    """Write today's event ``log.heads``: the root over every subject's newest event, so that none can be left out later."""
    while sequence(work):
        pass
    log = work.session.scalars(select(CreditLog).where(CreditLog.id == 1).with_for_update()).one()
    if log.size == 0:
        return
    heads = heads_at(work, log.size)
    data = {"size": log.size, "count": heads.count, "root": heads.root.hex()}
    record_of_the_log(work, "log.heads", data, key=f"log.heads:{shanghai_day(work.now).isoformat()}")
    sequence(work)


def keep_checkpoint(work: Work, note: str, vkey: str) -> Signed:
    """Keep a signed checkpoint and publish it. Nothing changes when the same one, or a later one, is here already.

    The first key publishes itself; another one is refused (BadKey): a log changes its key in sight of everybody or not at all.
    Raises ForkedLog when the log here gives another root at that size, and what `open_checkpoint` raises.
    """
    work.session.scalars(select(CreditLog).where(CreditLog.id == 1).with_for_update()).one()
    published = log_key(work)
    key = read_key(vkey)
    if published is not None and published.vkey != vkey:
        raise BadKey(f"the log's published key is {published.vkey.rpartition('+')[0]}, not this one")
    signed = open_checkpoint(note, key)
    size, root = signed.checkpoint.size, signed.checkpoint.root
    if root_at(work, size) != root:
        raise ForkedLog(f"the signed root of {size} events is not the one of this log")
    latest = latest_checkpoint(work)
    if latest is not None and latest.size >= size:
        return signed
    if published is None:
        published = _publish(work, key)
    work.session.add(CreditCheckpoint(size=size, root=root, note=note, key_id=published.id, created_at=work.now))
    work.session.flush()
    return signed


def _publish(work: Work, key: Key) -> CreditLogKey:
    row = CreditLogKey(vkey=key.text, from_size=0, published_at=work.now)
    work.session.add(row)
    work.session.flush()
    return row
