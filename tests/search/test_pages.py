"""The search page over HTTP: works without script, keeps what was asked, and answers every address with a page."""

import html
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from werkzeug.datastructures import MultiDict

from app.search import service
from app.search.forms import address, read
from app.search.index import WhooshIndex
from app.search.rules import SearchQuery, capacity_names
from tests.accounts.making import make_user, reader
from tests.search.making import put_on_sale


@pytest.fixture
def market(hub):
    seller = make_user(hub)
    made = {
        "iphone13": put_on_sale(hub, seller, title="iPhone 13 128GB 自用", tier="A"),
        "iphone12": put_on_sale(hub, seller, title="iPhone 12 128GB", model="iphone-12", price_fen=158_000, district="nanan"),
        "mate60": put_on_sale(
            hub, seller, title="华为 Mate 60 256GB", brand="huawei", model="mate-60", storage_gb=256, price_fen=338_000
        ),
    }
    service.rebuild(hub.db, hub.index)
    return made


@pytest.fixture
def browser(app, market):
    return reader(app)


def page_of(browser, **args) -> str:
    answer = browser.get("/search?" + urlencode(args, doseq=True))
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True))


def titles(page: str) -> list[str]:
    return re.findall(r'class="listing-card-title"><a href="[^"]+">([^<]+)</a>', page)


def test_the_page_shows_what_is_on_sale_newest_first(browser):
    page = page_of(browser)
    assert titles(page) == ["华为 Mate 60 256GB", "iPhone 12 128GB", "iPhone 13 128GB 自用"]
    assert "3 things on sale" in page


def test_typed_text_finds_the_listing_and_stays_in_the_box(browser):
    page = page_of(browser, q="苹果13 128")
    assert titles(page) == ["iPhone 13 128GB 自用"]
    assert 'name="q" type="search"' in page
    assert 'value="苹果13 128"' in page


def test_the_page_is_chinese_by_default(app, market):
    page = page_of(app.test_client(), q="苹果13 128")
    assert "筛选" in page
    assert "在售" in page


def test_every_filter_is_a_field_of_a_plain_get_form_and_keeps_its_value(browser):
    page = page_of(
        browser, q="苹果", brand="apple", storage="128", tier="A", appraised="1", min="100", max="9000", district="yubei"
    )
    form = re.search(r'<form class="facets".*?</form>', page, re.S)
    assert form
    assert 'method="get"' in form[0]
    assert 'name="q" value="苹果"' in form[0]
    assert re.search(r'<option value="apple" selected', form[0])
    assert re.search(r'<option value="yubei" selected', form[0])
    assert re.search(r'name="storage" value="128" checked', form[0])
    assert re.search(r'name="tier" value="A" checked', form[0])
    assert re.search(r'name="appraised" value="1" checked', form[0])
    assert 'value="100"' in form[0]
    assert 'value="9000"' in form[0]


def test_each_chip_takes_away_one_filter_and_keeps_the_rest(browser):
    page = page_of(browser, q="苹果", brand="apple", max="9000", district="yubei")
    chips = re.findall(r'class="search-chip" href="([^"]+)"><span>([^<]+)<', page)
    assert [label for _, label in chips] == ["Apple", "Up to ¥9,000", "Yubei"]
    without_brand = parse_qs(urlsplit(chips[0][0]).query)
    assert without_brand == {"q": ["苹果"], "max": ["9000"], "district": ["yubei"]}


def test_every_link_of_the_page_leads_to_a_search_that_works(browser):
    for args in ({}, {"q": "苹果13"}, {"brand": "apple", "min": "100"}, {"q": "苹果13 512", "district": "nanan"}):
        links = set(re.findall(r'href="(/search[^"]*)"', page_of(browser, **args)))
        assert links
        for link in links:
            assert browser.get(link).status_code == 200, link


def test_no_result_offers_ways_out_with_counts(browser):
    page = page_of(browser, q="苹果13 512")
    assert titles(page) == []
    assert "Nothing on sale fits all of this" in page
    ways = re.findall(r'class="row-link" href="([^"]+)"><span>([^<]+)</span><span class="figures quiet">(\d+)', page)
    assert ("Without the word “512”", "1") in [(label, count) for _, label, count in ways]
    for link, _, count in ways:
        assert f"{count} " in page_of(browser, **parse_qs(urlsplit(link).query))


def test_an_empty_market_says_so_and_offers_nothing_false(app):
    page = page_of(reader(app), q="苹果13")
    assert "Nothing like this is on sale now" in page


def test_a_missing_index_is_told_and_titles_are_searched(browser, hub, tmp_path):
    hub.index = WhooshIndex(tmp_path / "nothing")
    page = page_of(browser, q="苹果13")
    assert titles(page) == ["iPhone 13 128GB 自用"]
    assert "The word search is being set up again" in page


def test_what_could_not_be_read_is_told_and_stays_in_its_field(browser):
    page = page_of(browser, min="twelve", max="9000", brand="nobody", storage="many")
    assert "Some filters could not be understood and were left out." in page
    assert 'value="twelve"' in page
    assert "Please type the amount in yuan" in page


HOSTILE = [
    "q=%00", "q=%ED%A0%80", "q=%FF%FE%80", "q=" + "a" * 5_000, "q=" + "%E8%8B%B9" * 500, "q=%3Cscript%3Ealert(1)%3C/script%3E",
    "q=*&q=b", "q[]=x", "q=a%20OR%20b~%5E9", "q='%3B%20DROP%20TABLE%20listing%3B--", "q=%25%25__", "q=%E2%80%AE%E2%80%8B",
    "page=0", "page=-1", "page=99999999999999999999", "page=1e9", "page=%00", "page=%D9%A3", "page=", "page=1.5",
    "storage=-5", "storage=99999999999999999999999", "storage=%C2%B2", "storage=0x10", "storage=128&storage=256",
    "min=-1", "min=1e400", "min=NaN", "min=99999999999999999999", "max=0", "min=5000&max=10", "min=1.999", "min=%EF%BC%91", "min=,,,",
    "tier=" + "A" * 400, "tier=%00", "&".join(f"tier=T{number}" for number in range(500)), "tier=a&tier=A&tier=%E4%BC%98",
    "brand=%00", "brand=apple&model=%00", "brand=other&model=other", "model=iphone-13", "district=../../etc/passwd", "sort=random",
    "sort=relevance", "appraised=maybe", "q=%E8%8B%B9%E6%9E%9C&sort=price_up&page=500", "=&&&=", "%", "q",
]  # fmt: skip


@pytest.mark.parametrize("query_string", HOSTILE, ids=range(len(HOSTILE)))
def test_every_address_is_answered_with_a_page(browser, query_string):
    answer = browser.get(f"/search?{query_string}")
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    assert "<script>alert" not in text
    assert "\x00" not in text.split("<main")[1]


def test_a_search_survives_the_way_through_its_address():
    queries = [
        SearchQuery(sort="newest"),
        SearchQuery(text="苹果13 128"),
        SearchQuery(
            text="苹果",
            brand="apple",
            model="iphone-13",
            storage_gb=128,
            tiers=("A", "B"),
            appraised=True,
            min_fen=10_050,
            max_fen=900_000,
            district="yubei",
            sort="price_up",
            page=3,
        ),
        SearchQuery(brand="other", model="other", max_fen=1, sort="newest"),
    ]
    for query in queries:
        assert read(MultiDict(parse_qs(urlencode(address(query), doseq=True)))).query == query


def test_bounds_typed_in_the_wrong_order_are_put_right():
    assert (read(MultiDict({"min": "500", "max": "100"})).query.min_fen, read(MultiDict({"min": "¥1,000"})).query.min_fen) == (
        10_000,
        100_000,
    )


def test_the_page_writes_nothing_and_sets_no_cookie(browser, hub):
    answer = browser.get("/search?q=x")
    assert "Set-Cookie" not in answer.headers or "sid" not in answer.headers["Set-Cookie"]


def test_capacity_is_asked_in_ranges_with_the_unit_of_the_kind(hub, app):
    seller = make_user(hub)
    for number, size in enumerate((70, 80, 95, 100, 120, None)):
        put_on_sale(hub, seller, category="appliance", schema_id="appliance-1", title=f"洗衣机 {number}", brand="haier", model="other",
                    storage_gb=None, kind="washing_machine", capacity_tenths=size)  # fmt: skip
    put_on_sale(hub, seller, category="appliance", schema_id="appliance-1", title="电视", brand="haier", model="other",
                storage_gb=None, kind="tv", capacity_tenths=550)  # fmt: skip
    browser = reader(app)

    def found(**args) -> list[str]:
        return sorted(titles(browser.get("/c/appliances?" + urlencode(args)).get_data(as_text=True)))

    page = browser.get("/c/appliances?kind=washing_machine").get_data(as_text=True)
    side = page[page.index('id="side-capacity"') :]
    assert re.findall(r"<option value=\"(\d+)\">([^<]+)</option>", side[: side.index("</select>")]) == [
        ("50", "5–7.5 kg (1)"), ("80", "8–9.5 kg (2)"), ("100", "10 kg and more (2)"),
    ]  # fmt: skip
    assert found(kind="washing_machine", capacity=80) == ["洗衣机 1", "洗衣机 2"]
    assert found(kind="washing_machine", capacity=100) == ["洗衣机 3", "洗衣机 4"]
    assert len(found(kind="washing_machine", capacity=95)) == 6, "no band begins there"
    assert len(found(capacity=80)) == 7, "sizes of different kinds cannot be compared"
    assert found(kind="tv", capacity=500) == ["电视"]


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("washing_machine", "0", "不到 5 公斤"),
        ("washing_machine", "80", "8–9.5 公斤"),
        ("air_conditioner", "15", "1.5 匹"),
        ("air_conditioner", "20", "2–2.5 匹"),
        ("refrigerator", "2000", "200–299 升"),
        ("tv", "700", "70 英寸及以上"),
    ],
)
def test_a_band_of_capacity_is_named_by_its_first_and_last_size(kind, code, words):
    assert capacity_names(code, kind)["zh"] == words
