"""A row moves only along its table, once for each version, and every step is on record."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from app.kernel.audit import AuditEntry
from app.kernel.errors import BadState, Conflict
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.listings.models import Listing
from app.listings.states import ACTIVE, LISTING_FLOW, PAUSED
from tests.accounts.making import make_user
from tests.search.making import put_on_sale


@pytest.fixture
def listing_id(hub: Hub) -> int:
    return put_on_sale(hub, make_user(hub))


def steps(hub: Hub, listing_id: int) -> list[tuple[str | None, str | None, int | None]]:
    with hub.look() as work:
        rows = work.session.scalars(
            select(AuditEntry).where(AuditEntry.entity == "listing", AuditEntry.entity_id == listing_id).order_by(AuditEntry.id)
        )
        return [(row.from_state, row.to_state, row.row_version) for row in rows]


def test_a_step_moves_the_row_and_is_recorded(hub: Hub, listing_id: int) -> None:
    with hub.begin(SYSTEM) as work:
        row = work.session.get_one(Listing, listing_id)
        before = row.version
        LISTING_FLOW.apply(work, row, "pause", reason="holiday")
        assert (row.state, row.version, row.entered_at) == (PAUSED, before + 1, work.now)
    assert steps(hub, listing_id) == [(ACTIVE, PAUSED, before + 1)]


def test_an_event_that_is_not_listed_changes_nothing(hub: Hub, listing_id: int) -> None:
    with pytest.raises(BadState) as refusal, hub.begin(SYSTEM) as work:
        LISTING_FLOW.apply(work, work.session.get_one(Listing, listing_id), "resume")
    assert refusal.value.code == "bad_state"
    assert refusal.value.values["allowed"]
    assert steps(hub, listing_id) == []


def test_a_stale_version_is_a_conflict(hub: Hub, listing_id: int) -> None:
    with pytest.raises(Conflict), hub.begin(SYSTEM) as work:  # noqa: PT012 - the whole block is the attempt
        row = work.session.get_one(Listing, listing_id)
        LISTING_FLOW.apply(work, row, "pause", expected_version=row.version + 1)
    assert steps(hub, listing_id) == []


def test_of_two_at_once_one_wins(hub: Hub, listing_id: int) -> None:
    gate = threading.Barrier(2)
    outcomes: list[str] = []

    def pause() -> None:
        with hub.look() as work:
            stale = work.session.get_one(Listing, listing_id)
            version = stale.version
        gate.wait()
        try:
            with hub.begin(SYSTEM) as work:
                LISTING_FLOW.apply(work, work.session.get_one(Listing, listing_id), "pause", expected_version=version)
            outcomes.append("moved")
        except Conflict:
            outcomes.append("refused")

    both = [threading.Thread(target=pause) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(outcomes) == ["moved", "refused"]
    assert len(steps(hub, listing_id)) == 1
