"""What happens after the commit: an agency is drawn, a signed report is drawn or not, a month that is over is filled up.

Here and not in listeners inside a transaction, because only jobs can open the day's seed. Each runs twice without harm.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from app.appraisal.events import ReportSigned
from app.kernel.hub import Hub
from app.reinspection import service
from app.reinspection.events import AgencyWanted


def find_agency(hub: Hub, event: AgencyWanted) -> None:
    """Draw the next agency for a re-inspection."""
    with hub.begin() as work:
        service.seek(work, hub.sealer, event.reinspection_id)


def draw_report(hub: Hub, event: ReportSigned) -> None:
    """Draw whether a report that was just issued is looked at again."""
    with hub.begin() as work:
        service.draw_report(work, hub.sealer, event.report_code, hub.settings.reinspection_share)


def month_drawer(hub: Hub, every_seconds: float = 3600) -> Callable[[], None]:
    """For the worker: at its first tick and then every hour, the month that is over gets the second looks that it still owes."""
    due = time.monotonic()

    def tick() -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + every_seconds
            with hub.begin() as work:
                service.draw_month(work, hub.sealer, hub.settings.least_reinspections)

    return tick
