"""Commands to the provider: planned with the decision, given by a job, done when the provider confirms them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.accounts import queries as accounts
from app.kernel.outbox import announce
from app.kernel.work import Work
from app.payments import rules
from app.payments.errors import KeyReused
from app.payments.events import MoneyCommandPlanned, PayoutPaid, RefundPaid
from app.payments.models import MoneyCommand
from app.payments.queries import agency_of_command, find_command_by_key, open_account, payment_by_code
from app.payments.service.ledger import post
from app.payments.states import COMMAND_FLOW, PLANNED


def plan(
    work: Work, kind: str, user_id: int, amount_fen: int, idem_key: str, *, payment_code: str | None, reason: str = ""
) -> MoneyCommand:
    """Write a refund or payout that shall be carried out after the commit. The same key plans once."""
    known = find_command_by_key(work, idem_key)
    if known is not None:
        if (known.kind, known.user_id, known.amount_fen) != (kind, user_id, amount_fen):
            raise KeyReused()
        return known
    command = MoneyCommand(
        kind=kind,
        payment_code=payment_code,
        user_id=user_id,
        amount_fen=amount_fen,
        reason=reason,
        idem_key=idem_key,
        created_at=work.now,
        state=PLANNED,
        entered_at=work.now,
    )
    work.session.add(command)
    work.session.flush()
    COMMAND_FLOW.start(work, command, {"kind": kind, "amount_fen": amount_fen})
    announce(work, MoneyCommandPlanned(command.id))
    return command


@dataclass(frozen=True)
class Call:
    """What the provider is asked, with everything that was stored before the call.

    ``destination``: whose money a payout is; ``account``: where it goes at a provider that pays to accounts of its own.
    """

    command_id: int
    round: int
    kind: str
    key: str
    intent_id: str
    destination: str
    amount_fen: int
    currency: str
    metadata: dict[str, str]
    account: str = ""


NO_ACCOUNT = "no_account"  # the owner has no account at the provider yet, or one that cannot be paid to


def claim(work: Work, command_id: int, pays_to: str = "") -> Call | None:
    """The call that is to be made now, None when there is nothing left to ask. Counts the attempt before it is made.

    ``pays_to``: the provider, where payouts go to accounts that are opened there. A payout without one waits until its owner
    has one (``receiving.note_transfers`` calls it then).
    """
    command = locked_command(work, command_id)
    if command.state != PLANNED:
        return None
    destination, account = _destination(work, command), ""
    if pays_to and command.kind == "payout":
        account = open_account(work, pays_to, destination)
        if not account:
            command.last_error = NO_ACCOUNT
            return None
    command.attempts += 1
    work.session.flush()
    intent_id, currency = "", rules.CURRENCY
    metadata = {"command_code": command.code, "round": str(command.round)}
    if command.payment_code is not None:
        payment = payment_by_code(work, command.payment_code)
        intent_id, currency = payment.intent_id or "", payment.currency
        if command.kind == "payout":
            metadata["payment_code"] = payment.code
    return Call(
        command_id=command.id,
        round=command.round,
        kind=command.kind,
        key=command.provider_key,
        intent_id=intent_id,
        destination=destination,
        amount_fen=command.amount_fen,
        currency=currency,
        metadata=metadata,
        account=account,
    )


def _destination(work: Work, command: MoneyCommand) -> str:
    """Whose account at the provider: a person's or an agency's."""
    agency = agency_of_command(work, command.id)
    return f"user:{accounts.user_by_id(work, command.user_id).code}" if agency is None else f"organisation:{agency.code}"


def note_submitted(work: Work, call: Call, provider_ref: str) -> None:
    """The provider took the command; its signed news may have been faster than this note."""
    command = locked_command(work, call.command_id)
    if command.round != call.round:
        return
    if command.provider_ref is None:
        command.provider_ref = provider_ref
    if command.state == PLANNED:
        command.last_error = None
        COMMAND_FLOW.apply(work, command, "submit")


def note_refused(work: Work, call: Call, reason: str) -> None:
    """The provider will not do it: staff must look."""
    command = locked_command(work, call.command_id)
    if command.round == call.round and command.state == PLANNED:
        fail(work, command, reason)


def succeed(work: Work, command: MoneyCommand, provider_name: str) -> None:
    """The provider confirmed that the money has left: book it and tell the rooms above."""
    COMMAND_FLOW.apply(work, command, "succeed")
    command.last_error = None
    clearing = rules.clearing_account(provider_name)
    if command.kind == "refund":
        assert command.payment_code is not None
        owed = rules.refund_account(command.payment_code)
        lines = [rules.debit(owed, command.amount_fen), rules.credit(clearing, command.amount_fen)]
        post(work, f"refund_paid:{command.code}", "refund reached the payer", lines)
        announce(work, RefundPaid(command.payment_code, command.amount_fen))
        return
    agency = agency_of_command(work, command.id)
    if agency is None:
        payable, told = rules.payable_account(accounts.user_by_id(work, command.user_id).code), command.user_id
    else:
        payable, told = rules.agency_account(agency.code), None
    lines = [rules.debit(payable, command.amount_fen), rules.credit(clearing, command.amount_fen)]
    post(work, f"payout:{command.code}", "payout to the owner", lines)
    receiver = agency.code if agency is not None else ""
    announce(work, PayoutPaid(told, command.amount_fen, command.code, command.payment_code or "", receiver))


def fail(work: Work, command: MoneyCommand, reason: str) -> None:
    """The provider said a definite no. The money stays owed in the books; staff decide about another round."""
    command.last_error = reason[:500]
    COMMAND_FLOW.apply(work, command, "fail", reason=reason[:200])


def locked_command(work: Work, command_id: int) -> MoneyCommand:
    work.session.flush()
    wanted = select(MoneyCommand).where(MoneyCommand.id == command_id)
    return work.session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).one()
