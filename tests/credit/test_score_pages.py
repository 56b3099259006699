"""Rules in the log before they count, cards computed from the database, and the page that shows them."""

from __future__ import annotations

import hashlib
import html
import json
import re

import pytest
from sqlalchemy import select, text

from app.cli import commands
from app.credit import jobs, queries, service
from app.credit.log.canonical import canonical
from app.credit.log.merkle import leaf_hash
from app.credit.log.scorepolicies import in_force, read_score_policy
from app.credit.models import CreditEvent
from app.credit.store import by_version
from app.kernel.ids import new_code
from app.kernel.work import SYSTEM
from tests.accounts.making import make_user
from tests.api.making import Program
from tests.credit.ledgers import DAY, SUBJECT, golden
from tests.credit.log.test_scores import GOLDEN_SHA256
from tests.credit.making import make_events, make_fact


def make_sales(hub, seller, count):
    """So many sales to as many buyers, decided by nobody."""
    for _ in range(count):
        buyer = f"c_{new_code()}"
        for type in ("order.shipped_on_time", "order.completed"):
            more = {"return_window_days": 0} if type == "order.completed" else {}
            make_fact(hub, seller, type, counterparty=buyer, amount_band="1000-2000", **more)
    jobs.sequence_all(hub)


def said(answer):
    assert answer.status_code == 200, answer.status_code
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def test_rules_are_named_in_the_log_once_and_the_first_count_from_the_start(hub):
    jobs.publish_policies(hub)
    jobs.publish_policies(hub)
    with hub.look() as work:
        published = queries.published_policies(work)
        assert [(each.name, each.version) for each in published] == [
            ("appraiser", 1),
            ("seller", 1),
            ("seller", 2),
            ("seller", 3),
            ("platform", 1),
            ("platform", 2),
        ]
        for each in published:
            assert each.sha256 == hashlib.sha256(by_version(each.name, each.version).content).hexdigest()
            assert (each.effective_on - each.published_on).days == (0 if each.version == 1 else 7)
        for first in published[:2]:
            assert in_force(published, first.name, first.published_on.replace(year=2000)) == first
        assert in_force(published, "nobody", DAY) is None
        assert queries.verify(work) == []


def test_later_rules_count_seven_days_after_they_were_named(hub, monkeypatch):
    jobs.publish_policies(hub)
    second = read_score_policy(canonical(json.loads(by_version("seller", 1).content) | {"version": 9, "minor": 1}))
    shipped = (by_version("appraiser", 1), by_version("seller", 1), second)
    monkeypatch.setattr(queries.scores, "shipped", lambda: shipped)
    monkeypatch.setattr(queries.scores, "by_sha256", {each.sha256: each for each in shipped}.__getitem__)
    jobs.publish_policies(hub)
    with hub.look() as work:
        published = queries.published_policies(work)
        newest = published[-1]
        assert (newest.version, (newest.effective_on - newest.published_on).days) == (9, 7)
        six, seven = (newest.published_on.fromordinal(newest.published_on.toordinal() + days) for days in (6, 7))
        assert queries.policy_in_force(work, "seller", six).version == 1
        assert queries.policy_in_force(work, "seller", seven).version == 9


def test_a_log_that_names_rules_which_this_program_lacks_gives_no_score(hub, monkeypatch):
    jobs.publish_policies(hub)
    make_events(hub, seller := make_user(hub))
    monkeypatch.setattr(queries.scores, "by_sha256", {}.__getitem__)
    with hub.look() as work, pytest.raises(LookupError):
        queries.seller_card(work, seller.id)


def test_golden_log_gives_the_golden_card_out_of_either_database(hub):
    """The same bytes in another database, with other people around them: the same card, to the last figure."""
    ledger = golden()
    person = make_user(hub)
    with hub.begin(SYSTEM) as work:
        service.subject_of(work, person.id)
    insert = (
        "INSERT INTO credit_subject (kind, pseudonym, cluster, user_id, created_at) "
        "SELECT 'seller', :pseudonym, :cluster, :person, created_at FROM credit_subject"
    )
    other = make_user(hub)
    with hub.begin(SYSTEM) as work:
        work.session.execute(text(insert), {"pseudonym": SUBJECT, "cluster": "c_" + "7" * 26, "person": other.id})
        for place, content in enumerate(ledger.contents):
            event = json.loads(content)
            work.session.add(
                CreditEvent(
                    idx=place,
                    leaf_hash=leaf_hash(content),
                    canonical=content,
                    type=event["type"],
                    subject=SUBJECT,
                    seq=place + 1,
                    ts=event["ts"],
                    received_at=work.now,
                    outbox_id=place + 1,
                )
            )
            work.session.flush()
    with hub.look() as work:
        facts = queries.facts_of(work, SUBJECT, len(ledger.contents))
    card = queries.scores.card(facts, SUBJECT, by_version("seller", 1), DAY, len(ledger.contents))
    assert hashlib.sha256(canonical(card.as_data())).hexdigest() == GOLDEN_SHA256


def test_replay_from_zero_gives_the_card_of_the_page(hub, client):
    jobs.publish_policies(hub)
    seller = make_user(hub)
    make_sales(hub, seller, 6)
    make_events(hub, seller, "order.cancelled_by_seller", "dispute.opened", "dispute.decided")
    with hub.look() as work:
        size, pseudonym = queries.log_size(work), queries.pseudonym_of(work, seller.id)
        contents = work.session.scalars(select(CreditEvent.canonical).order_by(CreditEvent.idx))
        facts = [queries.scores.read_fact(idx, bytes(each)) for idx, each in enumerate(contents)]
        card = queries.seller_card(work, seller.id)
    replayed = queries.scores.card(facts, pseudonym, by_version("seller", 1), card.as_of, size)
    assert client.get(f"/sellers/{seller.code}/score.json").data == canonical(replayed.as_data())
    assert replayed.sides["fulfilment"].counts["bad"] == 1
    assert replayed.sides["accuracy"].counts == {"good": 6, "half": 0, "bad": 0, "excluded": 0}
    assert replayed.sides["disputes"].counts["bad"] == 1


def test_page_shows_the_grade_with_every_piece_of_evidence_and_what_would_change_it(hub, client):
    jobs.publish_policies(hub)
    seller = make_user(hub, name="林知夏")
    make_sales(hub, seller, 6)
    make_events(hub, seller, "dispute.decided")
    page = said(client.get(f"/sellers/{seller.code}/score"))
    with hub.look() as work:
        card = queries.seller_card(work, seller.id)
        outlook = queries.outlook(work, card)
    assert f"满分 1000，得 {card.score} 分；成交 6 笔，买家 6 位" in page
    assert f"{card.score} → {outlook.after_a_problem.score}" in page
    assert outlook.after_a_problem.score < card.score < outlook.after_good.score
    for side in card.sides.values():
        for piece in side.pieces:
            assert f"第 {piece.idx} 条" in page
    assert card.policy_sha256 in page
    assert hashlib.sha256(client.get("/credit/policies/seller/1.json").data).hexdigest() == card.policy_sha256
    assert f'href="/sellers/{seller.code}/score"' in client.get(f"/sellers/{seller.code}").text


def test_below_five_sales_there_are_facts_and_no_empty_grade(hub, client):
    jobs.publish_policies(hub)
    seller = make_user(hub)
    make_sales(hub, seller, 4)
    page = said(client.get(f"/sellers/{seller.code}/score"))
    assert "暂无评级" in page
    assert "目前有 4 笔、4 位" in page
    assert "什么会改变它" not in page
    make_sales(hub, seller, 1)
    assert "暂无评级" not in said(client.get(f"/sellers/{seller.code}/score"))


def test_without_records_or_rules_the_page_says_so(hub, client):
    seller = make_user(hub)
    assert "还没有评分卡" in said(client.get(f"/sellers/{seller.code}/score"))
    make_events(hub, seller)
    assert "还没有评分卡" in said(client.get(f"/sellers/{seller.code}/score"))
    assert client.get(f"/sellers/{seller.code}/score.json").status_code == 404
    assert client.get("/sellers/7kq2m9v4x0c8n1t5r3wz6ybhdj/score").status_code == 404
    for address in ("seller/9", "seller/99999999999999999999", "nobody/1"):
        assert client.get(f"/credit/policies/{address}.json").status_code == 404


def test_programs_get_the_whole_card(hub, app):
    seller = make_user(hub)
    program = Program(app, hub)
    refused = program.call("getSellerScore", {"code": seller.code})
    assert (refused.status_code, refused.json["code"]) == (404, "no_score_yet")
    jobs.publish_policies(hub)
    make_sales(hub, seller, 5)
    told = program.call("getSellerScore", {"code": seller.code}).json
    assert (told["grade"], told["policy"]) == ("BBB", "seller/1")
    assert told["card"]["dimensions"]["accuracy"]["counts"]["good"] == 5


def test_first_reader_finds_a_signed_log(hub, client):
    make_events(hub, make_user(hub))
    commands.begin_log(hub)
    with hub.look() as work:
        size = queries.latest_checkpoint(work).size
        assert size == queries.log_size(work)
        assert queries.verify(work) == []
    assert str(size) in client.get("/credit/log/checkpoint").text
    commands.begin_log(hub)
    with hub.look() as work:
        assert (queries.latest_checkpoint(work).size, queries.log_size(work)) == (size, size)
