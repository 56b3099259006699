"""Refusals of this room."""

from __future__ import annotations

from app.kernel.errors import Conflict, NotAllowed, NotFound
from app.kernel.text import N_


class OfficersOnly(NotAllowed):
    code = "officers_only"
    message = N_("Only officers of a regulator may read records here.")


class PurposeNotFound(NotFound):
    code = "purpose_not_found"
    message = N_("We could not find this purpose among yours.")


class PurposeClosed(Conflict):
    code = "purpose_closed"
    message = N_("This purpose is closed. Open a new one, with its case number, to read records.")


class SubjectNotFound(NotFound):
    code = "subject_not_found"
    message = N_("We could not find this person. Nothing was read.")


class NoAccessRow(RuntimeError):
    """A record was to be read without its access row: a mistake in our own code, never a user's."""
