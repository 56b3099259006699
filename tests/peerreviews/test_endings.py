"""What comes after a second look: an order that ends without a report ends it, a correction does not get around it."""

from __future__ import annotations

import pytest

from app.appraisal import queries
from app.appraisal import service as appraisals
from app.appraisal.models import Report
from app.goods import service as goods
from app.goods.models import Thing
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.peerreviews.errors import SecondLookDisagrees
from tests.accounts.making import actor, make_user
from tests.appraisal.making import make_key
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


def issued(hub: Hub, **seen: str | None) -> Held:
    """A report of grade S, issued after somebody had looked a second time."""
    held = make_held(hub)
    held.find()
    held.look(**seen)
    assert held.state == "issued"
    return held


def correct(hub: Hub, held: Held, **answers: str) -> Report | None:
    who = held.case.appraiser
    assert held.report is not None
    with hub.begin(actor(hub, who)) as work:
        appraisals.correct(work, held.report.code, "重新核对照片后更正。")
    with hub.begin(actor(hub, who)) as work:
        assert not appraisals.save_findings(work, held.case.code, answers, held.order.findings_rev).refused
    with hub.begin(actor(hub, who)) as work:
        report = appraisals.sign(work, held.case.code, who.display_name, held.order.findings_rev)
    hub.drain()
    return report


def test_a_correction_to_a_grade_that_the_second_person_did_not_find_is_refused(hub: Hub) -> None:
    held = issued(hub)
    first = held.report
    assert first is not None
    with pytest.raises(SecondLookDisagrees):
        correct(hub, held, screen_glass="visible")
    assert (held.state, held.order.findings["screen_glass"]) == ("correcting", "visible"), "every answer is kept"
    make_key(hub, held.case.appraiser)
    with pytest.raises(SecondLookDisagrees), hub.begin(actor(hub, held.case.appraiser)) as work:
        appraisals.freeze(work, held.case.code, held.order.findings_rev)
    assert held.report is not None
    assert held.report.code == first.code


def test_what_the_second_person_could_not_tell_is_corrected_and_words_always(hub: Hub) -> None:
    held = issued(hub, screen_glass=None)
    corrected = correct(hub, held, screen_glass="visible")
    assert corrected is not None
    with hub.look() as work:
        first = queries.earlier_report(work, corrected)
    assert corrected.tier != first.tier
    again = correct(hub, held, battery_cycles="51")
    assert again is not None
    assert again.tier == corrected.tier
