"""Price models are fitted and uploaded tables are read by jobs, with progress that anybody may look at."""

from __future__ import annotations

import time
from datetime import date

from app.kernel.hub import Hub
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from app.valuation.errors import TooFewPrices
from app.valuation.events import ModelWanted, TableSent
from app.valuation.evidence import learnable, newest
from app.valuation.importing import read, table_of_file
from app.valuation.queries import serving
from app.valuation.service import importing, registry
from app.valuation.standard import formula_schemes
from app.valuation.states import FITTED, IMPORTING
from app.valuation.store import DOOR, Desk
from app.valuation.training import train
from grading.pricing.errors import PricingError

SAID_EVERY = 2.0  # seconds between notes of progress


def fit_model(hub: Hub, event: ModelWanted) -> None:
    """Fit what was asked for, register it, and let it serve where that was asked too. Runs again after a crash."""
    with hub.begin(SYSTEM) as work:
        row = registry.begin_fit(work, event.model_id)
    if row is None:
        return
    desk: Desk = hub.db.doors[DOOR]
    with hub.look(SYSTEM) as work:
        until = newest(work, row.category, desk.may_invent)
        seen = learnable(work, row.category, row.price_kind, until)
        schemes = formula_schemes(work, row.category, shanghai_day(work.now))
        serves = serving(work, row.category)
    before = serves.facts if serves is not None and serves.price_kind == row.price_kind else None
    said = time.monotonic()

    def progress(text: str) -> None:
        nonlocal said
        if time.monotonic() - said >= SAID_EVERY:
            said = time.monotonic()
            with hub.begin(SYSTEM) as work:
                registry.note_progress(work, event.model_id, text)

    try:
        fitted = train(seen, desk.folder / row.name, before, schemes, is_quick=row.is_quick, progress=progress)
    except (TooFewPrices, PricingError) as refusal:
        with hub.begin(SYSTEM) as work:
            registry.fail_model(work, event.model_id, str(refusal))
        return
    with hub.begin(SYSTEM) as work:
        done = registry.register_model(
            work,
            event.model_id,
            sha256=fitted.sha256,
            is_invented=fitted.is_invented,
            until=until,
            facts=fitted.facts,
            gates=fitted.gates,
        )
        if event.promotes and done.state == FITTED and (desk.may_invent or not done.is_invented):
            registry.promote(work, done.name)


def read_table(hub: Hub, event: TableSent) -> None:
    """Read an uploaded table row by row, outside any transaction; then keep what was found, or the rows themselves."""
    with hub.look(SYSTEM) as work:
        row = importing.waiting_import(work, event)
        if row is None or row.data is None:
            return
        category, told, data, is_import = row.category, row.told, row.data, row.state == IMPORTING
    table = table_of_file(data)
    said = time.monotonic()

    def progress(no: int) -> None:
        nonlocal said
        if time.monotonic() - said >= SAID_EVERY:
            said = time.monotonic()
            with hub.begin(SYSTEM) as work:
                importing.note_reading(work, event, f"{no} / {table.n_rows}")

    def blind(name: str) -> str:
        return str(hub.sealer.blind_index(name, "price.thing"))

    reading = read(table, category, importing.chosen_of(told), date.fromisoformat(told["as_of"]), blind, progress)
    with hub.begin(SYSTEM) as work:
        (importing.finish_import if is_import else importing.tell_check)(work, event, reading)
