"""Two processes append to one log at once, and processes that append are killed: no gap, nothing lost, nothing twice, and the root
is that of a serial replay.

Small here; at full size (XUNYI_DRILL=full) 10,000 events by two processes and 40 kills.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.credit import jobs, queries
from app.credit.log import merkle
from app.credit.models import CreditEvent, CreditFactKey
from app.credit.rules import event_bytes
from app.factory import create_hub
from app.kernel.hub import Hub
from app.kernel.outbox import OutboxRow
from app.kernel.work import SYSTEM
from tests.accounts.making import make_user
from tests.drills.appending import Appender, settings
from tests.drills.conftest import FULL

pytestmark = pytest.mark.slow

EACH = 5_000 if FULL else 150
KILLS = 40 if FULL else 6


@pytest.fixture
def open_hub(empty_database: str, tmp_path: Path):
    hub = create_hub(settings(tmp_path, empty_database), queue=False)
    yield hub
    hub.db.dispose()


def serial_replay(hub: Hub) -> bytes:
    """The root of a log that one process writes from the same facts in the same order, with ids and nothing else from this one."""
    tree, heads = merkle.Tree(), {}
    with hub.look(SYSTEM) as work:
        facts = work.session.execute(
            select(OutboxRow.payload, CreditEvent.canonical)
            .join(CreditEvent, CreditEvent.outbox_id == OutboxRow.id)
            .order_by(CreditEvent.idx)
        )
        for fact, content in facts.yield_per(500):
            seq, prev = heads.get(fact["subject"], (0, None))
            id = bytes(content).partition(b'"id":"')[2].partition(b'"')[0].decode()
            about = {name: fact[name] for name in ("type", "ts", "subject", "actor", "refs", "data")}
            leaf = merkle.leaf_hash(event_bytes(id=id, seq=seq + 1, prev=prev, **about))
            tree.append(leaf)
            heads[fact["subject"]] = (seq + 1, leaf)
    return merkle.root_from(tree.read, tree.size)


def require_sound(hub: Hub) -> int:
    """Every recorded fact is in the log once, without a gap; returns how many."""
    with hub.look(SYSTEM) as work:
        assert queries.verify(work) == []
        recorded = work.session.scalar(select(func.count()).select_from(CreditFactKey))
        placed = work.session.scalar(select(func.count(func.distinct(CreditEvent.outbox_id))))
        size, last = queries.log_size(work), work.session.scalar(select(func.max(CreditEvent.idx)))
        assert (recorded, placed, last) == (size, size, size - 1)
        assert queries.root_at(work, size) == serial_replay(hub)
        return size


def test_two_processes_append_without_a_gap_and_as_one_would(open_hub: Hub, empty_database: str, tmp_path: Path) -> None:
    sellers = [make_user(open_hub).id for _ in range(3)]
    appenders = [Appender(tmp_path, empty_database, name, EACH, sellers) for name in ("one", "two")]
    started = time.monotonic()
    for each in appenders:
        each.start()
    for each in appenders:
        each.finish()
    seconds = time.monotonic() - started
    assert require_sound(open_hub) == 2 * EACH
    print(f"{2 * EACH} events by two processes in {seconds:.1f} s: {2 * EACH / seconds:.0f} a second")


def test_killed_between_outbox_and_log_nothing_is_lost_and_nothing_written_twice(
    open_hub: Hub, empty_database: str, tmp_path: Path
) -> None:
    dice = random.Random(11)
    sellers = [make_user(open_hub).id for _ in range(2)]
    left_waiting = 0
    for number in range(KILLS):
        appender = Appender(tmp_path, empty_database, f"life {number}", 100_000, sellers)
        appender.start()
        time.sleep(dice.uniform(0.1, 1.2))
        appender.kill()
        with open_hub.look(SYSTEM) as work:
            left_waiting += queries.waiting_facts(work) > 0
        if dice.random() < 0.5:
            jobs.sequence_all(open_hub)  # else the next process finds what this one left
    jobs.sequence_all(open_hub)
    size = require_sound(open_hub)
    assert size > 0
    print(f"{KILLS} kills, {size} events, {left_waiting} times facts were left waiting for their place")
