"""Rows of a bank's statement are taken in: each number once, matched by reference and amount, booked in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from app.kernel import audit
from app.kernel.ids import new_code
from app.kernel.seal import Sealer
from app.kernel.work import Work
from app.payments import rules
from app.payments.bankfile import Fault, Line, references_in
from app.payments.errors import LedgerRefused
from app.payments.models import BankImport, BankRow, BankTransfer
from app.payments.provider.face import ProviderEvent
from app.payments.queries import find_txn, instruction_by_reference, transfer_by_reference
from app.payments.service import news
from app.payments.service.holds import locked
from app.payments.service.ledger import post
from app.payments.states import CONFIRMED, EXPORTED, ROW_FLOW, ROW_OPEN, ROW_RESOLVED, TRANSFER_FLOW, WAITING

NEW, KNOWN, REUSED = "new", "known", "reused"
PROVIDER = "bank"
CLEARING = rules.clearing_account(PROVIDER)
TOLD = {"refund": "refund.succeeded", "payout": "payout.paid"}


def take_row(work: Work, sealer: Sealer, line: Line) -> str:
    """Take in one row: NEW, KNOWN (it was taken in before) or REUSED (its number was, with other values: nothing happens)."""
    row = _remember(work, sealer, line)
    if row is None:
        known = work.session.scalars(select(BankRow).where(BankRow.number == line.number)).one()
        return KNOWN if known.sha256 == line.sha256 else REUSED
    if line.amount_fen > 0:
        _came_in(work, row, references_in(line.memo))
    else:
        _went_out(work, row, references_in(line.memo))
    ROW_FLOW.start(work, row, {"number": row.number, "kind": row.kind, "why": row.why})
    return NEW


def keep_import(work: Work, sha256: str, counts: dict[str, int], faults: Sequence[Fault]) -> BankImport:
    """Write down that a statement was read, and which of its rows were left out."""
    row = BankImport(
        at=work.now,
        by_id=work.actor.user_id,
        sha256=sha256,
        new_count=counts[NEW],
        known_count=counts[KNOWN],
        faults=[{"line": each.line, "fault": each.fault} for each in faults],
    )
    work.session.add(row)
    work.session.flush()
    audit.record(work, "bank_import.read", "bank_import", row.id, {**counts, "faults": len(faults)})
    return row


def _remember(work: Work, sealer: Sealer, line: Line) -> BankRow | None:
    """The row, or None when its number is known. PostgreSQL waits here for a transaction that is taking in the same one."""
    code = new_code()
    other = json.dumps({"name": line.name, "account": line.account}, ensure_ascii=False)
    kind = "received" if line.amount_fen > 0 else "taken"
    values = {
        "code": code,
        "number": line.number,
        "sha256": line.sha256,
        "booked_on": line.booked_on,
        "amount_fen": line.amount_fen,
        "currency": line.currency,
        "other_sealed": sealer.seal(other, f"bank_row.other:{code}"),
        "memo": line.memo,
        "kind": kind,
        "about": code,
        "why": "",
        "read_at": work.now,
        "state": ROW_RESOLVED,
        "version": 1,
        "entered_at": work.now,
    }
    dialect = sqlite if work.session.get_bind().dialect.name == "sqlite" else postgresql
    writing = dialect.insert(BankRow).values(**values).on_conflict_do_nothing(index_elements=["number"])
    row_id = work.session.execute(writing.returning(BankRow.id)).scalar_one_or_none()
    return None if row_id is None else work.session.get_one(BankRow, row_id)


def _came_in(work: Work, row: BankRow, references: Sequence[str]) -> None:
    """A payment, a transfer of ours that comes back, or money of which nobody knows for what it is."""
    instruction = instruction_by_reference(work, references)
    if instruction is not None:
        if row.amount_fen != instruction.amount_fen:
            return _receive(work, row, rules.WRONG_AMOUNT)
        payment = locked(work, instruction.payment_code)
        if find_txn(work, f"capture:{payment.code}") is not None:
            return _receive(work, row, rules.DOUBLE)
        told = {"payment_code": payment.code, "attempt": str(instruction.attempt)}
        _tell(work, row, "intent.succeeded", instruction.code, told)
        row.kind, row.about, row.paid_for = "capture", payment.code, payment.code
        return None
    transfer = _locked(work, transfer_by_reference(work, references))
    if transfer is None:
        return _receive(work, row, rules.UNKNOWN_REFERENCE)
    if row.amount_fen != transfer.amount_fen:
        return _receive(work, row, rules.WRONG_AMOUNT)
    if transfer.state != CONFIRMED:
        return _receive(work, row, rules.NOT_EXPECTED)
    TRANSFER_FLOW.apply(work, transfer, "come_back")
    if transfer.kind != "payout":
        return _receive(work, row, rules.REFUND_CAME_BACK)
    assert transfer.command_code is not None
    _tell(work, row, "payout.returned", transfer.code, transfer.told, "sent back by the bank")
    row.kind, row.about = "payout_return", transfer.command_code
    return None


def _went_out(work: Work, row: BankRow, references: Sequence[str]) -> None:
    transfer = _locked(work, transfer_by_reference(work, references))
    if transfer is None:
        return _wait(work, row, rules.UNKNOWN_REFERENCE)
    if -row.amount_fen != transfer.amount_fen:
        return _wait(work, row, rules.WRONG_AMOUNT)
    if transfer.state not in (WAITING, EXPORTED):
        return _wait(work, row, rules.NOT_EXPECTED)
    return None if confirm(work, row, transfer) else _wait(work, row, rules.NO_COVER)


def confirm(work: Work, row: BankRow, transfer: BankTransfer) -> bool:
    """The statement shows that the transfer has left; False when our books have less money there."""
    try:
        with work.session.begin_nested():
            TRANSFER_FLOW.apply(work, transfer, "confirm")
            if transfer.kind == "return":
                _returned(work, row, transfer)
            else:
                assert transfer.command_code is not None
                _tell(work, row, TOLD[transfer.kind], transfer.code, transfer.told)
                row.kind, row.about = transfer.kind, transfer.command_code
            work.session.flush()
    except LedgerRefused:
        return False
    return True


def _returned(work: Work, row: BankRow, transfer: BankTransfer) -> None:
    """What nobody could assign is back with whoever had sent it."""
    assert transfer.row_code is not None
    came = work.session.scalars(select(BankRow).where(BankRow.code == transfer.row_code).with_for_update()).one()
    lines = [
        rules.debit(rules.unassigned_account(came.code), transfer.amount_fen),
        rules.credit(CLEARING, transfer.amount_fen),
    ]
    post(work, f"return:{transfer.code}", "sent back to whoever had sent it", lines)
    row.kind, row.about = "return", transfer.code
    ROW_FLOW.apply(work, came, "arrive")


def _receive(work: Work, row: BankRow, why: str) -> None:
    """Into the books as its sender's, until somebody knows what it is for."""
    lines = [rules.debit(CLEARING, row.amount_fen), rules.credit(rules.unassigned_account(row.code), row.amount_fen)]
    post(work, f"received:{row.code}", "came in at the bank, not assigned", lines)
    _wait(work, row, why)


def _wait(work: Work, row: BankRow, why: str) -> None:
    row.state, row.why = ROW_OPEN, why
    work.session.flush()


def _tell(work: Work, row: BankRow, kind: str, ref: str, told: dict[str, str], reason: str = "") -> None:
    """What the statement says, through the same door as another provider's messages."""
    values = (f"bank:{row.code}", kind, ref, abs(row.amount_fen), row.currency, told)
    outcome = news.take_in(work, PROVIDER, ProviderEvent(*values, False, reason))
    if outcome != news.APPLIED:  # what was looked at above leaves nothing that could not fit
        raise RuntimeError(f"row {row.number} was taken for {kind} of {ref} and is {outcome}")


def _locked(work: Work, transfer: BankTransfer | None) -> BankTransfer | None:
    if transfer is None:
        return None
    work.session.refresh(transfer, with_for_update=True)
    return transfer
