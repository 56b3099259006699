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
from app.payments.errors import AgencyNotUnpaid, ReasonMissing
from app.payments.models import AgencyPayout, MoneyCommand
from app.payments.queries import agency_commands, balance, payment_by_code
from app.payments.rules import agency_account, agency_debt_account
from app.payments.service import commands
from app.payments.service.ledger import post


def pay_out_agency(work: Work, organisation_id: int) -> MoneyCommand | None:
    """Plan the agency's payout of today. None when there is nothing to pay, it was planned already, or nobody manages the agency:
    then the money waits and staff see it (``unpaid_agencies``).

    What the agency owes is set against its earnings first. A payout that failed counts as on its way: the money stays owed,
    and staff try that payout again.
    """
    agency = _locked(work, organisation_id)
    managers = accounts.members(work, agency.id, "manager")
    return _pay_all(work, agency, managers[0].id if managers else None)


def pay_out_unmanaged(work: Work, organisation_code: str, reason: str) -> MoneyCommand:
    """Staff pay an agency that nobody manages to its account at the provider, and answer for it with their name and a reason.

    Raises AgencyNotUnpaid when the agency is managed (then it is paid by itself), owed nothing, or was paid today; ReasonMissing.
    """
    agency = _locked(work, accounts.organisation_by_code(work, organisation_code).id)
    if not reason:
        raise ReasonMissing({"reason": ReasonMissing.message})
    if agency.kind != "agency" or accounts.members(work, agency.id, "manager"):
        raise AgencyNotUnpaid()
    command = _pay_all(work, agency, work.actor.id, reason)
    if command is None:
        raise AgencyNotUnpaid()
    audit.record(work, "payment.unmanaged", "organisation", agency.id, {"amount_fen": command.amount_fen, "reason": reason})
    return command


def _pay_all(work: Work, agency: Organisation, answering_id: int | None, reason: str = "") -> MoneyCommand | None:
    """All that is free, once a day. Without somebody who answers for it only the set-off is done."""
    key = f"payout:agency:{agency.code}:{shanghai_day(work.now).isoformat()}"
    if work.session.scalars(select(MoneyCommand.id).where(MoneyCommand.idem_key == key)).first() is not None:
        return None
    free_fen = _free(work, agency)
    free_fen -= _set_off(work, agency, free_fen)
    if free_fen <= 0 or answering_id is None:
        return None
    command = commands.plan(work, "payout", answering_id, free_fen, key, payment_code=None, reason=reason)
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
