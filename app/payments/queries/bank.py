"""Reads of the bank door: instructions, rows of statements that wait, transfers that go out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from app.accounts.models import Organisation, User
from app.kernel.ids import is_code
from app.kernel.seal import Sealer
from app.kernel.work import Work
from app.payments import bankfile
from app.payments.errors import PaymentNotFound, RowNotFound, TransferNotFound
from app.payments.models import BankFile, BankImport, BankInstruction, BankRow, BankTransfer, Payment
from app.payments.queries.payments import find_payment
from app.payments.states import EXPORTED, ROW_RESOLVED, WAITING


def my_instruction(work: Work, code: str) -> tuple[BankInstruction, Payment]:
    """What the actor shall transfer, and for what. Raises PaymentNotFound for somebody else's."""
    found = find_instruction(work, code)
    payment = find_payment(work, found.payment_code) if found is not None else None
    if found is None or payment is None or payment.payer_id != work.actor.id:
        raise PaymentNotFound()
    return found, payment


def find_instruction(work: Work, code: str) -> BankInstruction | None:
    wanted = select(BankInstruction).where(BankInstruction.code == code)
    return work.session.scalars(wanted).one_or_none() if is_code(code) else None


def instruction_by_reference(work: Work, references: Sequence[str]) -> BankInstruction | None:
    """The one instruction that the references name; None when there is none, or more than one."""
    found = work.session.scalars(select(BankInstruction).where(BankInstruction.reference.in_(references))).all()
    return found[0] if len(found) == 1 else None


def transfer_by_reference(work: Work, references: Sequence[str]) -> BankTransfer | None:
    """Like ``instruction_by_reference``, of what goes out."""
    found = work.session.scalars(select(BankTransfer).where(BankTransfer.reference.in_(references))).all()
    return found[0] if len(found) == 1 else None


def row_by_code(work: Work, code: str) -> BankRow:
    found = work.session.scalars(select(BankRow).where(BankRow.code == code)).one_or_none() if is_code(code) else None
    if found is None:
        raise RowNotFound()
    return found


def transfer_by_code(work: Work, code: str) -> BankTransfer:
    wanted = select(BankTransfer).where(BankTransfer.code == code)
    found = work.session.scalars(wanted).one_or_none() if is_code(code) else None
    if found is None:
        raise TransferNotFound()
    return found


def file_by_code(work: Work, code: str) -> BankFile:
    found = work.session.scalars(select(BankFile).where(BankFile.code == code)).one_or_none() if is_code(code) else None
    if found is None:
        raise TransferNotFound()
    return found


def transfers_of_file(work: Work, code: str) -> list[BankTransfer]:
    return list(work.session.scalars(select(BankTransfer).where(BankTransfer.file_code == code).order_by(BankTransfer.id)))


def bank_balance(work: Work) -> int:
    """What lies at the bank by its statements, fen."""
    return int(work.session.scalar(select(func.coalesce(func.sum(BankRow.amount_fen), 0))) or 0)


def covered(work: Work, waiting: Iterable[BankTransfer]) -> list[BankTransfer]:
    """Those of the transfers, in this order, that the money at the bank covers besides what it was told to send already."""
    told = select(func.coalesce(func.sum(BankTransfer.amount_fen), 0)).where(BankTransfer.state == EXPORTED)
    left = bank_balance(work) - int(work.session.scalar(told) or 0)
    found = []
    for each in waiting:
        if each.amount_fen > left:
            break  # nobody overtakes: a large one would wait for ever
        left -= each.amount_fen
        found.append(each)
    return found


def count_waiting_rows(work: Work) -> int:
    """Rows of statements that wait for the operator."""
    return work.session.scalar(select(func.count()).where(BankRow.state != ROW_RESOLVED, BankRow.state != "returning")) or 0


@dataclass(frozen=True)
class WaitingRow:
    """A row that the operator must look at. ``name`` and ``account`` of the other side are masked."""

    row: BankRow
    name: str
    account: str


@dataclass(frozen=True)
class BankDesk:
    """The operator's view of the account at the bank."""

    balance_fen: int
    rows: tuple[WaitingRow, ...]
    waiting: tuple[BankTransfer, ...]  # not given to the bank yet, oldest first
    covered_count: int  # of them, how many the next payment file takes
    exported: tuple[BankTransfer, ...]  # given to the bank, not seen on a statement yet
    names: dict[str, str]  # of a transfer's code: who gets it
    files: tuple[BankFile, ...]
    imports: tuple[BankImport, ...]


def bank_desk(work: Work, sealer: Sealer, limit: int = 200) -> BankDesk:
    """Everything on the bank's page (ten queries)."""
    rows = work.session.scalars(select(BankRow).where(BankRow.state != ROW_RESOLVED).order_by(BankRow.id).limit(limit)).all()
    waiting = _transfers(work, WAITING, limit)
    exported = _transfers(work, EXPORTED, limit)
    files = work.session.scalars(select(BankFile).order_by(BankFile.id.desc()).limit(5)).all()
    imports = work.session.scalars(select(BankImport).order_by(BankImport.id.desc()).limit(5)).all()
    found = tuple(WaitingRow(row, *bankfile.masked(*other_side(row, sealer))) for row in rows)
    return BankDesk(
        bank_balance(work),
        found,
        tuple(waiting),
        len(covered(work, waiting)),
        tuple(exported),
        {code: bankfile.masked(*who)[0] for code, who in receivers(work, sealer, (*waiting, *exported)).items()},
        tuple(files),
        tuple(imports),
    )


def _transfers(work: Work, state: str, limit: int) -> list[BankTransfer]:
    return list(
        work.session.scalars(select(BankTransfer).where(BankTransfer.state == state).order_by(BankTransfer.id).limit(limit))
    )


def other_side(row: BankRow, sealer: Sealer) -> tuple[str, str]:
    """(name, account) of whoever sent or got the money, as the statement says it."""
    found = json.loads(sealer.open(row.other_sealed, f"bank_row.other:{row.code}"))
    return str(found["name"]), str(found["account"])


def receivers(work: Work, sealer: Sealer, transfers: Sequence[BankTransfer]) -> dict[str, tuple[str, str]]:
    """Of each transfer's code (name, account) of who gets it: a person, an agency, or whoever had sent the money (three queries).

    The test bank keeps an account for everybody under their code here.
    """
    wanted: dict[str, set[str]] = {"user": set(), "organisation": set(), "row": set()}
    for each in transfers:
        family, _, code = each.destination.partition(":")
        wanted[family].add(code)
    people = select(User.code, User.display_name).where(User.code.in_(wanted["user"]))
    agencies = select(Organisation.code, Organisation.name).where(Organisation.code.in_(wanted["organisation"]))
    found = {f"user:{code}": (name, f"TEST-{code}") for code, name in work.session.execute(people)}
    found |= {f"organisation:{code}": (name, f"TEST-{code}") for code, name in work.session.execute(agencies)}
    rows = work.session.scalars(select(BankRow).where(BankRow.code.in_(wanted["row"])))
    found |= {f"row:{row.code}": other_side(row, sealer) for row in rows}
    return {each.code: found[each.destination] for each in transfers}
