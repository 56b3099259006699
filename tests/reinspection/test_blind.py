"""The second agency learns nothing of the first result: not from its pages, not from its programs, not from notices."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Organisation, User
from app.accounts.queries import organisation_by_id, user_by_id
from app.appraisal import service as appraising
from app.appraisal.errors import BlindToReport
from app.appraisal.models import Report
from app.appraisal.queries import report_by_code
from app.appraisal.refusals import FirstAppraiser
from app.kernel.hub import Hub
from app.notices.models import Notice
from tests.accounts.making import make_member, make_organisation, make_user, sign_in
from tests.api.making import Program
from tests.appraisal.making import make_report
from tests.listings.making import make_listing
from tests.reinspection.buying import contested_offer
from tests.reinspection.making import REASON, Scene

TELLING = "C 级"  # how pages write the first grade


def doors(scene: Scene, listing_code: str) -> list[str]:
    """Every address at which the second appraiser may read about the order, the thing, its offer and the first report."""
    order, first = scene.order.code, scene.first.code
    return [
        "/appraiser",
        f"/appraisals/{order}",
        f"/appraisals/{order}/inspect",
        "/notices",
        "/desk",
        "/",
        "/search",
        "/c/phones",
        f"/items/{listing_code}",
        f"/reports/{first}",
        f"/reports/{first}.json",
        f"/reports/{first}/print",
        f"/reports/{first}.pdf",
        f"/reports/{first}/contest",
        f"/reports/verify/{first}",
    ]


PROGRAM_DOORS = (
    "/appraisals?side=agency",
    "/appraisals/{order}",
    "/appraisals/{order}/findings",
    "/reports/{first}",
    "/listings/{listing}",
    "/listings",
)


def told(answer_text: str, first: Report) -> list[str]:
    """What of the first result stands in a text: its number, its hash, its grade."""
    secrets = [first.code, first.sha256, first.sha256[:16], TELLING, f'"tier":"{first.tier}"', f'"tier": "{first.tier}"', REASON]
    return [secret for secret in secrets if secret in answer_text]


@pytest.fixture
def offer(hub: Hub) -> tuple[Scene, str]:
    """A contested offer whose grade is C, with the second agency at work."""
    return contested_offer(hub, screen_glass="visible")


def second_agency(hub: Hub, scene: Scene) -> Organisation:
    with hub.look() as work:
        return organisation_by_id(work, scene.order.agency_id)


def browser(app: Flask, hub: Hub, person: User) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("lang", "zh")
    sign_in(client, hub, person)
    return client


def test_no_page_that_the_second_agency_opens_holds_the_first_result(app: Flask, hub: Hub, offer: tuple[Scene, str]) -> None:
    scene, listing_code = offer
    scene.accept().inspect()
    manager = make_member(hub, "manager", organisation=second_agency(hub, scene))
    for person in (scene.second_appraiser, manager):
        client = browser(app, hub, person)
        for door in doors(scene, listing_code):
            answer = client.get(door)
            assert answer.status_code != 404, door
            text = answer.get_data(as_text=True).replace(scene.first.code, "", text_of_address(door, scene))
            assert told(text, scene.first) == [], f"{door} tells {told(text, scene.first)}"
        assert client.get(f"/contests/{scene.row.code}").status_code == 404


def text_of_address(door: str, scene: Scene) -> int:
    """How often a page may repeat the number that its reader typed into the address."""
    return 8 if scene.first.code in door else 0


def test_everybody_else_still_reads_it(app: Flask, hub: Hub, offer: tuple[Scene, str]) -> None:
    scene, listing_code = offer
    scene.accept()
    outsider = make_member(hub, "appraiser", organisation=make_organisation(hub, "agency", "别家鉴定"))
    for person in (scene.owner, outsider):
        client = browser(app, hub, person)
        assert client.get(f"/reports/{scene.first.code}").status_code == 200
        assert TELLING in client.get(f"/items/{listing_code}").get_data(as_text=True)


def test_no_answer_to_a_program_of_the_second_agency_holds_the_first_result(
    app: Flask, hub: Hub, offer: tuple[Scene, str]
) -> None:
    scene, listing_code = offer
    scene.accept().inspect()
    program = Program(app, hub, scene.second_appraiser)
    for door in PROGRAM_DOORS:
        path = "/api/v1" + door.format(order=scene.order.code, first=scene.first.code, listing=listing_code)
        answer = program.client.get(path, headers={"Authorization": f"Bearer {program.secret}"})
        text = json.dumps(answer.get_json(), ensure_ascii=False).replace(scene.first.code, "") if answer.get_json() else ""
        assert told(text, scene.first) == [], f"{path} tells {told(text, scene.first)}"


def test_no_notice_to_the_second_agency_holds_the_first_result(hub: Hub, offer: tuple[Scene, str]) -> None:
    scene, _code = offer
    scene.accept().inspect()
    with hub.look() as work:
        rows = work.session.query(Notice).filter_by(user_id=scene.second_appraiser.id).all()
    assert rows
    for row in rows:
        assert told(json.dumps([row.text, row.values, row.link], ensure_ascii=False), scene.first) == []


def test_after_the_second_report_the_first_is_open_to_everybody_again(hub: Hub, offer: tuple[Scene, str]) -> None:
    scene, _code = offer
    scene.accept()
    with pytest.raises(BlindToReport):
        scene.by(scene.second_appraiser, report_by_code, scene.first.code)
    scene.inspect().sign()
    assert scene.by(scene.second_appraiser, report_by_code, scene.first.code).id == scene.first.id


def test_an_agency_that_declined_is_blind_no_more(hub: Hub, offer: tuple[Scene, str]) -> None:
    scene, _code = offer
    who = scene.second_appraiser
    scene.by(who, appraising.decline, scene.order.code, "本周没有检测台")
    assert scene.by(who, report_by_code, scene.first.code).id == scene.first.id


def test_who_signed_the_first_report_does_not_take_the_second_wherever_they_work_now(hub: Hub, offer: tuple[Scene, str]) -> None:
    scene, _code = offer
    with hub.look() as work:
        first_appraiser = user_by_id(work, scene.first.appraiser_id)
    make_member(hub, "appraiser", user=first_appraiser, organisation=second_agency(hub, scene))
    with pytest.raises(FirstAppraiser):
        scene.by(first_appraiser, appraising.accept, scene.order.code)


def test_the_check_sees_a_page_that_tells(hub: Hub) -> None:
    report = make_report(hub, listing=make_listing(hub, make_user(hub)), screen_glass="visible")
    assert told(f"第三方鉴定 {TELLING}", report) == [TELLING]
    assert told(f'{{"tier": "{report.tier}"}}', report) != []
