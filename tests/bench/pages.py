"""Pages per second and their times, ours beside a bare page in the same run: ``python -m tests.bench.pages [N ...]``.

For each size: fill a marketplace (kept below build/bench), start our web server and the bare one, warm both up, then measure
in rounds: every kind of page for a few seconds, one after the other, so that what else the machine does meets all of them.
Lists and texts are asked in turns and so mostly a second time; "first look" are addresses that are asked only once.
The table shows the median of the rounds; p95 is over all answers. Everything goes into build/bench/pages.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from app.accounts import queries as accounts
from app.accounts.service import start_session
from app.factory import ROOT, create_hub
from app.goods import catalogue
from app.kernel import logs
from app.kernel.work import SYSTEM
from config import Settings
from tests.bench import filling
from tests.drills.town import free_port

CONNECTIONS = 8
GOALS = {
    "list": "at least 300/s and a quarter of the bare page",
    "detail": "at least 200/s",
    "search": "p95 under 60 ms at 100,000",
}
TEXTS = (
    "苹果13", "iphone 13 128", "华为 mate60pro", "小米", "国行 256", "红米", "荣耀", "oppo find", "vivo x90", "苹果 蓝色",
    "iphone 15 pro max 256", "三星 s23", "一加", "渝北 iphone", "备用机", "电池健康", "自用 一直带壳", "512gb", "iphone se", "mate 40",
    "pixel", "魅族", "苹果12 渝中", "小米13 256", "女生用", "128", "iphone", "华为", "红米 k60", "箱说全 国行",
)  # fmt: skip


@dataclass
class Kind:
    """One kind of page: where it is asked, and as whom."""

    name: str
    port: int
    paths: list[str]
    cookie: str = ""
    warm: str = "/"  # an address of this kind that is not measured
    once: bool = False  # each address is asked only once: nothing of the page can have been kept


def main() -> None:
    """Measure each size and print its table."""
    asked = argparse.ArgumentParser()
    asked.add_argument("sizes", nargs="*", type=int, default=[20_000, 100_000])
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--seconds", type=float, default=4.0)
    asked.add_argument("--only", default="", help="kinds, separated by commas")
    given = asked.parse_args()
    logs.set_up(as_json=True, level="warning")
    results = [measure(size, given.rounds, given.seconds, set(filter(None, given.only.split(",")))) for size in given.sizes]
    path = filling.FOLDER / "pages.json"
    path.write_text(json.dumps({"machine": machine(), "goals": GOALS, "results": results}, indent=1, ensure_ascii=False))
    print(f"\nmachine: {machine()}\ngoals: {GOALS}\nwritten to {path.relative_to(ROOT)}")


def machine() -> dict[str, Any]:
    models = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return {
        "cores": os.cpu_count(),
        "processor": models[0] if models else platform.machine(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load_before": os.getloadavg(),
    }


def measure(size: int, rounds: int, seconds: float, only: set[str]) -> dict[str, Any]:
    settings = filling.ready(size, free_port())
    bare_port = free_port()
    wanted = [kind for kind in kinds(settings, bare_port) if not only or kind.name in only]
    seen: dict[str, list[dict[str, Any]]] = {kind.name: [] for kind in wanted}
    own = [sys.executable, "-m", "app.cli", "serve", "--port", str(_port(settings))]
    bare = [sys.executable, "-m", "tests.bench.bare", f"127.0.0.1:{bare_port}"]
    with _serving(own, settings, "/healthz", _port(settings)), _serving(bare, settings, "/", bare_port):
        for kind in wanted:
            _load(_part(kind, 0, rounds + 1), max(2.0, seconds / 2))  # every process has compiled its templates and statements
        load = os.getloadavg()
        for number in range(rounds):
            for kind in wanted:
                seen[kind.name].append(_load(_part(kind, number + 1, rounds + 1), seconds))
    return _table(size, seen, load)


def _part(kind: Kind, number: int, parts: int) -> Kind:
    """The kind with its own part of the addresses where each is asked only once, else as it is."""
    size = len(kind.paths) // parts
    return replace(kind, paths=kind.paths[number * size : (number + 1) * size]) if kind.once else kind


def kinds(settings: Settings, bare_port: int) -> list[Kind]:
    """The kinds of pages of a filled marketplace; also for tests.bench.cpu."""
    port = _port(settings)
    hub = create_hub(settings, queue=False)
    with sqlite3.connect(settings.db_url.removeprefix("sqlite:///")) as raw:
        codes = [row[0] for row in raw.execute("SELECT code FROM listing WHERE state = 'active' AND id % 7 = 0 LIMIT 2000")]
        brands = [row[0] for row in raw.execute("SELECT brand FROM listing GROUP BY brand ORDER BY count(*) DESC LIMIT 6")]
        buyer = raw.execute("SELECT max(id) FROM app_user").fetchone()[0]
    with hub.begin(SYSTEM) as work:
        secret = start_session(work, accounts.user_by_id(work, buyer), "Chrome · Android", "127.0.0.0/24").secret
    hub.db.dispose()
    # Ranges and texts that nobody asks twice: what a page costs at the first look.
    ranges = [f"/search?min={low}&max={high}" for low in range(300, 2_700, 40) for high in range(3_000, 9_000, 50)]
    words = ("国行", "自用", "备用机", "")
    texts = [
        f"/search?q={quote(f'{brand} {size} {district.short} {word}'.strip())}"
        for size in (128, 256, 512, 64) for district in catalogue.districts() for brand in brands for word in words
    ]  # fmt: skip
    lists = ["/search", "/search?page=2", "/search?page=5", "/search?sort=price_up"]
    lists += [f"/search?brand={brand}" for brand in brands]
    lists += ["/search?min=1000&max=2000", "/search?district=yubei", f"/search?brand={brands[0]}&tier=A", "/search?appraised=1"]
    return [
        Kind("bare", bare_port, ["/"]),
        Kind("home", port, ["/"]),
        Kind("list", port, lists, warm="/search?page=3"),
        Kind("search", port, [f"/search?q={quote(text)}" for text in TEXTS], warm="/search?q=xyz"),
        Kind("list, first look", port, ranges, warm="/search?min=1&max=2", once=True),
        Kind("search, first look", port, texts, warm="/search?q=xyz", once=True),
        Kind("detail", port, [f"/items/{code}" for code in codes[1:]], warm=f"/items/{codes[0]}"),
        Kind("checkout", port, [f"/items/{code}/buy" for code in codes[1:]], f"sid={secret}", f"/items/{codes[0]}/buy"),
    ]


def _port(settings: Settings) -> int:
    return int(settings.base_url.rsplit(":", 1)[1])


@contextmanager
def _serving(command: list[str], settings: Settings, path: str, port: int) -> Iterator[None]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("XUNYI_")}
    environment = own | {
        "XUNYI_ENV": "test", "XUNYI_DATA_DIR": str(settings.data_dir), "XUNYI_BASE_URL": settings.base_url, "PORT": str(_port(settings)),
    }  # fmt: skip
    with (settings.data_dir / f"{command[2]}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            _wait(f"http://127.0.0.1:{port}{path}", process)
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            with ask(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"{address} does not answer")


def _load(kind: Kind, seconds: float) -> dict[str, Any]:
    wanted = {"port": kind.port, "seconds": seconds, "connections": CONNECTIONS, "paths": kind.paths, "cookie": kind.cookie}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(wanted), capture_output=True, text=True, cwd=ROOT, timeout=seconds + 90, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{kind.name}: {done.stderr[-1000:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    if set(answer["statuses"]) != {"200"}:
        raise RuntimeError(f"{kind.name}: {answer['statuses']}")
    return answer


def _table(size: int, seen: dict[str, list[dict[str, Any]]], load: tuple[float, ...]) -> dict[str, Any]:
    rows = {}
    for name, rounds in seen.items():
        times = sorted(one for each in rounds for one in each["ms"])
        rows[name] = {
            "per_second": round(statistics.median(each["pages"] / each["seconds"] for each in rounds), 1),
            "p50_ms": times[len(times) // 2],
            "p95_ms": times[len(times) * 95 // 100],
            "pages": len(times),
        }
    bare = rows.get("bare", {}).get("per_second", 0)
    print(f"\n{size:,} listings, {CONNECTIONS} connections, load of the machine before: {load[0]:.1f}\n")
    print("| page | per second | of the bare page | p50 ms | p95 ms |\n|---|---|---|---|---|")
    for name, row in rows.items():
        row["of_bare"] = round(row["per_second"] / bare, 3) if bare else None
        ratio = f"{row['of_bare']:.2f}" if bare else ""
        print(f"| {name} | {row['per_second']:.0f} | {ratio} | {row['p50_ms']:.1f} | {row['p95_ms']:.1f} |", flush=True)
    return {"listings": size, "connections": CONNECTIONS, "load_before": load, "pages": rows}


if __name__ == "__main__":
    main()
