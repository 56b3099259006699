"""What comes after a second look: an order that ends without a report ends it."""

from __future__ import annotations

import pytest

from app.appraisal import service as appraisals
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from tests.accounts.making import actor, make_user
from tests.appraisal.test_leaving import dismiss
from tests.peerreviews.making import Held, make_held


def looks_again(hub: Hub) -> Held:
    held = make_held(hub)
    held.find()
    held.look(screen_glass="visible")
    held.decide("look_again")
    assert (held.state, held.review.state) == ("inspecting", "looking_again")
    return held


@pytest.mark.parametrize("how", ["give_up", "sale", "leaving"])
def test_a_look_ends_with_its_order_while_the_appraiser_looks_again(hub: Hub, how: str) -> None:
    held = looks_again(hub)
    if how == "give_up":
        with hub.begin(actor(hub, held.case.appraiser)) as work:
            appraisals.give_up(work, held.case.code, "手机被物主拿走了。", "other")
    elif how == "sale":
        buyer = make_user(hub)
        with hub.begin(SYSTEM) as work:
            goods.transfer(work, work.session.get_one(Thing, held.case.thing.id), buyer.id, "sale")
    else:
        dismiss(hub, held.case.appraiser)
    hub.drain()
    assert held.state in ("unable", "cancelled")
    assert held.review.state == "ended"
