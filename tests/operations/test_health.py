"""Health for supervisors, readiness for load balancers, figures for monitoring: who may see what, and what they say."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections import namedtuple
from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import QueuePool, text, update

from app.factory import ROOT, create_app, create_hub
from app.kernel.clock import advance
from app.kernel.deadlines import MAX_ATTEMPTS, Deadline, set_deadline
from app.kernel.hub import Hub
from app.kernel.outbox import Delivery, Event, Listener, announce
from app.kernel.work import SYSTEM
from app.notices.events import MailQueued
from app.operations import queries
from app.operations.queries import MEANINGS, Figures
from app.payments.jobs import bookkeeper, check_books
from config import ConfigError, Settings
from tests.accounts.making import make_member, sign_in
from tests.payments.making import settled_payment

TOKEN = "a token that is long enough to be one"
STRANGER = {"REMOTE_ADDR": "203.0.113.9"}


def figures(client: FlaskClient) -> dict[str, float]:
    """Name and labels -> value, of everything on /metrics."""
    page = client.get("/metrics")
    assert page.status_code == 200
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in page.text.splitlines() if not line.startswith("#")}


# Who may see what


def test_health_says_that_the_process_lives_even_without_a_database(hub: Hub, client: FlaskClient) -> None:
    break_database(hub)
    answer = client.get("/healthz", environ_base=STRANGER)
    assert (answer.status_code, answer.text) == (200, "ok\n")


def break_database(hub: Hub) -> None:
    """Every new connection is refused, as when the server is gone."""
    fault = sqlite3.OperationalError if hub.db.dialect == "sqlite" else psycopg.OperationalError

    def refuse(*_: object) -> None:
        raise fault("nobody answers")

    hub.db.dispose()
    if hub.db.dialect != "sqlite":
        hub.db.write.pool = QueuePool(refuse)  # its own: the tests share theirs
    for engine in {hub.db.read, hub.db.write}:
        engine.pool._creator = refuse  # type: ignore[attr-defined]


def test_readiness_has_details_for_this_machine_and_operators_only(hub: Hub, app: Flask) -> None:
    here = app.test_client().get("/readyz")
    assert here.status_code == 200
    assert set(here.json["checks"]) == {"database", "migrations", "disk", "outbox"}
    assert here.json["ready"] is True
    there = app.test_client().get("/readyz", environ_base=STRANGER)
    assert (there.status_code, there.text) == (200, "ready\n")
    operator = app.test_client()
    sign_in(operator, hub, make_member(hub, "operator"))
    assert operator.get("/readyz", environ_base=STRANGER).json["ready"] is True


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_what_a_proxy_on_this_machine_passes_on_is_not_this_machine(client: FlaskClient, header: str) -> None:
    assert client.get("/readyz", headers={header: "127.0.0.1"}).text == "ready\n"
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


@pytest.mark.parametrize(
    ("given", "status"),
    [(f"Bearer {TOKEN}", 200), (f"Bearer {TOKEN}x", 403), (TOKEN, 403), ("Bearer ", 403), ("Bearer é", 403), (None, 403)],
)
def test_figures_are_shown_to_strangers_with_the_token_only(settings: Settings, given: str | None, status: int) -> None:
    hub = create_hub(settings.model_copy(update={"metrics_token": TOKEN}), queue=False)
    headers = {"Authorization": given} if given else {}
    assert create_app(hub).test_client().get("/metrics", environ_base=STRANGER, headers=headers).status_code == status
    hub.db.dispose()


def test_without_a_token_in_the_settings_an_empty_one_opens_nothing(client: FlaskClient) -> None:
    for given in ("Bearer ", "Bearer", ""):
        assert client.get("/metrics", environ_base=STRANGER, headers={"Authorization": given}).status_code == 403


def test_a_short_token_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="METRICS_TOKEN"):
        Settings(env="test", data_dir=tmp_path, metrics_token="short").check()


# Being ready


def wrong_schema(hub: Hub, _monkeypatch: pytest.MonkeyPatch) -> None:
    with hub.begin(SYSTEM) as work:
        work.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))


def full_disk(_hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1000, 960, 40))


def late_worker(hub: Hub, _monkeypatch: pytest.MonkeyPatch) -> None:
    with hub.begin(SYSTEM) as work:
        announce(work, MailQueued(1))
        advance(work, timedelta(seconds=400))


def no_database(hub: Hub, _monkeypatch: pytest.MonkeyPatch) -> None:
    break_database(hub)


@pytest.mark.parametrize(
    ("plant", "named"),
    [(wrong_schema, "migrations"), (full_disk, "disk"), (late_worker, "outbox"), (no_database, "database")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_not_ready_says_503_and_what_is_wrong(hub: Hub, app: Flask, monkeypatch, plant: Callable, named: str) -> None:
    plant(hub, monkeypatch)
    here = app.test_client().get("/readyz")
    assert here.status_code == 503
    assert here.headers["Retry-After"] == "5"
    assert [name for name, check in here.json["checks"].items() if not check["ok"]] == [named]
    there = app.test_client().get("/readyz", environ_base=STRANGER)
    assert (there.status_code, there.text) == (503, "not ready\n")


def test_a_listener_that_waits_for_its_next_try_does_not_make_the_web_unready(hub: Hub, client: FlaskClient) -> None:
    def fail(*_: object) -> None:
        raise OSError(111, "Connection refused")

    hub.listeners = {"MailQueued": (Listener("notices.send_mail", fail, outside=True),)}
    with hub.begin(SYSTEM) as work:
        announce(work, MailQueued(1))
    hub.sweep()
    with hub.begin(SYSTEM) as work:
        later = work.now + timedelta(hours=1)
        work.session.execute(update(Delivery).values(next_at=later))
        advance(work, timedelta(seconds=400))
    assert client.get("/readyz").status_code == 200
    seen = figures(client)
    assert seen["xunyi_queue_age_seconds"] >= 400
    assert seen["xunyi_outbox_lag_seconds"] == 0


# Figures and alarms


def test_every_figure_has_its_meaning() -> None:
    assert {field.name for field in fields(Figures)} == set(MEANINGS)


def test_requests_are_counted_by_route_and_class_and_never_by_address(hub: Hub, client: FlaskClient) -> None:
    client.get("/items/13800138000")
    client.get("/no/such/page?phone=13800138000")
    client.open("/", method="BREW")
    seen = figures(client)
    assert seen['xunyi_requests_total{method="GET",route="/items/<code>",status="4xx"}'] == 1
    assert seen['xunyi_requests_total{method="GET",route="(none)",status="4xx"}'] == 1
    assert seen['xunyi_request_seconds_count{route="/items/<code>"}'] == 1
    assert any('method="OTHER"' in name for name in seen)
    assert "13800138000" not in client.get("/metrics").text


def test_jobs_and_deadlines_are_counted_by_outcome(hub: Hub, client: FlaskClient) -> None:
    hub.listeners = {"MailQueued": (Listener("quiet", lambda work, event: None),)}
    hub.deadline_handlers = {("listing", "expiry"): lambda work, entity_id: None}
    with hub.begin(SYSTEM) as work:
        announce(work, MailQueued(1))
        set_deadline(work, "listing", 1, "expiry", work.now)
    hub.sweep()
    seen = figures(client)
    assert seen['xunyi_jobs_total{job="quiet",outcome="done"}'] == 1
    assert seen['xunyi_deadlines_total{entity="listing",kind="expiry",outcome="done"}'] == 1


def test_without_a_database_the_figures_say_so(hub: Hub, client: FlaskClient) -> None:
    break_database(hub)
    assert figures(client)["xunyi_database_up"] == 0


RULES = [rule for group in yaml.safe_load((ROOT / "docs/alerts.yml").read_text())["groups"] for rule in group["rules"]]
SIMPLE = re.compile(r"(?:time\(\) - )?(xunyi_\w+) ([<>]) ([\d.]+)")


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"xunyi_\w+", expression))


def unknown_names(rules: list[dict], page: str) -> list[str]:
    """Metrics and labels that a rule names and the page does not have."""
    samples = {line.split("{")[0].split(" ")[0] for line in page.splitlines() if not line.startswith("#")}
    families = set(re.findall(r"^# TYPE (\w+) ", page, re.M))
    labels = set(re.findall(r'(\w+)="', page))
    faults = []
    for rule in rules:
        expression = rule["expr"]
        faults += [f"{rule['alert']}: {name}" for name in names_in(expression) if name not in samples | families]
        used = re.findall(r"(\w+)!?=~?\"", expression) + re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", expression)))
        faults += [f"{rule['alert']}: label {label}" for label in used if label not in labels]
    return faults


def test_alarms_name_figures_and_labels_that_exist_and_a_paragraph_of_the_guide(hub: Hub, client: FlaskClient) -> None:
    hub.metrics.job("quiet", "done", 0.1)
    client.get("/")
    page = client.get("/metrics").text
    assert unknown_names(RULES, page) == []
    guide = (ROOT / "docs/operations.md").read_text()
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith(".")
        anchor = rule["annotations"]["todo"].removeprefix("operations.md#")
        assert anchor == rule["alert"].lower()
        assert f'<a id="{anchor}"></a>{rule["alert"]}' in guide
    assert len({rule["alert"] for rule in RULES}) == len(RULES) >= 14


def test_the_check_sees_a_name_and_a_label_that_do_not_exist(client: FlaskClient) -> None:
    planted = [{"alert": "A", "expr": "xunyi_nothing > 0"}, {"alert": "B", "expr": 'xunyi_requests_total{colour="red"} > 0'}]
    client.get("/")
    assert unknown_names(planted, client.get("/metrics").text) == ["A: xunyi_nothing", "B: label colour"]


def raised(page: dict[str, float], now: float) -> set[str]:
    """Alarms of the simple form whose condition is true now (without waiting)."""
    found = set()
    for rule in RULES:
        for part in rule["expr"].split(" or "):
            simple = SIMPLE.fullmatch(part)
            if simple is None:
                continue
            value = page[simple[1]]
            value = now - value if part.startswith("time()") else value
            if value < float(simple[3]) if simple[2] == "<" else value > float(simple[3]):
                found.add(rule["alert"])
    return found


def dead_delivery(hub: Hub) -> None:
    hub.listeners = {"MailQueued": (Listener("deaf", lambda work, event: None),)}
    with hub.begin(SYSTEM) as work:
        announce(work, MailQueued(1))
    hub.sweep()
    with hub.begin(SYSTEM) as work:
        work.session.execute(update(Delivery).values(state="dead"))


def late_deadline(hub: Hub) -> None:
    with hub.begin(SYSTEM) as work:
        set_deadline(work, "order", 1, "pay", work.now - timedelta(seconds=500))


def dead_deadline(hub: Hub) -> None:
    late_deadline(hub)
    with hub.begin(SYSTEM) as work:
        work.session.execute(update(Deadline).values(attempts=MAX_ATTEMPTS))


def late_news(hub: Hub) -> None:
    late_worker(hub, pytest.MonkeyPatch())


def old_news(hub: Hub) -> None:
    late_news(hub)
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(seconds=1000))


def old_schema(hub: Hub) -> None:
    wrong_schema(hub, pytest.MonkeyPatch())


def lost_money(hub: Hub) -> None:
    """The provider has taken a payment's money and its books forget it."""
    settled_payment(hub)
    check_books(hub)
    assert hub.metrics._unreconciled._value.get() == 0
    hub.provider.list_movements = lambda: []
    check_books(hub)
    assert hub.metrics._unreconciled._value.get() > 0


@pytest.mark.parametrize(
    ("plant", "alarms"),
    [
        (lambda hub: None, set()),
        (dead_delivery, {"DeadDeliveries"}),
        (late_deadline, {"DeadlinesLate"}),
        (dead_deadline, {"DeadDeadlines"}),
        (late_news, {"NewsLate"}),
        (old_news, {"NewsLate", "NewsOld"}),
        (old_schema, {"WrongSchema"}),
        (lost_money, {"BooksDiffer"}),
    ],
    ids=["quiet", "dead_delivery", "late_deadline", "dead_deadline", "late_news", "old_news", "old_schema", "lost_money"],
)
def test_trouble_raises_its_alarm_and_no_other(hub: Hub, client: FlaskClient, plant: Callable, alarms: set[str]) -> None:
    check_books(hub)
    hub.metrics.swept()
    plant(hub)
    page = figures(client)
    assert raised(page, page["xunyi_worker_swept_timestamp_seconds"]) == alarms


def test_the_books_are_checked_at_once_then_hourly_and_sooner_after_a_difference(hub: Hub, monkeypatch) -> None:
    from app.payments import jobs

    moment, checked = [1000.0], []
    monkeypatch.setattr(jobs.time, "monotonic", lambda: moment[0])
    monkeypatch.setattr(jobs, "check_books", lambda home: checked.append(moment[0]) or int(len(checked) == 2))
    tick = bookkeeper(hub, 3600)
    for _ in range(80):
        tick()
        moment[0] += 60
    assert checked == [1000.0, 4600.0, 4720.0]


def test_the_expected_schema_is_the_newest_file() -> None:
    names = sorted(path.name for path in (ROOT / "migrations/versions").glob("0*.py"))
    assert names[-1].startswith(queries.schema_expected()[:4])
    assert Event.registry["MailQueued"] is MailQueued
