"""Reads of fees: what agencies ask for, and what became of the fee of an order."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from app.accounts import queries as accounts
from app.appraisal.models import Appraisal, Fee, Price
from app.appraisal.terms import Terms, terms_by_id, terms_on
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.payments import queries as money


def price_of(work: Work, agency_id: int, category: str) -> Price | None:
    """What the agency asks for a thing of this category; None: nothing."""
    return work.session.scalars(select(Price).where(Price.agency_id == agency_id, Price.category == category)).one_or_none()


def prices_by_agency(work: Work, category: str) -> dict[int, Price]:
    """The fees for one category by agency; agencies that ask for nothing are left out. One query."""
    return {price.agency_id: price for price in work.session.scalars(select(Price).where(Price.category == category))}


def prices_of(work: Work, agency_id: int) -> dict[str, Price]:
    """The agency's price table by category."""
    return {price.category: price for price in work.session.scalars(select(Price).where(Price.agency_id == agency_id))}


def fee_of(work: Work, appraisal: Appraisal) -> Fee | None:
    """The fee of the order; None for an order without one."""
    return work.session.scalars(select(Fee).where(Fee.appraisal_id == appraisal.id)).one_or_none()


def fees_by_appraisal(work: Work, appraisal_ids: Iterable[int]) -> dict[int, Fee]:
    """The fees of several orders. One query."""
    wanted = set(appraisal_ids)
    found = work.session.scalars(select(Fee).where(Fee.appraisal_id.in_(wanted))) if wanted else ()
    return {fee.appraisal_id: fee for fee in found}


def find_by_payment(work: Work, payment_code: str) -> tuple[Appraisal, Fee] | None:
    """The order whose fee this payment is; None for payments of other rooms."""
    wanted = select(Appraisal, Fee).join(Fee, Fee.appraisal_id == Appraisal.id).where(Fee.payment_code == payment_code)
    row = work.session.execute(wanted).one_or_none()
    return None if row is None else (row[0], row[1])


def fee_back_key(fee: Fee) -> str:
    """The ledger's key of a fee that goes back although its report was signed: the report was wrong."""
    return f"fee_back:{fee.payment_code}"


def is_given_back(work: Work, fee: Fee) -> bool:
    """Whether the fee of a signed report went back because another agency found it wrong."""
    return fee.settled_at is not None and money.find_txn(work, fee_back_key(fee)) is not None


def terms_of(fee: Fee) -> Terms:
    return terms_by_id(fee.terms_id)


def terms_of_order(work: Work, appraisal: Appraisal) -> Terms:
    """What holds for an order: the terms of its fee; without one, those of today."""
    fee = fee_of(work, appraisal)
    return terms_on(shanghai_day(work.now)) if fee is None else terms_of(fee)


def agency_balance(work: Work, agency_id: int) -> int:
    """What is owed to the agency for reports and times kept free, fen."""
    code = accounts.organisation_by_id(work, agency_id).code
    return money.balance(work, money.agency_account(code))
