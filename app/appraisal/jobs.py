"""What happens after the commit: an appraiser is drawn for an order whose fee is in escrow; a signed report is printed."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from app.appraisal import service
from app.appraisal.events import AppraiserWanted, ReportSigned
from app.appraisal.queries import report_by_code, report_file, reports_without
from app.appraisal.store import DOOR, ReportFiles
from app.kernel.hub import Hub

log = structlog.get_logger("jobs")


def find_appraiser(hub: Hub, event: AppraiserWanted) -> None:
    """Draw the next appraiser. Here and not in the listener of the payment, because only jobs can open the day's seed.

    Running it twice draws once: an order that somebody was named for is left alone.
    """
    with hub.begin() as work:
        service.assign(work, hub.sealer, event.appraisal_id)


def print_report(hub: Hub, event: ReportSigned) -> None:
    """Print a signed report. May run twice: the second finds it printed."""
    print_one(hub, event.report_code)


def print_missing(hub: Hub) -> int:
    """Print every report that has no PDF yet (after the system packages were installed); returns how many."""
    return sum(print_one(hub, code) for code in _unprinted(hub))


def late_printer(hub: Hub, every_seconds: float = 300) -> Callable[[], None]:
    """For the worker: every five minutes it looks which reports have no PDF and prints one at each tick, newest first.

    They come from before the packages for printing were installed, or from a town that was told in a hurry.
    """
    due, waiting = time.monotonic(), list[str]()

    def tick() -> None:
        nonlocal due, waiting
        if time.monotonic() >= due:
            due = time.monotonic() + every_seconds
            waiting = _unprinted(hub)
        if waiting:
            print_one(hub, waiting.pop())

    return tick


def _unprinted(hub: Hub) -> list[str]:
    files: ReportFiles = hub.db.doors[DOOR]
    with hub.look() as work:
        return reports_without(work, files.codes()) if hub.printer is not None and not hub.printer.missing else []


def print_one(hub: Hub, code: str) -> bool:
    """Whether a PDF was made now. Without a printer, or what it needs of the system, the page is all there is."""
    files: ReportFiles = hub.db.doors[DOOR]
    if hub.printer is None or files.find(code) is not None:
        return False
    if hub.printer.missing:
        log.warning("no_pdf", reason=hub.printer.missing)
        return False
    with hub.look() as work:
        data = report_file(work, report_by_code(work, code))
    attached = (f"xunyi-report-{code}.json", data, "The signed report: check it with `python -m grading verify`")
    files.keep(code, hub.printer.pdf(f"/reports/{code}/print", attached))
    return True
