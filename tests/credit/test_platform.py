"""The marketplace's own record: counted from the log alone, shown with every miss, counted again from a case file."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta

import pytest

from app.credit import jobs, queries
from app.credit.log import archives
from app.credit.log.auditing import audit
from app.credit.log.canonical import canonical, read_json
from app.credit.log.errors import BadScorePolicy
from app.credit.log.platforms import read_platform_policy, record_of
from app.credit.log.policies import read_policy
from app.credit.log.scores import Fact
from app.credit.store import platform_by_sha256, shipped_of_platform
from tests.accounts.making import make_user
from tests.api.making import Program
from tests.credit.making import make_checkpoint, make_events
from tests.credit.test_cases import changed
from tests.credit.test_score_pages import make_sales, said

POLICY, SECOND = shipped_of_platform()
DAY = date(2026, 11, 30)


def fact(idx, type, days_ago, refs=(), **data):
    return Fact(idx, f"leaf{idx}", type, "s_" + "7" * 26, DAY - timedelta(days=days_ago), data, refs)


def counted(*facts, on=DAY, policy=SECOND):
    record = record_of(facts, policy, on, 1000)
    return {each.name: (each.good, each.total, each.missed, each.is_met) for each in record.indicators}, record


def test_problems_are_counted_by_how_long_they_took_and_open_ones_once_their_time_is_over():
    found, record = counted(
        fact(0, "dispute.opened", 60, order="a"),
        fact(1, "dispute.decided", 50, order="a", outcome="seller_fault"),
        fact(2, "dispute.opened", 60, order="b"),
        fact(3, "dispute.settled", 30, order="b"),
        fact(4, "dispute.opened", 40, order="c"),
        fact(5, "dispute.opened", 5, order="d"),
    )
    assert found["problems_in_time"] == (1, 3, (2, 4), None)
    assert record.days == (10, 30)


def test_the_end_of_one_problem_of_an_order_leaves_the_other_open():
    problems = (
        fact(0, "dispute.opened", 60, order="a", problem="p"),
        fact(1, "dispute.settled", 55, order="a", problem="p", outcome="withdrawn"),
        fact(2, "dispute.opened", 50, order="a", problem="q"),
        fact(3, "dispute.opened", 40, order="b"),  # recorded before problems had numbers
        fact(4, "dispute.decided", 35, order="b", problem="r", outcome="none"),
    )
    found, record = counted(*problems)
    assert found["problems_in_time"] == (2, 3, (2,), None)
    assert record.days == (5, 5)
    before, as_it_was = counted(*problems, policy=POLICY)
    assert before["problems_in_time"] == (3, 3, (), None)
    assert as_it_was.days == (5, 5)


def test_overturned_decisions_hidden_words_and_draws_are_shares():
    found, _ = counted(
        fact(0, "dispute.decided", 9, order="a", outcome="seller_fault"),
        fact(1, "dispute.decided", 8, order="b", outcome="seller_fault"),
        fact(2, "dispute.overturned", 7, refs=("leaf0",)),
        *(fact(number, "appraisal.issued", 3) for number in range(3, 43)),
        fact(50, "appraisal.reinspection_drawn", 2),
    )
    assert found["decisions_upheld"] == (1, 2, (0,), None)
    assert found["reports_drawn"] == (1, 40, (), False)  # 2.5 of the 3 percent that are asked for


def test_rules_and_violations_without_notice_are_named_and_the_first_version_needs_none():
    def rules(idx, version, notice):
        effective = (DAY - timedelta(days=30) + timedelta(days=notice)).isoformat()
        return fact(idx, "policy.published", 30, name="seller", version=version, effective_on=effective)

    found, _ = counted(
        rules(0, 1, 0),
        rules(1, 2, 7),
        rules(2, 3, 6),
        fact(3, "violation.recorded", 20, effective_on=(DAY - timedelta(days=13)).isoformat()),
        fact(4, "violation.recorded", 20, effective_on=(DAY - timedelta(days=14)).isoformat()),
    )
    assert found["rules_ahead"] == (1, 2, (2,), False)
    assert found["objection_time"] == (1, 2, (4,), False)


def test_days_without_heads_are_counted_also_at_the_end():
    notes = [fact(number, "log.heads", days) for number, days in enumerate((6, 5, 3))]
    assert counted(*notes)[0]["heads_daily"] == (3, 6, (2,), False)
    assert counted(*notes[:2], on=DAY - timedelta(days=4))[0]["heads_daily"] == (2, 2, (), True)


def test_what_lies_before_the_window_or_after_the_day_does_not_count():
    assert counted(fact(0, "appraisal.issued", 365), fact(1, "appraisal.issued", -1))[0]["reports_drawn"] == (0, 0, (), None)
    assert counted(fact(0, "appraisal.issued", 364))[0]["reports_drawn"] == (0, 1, (), False)


def test_rules_that_leave_an_indicator_out_are_refused():
    said = read_json(POLICY.content)
    for change in ({"targets_ppm": {}}, {"name": "seller"}, {"window_days": None}, {"problems_by": "buyer"}):
        with pytest.raises(BadScorePolicy):
            read_platform_policy(canonical(said | change))


def test_page_and_file_are_what_the_log_gives(hub, client, app):
    assert "还没有记录" in said(client.get("/credit/platform"))
    assert client.get("/credit/platform.json").status_code == 404
    jobs.publish_policies(hub)
    make_checkpoint(hub)
    make_events(hub, make_user(hub), "dispute.opened", "dispute.decided")
    page = said(client.get("/credit/platform"))
    assert "平台自己的记录" in page
    assert re.search(r"[A-Za-z]{4,} [a-z]{3,}", page.replace("SHA-256", "")) is None
    with hub.look() as work:
        record = queries.platform_record(work)
    assert record.policy_sha256 in page
    assert client.get("/credit/platform.json").data == canonical(record.as_data())
    assert Program(app, hub).call("getPlatformRecord").json["record"] == record.as_data()
    assert 'href="/credit/platform"' in html.unescape(client.get("/credit/log").text)
    assert platform_by_sha256(record.policy_sha256).content == client.get("/credit/policies/platform/1.json").data


def test_case_of_the_whole_log_counts_it_again_and_names_a_figure_that_differs(hub):
    jobs.publish_policies(hub)
    make_sales(hub, make_user(hub), 2)
    trust = read_policy(f"log {make_checkpoint(hub).vkey}\nquorum none\n")
    with hub.look() as work:
        case = queries.log_case(work)
        record = queries.platform_record(work)
    report = audit(case, trust)
    assert report.findings == []
    told = read_json(archives.unpack(case)["platform.json"])
    assert told == record.as_data()
    told["indicators"][0]["good"] += 1
    better = audit(changed(case, **{"platform.json": canonical(told)}), trust)
    assert [finding.code for finding in better.findings] == ["platform"]
    assert better.exit_code == 2
