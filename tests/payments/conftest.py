"""The books under attack."""

import pytest
from sqlalchemy import text

from app.kernel.work import SYSTEM
from app.payments import service
from tests.payments.attacking import Target
from tests.payments.banking import PaperBank, use_bank


@pytest.fixture
def target(hub):
    with hub.begin(SYSTEM) as work:
        lines = [("psp_clearing:sandbox", "asset", 1000), ("escrow:p1", "liability", -1000)]
        txn = service.post(work, "capture:p1", "capture", lines)
        ids = dict(work.session.execute(text("SELECT name, id FROM ledger_account")).all())
        entry = work.session.execute(text("SELECT min(id) FROM ledger_entry")).scalar_one()
        return Target(hub, ids["psp_clearing:sandbox"], ids["escrow:p1"], txn.id, entry)


@pytest.fixture
def bank(hub):
    use_bank(hub)
    return PaperBank(hub)
