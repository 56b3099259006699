"""What was promised in an order, item by item: the thing's number, the signed report, and the seller's frozen answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.appraisal import queries as appraisal
from app.kernel.work import Work
from app.listings import queries as listings
from app.listings.models import ListingVersion
from app.schemes import queries as schemes
from app.trades.models import Order
from grading import Item, Scheme

NUMBER = "thing:number"
_COUNTED = "counted"  # of an item of a report: it was looked at; others do not concern this thing, or have no finding
_NOTHING_FOUND = ("untested", "inapplicable")
_SELLER = {"zh": "卖家说明", "en": "The seller's answers"}
_ITSELF = {"zh": "这件东西", "en": "The item itself"}
_NUMBERS = {
    "imei": {"zh": "IMEI 末几位", "en": "Last digits of the IMEI"},
    "serial": {"zh": "序列号末几位", "en": "Last signs of the serial number"},
    "vin": {"zh": "车架号末几位", "en": "Last signs of the VIN"},
}


@dataclass(frozen=True)
class Range:
    """Within which a number lies, with how many places, in which unit."""

    least: Decimal
    most: Decimal
    decimals: int
    unit: str


@dataclass(frozen=True)
class PromisedItem:
    """One thing that was promised: ``report:KEY``, ``answer:CODE`` or ``thing:number``. Names in both languages.

    ``value``: the finding, or the code of the seller's answer. ``choices``: among which answers it is one, by value; ``range``:
    where it is a number. ``is_known``: it says something that can be compared ("not tested" and "not fitted" do not).
    """

    key: str
    name: dict[str, str]
    promised: dict[str, str]
    section: dict[str, str]
    value: str | None = None
    choices: Mapping[str, dict[str, str]] = field(default_factory=dict)
    range: Range | None = None
    is_known: bool = True


def promised_items(work: Work, order: Order) -> list[PromisedItem]:
    """Everything that the buyer of this order was promised, in the order of the report and of the seller's form."""
    frozen = listings.version(work, order.listing_id, order.listing_version_no)
    thing, report = frozen.content["thing"], report_content(work, order)
    found: list[PromisedItem] = []
    if thing["number_tail"]:
        tail = {"zh": thing["number_tail"], "en": thing["number_tail"]}
        found.append(PromisedItem(NUMBER, _NUMBERS[thing["number_kind"]], tail, _ITSELF))
    if report is not None:
        found += _of_report(report, scheme_of(work, report))
    return [*found, *_of_answers(frozen)]


def report_content(work: Work, order: Order) -> dict[str, Any] | None:
    """The content of the signed report that the order was made on; None without one."""
    report = appraisal.promised_report(work, order.report_code) if order.report_code else None
    return None if report is None else report.content


def scheme_of(work: Work, content: Mapping[str, Any]) -> Scheme | None:
    """The very revision of the scheme that the report names; None where it is not kept here any more."""
    return schemes.find_scheme(work, content["scheme"]["id"], content["scheme"]["sha256"])


def _of_report(content: Mapping[str, Any], scheme: Scheme | None) -> list[PromisedItem]:
    known = scheme.items_by_key if scheme is not None else {}
    return [
        _of_item(each, section["name"], known.get(each["key"]))
        for section in content["result"]["sections"]
        for each in section["items"]
        if each["state"] == _COUNTED
    ]


def _of_item(found: Mapping[str, Any], section: dict[str, str], item: Item | None) -> PromisedItem:
    said = str(found["value"] or "")
    told = PromisedItem(
        f"report:{found['key']}",
        found["name"],
        found.get("value_name") or {"zh": said, "en": said},
        section,
        found["value"],
    )
    if item is None:
        return told
    option = item.option(said)
    return PromisedItem(
        told.key,
        told.name,
        told.promised,
        told.section,
        told.value,
        {each.value: dict(each.name) for each in item.options if each.state not in _NOTHING_FOUND},
        Range(item.min, item.max, item.decimals, item.unit) if item.min is not None and item.max is not None else None,
        option is None or option.state not in _NOTHING_FOUND,
    )


def _of_answers(frozen: ListingVersion) -> list[PromisedItem]:
    kinds, found = listings.promised_kinds(frozen), []
    for key, name, answer in listings.promised_by_key(frozen):
        kind = kinds.get(key)
        if kind is None:
            found.append(PromisedItem(f"answer:{key}", name, answer, _SELLER, is_known=False))
            continue
        bounds = None
        if kind.least is not None and kind.most is not None:
            bounds = Range(Decimal(kind.least), Decimal(kind.most), kind.decimals, kind.unit)
        found.append(PromisedItem(f"answer:{key}", name, answer, _SELLER, kind.value, kind.choices, bounds))
    return found
