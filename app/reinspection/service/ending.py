"""A re-inspection ends: where the deposit goes, to the fen, and what becomes of the order underneath."""

from __future__ import annotations

from app.accounts import queries as accounts
from app.appraisal import queries as appraisals
from app.appraisal import service as appraising
from app.appraisal.models import Appraisal
from app.appraisal.models.second_looks import NO_RESULT
from app.kernel import audit
from app.kernel.deadlines import clear_deadlines
from app.kernel.work import Work
from app.payments import queries as money
from app.payments import service as payments
from app.reinspection.models import Reinspection
from app.reinspection.queries import look_of, order_of
from app.reinspection.states import REINSPECTION_FLOW


def end_without_result(work: Work, row: Reinspection, event: str, why: str, words: str | None = None) -> None:
    """The first report stays as it is; a paid deposit goes back whole; an order that has not begun ends.

    ``words``: the reason for those concerned, where ``event`` closes it. Raises BadState once the inspection has begun,
    ParcelUnderWay while a carrier brings the thing.
    """
    order, look = order_of(work, row), look_of(work, row)
    if order is not None and appraisals.step_of(order) in ("waiting", "accepted", "received"):
        appraising.cancel_second_look(work, order.id, why)
    if row.paid_at is not None:
        give_back(work, row, why)
    row.staff_reason = None
    row.end_reason = words or row.end_reason
    REINSPECTION_FLOW.apply(work, row, event, reason=why)
    clear_deadlines(work, "reinspection", row.id)
    if look is not None and look.ended_at is None:
        appraising.end_second_look(work, look, NO_RESULT)


def give_back(work: Work, row: Reinspection, why: str, *, platform_fen: int = 0) -> None:
    """The whole deposit back to who paid it. ``platform_fen``: what the platform pays the second agency beside it."""
    assert row.payment_code is not None
    assert row.deposit_fen is not None
    payments.refund(work, row.payment_code, row.deposit_fen, key=f"deposit:{row.code}", reason=why)
    _say(work, row, why, refund_fen=row.deposit_fen, spent_fen=0, platform_fen=platform_fen)


def spend(work: Work, row: Reinspection, order: Appraisal) -> None:
    """The grade was found again: the whole deposit pays the agency that looked."""
    assert row.payment_code is not None
    assert row.deposit_fen is not None
    account = money.agency_account(accounts.organisation_by_id(work, order.agency_id).code)
    payments.release(work, row.payment_code, [(account, row.deposit_fen)], key=f"deposit:{row.code}")
    _say(work, row, "upheld", refund_fen=0, spent_fen=row.deposit_fen, platform_fen=0)


def pay_by_platform(work: Work, row: Reinspection, order: Appraisal) -> int:
    """The second agency gets what the deposit would have paid, out of the platform's own money; fen."""
    assert row.deposit_fen is not None
    account = money.agency_account(accounts.organisation_by_id(work, order.agency_id).code)
    lines = [("goodwill", "expense", row.deposit_fen), (account, "liability", -row.deposit_fen)]
    payments.post(work, f"reinspection:{row.code}", "re-inspection that amended a grade, paid by the platform", lines)
    return row.deposit_fen


def _say(work: Work, row: Reinspection, why: str, *, refund_fen: int, spent_fen: int, platform_fen: int) -> None:
    row.settled_at = work.now
    row.refund_fen, row.spent_fen, row.platform_fen = refund_fen, spent_fen, platform_fen
    detail = {"why": why, "refund_fen": refund_fen, "spent_fen": spent_fen, "platform_fen": platform_fen}
    audit.record(work, "reinspection.deposit", "reinspection", row.id, detail)
    work.session.flush()
