"""Photos of an inspection and the marks on them."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts import service as people
from app.appraisal import queries, service
from app.appraisal.errors import (
    MarkRefused,
    PhotoElsewhere,
    PhotoOfAnotherShot,
    PhotoOfAnotherThing,
)
from app.appraisal.service import Box, Given
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.media.models import Photo
from app.media.queries import original_file
from tests.accounts.making import actor, make_member, make_user, token_of
from tests.appraisal.making import clean_answers, make_inspection, order_of, sign
from tests.appraisal.test_pages import browser
from tests.appraisal.working import add, car_case, evidence, given
from tests.goods.making import make_car
from tests.media.making import photo_bytes


def test_a_photo_keeps_its_sealed_original_and_stands_in_the_evidence_with_its_marks(hub: Hub) -> None:
    case = car_case(hub)
    given(hub, case, Given("item_21", "XS2"))
    code = add(hub, case, item_key="item_21", boxes=[Box("item_21", "XS2", 100, 250, 300, 200)])
    told = evidence(hub, case)
    (photo,) = told["photos"]
    assert photo["photo"] == code
    assert photo["marks"] == [{"no": 1, "item": "item_21", "code": "XS2", "degree": 2, "box": [100, 250, 300, 200]}]
    assert told["without_photo"] == []
    with hub.look() as work:
        row = work.session.scalars(select(Photo).where(Photo.code == code)).one()
        content, kind = original_file(hub.store, hub.sealer, row)
        assert (content, kind) == (photo_bytes(seed=1), "image/jpeg")
        assert hub.store.original(code) != content
        assert (photo["sha256"], photo["original_sha256"]) == (row.sha256, row.upload_sha256)


def test_the_same_photo_sent_again_is_kept_once(hub: Hub) -> None:
    case = car_case(hub)
    codes = {add(hub, case, item_key="item_21", device_key="photo-0001") for _ in range(2)}
    assert len(codes) == 1
    assert len(evidence(hub, case)["photos"]) == 1


@pytest.mark.parametrize("about", [{"item_key": "touch"}, {"shot": "engine_bay.back"}, {"shot": "P4.back"}, {}])
def test_a_photo_of_what_this_inspection_does_not_have_is_refused(hub: Hub, about: dict[str, str]) -> None:
    case = car_case(hub)
    with pytest.raises(PhotoElsewhere):
        add(hub, case, **about)


def test_a_photo_of_another_inspection_cannot_be_marked_or_removed(hub: Hub) -> None:
    mine, other = car_case(hub), car_case(hub)
    foreign = add(hub, other, item_key="item_21")
    for verb in (
        lambda work: service.mark_photo(work, mine.code, foreign, []),
        lambda work: service.remove_photo(work, mine.code, foreign),
    ):
        with pytest.raises(PhotoElsewhere), hub.begin(actor(hub, mine.appraiser)) as work:
            verb(work)
    with hub.begin(actor(hub, other.appraiser)) as work:
        service.remove_photo(work, other.code, foreign)
    hub.drain()
    assert evidence(hub, other)["photos"] == []


@pytest.mark.parametrize(
    "box",
    [
        Box("item_21", "XS2", 900, 0, 200, 100),
        Box("item_21", "XS2", -1, 0, 20, 10),
        Box("item_21", "XS2", 0, 0, 0, 10),
        Box("item_21", "XS9", 0, 0, 10, 10),
        Box("touch", "ok", 0, 0, 10, 10),
    ],
)
def test_a_mark_outside_the_photo_or_of_an_unknown_answer_is_refused(hub: Hub, box: Box) -> None:
    case = car_case(hub)
    with pytest.raises(MarkRefused):
        add(hub, case, item_key="item_21", boxes=[box])


def test_a_photo_that_was_taken_of_another_thing_is_refused_and_the_answers_are_kept(app: Flask, hub: Hub) -> None:
    first = car_case(hub)
    add(hub, first, seed=1, item_key="item_21")
    colleague, owner = make_member(hub, "appraiser", organisation=first.agency), make_user(hub)
    other = make_inspection(hub, thing=make_car(hub, owner), owner=owner, agency=first.agency, appraiser=colleague)
    given(hub, other, Given("item_21", "XS2"))
    with pytest.raises(PhotoOfAnotherThing):
        add(hub, other, seed=1, item_key="item_21")
    client = browser(app, hub, other.appraiser)
    page = f"/appraisals/{other.code}/photos"
    for kind in ({}, {"X-Upload": "1", "Accept": "application/json"}):
        sent = {"csrf_token": token_of(client.get(f"{page}?item=item_21")), "item": "item_21"}
        sent["photo"] = (io.BytesIO(photo_bytes(seed=1)), "photo.jpg")
        refused = client.post(page, data=sent, headers=kind)
        assert refused.status_code == 422
        assert "This very photo stands in the inspection of another item" in (refused.json["title"] if kind else refused.text)
    assert evidence(hub, other)["photos"] == []
    assert order_of(hub, other).findings["item_21"] == "XS2"
    add(hub, other, seed=2, item_key="item_21")
    assert len(evidence(hub, other)["photos"]) == 1


def test_one_picture_does_not_stand_for_two_of_the_shots_that_are_asked_for(app: Flask, hub: Hub) -> None:
    case = car_case(hub)
    add(hub, case, seed=1, shot="body_exterior.left_front")
    for again in ("body_exterior.left_front", ""):  # the same shot once more, and an item that is seen on it
        add(hub, case, seed=1, shot=again, item_key="" if again else "item_21")
    with pytest.raises(PhotoOfAnotherShot):
        add(hub, case, seed=1, shot="body_exterior.right_rear")
    with hub.look() as work:
        assert queries.shots_taken(work, order_of(hub, case)) == {"body_exterior.left_front"}
    client = browser(app, hub, case.appraiser)
    page = f"/appraisals/{case.code}/photos"
    sent = {"csrf_token": token_of(client.get(f"{page}?shot=body_exterior.right_rear")), "shot": "body_exterior.right_rear"}
    refused = client.post(page, data={**sent, "photo": (io.BytesIO(photo_bytes(seed=1)), "photo.jpg")})
    assert refused.status_code == 422
    assert "already stands for another of the photos" in refused.text
    add(hub, case, seed=2, shot="body_exterior.right_rear")


@pytest.mark.parametrize("who", ["left", "elsewhere"])
def test_nor_does_it_help_that_whoever_took_it_works_elsewhere(hub: Hub, who: str) -> None:
    first = car_case(hub)
    add(hub, first, seed=1, item_key="item_21")
    if who == "left":
        colleague = make_member(hub, "appraiser", organisation=first.agency)
        with hub.begin(SYSTEM) as work:
            for membership, _house in accounts.memberships_of(work, first.appraiser.id):
                people.dismiss(work, membership, "不再任职")
        hub.drain()
        owner = make_user(hub)
        other = make_inspection(hub, thing=make_car(hub, owner), owner=owner, agency=first.agency, appraiser=colleague)
    else:
        other = car_case(hub)
    with pytest.raises(PhotoOfAnotherThing):
        add(hub, other, seed=1, item_key="item_21")


def test_the_same_thing_may_be_shown_by_the_same_photo_again(hub: Hub) -> None:
    case = make_inspection(hub, clean_answers())
    add(hub, case, seed=3, item_key="screen_glass")
    add(hub, case, seed=3, item_key="back_cover")
    sign(hub, case)
    again = make_inspection(hub, thing=case.thing, owner=case.owner)
    add(hub, again, seed=3, item_key="screen_glass")
    assert len(evidence(hub, again)["photos"]) == 1


def test_a_photo_that_was_taken_out_can_be_used_where_it_belongs(hub: Hub) -> None:
    wrong, right = car_case(hub), car_case(hub)
    code = add(hub, wrong, seed=4, item_key="item_21")
    with hub.begin(actor(hub, wrong.appraiser)) as work:
        service.remove_photo(work, wrong.code, code)
    add(hub, right, seed=4, item_key="item_21")
    assert len(evidence(hub, right)["photos"]) == 1
