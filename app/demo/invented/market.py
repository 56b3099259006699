"""Rows of the invented market: things drawn by a fixed seed, each with its true price and the noise of its sale."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import date, timedelta

from app.demo import market
from app.demo.invented.truth import curve_name, effects, left, truth_yuan
from app.goods import catalogue
from app.valuation.asking import Asked
from app.valuation.features import Thing, thing_of, tier_points
from app.valuation.service import Row

DAYS = 360  # before the day on which the tables end
MONTHS = {"phone": (2, 66), "car": (4, 132), "appliance": (3, 108)}
POINTS = {"phone": 0.45, "car": 0.5, "appliance": 0.3}  # share of things that were appraised


def price_rows(category: str, price_kind: str, today: date, n_rows: int | None = None, first: int = 0) -> list[Row]:
    """The rows of one table; ``n_rows``: how many instead of those of the file; ``first``: another number draws other things."""
    n_rows = effects().rows[category].get(price_kind, 0) if n_rows is None else n_rows
    return [_row(category, price_kind, today, number) for number in range(first, first + n_rows)]


def new_price_yuan(category: str, offer: market.PhoneOffer | market.CarOffer | market.ApplianceOffer) -> float:
    """What the model costs new: of phones the market tells what a year old one brings."""
    if category == "phone":
        return round(offer.price / left(curve_name(category, offer.brand, None), 12) / 100) * 100 - 1
    return float(offer.price)


def _row(category: str, price_kind: str, today: date, number: int) -> Row:
    dice = random.Random(f"invented/{category}/{price_kind}/{number}")  # noqa: S311 - the same market every time
    tables = market.tables()
    seen_on = today - timedelta(days=dice.randint(1, DAYS))
    offers = {"phone": tables.phones, "car": tables.cars, "appliance": tables.appliances}[category]
    offer = dice.choices(offers, [getattr(each, "of", 1) for each in offers])[0]
    months = round(dice.triangular(*MONTHS[category], MONTHS[category][0] + 18))
    found = catalogue.find_model(category, offer.brand, offer.model)
    if found.released_year is not None:  # nothing is older than its model
        months = min(months, max(1, (seen_on.year - found.released_year) * 12 + seen_on.month - (found.released_month or 6)))
    first = seen_on.year * 12 + seen_on.month - 1 - months
    asked = Asked(
        category,
        offer.brand,
        offer.model,
        first_used=f"{first // 12:04d}-{first % 12 + 1:02d}",
        district=dice.choice(market.DISTRICTS),
        new_price_fen=round(new_price_yuan(category, offer) * 100),
    )
    asked = {"phone": _phone, "car": _car, "appliance": _appliance}[category](dice, asked, offer, months)
    if category == "car" and dice.random() * 100 < sum(each.share for each in effects().classes.values()):
        is_flood = dice.random() * 100 * effects().classes["accident"].share < 100 * effects().classes["flood"].share
        asked = replace(asked, is_flood=is_flood, is_accident=not is_flood, tier=None, score_tenths=None)
    return Row(asked, _price(dice, thing_of(asked, seen_on), price_kind, asked.condition), seen_on, f"{price_kind}-{number}")


def _price(dice: random.Random, thing: Thing, price_kind: str, condition: str) -> int:
    """The true price with noise, in fen of whole yuan."""
    noise = math.exp(dice.gauss(0, effects().noise[thing.category] / 100))
    return max(1, round(truth_yuan(thing, price_kind, condition) * noise)) * 100


def _points(dice: random.Random, category: str, months: int) -> dict[str, int | str | None]:
    """A report's score and tier: the older, the lower, with a spread."""
    if dice.random() > POINTS[category]:
        return {}
    score = round(min(99.0, max(22.0, dice.gauss(95 - months * 0.22, 7))) * 10)
    reached = [(points, code) for code, points in tier_points(category).items()]
    tier = min(reached, key=lambda each: abs(each[0] - score / 10))[1]
    return {"score_tenths": score, "tier": tier}


def _phone(dice: random.Random, asked: Asked, offer: market.PhoneOffer, months: int) -> Asked:
    battery = max(70, min(100, round(100 - months * dice.uniform(0.15, 0.5))))
    facts = {
        "screen": dice.choices((0, 1, 2, 3), (50, 30, 15, 5))[0],
        "housing": dice.choices((0, 1, 2, 3), (40, 35, 20, 5))[0],
        "faults": dice.choices((0, 1, 2), (84, 12, 4))[0],
        "replaced": int(dice.random() < 0.15),
    }
    known = {"battery_health": battery if asked.brand == "apple" or dice.random() < 0.3 else None}
    return replace(asked, storage_gb=offer.gb, facts=facts, **known, **_points(dice, "phone", months))


def _car(dice: random.Random, asked: Asked, offer: market.CarOffer, months: int) -> Asked:
    body = catalogue.find_model("car", offer.brand, offer.model).body
    facts = {"owners": dice.choices((0, 1, 2, 3), (55, 28, 12, 5))[0], "replaced": int(dice.random() < 0.2)}
    km = round(months * dice.uniform(350, 2100) / 100) * 100
    return replace(asked, kind=body, energy=offer.power, mileage_km=km, facts=facts, **_points(dice, "car", months))


def _appliance(dice: random.Random, asked: Asked, offer: market.ApplianceOffer, months: int) -> Asked:
    kind = catalogue.find_model("appliance", offer.brand, offer.model).type
    facts = {
        "works": dice.choices((2, 1, 0), (86, 10, 4))[0],
        "housing": dice.choices((0, 1, 2, 3), (35, 40, 20, 5))[0],
        "replaced": int(dice.random() < 0.18),
    }
    return replace(asked, kind=kind, facts=facts, **_points(dice, "appliance", months))
