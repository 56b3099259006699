"""Sample inspections: the samples themselves, how answers are scored, and what a result lets its holder do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.appraisal import proving, queries, service
from app.appraisal.errors import ProficiencyOver, ProficiencyTooSoon, RegisterEntryNotFound
from app.appraisal.models import ProficiencyResult
from app.goods.models import CATEGORIES
from app.kernel import clock
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import InvalidInput
from app.kernel.hub import Hub
from grading import load_scheme
from tests.accounts.making import actor, make_member, make_organisation


def answers_of(category: str, number: int, **changes: str) -> dict[str, str]:
    """The right answers to a sample; ``changes`` replace single ones."""
    return {each.key: each.answer for each in proving.samples(category).samples[number].ask} | changes


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_has_three_samples_that_the_scheme_grades_as_they_say(category: str) -> None:
    found = proving.samples(category)
    scheme = load_scheme(found.scheme)
    assert len(found.samples) >= 3
    assert len({one.code for one in found.samples}) == len(found.samples)
    assert len({(one.expect.status, one.expect.tier) for one in found.samples}) >= 3
    for number, one in enumerate(found.samples):
        assert any(each.critical for each in one.ask)
        assert len(one.ask) >= 10
        right = answers_of(category, number)
        assert proving.refusals(scheme, one, right) == {}
        scored = proving.score(category, one, right)
        assert (scored.passed, scored.agreed, scored.critical_misses) == (True, len(one.ask), 0)
        assert scored.found == scored.expected == (one.expect.status, one.expect.tier)


@pytest.mark.parametrize(
    ("changes", "agreed", "misses", "passed"),
    [
        ({}, 14, 0, True),
        ({"battery_pct": "88.0", "battery_cycles": "0412"}, 14, 0, True),
        ({"screen_glass": "light", "frame": "light"}, 12, 0, True),
        ({"screen_glass": "light", "frame": "light", "back_cover": "micro"}, 11, 0, False),
        ({"battery_swollen": "present"}, 13, 1, False),
        ({"account_lock": "unknown", "blacklist": "not_checked"}, 12, 2, False),
    ],
)
def test_answers_are_scored_item_by_item(changes: dict[str, str], agreed: int, misses: int, passed: bool) -> None:
    one = proving.samples("phone").samples[0]
    scored = proving.score("phone", one, answers_of("phone", 0, **changes))
    assert (scored.agreed, scored.critical_misses, scored.passed) == (agreed, misses, passed)


def test_marks_count_whatever_their_order_and_a_missed_weld_fails_the_car() -> None:
    one = proving.samples("car").samples[1]
    assert not proving.score("car", one, answers_of("car", 1, frame_4="A")).passed
    assert proving.score("car", one, answers_of("car", 1, frame_4="A")).found[0] == "graded"
    assert proving.score("car", one, answers_of("car", 1, item_26="HH2")).critical_misses == 0


@pytest.mark.parametrize(
    ("key", "answer", "kind"),
    [
        ("touch", "", "missing"),
        ("touch", "wonderful", "unknown"),
        ("battery_pct", "eighty", "unknown"),
        ("battery_pct", "900", "unknown"),
        ("battery_pct", "NaN", "unknown"),
        ("battery_pct", "８８", "unknown"),
    ],
)
def test_answers_that_the_scheme_does_not_know_are_named(key: str, answer: str, kind: str) -> None:
    found = proving.samples("phone")
    given = answers_of("phone", 0, **{key: answer})
    assert proving.refusals(load_scheme(found.scheme), found.samples[0], given) == {key: kind}


def test_a_passed_test_lets_its_holder_work_until_its_last_day(hub: Hub) -> None:
    agency = make_organisation(hub, "agency")
    person = make_member(hub, "appraiser", organisation=agency, qualified=False)
    with hub.begin(actor(hub, person)) as work:
        test = service.begin_test(work, "phone")
        assert service.begin_test(work, "phone").id == test.id, "the one that is open goes on"
        assert test.sample == "phone-1"
    with pytest.raises(InvalidInput) as refused, hub.begin(actor(hub, person)) as work:
        service.hand_in_test(work, test.code, answers_of("phone", 0, touch="", frame="golden"))
    assert set(refused.value.errors) == {"item-touch", "item-frame"}
    with hub.begin(actor(hub, person)) as work:
        result = service.hand_in_test(work, test.code, answers_of("phone", 0))
    assert result.passed
    assert result.sha256 == sha256_hex(canonical(result.content))
    assert result.content["rule"] == {"pass_percent": 80, "critical_misses": 0}
    with pytest.raises(ProficiencyOver), hub.begin(actor(hub, person)) as work:
        service.hand_in_test(work, test.code, answers_of("phone", 0))
    with hub.look() as work:
        found = [one.code for one in queries.appraiser_may(work, person.id, agency.id, "phone")]
    assert found == ["not_certified"]
    with hub.begin() as work:
        clock.advance(work, timedelta(days=731))
    with hub.look() as work:
        found = [one.code for one in queries.appraiser_may(work, person.id, agency.id, "phone")]
    assert found == ["not_certified", "proficiency_ended"]


def test_who_failed_waits_a_day_and_gets_another_sample(hub: Hub) -> None:
    person, other = make_member(hub, "appraiser", qualified=False), make_member(hub, "appraiser")
    with hub.begin(actor(hub, person)) as work:
        test = service.begin_test(work, "car")
    with pytest.raises(RegisterEntryNotFound), hub.begin(actor(hub, other)) as work:
        service.hand_in_test(work, test.code, answers_of("car", 0))
    with hub.begin(actor(hub, person)) as work:
        result = service.hand_in_test(work, test.code, answers_of("car", 0, item_80="C"))
    assert (result.passed, result.critical_misses, result.valid_until) == (False, 1, None)
    with pytest.raises(ProficiencyTooSoon), hub.begin(actor(hub, person)) as work:
        service.begin_test(work, "car")
    with hub.begin() as work:
        clock.advance(work, timedelta(days=1))
    with hub.begin(actor(hub, person)) as work:
        again = service.begin_test(work, "car")
    assert again.sample == "car-2"
    with hub.begin() as work:
        clock.advance(work, timedelta(days=8))
    with pytest.raises(ProficiencyOver), hub.begin(actor(hub, person)) as work:
        service.hand_in_test(work, again.code, answers_of("car", 1))
    with hub.begin(actor(hub, person)) as work:
        assert service.begin_test(work, "car").sample == "car-3"
    with hub.look() as work:
        assert len(list(work.session.scalars(select(ProficiencyResult).where(ProficiencyResult.user_id == person.id)))) == 1
