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


def make_car(hub: Hub, owner: User, *, energy: str = "petrol", **attributes: Any) -> Thing:
    """A car of this owner, without its VIN."""
    facts = {"colour": "white", "energy": energy, "registered": "2020-05", "mileage": 52_000, **attributes}
    with hub.begin(actor(hub, owner)) as work:
        return service.register_thing(work, "car", "volkswagen", "lavida", facts)


def make_appliance(hub: Hub, owner: User, *, brand: str = "haier", type: str = "washing_machine", **attributes: Any) -> Thing:
    """An appliance of this owner, of a model that the catalogue does not list."""
    facts = {"type": type, "model_name": "G100", "bought": "2023-06", "made": "2023-04", **attributes}
    with hub.begin(actor(hub, owner)) as work:
        return service.register_thing(work, "appliance", brand, "other", facts)
