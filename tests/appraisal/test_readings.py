"""Numbers, the instruments they were read from, and answers that end an inspection."""

from __future__ import annotations

from datetime import timedelta

from app.appraisal import queries, service
from app.appraisal.guidance import measures_by_key, shots_of, words_of_stop
from app.appraisal.inspecting import graded
from app.appraisal.service import Given
from app.goods.models import Thing
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from grading import list_schemes, load_scheme
from tests.accounts.making import actor, make_member
from tests.appraisal.making import make_inspection, sign
from tests.appraisal.working import car_case, evidence, given


def test_a_reading_keeps_its_instrument_and_loses_it_with_the_number(hub: Hub) -> None:
    case = make_inspection(hub)
    given(hub, case, Given("battery_pct", "88", instrument="检测软件  DX-2 / 0031"))
    assert evidence(hub, case)["readings"][0]["instrument"] == "检测软件 DX-2 / 0031"
    given(hub, case, Given("battery_pct", "87", seen="88"))
    (reading,) = evidence(hub, case)["readings"]
    assert (reading["key"], reading["value"], reading["unit"]) == ("battery_pct", "87", "%")
    given(hub, case, Given("battery_pct", "", seen="87"))
    assert evidence(hub, case)["readings"] == []


def test_a_reading_comes_from_an_instrument_of_the_register_while_its_calibration_holds(hub: Hub) -> None:
    case = make_inspection(hub)
    manager = make_member(hub, "manager", organisation=case.agency)
    with hub.begin(actor(hub, manager)) as work:
        today = shanghai_day(work.now)
        for serial, until in (("M-0031", today + timedelta(days=30)), ("M-0032", today - timedelta(days=1))):
            made = service.add_instrument(work, "multimeter", "衡测", "DX-2", serial)
            service.calibrate(work, made.code, today - timedelta(days=300), until, f"JZ-{serial}", "市计量院")
    refused = given(
        hub, case, Given("battery_pct", "88", instrument="X-9999"), Given("battery_cycles", "41", instrument="m-0032")
    )
    assert "not among your agency's instruments" in refused.refused["battery_pct"]["en"]
    assert "has no valid calibration today" in refused.refused["battery_cycles"]["en"]
    assert not given(hub, case, Given("battery_pct", "88", instrument="衡测 DX-2 M-0031")).refused
    (reading,) = evidence(hub, case)["readings"]
    assert reading["calibrated_until"] == (today + timedelta(days=30)).isoformat()


def test_a_measure_beside_a_finding_is_kept_and_never_reaches_the_grade(hub: Hub) -> None:
    case = car_case(hub)
    kept = given(hub, case, Given("item_15.coating_um", "480", instrument="CG-1"), Given("item_39.tread_mm", "25"))
    assert set(kept.refused) == {"item_39.tread_mm"}
    told = evidence(hub, case)
    assert told["measures"] == [{"item": "item_15", "measure": "coating_um", "value": "480", "unit": "µm"}]
    with hub.look(actor(hub, case.appraiser)) as work:
        order = queries.visible_appraisal(work, case.code)
        result = graded(work, order, work.session.get_one(Thing, order.thing_id), shanghai_day(work.now))
    assert "item_15.coating_um" not in result.findings


def test_a_car_that_may_not_be_traded_can_be_signed_at_once_and_a_sound_one_not(hub: Hub) -> None:
    case = car_case(hub)
    given(hub, case, *(Given(f"tradable_{n}", "Y" if n in (5, 6) else "N") for n in range(1, 9)), Given("document_1", "N"))
    report = sign(hub, case)
    assert (report.status, report.tier) == ("not_tradable", None)


def test_every_answer_that_stops_has_words_for_the_owner() -> None:
    silent = []
    for reference in list_schemes():
        scheme = load_scheme(reference)
        for item in scheme.items:
            outcomes = [each.outcome for each in (*item.options, *item.bands, *item.marks)] + [item.outcome]
            if any(outcome.effect for outcome in outcomes) and words_of_stop(scheme, item) is None:
                silent.append((reference, item.code))
    assert silent == []


def test_every_asked_shot_and_measure_belongs_to_its_scheme() -> None:
    for reference in list_schemes():
        scheme = load_scheme(reference)
        sections = {section.code: section for section in scheme.sections}
        for code, shots in shots_of(scheme).items():
            assert code in sections, (reference, code)
            assert any(item.clean for item in sections[code].items), (reference, code)
            assert len({shot.code for shot in shots}) == len(shots)
        for key, measure in measures_by_key(scheme).items():
            assert key.partition(".")[0] in scheme.items_by_key
            assert measure.instrument in scheme.instruments
    assert len(measures_by_key(load_scheme("gbt30323-2013"))) == 13
