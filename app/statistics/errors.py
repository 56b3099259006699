"""Refusals of this room."""

from __future__ import annotations

from app.kernel.errors import Conflict, NotFound
from app.kernel.text import N_


class PeriodNotFound(NotFound):
    code = "period_not_found"
    message = N_("There are no closed statistics for this period.")


class PeriodNotOver(Conflict):
    code = "period_not_over"
    message = N_("This period is not over yet. It can be closed a day after its end.")


class PartsNotClosed(Conflict):
    code = "parts_not_closed"
    message = N_("Close the months and quarters of this period first.")


class NothingBefore(Conflict):
    code = "nothing_before"
    message = N_("Nothing happened on this marketplace before the end of this period.")


class WiderIsClosed(Conflict):
    code = "wider_is_closed"
    message = N_("A longer period that holds this one is closed already.")
