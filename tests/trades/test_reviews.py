"""Reviews: by the two sides of a completed order, once each, sealed, opened together or by time, never changed, never removed."""

from __future__ import annotations

import dataclasses
import html
import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.credit import jobs, queries
from app.credit.catalogue import personal_patterns
from app.credit.log.canonical import canonical
from app.credit.log.disclosures import digest_of, make_disclosure
from app.credit.log.reviewing import faults_of, is_what_was_sealed
from app.credit.models import CreditEvent
from app.kernel.errors import BadState, InvalidInput
from app.kernel.work import SYSTEM
from app.notices.models import Notice
from app.trades import service
from app.trades.errors import (
    OrderNotFound,
    PartyCannotRule,
    ReviewedOnce,
    ReviewNotFound,
    ReviewTimeOver,
    SaleNotCompleted,
    StaffOnly,
)
from app.trades.models import Review
from app.trades.queries import reviews
from app.trades.states.reviews import HIDDEN, REVEALED, SEALED
from tests.accounts.making import actor, make_member, make_user, send_form
from tests.api.making import Program
from tests.trades.browsing import page
from tests.trades.making import as_buyer, as_operator, as_seller, fresh, later, make_order, user

WORDS = "屏幕和描述的一样，包装很仔细。电话 13800138000。"
OTHER = "付款快，沟通顺利。"


def kept(hub, order):
    with hub.look() as work:
        return {review.side: review for review in reviews.reviews_of_order(work, order.id)}


def events(hub, kind="review."):
    jobs.sequence_all(hub)
    with hub.look() as work:
        rows = work.session.scalars(select(CreditEvent).where(CreditEvent.type.startswith(kind)).order_by(CreditEvent.idx))
        return [json.loads(bytes(row.canonical)) for row in rows]


def facts(hub):
    jobs.sequence_all(hub)
    with hub.look() as work:
        rows = work.session.execute(select(CreditEvent.idx, CreditEvent.canonical).order_by(CreditEvent.idx))
        return [queries.scores.read_fact(idx, bytes(content)) for idx, content in rows]


def told(hub, person_id):
    with hub.look() as work:
        return [notice.text for notice in work.session.scalars(select(Notice).where(Notice.user_id == person_id))]


def test_first_is_sealed_until_the_second_is_in_and_then_both_are_open(hub, signed_in):
    order = make_order(hub, "completed")
    buyer, seller = signed_in(user(hub, order.buyer_id)), signed_in(user(hub, order.seller_id))
    path = f"/orders/{order.code}"
    assert send_form(buyer, path, {"stars": "2", "text": WORDS}, to=f"{path}/review").status_code == 303
    assert WORDS in page(buyer, path)
    assert WORDS not in page(seller, path)
    assert WORDS not in page(buyer, f"/sellers/{user(hub, order.seller_id).code}/reviews")
    assert kept(hub, order)["buyer"].state == SEALED
    assert send_form(seller, path, {"stars": "5", "text": OTHER}, to=f"{path}/review").status_code == 303
    assert {review.state for review in kept(hub, order).values()} == {REVEALED}
    for reader in (buyer, seller):
        shown = page(reader, path)
        assert WORDS in shown
        assert OTHER in shown
        assert '/review"' not in shown
    jobs.sequence_all(hub)
    assert WORDS in page(buyer, f"/sellers/{user(hub, order.seller_id).code}/reviews")
    assert OTHER in page(buyer, f"/sellers/{user(hub, order.buyer_id).code}/reviews")
    assert f"/sellers/{user(hub, order.seller_id).code}/reviews" in page(buyer, f"/sellers/{user(hub, order.seller_id).code}")
    assert any("sealed" in line or "Nobody reads it" in line for line in told(hub, order.seller_id))
    assert sum("is open now" in line for line in told(hub, order.seller_id) + told(hub, order.buyer_id)) == 2


def test_after_fourteen_days_one_alone_is_opened_and_nothing_more_is_taken(hub):
    order = make_order(hub, "completed")
    as_seller(hub, order, service.write_review, order.code, 4, OTHER)
    later(hub, days=13, hours=23)
    assert kept(hub, order)["seller"].state == SEALED
    later(hub, hours=2)
    assert kept(hub, order)["seller"].state == REVEALED
    with pytest.raises(ReviewTimeOver):
        as_buyer(hub, order, service.write_review, order.code, 1, "")
    assert [event["type"] for event in events(hub)] == ["review.sealed", "review.revealed"]


def test_only_the_two_sides_of_a_completed_order_write_once_each(hub):
    order = make_order(hub, "completed")
    running = make_order(hub, "acceptance")
    with pytest.raises(SaleNotCompleted):
        as_buyer(hub, running, service.write_review, running.code, 5, "")
    for outsider in (make_user(hub), make_member(hub, "operator")):
        with pytest.raises(OrderNotFound), hub.begin(actor(hub, outsider)) as work:
            service.write_review(work, order.code, 5, "")
    for stars, words, field in ((0, "", "stars"), (6, "", "stars"), (5, "长" * 1001, "text")):
        with pytest.raises(InvalidInput) as refusal:
            as_buyer(hub, order, service.write_review, order.code, stars, words)
        assert list(refusal.value.errors) == [field]
    as_buyer(hub, order, service.write_review, order.code, 5, "")
    with pytest.raises(ReviewedOnce):
        as_buyer(hub, order, service.write_review, order.code, 1, "")
    assert events(hub)[0]["data"]["of"] == "seller"
    assert len(kept(hub, order)) == 1


def test_log_holds_digests_and_no_words_and_shows_that_what_is_opened_was_sealed(hub):
    order = make_order(hub, "completed")
    as_buyer(hub, order, service.write_review, order.code, 2, WORDS)
    sealed = events(hub)[0]["data"]
    assert "stars" not in sealed
    as_seller(hub, order, service.write_review, order.code, 5, OTHER)
    found = events(hub)
    assert [event["type"] for event in found] == ["review.sealed", "review.sealed", "review.revealed", "review.revealed"]
    for event in found:
        assert personal_patterns(event["data"]) == []
        assert WORDS[:6] not in json.dumps(event, ensure_ascii=False)
    opened = next(event["data"] for event in found if event["type"] == "review.revealed" and event["data"]["of"] == "seller")
    assert digest_of(make_disclosure("stars", opened["stars"], opened["salt"])) in sealed["_sd"]
    review = kept(hub, order)["buyer"]
    assert digest_of(make_disclosure("text", review.text, review.text_salt)) in sealed["_sd"]
    every = facts(hub)
    assert list(faults_of(every, every[-1].day)) == []


def test_review_told_otherwise_left_out_or_never_sealed_is_named(hub):
    order = make_order(hub, "completed")
    as_buyer(hub, order, service.write_review, order.code, 1, WORDS)
    as_seller(hub, order, service.write_review, order.code, 5, OTHER)
    every = [fact for fact in facts(hub) if fact.type.startswith("review.")]
    seals, opened = every[:2], every[2:]
    day = every[-1].day
    bad = next(fact for fact in opened if fact.data["of"] == "seller")
    better = dataclasses.replace(bad, data={**bad.data, "stars": 5})
    assert not is_what_was_sealed(seals[0], better)
    assert [fault.idx for fault in faults_of([*seals, better], day)] == [bad.idx]
    assert list(faults_of(seals, day + timedelta(days=15))) == []
    late = list(faults_of(seals, day + timedelta(days=16)))
    assert [fault.idx for fault in late] == [fact.idx for fact in seals]
    assert [fault.idx for fault in faults_of(opened, day)] == [fact.idx for fact in opened]
    assert [fault.idx for fault in faults_of([*every, bad], day)] == [bad.idx]


def test_text_is_hidden_only_by_staff_with_a_reason_and_its_stars_stay(hub, signed_in):
    order = make_order(hub, "completed")
    as_buyer(hub, order, service.write_review, order.code, 1, WORDS)
    code = kept(hub, order)["buyer"].code
    with pytest.raises(ReviewNotFound):  # nobody reads what is sealed, staff neither
        as_operator(hub, service.hide_review, code, "insult")
    as_seller(hub, order, service.write_review, order.code, 5, OTHER)
    with pytest.raises(StaffOnly):
        as_seller(hub, order, service.hide_review, code, "insult")
    with pytest.raises(InvalidInput):
        as_operator(hub, service.hide_review, code, "bad_for_business")
    staff = signed_in(make_member(hub, "operator"))
    assert send_form(staff, f"/operator/reviews/{code}", {}).status_code == 422
    assert send_form(staff, f"/operator/reviews/{code}", {"reason": "personal_data"}).status_code == 303
    assert WORDS in page(staff, f"/operator/reviews/{code}")
    jobs.sequence_all(hub)
    public = page(staff, f"/sellers/{user(hub, order.seller_id).code}/reviews")
    assert WORDS not in public
    assert "It names people" in html.unescape(public)
    assert WORDS not in page(signed_in(user(hub, order.buyer_id)), f"/orders/{order.code}")
    assert kept(hub, order)["buyer"].state == HIDDEN
    with pytest.raises(BadState):
        as_operator(hub, service.hide_review, code, "insult")
    last = events(hub)[-1]
    assert (last["type"], last["data"]["reason"]) == ("review.tombstoned", "personal_data")
    with hub.look() as work:
        assert queries.stars_of(work, order.seller_id)["seller"] == [0, 0, 0, 0, 1]


def test_staff_who_are_a_party_hide_nothing(hub):
    seller = make_member(hub, "operator")
    order = make_order(hub, "completed", seller=seller)
    as_buyer(hub, order, service.write_review, order.code, 1, WORDS)
    later(hub, days=15)
    with pytest.raises(PartyCannotRule), hub.begin(actor(hub, seller)) as work:
        service.hide_review(work, kept(hub, order)["buyer"].code, "insult")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE review SET stars = 5",
        "UPDATE review SET text = 'better'",
        "UPDATE review SET state = 'revealed'",
        "UPDATE review SET state = 'hidden', hidden_reason = 'insult', hidden_by = author_id",
        "UPDATE review SET hidden_reason = 'insult', hidden_by = author_id",
        "UPDATE review SET author_id = subject_id, subject_id = author_id",
        "DELETE FROM review",
    ],
)
def test_database_refuses_what_no_verb_does_to_a_sealed_review(hub, statement):
    order = make_order(hub, "completed")
    as_buyer(hub, order, service.write_review, order.code, 1, WORDS)
    with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
        work.session.execute(text(statement))
    assert kept(hub, order)["buyer"].stars == 1


@pytest.mark.parametrize("change", ["outsider", "other side", "running", "twice"])
def test_database_refuses_reviews_of_non_parties_and_second_ones(hub, change):
    order = make_order(hub, "acceptance" if change == "running" else "completed")
    if change == "twice":
        as_buyer(hub, order, service.write_review, order.code, 1, WORDS)
    now = fresh(hub, order).entered_at
    row = Review(
        code="7kq2m9v4x0c8n1t5r3wz6ybhdj",
        order_id=order.id,
        side="seller" if change == "other side" else "buyer",
        author_id=make_user(hub).id if change == "outsider" else order.buyer_id,
        subject_id=order.seller_id,
        stars=5,
        text="",
        stars_salt="0" * 26,
        text_salt="1" * 26,
        written_at=now,
        reveal_at=now + timedelta(days=14),
        state=SEALED,
        entered_at=now,
    )
    with pytest.raises(DBAPIError), hub.begin(SYSTEM) as work:
        work.session.add(row)


def test_reviews_enter_the_score_by_stars_once_the_rules_count(hub):
    jobs.publish_policies(hub)
    seller = make_user(hub)
    later(hub, days=8)  # later rules count seven days after they were named
    for stars in (5, 3, 1):
        order = make_order(hub, "completed", seller=seller)
        as_buyer(hub, order, service.write_review, order.code, stars, "")
        as_seller(hub, order, service.write_review, order.code, 1, "")
    jobs.sequence_all(hub)
    with hub.look() as work:
        card = queries.seller_card(work, seller.id)
        other = queries.seller_card(work, order.buyer_id)
    assert card.policy == "seller/3"
    assert card.sides["reviews"].counts == {"good": 1, "half": 1, "bad": 1, "excluded": 0}
    assert card.sides["reviews"].good * 2 == card.sides["reviews"].total
    assert other.sides["reviews"].total == 0  # what a seller says of a buyer says nothing of a seller
    assert canonical(card.as_data())


def test_programs_write_and_read_reviews(hub, app):
    order = make_order(hub, "completed")
    buyer = Program(app, hub, user(hub, order.buyer_id))
    seller = Program(app, hub, user(hub, order.seller_id))
    stranger = Program(app, hub, make_user(hub))
    refused = stranger.call("writeReview", {"code": order.code}, body={"stars": 5, "text": ""})
    assert (refused.status_code, refused.json["code"]) == (404, "order_not_found")
    first = buyer.call("writeReview", {"code": order.code}, body={"stars": 4, "text": OTHER}).json
    assert (first["mine"]["state"], first["other"], first["can_write"]) == ("sealed", None, False)
    seen = seller.call("getOrderReviews", {"code": order.code}).json
    assert (seen["mine"], seen["other"], seen["other_is_written"], seen["can_write"]) == (None, None, True, True)
    assert buyer.call("writeReview", {"code": order.code}, body={"stars": 5, "text": ""}).json["code"] == "reviewed_once"
    seller.call("writeReview", {"code": order.code}, body={"stars": 5, "text": ""})
    listed = stranger.call("listReviews", {"code": user(hub, order.seller_id).code}).json["items"]
    assert [(row["by"], row["stars"], row["text"]) for row in listed] == [("buyer", 4, OTHER)]
