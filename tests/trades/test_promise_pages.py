"""What was promised in a sale, to read and to check."""

from __future__ import annotations

import hashlib

from sqlalchemy import text as text_of_sql

from app.listings import queries as listing_queries
from app.listings import service as listings
from app.trades import service
from tests.accounts.making import actor, make_member, make_user
from tests.listings.making import fresh as fresh_listing
from tests.trades.browsing import page
from tests.trades.making import (
    PRICE,
    as_seller,
    make_order,
    report,
    user,
)


def test_both_sides_get_the_file_of_what_was_promised_also_after_the_listing_changed(hub, signed_in):
    order = make_order(hub, "closed_refunded")
    as_seller(hub, order, service.take_back, order.code)
    listing = fresh_listing(hub, order.listing_id)
    with hub.begin(actor(hub, user(hub, order.seller_id))) as work:
        listings.edit(work, listing.code, PRICE - 1000, "屏幕有一道裂纹。", listing.revision)
    assert fresh_listing(hub, order.listing_id).current_version_no > order.listing_version_no
    for person in (order.buyer_id, order.seller_id):
        browser = signed_in(user(hub, person))
        assert f"/orders/{order.code}/version.json" in page(browser, f"/orders/{order.code}/promise")
        answer = browser.get(f"/orders/{order.code}/version.json")
        assert answer.status_code == 200
        assert hashlib.sha256(answer.get_data()).hexdigest() == order.listing_version_sha256
    page(signed_in(make_user(hub)), f"/orders/{order.code}/version.json", 404)


def test_what_was_promised_can_be_read_by_both_sides_and_staff_also_after_the_listing_changed(hub, signed_in):
    order = make_order(hub, "acceptance", description="屏幕贴过膜，边框有一处小磕碰。")
    case = report(hub, order)
    readers = [(signed_in(user(hub, person)), f"/orders/{order.code}") for person in (order.buyer_id, order.seller_id)]
    readers.append((signed_in(make_member(hub, "operator")), f"/operator/cases/{case.code}"))
    for browser, path in readers:
        assert f"{path}/promise" in page(browser, path)
        text = page(browser, f"{path}/promise")
        for shown in (order.listing_version_sha256, "屏幕贴过膜", "Screen glass", "2,380", f"{path}/version.json", "sha256sum"):
            assert shown in text, (path, shown)
        assert "no longer gives the fingerprint" not in text
        file = browser.get(f"{path}/version.json")
        assert hashlib.sha256(file.get_data()).hexdigest() == order.listing_version_sha256
    page(signed_in(make_user(hub)), f"/orders/{order.code}/promise", 404)


def test_a_promise_that_was_tampered_with_says_so(hub, signed_in):
    order = make_order(hub, "paid")
    with hub.begin() as work:
        on = " ON listing_version" if hub.db.dialect == "postgresql" else ""
        work.session.execute(text_of_sql(f"DROP TRIGGER tr_listing_version_no_update{on}"))
        frozen = listing_queries.version(work, order.listing_id, order.listing_version_no)
        frozen.content = {**frozen.content, "description": "从来没有划痕。"}
    assert "no longer gives the fingerprint" in page(signed_in(user(hub, order.buyer_id)), f"/orders/{order.code}/promise")
