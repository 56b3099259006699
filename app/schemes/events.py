"""What the schemes room announces."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.outbox import Event


@dataclass(frozen=True)
class SchemeApproved(Event):
    """A corrected revision of a scheme was approved; it holds for inspections that begin on ``effective_on`` or later."""

    scheme_id: str
    revision: str
    category: str  # of the scheme: car, electric_car, phone, appliance
    effective_on: str  # ISO day
