"""Transfers are given to the bank in payment files; its statement says later which of them have left."""

from __future__ import annotations

from sqlalchemy import select

from app.kernel import audit
from app.kernel.ids import new_code
from app.kernel.work import Work
from app.payments.errors import NothingToExport
from app.payments.models import BankFile, BankRow, BankTransfer
from app.payments.provider.face import ProviderEvent
from app.payments.queries import covered, file_by_code, transfer_by_code, transfers_of_file
from app.payments.service import news
from app.payments.service.bank.taking import PROVIDER
from app.payments.states import ROW_FLOW, TRANSFER_FLOW, WAITING

MOST = 500  # transfers of one file


def export_transfers(work: Work) -> BankFile:
    """Put what waits into a payment file, oldest first, as far as the money at the bank covers it. Raises NothingToExport.

    Each transfer is in one file only, whoever presses at the same time.
    """
    waiting = select(BankTransfer).where(BankTransfer.state == WAITING).order_by(BankTransfer.id).limit(MOST)
    rows = covered(work, work.session.scalars(waiting.with_for_update()).all())
    if not rows:
        raise NothingToExport()
    file = BankFile(
        code=new_code(), at=work.now, by_id=work.actor.user_id, count=len(rows), total_fen=sum(each.amount_fen for each in rows)
    )
    work.session.add(file)
    work.session.flush()
    for each in rows:
        each.file_code = file.code
        TRANSFER_FLOW.apply(work, each, "export", detail={"file": file.code})
    return file


def note_file_opened(work: Work, code: str) -> list[BankTransfer]:
    """The transfers of a file, for whoever opens it: names and accounts are in it, so that it is put on record first."""
    file = file_by_code(work, code)
    audit.record(work, "bank_file.open", "bank_file", file.id, {"count": file.count})
    return transfers_of_file(work, code)


def refuse_transfer(work: Work, code: str, reason: str) -> BankTransfer:
    """The bank did not send it (a wrong account). The refund or payout counts as failed; a return is decided anew.

    Raises BadState when the bank has sent it, or when it was not given to the bank.
    """
    found = transfer_by_code(work, code)
    work.session.refresh(found, with_for_update=True)
    TRANSFER_FLOW.apply(work, found, "refuse", reason=reason)
    if found.kind == "return":
        row = work.session.scalars(select(BankRow).where(BankRow.code == found.row_code).with_for_update()).one()
        ROW_FLOW.apply(work, row, "refuse", reason=reason)
        return found
    kind = f"{found.kind}.failed"
    values = (f"bank:{found.code}:refused", kind, found.code, found.amount_fen, found.currency, found.told)
    outcome = news.take_in(work, PROVIDER, ProviderEvent(*values, False, reason))
    if outcome != news.APPLIED:
        raise RuntimeError(f"the refusal of transfer {found.code} is {outcome}")
    return found
