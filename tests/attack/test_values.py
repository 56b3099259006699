"""Every hostile value of every kind ends as its normal form or as a refusal, never as a fault."""

from __future__ import annotations

import pytest
from flask import Flask

from app.kernel.money import MAX_FEN
from app.web.forms import clean, trimmed
from tests.attack.reading import READERS, strict_money
from tests.attack.values import EMPTY, REFUSED, TABLES


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_there_are_a_hundred_different_values_of_each_kind(kind: str) -> None:
    assert len({text for text, _ in TABLES[kind]}) >= 100


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_value_is_kept_in_its_normal_form_or_refused(app: Flask, kind: str) -> None:
    faults = []
    with app.test_request_context("/", method="POST"):
        for text, verdict in TABLES[kind]:
            got = READERS[kind](text)
            if got != verdict:
                faults.append(f"{text[:60]!r} ({len(text)}): {got!r:.60} instead of {verdict!r:.60}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_normal_form_is_its_own_normal_form(app: Flask, kind: str) -> None:
    """What was kept can be typed again and stays the same: nothing changes a little more with every edit."""
    with app.test_request_context("/", method="POST"):
        for _, verdict in TABLES[kind]:
            if verdict not in (REFUSED, EMPTY) and isinstance(verdict, str):
                assert READERS[kind](verdict) == verdict


def test_kernel_takes_amounts_in_plain_digits_only() -> None:
    for text, verdict in TABLES["money"]:
        got = strict_money(text)
        if verdict not in (REFUSED, EMPTY) and text.isascii() and text == text.strip("\x1f \t\r\n\x0b\x0c"):
            assert got == verdict, repr(text)
        elif got is not REFUSED:  # zero has the form of an amount; whether it may be one is for the field to say
            assert (got, text.replace(".", "").strip("0")) == (0, "") or verdict == got <= MAX_FEN, repr(text[:60])


@pytest.mark.parametrize("marks", [31, 40, 200, 5_000, 400_000])
@pytest.mark.parametrize("pair", ["\u0301\u0301", "\u0315\u0316", "\u0316\u0315"])
def test_heaps_of_combining_marks_are_refused_before_they_are_sorted(marks: int, pair: str) -> None:
    """Sorting the marks of one letter takes the square of their number: half a megabyte would hold a worker for a minute."""
    for lines in (False, True):
        with pytest.raises(ValueError, match="unusable"):
            clean("e" + (pair * marks)[:marks], lines=lines)


def test_letters_with_many_marks_of_living_scripts_are_kept() -> None:
    for text in ("กี้", "x\u0301\u0323\u0308", "ཧྐྵྨླྺྼྻྂ", "שָׁלוֹם"):
        assert clean(text)


def test_spaces_and_invisible_marks_in_turns_are_taken_away_at_once() -> None:
    assert trimmed("\u3000\u200b \ufeff\t" * 100_000 + "1 2" + " \u202c" * 100_000) == "1 2"
