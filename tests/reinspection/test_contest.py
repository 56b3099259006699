"""Somebody doubts a grade: who may, what it costs, how it ends, and where every fen goes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.appraisal import queries as appraisals
from app.appraisal import service as appraising
from app.appraisal.queries.standing import CONFIRMING, CONTESTED, SUPERSEDED, VALID
from app.appraisal.refusals import ReportConfirming
from app.credit.models import CreditEvent
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.errors import InvalidInput
from app.kernel.hub import Hub
from app.kernel.time import SHANGHAI
from app.reinspection import service
from app.reinspection.errors import (
    AppraisalUnderWay,
    ContestedBefore,
    ContestOpen,
    ContestTooLate,
    NotConcerned,
    ReportNotInForce,
)
from app.reinspection.states import AMENDED, AWAITING_DEPOSIT, CLOSED, UPHELD, WITH_AGENCY
from app.trades.states import ACCEPTANCE, PAID
from tests.accounts.making import actor, make_member, make_user
from tests.appraisal.making import make_report, make_request
from tests.listings.making import fresh as fresh_listing
from tests.listings.making import make_listing, tiny_photo
from tests.reinspection.buying import bought, scene_about
from tests.reinspection.making import DEPOSIT, REASON, contested, make_scene
from tests.trades.making import user


def test_the_same_grade_is_upheld_and_the_deposit_pays_the_second_agency(hub: Hub) -> None:
    scene = contested(hub)
    assert (scene.row.state, scene.money.held_fen) == (WITH_AGENCY, DEPOSIT)
    second = scene.look_again()
    row = scene.row
    assert (row.state, row.steps, row.critical_misses, row.is_liable) == (UPHELD, 0, 0, False)
    assert (row.refund_fen, row.spent_fen, row.platform_fen) == (0, DEPOSIT, 0)
    assert scene.owed_to(second.agency_id) == DEPOSIT
    scene.books_balance()


def test_the_first_report_stays_in_force_when_it_is_upheld_and_says_so(hub: Hub) -> None:
    scene = contested(hub)
    second = scene.look_again()
    first_state, second_state = scene.state_of(scene.first), scene.state_of(second)
    assert (first_state.kind, second_state.kind, second_state.newer) == (VALID, CONFIRMING, scene.first.code)
    assert first_state.upheld_on is not None
    assert scene.newest().code == scene.first.code
    with pytest.raises(ReportConfirming, match="that one speaks for the item"):
        scene.by(scene.second_appraiser, appraising.correct, second.code, "重新核对照片后更正。")


def test_another_grade_amends_and_the_whole_deposit_goes_back_while_the_agency_gets_the_same(hub: Hub) -> None:
    scene = contested(hub)
    second = scene.look_again(screen_glass="visible")
    row = scene.row
    assert (scene.first.tier, second.tier, row.state, row.steps, row.is_liable) == ("S", "C", AMENDED, 3, True)
    assert (row.refund_fen, row.spent_fen, row.platform_fen) == (DEPOSIT, 0, 0)
    assert scene.owed_to(second.agency_id) == DEPOSIT
    scene.books_balance()
    assert (scene.state_of(scene.first).kind, scene.state_of(second).kind) == (SUPERSEDED, VALID)
    assert scene.newest().code == second.code


@pytest.mark.parametrize(
    ("first", "second", "steps", "liable"),
    [
        ({"back_cover": "none"}, {"back_cover": "light"}, 1, False),
        ({"screen_glass": "visible"}, {"screen_glass": "none"}, -3, True),
        ({}, {"screen_glass": "light"}, 2, True),
    ],
)
def test_from_two_tiers_on_the_first_appraiser_is_liable_in_both_directions(
    hub: Hub, first: dict[str, str], second: dict[str, str], steps: int, liable: bool
) -> None:
    scene = make_scene(hub, **first)
    scene.contest()
    scene.pay().look_again(**second)
    assert (scene.row.steps, scene.row.is_liable) == (steps, liable)


def test_a_danger_that_was_missed_makes_liable_where_grades_cannot_be_compared(hub: Hub) -> None:
    scene = contested(hub)
    second = scene.look_again(authenticity="counterfeit")
    row = scene.row
    assert second.status == "prohibited"
    assert (row.state, row.steps, row.critical_misses, row.is_liable) == (AMENDED, None, 1, True)
    scene.books_balance()


def test_the_comparison_stands_in_the_record_of_the_first_appraiser(hub: Hub) -> None:
    scene = contested(hub)
    second = scene.look_again(screen_glass="light")
    with hub.look() as work:
        [pair] = appraisals.comparisons(work, [scene.case.appraiser.id])[scene.case.appraiser.id]
        rows = work.session.query(CreditEvent).filter_by(type="appraisal.reinspected").all()
        events = [json.loads(one.canonical) for one in rows]
    assert (pair.kind, pair.report, pair.second_report, pair.steps) == ("contest", scene.first.code, second.code, 2)
    [event] = events
    assert (event["data"]["found"], event["data"]["tiers_apart"], event["data"]["kind"]) == ("better", 2, "contest")
    assert scene.row.is_liable


def test_the_offer_says_that_the_grade_is_contested_and_then_shows_the_amended_one(hub: Hub) -> None:
    listing = make_listing(hub, make_user(hub, name="许清和"))
    seller = user(hub, listing.seller_id)
    report = make_report(hub, listing=listing)
    hub.drain()
    scene = scene_about(hub, report, seller)
    version = fresh_listing(hub, listing.id).current_version_no
    scene.contest(seller)
    scene.pay()
    assert scene.state_of(report).kind == CONTESTED
    assert (fresh_listing(hub, listing.id).tier, fresh_listing(hub, listing.id).current_version_no) == ("S", version)
    second = scene.look_again(screen_glass="visible")
    after = fresh_listing(hub, listing.id)
    assert (after.tier, after.report_code, after.current_version_no) == ("C", second.code, version + 1)


def test_an_upheld_contest_changes_nothing_on_the_offer(hub: Hub) -> None:
    listing = make_listing(hub, make_user(hub, name="许清和"))
    report = make_report(hub, listing=listing)
    hub.drain()
    scene = scene_about(hub, report, user(hub, listing.seller_id))
    before = fresh_listing(hub, listing.id)
    scene.contest()
    scene.pay().look_again()
    after = fresh_listing(hub, listing.id)
    assert (after.tier, after.report_code, after.current_version_no) == (
        before.tier,
        before.report_code,
        before.current_version_no,
    )


def test_a_thing_that_the_second_look_bars_is_taken_off_the_shelf(hub: Hub) -> None:
    listing = make_listing(hub, make_user(hub, name="许清和"))
    report = make_report(hub, listing=listing)
    hub.drain()
    scene = scene_about(hub, report, user(hub, listing.seller_id))
    scene.contest()
    scene.pay().look_again(authenticity="counterfeit")
    assert fresh_listing(hub, listing.id).state == "removed"


def test_only_owner_and_present_buyer_contest(hub: Hub) -> None:
    scene = make_scene(hub)
    for stranger in (make_user(hub), scene.case.appraiser, make_member(hub, "operator")):
        with pytest.raises(NotConcerned):
            scene.contest(stranger)


def test_a_buyer_who_checks_the_item_contests_and_shows_it(hub: Hub) -> None:
    scene, order = bought(hub, ACCEPTANCE)
    buyer = user(hub, order.buyer_id)
    scene.contest(buyer)
    assert scene.row.side == "buyer"
    scene.pay()
    assert scene.order.owner_id == buyer.id
    scene.look_again(screen_glass="visible")
    assert scene.row.state == AMENDED
    scene.books_balance()


def test_before_the_item_is_sent_its_seller_shows_what_the_buyer_contests(hub: Hub) -> None:
    scene, order = bought(hub, PAID)
    scene.contest(user(hub, order.buyer_id))
    scene.pay()
    assert (scene.row.side, scene.order.owner_id) == ("buyer", order.seller_id)


def test_a_seller_who_does_not_show_what_the_buyer_contests_ends_it_and_the_buyer_gets_everything_back(hub: Hub) -> None:
    scene, order = bought(hub, PAID)
    scene.contest(user(hub, order.buyer_id))
    scene.pay()
    scene.by(user(hub, order.seller_id), appraising.cancel, scene.order.code)
    scene.run()
    assert (scene.row.state, scene.row.refund_fen) == (CLOSED, DEPOSIT)
    scene.books_balance()


def test_a_next_owner_contests_the_report_of_the_earlier_one(hub: Hub) -> None:
    scene = make_scene(hub)
    heir = make_user(hub, name="新机主")
    with hub.begin() as work:
        goods.transfer(work, work.session.get_one(Thing, scene.thing.id), heir.id, "order-0001")
    hub.drain()
    with pytest.raises(NotConcerned):
        scene.contest()
    scene.contest(heir)
    scene.pay()
    assert (scene.row.side, scene.order.owner_id) == ("owner", heir.id)


def test_reasons_and_photos_are_asked_for_in_measure(hub: Hub) -> None:
    scene = make_scene(hub)
    with pytest.raises(InvalidInput):
        scene.by(scene.owner, service.contest, hub.store, hub.sealer, scene.first.code, "不对")
    with pytest.raises(InvalidInput):
        scene.contest(photos=tuple(tiny_photo(seed) for seed in range(7)))
    row = scene.contest(photos=(tiny_photo(1), tiny_photo(2)))
    assert (row.reason, len(row.photos)) == (REASON, 2)


def test_a_report_is_contested_to_the_last_second_of_its_last_day_and_not_a_second_longer(hub: Hub) -> None:
    scene = make_scene(hub)
    last = scene.first.valid_until
    end = datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=SHANGHAI).astimezone(UTC)
    with hub.look() as work:
        ahead = (end - work.now).total_seconds()
    with hub.begin(actor(hub, scene.owner)) as work:
        work.now = end + timedelta(seconds=1)
        with pytest.raises(ContestTooLate):
            service.contest(work, hub.store, hub.sealer, scene.first.code, REASON)
    with hub.begin(actor(hub, scene.owner)) as work:
        work.now = end
        service.contest(work, hub.store, hub.sealer, scene.first.code, REASON)
    assert ahead > 0
    assert scene.row.state == AWAITING_DEPOSIT


def test_what_does_not_speak_for_the_item_is_not_contested(hub: Hub) -> None:
    scene = make_scene(hub)
    make_report(hub, thing=scene.thing)
    with pytest.raises(ReportNotInForce):
        scene.contest()


def test_while_one_runs_nobody_begins_another(hub: Hub) -> None:
    scene = contested(hub)
    with pytest.raises(ContestOpen):
        scene.contest()


def test_while_the_item_is_being_appraised_its_grade_is_not_contested(hub: Hub) -> None:
    scene = make_scene(hub)
    make_request(hub, thing=scene.thing, owner=scene.owner)
    with pytest.raises(AppraisalUnderWay):
        scene.contest()


def test_what_was_upheld_for_somebody_is_not_contested_by_them_again(hub: Hub) -> None:
    scene = contested(hub)
    scene.look_again()
    with pytest.raises(ContestedBefore):
        scene.contest()
