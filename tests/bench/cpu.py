"""Processor time per page inside one process, no server and no sockets: ``python -m tests.bench.cpu [N ...]``.

For a machine that others use too: processor time hardly depends on them, pages per second do. The application is the one that
is served (metrics in files, log lines to nowhere), called as a server calls it. Each kind of page is asked for the same
addresses as in ``tests.bench.pages``: "first" is the first time that this process meets the address (templates are compiled
before), "again" the least of five, for others on the machine make the same work dearer. ``--profile KIND`` prints where the time of one kind goes.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import time
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Flask

from app.cli.database import load_models
from app.factory import create_app, create_hub
from app.kernel import logs
from tests.bench import bare, filling
from tests.bench.pages import Kind, kinds

ROUNDS = 5
MOST = 60  # addresses of one kind


def main() -> None:
    """Print a table for each size."""
    asked = argparse.ArgumentParser()
    asked.add_argument("sizes", nargs="*", type=int, default=[20_000, 100_000])
    asked.add_argument("--only", default="", help="kinds, separated by commas")
    asked.add_argument("--profile", default="", help="a kind")
    asked.add_argument("--each", action="store_true", help="a line for every address")
    given = asked.parse_args()
    load_models()
    with Path("/dev/null").open("w") as nowhere:
        logs.set_up(as_json=True, level="info", stream=nowhere)
        for size in given.sizes:
            measure(size, set(filter(None, given.only.split(","))), given.profile, each=given.each)


def measure(size: int, only: set[str], profile: str, *, each: bool) -> None:
    settings = filling.ready(size, 5000)
    ours, plain = create_app(create_hub(settings)), bare.create_app(settings)
    wanted = [kind for kind in kinds(settings, 0) if not only or kind.name in only]
    if profile:
        _profile(ours, next(kind for kind in wanted if kind.name == profile))
        return
    for app in (ours, plain):
        _warm(app, wanted)
    print(f"\n{size:,} listings, milliseconds of processor time\n\n| page | first | again: median | again: slowest address |")
    print("|---|---|---|---|")
    for kind in wanted:
        _measure(plain if kind.name == "bare" else ours, kind, each)


def _warm(app: Flask, wanted: list[Kind]) -> None:
    """Templates and statements are compiled, the shelf is read, by addresses that are not measured."""
    for kind in wanted:
        if kind.name in ("bare", "home") or app.name == "bare":
            _ask(app, "/", "")
        else:
            _ask(app, kind.warm, kind.cookie)


def _measure(app: Flask, kind: Kind, each: bool) -> None:
    paths = kind.paths[:MOST]
    first = [_ask(app, path, kind.cookie) for path in paths]
    rounds = max(ROUNDS, 60 // len(paths))
    times = {path: min(_ask(app, path, kind.cookie) for _ in range(rounds)) for path in paths}
    print(
        f"| {kind.name} | {statistics.median(first):.1f} | {statistics.median(times.values()):.1f} | {max(times.values()):.1f} |"
    )
    if each:
        for path, seconds in times.items():
            print(f"    {seconds:6.1f}  {path}")


def _profile(app: Flask, kind: Kind) -> None:
    paths = (kind.paths * 400)[:400] if len(kind.paths) < 400 else kind.paths[:400]
    for path in paths[:100]:
        _ask(app, path, kind.cookie)
    seen = cProfile.Profile()
    seen.enable()
    for path in paths:
        _ask(app, path, kind.cookie)
    seen.disable()
    for order in ("cumulative", "tottime"):
        pstats.Stats(seen).sort_stats(order).print_stats(70)


def _ask(app: Flask, path: str, cookie: str) -> float:
    """One page as a server asks for it; milliseconds of this thread's processor time."""
    environ = _environ(path, cookie)
    seen: list[str] = []

    def start(status: str, _headers: list[Any], _trouble: Any = None) -> Any:
        seen.append(status)

    started = time.thread_time()
    answer = app.wsgi_app(environ, start)
    try:
        for _ in answer:
            pass
    finally:
        answer.close()  # type: ignore[attr-defined]
    spent = time.thread_time() - started
    if seen != ["200 OK"]:
        raise RuntimeError(f"{path}: {seen}")
    return spent * 1000


def _environ(path: str, cookie: str) -> dict[str, Any]:
    bare_path, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": bare_path, "QUERY_STRING": query, "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "5000", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "127.0.0.1:5000", "HTTP_ACCEPT": "text/html",
        "REMOTE_ADDR": "127.0.0.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": BytesIO(),
        "wsgi.errors": BytesIO(), "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
    }  # fmt: skip
    return environ | {"HTTP_COOKIE": cookie} if cookie else environ


if __name__ == "__main__":
    main()
