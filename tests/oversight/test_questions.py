"""Questions to the log: answered from its events alone, under a purpose, with each asking on record."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.credit.log import asking
from app.credit.log.scores import Fact
from app.kernel.time import shanghai_day
from app.oversight import queries
from app.oversight.errors import NoAccessRow
from tests.accounts.making import actor, make_user, sign_in
from tests.credit.making import make_events, make_fact
from tests.credit.test_score_pages import said
from tests.oversight.test_oversight import accesses, officer, opened

__all__ = ["officer"]

DAY = date(2026, 11, 30)


def facts(*said_of):
    return [
        Fact(idx, f"leaf{idx}", type, subject, DAY - timedelta(days=ago), data, refs)
        for idx, (type, subject, ago, data, refs) in enumerate(said_of)
    ]


def sale(subject, ago=10, band="20000-50000", buyer="c"):
    return ("order.completed", subject, ago, {"amount_band": band, "counterparty": buyer}, ())


def look(subject, found, tiers=1):
    return ("appraisal.reinspected", subject, 5, {"found": found, "tiers_apart": tiers}, ())


def test_turnover_is_what_the_bands_bear_out_within_a_year():
    log = facts(
        *[sale("sure", band="50000-100000")] * 3,
        *[sale("maybe")] * 3,
        sale("open", band="100000-"),
        *[sale("below", band="20000-50000")] * 2,
        *[sale("old", ago=365, band="100000-")] * 2,
        sale("later", ago=-1, band="100000-"),
    )
    found = asking.over_turnover(log, DAY)
    assert [(one.subject, one.low, one.high, one.is_certain) for one in found] == [
        ("sure", 150_000, 300_000, True),
        ("open", 100_000, None, False),
        ("maybe", 60_000, 150_000, False),
    ]


def test_bias_needs_five_looks_and_more_than_half_a_tier():
    log = facts(
        *[look("kind", "better")] * 4,
        look("kind", "same", 0),
        *[look("strict", "worse", 2)] * 5,
        *[look("few", "better")] * 4,
        *[look("half", "better")] * 3,
        *[look("half", "same", 0)] * 3,
        *[look("other", "not_comparable")] * 9,
    )
    assert [(one.subject, one.hundredths) for one in asking.biased(log, DAY)] == [("strict", -200), ("kind", 80)]


def test_sales_to_one_buyer_decisions_overturned_and_hidden_words():
    log = facts(
        *[sale("close", buyer="one")] * 4,
        sale("close", buyer="two"),
        *[sale("wide", buyer=str(number)) for number in range(9)],
        *[sale("few", buyer="one")] * 4,
        ("dispute.decided", "s", 9, {}, ()),
        ("dispute.overturned", "s", 3, {}, ("leaf18",)),
        ("review.tombstoned", "s", 3, {"reason": "insult"}, ()),
        ("review.tombstoned", "s", 2, {"reason": "insult"}, ()),
        ("review.tombstoned", "s", -1, {"reason": "insult"}, ()),
    )
    assert [(one.subject, one.sales, one.to_one) for one in asking.to_the_same(log, DAY)] == [("close", 5, 4)]
    assert [(old.idx, end.idx) for old, end in asking.overturned(log, DAY)] == [(18, 19)]
    assert asking.overturned(log, DAY - timedelta(days=4)) == []
    assert asking.tombstones(log, DAY) == [("insult", 2)]


def test_the_page_asks_under_a_purpose_and_each_asking_is_on_record(hub, client, officer):
    seller, code = make_user(hub), opened(hub, officer)
    for _ in range(3):
        make_fact(hub, seller, "order.completed", amount_band="50000-100000")
    make_events(hub, seller)
    with hub.look() as work:
        today = shanghai_day(work.now)
    with hub.look(actor(hub, officer)) as work, pytest.raises(NoAccessRow):
        queries.answers(work, 1, today)
    sign_in(client, hub, officer)
    page = said(client.get(f"/oversight/{code}/questions"))
    assert "152,000" in page
    assert "确定" in page
    table = client.get(f"/oversight/{code}/questions.csv").text
    assert ",152000," in table
    assert table.startswith("\ufeffquestion,")
    before = client.get(f"/oversight/{code}/questions?day=2020-01-01")
    assert "152,000" not in said(before)
    assert client.get(f"/oversight/{code}/questions?day=yesterday").status_code == 200
    assert accesses(hub) == [("search", "")] * 4
