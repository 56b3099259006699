"""What the bank door remembers, in our own database: each call is a small transaction of its own, as a call to a provider is."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Select, select

from app.kernel.work import Actor, Database, Work
from app.payments.bankfile import OURS, PAYER, new_reference
from app.payments.errors import ProviderRefused
from app.payments.models import BankInstruction, BankRow, BankTransfer, MoneyCommand
from app.payments.provider.face import Intent, Movement, Receipt
from app.payments.queries import find_instruction, find_txn
from app.payments.service.holds import locked
from app.payments.states import CAME_BACK, CONFIRMED, TRANSFER_FLOW, WAITING

BANK = Actor("provider", code="bank")
_WITH_METADATA = ("refund", "payout", "payout_return")


class DatabaseBooks:
    """The books of ``Bank``."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def instruct(self, amount_fen: int, currency: str, metadata: Mapping[str, str]) -> Intent:
        code, attempt = metadata["payment_code"], int(metadata["attempt"])

        def write(work: Work) -> Intent:
            locked(work, code)  # two clicks at once: one writes, the other finds it
            wanted = select(BankInstruction).where(BankInstruction.payment_code == code, BankInstruction.attempt == attempt)
            known = work.session.scalars(wanted).one_or_none()
            if known is None:
                known = BankInstruction(
                    payment_code=code,
                    attempt=attempt,
                    reference=new_reference(PAYER),
                    amount_fen=amount_fen,
                    currency=currency,
                    created_at=work.now,
                )
                work.session.add(known)
                work.session.flush()
            if (known.amount_fen, known.currency) != (amount_fen, currency):
                raise ProviderRefused(reason="key_with_other_values")
            return _intent(work, known)

        return self._db.run(BANK, write)

    def instruction(self, intent_id: str) -> Intent:
        with self._db.look(BANK) as work:
            found = find_instruction(work, intent_id)
            if found is None:
                raise ProviderRefused(reason="no_such_intent")
            return _intent(work, found)

    def instructions_of(self, payment_code: str) -> list[Intent]:
        with self._db.look(BANK) as work:
            wanted = select(BankInstruction).where(BankInstruction.payment_code == payment_code).order_by(BankInstruction.id)
            return [_intent(work, each) for each in work.session.scalars(wanted)]

    def order(
        self, key: str, kind: str, destination: str, amount_fen: int, currency: str, metadata: Mapping[str, str]
    ) -> Receipt:
        def write(work: Work) -> Receipt:
            known = work.session.scalars(select(BankTransfer).where(BankTransfer.idem_key == key)).one_or_none()
            if known is None:
                command = metadata["command_code"]
                # Whoever asks with the same key at the same time waits here, and then finds what this one has written.
                work.session.execute(select(MoneyCommand.id).where(MoneyCommand.code == command).with_for_update())
                known = work.session.scalars(select(BankTransfer).where(BankTransfer.idem_key == key)).one_or_none()
            if known is None:
                known = add_transfer(work, key, kind, destination, amount_fen, currency, metadata)
            if (known.kind, known.amount_fen, known.destination) != (kind, amount_fen, destination):
                raise ProviderRefused(reason="key_with_other_values")
            return Receipt(known.code, "pending")

        return self._db.run(BANK, write)

    def sender_of(self, intent_id: str) -> str:
        """Where the money of a payment came from. Raises ProviderRefused when it has not come."""
        with self._db.look(BANK) as work:
            found = find_instruction(work, intent_id)
            paid_by = None if found is None else _row_of(work, found.payment_code)
        if paid_by is None:
            raise ProviderRefused(reason="intent_not_paid")
        return f"row:{paid_by.code}"

    def movements(self) -> list[Movement]:
        with self._db.look(BANK) as work:
            told = {each.command_code: each.told for each in work.session.scalars(_done_transfers())}
            return [_movement(row, told) for row in work.session.scalars(select(BankRow).order_by(BankRow.id))]


def add_transfer(
    work: Work, key: str, kind: str, destination: str, amount_fen: int, currency: str, told: Mapping[str, str], row_code: str = ""
) -> BankTransfer:
    """A transfer that waits for the next payment file."""
    transfer = BankTransfer(
        kind=kind,
        idem_key=key,
        command_code=told.get("command_code"),
        row_code=row_code or None,
        told=dict(told),
        reference=new_reference(OURS),
        destination=destination,
        amount_fen=amount_fen,
        currency=currency,
        created_at=work.now,
        state=WAITING,
        entered_at=work.now,
    )
    work.session.add(transfer)
    work.session.flush()
    TRANSFER_FLOW.start(work, transfer, {"kind": kind, "amount_fen": amount_fen})
    return transfer


def _intent(work: Work, found: BankInstruction) -> Intent:
    status = "succeeded" if find_txn(work, f"capture:{found.payment_code}") else "open"
    metadata = {"payment_code": found.payment_code, "attempt": str(found.attempt)}
    return Intent(found.code, status, found.amount_fen, found.currency, f"/bank/transfers/{found.code}", metadata)


def _row_of(work: Work, payment_code: str) -> BankRow | None:
    """The row whose money this payment is."""
    wanted = select(BankRow).where(BankRow.paid_for == payment_code)
    return work.session.scalars(wanted.order_by(BankRow.id).limit(1)).first()


def _done_transfers() -> Select[tuple[BankTransfer]]:
    return select(BankTransfer).where(BankTransfer.command_code.is_not(None), BankTransfer.state.in_((CONFIRMED, CAME_BACK)))


def _movement(row: BankRow, told: Mapping[str | None, Mapping[str, str]]) -> Movement:
    fen = abs(row.amount_fen)
    if row.kind == "capture":
        return Movement(row.kind, row.number, fen, row.currency, {"payment_code": row.about})
    if row.kind in _WITH_METADATA:
        return Movement(row.kind, row.number, fen, row.currency, told[row.about])
    return Movement(row.kind, row.about, fen, row.currency, {})
