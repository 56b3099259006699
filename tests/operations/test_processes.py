"""The real processes: two web workers and the job worker answer as one on /metrics, and a page's number leads to its jobs."""

from __future__ import annotations

import json
import re
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.kernel.outbox import OutboxRow
from app.kernel.work import SYSTEM
from tests.conftest import DIALECT
from tests.drills.town import Town, browser, children_of, token_of, wait_for

pytestmark = pytest.mark.slow

CANARY = "13912345674"


@pytest.fixture
def town(template: str, tmp_path: Path) -> Iterator[Town]:
    if DIALECT != "sqlite":
        pytest.skip("processes and files are the same on PostgreSQL")
    (tmp_path / "db").mkdir()
    shutil.copy(template, tmp_path / "db" / "xunyi.sqlite3")
    town = Town.found(tmp_path, f"sqlite:///{tmp_path / 'db' / 'xunyi.sqlite3'}")
    yield town
    assert set(town.stop().values()) == {0}


def figures(town: Town) -> dict[str, float]:
    with browser() as visitor:
        page = visitor.get(f"{town.address}/metrics", timeout=10).text
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if not line.startswith("#")}


def pages(town: Town, count: int) -> None:
    for _ in range(count):
        with browser() as visitor:
            assert visitor.get(f"{town.address}/protection?phone={CANARY}", timeout=10).status_code == 200


def lines(town: Town, part: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in town.log(part).splitlines()]


PROTECTION = 'xunyi_requests_total{method="GET",route="/protection",status="2xx"}'


def test_figures_of_all_processes_are_one_page_and_survive_a_restart(town: Town) -> None:
    town.start("serve", "worker")
    town.wait_until_ready()
    web_processes = children_of(town.running["serve"].pid)
    assert len(web_processes) == 2
    asked, answered = 0, set[int]()
    while answered != set(web_processes):  # who takes a connection is the system's choice: one process may take many in a row
        assert asked < 800, "both processes answer, else one alone would know the sum"
        pages(town, 40)
        asked += 40
        answered = {int(str(line["pid"])) for line in lines(town, "serve") if line.get("route") == "/protection"}
    assert {figures(town)[PROTECTION] for _ in range(10)} == {float(asked)}
    wait_for(lambda: "xunyi_ledger_checked_timestamp_seconds" in figures(town), 20, lambda: town.log("worker"))
    assert time.time() - figures(town)["xunyi_worker_swept_timestamp_seconds"] < 20
    town.kill("serve")
    town.start("serve")
    town.wait_until_ready()
    pages(town, 2)
    assert figures(town)[PROTECTION] == asked + 2
    assert len(list((town.folder / "metrics").glob("counter_*.db"))) <= 3, "a process takes a slot over, it does not add one"


def test_the_number_of_a_page_leads_to_its_job_and_no_line_says_what_was_typed(town: Town) -> None:
    town.start("serve", "worker")
    town.wait_until_ready()
    with browser() as visitor:
        page = visitor.get(f"{town.address}/forgot", timeout=10)
        assert re.search(r'<meta name="request-id" content="([^"]+)"', page.text)[1] == page.headers["X-Request-Id"]
        fields = {"csrf_token": token_of(page), "email": f"{CANARY}@leak.example"}
        answer = visitor.post(f"{town.address}/forgot", data=fields, timeout=10, allow_redirects=False)
        assert answer.status_code == 303
        strange = visitor.get(f"{town.address}/{CANARY}?q={CANARY}", headers={"X-Request-Id": CANARY}, timeout=10)
    number = answer.headers["X-Request-Id"]
    assert strange.headers["X-Request-Id"] != CANARY, "a number that a visitor chose would be whatever they like"
    assert strange.headers["X-Request-Id"] in strange.text
    with town.hub.look(SYSTEM) as work:
        assert number in {row.request_id for row in work.session.query(OutboxRow)}
    wait_for(lambda: any(line.get("request_id") == number for line in lines(town, "worker")), 20, lambda: town.log("worker"))
    job = next(line for line in lines(town, "worker") if line.get("request_id") == number)
    assert (job["event"], job["job"], job["outcome"]) == ("job", "notices.mail_reset", "done")
    request = next(line for line in lines(town, "serve") if line.get("request_id") == number)
    assert (request["method"], request["route"], request["status"]) == ("POST", "/forgot", 303)
    send_nonsense(town)
    wait_for(lambda: any("where" in line for line in lines(town, "serve")), 10, lambda: town.log("serve"))
    assert CANARY not in town.log("serve") + town.log("worker")


def send_nonsense(town: Town) -> None:
    """What is no HTTP: the server itself complains about it, with what was sent."""
    for nonsense in (f"GET /{CANARY} WHAT/9\r\n\r\n", f"GET / HTTP/1.1\r\n{CANARY} no colon\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", town.port), timeout=5) as line:
            line.sendall(nonsense.encode())
            line.settimeout(5)
            assert b"400" in line.recv(1000)


def test_the_log_does_not_grow_by_asking_for_health(town: Town) -> None:
    """A load balancer asks every second: these lines would be most of the log."""
    town.start("serve")
    town.wait_until_ready()
    requests.get(f"{town.address}/readyz", timeout=10).close()
    assert [line for line in lines(town, "serve") if line.get("route") in ("/healthz", "/readyz", "/metrics")] == []
