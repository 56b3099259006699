"""The life of an uploaded price table: checked, imported once, taken back, forgotten."""

from __future__ import annotations

import gzip
import threading

import pytest
from sqlalchemy import func, select

from app.kernel.errors import BadState, Conflict, InvalidInput
from app.valuation import service
from app.valuation.errors import ImportForgotten, NothingToImport, TableKnown
from app.valuation.events import TableSent
from app.valuation.jobs import read_table
from app.valuation.models import ObservedPrice, PriceImport, PriceTable
from app.valuation.queries import price_import
from tests.accounts.making import actor, make_member, sign_in, token_of
from tests.valuation.making import TABLE, make_import, told_of


def finish(hub, operator, code: str) -> PriceImport:
    """Import what was checked, at once."""
    with hub.begin(actor(hub, operator)) as work:
        row = service.ask_to_import(work, code, price_import(work, code).version, by_job=False)
        sent = TableSent(row.id, row.version)
    read_table(hub, sent)
    with hub.look() as work:
        return price_import(work, code)


def counts(hub) -> tuple[int, int]:
    with hub.look() as work:
        return tuple(work.session.scalar(select(func.count()).select_from(kind)) for kind in (PriceTable, ObservedPrice))


def test_upload_is_checked_without_keeping_a_row_and_imported_with_its_provenance(hub):
    operator = make_member(hub, "operator")
    code = make_import(hub, operator, checked=True)
    assert counts(hub) == (0, 0)
    row = finish(hub, operator, code)
    assert (row.state, counts(hub)) == ("imported", (1, 6))
    with hub.look() as work:
        (table,) = work.session.scalars(select(PriceTable))
        assert (table.n_rows, table.n_kept, table.n_copies, table.n_refused) == (9, 6, 1, 2)
        assert (table.price_kind, table.source, table.by_id) == ("dealer_asking", "清河二手行情（测试）", operator.id)
        assert table.mapping["price"] == ["成交价（元）", "yuan"]
        assert {each.price_kind for each in work.session.scalars(select(ObservedPrice))} == {"dealer_asking"}


def test_large_table_is_read_by_the_worker(hub):
    operator = make_member(hub, "operator")
    code = make_import(hub, operator)
    with hub.begin(actor(hub, operator)) as work:
        service.ask_to_check(work, code, told_of())
    hub.drain()
    with hub.begin(actor(hub, operator)) as work:
        row = price_import(work, code)
        assert (row.state, row.report["kept"]) == ("checked", 6)
        service.ask_to_import(work, code, row.version)
    hub.drain()
    assert counts(hub) == (1, 6)


def test_job_that_comes_twice_or_too_late_changes_nothing(hub):
    operator = make_member(hub, "operator")
    code = make_import(hub, operator, checked=True)
    with hub.begin(actor(hub, operator)) as work:
        row = service.ask_to_import(work, code, price_import(work, code).version, by_job=False)
        sent = TableSent(row.id, row.version)
    for event in (TableSent(sent.import_id, sent.version - 1), sent, sent):
        read_table(hub, event)
    assert counts(hub) == (1, 6)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"price_kind": "whatever"}, "price_kind"),
        ({"source": ""}, "source"),
        ({"licence": "x"}, "licence"),
        ({"as_of": "2099-01-01"}, "as_of"),
        ({"columns": {"price": ["成交价（元）", "yuan"]}}, "column_model"),
        ({"columns": {"price": ["型号", "yuan"], "model": ["型号", ""]}}, "column_price"),
    ],
)
def test_what_cannot_be_so_is_refused_by_field(hub, told, field):
    operator = make_member(hub, "operator")
    code = make_import(hub, operator)
    with pytest.raises(InvalidInput) as refused, hub.begin(actor(hub, operator)) as work:
        service.ask_to_check(work, code, told_of(told))
    assert field in refused.value.errors


def test_same_file_counts_once_for_a_kind_also_packed(hub):
    operator = make_member(hub, "operator")
    finish(hub, operator, make_import(hub, operator, checked=True))
    with pytest.raises(TableKnown):
        make_import(hub, operator, gzip.compress(TABLE.encode()), checked=True)
    assert counts(hub) == (1, 6)


def test_table_of_which_nothing_can_be_used_is_not_imported(hub):
    operator = make_member(hub, "operator")
    code = make_import(hub, operator, TABLE.replace("iPhone 13", "iPhone 99").encode(), checked=True)
    with pytest.raises(NothingToImport), hub.begin(actor(hub, operator)) as work:
        service.ask_to_import(work, code, price_import(work, code).version)


def test_check_that_was_made_anew_is_not_imported_unseen(hub):
    operator = make_member(hub, "operator")
    code = make_import(hub, operator, checked=True)
    with hub.look() as work:
        seen = price_import(work, code).version
    with hub.begin(actor(hub, operator)) as work:
        service.ask_to_check(work, code, told_of({"price_kind": "recycling"}))
    hub.drain()
    with pytest.raises(Conflict), hub.begin(actor(hub, operator)) as work:
        service.ask_to_import(work, code, seen)


def test_two_operators_who_import_the_same_file_at_once_make_one_table(hub):
    operators = [make_member(hub, "operator") for _ in range(2)]
    sent = []
    for operator in operators:
        code = make_import(hub, operator, checked=True)
        with hub.begin(actor(hub, operator)) as work:
            row = service.ask_to_import(work, code, price_import(work, code).version, by_job=False)
            sent.append(TableSent(row.id, row.version))
    start = threading.Barrier(2)
    troubles = []

    def go(event: TableSent) -> None:
        start.wait()
        try:
            read_table(hub, event)
        except Exception as trouble:  # whatever a thread raises is compared by the test
            troubles.append(trouble)

    threads = [threading.Thread(target=go, args=(event,)) for event in sent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    assert counts(hub) == (1, 6)
    with hub.look() as work:
        assert sorted(work.session.scalars(select(PriceImport.state))) == ["failed", "imported"]


def test_import_that_does_not_end_is_taken_back_and_its_late_job_keeps_nothing(hub, client):
    operator = make_member(hub, "operator")
    code = make_import(hub, operator, checked=True)
    with hub.begin(actor(hub, operator)) as work:
        row = service.ask_to_import(work, code, price_import(work, code).version, by_job=False)
        sent = TableSent(row.id, row.version)
    client.set_cookie("lang", "en")
    sign_in(client, hub, operator)
    page = client.get(f"/operator/prices/{code}")
    assert "Take this import back" in page.text
    assert client.post(f"/operator/prices/{code}/drop", data={"csrf_token": token_of(page)}).status_code == 303
    read_table(hub, sent)
    with hub.look() as work:
        row = price_import(work, code)
        assert (row.state, row.data, row.table_id) == ("dropped", None, None)
    assert counts(hub) == (0, 0)
    again = finish(hub, operator, make_import(hub, operator, checked=True))
    assert counts(hub) == (1, 6), "the same file can be uploaded again"
    with pytest.raises(BadState), hub.begin(actor(hub, operator)) as work:
        service.drop_import(work, again.code)


def test_file_that_was_put_away_or_is_old_is_forgotten(hub):
    operator = make_member(hub, "operator")
    dropped, old, done = (make_import(hub, operator, checked=no == 2) for no in range(3))
    finish(hub, operator, done)
    with hub.begin(actor(hub, operator)) as work:
        service.drop_import(work, dropped)
        for code in (old, done):
            service.on_forget(work, price_import(work, code).id)
    with hub.look() as work:
        rows = [price_import(work, code) for code in (dropped, old, done)]
        assert [(row.state, row.data) for row in rows] == [("dropped", None), ("dropped", None), ("imported", None)]
    with pytest.raises((ImportForgotten, BadState)), hub.begin(actor(hub, operator)) as work:
        service.ask_to_check(work, old, told_of({"price_kind": "recycling"}))


def test_name_of_a_thing_is_kept_as_a_keyed_hash_only(hub):
    operator = make_member(hub, "operator")
    finish(hub, operator, make_import(hub, operator, TABLE.replace("A5", "LSVAA2180E2123456").encode(), checked=True))
    with hub.look() as work:
        kept = list(work.session.scalars(select(ObservedPrice.cluster)))
    assert len(kept) == 6
    assert all(len(name) == 32 for name in kept)
    assert not any("LSVAA2180E2123456" in name for name in kept)
