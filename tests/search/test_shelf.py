"""The copy in memory says what the database says, after every kind of change, and notices each of them."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, text

from app.factory import create_hub
from app.kernel.clock import advance
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM, VISITOR, Work
from app.listings.models import Listing, ListingChange
from app.search import queries, shelf
from app.search.rules import SearchQuery
from app.search.shelf import Shelf, amount_of
from tests.accounts.making import make_user
from tests.search.making import change, put_on_sale

BRANDS, STORAGES, TIERS = ("apple", "huawei", "xiaomi"), (128, 256, None), ("A", "B", None)


@pytest.fixture
def dice() -> random.Random:
    return random.Random(7)


def facts(dice: random.Random) -> dict[str, object]:
    return {
        "brand": dice.choice(BRANDS),
        "storage_gb": dice.choice(STORAGES),
        "tier": dice.choice(TIERS),
        "price_fen": dice.choice((1, 100, 99_999, 100_000, 238_000, 99_999_999_999)),
        "district": dice.choice(("yubei", "nanan")),
        "first_used": dice.choice((None, "2019-12", "2020-06", "2021-01")),
        "mileage_km": dice.choice((None, 0, 52_000)),
        "kind": dice.choice((None, "suv")),
    }


def look(work: Work) -> Shelf:
    found = shelf.of(work, queries.VALUES, queries.AMOUNTS)
    found.renew(work)
    return found


def difference(hub: Hub) -> list[str]:
    """Where the shelf and a plain reading of the table differ."""
    with hub.look(VISITOR) as work:
        held = look(work)
        rows = work.session.scalars(select(Listing).where(Listing.state == "active")).all()
        faults = [] if sorted(held.ids(held.everything)) == sorted(row.id for row in rows) else ["ids"]
        for name in ("brand", "storage", "tier", "district", "kind", "energy", "category"):
            column = {"storage": "storage_gb"}.get(name, name)
            expected = Counter(getattr(row, column) for row in rows)
            if {value: bits.bit_count() for value, bits in held.values(name)} != dict(expected):
                faults.append(name)
        for least, most in ((None, None), (0, 99_999), (100, 100_000), (100_001, None), (1, 1), (5, 4), (None, 10**15)):
            expected = {row.id for row in rows if (least or 0) <= row.price_fen <= (most if most is not None else 10**18)}
            if set(held.ids(held.between("price_fen", least, most))) != expected:
                faults.append(f"price {least} to {most}")
        for first, last in (("0000-00", "2020-06"), ("2020-06", "2020-06"), ("2020-07", "2999-12")):
            expected = {row.id for row in rows if row.first_used is not None and first <= row.first_used <= last}
            if set(held.ids(held.between("first_used", amount_of(first), amount_of(last)))) != expected:
                faults.append(f"first used {first} to {last}")
        return faults


def test_the_shelf_agrees_with_the_table_after_every_kind_of_change(hub: Hub, dice: random.Random) -> None:
    seller = make_user(hub)
    ids: list[int] = []
    for step in range(60):
        what = dice.choice(("put", "put", "put_draft", "price", "brand", "pause", "resume", "many"))
        if what == "put" or not ids:
            ids.append(put_on_sale(hub, seller, **facts(dice)))
        elif what == "put_draft":
            put_on_sale(hub, seller, state="draft", **facts(dice))
        elif what == "many":
            ids += [put_on_sale(hub, seller, **facts(dice)) for _ in range(9)]
        elif what in ("pause", "resume"):
            change(hub, dice.choice(ids), state="paused" if what == "pause" else "active")
        else:
            change(hub, dice.choice(ids), **{"price_fen": dice.randrange(1, 400_000)} if what == "price" else facts(dice))
        assert difference(hub) == [], f"step {step}: {what}"


def test_the_comparison_sees_a_change_that_the_journal_does_not_tell(hub: Hub) -> None:
    listing_id = put_on_sale(hub, make_user(hub), brand="apple")
    assert difference(hub) == []
    change(hub, listing_id, brand="huawei")
    with hub.begin(VISITOR) as work:
        work.session.execute(delete(ListingChange).where(ListingChange.id == 2))
    assert difference(hub) == ["brand"]


def test_a_copy_that_fell_behind_the_journal_reads_everything_anew(hub: Hub) -> None:
    seller = make_user(hub)
    put_on_sale(hub, seller, brand="apple")
    assert difference(hub) == []
    for _ in range(3):
        put_on_sale(hub, seller, brand="huawei")
    with hub.begin(VISITOR) as work:
        work.session.execute(delete(ListingChange).where(ListingChange.id < 4))
    assert difference(hub) == []


def test_the_journal_keeps_what_changes_the_shelf_and_nothing_else(hub: Hub) -> None:
    seller = make_user(hub)
    draft = put_on_sale(hub, seller, state="draft")
    change(hub, draft, title="still a draft")
    listing_id = put_on_sale(hub, seller)
    change(hub, listing_id, price_fen=5_000)
    change(hub, listing_id, state="sold")
    change(hub, listing_id, title="sold and renamed")
    with hub.look(VISITOR) as work:
        assert list(work.session.scalars(select(ListingChange.listing_id))) == [listing_id] * 3


def test_the_journal_forgets_what_is_old(hub: Hub) -> None:
    seller = make_user(hub)
    listing_id = put_on_sale(hub, seller)
    with hub.begin(VISITOR) as work:
        far = "INSERT INTO listing_change (id, listing_id) VALUES (200000, 1)"
        work.session.execute(text(far))
        if hub.db.dialect == "postgresql":
            work.session.execute(text("SELECT setval(pg_get_serial_sequence('listing_change', 'id'), 200000)"))
    change(hub, listing_id, price_fen=5_000)
    with hub.look(VISITOR) as work:
        assert list(work.session.scalars(select(ListingChange.id).order_by(ListingChange.id))) == [200_000, 200_001]


def test_pages_keep_the_order_they_were_given(hub: Hub) -> None:
    seller = make_user(hub)
    ids = [put_on_sale(hub, seller) for _ in range(12)]
    with hub.look(VISITOR) as work:
        held = look(work)
        order = list(reversed(ids))
        wanted = held.of(ids[::2])
        assert held.first(order, wanted, 3, 0) == order[1::2][:3]
        assert held.first(order, wanted, 3, 3) == order[1::2][3:6]
        assert held.first([*order, 10**9], wanted, 100, 5) == order[1::2][5:]


def test_places_of_what_is_gone_are_given_back(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "CHUNK", 10)
    seller = make_user(hub)
    ids = [put_on_sale(hub, seller) for _ in range(24)]
    assert difference(hub) == []
    for listing_id in ids[:12]:
        change(hub, listing_id, state="sold")
    assert difference(hub) == []
    assert difference(hub) == []
    with hub.look(VISITOR) as work:
        assert len(look(work)._ids) == 12


def in_order(rows: list[Listing], sort: str) -> list[int]:
    """What the database would say, by Python's own sorting; a listing without a day comes last."""

    def standing(row: Listing) -> tuple[object, ...]:
        newest = (row.published_at is None, -row.published_at.timestamp() if row.published_at else 0, -row.id)
        price = {"price_up": row.price_fen, "price_down": -row.price_fen}.get(sort)
        return newest if price is None else (price, *newest)

    return [row.id for row in sorted(rows, key=standing)]


@pytest.mark.parametrize("few", [1, 3, 64])
def test_pages_stand_in_the_order_of_their_amounts(hub: Hub, dice: random.Random, few: int, monkeypatch) -> None:
    monkeypatch.setattr(shelf, "FEW", few)
    seller, start = make_user(hub), datetime(2026, 1, 1, tzinfo=UTC)
    days = [start + timedelta(days=dice.randrange(5), microseconds=dice.choice((0, 1))) for _ in range(30)]
    for day in [*days, None, None]:
        put_on_sale(hub, seller, published_at=day, price_fen=dice.choice((1, 100, 30_000, 30_000, 99_999_999_999)))
    with hub.look(VISITOR) as work:
        rows = list(work.session.scalars(select(Listing)))
        held = look(work)
        for sort, order in queries.ORDERS.items():
            expected = in_order(rows, sort)
            assert held.in_order(held.everything, order, 1_000, 0) == expected, sort
            for offset in range(0, 35, 4):
                assert held.in_order(held.everything, order, 5, offset) == expected[offset : offset + 5], (sort, offset)
            some = [each for each in expected if each % 3]
            assert held.in_order(held.of(some), order, 7, 6) == some[6:13], sort
        assert held.in_order(0, queries.ORDERS["newest"], 5, 0) == []


def test_what_is_kept_is_asked_anew_after_every_change_and_when_an_offer_runs_out(hub: Hub) -> None:
    seller = make_user(hub)
    ids = [put_on_sale(hub, seller, brand="apple", price_fen=price, storage_gb=128) for price in (300, 200, 100)]
    query = SearchQuery(brand="apple", sort="price_up")

    def seen() -> tuple[int, dict[str, int], list[int]]:
        with hub.look(VISITOR) as work:
            counts, _page, found, _rows = queries.look_up(work, query, queries.Found(), 24, 10)
            again = queries.look_up(work, query, queries.Found(), 24, 10)
            assert again[0] is counts, "asked twice in one moment it is counted once"
            return counts.total, counts.facets["storage"], found

    assert seen() == (3, {"128": 3}, ids[::-1])
    change(hub, ids[0], price_fen=50)
    assert seen() == (3, {"128": 3}, [ids[0], ids[2], ids[1]])
    change(hub, ids[1], storage_gb=256)
    assert seen() == (3, {"128": 2, "256": 1}, [ids[0], ids[2], ids[1]])
    change(hub, ids[2], state="reserved")
    assert seen() == (2, {"128": 1, "256": 1}, [ids[0], ids[1]])
    with hub.look(VISITOR) as work:
        now = work.now
    change(hub, ids[0], expires_at=now + timedelta(hours=1))
    assert seen() == (2, {"128": 1, "256": 1}, [ids[0], ids[1]])
    with hub.begin(SYSTEM) as work:
        advance(work, timedelta(hours=2))
    assert seen() == (1, {"256": 1}, [ids[1]]), "no row has changed, only the time"


def test_a_change_made_by_another_process_is_seen_at_once(hub: Hub) -> None:
    """Two hubs on one database stand for two processes: each has its engines, its shelf and what it keeps."""
    listing_id = put_on_sale(hub, make_user(hub), brand="apple", price_fen=100)
    other = create_hub(hub.settings, queue=False)
    try:
        query = SearchQuery(brand="apple")
        for price in (200, 300):
            with other.look(VISITOR) as work:
                assert queries.look_up(work, query, queries.Found(), 24, 10)[0].facets["price"] == {"0": 1}
            change(hub, listing_id, price_fen=price)
        change(hub, listing_id, price_fen=600_000)
        with other.look(VISITOR) as work:
            assert queries.look_up(work, query, queries.Found(), 24, 10)[0].facets["price"] == {"5000": 1}
        change(hub, listing_id, state="sold")
        with other.look(VISITOR) as work:
            assert queries.look_up(work, query, queries.Found(), 24, 10)[2] == []
    finally:
        other.db.dispose()
