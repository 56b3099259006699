"""Reading people, organisations and sessions. ``*_by_*`` raise NotFound, ``find_*`` return None."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select

from app.accounts.errors import InvitationNotFound, MembershipNotFound, OrganisationNotFound, UserNotFound
from app.accounts.models import Invitation, LoginSession, Membership, Organisation, PasswordReset, Registration, User
from app.accounts.rules import NAMED_BY
from app.accounts.states import OPEN
from app.accounts.wording import ROLE_WORDS
from app.kernel.ids import is_code
from app.kernel.work import Actor, Work


def user_by_id(work: Work, user_id: int) -> User:
    return _there(work.session.get(User, user_id))


def wait_for(work: Work, user_id: int) -> None:
    """Let steps of one person that count what they did before come one after the other, each until its transaction ends.

    PostgreSQL; on SQLite the writer is alone already. Rows that name the person can still be added meanwhile.
    """
    work.session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))


def hold_roles(work: Work, organisation_id: int) -> None:
    """Let nobody leave or be sent away in the organisation until this transaction ends; others who only hold them do not wait.

    PostgreSQL; on SQLite the writer is alone already. Whoever ends a role locks the organisation (service.organisations).
    """
    work.session.execute(select(Organisation.id).where(Organisation.id == organisation_id).with_for_update(read=True))


def user_by_code(work: Work, code: str) -> User:
    return _there(work.session.scalars(select(User).where(User.code == code)).one_or_none())


def users_by_id(work: Work, ids: Iterable[int]) -> dict[int, User]:
    """The users of these ids in one query; ids that do not exist are left out."""
    wanted = set(ids)
    if not wanted:
        return {}
    return {user.id: user for user in work.session.scalars(select(User).where(User.id.in_(wanted)))}


def find_user_by_email(work: Work, email: str) -> User | None:
    """The user of an address that has been through ``rules.normal_email``."""
    return work.session.scalars(select(User).where(User.email == email)).one_or_none()


def organisation_by_id(work: Work, organisation_id: int) -> Organisation:
    return _found(work.session.get(Organisation, organisation_id))


def organisation_by_code(work: Work, code: str) -> Organisation:
    return _found(work.session.scalars(select(Organisation).where(Organisation.code == code)).one_or_none())


def organisations_by_id(work: Work, ids: Iterable[int]) -> dict[int, Organisation]:
    """The organisations of these ids in one query; ids that do not exist are left out."""
    wanted = set(ids)
    if not wanted:
        return {}
    return {one.id: one for one in work.session.scalars(select(Organisation).where(Organisation.id.in_(wanted)))}


def organisations(work: Work, kind: str) -> list[Organisation]:
    """All organisations of a kind, by name."""
    return list(work.session.scalars(select(Organisation).where(Organisation.kind == kind).order_by(Organisation.name)))


def members(work: Work, organisation_id: int, role: str | None = None) -> list[User]:
    """The people who hold the role (any role when None) in the organisation now, oldest membership first."""
    chosen = select(Membership.user_id).where(Membership.organisation_id == organisation_id, _active(work.now))
    if role is not None:
        chosen = chosen.where(Membership.role == role)
    people = select(User).where(User.id.in_(chosen), User.disabled_at.is_(None)).order_by(User.id)
    return list(work.session.scalars(people))


def members_by_organisation(work: Work, organisation_ids: Iterable[int], role: str) -> dict[int, list[int]]:
    """Id of an organisation -> ids of the people who hold the role in it now, where anybody does. One query."""
    rows = select(Membership.organisation_id, User.id).join(User, User.id == Membership.user_id)
    rows = rows.where(Membership.organisation_id.in_(list(organisation_ids)), Membership.role == role, _active(work.now))
    found: dict[int, list[int]] = {}
    for organisation_id, user_id in work.session.execute(rows.where(User.disabled_at.is_(None)).order_by(Membership.id)):
        found.setdefault(organisation_id, []).append(user_id)
    return found


def organisations_without(work: Work, kind: str, role: str) -> list[Organisation]:
    """The organisations of a kind in which nobody holds the role now, oldest first. One query."""
    held = (
        select(Membership.organisation_id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.role == role, _active(work.now), User.disabled_at.is_(None))
    )
    rows = select(Organisation).where(Organisation.kind == kind, Organisation.id.not_in(held))
    return list(work.session.scalars(rows.order_by(Organisation.id)))


def memberships_of(work: Work, user_id: int) -> list[tuple[Membership, Organisation]]:
    """A person's present roles with their organisations, oldest first."""
    rows = (
        select(Membership, Organisation)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.user_id == user_id, _active(work.now))
        .order_by(Membership.id)
    )
    return [(membership, organisation) for membership, organisation in work.session.execute(rows)]


def seller_kind_of(work: Work, user_id: int) -> str:
    """As what somebody sells now: individual, business (for a dealer), platform_self (for the operator)."""
    held = {membership.role for membership, _ in memberships_of(work, user_id)}
    return "platform_self" if "operator" in held else "business" if "dealer" in held else "individual"


@dataclass(frozen=True)
class SellerKinds:
    """As what people sold at any time: user id -> (role, since, until), of those who ever sold for somebody else."""

    held: dict[int, list[tuple[str, datetime, datetime | None]]]

    def of(self, user_id: int, at: datetime) -> str:
        """As ``seller_kind_of``, at an earlier instant."""
        roles = {role for role, since, until in self.held.get(user_id, ()) if since <= at and (until is None or at < until)}
        return "platform_self" if "operator" in roles else "business" if "dealer" in roles else "individual"


def seller_kinds(work: Work) -> SellerKinds:
    """As what everybody sold at any time. One query."""
    rows = select(Membership.user_id, Membership.role, Membership.since_at, Membership.until_at)
    held: dict[int, list[tuple[str, datetime, datetime | None]]] = {}
    for user_id, role, since, until in work.session.execute(rows.where(Membership.role.in_(("dealer", "operator")))):
        held.setdefault(user_id, []).append((role, since, until))
    return SellerKinds(held)


def roles_in(work: Work, organisation_id: int) -> list[tuple[Membership, User]]:
    """Everybody's present roles in an organisation, by role, oldest first."""
    rows = (
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.organisation_id == organisation_id, _active(work.now))
        .order_by(Membership.role, Membership.id)
    )
    return [(membership, user) for membership, user in work.session.execute(rows)]


def earlier_roles_in(work: Work, organisation_id: int, limit: int = 50) -> list[tuple[Membership, User]]:
    """Roles in an organisation that have ended, newest first."""
    rows = (
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.organisation_id == organisation_id, Membership.until_at <= work.now)
        .order_by(Membership.until_at.desc(), Membership.id.desc())
    )
    return [(membership, user) for membership, user in work.session.execute(rows.limit(limit))]


def counts_of_members(work: Work) -> dict[int, dict[str, int]]:
    """For each organisation that has anybody: how many people hold each role now. One query."""
    rows = select(Membership.organisation_id, Membership.role, func.count()).where(_active(work.now))
    found: dict[int, dict[str, int]] = {}
    for organisation_id, role, count in work.session.execute(rows.group_by(Membership.organisation_id, Membership.role)):
        found.setdefault(organisation_id, {})[role] = int(count)
    return found


def membership_by_id(work: Work, membership_id: int) -> Membership:
    return work.session.get_one(Membership, membership_id)


def active_membership(work: Work, code: str) -> Membership:
    """A role that somebody has now, by its public code. Raises MembershipNotFound."""
    wanted = select(Membership).where(Membership.code == code, _active(work.now))
    found = work.session.scalars(wanted).one_or_none() if is_code(code) else None
    if found is None:
        raise MembershipNotFound()
    return found


def open_invitations(work: Work, organisation_id: int) -> list[Invitation]:
    """Invitations of an organisation that wait for their answer, oldest first."""
    wanted = select(Invitation).where(Invitation.organisation_id == organisation_id, Invitation.state == OPEN)
    return list(work.session.scalars(wanted.order_by(Invitation.id)))


def those_who_name(work: Work, organisation_id: int, role: str) -> set[int]:
    """The members of the house who may give this role; staff may too, and look at the list of organisations instead."""
    return {person.id for by in NAMED_BY[role] for person in members(work, organisation_id, by)}


def role_words(role: str) -> str:
    """The name of a role, to be translated."""
    return ROLE_WORDS[role]


def invitations_for(work: Work, email: str) -> list[tuple[Invitation, Organisation]]:
    """Invitations that wait for the answer of whoever has this address, oldest first."""
    rows = (
        select(Invitation, Organisation)
        .join(Organisation, Organisation.id == Invitation.organisation_id)
        .where(Invitation.email == email, Invitation.state == OPEN, Invitation.expires_at > work.now)
        .order_by(Invitation.id)
    )
    return [(invitation, organisation) for invitation, organisation in work.session.execute(rows)]


def invitation_by_id(work: Work, invitation_id: int) -> Invitation:
    return work.session.get_one(Invitation, invitation_id)


def own_invitation(work: Work, code: str) -> Invitation:
    """The invitation, for whoever has its address. Raises InvitationNotFound for everybody else, and when it is over."""
    wanted = (
        select(Invitation)
        .join(User, User.email == Invitation.email)
        .where(Invitation.code == code, User.id == work.actor.id, Invitation.state == OPEN, Invitation.expires_at > work.now)
    )
    found = work.session.scalars(wanted).one_or_none() if is_code(code) else None
    if found is None:
        raise InvitationNotFound()
    return found


def people_with_role(work: Work, role: str, limit: int = 100) -> list[User]:
    """People who hold the role anywhere; ``household``: people without any role. Oldest account first."""
    holding = select(Membership.user_id).where(_active(work.now))
    chosen = User.id.not_in(holding) if role == "household" else User.id.in_(holding.where(Membership.role == role))
    return list(work.session.scalars(select(User).where(chosen, User.disabled_at.is_(None)).order_by(User.id).limit(limit)))


def actor_for(work: Work, user: User, session_id: int | None = None) -> Actor:
    """The actor that this user is at the moment: for jobs that act for a person, seeds and tests."""
    rows = select(Membership.role, Membership.organisation_id).where(Membership.user_id == user.id, _active(work.now))
    duties = tuple((role, organisation_id) for role, organisation_id in work.session.execute(rows.order_by(Membership.id)))
    return Actor("user", user.id, user.code, duties=duties, session_id=session_id)


@dataclass(frozen=True)
class SignedIn:
    """What the session of a request says: who, and when it was last written down that they were here."""

    actor: Actor
    seen_at: datetime


def find_signed_in(work: Work, sid_hash: str) -> SignedIn | None:
    """Who this cookie stands for; None when the session ended, is too old, or the account was closed. One query."""
    rows = work.session.execute(
        select(LoginSession, User.id, User.code, Membership.role, Membership.organisation_id)
        .join(User, User.id == LoginSession.user_id)
        .outerjoin(Membership, (Membership.user_id == User.id) & _active(work.now))
        .where(
            LoginSession.sid_hash == sid_hash,
            LoginSession.auth_epoch == User.auth_epoch,
            LoginSession.expires_at > work.now,
            User.disabled_at.is_(None),
        )
        .order_by(Membership.id)
    ).all()
    if not rows:
        return None
    session, user_id, code, _, _ = rows[0]
    if session.seen_at + timedelta(minutes=session.idle_minutes) <= work.now:
        return None
    duties = tuple((role, organisation_id) for _, _, _, role, organisation_id in rows if role is not None)
    return SignedIn(Actor("user", user_id, code, duties=duties, session_id=session.id), session.seen_at)


def sessions_of(work: Work, user_id: int) -> list[LoginSession]:
    """A person's open sessions, the one used last first."""
    rows = (
        select(LoginSession)
        .join(User, User.id == LoginSession.user_id)
        .where(LoginSession.user_id == user_id, LoginSession.expires_at > work.now, LoginSession.auth_epoch == User.auth_epoch)
        .order_by(LoginSession.seen_at.desc(), LoginSession.id.desc())
    )
    return [one for one in work.session.scalars(rows) if one.seen_at + timedelta(minutes=one.idle_minutes) > work.now]


def find_open_registration(work: Work, token_hash: str) -> Registration | None:
    """The registration of a link that still works."""
    row = work.session.scalars(select(Registration).where(Registration.token_hash == token_hash)).one_or_none()
    return row if row is not None and row.used_at is None and row.expires_at > work.now else None


def find_open_reset(work: Work, token_hash: str) -> PasswordReset | None:
    """The reset of a link that still works (one that belongs to somebody)."""
    row = work.session.scalars(select(PasswordReset).where(PasswordReset.token_hash == token_hash)).one_or_none()
    usable = row is not None and row.used_at is None and row.user_id is not None and row.expires_at > work.now
    return row if usable else None


def registration_by_id(work: Work, registration_id: int) -> Registration:
    """For the mail that goes out about it."""
    return work.session.get_one(Registration, registration_id)


def reset_by_id(work: Work, reset_id: int) -> PasswordReset:
    """For the mail that goes out about it."""
    return work.session.get_one(PasswordReset, reset_id)


def _active(now: datetime) -> ColumnElement[bool]:
    return or_(Membership.until_at.is_(None), Membership.until_at > now)


def _there(user: User | None) -> User:
    if user is None:
        raise UserNotFound()
    return user


def _found(organisation: Organisation | None) -> Organisation:
    if organisation is None:
        raise OrganisationNotFound()
    return organisation
