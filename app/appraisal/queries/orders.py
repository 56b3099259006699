"""Reads of appraisal orders."""

from __future__ import annotations

from sqlalchemy import case, select

from app.accounts import queries as accounts
from app.accounts.models import Organisation
from app.appraisal.errors import AppraisalNotFound
from app.appraisal.models import Appraisal
from app.appraisal.rules import scheme_category
from app.appraisal.states import ASSIGNED, INSPECTING, OPEN, TAKEN
from app.goods.models import Thing
from app.kernel.audit import AuditEntry
from app.kernel.ids import is_code
from app.kernel.work import Actor, Work
from app.schemes import queries as schemes
from grading import Scheme


def open_appraisal(work: Work, thing_id: int) -> Appraisal | None:
    """The appraisal that is under way for the thing."""
    return work.session.scalars(select(Appraisal).where(Appraisal.thing_id == thing_id, Appraisal.state.in_(OPEN))).first()


def visible_appraisal(work: Work, code: str) -> Appraisal:
    """The appraisal, for its owner or a member of its agency. Raises AppraisalNotFound for everybody else."""
    found = work.session.scalars(select(Appraisal).where(Appraisal.code == code)).first() if is_code(code) else None
    if found is None:
        raise AppraisalNotFound()
    of_agency = found.agency_id in agencies_of(work.actor, "appraiser", "manager")
    if found.owner_id != work.actor.user_id and not of_agency:
        raise AppraisalNotFound()
    return found


def agency_order(work: Work, code: str) -> Appraisal:
    """An order of the appraiser's own agency. Raises AppraisalNotFound for everybody else's."""
    found = visible_appraisal(work, code)
    if found.agency_id not in agencies_of(work.actor):
        raise AppraisalNotFound()
    return found


def own_inspection(work: Work, code: str) -> Appraisal:
    """The inspection that the actor has accepted. Raises AppraisalNotFound for everybody else's."""
    found = visible_appraisal(work, code)
    if found.agency_id not in agencies_of(work.actor) or found.appraiser_id != work.actor.id:
        raise AppraisalNotFound()
    return found


def agencies_of(actor: Actor, *roles: str) -> set[int]:
    """The agencies for which the actor holds one of the roles (appraiser when none is named)."""
    wanted = roles or ("appraiser",)
    return {organisation_id for role, organisation_id in actor.duties if role in wanted}


def agency_queue(work: Work, limit: int = 100) -> list[Appraisal]:
    """Orders of the actor's agencies: what waits for an answer, what is being inspected, what was accepted, what is done."""
    rank = case(
        (Appraisal.state == ASSIGNED, 0),
        (Appraisal.state == INSPECTING, 1),
        (Appraisal.state.in_(TAKEN), 2),
        (Appraisal.state.in_(OPEN), 3),
        else_=4,
    )
    orders = select(Appraisal).where(Appraisal.agency_id.in_(agencies_of(work.actor, "appraiser", "manager")))
    return list(work.session.scalars(orders.order_by(rank, Appraisal.id.desc()).limit(limit)))


def page_of_appraisals(work: Work, side: str, before: int | None, limit: int) -> list[Appraisal]:
    """Some appraisals, newest first: the actor's own (``owner``) or those of the actor's ``agency``; ``before`` is an id."""
    whose = Appraisal.owner_id == work.actor.id
    if side == "agency":
        whose = Appraisal.agency_id.in_(agencies_of(work.actor, "appraiser", "manager"))
    orders = select(Appraisal).where(whose)
    if before is not None:
        orders = orders.where(Appraisal.id < before)
    return list(work.session.scalars(orders.order_by(Appraisal.id.desc()).limit(limit)))


def history(work: Work, appraisal_id: int) -> list[AuditEntry]:
    """The order's transitions, oldest first: what its timeline is drawn from."""
    steps = select(AuditEntry).where(
        AuditEntry.entity == "appraisal", AuditEntry.entity_id == appraisal_id, AuditEntry.to_state.is_not(None)
    )
    return list(work.session.scalars(steps.order_by(AuditEntry.id)))


def scheme_in_force(work: Work, thing: Thing) -> Scheme:
    """The scheme by which the thing would be appraised today."""
    return schemes.scheme_in_force(work, scheme_category(thing))


def things_to_ask_about(work: Work, owner_id: int, limit: int = 50) -> list[Thing]:
    """What somebody owns and no appraisal is under way for, newest first: on sale or not. One query."""
    under_way = select(Appraisal.thing_id).where(Appraisal.owner_id == owner_id, Appraisal.state.in_(OPEN))
    rows = select(Thing).where(Thing.owner_id == owner_id, Thing.id.not_in(under_way))
    return list(work.session.scalars(rows.order_by(Thing.id.desc()).limit(limit)))


def agencies(work: Work) -> list[Organisation]:
    """Every agency, by name. Which of them can be asked now is another question: see ``askable_agencies``."""
    return list(accounts.organisations(work, "agency"))
