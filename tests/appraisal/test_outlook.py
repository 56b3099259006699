"""Before paying: the best grade that the owner's own words leave open, computed by the engine, and how it may end without one."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest

from app.appraisal import queries
from app.appraisal.models import Declared
from app.appraisal.outlook import Outlook, endings, outlook
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.hub import Hub
from app.listings import service as listings
from app.listings.meaning import find_meaning, meanings
from app.listings.schema import schema_by_id
from grading import grade, list_schemes, load_scheme, scheme_for
from tests.accounts.making import actor, make_user
from tests.appraisal.making import clean_answers
from tests.listings.making import ANSWERS, make_listing

DAY = date(2026, 11, 28)
PAPERS = ["certificate", "licence", "tax", "insurance"]


def thing(category: str, **attributes: Any) -> Thing:
    return Thing(category=category, brand="other", model="other", imei=None, attributes=attributes)


def told(what: Thing, schema: str, category: str, answers: dict[str, Any]) -> Outlook:
    scheme = scheme_for(category, DAY)
    meaning = find_meaning(schema, scheme.id)
    assert meaning is not None
    return outlook(scheme, what, Declared(scheme_id=scheme.id, findings=meaning.of(answers)), DAY)


@pytest.mark.parametrize(
    ("answers", "tier", "reasons"),
    [
        ({}, "S", []),
        ({"battery": 96}, "S", []),
        ({"battery": 88}, "A", ["电池健康度：88%"]),
        ({"battery": 79}, "C", ["电池健康度：79%"]),
        ({"battery": "unknown"}, "S", []),
        ({"screen_glass": "micro"}, "S", []),
        ({"screen_glass": "cracked"}, "D", ["屏幕玻璃：缺角(大于2mm)"]),
        ({"power": "dead"}, "E", ["开机与稳定：失效"]),
        ({"faults": ["sound"]}, "C", ["听筒、扬声器、主麦克风（其中一项）"]),
        ({"water": "once"}, "S", []),
        ({"repairs": "unknown"}, "S", []),
        ({"repairs": "battery_only"}, "A", ["拆机情况：非官方拆开"]),
    ],
)
def test_what_a_phones_seller_said_is_a_limit_that_holds(answers: dict[str, Any], tier: str, reasons: list[str]) -> None:
    seen = told(thing("phone"), "phone-1", "phone", answers)
    assert seen.tier == tier
    if reasons and "拆机" not in reasons[0]:
        assert [reason["zh"] for reason in seen.reasons] == reasons
    assert seen.is_best == (tier == "S")


@pytest.mark.parametrize("energy", ["petrol", "electric"])
@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ({"documents": PAPERS}, "graded"),
        ({"documents": PAPERS, "accident": "unknown"}, "graded"),
        ({"documents": PAPERS, "accident": "issue"}, "accident"),
        ({"documents": PAPERS, "mortgage": "issue"}, "not_tradable"),
        ({"documents": ["licence"]}, "not_tradable"),
        ({"documents": ["none"]}, "not_tradable"),
    ],
)
def test_a_car_that_will_not_be_graded_is_said_before_anything_is_paid(energy: str, answers: dict[str, Any], status: str) -> None:
    category = "electric_car" if energy == "electric" else "car"
    seen = told(thing("car", energy=energy), "car-1", category, answers)
    assert (seen.status, seen.tier is None) == (status, status != "graded")
    assert bool(seen.reasons) == (status != "graded")


def test_whichever_part_of_the_frame_it_is_a_structural_accident_makes_an_accident_car() -> None:
    """What the data say of the answer "it had a structural accident" holds for every part and every kind of damage."""
    for name in ("gbt30323-2013/r1", "ev-house-1"):
        scheme = load_scheme(name)
        frame = [item for item in scheme.items if item.key.startswith("frame_")]
        assert len(frame) == 13
        assert {mark.outcome.effect for item in frame for mark in item.marks} == {"accident"}


@pytest.mark.parametrize("kind", sorted(load_scheme("appliance-2026.1").types))
def test_every_type_of_appliance_has_an_outlook(kind: str) -> None:
    what = thing("appliance", type=kind, gas="natural", bought="2025-05")
    best = told(what, "appliance-1", "appliance", {})
    assert best.tier in ("S", "A")
    burnt = told(what, "appliance-1", "appliance", {"safety": ["burnt"]})
    assert (burnt.status, burnt.tier) == ("unsafe", None)


def test_the_age_of_an_appliance_limits_it_although_nobody_said_anything() -> None:
    seen = told(thing("appliance", type="refrigerator", bought="2019-01"), "appliance-1", "appliance", {})
    assert not seen.is_said
    assert seen.tier not in (None, "S")
    assert seen.reasons


def test_words_for_another_scheme_say_nothing() -> None:
    scheme = scheme_for("phone", DAY)
    seen = outlook(scheme, thing("phone"), Declared(scheme_id="ev-house-1", findings=[[{"power": "fail"}]]), DAY)
    assert (seen.is_said, seen.tier) == (False, "S")


def test_no_inspection_comes_out_better_than_its_outlook() -> None:
    """Random findings of which some were said before: the outlook is a limit for each of them."""
    scheme, rng = scheme_for("phone", DAY), random.Random(20261128)
    order = [*scheme.tier_order, None]
    for _ in range(60):
        findings = dict(clean_answers())
        for item in scheme.items:
            if item.options and not item.computed and rng.random() < 0.12:
                findings[item.key] = rng.choice(item.options).value
        findings["battery_pct"] = str(rng.randint(60, 100))
        result = grade(scheme, {**findings, "imei": "valid"}, {})
        said = [[{key: findings[key]}] for key in rng.sample(sorted(findings), 8) if key != "erase_certificate"]
        seen = outlook(scheme, thing("phone"), Declared(scheme_id=scheme.id, findings=said), DAY)
        assert order.index(seen.tier) <= order.index(result.tier if result.status == "graded" else None)


def test_the_data_name_only_answers_that_can_be_given_and_items_that_exist() -> None:
    faults = []
    for meaning in meanings():
        schema = schema_by_id(meaning.schema_id)
        asked = {question.code: {option.code for option in question.options} for question in schema.questions}
        for question, by_answer in [*meaning.says.items(), *meaning.lacks.items()]:
            faults += [f"{question}: {answer}" for answer in by_answer if answer not in asked.get(question, set())]
        for scheme_id in meaning.schemes:
            scheme = load_scheme(next(each for each in list_schemes() if each.split("/")[0] == scheme_id))
            for by_answer in [*meaning.says.values(), *meaning.lacks.values()]:
                for alternatives in by_answer.values():
                    for alternative in alternatives:
                        for key, answer in alternative.items():
                            item = scheme.items_by_key.get(key)
                            values = set() if item is None else {*item.values, *(mark.value for mark in item.marks)}
                            if answer not in values:
                                faults.append(f"{scheme_id}: {key} = {answer}")
            faults += [f"{scheme_id}: {key}" for key in meaning.measured.values() if key not in scheme.items_by_key]
    assert faults == []


@pytest.mark.parametrize("scheme_id", list_schemes())
def test_every_scheme_says_how_it_ends_without_a_grade(scheme_id: str) -> None:
    codes = {ending.code for ending in endings(load_scheme(scheme_id))}
    assert "graded" not in codes
    assert len(codes) >= 3
    assert all(ending.meaning["zh"] and ending.meaning["en"] for ending in endings(load_scheme(scheme_id)))


def test_publishing_tells_appraisal_what_was_said_once(hub: Hub) -> None:
    seller = make_user(hub)
    listing = make_listing(hub, seller, answers={**ANSWERS, "screen_glass": "cracked"})
    with hub.look() as work:
        what = work.session.get_one(Thing, listing.thing_id)
        declared = queries.declared_about(work, what)
        assert declared is not None
        assert [{"screen_glass": "chipped"}, {"screen_glass": "cracked"}] in declared.findings
        assert declared.owner_id == seller.id
    with hub.begin(actor(hub, seller)) as work:
        listings.pause(work, listing.code)
        listings.resume(work, listing.code)
    with hub.look() as work:
        assert work.session.query(Declared).count() == 1


def test_what_an_earlier_owner_said_does_not_bind_the_next_one(hub: Hub) -> None:
    seller, buyer = make_user(hub), make_user(hub)
    listing = make_listing(hub, seller, answers={**ANSWERS, "screen_glass": "cracked"})
    with hub.begin() as work:
        what = work.session.get_one(Thing, listing.thing_id)
        goods.transfer(work, what, buyer.id, via="0" * 26)
        assert queries.declared_about(work, what) is None
