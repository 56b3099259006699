"""Reads of the schemes room: the shelf of all revisions, what waits, what was confirmed."""

from app.schemes.queries.confirming import ItemStanding, Progress, Seen, progress, reading_of_agency, readings_to_check
from app.schemes.queries.proposals import (
    Proposed,
    backing_faults,
    deciders_left,
    proposal_by_code,
    proposals,
)
from app.schemes.queries.shelf import (
    Revision,
    bytes_of,
    find_scheme,
    get_scheme,
    newest_scheme,
    revision_of,
    revisions,
    scheme_ids,
    scheme_in_force,
)

__all__ = [
    "ItemStanding",
    "Progress",
    "Proposed",
    "Revision",
    "Seen",
    "backing_faults",
    "bytes_of",
    "deciders_left",
    "find_scheme",
    "get_scheme",
    "newest_scheme",
    "progress",
    "proposal_by_code",
    "proposals",
    "reading_of_agency",
    "readings_to_check",
    "revision_of",
    "revisions",
    "scheme_ids",
    "scheme_in_force",
]
