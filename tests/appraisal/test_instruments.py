"""An agency's instruments and their calibrations."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.appraisal import queries, service
from app.appraisal.errors import (
    RegisterEntryNotFound,
)
from app.appraisal.requirements import requirements
from app.goods.models import CATEGORIES
from app.kernel.errors import InvalidInput
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from tests.accounts.making import actor, make_member, make_organisation, make_user
from tests.appraisal.admitting import admit, qualify
from tests.appraisal.making import make_inspection, sign
from tests.appraisal.registering import DAY, add_instrument, advance, codes, ready, retire, today
from tests.appraisal.working import measure_all
from tests.goods.making import make_appliance


def test_a_reading_needs_an_instrument_whose_calibration_holds_on_that_day(hub: Hub) -> None:
    agency, manager, _ = ready(hub, "appliance")
    stranger, operator = make_member(hub, "manager"), make_member(hub, "operator")
    with hub.look() as work:
        tester = queries.instruments(work, agency.id, "earth_tester")[0]
    start = today(hub)
    assert queries.is_calibrated(tester, start)
    assert queries.is_calibrated(tester, start + 365 * DAY)
    assert not queries.is_calibrated(tester, start + 366 * DAY)
    assert not queries.is_calibrated(tester, start - DAY)
    with pytest.raises(RegisterEntryNotFound), hub.begin(actor(hub, stranger)) as work:
        service.calibrate(work, tester.code, start, start, "JL-999", "循河计量所")
    for given, field in (
        ((start + DAY, start + DAY, "JL-901", "循河计量所"), "done_on"),
        ((start, start - DAY, "JL-901", "循河计量所"), "valid_until"),
        ((start, start, "1", "循河计量所"), "certificate_no"),
        ((start, start, tester.calibrations[0].certificate_no, "循河计量所"), "certificate_no"),
    ):
        with pytest.raises(InvalidInput) as refused, hub.begin(actor(hub, manager)) as work:
            service.calibrate(work, tester.code, *given)
        assert set(refused.value.errors) == {field}
    with hub.begin(actor(hub, operator)) as work:
        service.strike_calibration(work, tester.calibrations[0].code, "证书编号查无此号。")
    with hub.look() as work:
        struck = queries.instruments(work, agency.id, "earth_tester")[0]
        assert not queries.is_calibrated(struck, start)
        assert queries.admission(work, agency.id, "appliance", 60).unmet == ["earth_tester"]
    with pytest.raises(InvalidInput), hub.begin(actor(hub, stranger)) as work:
        service.add_instrument(work, "earth_tester", tester.maker, tester.model, tester.serial)
    with hub.begin(actor(hub, manager)) as work:
        service.retire_instrument(work, tester.code, "摔坏")
    with hub.begin(actor(hub, stranger)) as work:
        service.add_instrument(work, "earth_tester", tester.maker, tester.model, tester.serial)  # sold to another agency
    with hub.look() as work:
        gone = next(kit for kit in queries.instruments(work, agency.id, with_retired=True) if kit.id == tester.id)
        assert not queries.is_calibrated(gone, start)
    with pytest.raises(IntegrityError), hub.begin() as work:
        work.session.execute(text("UPDATE instrument_calibration SET valid_until = '2099-01-01'"))


def test_an_instrument_without_calibration_stops_new_work_and_no_begun_one(hub: Hub) -> None:
    """Of each kind that the category asks for, one that is calibrated is enough; a kind that was never there is the licence's matter."""
    agency, manager, appraiser = ready(hub, "appliance")
    with hub.begin(SYSTEM) as work:
        admit(work, agency.id, ["appliance"], valid_until=today(hub) + 900 * DAY)
        qualify(work, appraiser.id, ["appliance"], proficiency_until=today(hub) + 900 * DAY)
    owner = make_user(hub)
    running = make_inspection(hub, agency=agency, appraiser=appraiser, thing=make_appliance(hub, owner), owner=owner)
    measure_all(hub, running)
    ask = lambda work: queries.may_take_work(work, agency.id, "appliance")  # noqa: E731
    assert codes(hub, ask) == []
    advance(hub, 366)
    assert codes(hub, ask) == ["calibration_ended"]
    with hub.look() as work:
        assert agency.id not in [one.id for one in queries.agencies_for(work, "appliance")]
        old = queries.instruments(work, agency.id)
    report = sign(hub, running)  # what was measured while the calibration held is signed
    assert report.tier is not None
    assert {one["calibrated_until"] for one in report.content["evidence"]["readings"]} == {(today(hub) - DAY).isoformat()}
    for kit in old:
        if kit.needs_calibration:
            with hub.begin(actor(hub, manager)) as work:
                service.calibrate(work, kit.code, today(hub), today(hub) + 30 * DAY, f"NEW-{kit.id}", "循河计量所")
    assert codes(hub, ask) == []


def test_every_kind_that_a_scheme_measures_with_can_be_registered() -> None:
    asked = requirements()
    assert set(asked.categories) == set(CATEGORIES)
    assert asked.reminder_days == (60, 30, 7)
    car = asked.categories["car"]
    assert (car.area_m2.least, car.people.appraisers, car.people.seniors) == (200, 3, 1)
    assert {"lift", "fault_code_reader", "body_gauge", "coating_gauge"} <= {each.kind for each in car.equipment}
    assert {each.confidence for each in (car.area_m2, car.people)} == {"K"}


@pytest.mark.parametrize("kind", ["earth_tester", "microwave_meter", "flue_gas_analyser"])
def test_an_agency_that_retires_its_last_instrument_of_a_kind_takes_no_new_work(hub: Hub, kind: str) -> None:
    agency, manager, _ = ready(hub, "appliance")
    with hub.begin(SYSTEM) as work:
        admit(work, agency.id, ["appliance"])
        tester = queries.instruments(work, agency.id, kind)[0]
    ask = lambda work: queries.may_take_work(work, agency.id, "appliance")  # noqa: E731
    assert codes(hub, ask) == []
    retire(hub, manager, tester.code)
    assert codes(hub, ask) == ["calibration_ended"]
    add_instrument(hub, manager, kind, "N-0002")
    assert codes(hub, ask) == []


def test_an_instrument_registered_by_mistake_stops_nothing_once_it_is_taken_out(hub: Hub) -> None:
    """Of the optional ones: never calibrated, so nobody can have measured with it. Once calibrated it stays what the house measures with."""
    house = make_organisation(hub, "agency", admitted=False)
    head = make_member(hub, "manager", organisation=house)
    with hub.begin(actor(hub, head)) as work:
        made = service.add_instrument(work, "microwave_meter", "循衡", "XH-M", "M-0001").code
    with hub.begin(SYSTEM) as work:
        admit(work, house.id, ["appliance"])
    ask = lambda work: queries.may_take_work(work, house.id, "appliance")  # noqa: E731
    assert codes(hub, ask) == ["calibration_ended"]
    retire(hub, head, made)
    assert codes(hub, ask) == []
    with hub.begin(actor(hub, head)) as work:
        second = service.add_instrument(work, "microwave_meter", "循衡", "XH-M", "M-0002").code
        service.calibrate(work, second, today(hub), today(hub) + 365 * DAY, "JL-0002", "循河计量所")
    retire(hub, head, second)
    assert codes(hub, ask) == ["calibration_ended"]


def test_a_tester_that_measures_several_things_is_registered_once_for_each_kind(hub: Hub) -> None:
    agency, manager, _ = ready(hub, "appliance")
    with hub.begin(actor(hub, manager)) as work:
        for kind in ("earth_tester", "insulation_tester", "leakage_tester"):
            service.add_instrument(work, kind, "循衡", "安规综合 5", "Z-0001")
    with pytest.raises(InvalidInput), hub.begin(actor(hub, manager)) as work:
        service.add_instrument(work, "leakage_tester", "循衡", "安规综合 5", "Z-0001")
    with hub.look() as work:
        assert len([one for one in queries.instruments(work, agency.id) if one.serial == "Z-0001"]) == 3
