"""What the buyer of an appliance typed about the way into the room, as the price sees it."""

from __future__ import annotations

from collections.abc import Collection

from app.kernel.text import N_
from app.trades.carrying import SELLER, Tariff, Way
from app.trades.rules.typed import Address


def way_of(to: Address) -> Way:
    """The way into the room, from an address that was read."""
    return Way(
        floor=int(to.floor),
        by_stairs=to.lift != "yes",
        door_cm=int(to.door_cm) if to.door_cm else None,
        old_unit=to.old_unit == "yes",
        installing=to.installing or "none",
    )


def wrong_wishes(to: Address, tariff: Tariff, takes_old_unit: bool, installs: bool, slots: Collection[str]) -> dict[str, str]:
    """What this seller does not do, and what cannot be: by field."""
    errors = {}
    if to.old_unit == "yes" and not takes_old_unit:
        errors["old_unit"] = N_("This seller does not take an old one away.")
    if to.installing == SELLER and not installs:
        errors["installing"] = N_("This seller does not install it. Please choose another answer.")
    if to.door_cm and int(to.door_cm) < tariff.least_cm:
        errors["door_cm"] = N_("It does not fit through a door of this width. Please measure again, or do not buy it.")
    if to.slot and to.slot not in slots:
        errors["slot"] = N_("Please choose one of the days that are offered.")
    return errors
