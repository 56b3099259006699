"""The worker looks after what was promised: models that no longer know their market are fitted anew, and estimates that were
given are computed again."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy import bindparam, func, select

from app.kernel.audit import AuditEntry, record
from app.kernel.errors import DomainError
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM, Work
from app.valuation import service
from app.valuation.drift import ACT, drift
from app.valuation.errors import AlreadyWanted
from app.valuation.evidence import Seen, learnable, newest
from app.valuation.models import PriceModel, Valuation
from app.valuation.states import SERVING
from app.valuation.store import DOOR, Desk

log = structlog.get_logger("valuation")

EVERY = timedelta(days=7)  # a model is looked at
RECHECKED = 20  # stored estimates a day
_WATCHED = "price_model.watch"
_LAST = select(func.max(AuditEntry.at)).where(
    AuditEntry.entity == "price_model", AuditEntry.entity_id == bindparam("model_id"), AuditEntry.verb == _WATCHED
)


def watch_models(hub: Hub) -> list[str]:
    """Measure each serving model that was not looked at for a week, keep the measures as an audit row, and ask for a new model
    where one no longer fits. Returns the verdicts, "phone-1: fine"."""
    desk: Desk = hub.db.doors[DOOR]
    told = []
    with hub.look(SYSTEM) as work:
        due = [row for row in work.session.scalars(select(PriceModel).where(PriceModel.state == SERVING)) if _is_due(work, row)]
        prices = {
            row.id: learnable(work, row.category, row.price_kind, newest(work, row.category, desk.may_invent)) for row in due
        }
    for row in due:
        assert row.sha256 is not None
        learned = [each for each in prices[row.id] if _was_seen(row, each)]
        fresh = [each for each in prices[row.id] if not _was_seen(row, each)]
        measures = drift(desk.model(row.name, row.sha256), learned, fresh)
        if measures is None:
            continue
        told.append(f"{row.name}: {measures['verdict']}")
        with hub.begin(SYSTEM) as work:
            record(work, _WATCHED, "price_model", row.id, measures)
            if measures["verdict"] == ACT:
                _renew(work, row)
    return told


def recheck_some(hub: Hub, most: int = RECHECKED) -> list[str]:
    """Compute some of the stored estimates again; what differs is logged as an error and returned."""
    found: list[str] = []
    with hub.look(SYSTEM) as work:
        for stored in work.session.scalars(select(Valuation).order_by(func.random()).limit(most)):
            try:
                found += service.recheck(work, stored)
            except DomainError as refusal:
                found.append(f"{stored.code}: {refusal}")
    for line in found:
        log.error("estimate_differs", said=line)
    return found


def watcher(hub: Hub, every_seconds: float = 86_400) -> Callable[[], None]:
    """For the worker: a day after its start and then every day."""
    due = time.monotonic() + every_seconds

    def tick() -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + every_seconds
            watch_models(hub)
            recheck_some(hub)

    return tick


def _is_due(work: Work, row: PriceModel) -> bool:
    last = work.session.scalar(_LAST, {"model_id": row.id})
    return last is None or work.now - last >= EVERY


def _was_seen(row: PriceModel, each: Seen) -> bool:
    return each.id <= (row.seen_sale_id if each.source == "sale" else row.seen_price_id)


def _renew(work: Work, row: PriceModel) -> None:
    try:
        service.want_model(work, row.category, row.price_kind, is_quick=row.is_quick, promotes=True)
    except AlreadyWanted:
        log.info("price_model_already_wanted", category=row.category)
