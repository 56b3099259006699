"""What holds for every phone and every appliance, however it was found."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading import GradeResult, Item, Scheme, grade
from grading.scale import strictest
from tests.grading import appliance as household
from tests.grading.phone import CLEAN, SCHEME, phone

TIERS, STATUSES = SCHEME.tier_order, SCHEME.status_order


@dataclass(frozen=True)
class Sample:
    """A clean thing of one type, which the properties spoil."""

    name: str
    scheme: Scheme
    clean: dict[str, object]
    facts: dict[str, object]
    more_facts: st.SearchStrategy[dict[str, object]]

    @property
    def items(self) -> list[Item]:
        """What can be typed here."""
        counted = grade(self.scheme, self.clean, self.facts)
        return [
            item for item in self.scheme.items if item.computed_from is None and counted.get_item(item.key).state != "skipped"
        ]

    def grade(self, findings: dict[str, object], facts: dict[str, object] | None = None) -> GradeResult:
        """Grade it with these changes."""
        return grade(self.scheme, self.clean | findings, self.facts | (facts or {}))

    def __repr__(self) -> str:
        return self.name


phone_facts = st.fixed_dictionaries(
    {}, optional={"design_cycles": st.sampled_from([500, 1000]), "found_not_declared": st.booleans()}
)
flags = {key: st.booleans() for key in ("freezer", "electronically_controlled", "serviced")}
household_facts = st.fixed_dictionaries(
    {},
    optional={
        **flags,
        "start_date": st.dates(household.DAY.replace(year=2005), household.DAY),
        "leakage_ma": st.decimals(0, 2, places=4),
        "gas": st.sampled_from(["natural", "manufactured"]),
        "safe_life_stated": st.integers(1, 15),
    },
)
SAMPLES = [Sample("phone", SCHEME, CLEAN, {}, phone_facts)] + [
    Sample(kind, household.SCHEME, household.CLEAN, household.clean_facts(kind), household_facts) for kind in household.TYPES
]
sample = st.sampled_from(SAMPLES)


def answers(item: Item) -> st.SearchStrategy[object]:
    if item.options:
        return st.sampled_from([option.value for option in item.options])
    if item.kind == "text":
        return st.just("T-1")
    assert item.min is not None
    assert item.max is not None
    top = min(item.max, Decimal(1000))
    step = Decimal(1).scaleb(-item.decimals)
    edges = [b.edge + way for b in item.bands for way in (-step, 0, step) if item.min <= b.edge + way <= item.max]
    return st.one_of(st.sampled_from(edges), st.integers(int(item.min), int(top)).map(Decimal))


def findings(thing: Sample) -> st.SearchStrategy[dict[str, object]]:
    """Mostly clean things: one with everything wrong is always zero and for parts, which proves nothing."""
    anything: st.SearchStrategy[dict[str, object]] = st.fixed_dictionaries(
        {}, optional={item.key: answers(item) for item in thing.items}
    )
    few = st.lists(st.sampled_from(thing.items), max_size=5, unique=True).flatmap(
        lambda items: st.fixed_dictionaries({item.key: answers(item) for item in items})
    )
    return st.one_of(few, anything)


def rank(tier: str | None) -> int:
    return len(TIERS) if tier is None else TIERS.index(tier)


def alone(item: Item) -> dict[str, object]:
    """What makes an item count that counts only when a better measure is missing."""
    return {} if item.only_if_missing is None else {item.only_if_missing: None}


def cost(thing: Sample, item: Item, answer: object) -> tuple[Decimal, int, int]:
    """Points, strictness of the cap, strictness of the status of one answer, with the rules that it sets off."""
    result = thing.grade({item.key: answer, **alone(item)})
    found = result.get_item(item.key)
    return found.deduct, -1 if found.cap is None else TIERS.index(found.cap), -STATUSES.index(result.status)


@settings(max_examples=300, deadline=None)
@given(thing=sample, data=st.data())
def test_a_worse_finding_never_raises_score_status_or_tier(thing: Sample, data: st.DataObject) -> None:
    item = data.draw(st.sampled_from(thing.items))
    base, known = data.draw(findings(thing)) | alone(item), data.draw(thing.more_facts)
    one, other = data.draw(answers(item)), data.draw(answers(item))
    better, worse = sorted((one, other), key=lambda answer: cost(thing, item, answer))
    if not all(a <= b for a, b in zip(cost(thing, item, better), cost(thing, item, worse), strict=True)):
        return  # neither is worse in every way
    good, bad = thing.grade({**base, item.key: better}, known), thing.grade({**base, item.key: worse}, known)
    assert bad.score <= good.score
    assert rank(bad.tier) >= rank(good.tier)
    assert STATUSES.index(bad.status) <= STATUSES.index(good.status)


@settings(max_examples=100, deadline=None)
@given(thing=sample, data=st.data())
def test_order_does_not_matter_and_grading_twice_is_equal(thing: Sample, data: st.DataObject) -> None:
    base, known = thing.clean | data.draw(findings(thing)), thing.facts | data.draw(thing.more_facts)
    shuffled = dict(data.draw(st.permutations(list(base.items()))))
    first, second = grade(thing.scheme, base, known), grade(thing.scheme, shuffled, dict(reversed(known.items())))
    assert first == second
    assert first.to_content() == second.to_content() == grade(thing.scheme, base, known).to_content()


@settings(max_examples=150, deadline=None)
@given(thing=sample, data=st.data())
def test_the_result_follows_from_its_own_parts(thing: Sample, data: st.DataObject) -> None:
    absent = data.draw(st.lists(st.sampled_from(thing.items), max_size=2))
    changes = data.draw(findings(thing)) | dict.fromkeys(item.key for item in absent)
    check(thing.grade(changes, data.draw(thing.more_facts)), thing.scheme)


def check(result: GradeResult, scheme: Scheme = SCHEME) -> None:
    """Repeat the sums of the algorithm from the parts that the result shows."""
    for section in result.sections:
        assert section.total == sum(item.deduct for item in section.items)
        assert section.deducted == min(section.total, section.max_deduction)
        assert section.capped == (section.total > section.max_deduction)
    assert result.score == max(Decimal(0), 100 - sum(section.deducted for section in result.sections))
    assert str(result.score).count(".") == 1
    assert str(result.score)[-2] == "."
    assert result.tier_by_score == next(t.code for t in scheme.tiers if t.min_score <= result.score)
    caps = [item.cap for item in result.items if item.cap] + [rule.cap for rule in result.cross_rules if rule.cap]
    assert [cap.tier for cap in result.caps] == caps
    effects = [part.effect for part in (*result.items, *result.cross_rules) if part.effect]
    assert result.status == strictest(effects + ["ungradable"] * bool(result.missing) + ["graded"], STATUSES)
    if result.status == "graded":
        assert result.tier == max([result.tier_by_score, *caps], key=TIERS.index)
        decided = {cap.tier for cap in result.caps if cap.decided}
        assert decided == ({result.tier} if result.tier != result.tier_by_score else set())
    else:
        assert result.tier is None
    assert [d.key for d in result.disclosures if d.key] == [item.key for item in result.items if item.disclose]
    tested = [scheme.get_item(item.key) for item in result.items if item.state != "skipped"]
    wrong = [
        item.code
        for item in tested
        if item.section in scheme.functional.sections
        and (
            (item.kind == "severity" and result.get_item(item.key).value not in ("ok", "not_applicable"))
            or (item.kind == "number" and result.get_item(item.key).deduct >= (scheme.functional.number_deduct_at_least or 100))
        )
    ]
    assert (list(result.not_functional), result.fully_functional) == (wrong, not wrong)


@pytest.mark.parametrize("item", [item for item in SCHEME.items if item.options], ids=lambda item: item.key)
def test_every_option_is_reachable_and_does_what_it_says(item: Item) -> None:
    for option in item.options:
        result = phone(**{item.key: option.value})
        found = result.get_item(item.key)
        assert (found.state, found.deduct, found.cap, found.effect) == ("counted", option.deduct, option.cap, option.effect)
        assert result.score == 100 - option.deduct
        assert (option.cap is None) == (result.caps == ())
        assert result.status == (option.effect or "graded")
        if option.disclose:
            assert [d.key for d in result.disclosures] == [item.key]
        check(result)


def test_every_band_cap_tier_status_and_rule_is_reachable() -> None:
    for item in SCHEME.items:
        for band in item.bands:
            edge = min(band.edge, item.max or band.edge)
            changes: dict[str, object] = {item.key: edge}
            known: dict[str, object] = {}
            if item.key == "battery_cycles":
                changes |= {"battery_pct": None}
            result = grade(SCHEME, CLEAN | changes, known)
            assert result.get_item(item.key).deduct == band.outcome.deduct
            assert result.get_item(item.key).cap == band.outcome.cap
    reached = [phone(), phone(frame="light"), phone(screen_glass="light"), phone(bend="slight"), phone(ldi="clear", corrosion="present"),
               phone(display_image="dead")]  # fmt: skip
    assert [result.tier for result in reached] == list(TIERS)
    statuses = [
        phone(blacklist="listed"),
        phone(erase_method="media_destroyed"),
        phone(battery_swollen="present"),
        phone(mdm="present"),
        phone(),
    ]
    assert [result.status for result in statuses] == list(STATUSES)
