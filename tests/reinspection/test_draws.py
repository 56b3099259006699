"""Reports that nobody doubts are looked at again too: drawn by a seed that nobody could know, and anybody can replay it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from app.appraisal import service as appraising
from app.appraisal.models import Report
from app.appraisal.queries.standing import VALID
from app.factory import create_hub
from app.kernel import clock, draw
from app.kernel.hub import Hub
from app.kernel.time import SHANGHAI, shanghai_day
from app.kernel.work import SYSTEM
from app.reinspection import jobs, service
from app.reinspection.models import Reinspection
from app.reinspection.states import SEEKING, UPHELD, WITH_AGENCY, WITHDRAWN
from config import Settings
from tests.accounts.making import actor, make_member, make_user
from tests.appraisal.making import clean_answers, make_inspection, make_report, sign
from tests.payments.making import run_money
from tests.reinspection.making import Scene, make_scene


@pytest.fixture
def drawing(settings: Settings) -> Iterator[Hub]:
    """A marketplace that draws every report."""
    hub = create_hub(settings.model_copy(update={"reinspection_percent": 100}), queue=False)
    yield hub
    hub.db.dispose()


def drawn(hub: Hub) -> Scene:
    scene = make_scene(hub)
    with hub.begin() as work:
        service.draw_report(work, hub.sealer, scene.first.code, 100)
    scene.run()
    return scene


def test_a_drawn_report_goes_to_another_agency_and_costs_nobody_anything(hub: Hub) -> None:
    scene = drawn(hub)
    assert (scene.row.kind, scene.row.state, scene.row.deposit_fen, scene.row.payment_code) == ("blind", WITH_AGENCY, None, None)
    assert scene.order.agency_id in {one.id for one in scene.others}
    scene.look_again()
    assert (scene.row.state, scene.row.settled_at, scene.owed_to(scene.order.agency_id)) == (UPHELD, None, 0)


def test_nothing_on_the_report_or_the_offer_tells_that_it_was_drawn(hub: Hub) -> None:
    scene = drawn(hub)
    assert scene.state_of(scene.first).kind == VALID


def test_the_draw_follows_from_the_seed_that_was_published_before(hub: Hub) -> None:
    scene = make_scene(hub)
    with hub.begin() as work:
        row = service.draw_report(work, hub.sealer, scene.first.code, 3)
        entry = draw.find_entry(work, "re-inspection", scene.first.code)
        day = shanghai_day(work.now)
    assert entry is not None
    assert (entry.n, row is not None) == (100, entry.result < 3)
    with hub.begin(SYSTEM) as work:
        clock.advance(work, timedelta(days=1))
    with hub.begin(SYSTEM) as work:
        draw.keep_seeds(work, hub.sealer)
        told = draw.document(work, day)
    assert told is not None
    assert draw.differences(told) == []
    assert draw.value(told["seed"], "re-inspection", scene.first.code, 100) == entry.result


def test_about_three_in_a_hundred_are_drawn() -> None:
    """A thousand codes under a fixed seed: the share is that of the setting."""
    seed = "5a" * 32
    hits = sum(draw.value(seed, "re-inspection", f"report-{number}", 100) < 3 for number in range(10_000))
    assert 250 < hits < 350


def test_signing_a_report_draws_it(drawing: Hub) -> None:
    scene = make_scene(drawing, others=2)
    rows = _rows(drawing)
    assert [(row.kind, row.report_id) for row in rows] == [("blind", scene.first.id)]


def test_second_looks_and_corrections_are_not_drawn(drawing: Hub) -> None:
    scene = make_scene(drawing, others=2)  # drawn before there was another agency
    scene.by(make_member(drawing, "operator"), service.search_again, scene.row.code)
    scene.run()
    scene.look_again()
    assert len(_rows(drawing)) == 1
    with drawing.begin(actor(drawing, scene.case.appraiser)) as work:
        order = appraising.correct(work, scene.first.code, "IMEI 抄错一位，等级不变。")
    scene.by(scene.case.appraiser, appraising.sign, order.code, scene.case.appraiser.display_name, order.findings_rev)
    scene.run()
    assert len(_rows(drawing)) == 1


def test_drawing_again_draws_once(hub: Hub) -> None:
    scene = drawn(hub)
    with hub.begin() as work:
        assert service.draw_report(work, hub.sealer, scene.first.code, 100) is None
    assert len(_rows(hub)) == 1


def test_a_household_may_decline_to_show_what_was_drawn(hub: Hub) -> None:
    scene = drawn(hub)
    scene.by(scene.owner, service.withdraw, scene.row.code)
    assert scene.row.state == WITHDRAWN


def test_a_month_that_is_over_gets_three_for_each_appraiser_and_then_nothing_more(hub: Hub) -> None:
    scene = make_scene(hub)
    reports = [scene.first, *(_by_the_same(hub, scene) for _ in range(4))]
    other = make_report(hub)
    _next_month(hub)
    first = _draw_month(hub)
    assert [row.kind for row in first] == ["blind"] * 4
    assert len({row.report_id for row in first} & {one.id for one in reports}) == 3
    assert other.id in {row.report_id for row in first}
    assert _draw_month(hub) == []


def test_what_was_drawn_one_by_one_counts_for_its_month(hub: Hub) -> None:
    scene = drawn(hub)
    for _ in range(4):
        _by_the_same(hub, scene)
    _next_month(hub)
    assert len(_draw_month(hub)) == 2


def test_a_correction_takes_no_report_out_of_its_month(hub: Hub) -> None:
    scene = make_scene(hub)
    for report in [scene.first, *(_by_the_same(hub, scene) for _ in range(2))]:
        with hub.begin(actor(hub, scene.case.appraiser)) as work:
            order = appraising.correct(work, report.code, "IMEI 抄错一位，等级不变。")
        with hub.begin(actor(hub, scene.case.appraiser)) as work:
            name = scene.case.appraiser.display_name
            assert appraising.sign(work, order.code, name, order.findings_rev) is not None
    _next_month(hub)
    assert len(_draw_month(hub)) == 3
    assert _draw_month(hub) == []


def test_what_is_contested_in_a_next_version_is_not_drawn_beside_it(hub: Hub) -> None:
    scene = make_scene(hub)
    appraiser = scene.case.appraiser
    again = scene.by(appraiser, appraising.correct, scene.first.code, "IMEI 抄错一位，等级不变。")
    scene.first = scene.by(appraiser, appraising.sign, again.code, appraiser.display_name, again.findings_rev)
    scene.contest()
    scene.pay()
    scene.accept()
    _next_month(hub)
    assert _draw_month(hub) == []


def test_candidates_of_a_month_are_named_in_the_log(hub: Hub) -> None:
    scene = make_scene(hub)
    codes = [scene.first.code, *(_by_the_same(hub, scene).code for _ in range(4))]
    with hub.look() as work:
        month = shanghai_day(work.now).isoformat()[:7]
    _next_month(hub)
    _draw_month(hub)
    with hub.look() as work:
        entry = draw.find_entry(work, "re-inspection-month", f"{scene.case.appraiser.code}:{month}:1")
    assert entry is not None
    assert entry.candidates == codes


def test_the_worker_fills_the_month_up_at_its_first_tick(settings: Settings) -> None:
    hub = create_hub(settings.model_copy(update={"reinspections_a_month": 3}), queue=False)
    make_scene(hub)
    _next_month(hub)
    jobs.month_drawer(hub)()
    assert [row.state for row in _rows(hub)] == [SEEKING]
    hub.db.dispose()


@pytest.mark.parametrize(("env", "share", "least"), [("production", 3, 3), ("development", 0, 0), ("test", 0, 0)])
def test_outside_production_nothing_is_drawn_unless_it_is_asked_for(env: str, share: int, least: int) -> None:
    settings = Settings(env=env)  # type: ignore[arg-type]
    assert (settings.reinspection_share, settings.least_reinspections) == (share, least)
    assert Settings(env=env, reinspection_percent=7).reinspection_share == 7  # type: ignore[arg-type]


def _by_the_same(hub: Hub, scene: Scene) -> Report:
    case = make_inspection(hub, clean_answers(), owner=make_user(hub), agency=scene.case.agency, appraiser=scene.case.appraiser)
    report = sign(hub, case)
    run_money(hub)
    return report


def _draw_month(hub: Hub) -> list[Reinspection]:
    with hub.begin() as work:
        return service.draw_month(work, hub.sealer, 3)


def _next_month(hub: Hub) -> None:
    with hub.begin(SYSTEM) as work:
        today = shanghai_day(work.now)
        first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        start = datetime(first.year, first.month, 1, 0, 0, 30, tzinfo=SHANGHAI).astimezone(UTC)
        clock.advance(work, start - work.now)


def _rows(hub: Hub) -> list[Reinspection]:
    with hub.look() as work:
        return work.session.query(Reinspection).order_by(Reinspection.id).all()
