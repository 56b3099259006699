"""The verbs of the bank door: statements are taken in, rows that do not fit are resolved, transfers are given to the bank."""

from __future__ import annotations

from app.payments.service.bank.books import DatabaseBooks
from app.payments.service.bank.resolving import assign_row, book_row, return_row
from app.payments.service.bank.sending import export_transfers, note_file_opened, refuse_transfer
from app.payments.service.bank.taking import KNOWN, NEW, REUSED, keep_import, take_row

__all__ = [
    "KNOWN",
    "NEW",
    "REUSED",
    "DatabaseBooks",
    "assign_row",
    "book_row",
    "export_transfers",
    "keep_import",
    "note_file_opened",
    "refuse_transfer",
    "return_row",
    "take_row",
]
