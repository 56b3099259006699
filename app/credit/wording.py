"""What an event says, as a marked sentence and its values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.credit.catalogue import NOT_IN_TIME, OUTCOMES, WORDS
from app.kernel.text import N_

_SOLD_BETWEEN = N_("A sale between %(low)s and %(high)s yuan was completed: the buyer has the item and the money was released.")


def sentence(type: str, data: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The sentence of one event; a kind that is not known here is shown by its name."""
    if type == "dispute.decided" and data.get("outcome") in OUTCOMES:
        return OUTCOMES[data["outcome"]], {}
    if type == "order.cancelled_by_seller" and data.get("reason") == "not_shipped":
        return NOT_IN_TIME, {}
    low, _, high = str(data.get("amount_band") or "").partition("-")
    if type == "order.completed" and high:
        return _SOLD_BETWEEN, {"low": f"{int(low):,}", "high": f"{int(high):,}"}
    return WORDS.get(type, type), {}
