"""Searches over a real database and a real index: the right things, in the right order, with true counts and ways out."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from app.kernel.hub import Hub
from app.kernel.work import VISITOR
from app.listings.events import ListingChanged, ListingClosed, ListingPublished
from app.search import jobs, service
from app.search.errors import SearchUnavailable
from app.search.index import WhooshIndex
from app.search.rules import NEWEST, PER_PAGE, PRICE_DOWN, PRICE_UP, SearchQuery
from app.search.service import SearchPage
from tests.accounts.making import make_user
from tests.listings.making import make_listing
from tests.search.making import change, put_on_sale


@pytest.fixture
def seller(hub: Hub):
    return make_user(hub)


@pytest.fixture
def market(hub: Hub, seller) -> dict[str, int]:
    """A small market whose numbers can be counted by hand."""
    rows = {
        "iphone13": {"price_fen": 238_000, "tier": "A"},
        "iphone13-256": {"title": "iPhone 13 256GB", "storage_gb": 256, "price_fen": 268_000, "district": "nanan"},
        "iphone13pro": {"title": "iPhone 13 Pro 128GB", "model": "iphone-13-pro", "price_fen": 338_000, "tier": "B"},
        "iphone12": {"title": "iPhone 12 128GB", "model": "iphone-12", "price_fen": 158_000},
        "mate60": {
            "title": "华为 Mate 60 256GB",
            "brand": "huawei",
            "model": "mate-60",
            "storage_gb": 256,
            "price_fen": 338_000,
            "tier": "A",
        },
        "mi13": {
            "title": "小米 13 256GB",
            "brand": "xiaomi",
            "model": "13",
            "storage_gb": 256,
            "price_fen": 148_000,
            "district": "nanan",
        },
        "k60": {"title": "红米 K60 128GB", "brand": "redmi", "model": "k60", "price_fen": 98_000, "colour": "black"},
        "strange": {"title": "老人机 大字大声", "brand": "other", "model": "other", "storage_gb": None, "price_fen": 9_900},
    }
    made = {name: put_on_sale(hub, seller, **facts) for name, facts in rows.items()}
    put_on_sale(hub, seller, title="iPhone 13 128GB", state="draft")
    put_on_sale(hub, seller, title="iPhone 13 128GB", state="withdrawn")
    service.rebuild(hub.db, hub.index)
    return made


def find(hub: Hub, text: str = "", **asked) -> SearchPage:
    with hub.db.look(VISITOR) as work:
        return service.search(work, hub.index, SearchQuery(text=text, **asked))


def names(market: dict[str, int], page: SearchPage) -> list[str]:
    by_id = {listing_id: name for name, listing_id in market.items()}
    return [by_id[card.id] for card in page.cards]


def facet(page: SearchPage, name: str) -> dict[str, int]:
    return {each.value: each.count for each in page.facets[name]}


@contextmanager
def counted(hub: Hub) -> Iterator[list[str]]:
    """SQL statements on the read engine."""
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        if not statement.upper().startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    event.listen(hub.db.read, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(hub.db.read, "before_cursor_execute", note)


def test_a_listing_published_in_the_wizard_is_found_by_what_people_type(hub, seller):
    service.rebuild(hub.db, hub.index)
    listing = make_listing(hub, seller, photos=3)
    make_listing(hub, seller, photos=3, model="iphone-12", storage_gb=128, colour="black")
    assert find(hub, "苹果13 128").total == 0, "nothing is found before the job has run"
    hub.drain()
    page = find(hub, "苹果13 128")
    assert [card.id for card in page.cards] == [listing.id]
    assert page.cards[0].photo is not None
    assert not page.degraded


def test_apple_13_128_finds_the_iphone_13_with_128_gb_first_and_not_the_256(hub, market):
    assert names(market, find(hub, "苹果13 128")) == ["iphone13", "iphone13pro"]
    assert names(market, find(hub, "iPhone 13 128GB"))[0] == "iphone13"


def test_only_what_is_on_sale_is_found(hub, market, seller):
    ids = {card.id for card in find(hub).cards}
    assert ids == set(market.values())
    expired = put_on_sale(hub, seller, days_left=-1)
    service.rebuild(hub.db, hub.index)
    assert expired not in {card.id for card in find(hub, "苹果13").cards}


def test_what_left_the_market_is_gone_at_once_even_while_the_index_still_holds_it(hub, market):
    change(hub, market["iphone13"], state="paused")
    assert "iphone13" not in names(market, find(hub, "苹果13"))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"brand": "apple"}, {"iphone13", "iphone13-256", "iphone13pro", "iphone12"}),
        ({"brand": "apple", "model": "iphone-13"}, {"iphone13", "iphone13-256"}),
        ({"storage_gb": 256}, {"iphone13-256", "mate60", "mi13"}),
        ({"tiers": ("A",)}, {"iphone13", "mate60"}),
        ({"tiers": ("A", "B")}, {"iphone13", "mate60", "iphone13pro"}),
        ({"appraised": True}, {"iphone13", "mate60", "iphone13pro"}),
        ({"min_fen": 238_000, "max_fen": 268_000}, {"iphone13", "iphone13-256"}),
        ({"max_fen": 9_900}, {"strange"}),
        ({"district": "nanan"}, {"iphone13-256", "mi13"}),
        ({"brand": "other"}, {"strange"}),
        ({"brand": "apple", "storage_gb": 128, "tiers": ("B",), "district": "yubei", "min_fen": 300_000}, {"iphone13pro"}),
        ({"text": "13", "storage_gb": 256}, {"iphone13-256", "mi13"}),
    ],
)
def test_filters_leave_what_they_say(hub, market, asked, found):
    page = find(hub, **asked)
    assert set(names(market, page)) == found
    assert page.total == len(found)


def test_orders_are_kept(hub, market):
    by_price = [name for name in names(market, find(hub, sort=PRICE_UP)) if name not in ("iphone13pro", "mate60")]
    assert by_price == ["strange", "k60", "mi13", "iphone12", "iphone13", "iphone13-256"]
    assert names(market, find(hub, sort=PRICE_DOWN))[:2] == ["mate60", "iphone13pro"], "equal prices: the newer first"
    assert names(market, find(hub, sort=NEWEST)) == list(reversed(market))
    assert names(market, find(hub, "苹果", sort=PRICE_UP)) == ["iphone12", "iphone13", "iphone13-256", "iphone13pro"]


def test_the_named_model_comes_first_and_equal_ones_by_age(hub, market):
    assert names(market, find(hub, "苹果13")) == ["iphone13-256", "iphone13", "iphone13pro"]
    assert names(market, find(hub, "13 pro")) == ["iphone13pro"]


def test_facets_count_with_every_other_filter_on_and_their_own_off(hub, market):
    page = find(hub, brand="apple", storage_gb=128)
    assert facet(page, "brand") == {"apple": 3, "redmi": 1}
    assert facet(page, "storage") == {"128": 3, "256": 1}
    assert facet(page, "model") == {"iphone-13-pro": 1, "iphone-13": 1, "iphone-12": 1}
    assert facet(page, "tier") == {"A": 1, "B": 1}
    assert facet(page, "district") == {"yubei": 3}
    assert facet(page, "price") == {"1000": 1, "2000": 1, "3000": 1}
    assert [each.value for each in page.facets["brand"] if each.chosen] == ["apple"]


def test_every_facet_count_is_what_choosing_it_gives(hub, market):
    for asked in ({}, {"text": "13"}, {"text": "苹果", "storage_gb": 128}, {"tiers": ("A",)}, {"min_fen": 200_000}):
        page = find(hub, **asked)
        for name, key in (("brand", "brand"), ("district", "district")):
            for value, count in facet(page, name).items():
                assert find(hub, **{**asked, key: value}).total == count
        for value, count in facet(page, "storage").items():
            assert find(hub, **{**asked, "storage_gb": int(value)}).total == count
        for value, count in facet(page, "tier").items():
            assert find(hub, **{**asked, "tiers": (value,)}).total == count


def test_facets_have_names_in_both_languages(hub, market):
    page = find(hub, brand="apple")
    assert page.facets["brand"][0].name == {"zh": "苹果", "en": "Apple"}
    assert {each.name["zh"] for each in page.facets["district"]} == {"渝北", "南岸"}
    assert page.facets["storage"][0].name["zh"] == "128GB"
    assert [each.name["en"][:2] for each in page.facets["tier"]] == ["A ", "B "]
    assert "其他品牌" in {each.name["zh"] for each in find(hub).facets["brand"]}


def test_a_chosen_value_that_finds_nothing_stays_visible(hub, market):
    page = find(hub, brand="apple", storage_gb=2048)
    assert {each.value: each.count for each in page.facets["storage"] if each.chosen} == {"2048": 0}


def test_no_result_offers_the_nearest_searches_with_true_counts(hub, market):
    page = find(hub, "苹果13", storage_gb=128, district="nanan")
    assert page.total == 0
    offered = {(each.kind, each.word): each for each in page.relaxations}
    assert {kind for kind, _ in offered} == {"storage", "district", "filters"}
    for each in page.relaxations:
        assert each.count > 0
        assert find_again(hub, each.query).total == each.count
    assert page.relaxations[-1].kind == "filters", "what drops most comes last"


def test_no_result_for_a_text_offers_it_without_one_word(hub, market):
    page = find(hub, "苹果13 512")
    assert page.total == 0
    kinds = [(each.kind, each.word) for each in page.relaxations]
    assert ("word", "512") in kinds
    assert ("text", "") in kinds
    for each in page.relaxations:
        assert find_again(hub, each.query).total == each.count > 0


def test_no_result_at_all_offers_nothing_false(hub, seller):
    service.rebuild(hub.db, hub.index)
    page = find(hub, "苹果13 512", brand="huawei")
    assert (page.total, page.cards, page.relaxations) == (0, [], [])


def find_again(hub: Hub, query: SearchQuery) -> SearchPage:
    with hub.db.look(VISITOR) as work:
        return service.search(work, hub.index, query)


def test_pages_follow_each_other_without_gap_or_repeat_and_end(hub, seller):
    made = [put_on_sale(hub, seller) for _ in range(PER_PAGE * 2 + 3)]
    service.rebuild(hub.db, hub.index)
    for text in ("", "苹果13"):
        pages = [find(hub, text, page=number) for number in (1, 2, 3)]
        seen = [card.id for page in pages for card in page.cards]
        assert sorted(seen) == sorted(made)
        assert [page.pages for page in pages] == [3, 3, 3]
    assert find(hub, page=99).query.page == 3, "beyond the end is the last page"


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"text": "苹果13 128"},
        {"text": "苹果", "brand": "apple", "tiers": ("A",), "min_fen": 1, "district": "yubei", "storage_gb": 128},
        {"text": "苹果13 512 红色 渝北", "brand": "huawei", "min_fen": 5},
        {"text": "nothing like this"},
    ],
)
def test_a_page_takes_at_most_eight_sql_queries_however_much_is_on_sale(hub, market, seller, asked):
    with counted(hub) as few:
        find(hub, **asked)
    for _ in range(30):
        put_on_sale(hub, seller, title="苹果13 128 红色")
    service.rebuild(hub.db, hub.index)
    with counted(hub) as many:
        find(hub, **asked)
    assert 0 < len(few) <= 8
    assert 0 < len(many) <= 8


def test_without_an_index_titles_are_searched_and_the_page_says_so(hub, market, tmp_path):
    hub.index = WhooshIndex(tmp_path / "nothing")
    page = find(hub, "苹果13 128")
    assert page.degraded
    assert set(names(market, page)) == {"iphone13", "iphone13pro"}
    assert set(names(market, find(hub, "渝北 小米 k60"))) == {"k60"}
    assert set(names(market, find(hub, "手机"))) == set(market)
    assert not find(hub, brand="apple").degraded, "without a text no index is needed"
    nothing = find(hub, "苹果13 512")
    assert nothing.total == 0
    assert [each.kind for each in nothing.relaxations] == ["text"]


def test_signs_of_like_and_quotes_in_a_text_are_only_text(hub, market, seller, tmp_path):
    odd = put_on_sale(hub, seller, title="100%_新'; DROP TABLE listing; --")
    service.rebuild(hub.db, hub.index)
    for index in (hub.index, WhooshIndex(tmp_path / "nothing")):
        hub.index = index
        assert {card.id for card in find(hub, "drop table listing").cards} == {odd}
        assert find(hub, "%").total == len(market) + 1, "a sign is no word, so everything is shown"
        assert find(hub, "a%b_c").total == 0
    assert find(hub).total == len(market) + 1


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800苹果", "a" * 100_000, "苹果" + "\x00" * 90 + "13", "*" * 100, "()" * 50, "1" * 99]
)
def test_hostile_text_gives_a_page(hub, market, text):
    assert isinstance(find(hub, text), SearchPage)


def test_news_about_a_listing_bring_the_index_up_to_date(hub, market, seller):
    listing = put_on_sale(hub, seller, title="荣耀 90 256GB", brand="honor", model="90", storage_gb=256)
    assert find(hub, "荣耀90").total == 0
    jobs.index_listing(hub, ListingPublished(listing))
    jobs.index_listing(hub, ListingPublished(listing))
    assert [card.id for card in find(hub, "荣耀90").cards] == [listing]
    change(hub, listing, title="荣耀 90 爆屏")
    jobs.index_listing(hub, ListingChanged(listing))
    assert find(hub, "荣耀 爆屏").total == 1
    change(hub, listing, state="withdrawn")
    jobs.index_listing(hub, ListingClosed(listing))
    assert listing not in hub.index.listing_ids()
    jobs.index_listing(hub, ListingClosed(987_654))
    assert service.differences(hub.db, hub.index) == (set(), set())


def test_a_missing_index_is_built_by_the_first_news(hub, market, tmp_path):
    hub.index = WhooshIndex(tmp_path / "fresh")
    with pytest.raises(SearchUnavailable):
        hub.index.listing_ids()
    jobs.index_listing(hub, ListingChanged(market["k60"]))
    assert hub.index.listing_ids() == set(market.values())


def test_a_rebuild_takes_in_everything_on_sale_and_the_check_sees_what_is_missing_or_stale(hub, market, seller):
    assert service.rebuild(hub.db, hub.index) == len(market)
    late = put_on_sale(hub, seller)
    change(hub, market["mi13"], state="paused")
    assert service.differences(hub.db, hub.index) == ({late}, {market["mi13"]})
    service.rebuild(hub.db, hub.index)
    assert service.differences(hub.db, hub.index) == (set(), set())
