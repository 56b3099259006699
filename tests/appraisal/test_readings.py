"""Numbers, the instruments they were read from, and answers that end an inspection."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask import Flask

from app.accounts.models import User
from app.appraisal import queries, service
from app.appraisal.errors import InstrumentsMissing
from app.appraisal.guidance import measures_by_key, shots_of, words_of_stop
from app.appraisal.inspecting import graded
from app.appraisal.service import Given
from app.goods.models import Thing
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from grading import list_schemes, load_scheme
from tests.accounts.making import actor, make_member, token_of
from tests.appraisal.making import Case, make_inspection, order_of, sign
from tests.appraisal.registering import DAY, add_instrument, advance, retire, today
from tests.appraisal.test_pages import browser
from tests.appraisal.working import SOUND, answer_all, car_case, evidence, given, measure_all, washing_machine


def test_a_reading_keeps_its_instrument_and_loses_it_with_the_number(hub: Hub) -> None:
    case = make_inspection(hub)
    given(hub, case, Given("battery_pct", "88", instrument="检测软件  DX-2 / 0031"))
    assert evidence(hub, case)["readings"][0]["instrument"] == "检测软件 DX-2 / 0031"
    given(hub, case, Given("battery_pct", "87", seen="88"))
    (reading,) = evidence(hub, case)["readings"]
    assert (reading["key"], reading["value"], reading["unit"]) == ("battery_pct", "87", "%")
    given(hub, case, Given("battery_pct", "", seen="87"))
    assert evidence(hub, case)["readings"] == []


@pytest.fixture
def shop(hub: Hub) -> Shop:
    """A washing machine at an agency that has registered an earth tester and an insulation tester."""
    case = washing_machine(hub)
    manager = make_member(hub, "manager", organisation=case.agency)
    codes = {kind: add_instrument(hub, manager, kind, serial) for kind, serial in TESTERS.items()}
    return Shop(case, manager, codes)


TESTERS = {"earth_tester": "E-0031", "insulation_tester": "I-0007"}


@dataclass(frozen=True)
class Shop:
    """A case with the manager of its agency, and the agency's instruments: kind -> code."""

    case: Case
    manager: User
    codes: dict[str, str]


def test_a_reading_comes_from_a_calibrated_instrument_of_its_kind(hub: Hub, shop: Shop) -> None:
    case = shop.case
    add_instrument(hub, shop.manager, "earth_tester", "E-0032", days=-1)
    retire(hub, shop.manager, add_instrument(hub, shop.manager, "earth_tester", "E-0033"))
    for name, said in (
        ("X-9999", "not among your agency's instruments"),
        ("e-0032", "has no valid calibration today"),
        ("E-0033", "is out of use"),
        ("I-0007", "“循衡 XH-INS I-0007” does not measure this: it is a"),
    ):
        refused = given(hub, case, Given("earth_ohm", "0.09", instrument=name)).refused
        assert said in refused["earth_ohm"]["en"], name
    assert evidence(hub, case)["readings"] == []
    assert not given(hub, case, Given("earth_ohm", "0.09", instrument="e-0031")).refused
    (reading,) = evidence(hub, case)["readings"]
    assert (reading["instrument"], reading["calibrated_until"]) == (
        "循衡 XH-EAR E-0031", (today(hub) + 365 * DAY).isoformat(),
    )  # fmt: skip


def test_no_reading_comes_from_anything_else_once_the_last_instrument_is_retired(hub: Hub, shop: Shop) -> None:
    for code in shop.codes.values():
        retire(hub, shop.manager, code)
    refused = given(hub, shop.case, Given("earth_ohm", "0.09", instrument="祖传万用表")).refused
    assert "not among your agency's instruments" in refused["earth_ohm"]["en"]


def test_an_instrument_that_is_used_again_must_still_be_calibrated(hub: Hub, shop: Shop) -> None:
    case = shop.case
    assert not given(hub, case, Given("earth_ohm", "0.09", instrument="E-0031")).refused
    before = evidence(hub, case)["readings"]
    advance(hub, 366)
    refused = given(hub, case, Given("earth_ohm", "0.1", seen="0.09")).refused
    assert "has no valid calibration today" in refused["earth_ohm"]["en"]
    assert order_of(hub, case).findings["earth_ohm"] == "0.09"
    whole_form = {"earth_ohm": "0.09", "wet_hands": "ok"}
    with hub.begin(actor(hub, case.appraiser)) as work:
        rev = queries.visible_appraisal(work, case.code).findings_rev
        saved = service.save_findings(work, case.code, whole_form, rev, instruments={"earth_ohm": "循衡 XH-EAR E-0031"})
    assert not saved.refused, "what was read before and stands as it did is no new reading"
    assert evidence(hub, case)["readings"] == before


def test_numbers_without_an_instrument_are_named_in_the_report(app: Flask, hub: Hub) -> None:
    """An agency that has registered none: nothing is refused, and every reader can see it."""
    case = washing_machine(hub)
    measure_all(hub, case)
    given(hub, case, Given("earth_ohm", "0.09", "0.09", instrument="接地仪 3"))
    report = sign(hub, case)
    assert report.content["evidence"]["without_instrument"] == ["insulation_i_mohm", "leakage_ma"]
    reader = app.test_client()
    reader.set_cookie("lang", "en")
    said = reader.get(f"/reports/{report.code}").text
    assert "Numbers that name no instrument: Insulation resistance (class I), Leakage current" in said


def test_a_required_number_names_one_of_the_agency_s_instruments_before_the_report_is_signed(
    app: Flask, hub: Hub, shop: Shop
) -> None:
    case = shop.case
    answer_all(hub, case.code, case.appraiser, **SOUND)
    with pytest.raises(InstrumentsMissing) as refused:
        sign(hub, case)
    assert refused.value.values == {"count": 2}, "no leakage tester is registered"
    page = browser(app, hub, case.appraiser).get(f"/appraisals/{case.code}/sign").text
    assert "2 numbers do not say with which instrument they were read" in page
    assert f'/appraisals/{case.code}/inspect?section=A2#instrument-earth_ohm"' in page
    retire(hub, shop.manager, shop.codes["earth_tester"])
    with pytest.raises(InstrumentsMissing) as refused:
        sign(hub, case)
    assert refused.value.values == {"count": 2}, "retiring the instrument does not take the question away"
    add_instrument(hub, shop.manager, "earth_tester", "E-0040")
    for key, value, name in (("earth_ohm", "0.09", "E-0040"), ("insulation_i_mohm", "80", "I-0007")):
        assert not given(hub, case, Given(key, value, value, name)).refused
    report = sign(hub, case)
    assert report.content["evidence"]["without_instrument"] == ["leakage_ma"]
    with hub.begin(actor(hub, case.appraiser)) as work:  # what is corrected later was read then
        service.correct(work, report.code, "序列号抄错。")
    given(hub, case, Given("earth_ohm", "0.1", seen="0.09"))
    assert sign(hub, case).no == 2


def test_what_was_registered_by_mistake_asks_for_no_instrument_once_it_is_taken_out(hub: Hub, shop: Shop) -> None:
    """Never calibrated: nobody read anything from it."""
    case = shop.case
    with hub.begin(actor(hub, shop.manager)) as work:
        made = service.add_instrument(work, "leakage_tester", "循衡", "XH-L", "L-0001").code
    answer_all(hub, case.code, case.appraiser, **SOUND)
    for key, value, name in (("earth_ohm", "0.09", "E-0031"), ("insulation_i_mohm", "80", "I-0007")):
        assert not given(hub, case, Given(key, value, value, name)).refused
    with pytest.raises(InstrumentsMissing) as refused:
        sign(hub, case)
    assert refused.value.values == {"count": 1}
    retire(hub, shop.manager, made)
    assert sign(hub, case).content["evidence"]["without_instrument"] == ["leakage_ma"]


def test_a_stop_by_a_number_is_not_signed_without_its_instrument_either(hub: Hub, shop: Shop) -> None:
    answer_all(hub, shop.case.code, shop.case.appraiser, **SOUND | {"earth_ohm": "5"})
    with pytest.raises(InstrumentsMissing):
        sign(hub, shop.case)


def test_the_page_proposes_the_one_instrument_that_there_is_and_codes_take_it(app: Flask, hub: Hub, shop: Shop) -> None:
    case = shop.case
    given(hub, case, Given("protection_class", "I"))
    client = browser(app, hub, case.appraiser)
    page = f"/appraisals/{case.code}/inspect?section=A2"
    assert chosen(client.get(page).text, "earth_ohm") == "循衡 XH-EAR E-0031"
    sent = {"csrf_token": token_of(client.get(page)), "codes": "A2.04=0.09"}
    assert client.post(f"/appraisals/{case.code}/codes", data=sent).status_code == 303
    (reading,) = evidence(hub, case)["readings"]
    assert (reading["key"], reading["instrument"]) == ("earth_ohm", "循衡 XH-EAR E-0031")
    add_instrument(hub, shop.manager, "insulation_tester", "I-0008")
    shown = client.get(page).text
    assert chosen(shown, "insulation_i_mohm") == "", "of two somebody has to say which"
    assert "循衡 XH-INS I-0007</option>" in shown
    assert "循衡 XH-EAR" not in field_of(shown, "insulation_i_mohm")


def test_a_number_that_was_kept_without_an_instrument_is_not_shown_as_if_it_had_one(app: Flask, hub: Hub, shop: Shop) -> None:
    given(hub, shop.case, Given("protection_class", "I"), Given("earth_ohm", "0.09"))
    shown = browser(app, hub, shop.case.appraiser).get(f"/appraisals/{shop.case.code}/inspect?section=A2").text
    assert chosen(shown, "earth_ohm") == ""


def field_of(page: str, key: str) -> str:
    """The list of instruments beside a number, as HTML."""
    found = re.search(rf'<select[^>]* name="instrument-{key}".*?</select>', page, re.DOTALL)
    assert found is not None
    return found[0]


def chosen(page: str, key: str) -> str:
    found = re.search(r"<option selected>([^<]*)<", field_of(page, key))
    return found[1] if found else ""


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
