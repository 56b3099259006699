"""The money of agencies: paid out once a day, all that is owed and not yet on its way; charged with what they answer for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts.models import Organisation
from app.kernel import audit
from app.kernel.ids import new_code
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.payments import rules
from app.payments.models import AgencyPayout, MoneyCommand
from app.payments.queries import agency_commands, balance, payment_by_code
from app.payments.rules import agency_account, agency_debt_account
from app.payments.service import commands
from app.payments.service.ledger import post


def pay_out_agency(work: Work, organisation_id: int) -> MoneyCommand | None:
    """Plan the agency's payout of today. None when there is nothing to pay, it was planned already, or nobody manages the agency.

    What the agency owes is set against its earnings first. A payout that failed counts as on its way: the money stays owed,
    and staff try that payout again.
    """
    agency = _locked(work, organisation_id)
    key = f"payout:agency:{agency.code}:{shanghai_day(work.now).isoformat()}"
    if work.session.scalars(select(MoneyCommand.id).where(MoneyCommand.idem_key == key)).first() is not None:
        return None
    free_fen = _free(work, agency)
    free_fen -= _set_off(work, agency, free_fen)
    managers = accounts.members(work, agency.id, "manager")
    if free_fen <= 0 or not managers:
        return None
    command = commands.plan(work, "payout", managers[0].id, free_fen, key, payment_code=None)
    work.session.add(AgencyPayout(command_id=command.id, organisation_id=agency.id))
    work.session.flush()
    return command


@dataclass(frozen=True)
class Charged:
    """What an agency's earnings covered of a charge, and what it owes of it from now on, fen."""

    paid_fen: int
    debt_fen: int


@dataclass(frozen=True)
class Back:
    """Of a payment that was released long ago, so much goes back to its payer, fen; ``platform_fen`` of it was the platform's."""

    payment_code: str
    amount_fen: int
    platform_fen: int = 0


def charge_agency(
    work: Work, organisation_id: int, key: str, memo: str, parts: Sequence[tuple[str, int]] = (), *, back: Back | None = None
) -> Charged:
    """Take what an agency answers for out of its earnings: (account name, fen) each, and a payment that goes back.

    What is on its way to the agency is not touched. What its earnings do not cover becomes its debt, which later earnings are
    set against before any payout; whoever is owed the money gets it now. No account goes below zero. Payouts to persons are
    planned by themselves. ``key``: of the business event, once.
    """
    agency = _locked(work, organisation_id)
    total = sum(fen for _, fen in parts) + (back.amount_fen - back.platform_fen if back else 0)
    if any(fen <= 0 for _, fen in parts) or total <= 0 or (back and not 0 <= back.platform_fen <= back.amount_fen):
        raise ValueError("a charge is more than nothing")
    paid = min(total, max(_free(work, agency), 0))
    lines = [
        rules.debit(agency_account(agency.code), paid),
        rules.debit(agency_debt_account(agency.code), total - paid),
        *(rules.credit(name, fen) for name, fen in parts),
    ]
    if back:
        lines.append(rules.debit("fee_revenue", back.platform_fen))
        lines.append(rules.credit(rules.refund_account(back.payment_code), back.amount_fen))
    post(work, key, memo, [line for line in lines if line.amount_fen])
    audit.record(work, "payment.charge", "organisation", agency.id, {"key": key, "paid_fen": paid, "debt_fen": total - paid})
    if back:
        payer = payment_by_code(work, back.payment_code).payer_id
        commands.plan(work, "refund", payer, back.amount_fen, key, payment_code=back.payment_code, reason=memo)
    for name, fen in parts:
        if name.startswith("seller_payable:"):
            user = accounts.user_by_code(work, name.split(":", 1)[1])
            commands.plan(work, "payout", user.id, fen, f"payout:{key}:{user.code}", payment_code=None)
    return Charged(paid, total - paid)


def _locked(work: Work, organisation_id: int) -> Organisation:
    """The agency, for whoever is about to move its money: nobody else does so before this transaction ends."""
    wanted = select(Organisation).where(Organisation.id == organisation_id).with_for_update()
    return work.session.scalars(wanted.execution_options(populate_existing=True)).one()


def _free(work: Work, agency: Organisation) -> int:
    """What is owed to the agency and not on its way to it, fen."""
    # Read in this order: a payout that is confirmed in between is subtracted twice, never paid twice.
    on_the_way = sum(command.amount_fen for command in agency_commands(work, agency.id))
    return balance(work, agency_account(agency.code)) - on_the_way


def _set_off(work: Work, agency: Organisation, free_fen: int) -> int:
    """Set earnings against what the agency owes; returns how much, fen."""
    part = min(balance(work, agency_debt_account(agency.code)), free_fen)
    if part <= 0:
        return 0
    lines = [rules.debit(agency_account(agency.code), part), rules.credit(agency_debt_account(agency.code), part)]
    post(work, f"set_off:{new_code()}", "earnings set against what the agency owes", lines)
    return part
