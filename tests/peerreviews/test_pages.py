"""Second looks over HTTP: the blind form, both grades and a decision, staff's list, and the public figures."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.accounts.queries import organisation_by_id
from app.appraisal import queries as appraisal
from app.appraisal import service as appraisals
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.peerreviews import queries, service
from app.peerreviews.models import ReviewResult
from tests.accounts.making import actor, make_member, make_user, reader, sign_in, token_of
from tests.api.making import Program
from tests.appraisal.making import clean_answers, close, draft_hash, make_inspection, make_key, order_of
from tests.appraisal.test_signing import freeze, send, signed_by
from tests.journeys.test_categories import an_inspection, answer_all
from tests.listings.making import CAR, make_thing_listing
from tests.peerreviews.making import REASON, Held, demand, make_colleague, make_held, second_answers
from tests.peerreviews.test_reviews import worse


def browser(app: Flask, hub: Hub, who: User) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("lang", "en")
    sign_in(client, hub, who)
    return client


def post(client: FlaskClient, page: str, to: str, fields: dict[str, Any]) -> TestResponse:
    return client.post(to, data={"csrf_token": token_of(client.get(page)), **fields})


def typed(answers: dict[str, str], rev: int = 0) -> dict[str, str]:
    return {"rev": str(rev), **{f"item-{key}": value for key, value in answers.items()}}


# Blind


@pytest.mark.parametrize(
    "first",
    [
        {"screen_glass": "cracked"},
        {"battery_swollen": "present"},
        {"touch": "degraded", "opened": "opened", "back_cover": "cracked"},
    ],
)
def test_the_form_of_the_second_person_is_the_same_whatever_the_first_had_judged(hub: Hub, first: dict[str, str]) -> None:
    clean = make_held(hub)
    with hub.look() as work:
        sheet = appraisal.blind_sheet(work, appraisal.draft_by_id(work, clean.review.draft_id))
    other = make_held(hub, **first)
    with hub.look() as work:
        draft = appraisal.draft_by_id(work, other.review.draft_id)
        assert all(draft.content["result"]["findings"][key] == value for key, value in first.items())
        found = appraisal.blind_sheet(work, draft)
    assert (found.parts, found.measured, found.asked) == (sheet.parts, sheet.measured, sheet.asked)


def test_nothing_that_the_second_person_can_open_tells_the_first_grade(app: Flask, hub: Hub) -> None:
    held = make_held(hub, photo=True, screen_glass="chipped", back_cover="cracked")
    person = held.find()
    with hub.look() as work:
        draft = appraisal.draft_by_id(work, held.review.draft_id)
    result, code, review = draft.content["result"], held.case.code, held.review.code
    client, program = browser(app, hub, person), Program(app, hub, person)
    addresses = [
        *("/", "/desk", "/notices", "/appraiser", "/peer-reviews", f"/peer-reviews/{review}", f"/appraisals/{code}"),
        *(f"/appraisals/{code}/{page}" for page in ("inspect", "sign", "draft", "draft.json", "photos", "erasure")),
        *(f"/reports/{draft.code}{end}" for end in ("", ".json")),
        f"/registry/appraisers/{held.case.appraiser.code}",
        f"/registry/appraisers/{held.case.appraiser.code}.json",
    ]
    answers = {address: client.get(address, follow_redirects=True) for address in addresses}
    headers = {"Authorization": f"Bearer {program.secret}"}
    for address in (f"/api/v1/appraisals/{code}", f"/api/v1/appraisals/{code}/findings", "/api/v1/appraisals?side=agency"):
        answers[address] = program.client.get(address, headers=headers)
    assert answers[f"/peer-reviews/{review}"].status_code == 200
    assert answers[f"/appraisals/{code}/draft.json"].status_code == 404
    assert answers[f"/api/v1/appraisals/{code}/findings"].status_code == 404
    secrets = [
        result["score"],
        draft.sha256,
        '"chipped"',
        f"{result['tier']} {result['tier_name']['en']}",
        result["tier_name"]["en"],
    ]
    for address, answer in answers.items():
        text = answer.get_data(as_text=True)
        for secret in secrets:
            if address == f"/peer-reviews/{review}" and secret == '"chipped"':
                continue  # stands there as one of the answers to choose from
            assert secret not in text, f"{address} tells {secret}"
    form = answers[f"/peer-reviews/{review}"].get_data(as_text=True)
    assert " checked>" not in form
    assert held.photo() in form
    assert "96" in form, "what was measured is shown"
    photo = client.get(f"/peer-reviews/{review}/photos/{held.photo()}/card.webp")
    assert (photo.status_code, photo.mimetype) == (200, "image/webp")
    assert client.get(f"/peer-reviews/{make_held(hub, colleagues=0).review.code}").status_code == 404


def test_the_check_of_secrets_sees_a_page_that_tells(app: Flask, hub: Hub) -> None:
    """The same words stand on the draft, for those who may read it: the check above would see them."""
    held = make_held(hub, screen_glass="chipped")
    held.find()
    held.look(screen_glass="chipped", back_cover="cracked")
    with hub.look() as work:
        result = appraisal.draft_by_id(work, held.review.draft_id).content["result"]
    text = browser(app, hub, held.case.appraiser).get(f"/peer-reviews/{held.review.code}").get_data(as_text=True)
    assert result["score"] in text


# The form


def test_a_second_look_is_kept_handed_in_and_issues_the_report(app: Flask, hub: Hub) -> None:
    held = make_held(hub)
    client = browser(app, hub, held.find())
    page = f"/peer-reviews/{held.review.code}"
    assert "second look" in client.get("/desk").get_data(as_text=True).lower()
    answers = second_answers(hub, held.review)
    some = {key: value for key, value in answers.items() if key != "touch"}
    kept = post(client, page, f"{page}/save", typed(some))
    assert kept.status_code == 303
    refused = post(client, page, f"{page}/save", typed({"touch": "brilliant"}, 1))
    assert refused.status_code == 422
    assert "Please choose one of the listed answers." in refused.text
    stale = post(client, page, f"{page}/save", typed({"touch": answers["touch"]}, 0))
    assert stale.status_code == 409
    assert "Answers were saved elsewhere" in stale.text
    early = post(client, page, f"{page}/hand-in", typed(some, 2))
    assert early.status_code == 422
    assert "cannot tell from here" in early.text
    done = post(client, page, f"{page}/hand-in", typed(answers, 2))
    assert (done.status_code, done.headers["Location"]) == (303, page)
    assert "You came to the same grade" in client.get(page).text
    assert held.state == "issued"
    assert post(client, "/peer-reviews", f"{page}/hand-in", typed(answers, 3)).status_code == 404, "handed in once"


def test_marks_of_a_car_are_read_from_the_blind_form_and_its_senior_does_not_look(app: Flask, hub: Hub) -> None:
    demand(hub, first=1)
    car = make_thing_listing(hub, make_user(hub), "car", CAR)
    code, _thing, inspector = an_inspection(hub, car)
    answer_all(hub, code, inspector, item_15="XS1 HH2", flood_vehicle="false")
    with hub.look(actor(hub, inspector)) as work:
        order = appraisal.visible_appraisal(work, code)
        [senior] = appraisal.reviewers_for(work, order.agency_id, "car", inspector.id)
        agency_id = order.agency_id
    with hub.begin(actor(hub, inspector)) as work:
        assert appraisals.sign(work, code, inspector.display_name, order.findings_rev) is None
    with hub.begin(actor(hub, senior)) as work:
        assert appraisals.confirm(work, code, senior.display_name, draft_hash(work, code)) is None
    hub.drain()
    with hub.look() as work:
        review = queries.review_of_order(work, order.id)
        assert review is not None
        assert review.person_id is None, "whoever signed knows the grade, and there is nobody else"
        agency = organisation_by_id(work, agency_id)
    colleague = make_colleague(hub, agency, "顾明远")
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        service.draw_again(work, hub.sealer, review.code)
    client, page = browser(app, hub, colleague), f"/peer-reviews/{review.code}"
    answers = second_answers(hub, review)
    assert client.get(page).status_code == 200
    fields: dict[str, Any] = {**typed(answers), "marks-item_15": "1", "mark-item_15": ["HH2", "XS1"], "text-item_49": ""}
    del fields["item-item_15"]
    done = post(client, page, f"{page}/hand-in", fields)
    assert done.status_code == 303, done.text
    with hub.look() as work:
        [result] = queries.results_of(work, review.id)
    assert (result.outcome, result.content["answers"]["item_15"], result.content["differs"]) == ("agree", "HH2 XS1", [])


def test_the_database_takes_no_second_look_of_the_senior_who_signed_the_first(hub: Hub) -> None:
    demand(hub, first=1)
    car = make_thing_listing(hub, make_user(hub), "car", CAR)
    code, _thing, inspector = an_inspection(hub, car)
    answer_all(hub, code, inspector)
    with hub.look(actor(hub, inspector)) as work:
        order = appraisal.visible_appraisal(work, code)
        [senior] = appraisal.reviewers_for(work, order.agency_id, "car", inspector.id)
    with hub.begin(actor(hub, inspector)) as work:
        appraisals.sign(work, code, inspector.display_name, order.findings_rev)
    with hub.begin(actor(hub, senior)) as work:
        appraisals.confirm(work, code, senior.display_name, draft_hash(work, code))
    with hub.look() as work:
        review = queries.review_of_order(work, order.id)
        assert review is not None
        draft = appraisal.draft_by_id(work, review.draft_id)
    with pytest.raises(IntegrityError, match="has not signed the first"), hub.begin(SYSTEM) as work:
        work.session.add(
            ReviewResult(
                review_id=review.id,
                draft_id=draft.id,
                no=1,
                appraiser_id=draft.appraiser_id,
                reviewer_id=senior.id,
                outcome="agree",
                steps=0,
                critical_misses=0,
                content={},
                sha256="0" * 64,
                at=work.now,
            )
        )


def test_what_only_the_second_person_saw_is_shown_to_the_senior_who_decides_with_a_reason(app: Flask, hub: Hub) -> None:
    held = make_held(hub, photo=True)
    second = held.find()
    held.look(**worse(hub, held))
    page = f"/peer-reviews/{held.review.code}"
    senior = browser(app, hub, held.person)
    text = senior.get(page).text
    assert "Two appraisers came to different grades" in text
    assert "Cracked" in text or "cracked" in text
    assert held.photo() in text
    short = post(senior, page, f"{page}/decide", {"decision": "stands", "reason": "太短"})
    assert short.status_code == 422
    assert "太短" in short.text
    assert post(senior, page, f"{page}/decide", {"decision": "stands", "reason": REASON}).status_code == 303
    assert held.state == "issued"
    for who in (
        second,
        held.case.appraiser,
        make_member(hub, "operator"),
        make_member(hub, "manager", organisation=held.case.agency),
    ):
        read = browser(app, hub, who).get(page)
        assert (read.status_code, REASON in read.text) == (200, True)
    assert browser(app, hub, make_colleague(hub, held.case.agency, "路人")).get(page).status_code == 404


def test_passing_it_on_needs_a_reason_and_takes_it_away(app: Flask, hub: Hub) -> None:
    held = make_held(hub, colleagues=2, seniors=0)
    first = held.find()
    client, page = browser(app, hub, first), f"/peer-reviews/{held.review.code}"
    assert post(client, page, f"{page}/pass", {"reason": ""}).status_code == 422
    assert post(client, page, f"{page}/pass", {"reason": "认识物主。"}).status_code == 303
    hub.drain()
    assert held.person.id != first.id
    assert client.get(page).status_code == 404


def test_staff_see_what_nobody_has_draw_again_and_ask_by_the_address_in_the_register(app: Flask, hub: Hub) -> None:
    held = make_held(hub, colleagues=0, seniors=0)
    hub.drain()
    client = browser(app, hub, make_member(hub, "operator"))
    page, at = "/operator/peer-reviews", f"/operator/peer-reviews/{held.review.code}"
    assert "Nobody can be drawn" in client.get(page).text
    nobody = post(client, page, f"{at}/draw", {})
    assert nobody.status_code == 409
    assert "Nobody can be asked" in nobody.text
    person = make_colleague(hub, held.case.agency, "顾明远")
    wrong = post(client, page, f"{at}/name", {"person": held.case.appraiser.code})
    assert wrong.status_code == 409
    assert "cannot do it" in wrong.text
    assert post(client, page, f"{at}/name", {"person": f"https://x/registry/appraisers/{person.code}"}).status_code == 303
    assert held.person.id == person.id
    assert "No second look waits for staff" in client.get(page).text


# Signing


def test_whoever_signs_is_told_that_the_report_waits_and_so_is_its_owner(app: Flask, hub: Hub) -> None:
    demand(hub, first=20)
    case = make_inspection(hub, clean_answers())
    client, page = browser(app, hub, case.appraiser), f"/appraisals/{case.code}/sign"
    rev = order_of(hub, case).findings_rev
    sent = post(client, page, page, {"rev": str(rev), "name": case.appraiser.display_name})
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/appraisals/{case.code}")
    assert "somebody who does not know the grade looks a second time" in client.get(f"/appraisals/{case.code}").text
    assert "You are told when the report is issued" in browser(app, hub, case.owner).get(f"/appraisals/{case.code}").text
    assert "Waits for a second look" in client.get("/appraiser").text


def test_a_report_that_is_signed_with_a_key_waits_too_and_keeps_its_signature(hub: Hub) -> None:
    demand(hub, first=20)
    case = make_inspection(hub, clean_answers())
    private = make_key(hub, case.appraiser)
    draft = freeze(hub, case.code, case.appraiser)
    assert send(hub, case.code, case.appraiser, signed_by(draft, private)) is None
    held = Held(hub, case)
    make_colleague(hub, case.agency, "顾明远")
    held.find()
    held.look()
    report = held.report
    assert report is not None
    with hub.look() as work:
        assert [signature.role for signature, _key in appraisal.signatures_of(work, report.draft_id)] == ["appraiser"]
    assert report.sha256 == draft.sha256


def test_programs_are_told_the_state_and_no_report(app: Flask, hub: Hub) -> None:
    demand(hub, first=20)
    case = make_inspection(hub, clean_answers())
    close(hub, case.appraiser, case.code)
    program = Program(app, hub, case.appraiser)
    headers = {"Authorization": f"Bearer {program.secret}"}
    seen = program.client.get(f"/api/v1/appraisals/{case.code}", headers=headers)
    headers |= {"If-Match": seen.headers["ETag"], "Idempotency-Key": "a" * 32}
    told = program.client.post(
        f"/api/v1/appraisals/{case.code}/sign", json={"name": case.appraiser.display_name}, headers=headers
    )
    assert told.status_code == 200, told.text
    assert (told.json["state"], told.json["report"]) == ("second_look", None)


# The public figures


def test_a_regulator_computes_the_published_figures_again_from_the_rows_alone(app: Flask, hub: Hub) -> None:
    first = make_held(hub)
    first.find()
    first.look()
    for changes in ({"screen_glass": "cracked"}, {"screen_glass": "light"}):
        held = make_held_by(hub, first, **changes)
        held.find()
        if held.look().outcome == "differ":
            held.decide("stands")
    code = first.case.appraiser.code
    told = json.loads(reader(app).get(f"/registry/appraisers/{code}.json").text)
    rows, [figures] = told["rows"], told["accuracy"]
    assert [row["kind"] for row in rows] == ["peer"] * 3
    pairs = [(row["first"]["place"], row["second"]["place"]) for row in rows]
    assert [b - a for a, b in pairs] == [row["steps"] for row in rows]
    n, d = len(pairs), sum(abs(b - a) for a, b in pairs)
    ones, twos = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    e = sum(x * y * abs(a - b) for a, x in ones.items() for b, y in twos.items())
    assert Fraction(figures["weighted_kappa"]) == round(1 - Fraction(n * d, e), 2)
    assert (figures["compared"], figures["exact"]) == (3, sum(a == b for a, b in pairs))
    page = reader(app).get(f"/registry/appraisers/{code}").text
    assert f"{figures['weighted_kappa']} (n = 3)" in page
    assert "How to compute these figures again" in page
    for row in rows:
        assert row["source"] in page
        assert row["report"] in page


def make_held_by(hub: Hub, earlier: Held, **answers: str) -> Held:
    """Another report of the same appraiser, whose own answers are these."""
    case = make_inspection(hub, clean_answers(**answers), agency=earlier.case.agency, appraiser=earlier.case.appraiser)
    with hub.begin(actor(hub, case.appraiser)) as work:
        assert appraisals.sign(work, case.code, case.appraiser.display_name, order_of(hub, case).findings_rev) is None
    return Held(hub, case)
