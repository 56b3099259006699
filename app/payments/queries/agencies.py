"""Reads of what agencies have earned and of its payouts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from app.accounts import queries as accounts
from app.accounts.models import Organisation
from app.kernel.work import Work
from app.payments.models import AgencyPayout, LedgerAccount, LedgerEntry, LedgerTxn, MoneyCommand
from app.payments.rules import agency_account, agency_debt_account, on_normal_side
from app.payments.states import DONE


@dataclass(frozen=True)
class Unpaid:
    """An agency that is owed money and is not paid, because nobody manages it: nobody answers for the account it would go to."""

    agency: Organisation
    amount_fen: int  # owed to it, less what it owes and what is on its way


def agencies_with_money(work: Work) -> list[int]:
    """The ids of the agencies that have ever earned something, oldest first."""
    rows = select(Organisation.id).join(LedgerAccount, LedgerAccount.name == agency_account("") + Organisation.code)
    return list(work.session.scalars(rows.order_by(Organisation.id)))


def agency_commands(work: Work, organisation_id: int) -> list[MoneyCommand]:
    """Payouts of an agency that have not arrived, oldest first."""
    rows = (
        select(MoneyCommand)
        .join(AgencyPayout, AgencyPayout.command_id == MoneyCommand.id)
        .where(AgencyPayout.organisation_id == organisation_id, MoneyCommand.state.not_in(DONE))
    )
    return list(work.session.scalars(rows.order_by(MoneyCommand.id)))


def agencies_by_command(work: Work, command_ids: Iterable[int]) -> dict[int, Organisation]:
    """To which agencies these payouts go; a person's is left out. One query."""
    wanted = list(command_ids)
    rows = select(AgencyPayout.command_id, Organisation).join(Organisation, Organisation.id == AgencyPayout.organisation_id)
    found = work.session.execute(rows.where(AgencyPayout.command_id.in_(wanted))).all() if wanted else []
    return {row.command_id: row.Organisation for row in found}


def agency_of_command(work: Work, command_id: int) -> Organisation | None:
    """The agency whose payout a command is; None for a person's."""
    rows = select(Organisation).join(AgencyPayout, AgencyPayout.organisation_id == Organisation.id)
    return work.session.scalars(rows.where(AgencyPayout.command_id == command_id)).one_or_none()


def unpaid_agencies(work: Work) -> list[Unpaid]:
    """The agencies whose payouts wait because nobody manages them, oldest first. Three queries."""
    alone = accounts.organisations_without(work, "agency", "manager")
    names = [name(each.code) for each in alone for name in (agency_account, agency_debt_account)]
    posted = (
        select(LedgerAccount.name, LedgerAccount.kind, func.sum(LedgerEntry.amount_fen))
        .join(LedgerEntry, LedgerEntry.account_id == LedgerAccount.id)
        .join(LedgerTxn, LedgerTxn.id == LedgerEntry.txn_id)
        .where(LedgerAccount.name.in_(names), LedgerTxn.state == "posted")
        .group_by(LedgerAccount.name, LedgerAccount.kind)
    )
    fen = {name: on_normal_side(kind, int(total)) for name, kind, total in work.session.execute(posted)} if names else {}
    leaving = _on_the_way(work, [each.id for each in alone])
    found = []
    for each in alone:
        owed = fen.get(agency_account(each.code), 0) - fen.get(agency_debt_account(each.code), 0) - leaving.get(each.id, 0)
        if owed > 0:
            found.append(Unpaid(each, owed))
    return found


def _on_the_way(work: Work, organisation_ids: list[int]) -> dict[int, int]:
    """Payouts of these agencies that have not arrived, fen each."""
    rows = (
        select(AgencyPayout.organisation_id, func.sum(MoneyCommand.amount_fen))
        .join(MoneyCommand, MoneyCommand.id == AgencyPayout.command_id)
        .where(AgencyPayout.organisation_id.in_(organisation_ids), MoneyCommand.state.not_in(DONE))
        .group_by(AgencyPayout.organisation_id)
    )
    return {agency: int(fen) for agency, fen in work.session.execute(rows)} if organisation_ids else {}
