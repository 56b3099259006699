"""What is it worth: asked by a form, answered once, and kept under an address that anybody can open."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from app.kernel.canonical import sha256_hex
from app.kernel.rates import Limit, RateCount
from app.trades.states import COMPLETED
from app.valuation.asking import Asked
from app.valuation.drawing import curve
from app.valuation.models import ObservedSale, Valuation
from app.valuation.routes import worth as routes
from app.valuation.worth import Month
from tests.accounts.making import make_user, sign_in, token_of
from tests.trades.making import make_order
from tests.valuation.making import make_model, make_prices, make_sales, make_worth

PHONE = {"category": "phone", "brand": "apple", "model": "iphone-13", "storage": "128"}
CAR = {"category": "car", "brand": "volkswagen", "model": "lavida", "first_used": "2020-06", "mileage": "50000"}


@pytest.fixture
def ask(client):
    client.set_cookie("lang", "en")
    token = token_of(client.get("/worth?brand=apple"))
    return lambda typed: client.post("/worth", data={"csrf_token": token, **typed})


def stored(hub):
    with hub.look() as work:
        return list(work.session.scalars(select(Valuation).order_by(Valuation.id)))


def test_form_asks_for_the_brand_first_and_then_what_its_category_needs(client):
    client.set_cookie("lang", "en")
    for category, brand, own in [("phone", "apple", "battery"), ("appliance", "haier", "model"), ("car", "volkswagen", "past")]:
        first = client.get(f"/worth?category={category}").text
        assert f'value="{brand}"' in first
        assert 'method="post" action="/worth"' not in first
        second = client.get(f"/worth?category={category}&brand={brand}").text
        assert f'value="{brand}" selected' in second
        assert f'name="{own}"' in second
    assert client.get("/worth?category=ship").status_code == 200


@pytest.mark.parametrize("query", ["brand=", "brand=nobody", "category=car&brand=apple", "brand=%00", "brand=%F0%9F%93%B1"])
def test_unknown_brand_is_said(client, query):
    client.set_cookie("lang", "en")
    answer = client.get(f"/worth?{query}")
    assert answer.status_code == 422
    assert "Please choose the brand." in answer.text


def test_answer_is_kept_under_an_address_and_given_once_a_day(hub, client, ask):
    make_sales(hub, *[2000, 2050, 2100, 2150, 2200, 2250])
    first, second = ask(PHONE), ask(PHONE)
    assert first.status_code == 303
    assert first.location == second.location
    (row,) = stored(hub)
    assert (row.purpose, row.basis, row.listing_id) == ("public", "comparables", None)
    page = client.get(first.location)
    assert page.status_code == 200
    assert "</span>2,125</span>" in page.text  # the middle of six
    assert "The range is that of 6 comparable things." in page.text
    assert row.sha256 in page.text
    assert f"xunyi valuation recheck {row.code}" in page.text
    assert "after our fee" in page.text


def test_nothing_known_is_said_and_no_figure_is_made_up(hub, client, ask):
    answer = ask(PHONE)
    page = client.get(answer.location).text
    assert "Not enough is known to name a price" in page
    assert page.count("not known") >= 10  # middle price and range of each of five kinds
    assert "money is-xl" not in page


def test_reasons_on_the_page_lead_exactly_to_the_estimate(hub, client):
    make_model(hub)
    code = make_worth(
        hub, Asked("phone", "apple", "iphone-13", storage_gb=128, first_used="2023-05", tier="B", battery_health=85)
    )
    client.set_cookie("lang", "en")
    page = client.get(f"/worth/{code}")
    assert page.status_code == 200
    for words in ("Invented market", "Why this price", "What it will be worth", "Price model phone-1", "128 GB", "85 %"):
        assert words in page.text
    (row,) = stored(hub)
    told = row.document
    assert told["start_fen"] + sum(step["step_fen"] for step in told["steps"]) == told["span"]["point_fen"]


def test_a_reason_of_which_nothing_was_told_says_so(hub, client):
    make_model(hub)
    client.set_cookie("lang", "en")
    for battery, said in ((None, True), (85, False)):
        asked = Asked(
            "phone", "apple", "iphone-13", storage_gb=128, first_used="2023-05", district="yubei", battery_health=battery
        )
        assert ("not told" in client.get(f"/worth/{make_worth(hub, asked)}").text) is said


def test_kinds_of_price_stand_apart(hub, client):
    make_sales(hub, *[2000] * 6)
    make_prices(hub, "dealer_asking", *[2600] * 7)
    client.set_cookie("lang", "en")
    page = client.get(f"/worth/{make_worth(hub)}").text
    assert "Really sold, between private people" in page
    assert "</span>2,600</span>" in page
    assert "Paid by recyclers" in page


def test_flooded_car_is_compared_with_its_like_only(hub, client, ask):
    make_prices(hub, "private_sold", *[60000] * 8, category="car", brand="volkswagen", model="lavida", storage_gb=None)
    page = client.get(ask({**CAR, "past": "flood"}).location).text
    assert "It was under water." in page
    assert "Not enough is known to name a price" in page
    assert "</span>60,000</span>" in client.get(ask({**CAR, "past": ""}).location).text


def test_file_is_the_hashed_bytes_and_the_table_has_the_same_figures(hub, client):
    make_model(hub)
    code = make_worth(hub)
    (row,) = stored(hub)
    file = client.get(f"/worth/{code}.json")
    assert file.mimetype == "application/json"
    assert sha256_hex(file.data) == row.sha256
    table = client.get(f"/worth/{code}.csv")
    assert table.mimetype == "text/csv"
    lines = list(csv.DictReader(io.StringIO(table.data.decode("utf-8-sig"))))
    fen = {line["name"]: round(float(line["yuan"]) * 100) for line in lines if line["part"] == "estimate"}
    assert set(fen.values()) == {row.document["span"]["point_fen"]}
    start = next(round(float(line["yuan"]) * 100) for line in lines if line["part"] == "start")
    assert start + sum(round(float(line["yuan"]) * 100) for line in lines if line["part"] == "step") == fen["80%"]
    assert {line["name"] for line in lines if line["part"] == "kind"} == {kind["kind"] for kind in row.document["kinds"]}
    assert sum(line["part"] == "month" for line in lines) == len(row.document["curve"])


@pytest.mark.parametrize("name", ["0" * 26, "x", "0" * 26 + ".json", "0" * 26 + ".csv", "%00"])
def test_estimate_that_was_never_given_is_not_found(client, name):
    assert client.get(f"/worth/{name}").status_code == 404


def test_ratings_are_published_with_the_cut_points_in_use(hub, client):
    client.set_cookie("lang", "en")
    assert client.get("/worth/ratings").text.count("No price model: no words are given") == 3
    make_model(hub)
    page = client.get("/worth/ratings").text
    assert "phone-1" in page
    assert page.count("No price model: no words are given") == 2


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"model": ""}, "Please choose the model."),
        ({"model": "galaxy-s21"}, "Please choose the model."),
        ({"storage": "7"}, "Please choose one of the answers."),
        ({"storage": "2048"}, "This model was sold with 128 GB、256 GB、512 GB only."),
        ({"first_used": "soon"}, "Please type year and month, for example 2019-05."),
        ({"first_used": "2031-01"}, "This month lies in the future."),
        ({"battery": "101"}, "The number must be between 1 and 100."),
        ({"battery": "new"}, "Please type a whole number with digits only."),
        ({"tier": "Z"}, "Please choose one of the answers."),
        ({"district": "atlantis"}, "Please choose one of the answers."),
    ],
)
def test_bad_answer_is_named_and_everything_typed_is_kept(hub, ask, typed, message):
    answer = ask({**PHONE, "first_used": "2022-05", "battery": "91", **typed})
    assert answer.status_code == 422
    assert message in answer.text
    kept = {"first_used": "2022-05", "battery": "91"}
    for name in kept:
        assert f'value="{typed.get(name, kept[name])}"' in answer.text
    if "model" not in typed:
        assert 'value="iphone-13" selected' in answer.text
    assert stored(hub) == []


def test_mileage_and_month_of_a_car_come_back_as_typed(hub, ask):
    answer = ask({**CAR, "first_used": "soon", "mileage": "many"})
    assert answer.status_code == 422
    assert 'value="soon"' in answer.text
    assert 'value="many"' in answer.text
    assert 'value="lavida" selected' in answer.text


def test_without_a_token_nothing_is_asked(hub, client):
    assert client.post("/worth", data=PHONE).status_code in (400, 403, 422)
    assert stored(hub) == []


def test_too_many_questions_wait_and_keep_what_was_typed(hub, client, ask, monkeypatch):
    monkeypatch.setattr(routes, "ASKED_NEARBY", Limit("valuation.ask.network", most=2, seconds=600))
    assert [ask({**PHONE, "battery": str(90 + more)}).status_code for more in range(2)] == [303, 303]
    late = ask({**PHONE, "battery": "95"})
    assert late.status_code == 429
    assert int(late.headers["Retry-After"]) > 0
    assert "That was too often in a short time." in late.text
    assert 'value="95"' in late.text
    assert len(stored(hub)) == 2


def test_questions_of_a_member_are_counted_by_person_and_never_by_address(hub, client):
    sign_in(client, hub, make_user(hub))
    client.set_cookie("lang", "en")
    token = token_of(client.get("/worth?brand=apple"))
    assert client.post("/worth", data={"csrf_token": token, **PHONE}).status_code == 303
    with hub.look() as work:
        kinds = dict(work.session.execute(select(RateCount.kind, func.sum(RateCount.used)).group_by(RateCount.kind)).all())
    assert kinds["valuation.ask"] == 1
    assert "valuation.ask.network" not in kinds


def test_looking_writes_nothing(hub, client):
    code = make_worth(hub)
    for address in (
        "/worth",
        "/worth?brand=apple",
        f"/worth/{code}",
        f"/worth/{code}.json",
        f"/worth/{code}.csv",
        "/worth/ratings",
    ):
        assert client.get(address).status_code == 200
    assert len(stored(hub)) == 1
    with hub.look() as work:
        assert work.session.scalar(select(func.count()).select_from(RateCount)) == 0


def test_comparable_that_was_sold_here_shows_its_photo_and_one_of_a_table_says_that_it_has_none(hub, client):
    order = make_order(hub, COMPLETED)
    make_prices(hub, "private_sold", *[2000] * 4, storage_gb=128)
    with hub.look() as work:
        sold = work.session.scalars(select(ObservedSale)).one()
    code = make_worth(hub, Asked("phone", sold.brand, sold.model, storage_gb=sold.storage_gb))
    client.set_cookie("lang", "en")
    page = client.get(f"/worth/{code}").text
    part = page.split('aria-labelledby="like"')[1].split("</section>")[0]
    assert part.count("<img") == 1
    assert f"/items/{sold.listing_code}" in part
    photo = part.split('<img src="')[1].split('"')[0]
    assert client.get(photo).mimetype.startswith("image/")
    assert "no picture in this table" in part
    assert order.listing_id is not None


def test_difference_to_the_formula_is_explained(hub, client):
    new = {"category": "car", "brand": "volkswagen", "storage_gb": None, "first_used": "2021-05"}
    make_prices(hub, "private_sold", *range(60_000, 60_500, 100), model="lavida", mileage_km=52_000, **new)
    make_prices(hub, "private_sold", *[90_000] * 9, model="sagitar", score_tenths=800, new_price_fen=12_000_000, **new)
    car = Asked("car", "volkswagen", "lavida", kind="sedan", energy="petrol", first_used="2021-05", mileage_km=52_000)
    client.set_cookie("lang", "en")
    page = client.get(f"/worth/{make_worth(hub, replace(car, score_tenths=800, new_price_fen=12_000_000))}").text
    part = page.split('aria-labelledby="standard"')[1].split("</section>")[0]
    assert "an appraiser has to give a reason" in part
    assert "The estimate rests on what things of the same model brought." in part


def test_estimate_of_tables_alone_has_no_pictures(hub, client):
    make_prices(hub, "private_sold", *[2000] * 6)
    page = client.get(f"/worth/{make_worth(hub)}").text
    assert "<img" not in page.split('aria-labelledby="like"')[1].split("</section>")[0]


def test_curve_says_from_when_on_nothing_so_old_was_seen():
    months = [Month(at, max(500, 1000 - at * 50), 400, 1100) for at in range(61)]
    drawn = curve(months)
    assert (drawn.level_from, len(drawn.months)) == (10, 25)
    assert drawn.level.startswith("M41.67 ")
    falling = [Month(at, 10_000 - at * 100, 400, 11_000) for at in range(61)]
    assert (curve(falling).level_from, curve(falling).level) == (None, "")
    late = [Month(at, max(500, 1000 - at * 10), 400, 1100) for at in range(61)]
    assert curve(late).level_from is None, "beyond what the page shows, or only for some months"
    assert curve([Month(at, 700, 600, 800) for at in range(61)]).level_from == 0
