"""Accounts of receivers at a provider: written down when they are opened, looked at when the provider says that they changed."""

from __future__ import annotations

from app.accounts import queries as accounts
from app.kernel import audit
from app.kernel.outbox import announce
from app.kernel.work import Work
from app.payments.events import MoneyCommandPlanned
from app.payments.models import ProviderAccount
from app.payments.provider.face import ACTIVE, Account
from app.payments.queries import find_account, find_account_by_ref, planned_payouts


def note_account(work: Work, provider: str, owner: str, account: Account) -> ProviderAccount:
    """Remember the account of an owner: the first one that was opened, whoever was faster."""
    known = find_account(work, provider, owner)
    if known is not None:
        return known
    row = ProviderAccount(
        provider=provider, owner=owner, ref=account.ref, transfers=account.transfers, created_at=work.now, changed_at=work.now
    )
    work.session.add(row)
    work.session.flush()
    audit.record(work, "payment.account", "provider_account", row.id, {"provider": provider, "owner": owner})
    return row


def note_transfers(work: Work, provider: str, ref: str, transfers: str) -> bool:
    """The provider says whether an account may be paid to. What waited for it is sent now; False for an unknown account."""
    row = find_account_by_ref(work, provider, ref)
    if row is None:
        return False
    work.session.refresh(row, with_for_update=True)
    if row.transfers != transfers:
        row.transfers, row.changed_at = transfers, work.now
        work.session.flush()
        audit.record(work, "payment.account_changed", "provider_account", row.id, {"transfers": transfers})
    if transfers == ACTIVE:
        for command in _waiting(work, row.owner):
            announce(work, MoneyCommandPlanned(command))
    return True


def _waiting(work: Work, owner: str) -> list[int]:
    family, _, code = owner.partition(":")
    if family == "user":
        found = planned_payouts(work, user_id=accounts.user_by_code(work, code).id)
    else:
        found = planned_payouts(work, organisation_id=accounts.organisation_by_code(work, code).id)
    return [each.id for each in found]
