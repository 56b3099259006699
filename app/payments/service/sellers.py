"""The money of sellers: what is free, what they owe, and payouts that come back."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts.models import User
from app.kernel import audit
from app.kernel.ids import new_code
from app.kernel.outbox import announce
from app.kernel.work import Work
from app.payments import rules
from app.payments.events import PayoutReturned
from app.payments.models import MoneyCommand
from app.payments.queries import agency_of_command, balance, payouts_of
from app.payments.service import commands
from app.payments.service.ledger import post
from app.payments.states import COMMAND_FAILED, COMMAND_FLOW, PLANNED, RETURNED, SUBMITTED


def locked_seller(work: Work, user_id: int) -> User:
    """The person, for whoever is about to move their money: nobody else does so before this transaction ends."""
    wanted = select(User).where(User.id == user_id).with_for_update().execution_options(populate_existing=True)
    return work.session.scalars(wanted).one()


def free_fen(work: Work, seller: User) -> int:
    """What is owed to the seller and not on its way, fen."""
    # Read in this order: a payout that is confirmed in between is subtracted twice, never paid twice.
    on_the_way = sum(each.amount_fen for each in payouts_of(work, seller.id, PLANNED, SUBMITTED))
    return balance(work, rules.payable_account(seller.code)) - on_the_way


def pay_out(work: Work, seller: User, fen: int, key: str, payment_code: str | None) -> MoneyCommand | None:
    """Set what the seller owes against these earnings, and plan the payout of the rest; None when nothing is left."""
    rest = fen - _set_off(work, seller, fen, key)
    return commands.plan(work, "payout", seller.id, rest, key, payment_code=payment_code) if rest > 0 else None


def take_from(work: Work, seller: User, fen: int) -> list[rules.Line]:
    """The lines by which a seller answers for an amount: out of what is free, the rest as a debt.

    A payout that failed is not on its way: it is closed, and ``pay_out_rest`` plans what is left of it.
    """
    for command in payouts_of(work, seller.id, COMMAND_FAILED, RETURNED):
        COMMAND_FLOW.apply(work, command, "close", reason="netted")
    paid = min(fen, max(free_fen(work, seller), 0))
    lines = [
        rules.debit(rules.payable_account(seller.code), paid),
        rules.debit(rules.debt_account(seller.code), fen - paid),
    ]
    return [line for line in lines if line.amount_fen]


def pay_out_rest(work: Work, seller: User, key: str) -> MoneyCommand | None:
    """Plan the payout of whatever is free now, debts set off first."""
    free = free_fen(work, seller)
    return pay_out(work, seller, free, f"payout:{key}:{seller.code}", None) if free > 0 else None


def give_up_debt(work: Work, user_id: int, fen: int, reason: str) -> int:
    """Staff: a debt that cannot be collected becomes a loss of the platform; returns what is still owed, fen."""
    seller = locked_seller(work, user_id)
    post(
        work,
        f"given_up:{new_code()}",
        reason,
        [rules.debit("bad_debt", fen), rules.credit(rules.debt_account(seller.code), fen)],
    )
    audit.record(work, "payment.give_up_debt", "user", seller.id, {"fen": fen, "reason": reason})
    return balance(work, rules.debt_account(seller.code))


def come_back(work: Work, command: MoneyCommand, provider_name: str, reason: str) -> None:
    """The bank has sent a payout back after it was paid: the money is owed again, and staff look for the right account."""
    COMMAND_FLOW.apply(work, command, "come_back", reason=reason[:200] or None)
    command.last_error = reason[:500] or None
    agency = agency_of_command(work, command.id)
    if agency is None:
        payable = rules.payable_account(accounts.user_by_id(work, command.user_id).code)
    else:
        payable = rules.agency_account(agency.code)
    lines = [rules.debit(rules.clearing_account(provider_name), command.amount_fen), rules.credit(payable, command.amount_fen)]
    post(work, f"payout_returned:{command.code}", "payout came back", lines)
    receiver = None if agency is not None else command.user_id
    announce(work, PayoutReturned(receiver, command.amount_fen, command.code, command.payment_code or ""))


def pay_again(work: Work, seller: User, command: MoneyCommand) -> MoneyCommand | None:
    """Staff: a person's payout that came back, or that failed while the person owes something, is closed; what is free is
    paid out by a new one."""
    COMMAND_FLOW.apply(work, command, "close", reason="paid again")
    work.session.flush()
    rest = min(free_fen(work, seller), command.amount_fen)
    return pay_out(work, seller, rest, f"{command.idem_key}:again", command.payment_code) if rest > 0 else None


def _set_off(work: Work, seller: User, fen: int, key: str) -> int:
    part = min(balance(work, rules.debt_account(seller.code)), fen)
    if part <= 0:
        return 0
    lines = [rules.debit(rules.payable_account(seller.code), part), rules.credit(rules.debt_account(seller.code), part)]
    post(work, f"set_off:{new_code()}", f"earnings set against what the seller owes ({key})", lines)
    return part
