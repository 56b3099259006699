"""How long the demo town takes to fill: wall time and processor time, in a scratch folder. Run by `make bench`."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from pathlib import Path

from app.cli import database
from app.demo.seed import fill
from app.factory import create_hub
from config import Settings


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="xunyi-town-") as folder:
        settings = Settings(
            env="development", data_dir=Path(folder), slow_query_ms=0
        )  # slow statements are not the question here
        database.upgrade(settings.db_url)
        hub = create_hub(settings, queue=False)
        started = time.monotonic()
        fill(hub, say=lambda line: None)
        seconds = time.monotonic() - started
        hub.db.dispose()
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"demo town on {os.cpu_count()} cores: {seconds:.0f} s")
    print(
        f"processor time: {own.ru_utime + own.ru_stime:.0f} s telling the year, {others.ru_utime + others.ru_stime:.0f} s pictures"
    )


if __name__ == "__main__":
    main()
