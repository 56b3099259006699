"""What several pages show."""

from __future__ import annotations

from typing import Any

from app.accounts import queries as accounts
from app.appraisal import queries
from app.appraisal.states import ACCEPTED, APPRAISAL_FLOW, CANCEL, INSPECTING, REQUESTED
from app.goods import catalogue
from app.goods import queries as goods
from app.goods.models import Thing
from app.kernel.work import Work
from app.web import current_actor


def name_of(thing: Thing) -> str:
    return goods.name_of(thing.category, thing.brand, thing.model, thing.attributes)


def order_page(work: Work, code: str) -> dict[str, Any]:
    order = queries.visible_appraisal(work, code)
    actor = current_actor()
    thing = work.session.get_one(Thing, order.thing_id)
    colour = catalogue.find_colour(thing.colour or "")
    is_owner = order.owner_id == actor.user_id
    return {
        "order": order,
        "thing_name": name_of(thing),
        "thing": thing,
        "colour": colour.name.model_dump() if colour else None,
        "agency": accounts.organisation_by_id(work, order.agency_id),
        "appraiser": accounts.user_by_id(work, order.appraiser_id) if order.appraiser_id else None,
        "report": queries.report_of(work, order),
        "is_owner": is_owner,
        "can_accept": order.state == REQUESTED and order.agency_id in queries.agencies_of(actor) and not is_owner,
        "can_inspect": order.state in (ACCEPTED, INSPECTING) and order.appraiser_id == actor.user_id,
        "can_cancel": is_owner and APPRAISAL_FLOW.can(order.state, CANCEL),
    }
