"""How long one answer takes to be kept: ``python -m tests.bench.inspecting``. The goal is 100 ms at the 95th percentile.

A marketplace of its own, our web server, one appraiser, and every item of a car and of a phone answered one by one over a kept
connection, as the workbench does. Printed and written into build/bench/inspecting.json with the load of the machine beside it.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from app.accounts.service import start_session
from app.appraisal import service
from app.factory import ROOT
from app.kernel import logs
from app.kernel.work import SYSTEM
from grading import load_scheme
from tests.browser.inspecting import Bench
from tests.browser.product import Product

GOAL_MS = 100
ROUNDS = 3


def main() -> int:
    logs.set_up(as_json=True, level="warning")
    with tempfile.TemporaryDirectory(prefix="xunyi-bench-") as folder:
        product = Product.start(Path(folder))
        try:
            product.hire("appraiser", "周明", "清河检测")
            with product.hub.begin(SYSTEM) as work:
                cookie = start_session(work, product.staff["appraiser"], "bench", "127.0.0.0/24").secret
            figures = {category: _measure(product, category, cookie) for category in ("car", "phone")}
        finally:
            product.stop()
    told = {"goal_ms": GOAL_MS, "load_1_min": round(os.getloadavg()[0], 1), "processors": os.cpu_count(), **figures}
    (ROOT / "build/bench").mkdir(parents=True, exist_ok=True)
    (ROOT / "build/bench/inspecting.json").write_text(json.dumps(told, indent=2))
    for category, figure in figures.items():
        print(
            f"{category}: {figure['answers']} answers kept, median {figure['p50_ms']} ms, p95 {figure['p95_ms']} ms, "
            f"slowest {figure['max_ms']} ms (goal p95 {GOAL_MS} ms, load {told['load_1_min']} on {told['processors']} processors)"
        )
    return 0 if all(figure["p95_ms"] < GOAL_MS for figure in figures.values()) else 1


def _measure(product: Product, category: str, cookie: str) -> dict[str, float]:
    times: list[float] = []
    address = urlsplit(product.address)
    for _round in range(ROUNDS):
        code = Bench(product).take(category)
        line = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
        headers = {"Cookie": f"sid={cookie}", "Accept": "text/html"}
        line.request("GET", f"/appraisals/{code}/inspect", headers=headers)
        answer = line.getresponse()
        page = answer.read().decode()
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, page[:500]
        cookies = "; ".join(each.split(";")[0] for each in answer.headers.get_all("Set-Cookie") or [])
        headers = {"Cookie": f"sid={cookie}; {cookies}", "Accept": "application/json", "X-Autosave": "1"}
        headers |= {"X-CSRFToken": found[1], "Content-Type": "application/json"}
        scheme = load_scheme({"car": "gbt30323-2013", "phone": "phone-2026.1"}[category])
        for number, item in enumerate(service.typed_items(scheme)):
            if item.clean is None:
                continue
            body = {"key": f"bench-{_round}-{number}", "answers": [{"key": item.key, "value": item.clean, "seen": ""}]}
            started = time.perf_counter()
            line.request("POST", f"/appraisals/{code}/answers", body=json.dumps(body), headers=headers)
            answer = line.getresponse()
            told = json.loads(answer.read())
            times.append((time.perf_counter() - started) * 1000)
            assert answer.status == 200, told
            assert told["now"] == {item.key: item.clean}, told
    cuts = statistics.quantiles(times, n=100)
    return {"answers": len(times), "p50_ms": round(cuts[49], 1), "p95_ms": round(cuts[94], 1), "max_ms": round(max(times), 1)}


if __name__ == "__main__":
    raise SystemExit(main())
