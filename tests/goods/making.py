"""Makes things through the verbs, for the tests of every room."""

from __future__ import annotations

from typing import Any

from app.accounts.models import User
from app.goods import service
from app.goods.models import Thing
from app.kernel.hub import Hub
from tests.accounts.making import actor
from tests.listings.making import make_imei

NEW = "a fresh one"


def make_thing(
    hub: Hub,
    owner: User,
    *,
    brand: str = "apple",
    model: str = "iphone-13",
    imei: str | None = NEW,
    serial: str | None = None,
    **attributes: Any,
) -> Thing:
    """A phone of this owner. Its IMEI is a fresh one unless another (or None) is given."""
    facts = {"storage_gb": 128, "colour": "midnight", **attributes}
    with hub.begin(actor(hub, owner)) as work:
        return service.register_thing(work, "phone", brand, model, facts, make_imei() if imei == NEW else imei, serial)
