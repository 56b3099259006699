"""The public record of a seller and the bytes behind it."""

from __future__ import annotations

import hashlib
import html
import re
import subprocess

import pytest

from app.credit.queries import events_of, verify
from tests.accounts.making import make_user
from tests.credit.making import make_events


def test_record_shows_facts_and_honest_words(hub, client):
    seller = make_user(hub, name="林知夏")
    client.set_cookie("lang", "en")
    page = client.get(f"/sellers/{seller.code}")
    assert page.status_code == 200
    assert "No completed sale yet" in page.text
    assert "林知夏" in page.text
    make_events(hub, seller)
    page = client.get(f"/sellers/{seller.code}")
    assert "Too few sales (1)" in page.text
    assert "between 2,000 and 3,000 yuan" in page.text
    assert seller.email not in page.text


def test_bytes_of_an_event_are_exact_and_give_the_shown_hash(hub, client, tmp_path):
    seller = make_user(hub)
    make_events(hub, seller)
    with hub.look() as work:
        entries = events_of(work, seller.id)
    page = client.get(f"/sellers/{seller.code}").text
    commands = [html.unescape(each) for each in re.findall(r"<code>(.*?)</code>", page)]
    for entry in entries:
        file = client.get(f"/credit/events/{entry.idx}.json")
        assert file.data == entry.content
        assert hashlib.sha256(b"\x00" + file.data).hexdigest() == entry.leaf
        assert entry.leaf in page
        (tmp_path / f"{entry.idx}.json").write_bytes(file.data)
        command = next(each for each in commands if f"cat {entry.idx}.json" in each)
        printed = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        assert printed.split()[0] == entry.leaf
        assert file.mimetype == "application/json"
        assert client.get(f"/credit/events/{entry.idx}.json", headers={"If-None-Match": file.headers["ETag"]}).status_code == 304


def test_whole_record_can_be_downloaded_and_checked_line_by_line(hub, client):
    seller = make_user(hub)
    make_events(hub, seller)
    make_events(hub, make_user(hub))
    file = client.get(f"/sellers/{seller.code}/records.jsonl")
    with hub.look() as work:
        assert file.data.splitlines() == [entry.content for entry in reversed(events_of(work, seller.id))]
        assert verify(work) == []
    assert "attachment" in file.headers["Content-Disposition"]


def test_long_record_is_paged(hub, client):
    seller = make_user(hub)
    make_events(hub, seller, *["order.completed"] * 25)
    client.set_cookie("lang", "en")
    first, second = client.get(f"/sellers/{seller.code}").text, client.get(f"/sellers/{seller.code}?page=2").text
    assert first.count("door-mark") == 21  # twenty events and the counts
    assert second.count("door-mark") == 6
    assert "25 sales completed" in first
    for page in ("0", "-1", "x", "٣", "99999999999999", "9999"):
        assert client.get(f"/sellers/{seller.code}?page={page}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/sellers/nobody",
        "/sellers/" + "z" * 26,
        "/credit/events/0.json",
        "/credit/events/99999999999999999999999.json",
        "/credit/events/-1.json",
    ],
)
def test_unknown_addresses_are_404(client, path):
    assert client.get(path).status_code == 404


def test_schemas_are_published(client):
    schemas = client.get("/credit/schemas.json").json
    assert schemas["order.completed"]["additionalProperties"] is False


def test_page_of_a_long_record_needs_a_bounded_number_of_queries(hub, client):
    from sqlalchemy import event

    seller = make_user(hub)
    make_events(hub, seller, *["order.completed", "dispute.decided"] * 12)
    seen: list[str] = []

    @event.listens_for(hub.db.read, "before_cursor_execute")
    def count(connection, cursor, statement, parameters, context, many):
        seen.append(statement)

    assert client.get(f"/sellers/{seller.code}").status_code == 200
    assert len(seen) <= 10, seen
