"""Makes appliances that are brought into a room, for the tests of every room."""

from __future__ import annotations

from typing import Any

from app.accounts.models import User
from app.kernel.hub import Hub
from app.listings.models import Listing
from app.trades import service
from app.trades.models import Order
from app.trades.states import PARCEL
from tests.accounts.making import actor, make_user
from tests.listings.making import make_thing_listing
from tests.payments.making import settle
from tests.trades.making import ADDRESS, as_buyer, as_seller, fresh

FRIDGE: dict[str, Any] = {
    "type": "refrigerator",
    "brand": "haier",
    "facts": {"volume": "216", "bought": "2023-06", "made": "2023-04"},
    "delivery": ["parcel", "meeting"],
    "price": 120_000,
}
ALL = ("table", "old_unit", "installing")
WAY = {"floor": "6", "lift": "no", "door_cm": "70", "old_unit": "yes", "installing": "seller"}
COSTS = 12_000 + 5 * 2_000 + 6_000 + 6_000 + 3_000  # of a fridge up five floors through a narrow door, with everything
_serials = iter(range(100_000, 999_999))


def fridge(hub: Hub, *offered: str, seller: User | None = None) -> Listing:
    """A fridge whose seller offers this for bringing it; without anything said: everything by the table."""
    wanted = {**FRIDGE, "serial": f"BCD216F{next(_serials)}", "answers": {"floor": "3", "bringing": list(offered or ALL)}}
    return make_thing_listing(hub, seller or make_user(hub, name="许清和"), "appliance", wanted)


def order_fridge(
    hub: Hub, listing: Listing | None = None, buyer: User | None = None, *, expected_fen: int = COSTS, **way: str
) -> Order:
    listing = listing or fridge(hub)
    with hub.begin(actor(hub, buyer or make_user(hub, name="沈知遥"))) as work:
        return service.buy(
            work,
            hub.sealer,
            hub.settings,
            listing.code,
            listing.price_fen or 0,
            PARCEL,
            {**ADDRESS, **WAY, **way},
            expected_delivery_fen=expected_fen,
        )


def on_its_way(hub: Hub, *, buyer: User | None = None, seller: User | None = None) -> Order:
    """A fridge that is being brought."""
    order = order_fridge(hub, fridge(hub, seller=seller), buyer)
    settle(hub, order.payment_code)
    as_seller(hub, order, service.ship, order.code, "own", "", False)
    return fresh(hub, order)


def changed(hub: Hub, *, buyer: User | None = None, seller: User | None = None) -> Order:
    """The same, and on site its seller asks for 40 yuan more."""
    order = on_its_way(hub, buyer=buyer, seller=seller)
    as_seller(hub, order, service.propose_change, order.code, "floor", "约定六楼，实际八楼。", 4_000)
    return fresh(hub, order)


def brought(hub: Hub, *, buyer: User | None = None, seller: User | None = None) -> Order:
    """A fridge that stands in its buyer's room and is not installed yet."""
    order = on_its_way(hub, buyer=buyer, seller=seller)
    as_buyer(hub, order, service.confirm_receipt, order.code)
    return fresh(hub, order)
