"""The senior who signs a car's report too: as independent of the owner as its appraiser, also in the moment of the signature."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.accounts.models import User
from app.appraisal import queries, service
from app.appraisal.errors import OwnThing, TooClose
from app.appraisal.models import ReportDraft
from app.appraisal.refusals import NoReviewer, ReviewerUnknown
from app.appraisal.service import signing
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.clock import advance
from app.kernel.hub import Hub
from tests.accounts.making import actor, make_member, make_user, token_of
from tests.appraisal.admitting import qualify
from tests.appraisal.making import Case, draft_hash, make_inspection, make_key, order_of
from tests.appraisal.test_leaving import dismiss
from tests.appraisal.test_pages import browser
from tests.appraisal.test_signing import freeze, send, signed_by
from tests.goods.making import make_car, make_thing
from tests.journeys.test_categories import answer_all


@pytest.fixture
def car(hub: Hub) -> Case:
    """A car of which everything is answered, at an agency with one senior besides its appraiser."""
    owner = make_user(hub, name="周小满")
    case = make_inspection(hub, thing=make_car(hub, owner), owner=owner)
    answer_all(hub, case.code, case.appraiser)
    add_senior(hub, case, "沈知行")
    return case


def add_senior(hub: Hub, case: Case, name: str) -> User:
    person = make_member(hub, "appraiser", user=make_user(hub, name=name), organisation=case.agency)
    with hub.begin() as work:
        qualify(work, person.id, level="senior")
    return person


def seniors(hub: Hub, case: Case) -> list[User]:
    with hub.look() as work:
        order = queries.appraisal_by_id(work, order_of(hub, case).id)
        return queries.reviewers_for(work, order.agency_id, "car", case.appraiser.id)


def deal(hub: Hub, owner: User, buyer: User) -> None:
    """The owner of the car sells something else to this person."""
    other = make_thing(hub, owner)
    with hub.begin() as work:
        goods.transfer(work, work.session.get_one(Thing, other.id), buyer.id, via="order")


def sign(hub: Hub, case: Case, reviewer: str = "") -> None:
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.sign(work, case.code, case.appraiser.display_name, order_of(hub, case).findings_rev, reviewer)


def draft_of(hub: Hub, case: Case) -> ReportDraft:
    with hub.look() as work:
        found = queries.draft_of(work, order_of(hub, case))
    assert found is not None
    return found


def test_a_senior_who_dealt_with_the_owner_is_not_offered_and_not_chosen(app: Flask, hub: Hub, car: Case) -> None:
    [close] = seniors(hub, car)
    deal(hub, car.owner, close)
    with pytest.raises(NoReviewer):
        sign(hub, car)
    far = add_senior(hub, car, "江予安")
    page = browser(app, hub, car.appraiser).get(f"/appraisals/{car.code}/sign").text
    assert (far.display_name in page, close.display_name in page) == (True, False)
    with pytest.raises(ReviewerUnknown):
        sign(hub, car, close.code)
    sign(hub, car)
    assert draft_of(hub, car).reviewer_id == far.id


def test_a_senior_who_has_come_close_since_does_not_confirm_and_can_send_it_back(app: Flask, hub: Hub, car: Case) -> None:
    [senior] = seniors(hub, car)
    sign(hub, car)
    deal(hub, car.owner, senior)
    with pytest.raises(TooClose), hub.begin(actor(hub, senior)) as work:
        service.confirm(work, car.code, senior.display_name, draft_hash(work, car.code))
    client = browser(app, hub, senior)
    page = f"/appraisals/{car.code}/draft"
    token = token_of(client.get(page))
    refused = client.post(
        f"{page}/confirm", data={"csrf_token": token, "name": senior.display_name, "sha256": draft_of(hub, car).sha256}
    )
    assert refused.status_code == 403
    assert "You work with the owner of this item" in refused.text
    assert f"{page}/refer-back" in refused.text, "the way on stands on the same page"
    back = client.post(f"{page}/refer-back", data={"csrf_token": token, "reason": "我和车主有过买卖。"})
    assert (back.status_code, order_of(hub, car).state) == (303, "inspecting")


def draft_anew(hub: Hub, car: Case) -> None:
    """The appraiser takes the report back, answers something else and signs once more."""
    with hub.begin(actor(hub, car.appraiser)) as work:
        service.reopen(work, car.code)
    with hub.begin(actor(hub, car.appraiser)) as work:
        service.save_findings(work, car.code, {"item_27": "AX2"}, order_of(hub, car).findings_rev)
    sign(hub, car)


def test_a_senior_signs_only_the_draft_that_the_page_showed(app: Flask, hub: Hub, car: Case) -> None:
    """The first draft was read; the second, with another grade, is not signed by the first one's page."""
    [senior] = seniors(hub, car)
    sign(hub, car)
    first, client, page = draft_of(hub, car), browser(app, hub, senior), f"/appraisals/{car.code}/draft"
    shown = client.get(page)
    assert f'name="sha256" type="hidden" value="{first.sha256}"' in shown.text
    form = {"csrf_token": token_of(shown), "name": senior.display_name, "sha256": first.sha256}
    draft_anew(hub, car)
    second = draft_of(hub, car)
    assert second.sha256 != first.sha256
    for stale in (form, {**form, "sha256": ""}, {**form, "sha256": second.sha256[:63]}):
        refused = client.post(f"{page}/confirm", data=stale)
        assert refused.status_code == 409
        assert "This is no longer the draft that waits for a signature" in refused.text
        assert order_of(hub, car).state == "peer_review"
        with hub.look() as work:
            assert queries.signatures_of(work, second.id) == []
    # The page that came back shows the second draft, keeps the name, and signs what it shows.
    assert second.code in refused.text
    assert f'value="{senior.display_name}"' in refused.text
    assert client.post(f"{page}/confirm", data={**form, "sha256": second.sha256}).status_code == 303
    assert order_of(hub, car).state == "issued"


def test_a_name_left_out_on_an_old_page_does_not_turn_it_into_the_new_one_silently(app: Flask, hub: Hub, car: Case) -> None:
    [senior] = seniors(hub, car)
    sign(hub, car)
    first, client, page = draft_of(hub, car), browser(app, hub, senior), f"/appraisals/{car.code}/draft"
    form = {"csrf_token": token_of(client.get(page)), "name": "", "sha256": first.sha256}
    assert "no longer the draft" not in client.post(f"{page}/confirm", data=form).text
    draft_anew(hub, car)
    again = client.post(f"{page}/confirm", data=form)
    assert again.status_code == 422
    assert "This is no longer the draft that waits for a signature" in again.text


def test_a_draft_taken_back_is_said_to_the_senior_who_still_has_its_page(app: Flask, hub: Hub, car: Case) -> None:
    [senior] = seniors(hub, car)
    sign(hub, car)
    client, page = browser(app, hub, senior), f"/appraisals/{car.code}/draft"
    form = {"csrf_token": token_of(client.get(page)), "name": senior.display_name, "sha256": draft_of(hub, car).sha256}
    with hub.begin(actor(hub, car.appraiser)) as work:
        service.reopen(work, car.code)
    refused = client.post(f"{page}/confirm", data=form)
    assert refused.status_code == 409
    assert "This is no longer the draft that waits for a signature" in refused.text
    assert client.get(page).status_code == 404


def test_a_senior_who_bought_the_car_in_the_meantime_does_not_sign_with_the_key(hub: Hub, car: Case) -> None:
    [senior] = seniors(hub, car)
    keys = {person.id: make_key(hub, person) for person in (car.appraiser, senior)}
    draft = freeze(hub, car.code, car.appraiser)
    assert send(hub, car.code, car.appraiser, signed_by(draft, keys[car.appraiser.id])) is None
    with hub.begin() as work:
        goods.transfer(work, work.session.get_one(Thing, car.thing.id), senior.id, via="order")
    with pytest.raises(OwnThing):
        send(hub, car.code, senior, signed_by(draft, keys[senior.id]))
    assert order_of(hub, car).state == "peer_review"


def test_an_appraiser_who_came_close_after_freezing_does_not_sign_either(hub: Hub, car: Case) -> None:
    [senior] = seniors(hub, car)
    keys = {person.id: make_key(hub, person) for person in (car.appraiser, senior)}
    draft = freeze(hub, car.code, car.appraiser)
    deal(hub, car.owner, car.appraiser)
    with pytest.raises(TooClose):
        send(hub, car.code, car.appraiser, signed_by(draft, keys[car.appraiser.id]))
    with hub.begin() as work:
        advance(work, timedelta(days=366))
    assert send(hub, car.code, car.appraiser, signed_by(draft, keys[car.appraiser.id])) is None


def test_a_senior_who_is_sent_away_in_the_moment_of_being_chosen_does_not_keep_the_draft(
    hub: Hub, car: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    [senior] = seniors(hub, car)
    going = threading.Thread(target=dismiss, args=(hub, senior))
    before = signing.freeze_content

    def meanwhile(*given: Any, **named: Any) -> Any:
        going.start()
        going.join(3)
        return before(*given, **named)

    monkeypatch.setattr(signing, "freeze_content", meanwhile)
    with hub.begin(actor(hub, car.appraiser)) as work:
        service.sign(work, car.code, car.appraiser.display_name, queries.visible_appraisal(work, car.code).findings_rev)
        assert going.is_alive(), "whoever sends the senior away waits"
    going.join(20)
    hub.drain()
    assert order_of(hub, car).state == "inspecting"
