"""What holds for every phone, however it was found."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading import GradeResult, Item, grade
from grading.scale import strictest
from tests.grading.phone import CLEAN, SCHEME, phone

TIERS, STATUSES = SCHEME.tier_order, SCHEME.status_order


def answers(item: Item) -> st.SearchStrategy[object]:
    if item.options:
        return st.sampled_from([option.value for option in item.options])
    if item.kind == "text":
        return st.just("T-1")
    assert item.min is not None
    assert item.max is not None
    top = min(item.max, Decimal(1000))
    edges = [b.edge + step for b in item.bands for step in (-1, 0, 1) if item.min <= b.edge + step <= item.max]
    return st.one_of(st.sampled_from(edges), st.integers(int(item.min), int(top)).map(Decimal))


# Mostly clean phones: a phone with everything wrong is always zero and for parts, which proves nothing.
findings = st.fixed_dictionaries(
    {}, optional={item.key: answers(item) for item in SCHEME.items}
).map(lambda found: {**CLEAN, **found})  # fmt: skip
few = st.lists(st.sampled_from(SCHEME.items), max_size=5, unique=True).flatmap(
    lambda items: st.fixed_dictionaries({item.key: answers(item) for item in items}).map(lambda found: {**CLEAN, **found})
)
facts = st.fixed_dictionaries({}, optional={"design_cycles": st.sampled_from([500, 1000]), "found_not_declared": st.booleans()})


def rank(tier: str | None) -> int:
    return len(TIERS) if tier is None else TIERS.index(tier)


def cost(item: Item, answer: object) -> tuple[Decimal, int, int]:
    """Points, strictness of the cap, strictness of the status of one answer."""
    result = phone(**{item.key: answer, **({"battery_pct": None} if item.key == "battery_cycles" else {})}).get_item(item.key)
    return (
        result.deduct,
        -1 if result.cap is None else TIERS.index(result.cap),
        -STATUSES.index("graded" if result.effect is None else result.effect),
    )


@settings(max_examples=150, deadline=None)
@given(base=st.one_of(few, findings), item=st.sampled_from(SCHEME.items), data=st.data())
def test_a_worse_finding_never_raises_score_status_or_tier(base: dict[str, object], item: Item, data: st.DataObject) -> None:
    if item.key == "battery_cycles":
        base = {**base, "battery_pct": None}
    one, other = data.draw(answers(item)), data.draw(answers(item))
    better, worse = sorted((one, other), key=lambda answer: cost(item, answer))
    if not all(a <= b for a, b in zip(cost(item, better), cost(item, worse), strict=True)):
        return  # neither is worse in every way
    good, bad = grade(SCHEME, {**base, item.key: better}), grade(SCHEME, {**base, item.key: worse})
    assert bad.score <= good.score
    assert rank(bad.tier) >= rank(good.tier)
    assert STATUSES.index(bad.status) <= STATUSES.index(good.status)


@settings(max_examples=80, deadline=None)
@given(base=st.one_of(few, findings), known=facts, data=st.data())
def test_order_does_not_matter_and_grading_twice_is_equal(
    base: dict[str, object], known: dict[str, object], data: st.DataObject
) -> None:
    shuffled = dict(data.draw(st.permutations(list(base.items()))))
    first, second = grade(SCHEME, base, known), grade(SCHEME, shuffled, dict(reversed(known.items())))
    assert first == second
    assert first.to_content() == second.to_content() == grade(SCHEME, base, known).to_content()


@settings(max_examples=80, deadline=None)
@given(base=st.one_of(few, findings), absent=st.lists(st.sampled_from(SCHEME.items), max_size=2))
def test_the_result_follows_from_its_own_parts(base: dict[str, object], absent: list[Item]) -> None:
    result = grade(SCHEME, {**base, **dict.fromkeys(item.key for item in absent)})
    check(result)


def check(result: GradeResult) -> None:
    """Repeat the sums of the algorithm from the parts that the result shows."""
    for section in result.sections:
        assert section.total == sum(item.deduct for item in section.items)
        assert section.deducted == min(section.total, section.max_deduction)
        assert section.capped == (section.total > section.max_deduction)
    assert result.score == max(Decimal(0), 100 - sum(section.deducted for section in result.sections))
    assert str(result.score).count(".") == 1
    assert str(result.score)[-2] == "."
    assert result.tier_by_score == next(t.code for t in SCHEME.tiers if t.min_score <= result.score)
    caps = [item.cap for item in result.items if item.cap] + [rule.cap for rule in result.cross_rules if rule.cap]
    assert [cap.tier for cap in result.caps] == caps
    effects = [item.effect for item in result.items if item.effect] + ["ungradable"] * bool(result.missing) + ["graded"]
    assert result.status == strictest(effects, STATUSES)
    if result.status == "graded":
        assert result.tier == max([result.tier_by_score, *caps], key=TIERS.index)
        decided = {cap.tier for cap in result.caps if cap.decided}
        assert decided == ({result.tier} if result.tier != result.tier_by_score else set())
    else:
        assert result.tier is None
    assert [d.key for d in result.disclosures] == [item.key for item in result.items if item.disclose]
    tested = [item for item in result.items if item.code.startswith("P6.")]
    assert result.fully_functional == all(item.value in ("ok", "not_applicable") for item in tested)


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
