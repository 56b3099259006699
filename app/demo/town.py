"""The demo town as data: who lives there, which firms there are, which phones changed hands and when."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

FILE = Path(__file__).with_name("town.yaml")


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Firm(_Row):
    code: str
    kind: str
    name: str


class Member(_Row):
    of: str
    role: str


class Person(_Row):
    code: str
    name: str
    email: str
    member: Member | None = None


class Condition(_Row):
    """How a phone looks: for its drawings, for the seller's answers, for the inspection."""

    wear: int
    answers: dict[str, str]
    findings: dict[str, str]


class Inspection(_Row):
    """``after``: days from offering to the signature. ``findings`` go before those of the condition."""

    by: str
    after: float
    until: Literal["requested", "inspecting", "signed"] = "signed"
    findings: dict[str, str] = {}


class Sale(_Row):
    """``after``: days from offering to buying."""

    to: str
    after: float
    by: Literal["parcel", "meet"] = "parcel"
    until: Literal["paid", "shipped", "received", "problem", "refunded", "completed"] = "completed"
    reason: str = ""
    complaint: str = ""
    ruling: str = ""


class Later(_Row):
    """What the seller writes when the phone is offered again. Price in yuan."""

    price: int
    text: str


class Item(_Row):
    """One listing. ``listed``: days before today. ``price`` in yuan. ``months`` since it was new."""

    code: str
    category: Literal["phone", "car", "appliance"] = "phone"
    seller: str
    brand: str
    model: str
    price: int
    listed: float
    condition: str
    months: int
    district: str
    text: str
    state: Literal["draft", "active"] = "active"
    expect: str = ""
    appraisal: Inspection | None = None
    sale: Sale | None = None
    later: Later | None = None

    @property
    def number(self) -> int:
        """Different for every item of the town."""
        return int(self.code[1:])


class Phone(Item):
    """``battery`` in percent."""

    gb: int
    colour: str
    battery: int | Literal["unknown"]
    region: str = "mainland"


class Car(Item):
    """``energy`` as in the catalogue; ``litres``: displacement, None without an engine; ``owners``: changes of owner."""

    category: Literal["car"] = "car"
    colour: str
    energy: str
    litres: float | None
    seats: int
    mileage_km: int
    owners: int
    told: dict[str, str] = {}  # what its seller answers otherwise than of a car without a past


class Appliance(Item):
    """Its type, size and features are those of its model."""

    category: Literal["appliance"] = "appliance"
    floor: int


class Town(_Row):
    schema_version: Literal[1]
    organisations: tuple[Firm, ...]
    people: tuple[Person, ...]
    conditions: dict[str, Condition]
    phones: tuple[Phone, ...]

    @model_validator(mode="after")
    def everything_named_exists(self) -> Town:
        people, firms = {one.code for one in self.people}, {one.code for one in self.organisations}
        if len(people) < len(self.people) or len({one.email for one in self.people}) < len(self.people):
            raise ValueError("two people of the town have one code or one address")
        named = {one.seller for one in self.phones}
        named |= {one.sale.to for one in self.phones if one.sale} | {one.appraisal.by for one in self.phones if one.appraisal}
        if not named <= people or not {one.member.of for one in self.people if one.member} <= firms:
            raise ValueError("a phone or a member names somebody who is not in the town")
        if not {one.condition for one in self.phones} <= set(self.conditions):
            raise ValueError("a phone names a condition that is not described")
        if len(people) != len(self.people) or len(firms) != len(self.organisations):
            raise ValueError("two people or two organisations have the same code")
        if any(one.sale and one.sale.to == one.seller for one in self.phones):
            raise ValueError("nobody buys their own phone")
        return self


@cache
def town() -> Town:
    """The whole town, checked."""
    data: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return Town.model_validate(data)
