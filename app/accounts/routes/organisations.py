"""Organisations and their people: founding one, inviting somebody to a role, answering, leaving."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import login, policy, queries, service
from app.accounts.errors import (
    CreditCodeTaken,
    DutiesExclude,
    HasRole,
    InvitedAlready,
    LastOne,
    OrganisationNotFound,
    StaffStayOut,
    TooManyInvitations,
)
from app.accounts.forms import FoundForm, InviteForm, PlainForm, RoleEndForm
from app.accounts.models import ORGANISATION_KINDS, Organisation
from app.accounts.routes.blueprint import bp
from app.accounts.wording import KIND_WORDS, ROLE_MEANS, ROLE_WORDS
from app.kernel.errors import InvalidInput, NotAllowed
from app.kernel.work import Work
from app.web import allow, begin, current_actor, look, render
from app.web.languages import chosen_name


@bp.get("/operator/organisations")
@allow("operator")
def organisations() -> Response:
    """Every organisation with how many people hold which role, and a form for a new one."""
    return _list_page(FoundForm(formdata=None))


@bp.post("/operator/organisations")
@allow("operator")
def found() -> Response:
    form = FoundForm()
    if form.validate_on_submit():
        try:
            with begin() as work:
                new = service.found_organisation(work, form.kind.data, form.name.data or "", form.credit_code.data or "")
            flash(_("The organisation is taken in. Now invite whoever answers for it."), "success")
            return redirect(url_for("accounts.organisation", code=new.code), code=303)
        except (InvalidInput, CreditCodeTaken) as refusal:
            form.take(refusal)
    return _list_page(form, 422)


@bp.get("/organisations/<code>")
@allow("manager", "dealer", "officer", "operator")
def organisation(code: str) -> Response:
    """Who works there, who is invited, and who did."""
    return _house_page(code)


@bp.post("/organisations/<code>/invitations")
@allow("manager", "dealer", "officer", "operator")
def invite(code: str) -> Response:
    with look() as work:
        house = _seen(work, code)
    form = InviteForm(roles=policy.roles_to_name(current_actor(), house))
    if form.validate_on_submit():
        try:
            with begin() as work:
                service.invite(work, _seen(work, code), form.role.data, form.email.data or "", chosen_name())
            flash(_("The invitation is on its way. It is valid for 14 days."), "success")
            return redirect(url_for("accounts.organisation", code=code), code=303)
        except (InvalidInput, InvitedAlready, TooManyInvitations) as refusal:
            form.take(refusal)
    return _house_page(code, form, 422)


@bp.post("/organisations/<code>/invitations/<invitation_code>/withdraw")
@allow("manager", "dealer", "officer", "operator")
def withdraw_invitation(code: str, invitation_code: str) -> Response:
    with begin() as work:
        service.withdraw(work, _seen(work, code), invitation_code)
    flash(_("The invitation is withdrawn."), "success")
    return redirect(url_for("accounts.organisation", code=code), code=303)


@bp.route("/invitations/<code>", methods=["GET", "POST"])
@allow("member")
def invitation(code: str) -> Response:
    """What is offered and what it brings with it; the pressed button says the answer."""
    with look() as work:
        asked = queries.own_invitation(work, code)
        house = queries.organisation_by_id(work, asked.organisation_id)
        inviter = queries.user_by_id(work, asked.invited_by_id)
    form = PlainForm()
    answered = request.form.get("answer")
    if form.is_submitted() and answered not in ("yes", "no"):
        form.problems.append(_("Please press one of the two buttons."))
    elif form.is_submitted() and form.validate():
        if answered == "no":
            with begin() as work:
                service.decline(work, code)
            flash(_("You have declined. Nothing has changed for your account."), "success")
            return redirect(url_for("accounts.me"), code=303)
        try:
            with begin() as work:
                service.accept(work, code)
                new = login.enter(work, queries.user_by_id(work, work.actor.id))
        except (HasRole, DutiesExclude, StaffStayOut) as refusal:
            form.take(refusal)
        else:
            answer = login.welcome(new, url_for("accounts.me"))
            flash(_("You have the role now. Your other devices were signed out."), "success")
            return answer
    return render(
        "accounts/invitation.html",
        status=422 if form.is_submitted() else 200,
        form=form,
        asked=asked,
        house=house,
        inviter=inviter,
        role_words=ROLE_WORDS,
        role_means=ROLE_MEANS,
    )


@bp.route("/memberships/<code>/end", methods=["GET", "POST"])
@allow("member")
def end_role(code: str) -> Response:
    """Leave a role of one's own, or take it away from somebody."""
    actor = current_actor()
    with look() as work:
        membership = queries.active_membership(work, code)
        house = queries.organisation_by_id(work, membership.organisation_id)
        person = queries.user_by_id(work, membership.user_id)
    is_own = person.id == actor.id
    if not is_own and not policy.may_name(actor, house, membership.role):
        raise NotAllowed()
    form = RoleEndForm(needs_reason=not is_own)
    if form.validate_on_submit():
        try:
            with begin() as work:
                service.take_role_away(work, code, form.reason.data or "")
                new = login.enter(work, queries.user_by_id(work, actor.id)) if is_own else None
        except (InvalidInput, LastOne) as refusal:
            form.take(refusal)
        else:
            if new is not None:
                answer = login.welcome(new, url_for("accounts.me"))
                flash(_("You have left the role. Your other devices were signed out."), "success")
                return answer
            flash(_("The role has ended, and with it every session of the person."), "success")
            return redirect(url_for("accounts.organisation", code=house.code), code=303)
    return render(
        "accounts/role_end.html",
        status=422 if form.errors or form.problems else 200,
        form=form,
        membership=membership,
        house=house,
        person=person,
        is_own=is_own,
        role_words=ROLE_WORDS,
    )


def _list_page(form: FoundForm, status: int = 200) -> Response:
    with look() as work:
        groups = [(kind, queries.organisations(work, kind)) for kind in ORGANISATION_KINDS]
        counts = queries.counts_of_members(work)
    return render(
        "accounts/organisations.html",
        status=status,
        form=form,
        groups=groups,
        counts=counts,
        kind_words=KIND_WORDS,
        role_words=ROLE_WORDS,
    )


def _house_page(code: str, form: InviteForm | None = None, status: int = 200) -> Response:
    actor = current_actor()
    with look() as work:
        house = _seen(work, code)
        roles = policy.roles_to_name(actor, house)
        invitations = queries.open_invitations(work, house.id)
        return render(
            "accounts/organisation.html",
            status=status,
            house=house,
            people=queries.roles_in(work, house.id),
            earlier=queries.earlier_roles_in(work, house.id),
            invitations=invitations,
            inviters=queries.users_by_id(work, [one.invited_by_id for one in invitations]),
            roles=roles,
            own_id=actor.id,
            is_staff=actor.has("operator"),
            kind_words=KIND_WORDS,
            role_words=ROLE_WORDS,
            form=form or InviteForm(formdata=None, roles=roles),
        )


def _seen(work: Work, code: str) -> Organisation:
    """The organisation, for those who may see it from within. Raises OrganisationNotFound for everybody else."""
    house = queries.organisation_by_code(work, code)
    if not policy.may_see(work.actor, house):
        raise OrganisationNotFound()
    return house
