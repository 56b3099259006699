"""The pages of the register in a browser without script: applying, deciding, testing, and what everybody reads."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import User
from app.appraisal import proving, queries, service
from app.appraisal.models import Certificate, ProficiencyResult, ProficiencyTest
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.oversight import service as oversight
from tests.accounts.making import actor, make_member, make_organisation, reader, send_form, sign_in
from tests.appraisal.making import make_report
from tests.appraisal.registering import DOCUMENTS, REASON, ask_for, ready, today
from tests.appraisal.test_proficiency import answers_of

DAY = timedelta(days=1)


def browser(app: Flask, hub: Hub, user: User) -> FlaskClient:
    client = reader(app)
    sign_in(client, hub, user)
    return client


def test_an_agency_applies_and_is_admitted_and_an_appraiser_proves_themselves(hub: Hub, app: Flask) -> None:
    agency, manager, _ = ready(hub)
    person = make_member(hub, "appraiser", organisation=agency, qualified=False)
    mine, own, staff = (browser(app, hub, who) for who in (manager, person, make_member(hub, "operator")))
    page = mine.get("/agency/apply/phone").get_data(as_text=True)
    assert "Our own choice" in page
    wrong = send_form(mine, "/agency/apply/phone", {"address": "循河镇云杉路 20 号", "area_m2": "一百", **DOCUMENTS})
    assert wrong.status_code == 422
    assert 'value="一百"' in wrong.text
    assert 'value="循河镇云杉路 20 号"' in wrong.text
    sent = send_form(mine, "/agency/apply/phone", {"address": "循河镇云杉路 20 号", "area_m2": "80", **DOCUMENTS})
    assert sent.status_code == 303
    assert "Your application waits for the operator" in mine.get("/agency").text
    with hub.look() as work:
        code = queries.waiting_applications(work)[0].code
    assert agency.name in staff.get("/operator/register").text
    days = {"valid_from": today(hub).isoformat(), "valid_until": "28.11.2027"}
    refused = send_form(
        staff, f"/operator/applications/{code}", {"licence_no": "XY-88", **days}, to=f"/operator/applications/{code}/approve"
    )
    assert refused.status_code == 422
    assert "2026-11-28" in refused.text
    assert 'value="XY-88"' in refused.text
    days["valid_until"] = f"{today(hub).year + 1}年6月30日"
    granted = send_form(
        staff, f"/operator/applications/{code}", {"licence_no": "XY-88", **days}, to=f"/operator/applications/{code}/approve"
    )
    assert granted.status_code == 303
    assert "XY-88" in reader(app).get(f"/registry/agencies/{agency.code}").text

    certificate = {"category": "phone", "level": "appraiser", "number": "ZJ-31", "issuer": "云杉职业能力中心"}
    certificate |= {"valid_from": today(hub).isoformat(), "valid_until": (today(hub) + 400 * DAY).isoformat()}
    assert send_form(own, "/appraiser/certificates/new", {**certificate, "level": ""}).status_code == 422
    assert send_form(own, "/appraiser/certificates/new", certificate).status_code == 303
    with hub.look() as work:
        paper = work.session.scalars(select(Certificate.code).where(Certificate.number == "ZJ-31")).one()
    assert send_form(staff, f"/operator/certificates/{paper}", {"decision": "confirmed"}).status_code == 303
    begun = own.post("/appraiser/tests/begin/phone", data={"csrf_token": _token(own)})
    assert begun.status_code == 303
    test_page = begun.headers["Location"]
    assert "One scratch on the back cover" in own.get(test_page).text
    right = answers_of("phone", 0)
    empty = send_form(own, test_page, {f"item-{key}": value for key, value in right.items() if key != "touch"})
    assert empty.status_code == 422
    assert "This item has no answer yet." in empty.text
    assert 'value="412"' in empty.text
    assert send_form(own, test_page, {f"item-{key}": value for key, value in right.items()}).status_code == 303
    assert "Passed: 14 of 14" in own.get(test_page).text
    assert codes(hub, person, agency.id) == []
    public = reader(app).get(f"/registry/appraisers/{person.code}").text
    assert "No figures yet" in public
    assert "ZJ-31" in public


def codes(hub: Hub, person: User, agency_id: int) -> list[str]:
    with hub.look() as work:
        return [one.code for one in queries.appraiser_may(work, person.id, agency_id, "phone")]


def _token(client: FlaskClient) -> str:
    from tests.accounts.making import token_of

    return token_of(client.get("/protection"))


def test_everybody_can_compute_the_accuracy_again_and_it_goes_along_to_the_next_agency(hub: Hub, app: Flask) -> None:
    first, second = make_report(hub), make_report(hub)
    found = [(0, 0), (1, 0), (-2, 1), (None, 1)]
    with hub.begin(SYSTEM) as work:
        for number, (steps, misses) in enumerate(found):
            service.record_agreement(
                work, first, source=f"draw-{number}", kind="blind", steps=steps, critical_misses=misses, second=second
            )
    with hub.look() as work:
        person = work.session.get_one(User, first.appraiser_id)
    next_agency = make_organisation(hub, "agency", "云杉检测")
    make_member(hub, "appraiser", user=person, organisation=next_agency, qualified=False)
    told = reader(app).get(f"/registry/appraisers/{person.code}.json").get_json()
    rows = told["rows"]
    steps = [row["steps"] for row in rows if row["steps"] is not None]
    assert told["accuracy"] == [
        {
            "category": "phone",
            "compared": len(rows),
            "exact": steps.count(0),
            "within_one": sum(abs(step) <= 1 for step in steps),
            "bias": str((Decimal(sum(steps)) / len(steps)).quantize(Decimal("0.01"))),
            "critical_misses": sum(row["critical_misses"] for row in rows),
            "weighted_kappa": None,  # only one tier was ever given
            "kappa_pairs": 3,
        }
    ]
    assert (len(rows), told["accuracy"][0]["exact"], told["accuracy"][0]["bias"]) == (4, 1, "-0.33")
    page = reader(app).get(f"/registry/appraisers/{person.code}").text
    assert next_agency.name in page
    assert page.count(f">{first.code}<") == 4
    assert reader(app).get(f"/registry/agencies/{next_agency.code}.json").get_json()["appraisers"][0]["code"] == person.code


def test_suspensions_are_read_by_everybody_with_their_reasons(hub: Hub, app: Flask) -> None:
    agency = make_organisation(hub, "agency")
    operator, officer = make_member(hub, "operator"), make_member(hub, "officer")
    staff, regulator = browser(app, hub, operator), browser(app, hub, officer)
    short = send_form(staff, f"/operator/agencies/{agency.code}/suspend", {"reason": "太短"})
    assert short.status_code == 422
    assert "太短" in short.text
    assert send_form(staff, f"/operator/agencies/{agency.code}/suspend", {"reason": REASON}).status_code == 303
    again = send_form(staff, f"/operator/agencies/{agency.code}/suspend", {"reason": REASON})
    assert "has suspended this agency already" in again.text
    with hub.begin(actor(hub, officer)) as work:
        purpose = oversight.open_purpose(work, "SJ-2026-0117", "Complaint about an undisclosed repair.").code
    address = f"/oversight/{purpose}/agencies/{agency.code}"
    assert agency.name in regulator.get(f"/oversight/{purpose}/agencies").text
    assert send_form(regulator, address, {"reason": "现场检查发现未按规程留存照片。"}).status_code == 303
    assert send_form(regulator, address, {"reason": "同意恢复。"}).status_code == 422
    assert send_form(regulator, address, {"reason": "复查合格，照片留存符合规程，同意恢复。"}).status_code == 303
    page = reader(app).get(f"/registry/agencies/{agency.code}").text
    for told in (REASON, "现场检查发现未按规程留存照片。", "复查合格，照片留存符合规程，同意恢复。"):
        assert told in page
    with hub.begin(actor(hub, officer)) as work:
        oversight.close_purpose(work, purpose)
    assert regulator.get(address).status_code == 409


@pytest.mark.parametrize("address", ["/registry/agencies/{}", "/registry/appraisers/{}", "/registry/agencies/{}.json"])
def test_what_is_not_in_the_register_is_not_found(hub: Hub, app: Flask, address: str) -> None:
    household = make_member(hub, "dealer")
    for code in ("nobody", "0" * 26, household.code):
        assert reader(app).get(address.format(code)).status_code == 404


def test_papers_of_others_are_out_of_reach(hub: Hub, app: Flask) -> None:
    _, manager, person = ready(hub)
    stranger, other = browser(app, hub, make_member(hub, "manager")), browser(app, hub, make_member(hub, "appraiser"))
    with hub.look() as work:
        kit = queries.instruments(work, manager and queries.employments(work, person.id)[0].agency.id)[0]
    assert stranger.get(f"/agency/instruments/{kit.code}").status_code == 404
    with hub.begin(actor(hub, person)) as work:
        test = service.begin_test(work, "car")
    assert other.get(f"/appraiser/tests/{test.code}").status_code == 404
    code = ask_for(hub, manager)
    with hub.begin() as work:
        assert queries.application_by_code(work, code).state == "submitted"
    assert stranger.post(f"/agency/applications/{code}/withdraw", data={"csrf_token": _token(stranger)}).status_code == 404
    with hub.look() as work:
        assert len(list(work.session.scalars(select(ProficiencyTest).where(ProficiencyTest.closed_at.is_(None))))) == 1
        assert work.session.scalars(select(ProficiencyResult)).all()
    assert proving.samples("car").samples
