"""A price table of somebody else is uploaded, checked without keeping a row, and imported as a whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update

from app.kernel.deadlines import set_deadline
from app.kernel.errors import InvalidInput
from app.kernel.outbox import announce
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.valuation.errors import NothingToImport, TableKnown
from app.valuation.events import TableSent
from app.valuation.fields import Chosen, fields_of
from app.valuation.importing import Reading, headings, table_of_file
from app.valuation.models import PriceImport, PriceTable
from app.valuation.queries import bytes_of_import, price_import
from app.valuation.service.keeping import keep_table
from app.valuation.states import (
    CHECK,
    CHECKING,
    DROP,
    FAIL,
    FINISH,
    IMPORT,
    IMPORT_FLOW,
    IMPORTING,
    TELL,
    UPLOADED,
)
from app.valuation.worth import PRICE_KINDS

KEPT = timedelta(days=30)  # the bytes of a file


def upload(work: Work, category: str, file_name: str, data: bytes) -> PriceImport:
    """Take in a file. Raises TableUnusable for one that is no table."""
    table = table_of_file(data)
    row = PriceImport(
        category=category,
        file_name=(file_name.strip() or "table.csv")[:200],
        sha256=table.sha256,
        n_rows=table.n_rows,
        headings=headings(table),
        data=data,
        by_id=work.actor.id,
        at=work.now,
        state=UPLOADED,
        entered_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    IMPORT_FLOW.start(work, row, {"sha256": row.sha256, "rows": row.n_rows})
    set_deadline(work, "price_import", row.id, "forget", work.now + KEPT)
    return row


def ask_to_check(work: Work, code: str, told: Mapping[str, Any], *, by_job: bool = True) -> PriceImport:
    """Note where the table comes from and what its columns are, and have its rows read. ``by_job``: else the caller reads them.

    ``told``: price_kind, source, licence, as_of (ISO day), is_invented, and ``columns``: field -> [column, unit].
    Raises ImportNotFound, ImportForgotten, BadState, InvalidInput by field, TableKnown.
    """
    row = price_import(work, code)
    wrong = _wrong(work, row, told)
    if wrong:
        raise InvalidInput(wrong)
    _refuse_known(work, row, told["price_kind"])
    bytes_of_import(work, row)
    row.told = dict(told)
    row.progress = ""
    _send(work, row, CHECK, by_job)
    return row


def ask_to_import(work: Work, code: str, version: int, *, by_job: bool = True) -> PriceImport:
    """Have the checked rows kept. Raises ImportNotFound, Conflict when it was checked otherwise since ``version``, BadState,
    NothingToImport, TableKnown."""
    row = price_import(work, code)
    if IMPORT_FLOW.can(row.state, IMPORT) and not row.report.get("kept"):
        raise NothingToImport()
    if IMPORT_FLOW.can(row.state, IMPORT):
        _refuse_known(work, row, row.told["price_kind"])
    row.progress = ""
    _send(work, row, IMPORT, by_job, version)
    return row


def drop_import(work: Work, code: str) -> None:
    """Put an upload away; nothing of it was kept. An import is taken back as long as its job has not kept its rows: a job that
    gave up would leave it waiting for ever. Raises ImportNotFound, BadState."""
    row = price_import(work, code)
    IMPORT_FLOW.apply(work, row, DROP)
    row.data = None


def on_forget(work: Work, import_id: int) -> None:
    """The days are over: what was not imported is dropped, and the bytes are forgotten."""
    row = work.session.get_one(PriceImport, import_id)
    if IMPORT_FLOW.can(row.state, DROP):
        IMPORT_FLOW.apply(work, row, DROP, reason="not imported within 30 days")
    work.session.execute(update(PriceImport).where(PriceImport.id == import_id).values(data=None))


def waiting_import(work: Work, event: TableSent) -> PriceImport | None:
    """The import whose rows are to be read; None when that was done, or something else was asked since."""
    row = work.session.get_one(PriceImport, event.import_id)
    return row if row.state in (CHECKING, IMPORTING) and row.version == event.version else None


def note_reading(work: Work, event: TableSent, said: str) -> None:
    """How far the job is."""
    asked = (PriceImport.id == event.import_id, PriceImport.version == event.version)
    work.session.execute(update(PriceImport).where(*asked).values(progress=said[:200]))


def tell_check(work: Work, event: TableSent, reading: Reading) -> None:
    """Keep what the check found."""
    row = waiting_import(work, event)
    if row is not None:
        row.report = reading.to_plain()
        row.progress = ""
        IMPORT_FLOW.apply(work, row, TELL, detail={name: row.report[name] for name in ("rows", "kept", "copies", "refused")})


def finish_import(work: Work, event: TableSent, reading: Reading) -> None:
    """Keep the rows: all of them and the end of the import, or nothing."""
    row = waiting_import(work, event)
    if row is None:
        return
    row.report, row.progress = reading.to_plain(), ""
    try:
        with work.session.begin_nested():
            table = keep_table(
                work,
                category=row.category,
                price_kind=row.told["price_kind"],
                source=row.told["source"],
                licence=row.told["licence"],
                as_of=date.fromisoformat(row.told["as_of"]),
                mapping=row.told["columns"],
                sha256=row.sha256,
                rows=reading.rows,
                refused=reading.refused,
                copies=reading.copies,
                is_invented=row.told["is_invented"],
                by_id=row.by_id,
            )
    except TableKnown:
        IMPORT_FLOW.apply(work, row, FAIL, reason="the same file was imported by somebody else")
        return
    row.table_id = table.id
    IMPORT_FLOW.apply(work, row, FINISH, detail={"table": table.id})


def chosen_of(told: Mapping[str, Any]) -> dict[str, Chosen]:
    """The columns as they were told."""
    return {name: Chosen(*pair) for name, pair in told.get("columns", {}).items()}


def _send(work: Work, row: PriceImport, event: str, by_job: bool, version: int | None = None) -> None:
    IMPORT_FLOW.apply(work, row, event, expected_version=version)
    if by_job:
        announce(work, TableSent(row.id, row.version))


def _refuse_known(work: Work, row: PriceImport, price_kind: str) -> None:
    same = (PriceTable.category == row.category, PriceTable.price_kind == price_kind, PriceTable.sha256 == row.sha256)
    if work.session.scalars(select(PriceTable.id).where(*same)).first() is not None:
        raise TableKnown()


def _wrong(work: Work, row: PriceImport, told: Mapping[str, Any]) -> dict[str, str]:
    """One sentence for each thing that cannot be so."""
    wrong: dict[str, str] = {}
    if told["price_kind"] not in PRICE_KINDS:
        wrong["price_kind"] = N_("Please choose one of the answers.")
    for name in ("source", "licence"):
        if not 2 <= len(told[name]) <= 200:
            wrong[name] = N_("Please fill this in.")
    if told["as_of"] > shanghai_day(work.now).isoformat():
        wrong["as_of"] = N_("This day has not come yet.")
    columns: Mapping[str, Any] = told["columns"]
    for field in fields_of(row.category):
        if field.is_needed and field.name not in columns:
            wrong[f"column_{field.name}"] = N_("Please choose the column.")
    taken = [column for column, _unit in columns.values()]
    for name, (column, _unit) in columns.items():
        if taken.count(column) > 1:
            wrong[f"column_{name}"] = N_("This column was chosen twice.")
    return wrong
