"""Models that no longer know their market are seen and fitted anew; estimates that were given are computed again every day."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.demo.invented import price_rows
from app.kernel.audit import AuditEntry
from app.kernel.time import shanghai_day
from app.kernel.work import SYSTEM
from app.valuation import queries
from app.valuation.drift import psi
from app.valuation.models import PriceModel, Valuation
from app.valuation.service import keep_table, want_model
from app.valuation.service.registry import LOST, begin_fit
from app.valuation.states import FAILED
from app.valuation.store import DOOR
from app.valuation.watching import recheck_some, watch_models
from tests.valuation.test_models import KETTLE, fit, give, plant


def plant_later(hub, factor: float, n_rows: int = 200) -> None:
    """Prices of things like those that were learned, times a factor, seen after the fit."""
    with hub.begin(SYSTEM) as work:
        today = shanghai_day(work.now)
        rows = price_rows("appliance", "private_sold", today, 900)[-n_rows:]
        keep_table(
            work,
            category="appliance",
            price_kind="private_sold",
            source="虚构市场（测试）",
            licence="test only",
            as_of=today,
            mapping={},
            sha256=f"{round(factor * 100):064d}",
            rows=[replace(row, price_fen=max(100, round(row.price_fen * factor))) for row in rows],
            is_invented=True,
        )


def watched(hub) -> list[dict]:
    with hub.look() as work:
        return list(work.session.scalars(select(AuditEntry.detail).where(AuditEntry.verb == "price_model.watch")))


def test_model_that_still_knows_its_market_is_left_alone_and_looked_at_once_a_week(hub):
    plant(hub, 600)
    fit(hub)
    assert watch_models(hub) == [], "nothing was seen since"
    plant_later(hub, 1.0)
    assert watch_models(hub) == ["appliance-1: fine"]
    (measures,) = watched(hub)
    assert measures["psi_bp"] < 1000
    assert abs(measures["bias_bp"]) < 300
    assert measures["coverage90_bp"] > 8000
    assert measures["rows"] == 200
    assert watch_models(hub) == [], "not twice in a week"
    with hub.look() as work:
        assert len(queries.models(work)) == 1


def test_market_that_fell_by_a_third_is_seen_and_a_new_model_is_wanted(hub):
    plant(hub, 600)
    fit(hub)
    plant_later(hub, 0.65)
    assert watch_models(hub) == ["appliance-1: act"]
    (measures,) = watched(hub)
    assert measures["bias_bp"] < -2500
    with hub.look() as work:
        newest = queries.models(work)[0]
        assert (newest.name, newest.state, newest.price_kind) == ("appliance-2", "wanted", "private_sold")


@pytest.mark.parametrize(
    ("now", "least", "most"), [([*range(100)], 0, 0.01), ([*range(60, 160)], 0.25, 99), ([None] * 100, 0.25, 99)]
)
def test_stability_index_of_the_same_and_of_another_fleet(now, least, most):
    assert least <= psi([float(each) for each in range(100)], now) <= most


def test_stored_estimates_are_computed_again_and_a_difference_is_told(hub, monkeypatch):
    plant(hub)
    fit(hub)
    given = give(hub, KETTLE)
    assert recheck_some(hub) == []
    monkeypatch.setattr("app.valuation.valuing.SHOWN", 4)  # a planted fault: the rules changed and kept their name
    (line,) = recheck_some(hub)
    assert line.startswith(given.code)
    assert "comparables" in line
    with hub.look() as work:
        assert len(list(work.session.scalars(select(Valuation)))) == 1


def test_fit_that_was_lost_does_not_stand_in_the_way_for_ever(hub):
    with hub.begin(SYSTEM) as work:
        row = want_model(work, "appliance")
        begin_fit(work, row.id)
        row.progress_at = work.now - 2 * LOST
    with hub.begin(SYSTEM) as work:
        assert want_model(work, "appliance").name == "appliance-2"
        lost = work.session.get_one(PriceModel, row.id)
        assert (lost.state, lost.progress) == (FAILED, "its process was lost")
    assert hub.db.doors[DOOR].may_invent
