"""A report between its signatures, for programs: both signers see it, and the senior signs exactly what was seen."""

from __future__ import annotations

from hashlib import sha256

import pytest
from flask import Flask

from app.accounts.models import User
from app.appraisal import service
from app.kernel.canonical import canonical
from app.kernel.hub import Hub
from tests.accounts.making import actor, make_member, make_user
from tests.api.making import Program
from tests.appraisal.admitting import qualify
from tests.appraisal.making import Case, make_inspection
from tests.goods.making import make_car
from tests.journeys.test_categories import answer_all

REASON = {"reason": "左前门的漆膜厚度请再测一次。"}


@pytest.fixture
def car(hub: Hub) -> Case:
    owner = make_user(hub, name="周小满")
    case = make_inspection(hub, thing=make_car(hub, owner), owner=owner)
    answer_all(hub, case.code, case.appraiser)
    return case


@pytest.fixture
def senior(hub: Hub, car: Case) -> User:
    person = make_member(hub, "appraiser", user=make_user(hub, name="沈知行"), organisation=car.agency)
    with hub.begin() as work:
        qualify(work, person.id, level="senior")
    return person


def sign(program: Program, car: Case, **answers: str) -> str:
    """Answer something anew, sign, and give the tag of the draft that then waits for the senior."""
    here = {"code": car.code}
    tag = {"If-Match": program.call("getFindings", here).headers["ETag"]}
    if answers:
        tag = {"If-Match": program.call("saveFindings", here, body={"answers": answers}, headers=tag).headers["ETag"]}
    signed = program.ok("signReport", here, body={"name": car.appraiser.display_name}, headers=tag)
    assert (signed["state"], signed["report"]) == ("peer_review", None)
    return program.call("getReportDraft", here).headers["ETag"]


def test_both_signers_see_the_draft_and_nobody_else_does(app: Flask, hub: Hub, car: Case, senior: User) -> None:
    here, mine = {"code": car.code}, Program(app, hub, car.appraiser)
    assert mine.refused("getReportDraft", here) == (404, "appraisal_not_found")
    sign(mine, car)
    theirs = Program(app, hub, senior)
    draft = theirs.ok("getReportDraft", here)
    assert draft == mine.ok("getReportDraft", here)
    assert (draft["waits_for"], draft["appraiser"], draft["senior"]) == ("senior", car.appraiser.display_name, "沈知行")
    assert sha256(canonical(draft["content"])).hexdigest() == draft["sha256"]
    assert draft["content"]["result"]["status"] == "graded"
    colleague = Program(app, hub, make_member(hub, "appraiser", organisation=car.agency))
    assert colleague.refused("getReportDraft", here) == (404, "appraisal_not_found")
    assert Program(app, hub, make_member(hub, "appraiser")).refused("getReportDraft", here) == (404, "appraisal_not_found")
    assert Program(app, hub, car.owner).refused("getReportDraft", here) == (403, "not_allowed")


def test_the_senior_confirms_exactly_the_draft_that_was_seen(app: Flask, hub: Hub, car: Case, senior: User) -> None:
    """A second draft, made after the first was read, is not signed by the tag of the first, nor by that of the order."""
    here, mine, theirs = {"code": car.code}, Program(app, hub, car.appraiser), Program(app, hub, senior)
    name = {"body": {"name": senior.display_name}}
    first = sign(mine, car)
    assert theirs.refused("confirmReport", here, **name) == (428, "if_match_needed")
    assert mine.ok("reopenReport", here)["state"] == "inspecting"
    assert theirs.refused("confirmReport", here, **name, headers={"If-Match": first}) == (412, "stale")
    second = sign(mine, car, item_27="AX2")
    order = theirs.call("getAppraisal", here).headers["ETag"]
    for seen in (first, order):
        assert theirs.refused("confirmReport", here, **name, headers={"If-Match": seen}) == (412, "stale")
    assert theirs.ok("getAppraisal", here)["state"] == "peer_review"
    draft = theirs.ok("getReportDraft", here)
    assert draft["content"]["result"]["findings"]["item_27"] == "AX2"
    assert theirs.refused("confirmReport", here, body={"name": "别人"}, headers={"If-Match": second}) == (422, "name_differs")
    done = theirs.ok("confirmReport", here, **name, headers={"If-Match": second})
    assert (done["state"], done["report"]) == ("issued", draft["code"])
    assert theirs.ok("getReport", {"code": done["report"]})["sha256"] == draft["sha256"]


def test_the_senior_sends_it_back_and_the_appraiser_signs_anew(app: Flask, hub: Hub, car: Case, senior: User) -> None:
    here, mine, theirs = {"code": car.code}, Program(app, hub, car.appraiser), Program(app, hub, senior)
    seen = sign(mine, car)
    assert mine.refused("referBackReport", here, body=REASON, headers={"If-Match": seen}) == (409, "draft_moved")
    assert theirs.refused("referBackReport", here, body={"reason": " "}, headers={"If-Match": seen}) == (422, "invalid_input")
    assert theirs.refused("reopenReport", here) == (404, "appraisal_not_found")
    assert theirs.ok("referBackReport", here, body=REASON, headers={"If-Match": seen})["state"] == "inspecting"
    assert theirs.refused("referBackReport", here, body=REASON, headers={"If-Match": seen}) == (412, "stale")
    assert mine.refused("reopenReport", here) == (409, "bad_state")
    assert sign(mine, car) != seen


def test_a_suspended_agency_signs_nothing_and_the_program_is_told_why(app: Flask, hub: Hub, car: Case, senior: User) -> None:
    """Every reason of the register has its code in the document: the check of each answer would say so otherwise."""
    here, mine, theirs = {"code": car.code}, Program(app, hub, car.appraiser), Program(app, hub, senior)
    seen = sign(mine, car)
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        service.suspend(work, car.agency.code, "两台仪器超过校准有效期。")
    answer = theirs.call("confirmReport", here, body={"name": senior.display_name}, headers={"If-Match": seen})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "agency_suspended")
    assert answer.get_json()["reason"] == "两台仪器超过校准有效期。"
    other = make_car(hub, car.owner)
    wanted = {"thing": other.code, "agency": car.agency.code}
    assert Program(app, hub, car.owner).refused("requestAppraisal", body=wanted) == (409, "agency_suspended")
