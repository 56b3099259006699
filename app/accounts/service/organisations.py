"""Organisations, and who holds which role in them."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.accounts import queries
from app.accounts.errors import CreditCodeTaken, DutiesExclude, LastOne, RoleUnfit, StaffStayOut
from app.accounts.events import MemberJoined, MemberLeft
from app.accounts.models import (
    DUTY_OF_ROLE,
    KIND_OF_ROLE,
    ORGANISATION_KINDS,
    Invitation,
    Membership,
    Organisation,
    User,
)
from app.accounts.policy import may_name
from app.accounts.rules import CREDIT_CODE_FAULTS, FOUNDED_BY_STAFF, LONGEST_ORGANISATION, NEVER_EMPTY
from app.accounts.service.sessions import end_all_sessions
from app.accounts.states import INVITATION_FLOW, OPEN, WITHDRAW
from app.kernel.audit import record
from app.kernel.deadlines import clear_deadlines
from app.kernel.errors import InvalidInput, NotAllowed
from app.kernel.ids import new_code
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.work import Work
from grading.ids import check_credit_code


def create_organisation(work: Work, kind: str, name: str, credit_code: str | None = None) -> Organisation:
    """Make an organisation: agency, dealer, regulator or operator. Only the demo's have no ``credit_code``."""
    organisation = Organisation(code=new_code(), kind=kind, name=name.strip(), credit_code=credit_code, created_at=work.now)
    work.session.add(organisation)
    work.session.flush()
    record(work, "organisation.create", "organisation", organisation.id, {"kind": kind, "name": organisation.name})
    return organisation


def found_organisation(work: Work, kind: str, name: str, credit_code: str) -> Organisation:
    """Take an organisation in, with its unified social credit code (GB 32100-2015).

    Staff may found agencies and dealers; a regulator and the operator itself are founded by command only. Raises NotAllowed,
    CreditCodeTaken, or InvalidInput naming the field.
    """
    if work.actor.kind != "system" and not (work.actor.has("operator") and kind in FOUNDED_BY_STAFF):
        raise NotAllowed()
    errors = {}
    if kind not in ORGANISATION_KINDS:
        errors["kind"] = N_("Please choose one of the answers.")
    name = " ".join(name.split())
    if not 2 <= len(name) <= LONGEST_ORGANISATION:
        errors["name"] = N_("Please give the full name, in 2 to 80 characters.")
    checked = check_credit_code(credit_code)
    if checked.reason is not None:
        errors["credit_code"] = CREDIT_CODE_FAULTS[checked.reason]
    if errors:
        raise InvalidInput(errors)
    try:
        with work.session.begin_nested():
            return create_organisation(work, kind, name, checked.value)
    except IntegrityError as taken:
        known = work.session.scalars(select(Organisation).where(Organisation.credit_code == checked.value)).one()
        raise CreditCodeTaken(name=known.name) from taken


def add_member(work: Work, user: User, organisation: Organisation, role: str) -> Membership:
    """Give the person a role. Their sessions and tokens end: what is from before must not gain new powers.

    Raises RoleUnfit when such an organisation has no such role, DutiesExclude when the person stands on the other side
    (or once did: an account never changes sides, because what it signed stays). A role held already is returned as it is.
    """
    if KIND_OF_ROLE.get(role) != organisation.kind:
        raise RoleUnfit()
    duty = DUTY_OF_ROLE.get(role)
    if duty is not None and user.duty not in (None, duty):
        raise DutiesExclude()
    held = select(Membership).where(
        Membership.user_id == user.id,
        Membership.organisation_id == organisation.id,
        Membership.role == role,
        Membership.until_at.is_(None),
    )
    membership = work.session.scalars(held).one_or_none()
    if membership is not None:
        return membership
    if duty is not None and user.duty is None:
        work.session.execute(update(User).where(User.id == user.id, User.duty.is_(None)).values(duty=duty))
        # Somebody may have given the other duty since the row was read.
        if work.session.scalars(select(User.duty).where(User.id == user.id)).one() != duty:
            raise DutiesExclude()
    membership = Membership(
        code=new_code(),
        user_id=user.id,
        organisation_id=organisation.id,
        org_kind=organisation.kind,
        role=role,
        duty=duty,
        since_at=work.now,
    )
    work.session.add(membership)
    work.session.flush()
    end_all_sessions(work, user.id)
    detail = {"user": user.code, "organisation": organisation.code, "role": role}
    record(work, "membership.add", "membership", membership.id, detail)
    return membership


def appoint(work: Work, user: User, organisation: Organisation, role: str) -> Membership:
    """Give a role and tell those whom it concerns. Raises StaffStayOut, and what ``add_member`` raises."""
    queries.wait_for(work, user.id)  # two offers accepted at once come one after the other
    held = {each.role for each, _house in queries.memberships_of(work, user.id)}
    if (role == "operator" and held - {"operator"}) or (role != "operator" and "operator" in held):
        raise StaffStayOut()
    membership = add_member(work, user, organisation, role)
    announce(work, MemberJoined(membership.id))
    return membership


def end_member(work: Work, membership: Membership) -> None:
    """Take the role away, at once. Ending it twice changes nothing."""
    ended = work.session.execute(
        update(Membership).where(Membership.id == membership.id, Membership.until_at.is_(None)).values(until_at=work.now)
    )
    if ended.rowcount != 1:  # type: ignore[attr-defined]
        return
    end_all_sessions(work, membership.user_id)
    record(work, "membership.end", "membership", membership.id, {"role": membership.role})


def dismiss(work: Work, membership: Membership, reason: str) -> None:
    """Take a role away and tell those whom it concerns; what the person had offered and may offer no longer is withdrawn."""
    organisation_for_update(work, membership.organisation_id)
    end_member(work, membership)
    person = queries.actor_for(work, queries.user_by_id(work, membership.user_id))
    offered = select(Invitation).where(Invitation.invited_by_id == membership.user_id, Invitation.state == OPEN)
    for invitation in work.session.scalars(offered).all():
        if not may_name(person, work.session.get_one(Organisation, invitation.organisation_id), invitation.role):
            INVITATION_FLOW.apply(work, invitation, WITHDRAW, reason="inviter_left")
            invitation.email = None
            clear_deadlines(work, "invitation", invitation.id)
    announce(work, MemberLeft(membership.id, reason))


def take_role_away(work: Work, code: str, reason: str) -> Membership:
    """Leave a role of one's own, or take it away from somebody (with a reason that they read).

    Raises MembershipNotFound, NotAllowed, LastOne, or InvalidInput naming the reason.
    """
    membership = queries.active_membership(work, code)
    organisation = organisation_for_update(work, membership.organisation_id)
    is_own = membership.user_id == work.actor.user_id
    if not is_own and not may_name(work.actor, organisation, membership.role):
        raise NotAllowed()
    reason = reason.strip()
    if not is_own and not 2 <= len(reason) <= 500:
        raise InvalidInput({"reason": N_("Please give the reason in 2 to 500 characters. The person reads it.")})
    needs_one = membership.role in NEVER_EMPTY or (membership.role != "appraiser" and not work.actor.has("operator"))
    others = [one for one in queries.members(work, organisation.id, membership.role) if one.id != membership.user_id]
    if needs_one and not others:
        raise LastOne()
    dismiss(work, membership, reason)
    return membership


def organisation_for_update(work: Work, organisation_id: int) -> Organisation:
    """The organisation, held until the transaction ends: its roles change one after the other."""
    return work.session.scalars(select(Organisation).where(Organisation.id == organisation_id).with_for_update()).one()
