"""Random inspections through the form of a browser and through the verbs give the library's own answers.

Small here: 20 over HTTP and 300 through form parser and verb; at full size (XUNYI_DRILL=full) 200 and 10,000.
"""

from __future__ import annotations

import datetime
import os
import random
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from app.appraisal import service
from app.appraisal.forms import answers
from app.appraisal.models import Appraisal
from app.appraisal.rules import is_offered, typed_facts
from app.goods.models import Thing
from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from grading import Scheme, grade, load_scheme
from grading.scale import number_text
from tests.accounts.making import actor, make_user, token_of
from tests.appraisal.making import Case, make_inspection
from tests.appraisal.test_pages import browser
from tests.goods.making import make_appliance, make_car, make_thing

pytestmark = pytest.mark.slow

FULL = os.environ.get("XUNYI_DRILL") == "full"
OVER_HTTP, BY_VERB = (200, 10_000) if FULL else (20, 300)
TYPES = [
    "tv", "refrigerator", "washing_machine", "air_conditioner", "electric_water_heater", "gas_water_heater", "gas_hob", "range_hood",
    "microwave", "small_appliance",
]  # fmt: skip


@dataclass
class Found:
    """One inspection as a person would find it: for the library, and as the fields that a browser would send."""

    findings: dict[str, object] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)
    form: list[tuple[str, str]] = field(default_factory=list)


def find(scheme: Scheme, thing: Thing, dice: random.Random) -> Found:
    """Random answers to most items and facts. What does not apply is sometimes answered too: the grade must not care."""
    found = Found()
    for fact in typed_facts(scheme):
        if not fact.required and dice.random() < 0.5:
            continue
        if fact.kind == "flag":
            said = dice.random() < 0.2
            found.facts[fact.key], text = said, str(said).lower()
        elif fact.kind == "number":
            number = _number(dice, fact.min, fact.max, fact.decimals)
            found.facts[fact.key], text = number, number_text(number)
        elif fact.kind == "date":
            day = datetime.date(2026, 1, 1) - datetime.timedelta(days=dice.randrange(6000))
            found.facts[fact.key], text = day, day.isoformat()
        elif fact.kind == "text":
            found.facts[fact.key] = text = "GB 12021.4-2013"
        else:
            found.facts[fact.key] = text = dice.choice([*fact.options])
        found.form.append((f"item-{fact.key}", text))
    for item in scheme.items:
        if item.computed or item.computed_from is not None or dice.random() < 0.03:
            continue
        if item.marks and dice.random() < 0.15:
            marks = dice.sample([mark.value for mark in item.marks], dice.randint(1, min(3, len(item.marks))))
            found.findings[item.key] = marks
            found.form += [(f"marks-{item.key}", "1"), *((f"mark-{item.key}", mark) for mark in marks)]
        elif item.options and dice.random() < 0.95:
            offered = [option.value for option in item.options if is_offered(item, option.value, thing)]
            best = item.clean if item.clean and dice.random() < 0.8 else dice.choice(offered)
            found.findings[item.key] = best
            found.form.append((f"item-{item.key}", best))
        elif item.kind == "number":
            assert item.min is not None
            assert item.max is not None
            number = _number(dice, item.min, min(item.max, Decimal(dice.choice([2, 100, 1_000_000]))), item.decimals)
            found.findings[item.key] = number
            found.form.append((f"item-{item.key}", number_text(number)))
        elif item.kind == "text":
            words = dice.choice(["右后轮毂擦伤", "QH-2026-0031", "备胎缺失；千斤顶在"])
            found.findings[item.key] = words
            found.form += (
                [(f"item-{item.key}", ""), (f"text-{item.key}", f" {words} ")] if item.options else [(f"item-{item.key}", words)]
            )
    return found


def _number(dice: random.Random, low: Decimal | None, high: Decimal | None, decimals: int) -> Decimal:
    least, most = low or Decimal(0), high or Decimal(1)
    step = Decimal(1).scaleb(-min(decimals, 3))
    return least + step * dice.randint(0, int((most - least) / step))


def wanted(scheme: Scheme, found: Found, thing: Thing, day: datetime.date) -> object:
    """What the library says by itself."""
    facts = dict(found.facts)
    findings = dict(found.findings)
    if scheme.category in ("car", "electric_car"):
        facts |= {"tradable_check": True, "documents_check": True}
    elif scheme.category == "appliance":
        facts |= {"type": thing.attributes["type"], "assess_date": day}
    else:
        findings["imei"] = "valid"
    return grade(scheme, findings, facts).to_content()


def cases(hub: Hub) -> list[Case]:
    """One open inspection of every kind of thing."""
    made = []
    for make, about in [
        (make_thing, {}),
        (make_car, {}),
        (make_car, {"energy": "electric"}),
        *((make_appliance, {"type": kind}) for kind in TYPES),
    ]:
        owner = make_user(hub)
        made.append(make_inspection(hub, thing=make(hub, owner, **about), owner=owner))
    return made


def standing(hub: Hub, case: Case) -> tuple[Appraisal, Thing, object, datetime.date]:
    with hub.look(actor(hub, case.appraiser)) as work:
        order = work.session.query(Appraisal).filter_by(code=case.code).one()
        thing = work.session.get_one(Thing, order.thing_id)
        day = shanghai_day(work.now)
        return order, thing, service.graded(work, order, thing, day).to_content(), day


def test_random_inspections_over_http_give_the_librarys_answers(app: Flask, hub: Hub) -> None:
    open_cases = cases(hub)
    for number in range(OVER_HTTP):
        case = open_cases[number % len(open_cases)]
        order, thing, _, day = standing(hub, case)
        scheme = load_scheme(order.scheme_id)
        found = find(scheme, thing, random.Random(f"http {number}"))
        client = browser(app, hub, case.appraiser)
        token = token_of(client.get(f"/appraisals/{case.code}/inspect"))
        empty = [(f"item-{key}", "") for key in order.findings]
        fields = MultiDict([("csrf_token", token), ("rev", str(order.findings_rev))])
        sent = dict(found.form)
        for name, value in [*(pair for pair in empty if pair[0] not in sent), *found.form]:
            fields.add(name, value)
        saved = client.post(
            f"/appraisals/{case.code}/inspect", data=fields, headers={"X-Autosave": "1", "Accept": "application/json"}
        )
        assert saved.status_code == 200, (number, scheme.id, saved.text[:300])
        assert standing(hub, case)[2] == wanted(scheme, found, thing, day), (number, scheme.id)


def test_random_inspections_through_form_parser_and_verb_give_the_librarys_answers(hub: Hub) -> None:
    open_cases = cases(hub)
    statuses: dict[str, int] = {}
    for number in range(BY_VERB):
        case = open_cases[number % len(open_cases)]
        with hub.begin(actor(hub, case.appraiser)) as work:
            order = work.session.query(Appraisal).filter_by(code=case.code).one()
            scheme = load_scheme(order.scheme_id)
            thing = work.session.get_one(Thing, order.thing_id)
            found = find(scheme, thing, random.Random(f"verb {number}"))
            given = answers(MultiDict(found.form))
            empty = {key: "" for key in order.findings if key not in given}
            saved = service.save_findings(work, case.code, empty | given, order.findings_rev)
            assert saved.refused == {}, (number, scheme.id, saved.refused)
            day = shanghai_day(work.now)
            got = service.graded(work, order, thing, day).to_content()
        assert got == wanted(scheme, found, thing, day), (number, scheme.id)
        statuses[got["status"]] = statuses.get(got["status"], 0) + 1  # type: ignore[index]
    assert len(statuses) >= 4, statuses
