"""Reads of what agencies have earned and of its payouts."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from app.accounts.models import Organisation
from app.kernel.work import Work
from app.payments.models import AgencyPayout, LedgerAccount, MoneyCommand
from app.payments.rules import agency_account
from app.payments.states import SUCCEEDED


def agencies_with_money(work: Work) -> list[int]:
    """The ids of the agencies that have ever earned something, oldest first."""
    rows = select(Organisation.id).join(LedgerAccount, LedgerAccount.name == agency_account("") + Organisation.code)
    return list(work.session.scalars(rows.order_by(Organisation.id)))


def agency_commands(work: Work, organisation_id: int) -> list[MoneyCommand]:
    """Payouts of an agency that have not arrived, oldest first."""
    rows = (
        select(MoneyCommand)
        .join(AgencyPayout, AgencyPayout.command_id == MoneyCommand.id)
        .where(AgencyPayout.organisation_id == organisation_id, MoneyCommand.state != SUCCEEDED)
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
