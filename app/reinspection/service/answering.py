"""The first report was wrong: what its agency answers for, out of what it has earned or, beyond that, earns next."""

from __future__ import annotations

from app.accounts import queries as accounts
from app.appraisal import queries as appraisals
from app.appraisal import service as appraising
from app.appraisal.models import Appraisal, Report
from app.kernel import audit
from app.kernel.money import format_yuan
from app.kernel.text import N_
from app.kernel.work import Work
from app.payments import queries as money
from app.payments import service as payments
from app.reinspection.models import Liability, Reinspection
from app.reinspection.queries import thing_of
from app.reinspection.rules import Compared, compensation
from app.reinspection.service.telling import tell
from app.reinspection.terms import Answering, terms_by_id
from app.trades import queries as trades

FEE_OF_WRONG = N_("Another agency has found that the grade you paid for was wrong. The fee of %(fee)s goes back to you.")
WHY = "another agency found that the report was wrong"


def charge_first_agency(work: Work, row: Reinspection, first: Report, order: Appraisal, pair: Compared) -> Liability | None:
    """After an amended grade: the second look is paid by the first agency; for an error that it answers for, the fee of its
    appraisal goes back, and a buyer who contests after the sale is compensated. None when there is nothing to answer for.

    ``order``: of the second agency. To the fen, by the terms that the re-inspection was made under.
    """
    answering = terms_by_id(row.terms_id).answering
    if answering is None:
        return None
    cost = row.deposit_fen or 0 if row.paid_at is not None and answering.pays_second_look else 0
    owed, to_id = _compensation(work, row, first, pair, answering) if row.is_liable else (0, None)
    parts = [(_agency_account(work, order.agency_id), cost)]
    parts += [(money.seller_account(work, to_id), owed)] if to_id is not None else []
    parts = [part for part in parts if part[1] > 0]
    charged = [payments.charge_agency(work, first.agency_id, f"liability:{row.code}", WHY, parts)] if parts else []
    back = appraising.give_fee_back(work, first, WHY, FEE_OF_WRONG) if row.is_liable and answering.fee_back else None
    fee, platform = (back[0], back[1]) if back is not None else (0, 0)
    charged += [back[2]] if back is not None else []
    if not charged:
        return None
    found = Liability(
        reinspection_id=row.id,
        agency_id=first.agency_id,
        appraiser_id=first.appraiser_id,
        at=work.now,
        cost_fen=cost,
        fee_fen=fee,
        platform_fen=platform,
        compensation_fen=owed,
        to_id=to_id,
        paid_fen=sum(each.paid_fen for each in charged),
        debt_fen=sum(each.debt_fen for each in charged),
    )
    work.session.add(found)
    work.session.flush()
    audit.record(work, "reinspection.liability", "reinspection", row.id, {"liability": found.code, "debt_fen": found.debt_fen})
    _tell(work, row, found)
    return found


def _compensation(work: Work, row: Reinspection, first: Report, pair: Compared, answering: Answering) -> tuple[int, int | None]:
    """How much (fen) and to whom: to who contests, when they bought the thing on a version of this report (sale over)."""
    thing = thing_of(work, row)
    versions = appraisals.version_codes(work, first)
    bought = trades.bought_on(work, thing.id, row.by_id, versions) if row.by_id is not None else None
    if bought is None:
        return 0, None
    owed = compensation(bought.price_fen, pair, answering, thing.category)
    return (owed, bought.buyer_id) if owed > 0 else (0, None)


def _agency_account(work: Work, agency_id: int) -> str:
    return money.agency_account(accounts.organisation_by_id(work, agency_id).code)


def _tell(work: Work, row: Reinspection, found: Liability) -> None:
    if found.to_id is not None:
        message = N_("The grade of %(thing)s was too good when you bought it. You get %(amount)s from the agency that gave it.")
        tell(work, row, found.to_id, message, "compensation", {"amount": format_yuan(found.compensation_fen)})
    message = N_(
        "Another agency has found another grade of %(thing)s than a report of your agency. Your agency answers for %(amount)s; "
        "what it has not earned yet is set against what it earns next."
    )
    amount = {"amount": format_yuan(found.paid_fen + found.debt_fen)}
    for manager in accounts.members(work, found.agency_id, "manager"):
        tell(work, row, manager.id, message, "answers_for", amount, link="/agency/money")
