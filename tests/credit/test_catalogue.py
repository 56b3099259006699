"""No personal data, no free text and no unknown field gets into an event."""

from __future__ import annotations

import pytest

from app.credit.catalogue import OUTCOMES, TYPES, WORDS, amount_band, personal_patterns, problems, schema
from app.kernel.ids import new_code
from tests.credit.making import FACTS

ORDER = {"order": new_code(), "category": "phone"}


def test_every_kind_has_plain_words_and_a_closed_schema():
    assert set(WORDS) == set(TYPES)
    for type in TYPES:
        assert schema(type)["additionalProperties"] is False
    assert set(OUTCOMES) == set(schema("dispute.decided")["properties"]["outcome"]["enum"])


def test_no_schema_has_a_field_for_free_text():
    for type in TYPES:
        for name, field in schema(type)["properties"].items():
            choices = field.get("anyOf", [field])
            for choice in choices:
                if choice.get("type") == "string":
                    assert "pattern" in choice or "enum" in choice or "const" in choice, f"{type}.{name}"


@pytest.mark.parametrize("type", sorted(FACTS))
def test_ordinary_facts_fit(type):
    owned = {"order": new_code()} if type.startswith(("order", "dispute")) else {}
    owned |= {"listing": new_code()} if type.startswith("listing") else {}
    assert problems(type, {**FACTS[type], **owned}) == []


@pytest.mark.parametrize(
    ("type", "data"),
    [
        ("order.exploded", ORDER),
        ("order.paid", {}),
        ("order.paid", {**ORDER, "note": "x"}),
        ("order.paid", {**ORDER, "price_fen": 238000}),
        ("order.paid", {**ORDER, "order": "1"}),
        ("order.paid", {**ORDER, "counterparty": "s_" + new_code()}),
        ("order.paid", {**ORDER, "delivery": "send it to Ms Lin, 138 0013 8000"}),
        ("order.paid", {**ORDER, "delivery": "13800138000"}),
        ("order.paid", {**ORDER, "delivery": "+8613800138000"}),
        ("order.paid", {**ORDER, "delivery": "重庆市渝北区"}),
        ("order.paid", {**ORDER, "delivery": "a@b.example"}),
        ("order.cancelled_by_seller", {**ORDER, "reason": "11010519491231002X"}),
        ("order.cancelled_by_seller", {**ORDER, "reason": "490154203237518"}),
        ("order.cancelled_by_seller", {**ORDER, "reason": "LSVAA49J132047371"}),
        ("order.shipped_late", {**ORDER, "days": -1}),
        ("order.shipped_late", {**ORDER, "days": 1.5}),
        ("order.shipped_late", {**ORDER, "days": "2"}),
        ("order.shipped_late", {**ORDER, "days": 13_800_138_000}),
        ("dispute.decided", {**ORDER, "outcome": "guilty"}),
        ("dispute.decided", ORDER),
    ],
)
def test_other_facts_are_refused(type, data):
    assert problems(type, data)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("13912345678", "mobile number"),
        ("x-139-1234-5678", "mobile number"),
        ("11010519491231002X", "resident ID number"),
        ("490154203237518", "device number"),
        ("LSVAA49J132047371", "vehicle number"),
        ("lin@xunyi.example", "e-mail address"),
        ("林知夏", "name or address"),
        ({"a": [{"b": "13912345678"}]}, "mobile number"),
        ({"13912345678": 1}, "mobile number"),
    ],
)
def test_personal_data_is_recognised_wherever_it_hides(value, kind):
    assert kind in personal_patterns(value)


@pytest.mark.parametrize(
    "value",
    [
        "59nng0avmzg8vqsspd5nnvj2g5",
        "ab" * 32,
        "phone-2026.1",
        "2000-3000",
        12,
        True,
        None,
        "graded",
        "A",
        "c_r4hhbz0zxm60m95jq1vxgjtzmx",
    ],
)
def test_ordinary_values_are_not_suspected(value):
    assert personal_patterns(value) == []


def test_a_thousand_random_codes_and_hashes_are_not_suspected():
    assert not any(personal_patterns(new_code()) for _ in range(1000))


@pytest.mark.parametrize(
    ("fen", "band"),
    [
        (1, "0-100"),
        (9_999, "0-100"),
        (10_000, "100-500"),
        (238_000, "2000-3000"),
        (300_000, "3000-5000"),
        (10_000_000, "100000-"),
    ],
)
def test_amounts_become_bands(fen, band):
    assert amount_band(fen) == band
