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


GRADES: dict[str, str] = {
    "AAA": N_("Very reliable, shown by very many sales"),
    "AA": N_("Very reliable, shown by many sales"),
    "A": N_("Reliable"),
    "BBB": N_("As expected; little is known yet, or there were single problems"),
    "BB": N_("More problems than expected"),
    "B": N_("Many problems"),
    "CCC": N_("Very many problems"),
    "CC": N_("Mostly problems"),
    "C": N_("Serious problems"),
    "D": N_("Fraud or forgery was confirmed"),
    "NR": N_("No grade yet"),
}
DIMENSIONS: dict[str, str] = {
    "accuracy": N_("Items as described"),
    "disputes": N_("Sales without a problem decided against the seller"),
    "aftersales": N_("Problems solved with the buyer"),
    "fulfilment": N_("Sent in time, not cancelled"),
    "reviews": N_("Buyers' reviews"),
}
CONFIDENCE: dict[str, str] = {
    "low": N_("rests on few sales"),
    "medium": N_("rests on many sales"),
    "high": N_("rests on very many sales"),
}
REASONS: dict[str, str] = {
    "evidence": N_("The sales so far bear out no better grade."),
    "general": N_("A violation of the rules is still displayed."),
    "serious": N_("A serious violation of the rules is still displayed."),
}
PIECES: dict[str, str] = {"good": N_("good"), "half": N_("half"), "bad": N_("problem")}
NOT_COUNTED: dict[str, str] = {
    "void": N_("not counted: overturned or not genuine"),
    "same_order": N_("not counted: another record of the same sale counts"),
}
