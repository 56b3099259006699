"""Refusals of this room."""

from __future__ import annotations

from app.kernel.errors import Conflict, NotFound, Unavailable
from app.kernel.text import N_


class SellerNotFound(NotFound):
    code = "seller_not_found"
    message = N_("We could not find this seller. The address may not be complete.")


class AppraiserNotFound(NotFound):
    code = "appraiser_not_found"
    message = N_("We could not find this appraiser. The address may not be complete.")


class CreditEventNotFound(NotFound):
    code = "credit_event_not_found"
    message = N_("There is no record under this number.")


class NoCheckpointYet(NotFound):
    code = "no_checkpoint_yet"
    message = N_("The log has no signed checkpoint yet. Please come back in a few minutes.")


class NoScoreYet(NotFound):
    code = "no_score_yet"
    message = N_("There is no score card yet: nothing was recorded of this person, or the rules of scores are not published yet.")


class NoPlatformRecord(NotFound):
    code = "no_platform_record"
    message = N_("The marketplace has no record of its own yet: the rules for it are not published.")


class ScoreRulesNotFound(NotFound):
    code = "score_rules_not_found"
    message = N_("There are no rules of scores under this name and number.")


class TileNotFound(NotFound):
    code = "tile_not_found"
    message = N_("The log has no such part, or is not that long yet.")


class KeyNotFound(NotFound):
    code = "regulator_key_not_found"
    message = N_("Your authority has no such key.")


class KeyNeedsAnother(Conflict):
    code = "regulator_key_needs_another"
    message = N_("A key is confirmed by another officer than the one who brought it.")


class KeyEnded(Conflict):
    code = "regulator_key_ended"
    message = N_("This key was ended. Please register a new one.")


class FindingNotFound(NotFound):
    code = "finding_not_found"
    message = N_("There is no such finding, or the time of its display is over.")


class CasesBusy(Unavailable):
    """Case files are made one after the other; the ones before took too long."""

    code = "cases_busy"
    message = N_("Several case files are being put together at the moment. Please try again in a minute.")


class EventRefused(ValueError):
    """A caller tried to record something that the catalogue does not allow: a mistake in our own code, never a user's."""
