"""Reads of what owners have said."""

from __future__ import annotations

from sqlalchemy import select

from app.appraisal.models import Declared
from app.goods.models import Thing
from app.kernel.work import Work


def declared_about(work: Work, thing: Thing) -> Declared | None:
    """The last that the thing's present owner has said about it in public."""
    rows = select(Declared).where(Declared.thing_id == thing.id, Declared.owner_id == thing.owner_id)
    return work.session.scalars(rows.order_by(Declared.id.desc()).limit(1)).first()
