"""Invitations: a role is offered by mail, and whoever has the address takes it, declines it, or lets the time pass."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.accounts import queries
from app.accounts.errors import HasRole, InvitationNotFound, InvitedAlready, TooManyInvitations
from app.accounts.events import InvitationDeclined, InvitationMade
from app.accounts.models import LOCALES, Invitation, Membership, Organisation
from app.accounts.policy import may_name
from app.accounts.rules import INVITATION_LIFE, INVITATIONS_PER_DAY, NOT_AN_EMAIL, normal_email
from app.accounts.service.organisations import appoint, organisation_for_update
from app.accounts.states import ACCEPT, DECLINE, INVITATION_FLOW, LAPSE, OPEN, WITHDRAW
from app.kernel.deadlines import clear_deadlines, set_deadline
from app.kernel.errors import InvalidInput, NotAllowed
from app.kernel.ids import is_code, new_code
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.work import Work


def invite(work: Work, organisation: Organisation, role: str, email: str, locale: str) -> Invitation:
    """Offer a role to whoever has the address.

    Raises InvitedAlready, TooManyInvitations, NotAllowed, or InvalidInput naming the field.
    """
    try:
        address = normal_email(email)
    except ValueError:
        raise InvalidInput({"email": NOT_AN_EMAIL}) from None
    if not may_name(work.actor, organisation, role):
        raise NotAllowed()
    if address == queries.user_by_id(work, work.actor.id).email and role != "appraiser":
        raise InvalidInput({"email": N_("This is your own address. Only the role of an appraiser can be offered to oneself.")})
    if any(person.email == address for person in queries.members(work, organisation.id, role)):
        raise InvalidInput({"email": N_("Whoever has this address has this role here already.")})
    _count(work, organisation)
    invitation = Invitation(
        code=new_code(),
        organisation_id=organisation.id,
        org_kind=organisation.kind,
        role=role,
        email=address,
        locale=locale if locale in LOCALES else LOCALES[0],
        invited_by_id=work.actor.id,
        state=OPEN,
        version=1,
        entered_at=work.now,
        created_at=work.now,
        expires_at=work.now + INVITATION_LIFE,
    )
    try:
        with work.session.begin_nested():
            work.session.add(invitation)
    except IntegrityError as taken:
        raise InvitedAlready() from taken
    INVITATION_FLOW.start(work, invitation, {"organisation": organisation.code, "role": role})
    set_deadline(work, "invitation", invitation.id, "lapse", invitation.expires_at, invitation.version)
    announce(work, InvitationMade(invitation.id))
    return invitation


def _count(work: Work, organisation: Organisation) -> None:
    """Mails to strangers are limited. Raises TooManyInvitations."""
    lately = select(func.count(Invitation.id)).where(
        Invitation.organisation_id == organisation.id, Invitation.created_at > work.now - timedelta(days=1)
    )
    if work.session.scalars(lately).one() >= INVITATIONS_PER_DAY:
        raise TooManyInvitations(count=INVITATIONS_PER_DAY)


def accept(work: Work, code: str) -> Membership:
    """Take the role. Every session and token of the person ends. Raises InvitationNotFound, and what ``appoint`` raises."""
    invitation = queries.own_invitation(work, code)
    organisation = organisation_for_update(work, invitation.organisation_id)
    # Whoever invited may have lost the power to do so, or the account.
    inviter = queries.user_by_id(work, invitation.invited_by_id)
    if inviter.disabled_at is not None or not may_name(queries.actor_for(work, inviter), organisation, invitation.role):
        raise InvitationNotFound()
    if any(person.id == work.actor.id for person in queries.members(work, organisation.id, invitation.role)):
        raise HasRole()
    _answer(work, invitation, ACCEPT)
    return appoint(work, queries.user_by_id(work, work.actor.id), organisation, invitation.role)


def decline(work: Work, code: str) -> None:
    """The person does not want the role; whoever invited them is told. Raises InvitationNotFound."""
    invitation = queries.own_invitation(work, code)
    _answer(work, invitation, DECLINE)
    announce(work, InvitationDeclined(invitation.id))


def withdraw(work: Work, organisation: Organisation, code: str) -> None:
    """Take an invitation back. Raises InvitationNotFound, also when it was answered in the meantime."""
    wanted = select(Invitation).where(
        Invitation.code == code, Invitation.organisation_id == organisation.id, Invitation.state == OPEN
    )
    invitation = work.session.scalars(wanted).one_or_none() if is_code(code) else None
    if invitation is None:
        raise InvitationNotFound()
    if not may_name(work.actor, organisation, invitation.role):
        raise NotAllowed()
    _end(work, invitation, WITHDRAW)


def on_lapse(work: Work, invitation_id: int) -> None:
    """Nobody answered in time."""
    invitation = queries.invitation_by_id(work, invitation_id)
    if invitation.state == OPEN and work.now >= invitation.expires_at:
        _end(work, invitation, LAPSE)


def _answer(work: Work, invitation: Invitation, event: str) -> None:
    invitation.user_id = work.actor.id
    _end(work, invitation, event)


def _end(work: Work, invitation: Invitation, event: str) -> None:
    """The last step: the address is needed no longer and forgotten."""
    INVITATION_FLOW.apply(work, invitation, event)
    invitation.email = None
    clear_deadlines(work, "invitation", invitation.id)
