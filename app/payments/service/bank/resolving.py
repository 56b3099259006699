"""What the operator does with a row that could not be matched. Every way out is a movement in the ledger, and on record."""

from __future__ import annotations

from sqlalchemy import select

from app.kernel.errors import BadState
from app.kernel.text import N_
from app.kernel.work import Work
from app.payments import rules
from app.payments.bankfile import references_in
from app.payments.errors import LedgerRefused, RowDoesNotFit, RowNotThatWay
from app.payments.models import BankRow, BankTransfer
from app.payments.queries import balance, find_txn, instruction_by_reference, row_by_code, transfer_by_reference
from app.payments.service import news
from app.payments.service.bank.books import add_transfer
from app.payments.service.bank.taking import CLEARING, confirm
from app.payments.service.holds import locked
from app.payments.service.ledger import post
from app.payments.states import EXPORTED, ROW_FLOW, WAITING

FEE, LOSS = "fee", "loss"


def assign_row(work: Work, code: str, reference: str) -> BankRow:
    """Say what a row is: the payment of this reference, or (when it went out) this transfer of ours.

    What is more than the payment goes back to the sender. Raises RowDoesNotFit with its reason, BadState when it was resolved.
    """
    row = _open_row(work, code, "assign")
    if row.amount_fen < 0:
        _assign_transfer(work, row, reference)
    else:
        _assign_payment(work, row, reference)
    return row


def return_row(work: Work, code: str) -> BankTransfer:
    """Send what came in back to whoever had sent it: with the next payment file. Of a refund that came back: send it again."""
    row = _open_row(work, code, "send_back")
    if row.amount_fen < 0:
        raise RowNotThatWay()
    ROW_FLOW.apply(work, row, "send_back")
    return _send_back(work, row)


def book_row(work: Work, code: str, what: str) -> BankRow:
    """What left the account without an order of ours: the bank's fee (FEE) or a loss (LOSS). LedgerRefused without cover."""
    row = _open_row(work, code, "book_fee")
    if row.amount_fen > 0:
        raise RowNotThatWay()
    key = f"psp_fee:{row.code}" if what == FEE else f"taken:{row.code}"
    account, memo = ("psp_fees", "fee of the bank") if what == FEE else ("bad_debt", "left the bank without an order of ours")
    post(work, key, memo, [rules.debit(account, -row.amount_fen), rules.credit(CLEARING, -row.amount_fen)])
    row.kind = "fee" if what == FEE else "taken"
    ROW_FLOW.apply(work, row, "book_fee" if what == FEE else "book_loss")
    return row


def _open_row(work: Work, code: str, event: str) -> BankRow:
    """The row, for whoever is about to resolve it: nobody else does so before this transaction ends. Raises BadState."""
    found = row_by_code(work, code)
    wanted = select(BankRow).where(BankRow.id == found.id).with_for_update().execution_options(populate_existing=True)
    row = work.session.scalars(wanted).one()
    if not ROW_FLOW.can(row.state, event):
        raise BadState(ROW_FLOW.name, row.state, event, ROW_FLOW.allowed(row.state))
    return row


def _assign_payment(work: Work, row: BankRow, reference: str) -> None:
    instruction = instruction_by_reference(work, references_in(reference))
    if instruction is None:
        raise RowDoesNotFit({"reference": N_("There is no payment with this reference.")})
    if row.paid_for is not None:  # refunds of that payment look here for their sender
        raise RowDoesNotFit({"reference": N_("A payment was taken out of this row already. Send the rest back.")})
    payment = locked(work, instruction.payment_code)
    if find_txn(work, f"capture:{payment.code}") is not None:
        raise RowDoesNotFit({"reference": N_("This payment has arrived already.")})
    left_fen = balance(work, rules.unassigned_account(row.code)) - payment.amount_fen
    if left_fen < 0:
        raise RowDoesNotFit({"reference": N_("That is less than the payment. Send it back, and ask for the whole amount.")})
    ROW_FLOW.apply(work, row, "assign_part" if left_fen else "assign", detail={"payment": payment.code})
    if not news.settle_from(work, payment, rules.unassigned_account(row.code)):
        raise RowDoesNotFit({"reference": N_("Nobody asks for this payment any more. Send the money back.")})
    row.paid_for = payment.code
    if payment.intent_id is None:  # our own note of the try was lost; a refund asks for it
        payment.intent_id = instruction.code
    if left_fen:
        _send_back(work, row)


def _assign_transfer(work: Work, row: BankRow, reference: str) -> None:
    found = transfer_by_reference(work, references_in(reference))
    if found is None:
        raise RowDoesNotFit({"reference": N_("There is no transfer of ours with this reference.")})
    work.session.refresh(found, with_for_update=True)
    if found.state not in (WAITING, EXPORTED):
        raise RowDoesNotFit({"reference": N_("This transfer does not wait for the bank.")})
    if found.amount_fen != -row.amount_fen:
        raise RowDoesNotFit({"reference": N_("The transfer has another amount.")})
    ROW_FLOW.apply(work, row, "assign", detail={"transfer": found.code})
    if not confirm(work, row, found):
        raise LedgerRefused()


def _send_back(work: Work, row: BankRow) -> BankTransfer:
    """Plan the way back of what is left of a row: to its sender; of a refund that came back, to whom it was meant for."""
    fen = balance(work, rules.unassigned_account(row.code))
    # Anybody can write a number of ours into a memo: it says whose the money is only where our own transfer came back.
    ours = transfer_by_reference(work, references_in(row.memo)) if row.why == rules.REFUND_CAME_BACK else None
    where = ours.destination if ours is not None else f"row:{row.code}"
    key = f"return:{row.code}:{row.version}"  # after a refusal by the bank it is sent once more
    return add_transfer(work, key, "return", where, fen, row.currency, {}, row.code)
