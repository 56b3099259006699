"""Makes claims through the verbs, for the tests of every room."""

from __future__ import annotations

from typing import Any

from app.accounts.models import User
from app.aftersales import queries, service
from app.aftersales.models import Claim
from app.aftersales.service import Wanted
from app.aftersales.states import BUYER_TURN, DENIED, ESCALATED, PARTIAL, REMEDIED, RETURN, RETURNING, SELLER_TURN, WITHDRAWN
from app.kernel.hub import Hub
from app.trades.models import Order
from app.trades.states import ACCEPTANCE
from tests.accounts.making import actor, make_member, make_user
from tests.aftersales.deciding import decided, ruling
from tests.appraisal.making import make_report
from tests.listings.making import fresh as fresh_listing
from tests.listings.making import make_listing, tiny_photo
from tests.trades.making import as_buyer, as_seller, make_order

WORDS = "屏幕边缘有胶，不是原装，报告没有写。"
ITEM = "report:screen_glass"
_photos = iter(range(1000, 10_000))


def arrived(hub: Hub, state: str = ACCEPTANCE, *, seller: User | None = None, buyer: User | None = None) -> Order:
    """An order of an appraised phone that a dealer sold (or ``seller``), and that has arrived."""
    seller = seller or make_member(hub, "dealer")
    listing = make_listing(hub, seller)
    make_report(hub, listing=listing)
    hub.drain()
    return make_order(hub, state, seller=seller, buyer=buyer or make_user(hub), listing=fresh_listing(hub, listing.id))


def wanted(**changes: Any) -> Wanted:
    whole: dict[str, Any] = {
        "reason": "hidden_repair",
        "text": WORDS,
        "remedy": PARTIAL,
        "items": [ITEM],
        "amount_fen": 20_000,
        "photos": [tiny_photo(next(_photos))],
    }
    return Wanted(**{**whole, **changes})


def claim(hub: Hub, order: Order, **changes: Any) -> Claim:
    """The buyer opens a claim; as it stands then."""
    return fresh(hub, as_buyer(hub, order, service.open_claim, hub.store, hub.sealer, order.code, wanted(**changes)))


def fresh(hub: Hub, row: Claim) -> Claim:
    with hub.look() as work:
        found = work.session.get_one(Claim, row.id)
        work.session.expunge(found)
        return found


def make_claim(hub: Hub, state: str = SELLER_TURN, order: Order | None = None, **changes: Any) -> tuple[Claim, Order]:
    """A claim in the wanted state, brought there through the verbs."""
    order = order or arrived(hub)
    if state == RETURNING:
        changes = {"remedy": RETURN, "amount_fen": None, **changes}
    row = claim(hub, order, **changes)
    if state in (REMEDIED, RETURNING):
        as_seller(hub, order, service.accept, row.code, row.version)
    elif state == WITHDRAWN:
        as_buyer(hub, order, service.withdraw, row.code, row.version)
    elif state in (BUYER_TURN, ESCALATED, DENIED):
        as_seller(hub, order, service.refuse, row.code, row.version, "发货前的视频里屏幕完好，没有换过。")
        row = fresh(hub, row)
        if state != BUYER_TURN:
            as_buyer(hub, order, service.escalate, row.code, row.version)
            row = fresh(hub, row)
        if state == DENIED:
            decided(hub, row, ruling("", None, "none", reasons="照片看不出更换过，不予支持。"))
    found = fresh(hub, row)
    assert found.state == state, f"wanted {state}, got {found.state}"
    return found, order


def pieces(hub: Hub, row: Claim) -> list[queries.Piece]:
    with hub.look() as work:
        return queries.evidence_of(work, row.id)


def party(hub: Hub, user_id: int) -> Any:
    with hub.look() as work:
        return actor(hub, work.session.get_one(User, user_id))


def make_offered(hub: Hub, order: Order) -> Claim:
    """A claim to which the seller has offered something else; the buyer answers."""
    row, _ = make_claim(hub, order=order)
    as_seller(hub, order, service.offer, row.code, row.version, PARTIAL, 5_000, "愿意退五十元，边缘的胶不影响使用。")
    return fresh(hub, row)
