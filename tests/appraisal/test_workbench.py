"""Answers of devices, codes, sections at once, taking back: the verbs of the workbench."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.appraisal import service
from app.appraisal.codes import CodeUnreadable, answers_of, read_codes
from app.appraisal.errors import (
    CodesRefused,
    FindingsMoved,
    NoShortcut,
    NothingToUndo,
    ShotsGone,
    ShotsMissing,
)
from app.appraisal.models import Appraisal, InspectionChange
from app.appraisal.service import Given
from app.kernel.canonical import canonical
from app.kernel.errors import BadState
from app.kernel.hub import Hub
from grading import load_scheme
from tests.accounts.making import actor, reader
from tests.appraisal.making import clean_answers, draft_hash, make_inspection, order_of, sign
from tests.appraisal.working import add, car_case, evidence, given
from tests.journeys.test_categories import answer_all
from tests.peerreviews.making import make_colleague


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
    for seed, shot in enumerate(("left_front", "right_rear")):
        add(hub, case, seed=seed, shot=f"body_exterior.{shot}")
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
        report = service.confirm(work, case.code, senior.display_name, draft_hash(work, case.code))
        assert report is not None
    page = reader(app).get(f"/reports/{report.code}").text
    assert "items were set to “nothing found” for a whole section at once, after its photos." in page
    assert "Defects without a photo of their own: " in page


@pytest.mark.parametrize("section", ["tradable", "documents", "nowhere", ""])
def test_gates_are_never_set_at_once(hub: Hub, section: str) -> None:
    case = car_case(hub)
    with pytest.raises(NoShortcut), hub.begin(actor(hub, case.appraiser)) as work:
        service.set_nothing_found(work, case.code, section)


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
