"""The log of credit records: events appended per second, the time of a proof at growing sizes, and the whole log computed again.

On SQLite in a temporary folder, one process. Sizes may be given: python -m tests.bench.log 1000 10000
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from app.cli import database
from app.credit import jobs, queries
from app.credit.log import merkle
from app.credit.models import CreditEvent
from app.credit.provider import LogSigner, from_settings
from app.credit.service import record
from app.factory import create_hub
from app.kernel import logs
from app.kernel.hub import Hub
from app.kernel.ids import new_code
from app.kernel.work import SYSTEM, Work
from config import Settings
from tests.accounts.making import make_user

SIZES = (1_000, 10_000, 100_000)
PROOFS = 200
SLOWEST_GROWTH = 4  # a proof at the largest size may take so many times the one at the smallest: log2 grows from 10 to 17


def fill(hub: Hub, sellers: list[int], count: int) -> tuple[float, float]:
    """Append so many events, as many in a transaction as the sequencer takes; seconds of recording and of appending."""
    recording = appending = 0.0
    for start in range(0, count, 200):

        def some(work: Work, here: int = min(200, count - start)) -> None:
            for number in range(here):
                fields = {"order": new_code(), "category": "phone", "amount_band": "2000-3000", "escrow": True}
                record(work, "order.completed", sellers[number % len(sellers)], fields, key=new_code())

        begun = time.perf_counter()
        hub.db.run(SYSTEM, some)
        recorded = time.perf_counter()
        jobs.sequence_all(hub)
        recording += recorded - begun
        appending += time.perf_counter() - recorded
    return recording, appending


def proofs(hub: Hub, size: int) -> tuple[float, float, int]:
    """Median and slowest seconds of a proof read from the database, and its most hashes. Each is checked."""
    dice = random.Random(size)
    seconds, most = [], 0
    with hub.look() as work:
        root = queries.root_at(work, size)
        for _ in range(PROOFS):
            idx = dice.randrange(size)
            begun = time.perf_counter()
            proof = queries.inclusion(work, idx, size)
            seconds.append(time.perf_counter() - begun)
            leaf = bytes(work.session.get_one(CreditEvent, idx).leaf_hash)
            merkle.verify_inclusion(leaf, idx, size, proof, root)
            most = max(most, len(proof))
    return statistics.median(seconds), max(seconds), most


def verify(hub: Hub) -> float:
    begun = time.perf_counter()
    with hub.look() as work:
        faults = queries.verify(work)
    if faults:
        raise SystemExit(f"the log does not add up: {faults[:3]}")
    return time.perf_counter() - begun


def grow(hub: Hub, sellers: list[int], signer: LogSigner, size: int) -> float:
    """Grow the log to this size, measure, print; the median time of a proof."""
    with hub.look() as work:
        missing = size - queries.log_size(work)
    recording, appending = fill(hub, sellers, missing)
    median, slowest, most = proofs(hub, size)
    begun = time.perf_counter()
    jobs.publish_checkpoint(hub, signer)
    signed = time.perf_counter() - begun
    print(
        f"{size:>7,} events: {missing / appending:,.0f} appended a second ({missing / (recording + appending):,.0f} with recording), "
        f"proof {median * 1000:.2f} ms (slowest {slowest * 1000:.1f}, up to {most} hashes), signed in {signed * 1000:.0f} ms, "
        f"all verified in {verify(hub):.1f} s",
        flush=True,
    )
    return median


def main() -> int:
    logs.set_up(as_json=True, level="error")
    sizes = [int(each) for each in sys.argv[1:]] or list(SIZES)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(env="test", data_dir=Path(folder), password_time_cost=1, threads=4)
        database.upgrade(settings.db_url)
        hub = create_hub(settings, queue=False)
        sellers = [make_user(hub).id for _ in range(50)]
        signer = from_settings(settings)
        assert signer is not None
        medians = [grow(hub, sellers, signer, size) for size in sizes]
        hub.db.dispose()
    return 0 if medians[-1] <= SLOWEST_GROWTH * medians[0] else 1


if __name__ == "__main__":
    sys.exit(main())
