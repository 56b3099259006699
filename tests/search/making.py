"""Fills a scratch database with listings on sale, quickly: rows only, without the wizard's many steps."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from app.accounts.models import User
from app.goods.models import Thing
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.listings.models import Listing, ListingVersion
from app.listings.states import ACTIVE

_numbers = itertools.count(1)


def put_on_sale(hub: Hub, seller: User, *, state: str = ACTIVE, days_left: int = 30, **facts: Any) -> int:
    """One listing in its table; returns its id. ``facts`` are columns of Listing, such as ``brand="huawei"``."""
    number = next(_numbers)
    whole: dict[str, Any] = {
        "category": "phone",
        "schema_id": "phone-1",
        "draft": {},
        "title": "iPhone 13 128GB",
        "brand": "apple",
        "model": "iphone-13",
        "storage_gb": 128,
        "colour": "midnight",
        "price_fen": 238_000,
        "district": "yubei",
        "tier": None,
        **facts,
    }
    with hub.begin(SYSTEM) as work:
        whole.setdefault("published_at", work.now + timedelta(seconds=number))
        thing = Thing(
            category="phone", brand=whole["brand"], model=whole["model"], storage_gb=whole["storage_gb"], attributes={},
            owner_id=seller.id, created_at=work.now,
        )  # fmt: skip
        work.session.add(thing)
        work.session.flush()
        listing = Listing(
            seller_id=seller.id,
            thing_id=thing.id,
            state=state,
            entered_at=work.now,
            created_at=work.now,
            current_version_no=1,
            expires_at=work.now + timedelta(days=days_left),
            **whole,
        )
        work.session.add(listing)
        work.session.flush()
        version = ListingVersion(
            listing_id=listing.id,
            no=1,
            content={},
            sha256="0" * 64,
            price_fen=whole["price_fen"],
            title=whole["title"],
            at=work.now,
        )
        work.session.add(version)
        return listing.id


def change(hub: Hub, listing_id: int, **facts: Any) -> None:
    with hub.begin(SYSTEM) as work:
        listing = work.session.get_one(Listing, listing_id)
        for name, value in facts.items():
            setattr(listing, name, value)
