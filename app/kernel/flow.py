"""Life cycles as data: ``Flow("order", {(FROM, EVENT): TO})``. State is written only through ``apply``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Text, update
from sqlalchemy.orm import Mapped, mapped_column, object_session

from app.kernel.audit import record
from app.kernel.db import BigInt, Instant
from app.kernel.errors import BadState, Conflict
from app.kernel.work import Work


class Machine:
    """Columns of a row that has a machine. ``version`` counts transitions; deadlines name it."""

    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInt, default=1)
    entered_at: Mapped[datetime] = mapped_column(Instant)  # when the present state was entered


class _Row(Protocol):
    id: Mapped[int]
    state: Mapped[str]
    version: Mapped[int]
    entered_at: Mapped[datetime]


class Flow:
    """One machine: its name, and for each (state, event) the state that follows. What is not listed is refused.

    ``by`` says for each event who brings it about, for the diagrams (``xunyi docs flows``); the room's policy enforces it.
    """

    def __init__(
        self,
        name: str,
        table: Mapping[tuple[str, str], str],
        states: tuple[str, ...] = (),
        by: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.table = dict(table)
        self.by = dict(by or {})
        listed = [state for (start, _), end in table.items() for state in (start, end)]
        self.states: tuple[str, ...] = tuple(dict.fromkeys([*states, *listed]))
        self.events: tuple[str, ...] = tuple(dict.fromkeys(event for _, event in table))

    def allowed(self, state: str) -> list[str]:
        """The events that the state answers, in the table's order."""
        return [event for start, event in self.table if start == state]

    def can(self, state: str, event: str) -> bool:
        return (state, event) in self.table

    def apply(
        self,
        work: Work,
        row: Any,
        event: str,
        *,
        reason: str | None = None,
        detail: Mapping[str, Any] | None = None,
        expected_version: int | None = None,
    ) -> None:
        """Move the row: guarded UPDATE on (id, state, version), one audit row, version + 1.

        Raises BadState when the table does not list the event for the present state, Conflict when the row was moved by
        somebody else since it was read (or the caller's ``expected_version`` is not the present one).
        """
        target = self.table.get((row.state, event))
        if target is None:
            raise BadState(self.name, row.state, event, self.allowed(row.state))
        if expected_version is not None and row.version != expected_version:
            raise Conflict()
        start, version = row.state, row.version
        model = type(row)
        work.session.flush()
        moved = work.session.execute(
            update(model)
            .where(model.id == row.id, model.state == start, model.version == version)
            .values(state=target, version=version + 1, entered_at=work.now)
            .execution_options(synchronize_session=False)
        )
        if moved.rowcount != 1:  # type: ignore[attr-defined]
            raise Conflict()
        assert object_session(row) is work.session
        work.session.refresh(row, attribute_names=["state", "version", "entered_at"])
        notes = dict(detail or {})
        if reason:
            notes["reason"] = reason
        record(
            work,
            f"{self.name}.{event}",
            self.name,
            row.id,
            notes,
            from_state=start,
            to_state=target,
            row_version=version + 1,
        )

    def start(self, work: Work, row: Any, detail: Mapping[str, Any] | None = None) -> None:
        """Note the birth of a row in its first state (the row must be flushed: it needs its id)."""
        record(
            work,
            f"{self.name}.create",
            self.name,
            row.id,
            detail,
            from_state="",
            to_state=row.state,
            row_version=row.version,
        )
