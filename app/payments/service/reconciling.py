"""Keeping what a comparison with the provider's list has found."""

from __future__ import annotations

from app.kernel.work import Work
from app.payments.models import Reconciliation
from app.payments.queries import Comparison


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
