"""Reads of the accounts that people and agencies have opened at a provider."""

from __future__ import annotations

from sqlalchemy import or_, select

from app.accounts import queries as accounts
from app.kernel.work import Work
from app.payments.models import AgencyPayout, MoneyCommand, ProviderAccount
from app.payments.provider.face import ACTIVE
from app.payments.states import PLANNED


def receiver(work: Work, organisation_id: int | None) -> tuple[str, str]:
    """(owner, name) of whoever is paid: an agency, or the actor."""
    if organisation_id is not None:
        agency = accounts.organisation_by_id(work, organisation_id)
        return f"organisation:{agency.code}", agency.name
    user = accounts.user_by_id(work, work.actor.id)
    return f"user:{user.code}", user.display_name


def find_account(work: Work, provider: str, owner: str) -> ProviderAccount | None:
    """``owner``: user:<code> or organisation:<code>."""
    wanted = select(ProviderAccount).where(ProviderAccount.provider == provider, ProviderAccount.owner == owner)
    return work.session.scalars(wanted).one_or_none()


def find_account_by_ref(work: Work, provider: str, ref: str) -> ProviderAccount | None:
    wanted = select(ProviderAccount).where(ProviderAccount.provider == provider, ProviderAccount.ref == ref)
    return work.session.scalars(wanted).one_or_none()


def open_account(work: Work, provider: str, owner: str) -> str:
    """The provider's id of an account that can be paid to now; empty when there is none."""
    found = find_account(work, provider, owner)
    return found.ref if found is not None and found.transfers == ACTIVE else ""


def unsure_accounts(work: Work, provider: str) -> list[str]:
    """The ids of accounts that cannot be paid to, as far as we know."""
    wanted = select(ProviderAccount.ref).where(ProviderAccount.provider == provider, ProviderAccount.transfers != ACTIVE)
    return list(work.session.scalars(wanted.order_by(ProviderAccount.id)))


def planned_payouts(work: Work, *, user_id: int | None = None, organisation_id: int | None = None) -> list[MoneyCommand]:
    """Payouts to one owner that have not been given to the provider, oldest first."""
    rows = (
        select(MoneyCommand)
        .outerjoin(AgencyPayout, AgencyPayout.command_id == MoneyCommand.id)
        .where(MoneyCommand.kind == "payout", MoneyCommand.state == PLANNED)
        .where(
            or_(
                AgencyPayout.organisation_id == organisation_id,
                AgencyPayout.organisation_id.is_(None) & (MoneyCommand.user_id == user_id),
            )
        )
    )
    return list(work.session.scalars(rows.order_by(MoneyCommand.id)))
