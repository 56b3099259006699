"""Refusals of the search."""

from app.kernel.errors import Unavailable
from app.kernel.text import N_


class SearchUnavailable(Unavailable):
    """The text index is missing, broken or busy. Pages then search the titles in the database and say so.

    Values: `reason`, for logs and staff only; the message does not show it.
    """

    code = "search_unavailable"
    message = N_("The search index is not ready right now.")
