"""Rights for programs: every rule with its source."""

from __future__ import annotations

from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.regulations import queries
from app.regulations.schemas import RulesOut, rule_out
from app.web.api import Answer, Call, Face

face = Face("rights")


@face.get(
    "/rights", id="listRights", summary=N_("Every right of buyers, as a rule with its source"), roles=("anyone",), answer=RulesOut
)
def listed(call: Call) -> Answer:
    """Those for sales of today. Which of them an order has, and until when, answers getOrderRights."""
    chosen = queries.rules_on(shanghai_day(call.work.now))
    return Answer(RulesOut(id=chosen.id, since=chosen.since.isoformat(), rules=[rule_out(each) for each in chosen.rules]))
