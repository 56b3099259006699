"""A signed report is looked at again, blind, by another agency: the look begins, its order is placed, it ends with a result."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from app.accounts import queries as accounts
from app.appraisal.errors import AlreadyLookedAt, AppraisalAlreadyOpen
from app.appraisal.events import ReportTookPlace
from app.appraisal.models import Appraisal, Report, SecondLook, SecondLookOrder
from app.appraisal.models.second_looks import AMENDED
from app.appraisal.queries import scheme_in_force
from app.appraisal.service.ending import stop
from app.appraisal.service.fetching import locked
from app.appraisal.service.guarding import require_agency_may
from app.appraisal.service.ordering import refuse_parcel, refuse_undecided
from app.appraisal.states import APPRAISAL_FLOW, CANCEL, REQUESTED
from app.goods.models import Thing
from app.goods.queries import hold_thing
from app.kernel.audit import record
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify


def begin_second_look(work: Work, report: Report, kind: str) -> SecondLook:
    """From now on the report is looked at again (``kind``: blind or contest). Raises AlreadyLookedAt: one at a time."""
    hold_thing(work, report.thing_id)  # no correction is signed in the same moment
    look = SecondLook(report_id=report.id, kind=kind, begun_at=work.now)
    work.session.flush()  # so that what is refused below is this row
    try:
        with work.session.begin_nested():
            work.session.add(look)
    except IntegrityError as taken:
        raise AlreadyLookedAt() from taken
    record(work, "second_look.begin", "second_look", look.id, {"report": report.code, "kind": kind})
    return look


def place_second_look(work: Work, look: SecondLook, agency_id: int, owner_id: int) -> Appraisal:
    """Give the look to an agency, as an order without a fee. ``owner_id``: who has the thing and shows it.

    The agency learns that it is a second look and nothing of the first. Raises AppraisalAlreadyOpen while the thing is being
    appraised otherwise, a WorkStopped while the agency takes no such work.
    """
    report = work.session.get_one(Report, look.report_id)
    thing = work.session.get_one(Thing, report.thing_id)
    require_agency_may(work, agency_id, thing.category)
    appraisal = Appraisal(
        state=REQUESTED,
        version=1,
        entered_at=work.now,
        created_at=work.now,
        thing_id=thing.id,
        owner_id=owner_id,
        agency_id=agency_id,
        scheme_id=scheme_in_force(work, thing).reference,
        findings={},
        findings_rev=0,
    )
    try:
        with work.session.begin_nested():
            work.session.add(appraisal)
    except IntegrityError as taken:
        raise AppraisalAlreadyOpen() from taken
    work.session.add(SecondLookOrder(second_look_id=look.id, appraisal_id=appraisal.id))
    APPRAISAL_FLOW.start(work, appraisal, {"second_look": True})
    for member in accounts.members(work, agency_id, "appraiser"):
        notify(
            work,
            member.id,
            text=N_("A re-inspection waits for your agency. You do not see the first result, so that yours is your own."),
            values={},
            link=f"/appraisals/{appraisal.code}",
            key=f"appraisal.second_look:{appraisal.code}",
            mail=False,
        )
    return appraisal


def refuse_undecided_look(work: Work, appraisal_id: int) -> None:
    """Nobody takes a second look back while it is not settled who was at its booked time. Raises as ``refuse_undecided``."""
    refuse_undecided(work, locked(work, appraisal_id))


def cancel_second_look(work: Work, appraisal_id: int, why: str) -> Appraisal:
    """End the order of a second look before its inspection has begun. Raises BadState afterwards, ParcelUnderWay."""
    appraisal = locked(work, appraisal_id)
    refuse_parcel(work, appraisal)
    before = appraisal.state
    APPRAISAL_FLOW.apply(work, appraisal, CANCEL, reason=why)
    stop(work, appraisal, before, why)
    if appraisal.appraiser_id is not None:
        notify(
            work,
            appraisal.appraiser_id,
            text=N_("A re-inspection that you had accepted has ended."),
            values={},
            link=f"/appraisals/{appraisal.code}",
            key=f"appraisal.second_look_ended:{appraisal.code}",
            mail=False,
        )
    return appraisal


def end_second_look(work: Work, look: SecondLook, outcome: str, second: Report | None = None) -> None:
    """Say once what came of it: the grade is upheld, amended (the second report takes the first one's place), or nothing."""
    hold_thing(work, work.session.get_one(Report, look.report_id).thing_id)
    look.ended_at, look.outcome = work.now, outcome
    look.second_report_id = second.id if second is not None else None
    work.session.flush()
    record(work, "second_look.end", "second_look", look.id, {"outcome": outcome, "report": second.code if second else None})
    if outcome == AMENDED and second is not None:
        announce(work, ReportTookPlace(second.code, second.thing_id, second.tier, second.status))
