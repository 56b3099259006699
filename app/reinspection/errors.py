"""Refusals of the room of re-inspections."""

from __future__ import annotations

from app.kernel.errors import Conflict, NotAllowed, NotFound
from app.kernel.text import N_


class ReinspectionNotFound(NotFound):
    """No such re-inspection, or it is not yours."""

    code = "reinspection_not_found"


class NotConcerned(NotAllowed):
    """Only who owns the thing, or is buying it, contests its grade."""

    code = "not_concerned"
    message = N_("Only the owner of the item, or somebody who is buying it now, can contest its grade.")


class ContestTooLate(Conflict):
    """The report's last day is over."""

    code = "contest_too_late"
    message = N_("This report was in force until %(day)s, so it can no longer be contested. A new appraisal can be ordered.")
    shown = ("day",)


class ReportNotInForce(Conflict):
    """Another report speaks for the thing, or this one was withdrawn."""

    code = "report_not_in_force"
    message = N_("This report does not speak for the item any more, so there is nothing to contest.")


class ContestedBefore(Conflict):
    """The same person has contested the same report, and it was decided."""

    code = "contested_before"
    message = N_("You have contested this report before, and another agency has found the same grade. It is not done twice.")


class ContestOpen(Conflict):
    """Somebody else was first."""

    code = "contest_open"
    message = N_("This report is being looked at a second time already. The result counts for everybody, so please wait for it.")


class AppraisalUnderWay(Conflict):
    """An ordinary appraisal of the thing runs."""

    code = "appraisal_under_way"
    message = N_("The item is being appraised just now. Please wait for that report; it will speak for the item.")


class InspectionBegun(Conflict):
    """Nobody shall see a bad result coming and make it unseen."""

    code = "inspection_begun"
    message = N_("The second inspection has begun, so it can no longer be taken back. The result will be here soon.")


class DepositJustPaid(Conflict):
    """The deposit arrived in the moment in which the contest is taken back."""

    code = "deposit_just_paid"
    message = N_("The deposit has just arrived. Please open this page again.")
