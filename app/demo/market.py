"""The rest of the year's market in the demo town, drawn from tables by a fixed seed: phones, cars and appliances.

The same day always gives the same market; on another day the same things are offered, as many days earlier as the season says.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict

from app.demo.town import Appliance, Car, Inspection, Item, Phone, Sale, Town
from app.goods import catalogue

FILE = Path(__file__).with_name("market.yaml")
YEAR = 362  # days before today on which the first of them is offered
ON_SALE_DAYS = 52  # what is still on sale was offered in these days, within the sixty that a listing lives
FRESH_DAYS = 4
DISTRICTS = (
    "yuzhong",
    "jiangbei",
    "nanan",
    "shapingba",
    "jiulongpo",
    "dadukou",
    "yubei",
    "banan",
    "beibei",
    "bishan",
    "jiangjin",
)
CONDITIONS = (("like_new", 2), ("fine", 5), ("used", 5), ("worn", 2))
WORTH = {"like_new": 1.06, "fine": 1.0, "used": 0.92, "worn": 0.80, "broken": 0.5}
CAR_COLOURS = ("white", "white", "black", "grey", "silver", "blue", "red")
APPRAISERS = {"phone": ("fang", "tan", "meng", "qiu"), "car": ("mo", "guan"), "appliance": ("ji", "nie")}
APPRAISED = {"phone": 0.34, "car": 0.62, "appliance": 0.30}
SOLD = {"phone": 0.66, "car": 0.0, "appliance": 0.56}  # cars are not bought here yet

T = TypeVar("T")


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PhoneOffer(_Row):
    brand: str
    model: str
    gb: int
    price: int
    of: int
    months: tuple[int, int]


class CarOffer(_Row):
    brand: str
    model: str
    price: int
    power: str
    litres: float | None = None
    seats: int = 5
    told: dict[str, str] = {}
    found: dict[str, str] = {}


class ApplianceOffer(_Row):
    brand: str
    model: str
    price: int
    of: int
    season: str


class Tables(_Row):
    """market.yaml, checked."""

    schema_version: Literal[1]
    counts: dict[str, int]
    seasons: dict[str, tuple[int, ...]]
    phones: tuple[PhoneOffer, ...]
    cars: tuple[CarOffer, ...]
    appliances: tuple[ApplianceOffer, ...]
    words: dict[str, tuple[tuple[str, ...], ...]]


@cache
def tables() -> Tables:
    data: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return Tables.model_validate(data)


def goods(town: Town, today: date) -> list[Item]:
    """Everything that the tables give, in a mixed order that starts with a car and an appliance that were appraised, and with the
    cars on which an inspection found what decides alone."""
    made = {"phone": list(_phones(town, today)), "car": list(_cars(town, today)), "appliance": list(_appliances(town, today))}
    first: list[Item] = [next(item for item in made["car"] if item.appraisal)]
    first.append(next(item for item in made["appliance"] if item.appraisal and item.sale))
    first += [item for item in made["car"] if item.appraisal and item.appraisal.findings]
    rest = [item for category in made.values() for item in category if item not in first]
    _dice("order").shuffle(rest)
    return [*first, *rest]


def _phones(town: Town, today: date) -> Iterator[Item]:
    offers = tables().phones
    told: set[str] = set()
    for number in range(tables().counts["phone"]):
        rng = _dice(f"phone/{number}")
        offer = rng.choices(offers, [each.of for each in offers])[0]
        common = _common(town, rng, "phone", f"p{number + 101}", tables().seasons["phone"], today, told)
        months = rng.randint(*offer.months)
        found = catalogue.find_model("phone", offer.brand, offer.model)
        colours = [colour.code for colour in catalogue.colours_for("phone", offer.brand, offer.model)]
        plain = [code for code in colours if code in ("black", "white", "blue", "green", "purple", "grey", "silver", "gold")]
        knows = offer.brand == "apple"
        battery = max(76, min(100, round(100 - months * rng.uniform(0.30, 0.52))))
        yield Phone(
            brand=offer.brand,
            model=offer.model,
            gb=offer.gb,
            colour=rng.choice(colours if found.colours else plain),
            price=_rounded(offer.price * WORTH[common["condition"]] * 0.985 ** (months - 12) * rng.uniform(0.95, 1.05)),
            battery=battery if knows else "unknown",
            months=months,
            **common,
        )


def _cars(town: Town, today: date) -> Iterator[Item]:
    offers = tables().cars
    told: set[str] = set()
    for number in range(tables().counts["car"]):
        rng = _dice(f"car/{number}")
        offer = offers[number % len(offers)]
        common = _common(town, rng, "car", f"c{number + 301}", tables().seasons["car"], today, told)
        if number % 4 == 0:
            common["seller"] = "qiao"
        months = rng.randint(14, 60 if offer.power == "electric" else 110)
        found = catalogue.find_model("car", offer.brand, offer.model)
        age_limit = (today.year - (found.released_year or 2015)) * 12 - 6
        months = max(8, min(months, age_limit))
        if offer.found and common["appraisal"] is None:
            common["appraisal"] = Inspection(by=rng.choice(APPRAISERS["car"]), after=2.5)
        if offer.found:
            common["appraisal"] = common["appraisal"].model_copy(update={"findings": offer.found})
        left = 0.86 * (0.905 if offer.power == "electric" else 0.925) ** (months / 12)
        yield Car(
            brand=offer.brand,
            model=offer.model,
            colour=rng.choice(CAR_COLOURS),
            energy=offer.power,
            litres=offer.litres,
            seats=offer.seats,
            mileage_km=round(months * rng.uniform(650, 1650) / 100) * 100,
            owners=rng.choice((0, 0, 0, 1, 1, 2)),
            price=_rounded(offer.price * left * WORTH[common["condition"]] * rng.uniform(0.95, 1.05), 500),
            months=months,
            told=offer.told,
            **common,
        )


def _appliances(town: Town, today: date) -> Iterator[Item]:
    offers = tables().appliances
    told: set[str] = set()
    for number in range(tables().counts["appliance"]):
        rng = _dice(f"appliance/{number}")
        offer = rng.choices(offers, [each.of for each in offers])[0]
        common = _common(town, rng, "appliance", f"a{number + 501}", tables().seasons[offer.season], today, told)
        months = rng.randint(5, 62)
        left = 0.62 * 0.83 ** (months / 12)
        yield Appliance(
            brand=offer.brand,
            model=offer.model,
            price=_rounded(offer.price * left * WORTH[common["condition"]] * rng.uniform(0.94, 1.06)),
            floor=rng.randint(1, 24),
            months=months,
            **common,
        )


def _common(
    town: Town, rng: random.Random, category: str, code: str, season: Sequence[int], today: date, told: set[str]
) -> dict[str, Any]:
    """Who offers it, when, how it looks, whether it was appraised and sold, and the description."""
    households = [person.code for person in town.people if person.member is None]
    seller = rng.choice(households) if category != "phone" or rng.random() > 0.08 else "lu"
    is_sold = rng.random() < SOLD[category]
    listed = _season_day(rng, season, today, 24, YEAR) if is_sold else rng.uniform(FRESH_DAYS, ON_SALE_DAYS)
    condition = rng.choices([each for each, _ in CONDITIONS], [weight for _, weight in CONDITIONS])[0]
    after = rng.uniform(1.0, 3.0)
    appraisal = None
    if rng.random() < APPRAISED[category] and listed - after > 0.5:
        appraisal = Inspection(by=rng.choice(APPRAISERS[category]), after=after)
    sale = None
    if is_sold:
        buyer = rng.choice([one for one in households if one != seller])
        by: Literal["parcel", "meet"] = "meet" if rng.random() < 0.35 else "parcel"
        sale = Sale(to=buyer, after=after + rng.uniform(1.5, 9.0), by=by)
    return {
        "code": code,
        "seller": seller,
        "listed": listed,
        "condition": condition,
        "district": rng.choice(DISTRICTS),
        "appraisal": appraisal,
        "sale": sale,
        "text": _description(rng, tables().words[category], told),
    }


def _season_day(rng: random.Random, season: Sequence[int], today: date, earliest: int, latest: int) -> float:
    """Days before today, more often in months in which more of the kind is offered."""
    days = range(earliest, latest)
    weights = [season[(today - timedelta(days=day)).month - 1] for day in days]
    return rng.choices(days, weights)[0] + rng.random() * 0.9


def _description(rng: random.Random, words: Sequence[Sequence[str]], told: set[str]) -> str:
    """One of each list, never the same twice."""
    while True:
        text = "".join(rng.choice(choice) for choice in words)
        if text not in told:
            told.add(text)
            return text


def _rounded(price: float, step: int = 10) -> int:
    return max(step, round(price / step) * step)


def _dice(text: str) -> random.Random:
    return random.Random(f"market/{text}")  # noqa: S311 - a market must come out the same every time; nothing here is secret
