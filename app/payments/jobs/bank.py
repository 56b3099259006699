"""Reading a bank's statement: each row in a transaction of its own, so that whatever ends it half way costs nothing but time."""

from __future__ import annotations

import hashlib

import structlog

from app.kernel.hub import Hub
from app.kernel.work import SYSTEM, Actor
from app.payments import bankfile, queries, rules, service
from app.payments.errors import NoBankHere
from app.payments.models import BankImport
from app.payments.provider import Bank
from app.payments.service.bank import NEW, REUSED

log = structlog.get_logger("payments")


def import_statement(hub: Hub, data: bytes, actor: Actor = SYSTEM) -> BankImport:
    """Take in a statement file: what is known already changes nothing, a row that cannot be read is named and left out.

    Raises StatementUnreadable for the whole file, NoBankHere where payments go through another door.
    """
    require_bank(hub)
    lines, faults = bankfile.read(data, hub.settings.bank_columns, rules.CURRENCY)
    counts = {NEW: 0, service.KNOWN: 0}
    for place, line in lines:
        outcome = hub.db.run(actor, lambda work, line=line: service.take_row(work, hub.sealer, line))  # type: ignore[misc]
        if outcome == REUSED:
            faults.append(bankfile.Fault(place, bankfile.REUSED))
        else:
            counts[outcome] += 1
    faults.sort(key=lambda each: each.line)
    sha256 = hashlib.sha256(data).hexdigest()
    kept = hub.db.run(actor, lambda work: service.keep_import(work, sha256, counts, faults))
    log.info("statement_read", documents=counts[NEW], difference_count=len(faults))
    return kept


def open_file(hub: Hub, code: str, actor: Actor = SYSTEM) -> str:
    """A payment file as the bank gets it. Names and accounts are in it, so that who opens it is put on record first."""
    require_bank(hub)
    with hub.begin(actor) as work:
        transfers = service.note_file_opened(work, code)
    with hub.look(actor) as work:
        who = queries.receivers(work, hub.sealer, transfers)
    return bankfile.payment_file(
        bankfile.Order(each.reference, *who[each.code], each.amount_fen, each.currency, each.kind) for each in transfers
    )


def require_bank(hub: Hub) -> Bank:
    """The bank door of this marketplace. Raises NoBankHere."""
    if not isinstance(hub.provider, Bank):
        raise NoBankHere()
    return hub.provider
