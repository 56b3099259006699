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
    of_agency = agency_of_command(work, found.id) is not None
    # The person before the command, as everywhere: two who move the same money wait for each other in one order.
    seller = None if found.kind != "payout" or of_agency else sellers.locked_seller(work, found.user_id)
    command = locked_command(work, found.id)
    if command.state in (SUBMITTED, SUCCEEDED, CLOSED):
        raise CommandNotStuck()
    if command.state == RETURNED and seller is None:  # an agency's next payout includes it
        COMMAND_FLOW.apply(work, command, "close", reason="part of the next payout")
        return None
    if seller is not None:
        owes = balance(work, rules.debt_account(seller.code)) > 0
        if command.state == RETURNED or (command.state == COMMAND_FAILED and owes):
            return sellers.pay_again(work, seller, command)
    if command.state == COMMAND_FAILED:
        command.round += 1
        command.provider_ref = None
        COMMAND_FLOW.apply(work, command, "retry")
    announce(work, MoneyCommandPlanned(command.id))
    return command
