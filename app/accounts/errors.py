"""Refusals of the accounts room."""

from __future__ import annotations

from app.kernel.errors import Conflict, InvalidInput, NotFound, Unavailable
from app.kernel.text import N_


class UserNotFound(NotFound):
    code = "user_not_found"


class OrganisationNotFound(NotFound):
    code = "organisation_not_found"


class EmailTaken(Conflict):
    code = "email_taken"
    message = N_("There is already an account with this e-mail address. You can sign in with it.")


class LinkDead(NotFound):
    """A link from a mail that was used, is too old, or never was sent; the page must not say which."""

    code = "link_dead"
    message = N_("This link no longer works: it was used already, or it is too old. Please ask for a new one.")


class WrongPassword(InvalidInput):
    """The same for an unknown address, a wrong password and a closed account."""

    code = "wrong_password"
    message = N_("The e-mail address and the password do not fit together. Please check both.")


class TooOften(Unavailable):
    """A limit of tries is reached; it opens again by itself."""

    status = 429
    code = "too_often"
    message = N_("That was too often in a short time. Please wait 5 minutes and try again; nothing is locked for good.")
    retry_after_seconds = 300


class TooBusy(Unavailable):
    code = "too_busy"
    message = N_("Many people are signing in just now. Please try again in a few seconds.")
    retry_after_seconds = 5


class DutiesExclude(Conflict):
    """Nobody may both grade goods for an agency and watch over the agencies."""

    code = "duties_exclude"
    message = N_("Nobody can be an appraiser and an officer of the regulator. This person needs a separate account and employer.")


class RoleUnfit(InvalidInput):
    code = "role_unfit"
    message = N_("This organisation cannot give this role.")


class TokenNotFound(NotFound):
    """No such token, or it is somebody else's."""

    code = "token_not_found"
    message = N_("This access token does not exist, or it is not yours.")


class TooManyTokens(Conflict):
    code = "too_many_tokens"
    message = N_("You already have %(count)s access tokens. Please revoke one first.")


class CreditCodeTaken(Conflict):
    code = "credit_code_taken"
    message = N_("There is already an organisation with this code: %(name)s.")


class InvitationNotFound(NotFound):
    """No such invitation, or it is for another address than that of this account; the page must not say which."""

    code = "invitation_not_found"
    message = N_(
        "This invitation does not exist, or it is for another e-mail address than that of this account. "
        "Please sign in with the address to which it was sent."
    )


class InvitedAlready(Conflict):
    code = "invited_already"
    message = N_("This address is invited to this role already. Withdraw that invitation first if it shall be sent again.")


class TooManyInvitations(Conflict):
    code = "too_many_invitations"
    message = N_("This organisation has sent %(count)s invitations in one day. Please go on tomorrow.")


class HasRole(Conflict):
    code = "has_role"
    message = N_("You have this role in this organisation already.")


class MembershipNotFound(NotFound):
    code = "membership_not_found"


class LastOne(Conflict):
    code = "last_one"
    message = N_("Nobody else has this role here. Somebody must stay, so please invite a second person first.")


class StaffStayOut(Conflict):
    """Staff of the marketplace decide about agencies, dealers and their reports."""

    code = "staff_stay_out"
    message = N_(
        "Staff of the marketplace cannot have a role elsewhere, because they decide about it. Another account is needed."
    )
