"""Whose account at a provider is which."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Instant, pk
from app.payments.models.terms import fixed_terms


class ProviderAccount(Base):
    """The account that somebody has opened at a provider to be paid there. It never becomes another one."""

    __tablename__ = "provider_account"

    id: Mapped[int] = pk()
    provider: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(Text)  # user:<code> or organisation:<code>
    ref: Mapped[str] = mapped_column(Text)  # the provider's id
    transfers: Mapped[str] = mapped_column(Text)  # the provider's word; only on "active" is anything sent
    created_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (UniqueConstraint("provider", "owner"), UniqueConstraint("provider", "ref"))


fixed_terms("provider_account", ("id", "provider", "owner", "ref", "created_at"))
