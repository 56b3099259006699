"""Brings claims to each step of the way back, through the verbs."""

from __future__ import annotations

from typing import Any

from app.aftersales import queries, service
from app.aftersales.models import Claim, ClaimReturn
from app.aftersales.states import RETURN, RETURNING
from app.goods.models import Thing
from app.kernel.hub import Hub
from app.trades.models import Order
from app.trades.states import ACCEPTANCE
from tests.aftersales.making import arrived, fresh, make_claim
from tests.trades.making import as_buyer, as_seller

HOME = ("贺兰", "13900139000", "重庆市沙坪坝区梧桐里 12 号 3-1")
PARCEL = ("yto", "YT1234567890123")
OTHER_IMEI = "356938035643809"


def going_back(hub: Hub, step: str = "address", *, state: str = ACCEPTANCE, order: Order | None = None) -> tuple[Claim, Order]:
    """A claim whose return is agreed, with the wanted next step: address, send, receive."""
    row, order = make_claim(hub, order=order or arrived(hub, state), remedy=RETURN, amount_fen=None)
    as_seller(hub, order, service.accept, row.code, row.version)
    if step != "address":
        as_seller(hub, order, service.name_address, hub.sealer, row.code, fresh(hub, row).version, *HOME)
    if step == "receive":
        as_buyer(hub, order, service.send_back, row.code, fresh(hub, row).version, *PARCEL)
    row = fresh(hub, row)
    assert row.state == RETURNING
    assert queries.leg_of(way_back(hub, row)) == step
    return row, order


def way_back(hub: Hub, row: Claim) -> ClaimReturn | None:
    with hub.look() as work:
        return queries.return_of(work, row.id)


def thing_of(hub: Hub, order: Order) -> Thing:
    with hub.look() as work:
        found = work.session.get_one(Thing, order.thing_id)
        work.session.expunge(found)
        return found


def receive(hub: Hub, row: Claim, order: Order, number: str | None = None, **more: Any) -> Claim:
    """The seller reads the number off what came back; without one, that of the thing that was sold."""
    read = thing_of(hub, order).imei if number is None else number
    as_seller(hub, order, lambda work: service.receive_back(work, row.code, fresh(hub, row).version, read or "", **more))
    return fresh(hub, row)
