"""Estimates are stored once and can be computed again byte for byte; kinds of price and classes of things stay apart."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.kernel.work import SYSTEM
from app.valuation import queries, service
from app.valuation.asking import Asked, from_listing, from_plain
from app.valuation.models import Valuation
from tests.valuation.making import make_prices, make_sales

PHONE = Asked("phone", "apple", "iphone-13", storage_gb=128, tier="A", first_used="2023-05")
CAR = Asked("car", "volkswagen", "lavida", kind="sedan", energy="petrol", first_used="2021-05", mileage_km=52_000)


def give(hub, asked, purpose="public", **of):
    with hub.begin(SYSTEM) as work:
        return service.value(work, asked, purpose, **of)


def count(hub):
    with hub.look() as work:
        return work.session.scalar(select(func.count()).select_from(Valuation))


def test_nothing_seen_is_not_enough_to_say(hub):
    given = give(hub, PHONE)
    assert (given.basis, given.span, given.net_fen, given.comparables) == ("none", None, None, ())
    assert [each.count for each in given.kinds] == [0, 0, 0, 0, 0]
    assert all(each.median_fen is None for each in given.kinds)


def test_comparables_answer_where_no_model_serves(hub):
    make_sales(hub, 2000, 2100, 2200, 2300, 2400)
    given = give(hub, PHONE)
    assert (given.basis, given.kind, given.support) == ("comparables", "private_sold", 5)
    assert given.span.point_fen == 220_000
    assert (given.span.low80_fen, given.span.high80_fen) == (200_000, 240_000)
    assert given.net_fen == 220_000 - 4_400, "the fee of 200 basis points goes off"
    assert given.title == "苹果 iPhone 13 128GB" or "iPhone 13" in given.title
    assert len(given.comparables) == 5


def test_same_question_gives_the_stored_row_until_something_was_sold(hub):
    make_sales(hub, *[2000] * 5)
    first = give(hub, PHONE)
    assert give(hub, PHONE).code == first.code
    assert give(hub, PHONE, "api").code != first.code
    assert give(hub, replace(PHONE, tier="B")).code != first.code
    make_sales(hub, 2500)
    assert give(hub, PHONE).code != first.code
    assert count(hub) == 4


def test_stored_estimate_is_computed_again_whatever_was_sold_since(hub):
    make_sales(hub, *range(2000, 2600, 100))
    given = give(hub, PHONE)
    make_sales(hub, *[9000] * 20)
    with hub.look() as work:
        stored = work.session.scalars(select(Valuation)).one()
        assert service.recheck(work, stored) == []
        assert queries.worth(work, given.code) == given


def test_recheck_finds_a_planted_change(hub):
    make_sales(hub, *range(2000, 2600, 100))
    give(hub, PHONE)
    with hub.look() as work:
        stored = work.session.scalars(select(Valuation)).one()
        work.session.expunge(stored)
        stored.document = json.loads(json.dumps(stored.document).replace("200000", "200100"))
        found = service.recheck(work, stored)
    assert len(found) == 2
    assert "not that of its hash" in found[0]
    assert "span" in found[1]


@pytest.mark.parametrize("change", ["UPDATE valuation SET basis = 'none'", "DELETE FROM valuation"])
def test_given_estimates_are_never_changed(hub, change):
    give(hub, PHONE)
    with pytest.raises(DBAPIError, match="append-only"), hub.begin(SYSTEM) as work:
        work.session.execute(text(change))


def test_newest_estimate_of_a_listing_and_of_a_report(hub):
    give(hub, PHONE, "listing", listing_id=7)
    newer = give(hub, replace(PHONE, tier="B"), "listing", listing_id=7)
    report = give(hub, PHONE, "report", report_id=7)
    with hub.look() as work:
        assert queries.worth_of_listing(work, 7) == newer
        assert queries.worth_of_report(work, 7) == report
        assert queries.worth_of_listing(work, 8) is None
        assert queries.worth(work, "no-such-code") is None


def test_kinds_of_price_are_never_mixed(hub):
    make_prices(hub, "private_sold", *[2000] * 6)
    make_prices(hub, "dealer_buying", *[1200] * 7)
    make_prices(hub, "dealer_asking", *[2600] * 8)
    given = give(hub, PHONE)
    assert given.kind == "private_sold"
    assert given.span.point_fen == given.span.high90_fen == 200_000
    assert {each.kind: (each.count, each.median_fen) for each in given.kinds} == {
        "private_sold": (6, 200_000),
        "private_asking": (0, None),
        "dealer_asking": (8, 260_000),
        "dealer_buying": (7, 120_000),
        "recycling": (0, None),
    }
    assert {each.kind for each in given.comparables} == {"private_sold"}


def test_what_dealers_pay_does_not_say_what_a_sale_brings(hub):
    make_prices(hub, "dealer_buying", *[1200] * 9)
    given = give(hub, PHONE)
    assert (given.basis, given.span) == ("none", None)


@pytest.mark.parametrize(
    ("condition", "change"),
    [("accident", {"is_accident": True}), ("flood", {"is_flood": True}), ("ungraded", {"is_ungraded": True})],
)
def test_damaged_car_is_compared_with_its_like_or_with_none(hub, condition, change):
    car = {"category": "car", "brand": "volkswagen", "model": "lavida", "storage_gb": None}
    make_prices(hub, "private_sold", *[60_000] * 6, **car)
    asked = replace(CAR, **change)
    none = give(hub, asked)
    assert (none.basis, none.flag, none.comparables, none.standard) == ("none", condition, (), None)
    make_prices(hub, "private_sold", *[30_000] * 5, condition=condition, **car)
    own = give(hub, asked)
    assert (own.basis, own.flag, own.span.point_fen) == ("comparables", condition, 3_000_000)
    assert own.net_fen is None, "cars are not sold here: no fee is known"
    assert give(hub, CAR).span.point_fen == 6_000_000


def test_formula_times_the_markets_factor_answers_without_comparables(hub):
    seen = {"category": "car", "storage_gb": None, "score_tenths": 800, "first_used": "2021-05", "new_price_fen": 12_000_000}
    make_prices(hub, "private_sold", *[50_000] * 6, brand="toyota", model="corolla", days_ago=0, **seen)  # of the same age
    asked = replace(CAR, score_tenths=800, tier="二级", new_price_fen=12_000_000)
    given = give(hub, asked)
    assert given.basis == "cost"
    assert given.standard.value_fen > 5_000_000
    assert given.span.point_fen == pytest.approx(5_000_000, abs=2)
    assert given.standard.differs is False
    without = give(hub, replace(asked, new_price_fen=None))
    assert (without.basis, without.standard) == ("none", None)


def test_formula_that_lies_outside_the_range_says_so(hub):
    lavida = {"category": "car", "brand": "volkswagen", "model": "lavida", "storage_gb": None, "first_used": "2021-05"}
    make_prices(hub, "private_sold", *range(60_000, 60_500, 100), mileage_km=52_000, **lavida)
    others = {"category": "car", "brand": "volkswagen", "model": "sagitar", "storage_gb": None, "first_used": "2021-05"}
    make_prices(hub, "private_sold", *[90_000] * 9, score_tenths=800, new_price_fen=12_000_000, days_ago=0, **others)
    given = give(hub, replace(CAR, score_tenths=800, new_price_fen=12_000_000))
    assert given.basis == "comparables"
    assert given.standard.differs is True
    assert given.standard.factor_bp == pytest.approx(9_000_000 / given.standard.value_fen * 10_000, abs=2)


def test_asked_of_a_listing_knows_what_its_seller_told():
    row = {"category": "phone", "brand": "apple", "model": "iphone-13", "storage_gb": 128, "district": "yubei", "tier": "A"}
    answers = {"screen_glass": "visible", "back_cover": "light", "frame": "bent", "faults": ["camera", "sound"], "battery": 88}
    asked = from_listing({**row, "answers": {**answers, "repairs": "screen"}, "report_status": "graded", "score": "90.5"})
    assert asked.facts == {"screen": 2, "housing": 3, "faults": 2, "replaced": 1}
    assert (asked.score_tenths, asked.battery_health, asked.condition) == (905, 88, "plain")
    assert from_plain(asked.to_plain()) == asked
    assert from_plain(json.loads(json.dumps(asked.to_plain()))) == asked


@pytest.mark.parametrize(
    ("told", "condition"),
    [
        ({"report_status": "accident"}, "accident"),
        ({"report_status": "ungradable"}, "ungraded"),
        ({"answers": {"accident": "issue"}}, "accident"),
        ({"answers": {"flood": "issue", "accident": "issue"}}, "flood"),
        ({"answers": {"accident": "unknown", "owners": 2}}, "plain"),
    ],
)
def test_class_of_a_car_follows_from_report_and_seller(told, condition):
    assert from_listing({"category": "car", "brand": "volkswagen", "model": "lavida", **told}).condition == condition


def test_what_no_feature_knows_is_refused():
    with pytest.raises(ValueError, match="colour"):
        Asked("phone", "apple", "iphone-13", facts={"colour": 1})
