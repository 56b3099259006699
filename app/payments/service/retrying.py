"""Staff try a refund or a payout once more."""

from __future__ import annotations

from app.kernel.outbox import announce
from app.kernel.work import Work
from app.payments import rules
from app.payments.errors import CommandNotFound, CommandNotStuck
from app.payments.events import MoneyCommandPlanned
from app.payments.models import MoneyCommand
from app.payments.queries import agency_of_command, balance, find_command
from app.payments.service import sellers
from app.payments.service.commands import locked_command
from app.payments.states import CLOSED, COMMAND_FAILED, COMMAND_FLOW, RETURNED, SUBMITTED, SUCCEEDED


def retry_command(work: Work, command_code: str) -> MoneyCommand | None:
    """After a definite failure in a new round with a new key; while nothing is known, with the old key.

    A payout that came back is closed and what is free is paid out anew; so is one that failed while its person owes
    something, so that nobody is paid who owes. None when nothing is left to be paid then. Raises CommandNotFound,
    CommandNotStuck.
    """
    found = find_command(work, command_code)
    if found is None:
        raise CommandNotFound()
    command = locked_command(work, found.id)
    if command.state in (SUBMITTED, SUCCEEDED, CLOSED):
        raise CommandNotStuck()
    if command.kind == "payout" and agency_of_command(work, command.id) is None:
        seller = sellers.locked_seller(work, command.user_id)
        owes = balance(work, rules.debt_account(seller.code)) > 0
        if command.state == RETURNED or (command.state == COMMAND_FAILED and owes):
            return sellers.pay_again(work, command)
    elif command.state == RETURNED:  # an agency's next payout includes it
        COMMAND_FLOW.apply(work, command, "close", reason="part of the next payout")
        return None
    if command.state == COMMAND_FAILED:
        command.round += 1
        command.provider_ref = None
        COMMAND_FLOW.apply(work, command, "retry")
    announce(work, MoneyCommandPlanned(command.id))
    return command
