"""Somebody no longer appraises for the agency: nothing stays lying with nobody, and every fen has its place."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.accounts import queries as accounts
from app.accounts import service as people
from app.accounts.events import MemberLeft
from app.accounts.models import Organisation, User
from app.appraisal import queries, service
from app.appraisal.errors import NotItsAppraiser
from app.appraisal.models import Appraisal
from app.appraisal.queries import scheme_in_force
from app.appraisal.service import leaving, ordering
from app.appraisal.states import TAKEN
from app.kernel.errors import InvalidInput
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.notices.queries import list_notices
from tests.accounts.making import actor, make_member, make_organisation, make_user
from tests.appraisal.admitting import qualify
from tests.appraisal.making import CLOSED, clean_answers, draft_hash, make_inspection, make_request
from tests.appraisal.paying import FEE, SEAL, make_paid
from tests.appraisal.test_signing import (
    CAR,
    an_inspection,
    answer_all,
    freeze,
    frozen,
    make_key,
    make_thing_listing,
    send,
    signed_by,
)
from tests.goods.making import make_thing
from tests.peerreviews.making import make_held
from tests.reinspection.making import contested


def dismiss(hub: Hub, person: User) -> None:
    with hub.begin(SYSTEM) as work:
        for membership, _house in accounts.memberships_of(work, person.id):
            people.dismiss(work, membership, "不再任职")


def send_away(hub: Hub, person: User) -> None:
    dismiss(hub, person)
    hub.drain()


def order_now(hub: Hub, code: str) -> Appraisal:
    with hub.look() as work:
        return work.session.query(Appraisal).filter_by(code=code).one()


def test_an_order_that_was_only_asked_for_goes_to_the_next_one(hub: Hub) -> None:
    paid = make_paid(hub, "assigned")
    first = paid.appraiser
    send_away(hub, first)
    paid.run()
    order = paid.order
    assert order.state == "assigned"
    assert order.appraiser_id != first.id
    assert [each.answer for each in paid.assignments] == ["passed", None]
    paid.books_balance()


@pytest.mark.parametrize("state", TAKEN)
def test_an_order_that_was_taken_ends_with_the_whole_fee_back(hub: Hub, state: str) -> None:
    paid = make_paid(hub, state)
    holder = paid.holder
    send_away(hub, paid.appraiser)
    paid.run()
    order = paid.order
    assert (order.state, order.decline_reason) == ("unable", "The appraiser no longer works for the agency.")
    assert paid.fee.refund_fen == FEE
    assert paid.holder == holder  # what the agency holds it still owes
    with hub.look() as work:
        assert "ask an agency again" in list_notices(work, paid.owner.id)[0].text
    paid.books_balance()


def test_an_order_that_is_accepted_in_the_same_moment_does_not_stay_with_nobody(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody is sent away between the look whether they may accept and the acceptance: it waits, and then ends the order."""
    case = make_request(hub)
    going = threading.Thread(target=dismiss, args=(hub, case.appraiser))

    def meanwhile(*given: Any) -> Any:
        going.start()
        going.join(3)
        return scheme_in_force(*given)

    monkeypatch.setattr(ordering, "scheme_in_force", meanwhile)
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.accept(work, case.code)
        assert going.is_alive()
    going.join(20)
    monkeypatch.undo()
    hub.drain()
    assert order_now(hub, case.code).state == "unable"
    late = make_request(hub)
    before = actor(hub, late.appraiser)
    send_away(hub, late.appraiser)
    with pytest.raises(NotItsAppraiser), hub.begin(before) as work:
        service.accept(work, late.code)


def test_what_the_agency_holds_is_given_back_by_whoever_is_there(hub: Hub) -> None:
    paid = make_paid(hub, "item_received")
    send_away(hub, paid.appraiser)
    paid.run()
    colleague = next(one for one in paid.appraisers if one.id != paid.order.appraiser_id)
    answer = paid.by(colleague, service.hand_back, hub.sealer, paid.code, paid.digits, service.Seen(SEAL, ""))
    assert answer.right
    assert paid.holder == "owner"


def test_hearing_it_twice_changes_nothing(hub: Hub) -> None:
    paid = make_paid(hub, "accepted")
    who = paid.appraiser
    with hub.look() as work:
        [(membership, _house)] = accounts.memberships_of(work, who.id)
    send_away(hub, who)
    paid.run()
    before = paid.order.version
    with hub.begin(SYSTEM) as work:
        service.on_member_left(work, MemberLeft(membership.id, ""))
    assert paid.order.version == before


def test_who_came_back_before_the_news_was_heard_keeps_the_order(hub: Hub) -> None:
    paid = make_paid(hub, "accepted")
    who = paid.appraiser
    with hub.begin(SYSTEM) as work:
        [(membership, house)] = accounts.memberships_of(work, who.id)
        people.dismiss(work, membership, "误操作")
        people.appoint(work, accounts.user_by_id(work, who.id), house, "appraiser")
    paid.run()
    assert (paid.order.state, paid.order.appraiser_id) == ("accepted", who.id)


def test_a_frozen_report_does_not_wait_for_somebody_who_left(hub: Hub) -> None:
    case, _private, _draft = frozen(hub)
    send_away(hub, case.appraiser)
    assert order_now(hub, case.code).state == "unable"


def test_a_second_look_goes_to_the_next_agency(hub: Hub) -> None:
    """That somebody left says nothing about the thing: the household's contest goes on."""
    scene = contested(hub)
    first = scene.order.agency_id
    scene.by(scene.second_appraiser, service.accept, scene.order.code)
    send_away(hub, scene.second_appraiser)
    scene.run()
    assert scene.row.state == "with_agency"
    assert scene.order.agency_id != first


def test_a_correction_does_not_wait_for_somebody_who_left(hub: Hub) -> None:
    case = make_inspection(hub, clean_answers())
    with hub.begin(actor(hub, case.appraiser)) as work:
        report = service.sign(work, case.code, case.appraiser.display_name, CLOSED)
        assert report is not None
        service.correct(work, report.code, "电量读错了")
        service.save_findings(work, case.code, {"battery_pct": "60"}, CLOSED)
    send_away(hub, case.appraiser)
    order = order_now(hub, case.code)
    assert (order.state, order.findings["battery_pct"]) == ("issued", "96")


def test_a_signed_car_report_goes_its_way_without_its_appraiser(hub: Hub) -> None:
    code, inspector, senior = _car_with_its_senior(hub)
    send_away(hub, inspector)
    assert order_now(hub, code).state == "peer_review"
    with hub.begin(actor(hub, senior)) as work:
        assert service.confirm(work, code, senior.display_name, draft_hash(work, code)) is not None


def test_a_report_sent_back_to_somebody_who_left_ends_the_order(hub: Hub) -> None:
    code, inspector, senior = _car_with_its_senior(hub)
    send_away(hub, inspector)
    with hub.begin(actor(hub, senior)) as work:
        service.refer_back(work, code, "左前门的漆膜厚度请再测一次。")
    assert order_now(hub, code).state == "unable"


def test_a_senior_who_leaves_gives_the_draft_back(hub: Hub) -> None:
    code, inspector, senior = _car_with_its_senior(hub)
    send_away(hub, senior)
    order = order_now(hub, code)
    assert (order.state, order.appraiser_id) == ("inspecting", inspector.id)
    with hub.look() as work:
        assert "choose another one" in list_notices(work, inspector.id)[0].text


@pytest.mark.parametrize("how", ["report", "correction"])
def test_a_senior_who_leaves_before_the_appraiser_signs_gives_the_draft_back(hub: Hub, how: str) -> None:
    """Otherwise the signature would hand it on to somebody who cannot open it any more."""
    code, inspector, senior, keys = _car_frozen_for_its_senior(hub, corrected=how == "correction")
    send_away(hub, senior)
    order = order_now(hub, code)
    assert (order.state, order.appraiser_id) == ("correcting" if how == "correction" else "inspecting", inspector.id)
    with hub.look(actor(hub, inspector)) as work:
        assert "choose another one" in list_notices(work, inspector.id)[0].text
        others = queries.reviewers_for(work, order.agency_id, "car", inspector.id)
    assert senior.id not in [each.id for each in others]
    again = freeze(hub, code, inspector)
    assert again.reviewer_id == others[0].id
    assert send(hub, code, inspector, signed_by(again, keys[inspector.id])) is None


def test_a_second_look_that_differs_ends_the_order_of_somebody_who_left(hub: Hub) -> None:
    held = make_held(hub)
    held.find()
    send_away(hub, held.case.appraiser)
    assert held.state == "second_look"
    held.look(screen_glass="cracked")
    held.decide("look_again")
    assert held.state == "unable"


def test_a_request_does_not_wait_at_an_agency_that_nobody_is_left_of(hub: Hub) -> None:
    case = make_request(hub)
    second = make_member(hub, "appraiser", organisation=case.agency)
    send_away(hub, case.appraiser)
    assert order_now(hub, case.code).state == "requested", "a colleague can take it"
    send_away(hub, second)
    order = order_now(hub, case.code)
    assert (order.state, order.decline_reason) == ("declined", "The agency has no appraiser for this at the moment.")
    with hub.look() as work:
        assert "You can ask another agency" in list_notices(work, case.owner.id)[0].text


def test_nothing_is_asked_of_an_agency_without_an_appraiser_of_the_kind(hub: Hub) -> None:
    """A request without a fee has no clock: it would wait for ever."""
    agency, owner = make_organisation(hub, "agency"), make_user(hub)
    thing = make_thing(hub, owner)

    def ask() -> str:
        with hub.begin(actor(hub, owner)) as work:
            return service.request(work, thing.code, agency.code).code

    with pytest.raises(InvalidInput) as nobody:
        ask()
    assert "no appraiser" in str(nobody.value.errors["agency"])
    other = make_member(hub, "appraiser", qualified=False, organisation=agency)
    with hub.begin(SYSTEM) as work:
        qualify(work, other.id, ["car"])
    with pytest.raises(InvalidInput):
        ask()
    with hub.begin(SYSTEM) as work:
        qualify(work, other.id, ["phone"])
    assert order_now(hub, ask()).state == "requested"


def test_who_leaves_while_the_report_comes_back_to_them_ends_the_order(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look whether they are there and the end of the step nobody leaves; else the news would find nothing to end yet."""
    held = make_held(hub)
    held.find()
    held.look(screen_glass="cracked")
    going = threading.Thread(target=send_away, args=(hub, held.case.appraiser))
    before = leaving._appraises

    def meanwhile(*given: Any) -> bool:
        found = before(*given)
        if going.ident is None:
            going.start()
            going.join(3)
        return found

    monkeypatch.setattr(leaving, "_appraises", meanwhile)
    held.decide("look_again", drain=False)
    monkeypatch.undo()
    going.join(20)
    hub.drain()
    assert held.state == "unable"


def _car_with_its_senior(hub: Hub) -> tuple[str, User, User]:
    """A car's report that its appraiser has signed and its senior has not."""
    car = make_thing_listing(hub, make_user(hub), "car", CAR)
    code, _thing, inspector = an_inspection(hub, car)
    answer_all(hub, code, inspector)
    with hub.begin(actor(hub, inspector)) as work:
        order = queries.visible_appraisal(work, code)
        assert service.sign(work, code, inspector.display_name, order.findings_rev) is None
    with hub.look() as work:
        draft = queries.draft_of(work, order)
        assert draft is not None
        return code, inspector, work.session.get_one(User, draft.reviewer_id)


def _car_frozen_for_its_senior(hub: Hub, *, corrected: bool) -> tuple[str, User, User, dict[int, Ed25519PrivateKey]]:
    """A car's report, or a correction of it, that nobody has signed yet; another senior is in the house."""
    car = make_thing_listing(hub, make_user(hub), "car", CAR)
    code, _thing, inspector = an_inspection(hub, car)
    answer_all(hub, code, inspector)
    with hub.look() as work:
        house = work.session.get_one(Organisation, order_now(hub, code).agency_id)
    second = make_member(hub, "appraiser", organisation=house, qualified=False)
    with hub.begin(SYSTEM) as work:
        qualify(work, second.id, level="senior")
    with hub.look(actor(hub, inspector)) as work:
        seniors = queries.reviewers_for(work, house.id, "car", inspector.id)
    assert len(seniors) == 2
    keys = {one.id: make_key(hub, one) for one in (inspector, *seniors)}
    draft = freeze(hub, code, inspector)
    if corrected:
        assert draft.reviewer_id is not None
        assert send(hub, code, inspector, signed_by(draft, keys[inspector.id])) is None
        with hub.look() as work:
            first = work.session.get_one(User, draft.reviewer_id)
        report = send(hub, code, first, signed_by(draft, keys[first.id]))
        assert report is not None
        with hub.begin(actor(hub, inspector)) as work:
            service.correct(work, report.code, "漆膜厚度读错了")
        draft = freeze(hub, code, inspector)
    with hub.look() as work:
        return code, inspector, work.session.get_one(User, draft.reviewer_id), keys
