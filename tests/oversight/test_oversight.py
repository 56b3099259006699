"""No purpose, no reading; no access row, no page."""

from __future__ import annotations

import hashlib
import html
import json
import re
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.factory import ROOT
from app.kernel.errors import InvalidInput
from app.kernel.work import VISITOR
from app.oversight import errors, queries, service
from app.oversight.models import AccessRow, Purpose
from tests.accounts.making import actor, make_member, make_organisation, make_user, send_form, sign_in
from tests.credit.making import make_events

CASE, REASON = "SJ-2026-0117", "Complaint about an undisclosed repair."


@pytest.fixture
def officer(hub):
    person = make_user(hub, name="韩松")
    return make_member(hub, "officer", user=person, organisation=make_organisation(hub, "regulator", "临江市市场监督管理局"))


@pytest.fixture
def seller(hub):
    person = make_user(hub, name="林知夏")
    make_events(hub, person)
    return person


def opened(hub, officer):
    with hub.begin(actor(hub, officer)) as work:
        return service.open_purpose(work, CASE, REASON).code


def accesses(hub):
    with hub.look() as work:
        return [(row.what, row.subject_code) for row in work.session.scalars(select(AccessRow).order_by(AccessRow.id))]


def test_purpose_needs_a_case_number_and_a_reason(hub, officer):
    for case_no, reason, field in (
        ("", REASON, "case_no"),
        ("x" * 61, REASON, "case_no"),
        (CASE, "short", "reason"),
        (CASE, " " * 30, "reason"),
    ):
        with hub.begin(actor(hub, officer)) as work, pytest.raises(InvalidInput) as refusal:
            service.open_purpose(work, case_no, reason)
        assert set(refusal.value.errors) == {field}


@pytest.mark.parametrize("role", ["appraiser", "manager", "dealer", "operator"])
def test_other_roles_open_no_purpose(hub, role):
    with hub.begin(actor(hub, make_member(hub, role))) as work, pytest.raises(errors.OfficersOnly):
        service.open_purpose(work, CASE, REASON)


def test_visitors_and_households_open_no_purpose(hub):
    for who in (VISITOR, actor(hub, make_user(hub))):
        with hub.begin(who) as work, pytest.raises(errors.OfficersOnly):
            service.open_purpose(work, CASE, REASON)


def test_nothing_is_read_without_an_open_purpose_of_ones_own(hub, officer, seller):
    code, stranger = opened(hub, officer), make_member(hub, "officer")
    with hub.begin(actor(hub, stranger)) as work, pytest.raises(errors.PurposeNotFound):
        service.look_at_seller(work, code, seller.code)
    with hub.begin(actor(hub, officer)) as work:
        service.close_purpose(work, code)
    for refused in (service.look_at_seller, queries.find_sellers):
        with hub.begin(actor(hub, officer)) as work, pytest.raises(errors.PurposeClosed):
            refused(work, code, seller.code)
    with hub.begin(actor(hub, officer)) as work, pytest.raises(errors.PurposeClosed):
        service.close_purpose(work, code)
    assert accesses(hub) == []


def test_record_is_read_only_through_its_access_row(hub, officer, seller):
    with hub.begin(actor(hub, officer)) as work:
        access = service.look_at_seller(work, service.open_purpose(work, CASE, REASON).code, seller.code)
        search = service.note_search(work, work.session.scalars(select(Purpose.code)).one())
    with hub.look(actor(hub, officer)) as work:
        record = queries.seller_record(work, access)
        assert (record.code, len(record.entries), record.faults) == (seller.code, 4, [])
        for wrong in (search, 999):
            with pytest.raises(errors.NoAccessRow):
                queries.seller_record(work, wrong)
    with hub.look(actor(hub, make_member(hub, "officer"))) as work, pytest.raises(errors.NoAccessRow):
        queries.seller_record(work, access)


def test_unknown_person_is_not_read_and_not_noted(hub, officer):
    code = opened(hub, officer)
    with hub.begin(actor(hub, officer)) as work, pytest.raises(errors.SubjectNotFound):
        service.look_at_seller(work, code, "z" * 26)
    assert accesses(hub) == []


def test_access_is_on_record_even_when_the_page_fails(hub, officer, seller, client, monkeypatch):
    code = opened(hub, officer)
    sign_in(client, hub, officer)

    def broken(*_: object) -> None:
        raise RuntimeError("the page cannot be made")

    monkeypatch.setattr(queries.credit, "verify", broken)
    assert client.get(f"/oversight/{code}/sellers/{seller.code}").status_code == 500
    assert accesses(hub) == [("record", seller.code)]


def test_no_page_when_the_access_cannot_be_written(hub, officer, seller, client, monkeypatch):
    code = opened(hub, officer)
    sign_in(client, hub, officer)

    def full(*_: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(service, "_write", full)
    answer = client.get(f"/oversight/{code}/sellers/{seller.code}")
    assert answer.status_code == 500
    assert seller.display_name not in answer.text


def shown_command(page, start):
    """The command that the page tells the reader to run."""
    return re.search(rf"<code>({start}.*?)</code>", page)[1]


def test_officer_opens_a_case_finds_a_seller_and_reads(hub, officer, seller, client, tmp_path):
    sign_in(client, hub, officer)
    client.set_cookie("lang", "en")
    empty = send_form(client, "/oversight", {"case_no": "", "reason": "I typed this."})
    assert empty.status_code == 422
    assert "I typed this." in empty.text
    moved = send_form(client, "/oversight", {"case_no": CASE, "reason": REASON})
    assert moved.status_code == 303
    where = moved.headers["Location"]
    page = client.get(f"{where}?q=知夏")
    assert seller.code in page.text
    assert "Nobody has this name" in client.get(f"{where}?q=%25").text
    record = client.get(f"{where}/sellers/{seller.code}")
    assert record.status_code == 200
    for shown in (CASE, REASON, "林知夏", "all 4 hashes", "order.completed"):
        assert shown in record.text
    assert seller.email not in record.text
    export = client.get(f"{where}/sellers/{seller.code}/record.jsonl")
    head, *lines = export.data.splitlines()
    assert [hashlib.sha256(b"\x00" + line).hexdigest() for line in lines] == json.loads(head)["leaf_hashes"]
    assert json.loads(head)["faults"] == []
    file = tmp_path / "record.jsonl"
    file.write_bytes(export.data)
    command = html.unescape(shown_command(record.text, "tail -n")).replace("FILE", str(file))
    assert [line.split()[0] for line in shell(command, tmp_path).splitlines()] == json.loads(head)["leaf_hashes"]
    whole, link = (line.strip() for line in (ROOT / "docs/regulator.md").read_text().splitlines() if line.startswith("    tail "))
    assert shell(whole, tmp_path).split("  -\n")[:-1] == json.loads(head)["leaf_hashes"]
    assert shell(link, tmp_path).strip() == json.loads(lines[1])["prev"]
    assert accesses(hub) == [("search", ""), ("search", ""), ("record", seller.code), ("export", seller.code)]
    assert CASE in client.get("/oversight/accesses").text
    assert send_form(client, where, to=f"{where}/close").status_code == 303
    assert client.get(f"{where}/sellers/{seller.code}").status_code == 409
    assert "Nothing more can be read" in client.get(where).text


def test_seller_sees_that_and_by_whom_the_record_was_read_but_not_the_case(hub, officer, seller, client):
    sign_in(client, hub, seller)
    client.set_cookie("lang", "en")
    assert "No authority has read" in client.get("/account/accesses").text
    with hub.begin(actor(hub, officer)) as work:
        service.look_at_seller(work, service.open_purpose(work, CASE, REASON).code, seller.code)
    page = client.get("/account/accesses").text
    assert "临江市市场监督管理局" in page
    assert CASE not in page
    assert officer.display_name not in page


@pytest.mark.parametrize("role", ["household", "appraiser", "manager", "dealer", "operator"])
def test_other_roles_get_403_on_every_page(hub, officer, seller, client, role):
    code = opened(hub, officer)
    sign_in(client, hub, make_user(hub) if role == "household" else make_member(hub, role))
    for path in ("", "/accesses", f"/{code}", f"/{code}/sellers/{seller.code}", f"/{code}/sellers/{seller.code}/record.jsonl"):
        answer = client.get(f"/oversight{path}")
        assert answer.status_code == 403, path
    assert accesses(hub) == []


def test_visitors_are_asked_to_sign_in(hub, officer, client):
    assert client.get(f"/oversight/{opened(hub, officer)}").status_code == 303
    assert client.get("/account/accesses").status_code == 303


def shell(command: str, folder: Path) -> str:
    """What a reader of the documents sees after typing the command."""
    return subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=True).stdout


ATTACKS = [
    "UPDATE access_row SET subject_code = 'x'",
    "DELETE FROM access_row",
    "UPDATE purpose SET case_no = 'SJ-0000'",
    "UPDATE purpose SET reason = 'something else entirely'",
    "UPDATE purpose SET officer_id = officer_id + 1",
    "DELETE FROM purpose",
    "INSERT INTO access_row (purpose_id, officer_id, organisation_id, what, subject_id, subject_code, at) "
    "SELECT purpose_id, officer_id, organisation_id, 'peek', subject_id, subject_code, at FROM access_row",
    "INSERT INTO access_row (purpose_id, officer_id, organisation_id, what, subject_id, subject_code, at) "
    "SELECT 999, officer_id, organisation_id, what, subject_id, subject_code, at FROM access_row",
    "INSERT INTO access_row (purpose_id, officer_id, organisation_id, what, subject_id, subject_code, at) "
    "SELECT purpose_id, officer_id, organisation_id, what, NULL, subject_code, at FROM access_row",
]


@pytest.mark.parametrize("statement", ATTACKS)
def test_database_refuses_to_forget_or_bend_an_access(hub, officer, seller, statement):
    with hub.begin(actor(hub, officer)) as work:
        service.look_at_seller(work, service.open_purpose(work, CASE, REASON).code, seller.code)
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text(statement))
    assert accesses(hub) == [("record", seller.code)]


def test_closed_purpose_cannot_be_opened_again_in_the_database(hub, officer):
    code = opened(hub, officer)
    with hub.begin(actor(hub, officer)) as work:
        service.close_purpose(work, code)
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text("UPDATE purpose SET closed_at = NULL"))
    with hub.look() as work:
        assert work.session.scalar(select(func.count()).select_from(Purpose).where(Purpose.closed_at.is_not(None))) == 1
