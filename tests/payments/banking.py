"""A bank on paper: it books what people transfer and what a payment file tells it to, and prints statements of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from app.kernel.hub import Hub
from app.kernel.money import yuan_text
from app.kernel.work import SYSTEM
from app.payments import jobs, queries, service
from app.payments.errors import NothingToExport
from app.payments.models import BankImport, BankRow, BankTransfer, Payment
from app.payments.provider import Bank
from tests.payments.making import begin_checkout, make_payment

HEAD = "number,day,amount,currency,name,account,memo"
_numbers = count(1)


def use_bank(hub: Hub) -> None:
    """From now on this marketplace is paid through the test bank."""
    hub.provider = Bank(service.DatabaseBooks(hub.db))


def row(
    fen: int, memo: str, *, number: str = "", name: str = "周晓雨", account: str = "6200000000001234", day: str = "2026-11-30"
) -> str:
    """One row of a statement."""
    sign = "-" if fen < 0 else ""
    out = io.StringIO()
    amount = f"{sign}{yuan_text(abs(fen))}"
    csv.writer(out, lineterminator="").writerow([number or f"N{next(_numbers):06}", day, amount, "CNY", name, account, memo])
    return out.getvalue()


def statement(*rows: str) -> bytes:
    return "\n".join([HEAD, *rows]).encode()


def read(hub: Hub, *rows: str) -> BankImport:
    """Somebody imports a statement of these rows."""
    return jobs.import_statement(hub, statement(*rows), SYSTEM)


def reference_of(hub: Hub, payment_code: str) -> str:
    """What the payer is told to write into the transfer."""
    code = begin_checkout(hub, payment_code)
    with hub.look() as work:
        found = queries.find_instruction(work, code)
        assert found is not None
        return found.reference


@dataclass
class PaperBank:
    """What the bank has booked and nobody has imported yet. It refuses or returns transfers to whom it is told to."""

    hub: Hub
    unread: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)  # destination -> reason, once

    def transfer(self, payment_code: str, fen: int | None = None) -> str:
        """A payer transfers what they were told to, or another amount; returns the row."""
        with self.hub.look() as work:
            wanted = queries.payment_by_code(work, payment_code).amount_fen
        booked = row(wanted if fen is None else fen, f"货款 {reference_of(self.hub, payment_code)}")
        self.unread.append(booked)
        return booked

    def book(self, fen: int, memo: str) -> None:
        self.unread.append(row(fen, memo))

    def day(self) -> int:
        """One working day: the statement is imported, a payment file is made and carried out; returns how much happened."""
        happened = len(self.unread)
        if self.unread:
            read(self.hub, *self.unread)
            self.printed += self.unread
            self.unread.clear()
        try:
            with self.hub.begin(SYSTEM) as work:
                file = service.export_transfers(work)
                orders = [
                    (each.code, each.destination, each.reference, each.amount_fen)
                    for each in queries.transfers_of_file(work, file.code)
                ]
        except NothingToExport:
            return happened
        for code, destination, reference, fen in orders:
            reason = self.refuses.pop(destination, "")
            if reason:
                with self.hub.begin(SYSTEM) as work:
                    service.refuse_transfer(work, code, reason)
            else:
                self.book(-fen, f"{reference} Xunyi")
        return happened + len(orders)

    def send_back(self, reference: str, fen: int) -> None:
        """A transfer of ours comes back, days after it was booked."""
        self.book(fen, f"退回 {reference}")


def transfer_of(hub: Hub, command_code: str) -> BankTransfer:
    """The last transfer of a refund or payout."""
    with hub.look() as work:
        found = work.session.query(BankTransfer).filter_by(command_code=command_code).order_by(BankTransfer.id.desc()).first()
        assert found is not None
        work.session.expunge(found)
        return found


def run(hub: Hub, bank: PaperBank, days: int = 6) -> None:
    """Days at the bank until nothing happens."""
    for _ in range(days):
        hub.drain()
        if bank.day() == 0:
            return


def settled(hub: Hub, bank: PaperBank, **more: Any) -> Payment:
    payment = make_payment(hub, **more)
    bank.transfer(payment.code)
    run(hub, bank)
    return payment


def state(hub: Hub, payment: Payment) -> str:
    with hub.look() as work:
        return queries.payment_by_code(work, payment.code).state


def money(hub: Hub, payment: Payment) -> queries.MoneyState:
    with hub.look() as work:
        return queries.money_state(work, payment.code)


def open_rows(hub: Hub) -> list[tuple[str, str, int]]:
    with hub.look() as work:
        return [(each.code, each.why, each.amount_fen) for each in work.session.query(BankRow).filter_by(state="open")]


def rows_in(hub: Hub, *states: str) -> int:
    with hub.look() as work:
        return work.session.query(BankRow).filter(BankRow.state.in_(states)).count()


def balance(hub: Hub, name: str) -> int:
    with hub.look() as work:
        return queries.balance(work, name)


def sound(hub: Hub) -> None:
    """The books hold, and agree with the statements."""
    jobs.learn_fees(hub)
    with hub.look() as work:
        assert service.verify(work, hub.provider) == []


def do(hub: Hub, verb: Callable[..., Any], *values: Any) -> Any:
    with hub.begin(SYSTEM) as work:
        return verb(work, *values)


__all__ = [
    "PaperBank",
    "balance",
    "do",
    "money",
    "open_rows",
    "read",
    "reference_of",
    "row",
    "rows_in",
    "run",
    "settled",
    "sound",
    "state",
    "statement",
    "transfer_of",
    "use_bank",
]
