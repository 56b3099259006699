"""What the provider's own list tells us: the fees that it kept, and what a comparison with our books has found."""

from __future__ import annotations

from collections.abc import Iterable

from app.kernel.work import Work
from app.payments import rules
from app.payments.errors import LedgerRefused
from app.payments.models import Reconciliation
from app.payments.provider.face import Movement
from app.payments.queries import Comparison, find_txn, key_of
from app.payments.service.ledger import post


def keep_comparison(work: Work, found: Comparison) -> Reconciliation:
    """Write the comparison down, for the operator's page and for whoever asks later what was known when."""
    row = Reconciliation(
        at=work.now,
        provider=found.provider,
        ours_count=found.ours_count,
        theirs_count=found.theirs_count,
        ours_fen=found.ours_fen,
        theirs_fen=found.theirs_fen,
        differences=[each.as_data() for each in found.differences],
    )
    work.session.add(row)
    work.session.flush()
    return row


def book_fees(work: Work, provider_name: str, movements: Iterable[Movement]) -> int:
    """Book what the provider has kept for itself: only its list says so. Each once; returns how many were new."""
    booked = 0
    for each in movements:
        key = key_of(each)
        if each.kind != "fee" or each.currency != rules.CURRENCY or find_txn(work, key) is not None:
            continue
        lines = [rules.debit("psp_fees", each.amount_fen), rules.credit(rules.clearing_account(provider_name), each.amount_fen)]
        try:
            post(work, key, "fee of the payment provider", lines)
        except LedgerRefused:  # nothing of ours is left there to keep it from: the comparison names it until there is
            continue
        booked += 1
    return booked
