"""The score card of an appraiser: computed from second looks, shown with each of them, checked by the same program."""

from __future__ import annotations

import json
import re

from app.credit import jobs, queries
from app.credit.log.auditing import audit
from app.credit.log.canonical import canonical
from app.credit.log.policies import read_policy
from tests.accounts.making import make_member, make_user
from tests.api.making import Program
from tests.credit.making import make_checkpoint, make_events, make_fact
from tests.credit.test_score_pages import said


def make_looks(hub, appraiser, *looks):
    """Second looks at as many reports: (found, tiers apart, critical misses)."""
    for number, (found, apart, misses) in enumerate(looks):
        make_fact(
            hub,
            appraiser,
            "appraisal.reinspected",
            report_sha256=f"{number:064x}",
            kind="blind",
            found=found,
            tiers_apart=apart,
            critical_misses=misses,
        )
    jobs.sequence_all(hub)


def card_of(hub, appraiser):
    with hub.look() as work:
        return queries.appraiser_card(work, appraiser.id), queries.outlook(work, queries.appraiser_card(work, appraiser.id))


def test_page_shows_every_second_look_in_words_and_what_would_change_the_grade(hub, client):
    jobs.publish_policies(hub)
    appraiser = make_member(hub, "appraiser")
    make_looks(hub, appraiser, *[("same", 0, 0)] * 4, ("better", 2, 0), ("worse", 1, 0), ("not_comparable", None, 1))
    page = said(client.get(f"/appraisers/{appraiser.code}/score"))
    card, outlook = card_of(hub, appraiser)
    assert f"满分 1000，得 {card.score} 分；复看 7 次" in page
    assert f"{card.score} → {outlook.after_good.score}" in page
    assert outlook.after_a_problem.score < card.score < outlook.after_good.score
    for side in card.sides.values():
        for piece in side.pieces:
            assert f"第 {piece.idx} 条" in page
    assert "报告偏松 2 级" in page
    assert "报告偏严 1 级" in page
    assert "报告没有写明" in page
    assert "偏松 2 级，计 1.00" in page
    assert re.search(r"[A-Za-z]{4,} [a-z]{3,}", re.sub(r"sha256|SHA-256|appraiser/1", "", page)) is None
    assert card.policy_sha256 in page
    assert client.get(f"/appraisers/{appraiser.code}/score.json").data == canonical(card.as_data())


def test_below_five_second_looks_there_are_facts_and_no_empty_grade(hub, client):
    jobs.publish_policies(hub)
    appraiser = make_member(hub, "appraiser")
    make_events(hub, appraiser, "appraisal.issued")
    make_looks(hub, appraiser, *[("same", 0, 0)] * 4)
    page = said(client.get(f"/appraisers/{appraiser.code}/score"))
    assert "暂无评级" in page
    assert "目前有 4 次" in page
    assert "什么会改变它" not in page
    assert "签发的报告 1" in page


def test_register_leads_to_the_card_and_nobody_else_has_one(hub, client):
    appraiser = make_member(hub, "appraiser")
    assert f'href="/appraisers/{appraiser.code}/score"' in client.get(f"/registry/appraisers/{appraiser.code}").text
    assert "还没有评分卡" in said(client.get(f"/appraisers/{appraiser.code}/score"))
    assert client.get(f"/appraisers/{appraiser.code}/score.json").status_code == 404
    for file in ("score", "score.json", "case.zip"):
        assert client.get(f"/appraisers/{make_user(hub).code}/{file}").status_code == 404


def test_case_of_an_appraiser_is_computed_again_without_us(hub, client):
    jobs.publish_policies(hub)
    appraiser = make_member(hub, "appraiser")
    make_looks(hub, appraiser, *[("same", 0, 0)] * 5, ("better", 3, 1))
    trust = read_policy(f"log {make_checkpoint(hub).vkey}\nquorum none\n")
    report = audit(client.get(f"/appraisers/{appraiser.code}/case.zip").data, trust)
    assert (report.findings, report.cards) == ([], 1)


def test_programs_get_the_card_of_an_appraiser(hub, app):
    appraiser = make_member(hub, "appraiser")
    program = Program(app, hub)
    assert program.call("getAppraiserScore", {"code": appraiser.code}).json["code"] == "no_score_yet"
    assert program.call("getAppraiserScore", {"code": make_user(hub).code}).json["code"] == "appraiser_not_found"
    jobs.publish_policies(hub)
    make_looks(hub, appraiser, *[("same", 0, 0)] * 5)
    told = program.call("getAppraiserScore", {"code": appraiser.code}).json
    assert (told["grade"], told["policy"]) == ("BBB", "appraiser/1")
    assert json.loads(canonical(told["card"]))["dimensions"]["within_one"]["counts"]["good"] == 5
