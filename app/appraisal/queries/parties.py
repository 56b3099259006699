"""Who takes part in an order, and therefore decides nothing about it as a member of staff."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts import queries as accounts
from app.appraisal.errors import AppraisalNotFound
from app.appraisal.models import Appraisal, Report, SecondLook, SecondLookOrder
from app.appraisal.queries.home import order_of_visit
from app.appraisal.queries.second_looks import look_of_order
from app.goods.models import Thing
from app.kernel.errors import NotAllowed
from app.kernel.ids import is_code
from app.kernel.work import Work
from app.visits.errors import PartyCannotDecide

# A door: who has contested the report of an order, or, of a second look's order, the report that it looks at again. Not wired,
# nothing is decided.
CONTESTERS = "appraisal.contesters"


def order_for_staff(work: Work, code: str, *, to_change: bool = False) -> Appraisal:
    """Any order, for a member of staff. Raises NotAllowed for everybody else, AppraisalNotFound.

    ``to_change``: and PartyCannotDecide for whoever takes part in it.
    """
    if not work.actor.has("operator"):
        raise NotAllowed()
    found = work.session.scalars(select(Appraisal).where(Appraisal.code == code)).first() if is_code(code) else None
    if found is None:
        raise AppraisalNotFound()
    if to_change:
        refuse_party(work, found)
    return found


def refuse_party(work: Work, appraisal: Appraisal) -> None:
    """Raises PartyCannotDecide for whoever takes part in it.

    The owner (of the order, and of the thing now), the appraiser, who works for the agency; who contested its report, shows the
    thing for a second look at it, or works for an agency that was asked for one; of a second look also the first report's people.
    """
    people = {appraisal.owner_id, appraisal.appraiser_id, work.session.get_one(Thing, appraisal.thing_id).owner_id}
    houses = {appraisal.agency_id}
    look = look_of_order(work, appraisal.id)
    if look is not None:
        first = work.session.get_one(Report, look.report_id)
        people, houses = people | {first.appraiser_id}, houses | {first.agency_id}
    for order in _orders_looking_at(work, appraisal.id):
        people, houses = people | {order.owner_id, order.appraiser_id}, houses | {order.agency_id}
    refuse_among(work, people | work.doors[CONTESTERS](work, appraisal.id), houses)


def _orders_looking_at(work: Work, appraisal_id: int) -> list[Appraisal]:
    """The orders of all second looks at any version of this order's report."""
    rows = (
        select(Appraisal)
        .join(SecondLookOrder, SecondLookOrder.appraisal_id == Appraisal.id)
        .join(SecondLook, SecondLook.id == SecondLookOrder.second_look_id)
        .join(Report, Report.id == SecondLook.report_id)
    )
    return list(work.session.scalars(rows.where(Report.appraisal_id == appraisal_id)))


def refuse_party_of_visit(work: Work, visit_id: int) -> None:
    """The same for a visit at home (the door of the room of visits, which knows no owners)."""
    appraisal = order_of_visit(work, visit_id)
    if appraisal is not None:
        refuse_party(work, appraisal)


def refuse_among(work: Work, people: set[int | None], houses: set[int]) -> None:
    """Raises PartyCannotDecide where the actor is one of these people, or works for one of these agencies."""
    me = work.actor.user_id
    if me is None:
        return
    if me in people or houses & {house.id for _role, house in accounts.memberships_of(work, me)}:
        raise PartyCannotDecide()
