"""Which payouts are an agency's."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, pk
from app.kernel.guards import append_only


class AgencyPayout(Base):
    """A payout of what an agency has earned. The command's person answers for it: a manager, or staff where it has none."""

    __tablename__ = "agency_payout"

    id: Mapped[int] = pk()
    command_id: Mapped[int] = mapped_column(ForeignKey("money_command.id"), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)


append_only(AgencyPayout)
