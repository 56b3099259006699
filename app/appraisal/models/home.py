"""Which visit belongs to which order: the appraiser comes to the owner's home instead of the thing coming to the appraiser."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, pk
from app.kernel.guards import append_only


class HomeVisit(Base):
    """One order and its visit (room visits: time, address, whether both sides met). Never changed: the visit itself moves."""

    __tablename__ = "appraisal_home_visit"

    id: Mapped[int] = pk()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"), unique=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), unique=True)


append_only(HomeVisit)
