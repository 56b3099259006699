"""Reads of second looks: which report is looked at again, by which orders, and who therefore must not see its result."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select

from app.appraisal.errors import BlindToReport
from app.appraisal.models import Appraisal, Report, SecondLook, SecondLookOrder
from app.appraisal.models.second_looks import AMENDED
from app.appraisal.queries.fees import fee_of
from app.appraisal.queries.orders import agencies_of
from app.appraisal.queries.visits import complete_places, handing_of, places_of
from app.appraisal.states import ACCEPTED, AWAITING_ITEM, CANCELLED, DECLINED, ITEM_RECEIVED, REQUESTED, SCHEDULED, UNABLE
from app.kernel.work import Work
from app.schemes.queries import get_scheme

_GONE = (DECLINED, CANCELLED, UNABLE)  # the order ended without a report: its agency looks no longer


def stands(report: Any) -> ColumnElement[bool]:
    """Whether a report speaks for its thing: a second look's does so only when it took the first one's place."""
    looked = exists().where(
        SecondLookOrder.appraisal_id == report.appraisal_id,
        SecondLook.id == SecondLookOrder.second_look_id,
        or_(SecondLook.outcome.is_(None), SecondLook.outcome != AMENDED),
    )
    return ~looked


def open_look(work: Work, report_id: int) -> SecondLook | None:
    """The second look at this report that is under way."""
    wanted = select(SecondLook).where(SecondLook.report_id == report_id, SecondLook.ended_at.is_(None))
    return work.session.scalars(wanted).one_or_none()


def look_of_order(work: Work, appraisal_id: int) -> SecondLook | None:
    """The second look that this order is made for; None for an ordinary order."""
    wanted = select(SecondLook).join(SecondLookOrder, SecondLookOrder.second_look_id == SecondLook.id)
    return work.session.scalars(wanted.where(SecondLookOrder.appraisal_id == appraisal_id)).one_or_none()


def orders_of_look(work: Work, look_id: int) -> list[Appraisal]:
    """The orders of one second look, oldest first: the last is the one that counts."""
    rows = select(Appraisal).join(SecondLookOrder, SecondLookOrder.appraisal_id == Appraisal.id)
    return list(work.session.scalars(rows.where(SecondLookOrder.second_look_id == look_id).order_by(SecondLookOrder.id)))


def is_second_look(work: Work, report_code: str) -> bool:
    """Whether the report was signed for a second look at another one."""
    wanted = select(SecondLookOrder.id).join(Report, Report.appraisal_id == SecondLookOrder.appraisal_id)
    return work.session.scalars(wanted.where(Report.code == report_code).limit(1)).first() is not None


def second_looks_among(work: Work, appraisal_ids: Iterable[int]) -> set[int]:
    """Which of these orders are second looks. One query."""
    wanted = select(SecondLookOrder.appraisal_id).where(SecondLookOrder.appraisal_id.in_(list(appraisal_ids)))
    return set(work.session.scalars(wanted))


def first_appraiser_of(work: Work, appraisal_id: int) -> int | None:
    """Who signed the report that this order looks at again; None for an ordinary order."""
    wanted = (
        select(Report.appraiser_id)
        .join(SecondLook, SecondLook.report_id == Report.id)
        .join(SecondLookOrder, SecondLookOrder.second_look_id == SecondLook.id)
    )
    return work.session.scalars(wanted.where(SecondLookOrder.appraisal_id == appraisal_id)).one_or_none()


def step_of(order: Appraisal) -> str:
    """How far the order of a second look is: waiting (nobody has taken it), accepted, received (the agency has the thing),
    begun, declined, or ended otherwise."""
    named = {
        REQUESTED: "waiting",
        **dict.fromkeys((ACCEPTED, SCHEDULED, AWAITING_ITEM), "accepted"),
        ITEM_RECEIVED: "received",
        DECLINED: "declined",
        **dict.fromkeys((CANCELLED, UNABLE), "ended"),
    }
    return named.get(order.state, "begun")


def is_handed_over(work: Work, appraisal: Appraisal) -> bool:
    """Whether the thing of this order goes from hand to hand with both sides' confirmation: wherever there is a fee, and for a
    second look by an agency that has a place to receive things at. Otherwise it lies beside the appraiser."""
    if handing_of(work, appraisal.id) is not None or fee_of(work, appraisal) is not None:
        return True
    if look_of_order(work, appraisal.id) is None:
        return False
    return bool(complete_places(places_of(work, appraisal.agency_id), get_scheme(work, appraisal.scheme_id)))


def blind_things(work: Work) -> set[int]:
    """The things that the reader's agencies look at blind now. No query for somebody who works for none."""
    houses = agencies_of(work.actor, "appraiser", "manager")
    if not houses:
        return set()
    wanted = (
        select(Appraisal.thing_id)
        .join(SecondLookOrder, SecondLookOrder.appraisal_id == Appraisal.id)
        .join(SecondLook, SecondLook.id == SecondLookOrder.second_look_id)
        .where(SecondLook.ended_at.is_(None), Appraisal.agency_id.in_(houses), Appraisal.state.not_in(_GONE))
    )
    return set(work.session.scalars(wanted))


def refuse_blind_thing(work: Work, thing_id: int | None) -> None:
    """Raises BlindToReport for whoever must not see what the thing is offered as."""
    if thing_id in blind_things(work):
        raise BlindToReport()


def refuse_blind(work: Work, report: Report) -> None:
    """Raises BlindToReport for whoever must not see an earlier result of the thing: their agency looks at it a second time."""
    if report.thing_id not in blind_things(work):
        return
    order = work.session.get_one(Appraisal, report.appraisal_id)
    if order.agency_id not in agencies_of(work.actor, "appraiser", "manager"):  # one's own report is no first result
        raise BlindToReport()
