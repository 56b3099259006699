"""What the appraisal room announces."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.outbox import Event


@dataclass(frozen=True)
class ReportSigned(Event):
    """A report was signed; ``tier`` is None unless ``status`` is graded."""

    report_code: str
    thing_id: int
    tier: str | None
    status: str


@dataclass(frozen=True)
class ReportTookPlace(Event):
    """A second look found otherwise than the first: its report speaks for the thing from now on."""

    report_code: str
    thing_id: int
    tier: str | None
    status: str


@dataclass(frozen=True)
class SecondLookOrderEnded(Event):
    """An order that was placed for a second look ended without a report: declined, taken back, or it could not be finished."""

    appraisal_id: int
    pass_on: bool = False  # the agency has nobody for it any more: that says nothing about the thing


@dataclass(frozen=True)
class EndedWithoutReport(Event):
    """An order ended without a report: who was to look at that a second time has nothing to look at any more."""

    appraisal_id: int


@dataclass(frozen=True)
class ThingNotBack(Event):
    """The order of a second look has ended, and the thing that was handed over for it is not with its owner in time."""

    appraisal_id: int


@dataclass(frozen=True)
class AppraiserWanted(Event):
    """The fee is in escrow and nobody is named, or whoever was named does not take it: the next appraiser is drawn."""

    appraisal_id: int


@dataclass(frozen=True)
class ReportRevoked(Event):
    """A report was withdrawn by its agency or by the operator; the reason stands on it."""

    report_code: str
    thing_id: int
