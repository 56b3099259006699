"""What agencies have earned is paid out: once a day, all that is owed and not yet on its way."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts.models import Organisation
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.payments.models import AgencyPayout, MoneyCommand
from app.payments.queries import agency_commands, balance
from app.payments.rules import agency_account
from app.payments.service import commands


def pay_out_agency(work: Work, organisation_id: int) -> MoneyCommand | None:
    """Plan the agency's payout of today. None when there is nothing to pay, it was planned already, or nobody manages the agency.

    A payout that failed counts as on its way: the money stays owed, and staff try that payout again.
    """
    wanted = select(Organisation).where(Organisation.id == organisation_id).with_for_update()
    agency = work.session.scalars(wanted.execution_options(populate_existing=True)).one()
    key = f"payout:agency:{agency.code}:{shanghai_day(work.now).isoformat()}"
    if work.session.scalars(select(MoneyCommand.id).where(MoneyCommand.idem_key == key)).first() is not None:
        return None
    # Read in this order: a payout that is confirmed in between is subtracted twice, never paid twice.
    on_the_way = sum(command.amount_fen for command in agency_commands(work, agency.id))
    owed_fen = balance(work, agency_account(agency.code)) - on_the_way
    managers = accounts.members(work, agency.id, "manager")
    if owed_fen <= 0 or not managers:
        return None
    command = commands.plan(work, "payout", managers[0].id, owed_fen, key, payment_code=None)
    work.session.add(AgencyPayout(command_id=command.id, organisation_id=agency.id))
    work.session.flush()
    return command
