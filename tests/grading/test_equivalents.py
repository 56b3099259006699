"""Grades elsewhere: which pairs a source states, and that everything else is called ours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grading import list_schemes, load_scheme
from grading.equivalents import MARKS, anchors, equivalents, list_scales, r2v3_of
from tests.grading.phone import SCHEME, phone


def test_only_three_pairs_are_anchored() -> None:
    assert [(anchor.functional, anchor.cosmetic, anchor.r2v3, anchor.mark) for anchor in anchors()] == [
        (0, ("A",), "C7 / F6", "anchored"),
        (1, ("A", "B"), "C6 / F5", "anchored"),
        (2, ("A", "B", "C", "D"), "C3-C6 / F3", "anchored"),
    ]
    stated = {(c, f): r2v3_of(c, f) for c in "ABCDE" for f in range(10)}
    assert {pair for pair, anchor in stated.items() if anchor} == {
        ("A", 0), ("A", 1), ("B", 1), ("A", 2), ("B", 2), ("C", 2), ("D", 2),
    }  # fmt: skip
    assert r2v3_of("B", 1) == anchors()[1]


@pytest.mark.parametrize("scheme_id", list_schemes())
def test_every_name_of_a_tier_is_on_a_known_scale_and_called_ours(scheme_id: str) -> None:
    scheme = load_scheme(scheme_id)
    for tier in scheme.tiers:
        for one in equivalents(scheme, tier.code):
            assert one.mark == "approximate"
            assert MARKS[one.mark].en == "approximate, ours"
            assert list_scales()[one.scale.key] == one.scale
        assert tier.equivalents.keys() <= list_scales().keys()


def test_a_phone_that_does_not_do_everything_has_no_name_that_promises_it() -> None:
    result = phone(nfc="not_tested", display_image="ok")
    names = {one.scale.key: one.grade for one in equivalents(SCHEME, "S")}
    assert names["ctia"] == "cosmetic A, functional 0"
    assert (names["cn_trade"], names["cn_standard"]) == ("99新", None)
    assert not result.fully_functional
    assert equivalents(SCHEME, "S", result.fully_functional) == equivalents(SCHEME, "S", None) == ()
    assert equivalents(SCHEME, "C", fully_functional=False)
    with pytest.raises(KeyError):
        equivalents(SCHEME, "Z")


def test_a_scheme_without_names_of_its_own_takes_the_cross_walk() -> None:
    tier = replace(SCHEME.tiers[0], code="一级", equivalents={}, cn="一级", needs_fully_functional=False)
    car = replace(SCHEME, id="gbt30323-2013", tiers=(tier, replace(tier, code="五级")))
    assert [(one.scale.key, one.grade) for one in equivalents(car, "一级")] == [("naaa", "4-5"), ("japan", "4.5-5")]
    assert [one.grade for one in equivalents(car, "五级", fully_functional=None)] == ["0-2 with structure announced", "R, RA"]


def test_scales_say_how_well_they_were_read() -> None:
    for scale in list_scales().values():
        assert scale.name.zh
        assert scale.confidence in ("verified", "secondary", "own_knowledge")
        for words in scale.grades.values():
            assert words.zh
            assert words.en
    assert list_scales()["naaa"].grades["3"].en == "average"
