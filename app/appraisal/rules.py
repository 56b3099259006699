"""Pure rules of the appraisal room: facts of a model, how a number and a name are compared and shown."""

from __future__ import annotations

import unicodedata

from app.goods import catalogue
from app.goods.models import Thing

# Apple states 1000 charge cycles for the iPhone 15 and later, 500 before; the scheme's own default covers everybody else.
_LONGER_CYCLES_FROM = (2023, 9)
_LONGER_CYCLES = "1000"


def facts_of(thing: Thing) -> dict[str, str]:
    """What is known about the thing from its model and not looked at during the inspection."""
    model = catalogue.find_model("phone", thing.brand, thing.model)
    if thing.category != "phone" or thing.brand != "apple" or model is None:
        return {}
    longer = (model.released_year, model.released_month or 0) >= _LONGER_CYCLES_FROM
    return {"design_cycles": _LONGER_CYCLES} if longer else {}


def masked(imei: str | None) -> str | None:
    """First six and last two digits: enough to compare with the phone in hand, not enough to copy it."""
    return f"{imei[:6]}*******{imei[-2:]}" if imei else None


def folded(name: str) -> str:
    """A name without spaces, for comparing what was typed with what stands in the account."""
    return "".join(unicodedata.normalize("NFC", name).split())
