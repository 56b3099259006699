"""The second report is signed: it is compared with the first, and both money and grade follow from that."""

from __future__ import annotations

from app.appraisal import queries as appraisals
from app.appraisal import service as appraising
from app.appraisal.events import ReportSigned
from app.appraisal.models import Report
from app.appraisal.models import second_looks as looks
from app.goods.queries import hold_thing
from app.kernel.deadlines import clear_deadlines
from app.kernel.text import N_
from app.kernel.work import Work
from app.reinspection.models import Reinspection
from app.reinspection.queries import by_look, look_of, order_of, report_of
from app.reinspection.rules import Compared, compare
from app.reinspection.service.answering import charge_first_agency
from app.reinspection.service.ending import give_back, pay_by_platform, spend
from app.reinspection.service.telling import locked, tell_first_appraiser, tell_parties
from app.reinspection.states import AMEND, REINSPECTION_FLOW, UPHOLD, WITH_AGENCY
from app.reinspection.terms import terms_by_id
from app.schemes.queries import get_scheme


def on_report_signed(work: Work, event: ReportSigned) -> None:
    """Decide the re-inspection that this report was made for; nothing for an ordinary report, and nothing the second time.

    The same verdict and grade: upheld, the deposit pays the second agency; unless the first report was withdrawn meanwhile.
    Else amended: the second report speaks for the thing, the deposit goes back, the second agency gets the same amount, and the
    first answers for it (``answering``).
    """
    second = appraisals.report_by_code(work, event.report_code)
    found = appraisals.look_of_order(work, second.appraisal_id)
    known = by_look(work, found.id) if found is not None and found.ended_at is None else None
    if known is None:
        return
    row = locked(work, known.id)
    if row.state != WITH_AGENCY:
        return
    hold_thing(work, second.thing_id)  # the first report is not withdrawn in the same moment
    first, order, look = report_of(work, row), order_of(work, row), look_of(work, row)
    assert order is not None
    assert look is not None
    assert order.id == second.appraisal_id
    pair = _compared(work, first, second)
    stood = not appraisals.is_withdrawn(work, _newest(work, first))
    upheld = pair.is_same and stood
    row.steps, row.critical_misses = pair.steps, pair.critical_misses
    terms = terms_by_id(row.terms_id)
    row.is_liable = pair.liable(terms.liability_steps)
    if row.paid_at is not None:
        if upheld:
            spend(work, row, order)
        else:
            by_first = terms.answering is not None and terms.answering.pays_second_look
            give_back(work, row, "amended", platform_fen=0 if by_first else pay_by_platform(work, row, order))
    row.staff_reason = None
    detail = {"report": second.code, "steps": pair.steps, "critical_misses": pair.critical_misses, "liable": row.is_liable}
    REINSPECTION_FLOW.apply(work, row, UPHOLD if upheld else AMEND, detail=detail)
    clear_deadlines(work, "reinspection", row.id)
    appraising.end_second_look(work, look, looks.UPHELD if upheld else looks.AMENDED, second)
    if not upheld:
        charge_first_agency(work, row, first, order, pair)
    _note(work, row, first, second, pair)
    _tell(work, row, is_same=pair.is_same, stood=stood)


def _newest(work: Work, first: Report) -> Report:
    """The version of the first report that speaks, or spoke, for the thing."""
    newest = appraisals.report_of(work, appraisals.order_of_report(work, first))
    assert newest is not None  # the first is one
    return newest


def _compared(work: Work, report: Report, second: Report) -> Compared:
    tiers = [tier.code for tier in get_scheme(work, report.scheme_id).tiers]
    return compare(report.content["result"], second.content["result"], tiers)


def _note(work: Work, row: Reinspection, first: Report, second: Report, pair: Compared) -> None:
    """What the first appraiser's record says of it, wherever they work later."""
    appraising.record_agreement(
        work,
        first,
        source=row.code,
        kind=row.kind,
        steps=pair.steps,
        critical_misses=pair.critical_misses,
        second=second,
    )


def _tell(work: Work, row: Reinspection, *, is_same: bool, stood: bool) -> None:
    if not stood:
        said = N_("Another agency has looked at %(thing)s. The first report was withdrawn meanwhile, so the new one counts now.")
    elif is_same:
        said = N_("Another agency has looked at %(thing)s without knowing the first result and found the same grade. It stands.")
    else:
        said = N_(
            "Another agency has looked at %(thing)s without knowing the first result and found another grade. It counts now."
        )
    tell_parties(work, row, said, "decided")
    tell_first_appraiser(work, row, said, "decided")
