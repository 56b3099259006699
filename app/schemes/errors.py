"""Refusals of the schemes room."""

from __future__ import annotations

from app.kernel.errors import Conflict, NotAllowed, NotFound
from app.kernel.text import N_


class SchemeNotFound(NotFound):
    code = "scheme_not_found"
    message = N_("There is no appraisal scheme with this name.")


class ProposalNotFound(NotFound):
    """No such proposal of a revision."""

    code = "scheme_proposal_not_found"


class ReadingNotFound(NotFound):
    """No such reading, or it is another agency's."""

    code = "scheme_reading_not_found"


class OperatorsOnly(NotAllowed):
    """Revisions are proposed and decided by operators."""

    code = "operators_only"


class ReadersOnly(NotAllowed):
    """Only people of an appraisal agency compare a scheme with the standard."""

    code = "readers_only"
    message = N_("Only people of an appraisal agency can compare a scheme with the text of the standard.")


class OwnProposal(NotAllowed):
    """Who proposed a revision does not approve it."""

    code = "own_proposal"
    message = N_("You proposed this revision. Somebody else of the operators must approve it.")


class NotYourProposal(NotAllowed):
    """Only who proposed a revision takes it back; others refuse it."""

    code = "not_your_proposal"
    message = N_("Only the person who uploaded this can take it back. You can refuse it with a reason.")


class OwnReading(NotAllowed):
    """Who read an item does not check it."""

    code = "own_reading"
    message = N_("You read this item yourself. Somebody else of your agency must look it up again.")


class AlreadyDecided(Conflict):
    """Somebody else decided in the meantime."""

    code = "scheme_already_decided"
    message = N_("This proposal is decided already. Please look at it again.")


class AlreadyChecked(Conflict):
    """Somebody else checked in the meantime."""

    code = "scheme_already_checked"
    message = N_("This reading was checked already. Please look at it again.")


class TooLate(Conflict):
    """The first day of the revision is not in the future any more."""

    code = "scheme_too_late"
    message = N_(
        "This revision was to begin on %(day)s. A revision begins on a day after its approval: please upload it with a later day."
    )


class Overtaken(Conflict):
    """Another revision was approved since this one was uploaded."""

    code = "scheme_overtaken"
    message = N_("Another revision was approved in the meantime. Please upload this one again as the one that follows it.")


class NoLongerFits(Conflict):
    """What the file calls confirmed was read otherwise since, or the marketplace asks for more by now."""

    code = "scheme_no_longer_fits"
    message = N_(
        "What was true when this was uploaded is not any more. Please refuse it and have it uploaded again: that says why."
    )
