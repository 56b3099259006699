"""A period is closed once, stays as it is, and is computed again from the database; whatever was changed is named."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.cli.commands import main
from app.credit.jobs import sequence_all
from app.kernel.canonical import sha256_hex
from app.kernel.clock import advance
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.statistics import jobs, queries, service
from app.statistics.errors import NothingBefore, PartsNotClosed, PeriodNotFound, PeriodNotOver
from app.statistics.models import ClosedPeriod
from app.statistics.rules import Period, period_at, read_period
from app.trades.models import Order
from tests.accounts.making import make_user
from tests.remembering import remembered
from tests.trades.making import PRICE, make_order


@remembered
def sold(hub: Hub, number: int = 6, **answers: object) -> list[Order]:
    """So many settled sales, each of a seller and a buyer of its own."""
    return [
        make_order(hub, "completed", seller=make_user(hub, name=f"卖家{no}"), buyer=make_user(hub, name=f"买家{no}"), **answers)
        for no in range(number)
    ]


def this_month(hub: Hub) -> Period:
    with hub.look() as work:
        return period_at(work.now)


def let_pass(hub: Hub, days: int = 40) -> None:
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(days=days))


def close(hub: Hub, period: Period) -> ClosedPeriod:
    row = hub.db.run(SYSTEM, lambda work: service.close(work, period))
    sequence_all(hub)
    return row


def verify(hub: Hub, period: Period) -> list[str]:
    with hub.look() as work:
        return queries.verify(work, period.name)


def sha256_of(hub: Hub, period: Period) -> str:
    with hub.look() as work:
        return queries.closed_period(work, period.name).sha256


def tables(row: ClosedPeriod) -> dict:
    return json.loads(row.content)["tables"]


def closed_month(hub: Hub) -> tuple[Period, ClosedPeriod]:
    sold(hub)
    month = this_month(hub)
    let_pass(hub)
    return month, close(hub, month)


def test_a_month_says_what_was_sold(hub: Hub) -> None:
    month, row = closed_month(hub)
    told = tables(row)
    settled = told["all"]["settled"]["all"]
    assert settled == {"n": 6, "subjects": 6, "fen": 6 * PRICE, "mean_fen": PRICE}
    assert told["category"]["settled"] == {"phone": settled}
    assert told["kind"]["listed"] == {"individual": {"n": 6, "subjects": 6}}
    assert told["all"]["sold"]["all"]["n"] == 6
    assert told["tier"]["settled"] == {"phone/none": settled}
    assert told["age"]["settled"] == {"unknown": settled}
    assert list(told["district"]["settled"].values()) == [settled]
    assert verify(hub, month) == []


def test_four_sellers_are_not_told(hub: Hub) -> None:
    sold(hub, 4)
    month = this_month(hub)
    let_pass(hub)
    told = tables(close(hub, month))
    assert {figures for families in told.values() for cells in families.values() for figures in cells.values()} == {None}


def test_closing_again_gives_the_same_bytes(hub: Hub) -> None:
    month, row = closed_month(hub)
    sold(hub, 5, price_fen=99_900)
    let_pass(hub, 3)
    again = close(hub, month)
    assert (again.content, again.sha256, again.closed_at) == (row.content, row.sha256, row.closed_at)
    with hub.look() as work:
        assert len(queries.published_in_log(work)) == 1


def test_the_document_names_the_log_and_the_log_names_the_document(hub: Hub) -> None:
    month, row = closed_month(hub)
    with hub.look() as work:
        said = queries.published_in_log(work)
    assert said == [{"period": month.name, "method": "1", "sha256": sha256_hex(row.content.encode())}]
    assert json.loads(row.content)["log"] == {"size": row.log_size, "root": row.log_root}
    assert row.log_size > 0


def test_only_what_is_over_is_closed_and_parts_come_first(hub: Hub) -> None:
    month = this_month(hub)
    quarter, year = (period_at(month.starts_at, kind) for kind in ("quarter", "year"))
    with pytest.raises(PeriodNotFound):
        verify(hub, month)
    let_pass(hub, 40)
    with pytest.raises(NothingBefore):
        close(hub, month)
    sold(hub)
    month = this_month(hub)
    with pytest.raises(PeriodNotOver):
        close(hub, month)
    let_pass(hub, 800)
    for wider in (quarter, year, period_at(month.starts_at, "quarter")):
        with pytest.raises((PartsNotClosed, NothingBefore)):
            close(hub, wider)


def test_the_job_closes_everything_that_is_over_in_its_order_and_nothing_twice(hub: Hub) -> None:
    sold(hub)
    first = this_month(hub)
    let_pass(hub, 400)
    names = jobs.close_what_is_over(hub)
    sequence_all(hub)
    assert names[0] == first.name
    assert period_at(first.starts_at, "quarter").name in names
    assert period_at(first.starts_at, "year").name in names
    for name in names:
        period = read_period(name)
        assert all(part.name in names[: names.index(name)] for part in period.parts if part.next_first > first.first), name
        assert verify(hub, period) == [], name
    assert jobs.close_what_is_over(hub) == []


def test_a_month_ends_at_midnight_in_shanghai() -> None:
    march = read_period("2026-03")
    assert (march.starts_at.isoformat(), march.ends_at.isoformat()) == ("2026-02-28T16:00:00+00:00", "2026-03-31T16:00:00+00:00")
    assert period_at(march.ends_at - timedelta(seconds=1)) == march
    assert period_at(march.ends_at).name == "2026-04"
    assert [part.name for part in read_period("2026").within()][3::4] == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]


@pytest.mark.parametrize("statement", ["UPDATE statistics_period SET sha256 = 'x'", "DELETE FROM statistics_period"])
def test_the_database_keeps_what_was_closed(hub: Hub, statement: str) -> None:
    closed_month(hub)
    with pytest.raises(DBAPIError, match="append-only"), hub.begin(SYSTEM) as work:
        work.session.execute(text(statement))


def test_the_database_refuses_a_part_after_its_whole(hub: Hub) -> None:
    sold(hub)
    month = this_month(hub)
    let_pass(hub, 400)
    jobs.close_what_is_over(hub)
    earlier = Period(period_at(month.starts_at, "year").first, "month")
    with hub.look() as work:
        kept = work.session.scalars(select(ClosedPeriod)).first()
    assert kept is not None
    columns = {column.name: getattr(kept, column.name) for column in ClosedPeriod.__table__.columns}
    columns |= {"id": 9_000, "name": "2000-01", "first_on": earlier.first, "last_on": earlier.last}
    with pytest.raises(DBAPIError, match="a part is closed before the whole"), hub.begin(SYSTEM) as work:
        work.session.add(ClosedPeriod(**columns))


def plant(hub: Hub, *statements: str) -> None:
    """What somebody with the database in their hands does: guards away, then the change."""
    with hub.begin(SYSTEM) as work:
        for table in ("trade_order", "statistics_period"):
            if hub.db.dialect == "sqlite":
                names = work.session.execute(
                    text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"), {"table": table}
                ).scalars()
                for name in names.all():
                    work.session.execute(text(f"DROP TRIGGER {name}"))
            else:
                work.session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in statements:
            work.session.connection().exec_driver_sql(statement)


def test_another_price_is_named_with_its_cells(hub: Hub) -> None:
    month, _ = closed_month(hub)
    plant(
        hub,
        "UPDATE trade_order SET price_fen = price_fen + 600, total_fen = total_fen + 600 "
        "WHERE id = (SELECT min(id) FROM trade_order)",
    )
    found = verify(hub, month)
    assert f"all / all / settled / fen: published {6 * PRICE}, computed {6 * PRICE + 600}" in found
    assert f"category / phone / settled / mean_fen: published {PRICE}, computed {PRICE + 100}" in found
    assert any(line.startswith("facts_sha256: ") for line in found)


def test_a_sale_that_is_gone_is_named(hub: Hub) -> None:
    month, _ = closed_month(hub)
    plant(
        hub,
        "UPDATE trade_order SET completed_at = NULL, state = 'cancelled_platform' WHERE id = (SELECT min(id) FROM trade_order)",
    )
    assert "all / all / settled / n: published 6, computed 5" in verify(hub, month)


def test_two_sales_told_the_other_way_round_are_seen_by_the_hash_of_the_facts(hub: Hub) -> None:
    month, _ = closed_month(hub)
    low, high = "(SELECT min(id) FROM trade_order)", "(SELECT max(id) FROM trade_order)"
    plant(
        hub,
        f"UPDATE trade_order SET price_fen = price_fen - 100, total_fen = total_fen - 100 WHERE id = {low}",
        f"UPDATE trade_order SET price_fen = price_fen + 100, total_fen = total_fen + 100 WHERE id = {high}",
    )
    found = verify(hub, month)
    assert [line.partition(":")[0] for line in found] == ["facts_sha256"]


def test_tables_written_anew_do_not_fit_the_log(hub: Hub) -> None:
    month, row = closed_month(hub)
    content = row.content.replace('"n":6', '"n":7')
    plant(hub, f"UPDATE statistics_period SET content = '{content}', sha256 = '{sha256_hex(content.encode())}'")
    found = verify(hub, month)
    assert "all / all / settled / n: published 7, computed 6" in found
    assert any(line.startswith("log: published ") for line in found)


def test_the_commands_close_and_verify(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    sold(hub)
    month = this_month(hub)
    let_pass(hub)
    monkeypatch.setattr("app.cli.commands.create_hub", lambda *_, **__: hub)
    monkeypatch.setattr("app.kernel.work.Database.dispose", lambda _: None)
    run = CliRunner().invoke
    quarter = run(main, ["statistics", "verify", period_at(month.starts_at, "quarter").name])
    assert (quarter.exit_code, "There are no closed statistics" in quarter.output) == (1, True)
    assert "no month (2026-03)" in run(main, ["statistics", "close", "2026-13"]).output
    first, again = (run(main, ["statistics", "close", month.name]) for _ in range(2))
    assert first.exit_code == 0, first.output
    assert first.output.splitlines()[-1] == again.output.splitlines()[-1]
    assert again.output.endswith(f"{sha256_of(hub, month)}  {month.name}\n")
    assert run(main, ["statistics", "verify", month.name]).output.endswith(f"{month.name} comes out the same.\n")
    plant(hub, "UPDATE trade_order SET tier = 'A' WHERE id = (SELECT min(id) FROM trade_order)")
    found = run(main, ["statistics", "verify", month.name])
    assert found.exit_code == 1
    assert "tier / phone/none / settled / n: published 6" in found.output
