"""What bringing an appliance costs before anything is bought, and what was agreed in an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.listings import queries as listings
from app.listings.models import Listing, ListingVersion
from app.trades import rules
from app.trades.carrying import INSTALLING, OLD_UNIT, TABLE, Charge, Tariff, carrying, charges
from app.trades.models import Order, OrderDelivery
from app.trades.rules import Address


@dataclass(frozen=True)
class Offered:
    """What the seller offers for bringing this appliance, with the prices of its type."""

    codes: tuple[str, ...]
    tariff: Tariff

    @property
    def by_table(self) -> bool:
        return TABLE in self.codes

    @property
    def takes_old_unit(self) -> bool:
        return OLD_UNIT in self.codes

    @property
    def installs(self) -> bool:
        return INSTALLING in self.codes


def offered_by(work: Work, listing: Listing) -> Offered | None:
    """As the present version of the offer says; None where nothing is brought into a room."""
    if listing.category != "appliance" or not listing.by_parcel or not listing.current_version_no:
        return None
    return offered_in(listings.version(work, listing.id, listing.current_version_no), listing.kind)


def offered_in(frozen: ListingVersion, kind: str | None) -> Offered | None:
    """As a frozen version says; None for a type that the table does not know."""
    tariff = carrying().types.get(kind or "")
    said = frozen.content["answers"].get("bringing") or ()
    return None if tariff is None else Offered(tuple(code for code in said if code != "free"), tariff)


def possible(offered: Offered, to: Address, today: date) -> dict[str, str]:
    """One sentence for each wish that this seller does not offer or that cannot be; empty when all is well."""
    return rules.wrong_wishes(to, offered.tariff, offered.takes_old_unit, offered.installs, slots(today))


def charges_for(offered: Offered, to: Address) -> tuple[Charge, ...]:
    """The lines that are paid for bringing it there."""
    return charges(offered.tariff, offered.codes, rules.way_of(to))


def slots(today: date) -> list[str]:
    """Days and parts of the day that can be asked for: 2026-12-01 am."""
    days = carrying().days
    return [
        f"{today + timedelta(days=ahead)} {part.code}" for ahead in range(days.first, days.last + 1) for part in carrying().parts
    ]


def quote(work: Work, listing: Listing, typed: Mapping[str, str]) -> tuple[Charge, ...] | None:
    """What bringing it costs by what was typed; None while that cannot be said."""
    offered = offered_by(work, listing)
    if offered is None:
        return None
    to, errors = rules.read_room(Address("", "", ""), typed)
    if errors or possible(offered, to, shanghai_day(work.now)):
        return None
    return charges_for(offered, to)


def delivery_of(work: Work, order_id: int) -> OrderDelivery | None:
    """What was agreed about bringing it; None for phones, meetings, and orders made before it was asked."""
    return work.session.scalars(select(OrderDelivery).where(OrderDelivery.order_id == order_id)).one_or_none()


def is_installed(work: Work, order: Order) -> bool:
    """Whether the time for checking begins with the installation and not with the arrival."""
    plan = delivery_of(work, order.id)
    return plan is not None and plan.installing != "none"
