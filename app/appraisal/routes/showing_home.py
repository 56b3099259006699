"""What the order's page shows of a visit at home."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.appraisal import queries
from app.appraisal.forms_home import MoveForm
from app.appraisal.models import Absence, Appraisal
from app.appraisal.states import ACCEPTED, SCHEDULED
from app.goods import catalogue
from app.kernel.work import Work
from app.visits import queries as visits
from app.visits.models import Visit
from app.web.forms import Form
from app.web.rendering import moment


def visit_part(work: Work, order: Appraisal, visit: Visit | None, *, is_owner: bool, is_mine: bool) -> dict[str, Any]:
    """The visit with its time and terms, and which steps the reader has. Empty values for an order without one."""
    if visit is None:
        steps = ("can_move", "can_say_absent", "can_object")
        return {"visit": None, "visit_slot": None, "visit_terms": None, "visit_district": None, **dict.fromkeys(steps, False)}
    slot, terms = visits.slot_of_visit(work, visit), visits.terms_of_visit(visit)
    found = catalogue.find_district(visits.area_of(work, visit).district)
    booked = order.state == SCHEDULED and visits.is_booked(visit)
    side = "owner" if is_owner else "agency" if is_mine else ""
    may_move = booked and visit.moves < terms.most_moves and not visits.is_late(work, visit)
    return {
        "visit": visit,
        "visit_slot": slot,
        "visit_terms": terms,
        "visit_district": found.name.model_dump() if found else None,
        "can_move": is_owner and (may_move or order.state == ACCEPTED),
        "can_say_absent": bool(side) and booked and visits.may_say_absent(work, visit),
        "can_object": visits.can_object(visit, side),
    }


def visit_says(work: Work, order: Appraisal, said: Sequence[Absence], side: str) -> bool:
    """Whether the reader may say that the other side was not at the booked time at a place. ``side``: owner, agency or ""."""
    other = {"owner": "agency", "agency": "owner"}.get(side)
    return other is not None and other not in [each.absent for each in said] and queries.may_say_nobody_came(work, order)


def offer_times(work: Work, order: Appraisal, visit: Visit | None, form: Form) -> None:
    """The times to which a visit can be moved."""
    if visit is not None and isinstance(form, MoveForm):
        slots = queries.times_to_move_to(work, order, visit)
        form.slot.choices = [(slot.code, f"{moment(slot.starts_at)} – {moment(slot.ends_at)[-5:]}") for slot in slots]
