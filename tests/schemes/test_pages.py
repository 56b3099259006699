"""The pages: what everybody reads of a scheme, the operator's upload and approval, the agency's readings."""

from __future__ import annotations

import hashlib
import io

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.kernel.hub import Hub
from app.schemes import queries
from tests.accounts.making import actor, make_member, sign_in, token_of
from tests.schemes.making import CAR, PHONE, REASON, corrected, go_to, later, operators, propose, publish
from tests.schemes.test_confirming import confirm, readers


def browser(app: Flask, hub: Hub, person: object = None, lang: str = "en") -> FlaskClient:
    client = app.test_client()
    client.set_cookie("lang", lang)
    if person is not None:
        sign_in(client, hub, person)  # type: ignore[arg-type]
    return client


def upload(client: FlaskClient, data: bytes, **fields: str) -> object:
    token = token_of(client.get("/operator/schemes"))
    return client.post(
        "/operator/schemes",
        data={"csrf_token": token, "reason": REASON, "file": (io.BytesIO(data), "anything.yaml"), **fields},
        content_type="multipart/form-data",
    )


def test_everybody_reads_a_scheme_and_takes_its_file(app: Flask, hub: Hub) -> None:
    client = browser(app, hub)
    index = client.get("/schemes").text
    for scheme_id in queries.scheme_ids():
        assert f"/schemes/{scheme_id}" in index
        answer = client.get(f"/schemes/{scheme_id}/r1.yaml")
        with hub.look() as work:
            scheme = queries.newest_scheme(work, scheme_id)
        assert hashlib.sha256(answer.data).hexdigest() == scheme.sha256
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{scheme.file_name}"'
        assert scheme.sha256 in client.get(f"/schemes/{scheme_id}").text
    page = client.get(f"/schemes/{CAR}").text
    assert "Coolant mixed into engine oil" in page
    assert "0 / 127" in page
    assert client.get(f"/schemes/{CAR}/r1.yaml", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    "address", ["boat-1", "..%2Fx", f"{CAR}/r2", f"{CAR}/r2.yaml", f"{CAR}/r1/r9", f"{CAR}/x/y", f"{CAR}/r01", "A", "x" * 300]
)
def test_what_is_not_there_is_not_found(app: Flask, hub: Hub, address: str) -> None:
    assert browser(app, hub).get(f"/schemes/{address}").status_code == 404


def test_a_coming_revision_is_announced_and_compared_item_by_item(app: Flask, hub: Hub) -> None:
    made = publish(hub, corrected(hub))
    client = browser(app, hub, lang="zh_CN")
    assert f"修订版 r2，{made.effective_on} 起用" in client.get("/schemes").text
    page = client.get(f"/schemes/{CAR}/r1/r2").text
    for words in (
        "第 40 项",
        "机油有无冷却液混入",
        "选项 B：扣分",
        '<del class="scheme-before">15</del>',
        '<ins class="scheme-after">12</ins>',
        REASON,
    ):
        assert words in page
    assert "第 41 项" not in page
    go_to(hub, made.effective_on)
    assert "较早的修订版" in client.get(f"/schemes/{CAR}/r1").text
    assert "现行修订版 r2" in client.get("/schemes").text


def test_an_upload_is_shown_with_what_it_changes_and_approved_by_somebody_else(app: Flask, hub: Hub) -> None:
    who = operators(hub)
    first, second = browser(app, hub, who.first), browser(app, hub, who.second)
    answer = upload(first, corrected(hub), effective_on=later(hub).isoformat())
    assert answer.status_code == 303
    place = answer.headers["Location"]
    assert "You uploaded this." in first.get(place).text
    assert "/approve" not in first.get(place).text
    page = second.get(place).text
    assert "Coolant mixed into engine oil" in page
    token = token_of(second.get(place))
    assert second.post(f"{place}/approve", data={"csrf_token": token}).status_code == 303
    again = second.post(f"{place}/approve", data={"csrf_token": token})
    assert again.status_code == 409
    assert "decided already" in again.text
    with hub.look() as work:
        assert queries.newest_scheme(work, CAR).number == 2


def test_ones_own_upload_is_not_approved_by_hand(app: Flask, hub: Hub) -> None:
    who = operators(hub)
    made = propose(hub, who.first, corrected(hub))
    client = browser(app, hub, who.first)
    token = token_of(client.get("/operator/schemes"))
    answer = client.post(f"/operator/schemes/{made.code}/approve", data={"csrf_token": token})
    assert answer.status_code == 403
    assert "Somebody else of the operators must approve it" in answer.text


def test_a_file_with_faults_is_answered_line_by_line_and_what_was_typed_stays(app: Flask, hub: Hub) -> None:
    client = browser(app, hub, make_member(hub, "operator"))
    data = corrected(hub, edits={r"(?m)^  base_score: 100": "  base_score: no"})
    line = data.decode().split("base_score")[0].count("\n") + 1
    answer = upload(client, data, effective_on=later(hub).isoformat())
    assert answer.status_code == 422
    assert REASON in answer.text
    assert f'<span class="cell">{line}</span>' in answer.text
    assert "meta.base_score" in answer.text
    assert "boolean in YAML 1.1" in answer.text
    other_day = upload(client, corrected(hub), effective_on=later(hub, 31).isoformat())
    assert f"The file begins on {later(hub)}, but {later(hub, 31)} was typed beside it." in other_day.text
    assert upload(client, b"", effective_on=later(hub).isoformat()).status_code == 422


def test_a_draft_and_an_uploaded_file_come_as_they_are(app: Flask, hub: Hub) -> None:
    who = operators(hub)
    data = corrected(hub)
    made = propose(hub, who.first, data)
    client = browser(app, hub, who.second)
    assert client.get(f"/operator/schemes/{made.code}.yaml").data == data
    draft = client.get(f"/operator/schemes/{PHONE}/draft.yaml")
    assert b'version: "2026.1/r2"' in draft.data
    assert draft.headers["Content-Disposition"] == 'attachment; filename="phone-2026.1_r2.yaml"'


def test_an_agency_reads_and_checks_on_its_pages(app: Flask, hub: Hub) -> None:
    people = readers(hub)
    first, second = browser(app, hub, people.first), browser(app, hub, people.second)
    address = f"/agency/schemes/{CAR}/44"
    page = first.get(address)
    assert 'value="B 2, C 4"' in page.text
    fields = {
        "csrf_token": token_of(page),
        "page": "第 14 页",
        "read_on": "2026-01-05",
        "verdict": "corrected",
        "found": "B 1.5, C 3",
    }
    assert first.post(address, data={**fields, "found": "B 1.5"}).status_code == 422
    assert first.post(address, data={**fields, "read_on": "2999-01-01"}).status_code == 422
    assert first.post(address, data=fields).status_code == 303
    with hub.look(actor(hub, people.second)) as work:
        code = queries.readings_to_check(work, people.agency.id)[0].code
    own = first.get(f"/agency/readings/{code}")
    assert "You read this item yourself" in own.text
    page = second.get(f"/agency/readings/{code}")
    assert "B 1.5, C 3" in page.text
    token = token_of(page)
    assert second.post(f"/agency/readings/{code}", data={"csrf_token": token, "verdict": "disagreed"}).status_code == 422
    assert second.post(f"/agency/readings/{code}", data={"csrf_token": token, "verdict": "agreed"}).status_code == 303
    assert "the standard differs" in first.get(f"/agency/schemes/{CAR}").text
    assert "nothing to confirm" in first.get(f"/agency/schemes/{PHONE}").text


def test_progress_is_shown_to_everybody_with_page_day_and_agency(app: Flask, hub: Hub) -> None:
    confirm(hub, readers(hub), "40", "41")
    page = browser(app, hub).get(f"/schemes/{CAR}").text
    assert "2 / 127" in page
    assert "第 14 页" in page
    assert "清河检测" in page
