"""Answers of devices, codes, sections at once, taking back, photos with marks: the verbs of the workbench."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.appraisal import queries, service
from app.appraisal.codes import CodeUnreadable, answers_of, read_codes
from app.appraisal.errors import (
    CodesRefused,
    FindingsMoved,
    MarkRefused,
    NoShortcut,
    NothingToUndo,
    PhotoElsewhere,
    ShotsGone,
    ShotsMissing,
)
from app.appraisal.guidance import measures_by_key, shots_of, words_of_stop
from app.appraisal.inspecting import graded
from app.appraisal.models import Appraisal, InspectionChange
from app.appraisal.service import Box, Given
from app.goods.models import Thing
from app.kernel.canonical import canonical
from app.kernel.errors import BadState
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.media.models import Photo
from app.media.queries import original_file
from grading import list_schemes, load_scheme
from tests.accounts.making import actor, make_member, make_user, reader
from tests.appraisal.making import Case, clean_answers, make_inspection, order_of, sign
from tests.goods.making import make_car
from tests.journeys.test_categories import answer_all
from tests.media.making import photo_bytes, prepare_once
from tests.peerreviews.making import make_colleague


def car_case(hub: Hub) -> Case:
    """An accepted car with a combustion engine."""
    owner = make_user(hub, name="周小满")
    return make_inspection(hub, thing=make_car(hub, owner), owner=owner)


def given(hub: Hub, case: Case, *answers: Given, key: str | None = None) -> service.Merged:
    with hub.begin(actor(hub, case.appraiser)) as work:
        return service.save_answers(work, case.code, answers, key)


def add(hub: Hub, case: Case, seed: int = 1, **about: object) -> str:
    """Send a photo and let it be prepared; its code."""
    with hub.begin(actor(hub, case.appraiser)) as work:
        row = service.add_photo(work, hub.store, hub.sealer, case.code, photo_bytes(seed=seed), **about)  # type: ignore[arg-type]
        photo_id, code = row.photo_id, work.session.get_one(Photo, row.photo_id).code
    prepare_once(hub, photo_id)
    return code


def evidence(hub: Hub, case: Case) -> dict:
    with hub.look(actor(hub, case.appraiser)) as work:
        return queries.inspection_evidence(work, queries.visible_appraisal(work, case.code))


def test_two_devices_that_answer_different_items_both_keep_theirs(hub: Hub) -> None:
    case = make_inspection(hub, {"mdm": "none"})
    first = given(hub, case, Given("touch", "ok"))
    second = given(hub, case, Given("wifi", "fail"))
    assert (first.rev, second.rev) == (2, 3)
    assert first.differs == second.differs == ()
    stored = order_of(hub, case).findings
    assert (stored["mdm"], stored["touch"], stored["wifi"]) == ("none", "ok", "fail")


def test_an_answer_that_meets_another_one_is_left_to_a_person_and_the_rest_is_kept(hub: Hub) -> None:
    case = make_inspection(hub)
    given(hub, case, Given("touch", "ok"), Given("gps", "ok"))
    late = given(hub, case, Given("touch", "fail", seen=""), Given("gps", "ok", seen=""), Given("wifi", "ok", seen=""))
    assert late.differs == ("touch",), "what both answered alike is no difference"
    assert dict(late.now) == {"touch": "ok", "gps": "ok", "wifi": "ok"}
    decided = given(hub, case, Given("touch", "fail", seen="ok"))
    assert decided.differs == ()
    assert order_of(hub, case).findings["touch"] == "fail"


def test_the_same_change_sent_twice_counts_once(hub: Hub) -> None:
    case = make_inspection(hub)
    once = given(hub, case, Given("touch", "ok"), Given("battery_pct", "101"), key="device-0001")
    twice = given(hub, case, Given("touch", "ok"), Given("battery_pct", "101"), key="device-0001")
    assert once.rev == twice.rev == 1
    assert set(once.refused) == set(twice.refused) == {"battery_pct"}
    assert twice.differs == ()


def test_an_unknown_item_an_unknown_answer_and_a_number_out_of_range_are_each_named_and_the_rest_is_kept(hub: Hub) -> None:
    case = make_inspection(hub)
    kept = given(hub, case, Given("nowhere", "ok"), Given("touch", "purple"), Given("battery_pct", "101"), Given("mdm", "none"))
    assert set(kept.refused) == {"nowhere", "touch", "battery_pct"}
    assert kept.refused["battery_pct"]["en"] == "Please enter a number from 0 to 100."
    assert order_of(hub, case).findings == {"mdm": "none", "imei": "valid"}


def test_an_ended_inspection_takes_no_answer_and_no_photo(hub: Hub) -> None:
    case = make_inspection(hub, clean_answers())
    code = add(hub, case, item_key="touch")
    sign(hub, case)
    with pytest.raises(BadState):
        given(hub, case, Given("touch", "fail"))
    with pytest.raises(BadState):
        add(hub, case, item_key="touch")
    for statement in (
        "UPDATE inspection_photo SET item_key = 'wifi'",
        "DELETE FROM inspection_photo",
        "INSERT INTO inspection_reading (appraisal_id, key, value, instrument, read_at, by_id) "
        "SELECT appraisal_id, 'battery_pct', '1', 'x', added_at, added_by FROM inspection_photo",
    ):
        with pytest.raises(DBAPIError, match="the inspection has ended"), hub.begin() as work:
            work.session.execute(text(statement))
    assert code


def test_the_last_saves_are_taken_back_one_by_one(hub: Hub) -> None:
    case = make_inspection(hub, {"mdm": "none"})
    given(hub, case, Given("touch", "ok"))
    given(hub, case, Given("touch", "fail", seen="ok"), Given("wifi", "ok"))
    for left in ({"mdm": "none", "touch": "ok"}, {"mdm": "none"}, {}):
        with hub.begin(actor(hub, case.appraiser)) as work:
            service.undo(work, case.code)
        assert {k: v for k, v in order_of(hub, case).findings.items() if k != "imei"} == left
    with pytest.raises(NothingToUndo), hub.begin(actor(hub, case.appraiser)) as work:
        service.undo(work, case.code)


def test_every_save_leaves_a_line_that_cannot_be_changed(hub: Hub) -> None:
    case = make_inspection(hub, {"mdm": "none"})
    given(hub, case, Given("mdm", "present", seen="none"))
    with hub.look() as work:
        rows = work.session.scalars(select(InspectionChange).order_by(InspectionChange.no)).all()
    assert [(row.no, row.how, row.changes) for row in rows] == [
        (1, "hand", {"mdm": ["", "none"]}),
        (2, "hand", {"mdm": ["none", "present"]}),
    ]
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text("UPDATE inspection_change SET how = 'code'"))


def test_a_form_made_before_another_save_is_stale(hub: Hub) -> None:
    case = make_inspection(hub, {"mdm": "none"})
    with pytest.raises(FindingsMoved), hub.begin(actor(hub, case.appraiser)) as work:
        service.save_findings(work, case.code, {"mdm": "present"}, 0)


# --- codes -----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("21XS2", {"item_21": "XS2"}),
        ("21xs2 21HH1", {"item_21": "XS2 HH1"}),
        ("２１ＸＳ２，４ＳＨ", {"item_21": "XS2", "frame_4": "SH"}),
        ("4SH F5BX", {"frame_4": "SH", "frame_5": "BX"}),
        ("21A", {"item_21": "A"}),
        ("40B 53C", {"item_40": "B", "item_53": "C"}),
        ("40NI 12NA", {"item_40": "NI", "frame_12": "NA"}),
        ("T1N D3Y", {"tradable_1": "N", "document_3": "Y"}),
        ("39TREAD4", {"item_39": "TREAD4"}),
        ("15=120", {"item_15.coating_um": "120"}),
        ("49A 93A", {"item_49": "A", "item_93": "A"}),
    ],
)
def test_codes_of_a_car_are_read(hub: Hub, typed: str, kept: dict[str, str]) -> None:
    case = car_case(hub)
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.save_codes(work, case.code, typed)
    assert order_of(hub, case).findings == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("P3.01B", {"screen_glass": "micro"}),
        ("p301c", {"screen_glass": "light"}),
        ("P7.01=88.5", {"battery_pct": "88.5"}),
        ("P5.02A P6.09C", {"touch": "ok", "wifi": "fail"}),
    ],
)
def test_codes_of_a_phone_are_read(hub: Hub, typed: str, kept: dict[str, str]) -> None:
    case = make_inspection(hub)
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.save_codes(work, case.code, typed)
    assert order_of(hub, case).findings == kept | {"imei": "valid"}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Please type a code"),
        ("hello", "“HELLO” is no code"),
        ("21XS", "Left rear door has no “XS”; known are: HH1"),
        ("21XS4", "Left rear door has no “XS4”"),
        ("114A", "this inspection has no item 114"),
        ("40D", "Coolant mixed into engine oil has no “D”; known are: A B C NA NI"),
        ("15=9000", "Please enter a number from 0 to 5000."),
        ("40=3", "has no “=3”"),
        ("21XS2 40Z", "has no “Z”"),
        ("1" * 201, "At most 200"),
    ],
)
def test_a_code_that_is_none_is_refused_with_its_reason_and_nothing_of_the_line_is_kept(hub: Hub, typed: str, said: str) -> None:
    case = car_case(hub)
    with pytest.raises(CodesRefused) as refused, hub.begin(actor(hub, case.appraiser)) as work:
        service.save_codes(work, case.code, typed)
    assert said in refused.value.words["en"]
    assert order_of(hub, case).findings == {}


def test_a_mark_joins_the_marks_that_are_there_and_takes_the_place_of_a_clean_answer(hub: Hub) -> None:
    scheme = load_scheme("gbt30323-2013")
    thing = car_case(hub).thing
    coded = read_codes(scheme, "21HH1 21HH1 22A", thing)
    assert answers_of(coded, {"item_21": "XS2", "item_22": "BX1"}, scheme) == {"item_21": "XS2 HH1", "item_22": "A"}
    assert answers_of(coded[:1], {"item_21": "A"}, scheme) == {"item_21": "HH1"}


def test_an_item_that_does_not_apply_or_is_computed_has_no_code(hub: Hub) -> None:
    case = make_inspection(hub)
    scheme = load_scheme("phone-2026.1")
    with pytest.raises(CodeUnreadable, match="computed by the system"):
        read_codes(scheme, "P1.01A", case.thing)
    with pytest.raises(CodeUnreadable, match="no item"):
        read_codes(scheme, "P5.02A", case.thing, {"touch"})


# --- a section at once -----------------------------------------------------------------------------------------------------------
def test_a_section_is_set_at_once_only_after_its_photos_and_the_evidence_says_which(hub: Hub) -> None:
    case = car_case(hub)
    given(hub, case, Given("item_21", "XS2"))
    with pytest.raises(ShotsMissing) as missing, hub.begin(actor(hub, case.appraiser)) as work:
        service.set_nothing_found(work, case.code, "body_exterior")
    assert missing.value.values == {"count": 2}
    for shot in ("left_front", "right_rear"):
        add(hub, case, shot=f"body_exterior.{shot}")
    with hub.begin(actor(hub, case.appraiser)) as work:
        keys = service.set_nothing_found(work, case.code, "body_exterior")
    assert len(keys) == 25
    assert "item_21" not in keys
    stored = order_of(hub, case).findings
    assert stored["item_21"] == "XS2"
    assert stored["item_14"] == "A"
    given(hub, case, Given("item_14", "HH1", seen="A"))
    told = evidence(hub, case)
    assert told["nothing_found"] == {"count": 24, "items": [f"item_{n}" for n in range(15, 40) if n != 21]}
    assert told["without_photo"] == ["item_14", "item_21"]
    canonical(told)


def test_a_photo_that_failed_unlocks_nothing_and_an_undone_section_is_open_again(hub: Hub) -> None:
    case = car_case(hub)
    add(hub, case, shot="engine_bay.engine_bay")
    with hub.begin(actor(hub, case.appraiser)) as work:
        assert len(service.set_nothing_found(work, case.code, "engine_bay")) == 10
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.undo(work, case.code)
    assert evidence(hub, case)["nothing_found"]["count"] == 0
    assert order_of(hub, case).findings == {}
    other = car_case(hub)
    with hub.begin(actor(hub, other.appraiser)) as work:
        service.add_photo(work, hub.store, hub.sealer, other.code, b"\xff\xd8\xff\xe0broken", shot="engine_bay.engine_bay")
    hub.drain()
    with pytest.raises(ShotsMissing), hub.begin(actor(hub, other.appraiser)) as work:
        service.set_nothing_found(work, other.code, "engine_bay")


def test_a_section_set_at_once_is_not_signed_without_its_photos(hub: Hub, app: Flask) -> None:
    """Photos that were taken out afterwards are missed at the signature; answers given one by one do not need them."""
    case = car_case(hub)
    senior = make_colleague(hub, case.agency, "沈知行", senior=True)
    answer_all(hub, case.code, case.appraiser)
    given(hub, case, Given("item_21", "XS2", seen="A"))
    undone = order_of(hub, case).findings
    section = {item.key for item in load_scheme(order_of(hub, case).scheme_id).items if item.section == "engine_bay"}
    photo = add(hub, case, shot="engine_bay.engine_bay")
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.save_findings(work, case.code, dict.fromkeys(section & undone.keys(), ""), order_of(hub, case).findings_rev)
    with hub.begin(actor(hub, case.appraiser)) as work:
        assert service.set_nothing_found(work, case.code, "engine_bay")
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.remove_photo(work, case.code, photo)
    with pytest.raises(ShotsGone) as gone, hub.begin(actor(hub, case.appraiser)) as work:
        service.sign(work, case.code, case.appraiser.display_name, order_of(hub, case).findings_rev)
    assert gone.value.values == {"count": 1}
    add(hub, case, shot="engine_bay.engine_bay")
    with hub.begin(actor(hub, case.appraiser)) as work:
        assert service.sign(work, case.code, case.appraiser.display_name, order_of(hub, case).findings_rev) is None
    with hub.begin(actor(hub, senior)) as work:
        report = service.confirm(work, case.code, senior.display_name)
        assert report is not None
    page = reader(app).get(f"/reports/{report.code}").text
    assert "items were set to “nothing found” for a whole section at once, after its photos." in page
    assert "Defects without a photo of their own: " in page


@pytest.mark.parametrize("section", ["tradable", "documents", "nowhere", ""])
def test_gates_are_never_set_at_once(hub: Hub, section: str) -> None:
    case = car_case(hub)
    with pytest.raises(NoShortcut), hub.begin(actor(hub, case.appraiser)) as work:
        service.set_nothing_found(work, case.code, section)


# --- photos ----------------------------------------------------------------------------------------------------------------------
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


# --- readings and stops ----------------------------------------------------------------------------------------------------------
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


def test_findings_and_changes_say_the_same(hub: Hub) -> None:
    case = make_inspection(hub, clean_answers())
    given(hub, case, Given("touch", "fail", seen="ok"))
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.undo(work, case.code)
    with hub.look() as work:
        replayed: dict[str, str] = {}
        for row in work.session.scalars(select(InspectionChange).order_by(InspectionChange.no)):
            replayed |= {key: after for key, (_before, after) in row.changes.items()}
        stored = work.session.scalars(select(Appraisal)).one().findings
    assert {key: value for key, value in replayed.items() if value} | {"imei": "valid"} == stored
