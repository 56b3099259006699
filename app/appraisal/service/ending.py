"""An order ends before its inspection, or because the thing has a new owner: deadlines, fee, time and way back."""

from __future__ import annotations

from app.appraisal.events import EndedWithoutReport
from app.appraisal.models import Appraisal
from app.appraisal.queries import fee_of, is_meeting_undecided, look_of_order, open_appraisal, refund_pct, terms_of
from app.appraisal.service.assigning import note_answer
from app.appraisal.service.coming import expect_back, give_time_back
from app.appraisal.service.fees import end_fee
from app.appraisal.service.fetching import tell_appraiser, tell_owner
from app.appraisal.states import APPRAISAL_FLOW, CHANGE_HANDS
from app.goods.events import ThingTransferred
from app.goods.models import Thing
from app.kernel.deadlines import drop_deadlines
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.work import Work


def stop(work: Work, appraisal: Appraisal, before: str, why: str) -> None:
    """What follows when an order ends before its inspection: deadlines, the fee, the draw's answer, the way back."""
    drop_deadlines(work, "appraisal", appraisal.id)
    note_answer(work, appraisal, "withdrawn")
    fee = fee_of(work, appraisal)
    if fee is not None:
        percent = refund_pct(work, appraisal, terms_of(fee), before)
        end_fee(work, appraisal, 100 if percent is None else percent, why)
    give_time_back(work, appraisal)
    expect_back(work, appraisal)


def on_thing_transferred(work: Work, event: ThingTransferred) -> None:
    """What the earlier owner had asked for ends: the new owner decides whether the thing is appraised."""
    end_for_new_owner(work, work.session.get_one(Thing, event.thing_id))


def end_for_new_owner(work: Work, thing: Thing, *, have_met: bool = False) -> bool:
    """Cancel the open appraisal of somebody who no longer owns the thing, and tell both sides. Again does nothing.

    While it is not settled who was at a booked time it goes on: what comes back of the fee depends on that. ``have_met``: it
    is settled, both are there.
    """
    appraisal = open_appraisal(work, thing.id)
    if appraisal is None or appraisal.owner_id == thing.owner_id or look_of_order(work, appraisal.id) is not None:
        return False  # a second look may be shown by whoever has the thing; its own room decides what a new owner changes
    if not have_met and is_meeting_undecided(work, appraisal):
        return False
    before = appraisal.state
    APPRAISAL_FLOW.apply(work, appraisal, CHANGE_HANDS)
    stop(work, appraisal, before, "changed_hands")
    announce(work, EndedWithoutReport(appraisal.id))
    message = N_("An appraisal has ended because the item has a new owner.")
    tell_owner(work, appraisal, message, "changed_hands")
    tell_appraiser(work, appraisal, message, "changed_hands")
    return True
