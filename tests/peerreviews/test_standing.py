"""Who was drawn is asked again in the moment of the answer: certificate, agency, closeness; and who leaves frees the place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app.accounts import queries as accounts
from app.accounts import service as people
from app.accounts.events import MemberLeft
from app.accounts.models import User
from app.appraisal import service as appraisals
from app.appraisal.queries.register import confirmed_certificates
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.peerreviews import queries, service
from app.peerreviews.errors import NotEntitled
from tests.accounts.making import actor, make_member, token_of
from tests.appraisal.test_leaving import send_away
from tests.appraisal.test_pages import browser
from tests.goods.making import make_thing
from tests.peerreviews.making import Held, make_colleague, make_held, other_agency, second_answers


def withdraw(hub: Hub, held: Held, person: User) -> None:
    """Every certificate of the person for phones is withdrawn."""
    operator = make_member(hub, "operator")
    with hub.look() as work:
        papers = confirmed_certificates(work, [person.id], "phone")
    for paper in papers:
        with hub.begin(actor(hub, operator)) as work:
            appraisals.decide_certificate(work, paper.code, "withdrawn", "发证机构通知证书作废。")


def suspend(hub: Hub, held: Held, person: User) -> None:
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        appraisals.suspend(work, held.case.agency.code, "两台仪器超过校准有效期。")


def deal(hub: Hub, held: Held, person: User) -> None:
    """The person buys something else from the phone's owner."""
    other = make_thing(hub, held.case.owner)
    with hub.begin() as work:
        goods.transfer(work, work.session.get_one(Thing, other.id), person.id, via="order")


EVENTS = pytest.mark.parametrize("happens", [withdraw, suspend, deal])


@EVENTS
def test_who_may_not_look_any_more_hands_nothing_in_and_what_was_saved_is_kept(
    app: Flask, hub: Hub, happens: Callable[[Hub, Held, User], None]
) -> None:
    held = make_held(hub, colleagues=1, seniors=0)
    person = held.find()
    answers = second_answers(hub, held.review)
    with hub.begin(actor(hub, person)) as work:
        service.save(work, held.review.code, answers, 0)
    happens(hub, held, person)
    with pytest.raises(NotEntitled):
        held.look()
    assert (held.state, held.review.state, held.review.answers) == ("second_look", "asked", answers)
    client = browser(app, hub, person)
    page = f"/peer-reviews/{held.review.code}"
    typed = {f"item-{key}": value for key, value in answers.items()} | {"item-back_cover": "visible", "rev": "1"}
    refused = client.post(f"{page}/hand-in", data={"csrf_token": token_of(client.get(page)), **typed})
    assert refused.status_code == 409
    assert "You cannot look or decide here any more" in refused.text
    assert 'value="visible" checked' in refused.text, "what was typed stands there"


@EVENTS
def test_a_senior_who_may_not_decide_any_more_lets_nothing_stand_and_sends_nothing_back(
    hub: Hub, happens: Callable[[Hub, Held, User], None]
) -> None:
    held = make_held(hub, colleagues=1, seniors=1)
    held.find()
    held.look(screen_glass="cracked")
    senior = held.person
    happens(hub, held, senior)
    for decision in ("stands", "look_again"):
        with pytest.raises(NotEntitled):
            held.decide(decision)
    assert (held.state, held.review.state) == ("second_look", "deciding")


def test_a_report_of_a_suspended_agency_is_issued_when_somebody_of_another_agency_agrees(hub: Hub) -> None:
    """It was signed before; what the suspended agency does has stopped, what others do about it has not."""
    held = make_held(hub, colleagues=1, seniors=0)
    own = held.find()
    suspend(hub, held, own)
    with hub.begin(actor(hub, own)) as work:
        service.pass_on(work, held.review.code, "本机构已被暂停。")
    stranger = make_colleague(hub, other_agency(hub), "纪云")
    hub.drain()
    with hub.begin() as work:
        service.ask_next(work, hub.sealer, held.review.id)
    assert held.person.id == stranger.id
    held.look()
    assert held.state == "issued"


@pytest.mark.parametrize("differs", [False, True])
def test_who_leaves_frees_the_second_look_at_once(hub: Hub, differs: bool) -> None:
    held = make_held(hub, colleagues=2, seniors=2)
    first = held.find()
    if differs:
        held.look(screen_glass="cracked")
        first = held.person
    state = held.review.state
    send_away(hub, first)
    assert held.review.state == state
    assert held.person.id != first.id
    with hub.look() as work:
        answers = [one.answer for one in queries.askings_of(work, held.review.id)]
    assert answers == (["handed_in", "passed", None] if differs else ["passed", None])


def test_who_leaves_another_house_keeps_it_and_old_news_changes_nothing(hub: Hub) -> None:
    held = make_held(hub, colleagues=2, seniors=0)
    first, elsewhere = held.find(), other_agency(hub)
    make_member(hub, "appraiser", user=first, organisation=elsewhere)
    with hub.look() as work:
        roles = {house.id: membership for membership, house in accounts.memberships_of(work, first.id)}
    with hub.begin(SYSTEM) as work:
        people.dismiss(work, roles[elsewhere.id], "不再任职")
    hub.drain()
    with hub.begin(SYSTEM) as work:
        service.on_member_left(work, MemberLeft(roles[held.case.agency.id].id, ""))  # as if they had left and come back
    assert held.person.id == first.id
    version = held.review.version
    send_away(hub, first)
    assert held.person.id != first.id
    now = held.review.version
    with hub.begin(SYSTEM) as work:
        service.on_member_left(work, MemberLeft(roles[held.case.agency.id].id, ""))
    assert held.review.version == now > version
