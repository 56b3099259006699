"""Refusals of this room."""

from __future__ import annotations

from app.kernel.errors import NotFound
from app.kernel.text import N_


class SellerNotFound(NotFound):
    code = "seller_not_found"
    message = N_("We could not find this seller. The address may not be complete.")


class CreditEventNotFound(NotFound):
    code = "credit_event_not_found"
    message = N_("There is no record under this number.")


class NoCheckpointYet(NotFound):
    code = "no_checkpoint_yet"
    message = N_("The log has no signed checkpoint yet. Please come back in a few minutes.")


class TileNotFound(NotFound):
    code = "tile_not_found"
    message = N_("The log has no such part, or is not that long yet.")


class EventRefused(ValueError):
    """A caller tried to record something that the catalogue does not allow: a mistake in our own code, never a user's."""
