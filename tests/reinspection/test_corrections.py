"""A correction never overturns what others have decided: a contest, a withdrawal, a later inspection, a second look by lot."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.appraisal import service as appraising
from app.appraisal.models import Appraisal, Report
from app.appraisal.queries import latest_report_about
from app.appraisal.refusals import ContestDecides, CorrectionChangesGrade, ReportContested, ReportMoved, ReportSilenced
from app.appraisal.service import correcting, freezing, signing
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.notices.queries import list_notices
from tests.accounts.making import actor, make_member, make_user
from tests.appraisal.making import clean_answers, close, make_inspection, make_key, order_of, sign
from tests.appraisal.test_pages import browser
from tests.appraisal.test_signing import freeze, send, signed_by
from tests.goods.making import make_thing
from tests.reinspection.making import DEPOSIT, ONE_LOWER, SAME, Scene, contested, make_scene
from tests.reinspection.test_draws import drawn
from tests.trades.test_race import at_once

WHY = "重新核对照片后更正。"


def begin(scene: Scene, report: Report | None = None) -> None:
    scene.by(scene.case.appraiser, appraising.correct, (report or scene.first).code, WHY)


def finish(scene: Scene, **answers: str | None) -> Report:
    """The first appraiser answers otherwise and signs the next version."""
    who = scene.case.appraiser
    if answers:
        assert not scene.by(who, appraising.save_findings, scene.case.code, answers, first_order(scene).findings_rev).refused
    report = scene.by(who, appraising.sign, scene.case.code, who.display_name, first_order(scene).findings_rev)
    scene.run()
    assert isinstance(report, Report)
    return report


def first_order(scene: Scene) -> Appraisal:
    return order_of(scene.hub, scene.case)


def told(scene: Scene, who: Any) -> list[str]:
    with scene.hub.look() as work:
        return [one.text for one in list_notices(work, who.id)]


def test_the_loser_of_a_contest_does_not_take_the_place_back(app: Flask, hub: Hub) -> None:
    scene = contested(hub)
    second = scene.look_again(**ONE_LOWER)
    assert (scene.row.state, scene.newest().code) == ("amended", second.code)
    with pytest.raises(ReportSilenced):
        begin(scene)
    page = browser(app, hub, scene.case.appraiser).get(f"/reports/{scene.first.code}").text
    assert f"/reports/{scene.first.code}/correct" not in page
    assert "no longer speaks for the item" in page
    assert (scene.newest().code, first_order(scene).state) == (second.code, "issued")


def test_a_correction_that_was_open_before_the_contest_waits_for_it_and_ends_with_the_amendment(app: Flask, hub: Hub) -> None:
    scene = make_scene(hub)
    begin(scene)
    scene.contest()
    scene.pay()
    with pytest.raises(ReportContested):
        finish(scene, **ONE_LOWER)
    page = browser(app, hub, scene.case.appraiser).get(f"/appraisals/{scene.case.code}/sign").text
    assert "Another agency looks at the item, or has just done so." in page
    assert 'name="name"' not in page
    second = scene.look_again(**ONE_LOWER)
    assert (scene.newest().code, first_order(scene).state) == (second.code, "issued")
    assert any("Your correction was given up" in words for words in told(scene, scene.case.appraiser))


def test_what_is_contested_is_not_changed_meanwhile_and_may_be_once_it_is_upheld(app: Flask, hub: Hub) -> None:
    scene = contested(hub)
    with pytest.raises(ReportContested):
        begin(scene)
    page = browser(app, hub, scene.case.appraiser).get(f"/reports/{scene.first.code}").text
    assert f"/reports/{scene.first.code}/correct" not in page
    scene.look_again(**SAME)
    assert (scene.row.state, scene.newest().code) == ("upheld", scene.first.code)
    begin(scene)
    corrected = finish(scene)
    assert scene.newest().code == corrected.code


def test_a_frozen_correction_is_not_signed_over_a_contest(hub: Hub) -> None:
    scene = make_scene(hub)
    begin(scene)
    who, private = scene.case.appraiser, make_key(hub, scene.case.appraiser)
    signed = signed_by(freeze(hub, scene.case.code, who), private)
    scene.contest()
    scene.pay()
    with pytest.raises(ReportContested):
        send(hub, scene.case.code, who, signed)
    second = scene.look_again(**ONE_LOWER)
    assert (scene.newest().code, first_order(scene).state) == (second.code, "issued")


@pytest.mark.parametrize("before", [False, True])
def test_a_withdrawal_stays_a_withdrawal(hub: Hub, before: bool) -> None:
    scene, operator = make_scene(hub), make_member(hub, "operator")
    if before:
        begin(scene)
    scene.by(operator, appraising.revoke_report, scene.first.code, "报告与实物不符，撤回。")
    if before:
        with pytest.raises(ReportSilenced):
            finish(scene)
    scene.run()
    with pytest.raises(ReportSilenced):
        begin(scene)
    assert (scene.state_of(scene.first).kind, first_order(scene).state) == ("revoked", "issued")
    assert scene.newest().code == scene.first.code


def test_while_somebody_contests_it_the_agency_does_not_withdraw_its_report(app: Flask, hub: Hub) -> None:
    scene = contested(hub)
    manager = make_member(hub, "manager", organisation=scene.case.agency)
    page = browser(app, hub, manager)
    assert f"/reports/{scene.first.code}/revoke" not in page.get(f"/reports/{scene.first.code}").text
    with pytest.raises(ContestDecides):
        scene.by(manager, appraising.revoke_report, scene.first.code, WHY)
    scene.look_again(**SAME)
    assert f"/reports/{scene.first.code}/revoke" in page.get(f"/reports/{scene.first.code}").text
    scene.by(manager, appraising.revoke_report, scene.first.code, WHY)
    assert scene.state_of(scene.first).kind == "revoked"


def test_an_earlier_version_is_not_withdrawn_under_a_contest_of_the_next(app: Flask, hub: Hub) -> None:
    scene, operator = make_scene(hub), make_member(hub, "operator")
    begin(scene)
    earlier, scene.first = scene.first, finish(scene)
    scene.contest()
    scene.pay()
    page = browser(app, hub, operator)
    assert f"/reports/{earlier.code}/revoke" not in page.get(f"/reports/{earlier.code}").text
    with pytest.raises(ReportMoved):
        scene.by(operator, appraising.revoke_report, earlier.code, WHY)
    scene.run()
    assert scene.row.state == "with_agency"


@pytest.mark.parametrize("answers", [SAME, ONE_LOWER])
def test_a_report_that_was_withdrawn_during_the_second_look_is_followed_by_the_second_one(
    hub: Hub, answers: dict[str, str | None]
) -> None:
    scene, operator = contested(hub), make_member(hub, "operator")
    scene.accept().inspect(**answers)
    scene.by(operator, appraising.revoke_report, scene.first.code, "报告与实物不符，撤回。")
    scene.run()
    second = scene.sign()
    assert (scene.row.state, scene.row.refund_fen, scene.row.is_liable) == ("amended", DEPOSIT, False)
    assert (scene.newest().code, scene.state_of(second).kind) == (second.code, "valid")
    assert any("was withdrawn meanwhile" in words for words in told(scene, scene.owner))
    scene.books_balance()


def test_a_correction_says_what_was_seen_on_the_day_of_the_inspection(hub: Hub) -> None:
    scene = make_scene(hub)
    with hub.begin(SYSTEM) as work:
        work.session.get_one(Thing, scene.thing.id).colour = "blue"
    assert scene.state_of(scene.first).kind == "changed"
    begin(scene)
    corrected = finish(scene)
    assert scene.state_of(corrected).kind == "changed"
    assert (corrected.content["thing"], corrected.seen) == (scene.first.content["thing"], scene.first.seen)


@pytest.mark.parametrize("before", [False, True])
def test_an_earlier_inspection_does_not_overtake_a_later_one_by_a_correction(hub: Hub, before: bool) -> None:
    scene = make_scene(hub)
    if before:
        begin(scene)
    scene.later(days=20)
    later = sign(hub, make_inspection(hub, clean_answers(**ONE_LOWER), thing=scene.thing, owner=scene.owner))
    if before:
        with pytest.raises(ReportSilenced):
            finish(scene)
    scene.run()
    with pytest.raises(ReportSilenced):
        begin(scene)
    assert (scene.newest().code, first_order(scene).state) == (later.code, "issued")
    assert scene.state_of(scene.first).newer == later.code


@pytest.mark.parametrize(("second", "outcome"), [(SAME, "upheld"), (ONE_LOWER, "amended")])
def test_a_look_by_lot_refuses_no_correction_and_decides_about_the_corrected_report(
    hub: Hub, second: dict[str, str | None], outcome: str
) -> None:
    scene = drawn(hub)
    begin(scene)
    corrected = finish(scene)
    assert scene.newest().code == corrected.code
    found = scene.look_again(**second)
    assert scene.row.state == outcome
    assert scene.newest().code == (corrected.code if outcome == "upheld" else found.code)


@pytest.mark.parametrize("since", ["nothing", "contest not yet paid", "upheld"])
def test_a_correction_keeps_the_grade(hub: Hub, since: str) -> None:
    scene = make_scene(hub)
    begin(scene)
    if since == "contest not yet paid":
        scene.contest()
    elif since == "upheld":
        scene.contest()
        scene.pay()
        scene.look_again(**SAME)
    with pytest.raises(CorrectionChangesGrade):
        finish(scene, **ONE_LOWER)
    order = first_order(scene)
    assert (order.state, order.findings["back_cover"]) == ("correcting", "light"), "every answer is kept"
    make_key(hub, scene.case.appraiser)
    with pytest.raises(CorrectionChangesGrade):
        freeze(hub, scene.case.code, scene.case.appraiser)
    assert scene.newest().code == scene.first.code


def second_is_signed(scene: Scene, **answers: str | None) -> Report:
    """And nobody has heard of it yet."""
    scene.accept().inspect(**answers)
    who = scene.second_appraiser
    close(scene.hub, who, scene.order.code)
    order = scene.order
    report = scene.by(who, appraising.sign, order.code, who.display_name, order.findings_rev)
    assert isinstance(report, Report)
    return report


def test_between_a_second_signature_and_its_news_nothing_is_corrected(hub: Hub) -> None:
    scene = drawn(hub)
    begin(scene)
    second = second_is_signed(scene, **ONE_LOWER)
    with pytest.raises(ReportContested):
        finish(scene)
    scene.run()
    assert (scene.row.state, scene.newest().code) == ("amended", second.code)
    assert first_order(scene).state == "issued"


def test_a_correction_does_not_overtake_what_was_found_on_a_second_row_of_the_same_object(hub: Hub) -> None:
    scene = make_scene(hub)
    begin(scene)
    somebody = make_user(hub)
    twin = make_thing(hub, somebody, imei=scene.thing.imei)
    later = sign(hub, make_inspection(hub, clean_answers(**ONE_LOWER), thing=twin, owner=somebody))
    finish(scene)
    with hub.look() as work:
        for thing_id in (scene.thing.id, twin.id):
            newest = latest_report_about(work, work.session.get_one(Thing, thing_id))
            assert newest is not None
            assert newest.code == later.code


def test_the_sale_of_a_corrected_thing_ends_its_second_look(hub: Hub) -> None:
    scene = drawn(hub)
    begin(scene)
    finish(scene)
    buyer = make_user(hub)
    with hub.begin(SYSTEM) as work:
        goods.transfer(work, work.session.get_one(Thing, scene.thing.id), buyer.id, "sale")
    scene.run()
    assert scene.row.state == "closed"


@pytest.mark.parametrize("why", ["withdrawn", "contested", "overtaken", "amended", "another grade", "found by a second look"])
def test_the_database_keeps_a_correction_from_overturning_what_others_decided(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """Whatever code forgets to ask."""
    scene = drawn(hub) if why == "found by a second look" else make_scene(hub)
    begin(scene)
    if why == "found by a second look":
        second_is_signed(scene, **ONE_LOWER)
    elif why == "another grade":
        monkeypatch.setattr(freezing, "refuse_another_grade", lambda earlier, result: None)
    elif why == "withdrawn":
        with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
            appraising.revoke_report(work, scene.first.code, "报告与实物不符，撤回。")
    elif why == "overtaken":
        sign(hub, make_inspection(hub, clean_answers(**ONE_LOWER), thing=scene.thing, owner=scene.owner))
    else:
        monkeypatch.setattr(correcting, "_drop_silenced", lambda work, appraisal: None)  # it stays open
        scene.contest()
        scene.pay()
        if why == "amended":
            scene.look_again(**ONE_LOWER)
    monkeypatch.setattr(signing, "refuse_silenced", lambda work, appraisal: None)
    with pytest.raises(DBAPIError, match="a correction overturns no"):
        finish(scene, **(ONE_LOWER if why == "another grade" else SAME))


def test_a_correction_and_another_inspection_in_one_moment_leave_the_inspection_in_force(hub: Hub) -> None:
    for _round in range(4):
        scene = make_scene(hub)
        begin(scene)
        other = make_inspection(hub, clean_answers(**ONE_LOWER), thing=scene.thing, owner=scene.owner)
        who, order = scene.case.appraiser, first_order(scene)
        close(hub, other.appraiser, other.code)
        rev = order_of(hub, other).findings_rev
        answers = at_once(
            lambda who=who, order=order, scene=scene: scene.by(
                who, appraising.sign, order.code, who.display_name, order.findings_rev
            ),
            lambda other=other, scene=scene, rev=rev: scene.by(
                other.appraiser, appraising.sign, other.code, other.appraiser.display_name, rev
            ),
        )
        assert isinstance(answers[1], Report), answers
        assert isinstance(answers[0], Report | ReportSilenced), answers
        scene.run()
        assert scene.newest().code == answers[1].code
