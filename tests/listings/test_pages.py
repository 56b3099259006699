"""The public page, the seller's pages and the staff's pages, with the people who may and may not see them."""

from __future__ import annotations

import html
import json
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app.accounts.models import User
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.hub import Hub
from app.listings import queries, service
from app.listings.errors import HeldByOrder, ReviewerIsSeller, SameOperator
from app.listings.wizard import Screen
from app.notices.models import Notice
from tests.accounts.making import actor, make_member, make_user, sign_in, token_of
from tests.listings.making import fresh, make_listing
from tests.listings.wizard import hidden, text_of


@pytest.fixture
def seller(hub: Hub) -> User:
    return make_user(hub, name="周明远")


@pytest.fixture
def operator(hub: Hub) -> User:
    return make_member(hub, "operator")


def status_of(client: FlaskClient, address: str) -> int:
    """The status alone; closes the file that a photo's answer holds open."""
    with client.get(address) as answer:
        return answer.status_code


# The public page


def test_a_visitor_reads_an_offer_and_is_led_to_buy_it(client: FlaskClient, hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    page = text_of(client.get(f"/items/{listing.code}"))
    for shown in ("iPhone 13 128GB", "周明远", "未鉴定", f"/items/{listing.code}/buy", "88%"):
        assert shown in page
    assert listing.draft["imei"] not in page
    assert listing.draft["imei"][-4:] in page
    assert seller.email not in page


def test_the_version_file_has_the_hash_of_the_page(client: FlaskClient, hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    page = text_of(client.get(f"/items/{listing.code}"))
    file = client.get(f"/items/{listing.code}/versions/1.json")
    assert sha256_hex(file.data) in page
    assert canonical(json.loads(file.data)) == file.data
    assert client.get(f"/items/{listing.code}/versions/2.json").status_code == 404


def test_photos_named_in_the_version_can_be_checked_by_their_hash(client: FlaskClient, hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    named = json.loads(client.get(f"/items/{listing.code}/versions/1.json").data)["photos"]
    assert len(named) == 3
    for photo in named:
        assert sha256_hex(client.get(f"/media/{photo['code']}/zoom.webp").data) == photo["sha256"]


def test_what_the_seller_wrote_cannot_become_markup(client: FlaskClient, hub: Hub, seller: User) -> None:
    hostile = '<script>alert("x")</script>\n<b>fett</b> {{ 7*7 }}'
    listing = make_listing(
        hub, seller, description=hostile, brand="other", brand_name="<i>X</i>", model="other", model_name="'\"><img>"
    )
    page = text_of(client.get(f"/items/{listing.code}"))
    assert "<script>alert" not in page
    assert "<b>fett" not in page
    assert "<img>" not in page
    assert html.escape("<i>X</i>") in page
    assert "{{ 7*7 }}" in page


@pytest.mark.parametrize("state", ["paused", "expired", "withdrawn", "removed", "in_review"])
def test_what_is_not_public_is_seen_by_its_seller_with_the_reason_and_by_nobody_else(
    client: FlaskClient, hub: Hub, seller: User, state: str
) -> None:
    words = {"description": "加微信"} if state == "in_review" else {}
    listing = make_listing(hub, seller, state=state, **words)
    assert client.get(f"/items/{listing.code}").status_code == 404
    sign_in(client, hub, make_user(hub))
    assert client.get(f"/items/{listing.code}").status_code == 404
    assert client.get(f"/items/{listing.code}/versions/1.json").status_code == 404
    sign_in(client, hub, seller)
    page = client.get(f"/items/{listing.code}")
    assert page.status_code == 200
    assert "status-sentence" in text_of(page)
    assert f"/items/{listing.code}/buy" not in text_of(page)
    photo = re.search(rf"/sell/{listing.code}/photos/[a-z0-9]+/page.webp", text_of(page))
    assert photo
    assert status_of(client, photo[0]) == 200
    sign_in(client, hub, make_user(hub))
    assert status_of(client, photo[0]) == 404


@pytest.mark.parametrize("state", ["sold", "reserved"])
def test_a_sold_or_reserved_item_stays_readable_and_cannot_be_bought(
    client: FlaskClient, hub: Hub, seller: User, state: str
) -> None:
    listing = make_listing(hub, seller, state=state)
    page = client.get(f"/items/{listing.code}")
    assert page.status_code == 200
    assert f"/items/{listing.code}/buy" not in text_of(page)


def test_the_seller_is_not_offered_to_buy_their_own_thing(client: FlaskClient, hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    sign_in(client, hub, seller)
    page = text_of(client.get(f"/items/{listing.code}"))
    assert f"/items/{listing.code}/buy" not in page
    assert "/appraisals/request?thing=" in page


@pytest.mark.parametrize("code", ["0" * 26, "x", "..", "%00", "a" * 500])
def test_an_unknown_address_is_a_plain_404(client: FlaskClient, code: str) -> None:
    assert client.get(f"/items/{code}").status_code == 404


# The seller's pages


def test_my_listings_shows_all_of_mine_with_their_states(client: FlaskClient, hub: Hub, seller: User) -> None:
    mine = [make_listing(hub, seller, state=state) for state in ("draft", "active", "sold")]
    other = make_listing(hub, make_user(hub))
    sign_in(client, hub, seller)
    page = text_of(client.get("/my/listings"))
    assert all(listing.code in page for listing in mine)
    assert other.code not in page


def test_my_listings_is_kind_when_there_are_none(client: FlaskClient, hub: Hub, seller: User) -> None:
    sign_in(client, hub, seller)
    page = client.get("/my/listings")
    assert page.status_code == 200
    assert "/sell" in text_of(page)


def test_the_seller_pauses_resumes_and_withdraws(client: FlaskClient, hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    sign_in(client, hub, seller)
    for verb, state in (("pause", "paused"), ("resume", "active"), ("withdraw", "withdrawn")):
        token = token_of(client.get(f"/items/{listing.code}"))
        answer = client.post(f"/items/{listing.code}/{verb}", data={"csrf_token": token})
        assert (answer.status_code, answer.location) == (303, f"/items/{listing.code}")
        assert fresh(hub, listing.id).state == state
    token = token_of(client.get("/sell"))
    assert client.post(f"/items/{listing.code}/resume", data={"csrf_token": token}).status_code == 409
    assert client.post(f"/items/{listing.code}/explode", data={"csrf_token": token}).status_code == 404


def test_an_expired_listing_is_renewed_with_one_button(client: FlaskClient, hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller, state="expired")
    sign_in(client, hub, seller)
    page = client.get(f"/items/{listing.code}")
    assert f"/items/{listing.code}/renew" in text_of(page)
    client.post(f"/items/{listing.code}/renew", data={"csrf_token": token_of(page)})
    assert fresh(hub, listing.id).state == "active"


def test_price_and_text_are_edited_and_a_stale_page_keeps_what_was_typed(client: FlaskClient, hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller, price_fen=200_000)
    sign_in(client, hub, seller)
    page = client.get(f"/items/{listing.code}/edit")
    data = {"csrf_token": token_of(page), "revision": hidden(page, "revision"), "price": "1900", "description": "降价"}
    assert client.post(f"/items/{listing.code}/edit", data=data).status_code == 303
    stale = client.post(f"/items/{listing.code}/edit", data={**data, "price": "1800"})
    assert stale.status_code == 409
    assert 'value="1800"' in text_of(stale)
    assert fresh(hub, listing.id).price_fen == 190_000
    again = {**data, "price": "1800", "revision": hidden(stale, "revision")}
    assert client.post(f"/items/{listing.code}/edit", data=again).status_code == 303
    bad = client.post(f"/items/{listing.code}/edit", data={**again, "price": "gratis"})
    assert bad.status_code == 422
    assert 'value="gratis"' in text_of(bad)
    assert 'id="price-error"' in text_of(bad)


def test_an_offer_that_was_reserved_while_it_was_edited_keeps_what_was_typed(client: FlaskClient, hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller, price_fen=200_000)
    sign_in(client, hub, seller)
    page = client.get(f"/items/{listing.code}/edit")
    with hub.begin(actor(hub, make_user(hub))) as work:
        service.reserve(work, listing.code, 200_000)
    data = {"csrf_token": token_of(page), "revision": hidden(page, "revision"), "price": "1900", "description": "换了新电池"}
    refused = client.post(f"/items/{listing.code}/edit", data=data)
    assert refused.status_code == 409
    for kept in ("换了新电池", 'value="1900"', "有人正在购买"):
        assert kept in text_of(refused)
    assert fresh(hub, listing.id).price_fen == 200_000
    assert client.get(f"/items/{listing.code}/edit").status_code == 303


def test_withdrawing_asks_first_and_can_be_followed_by_a_new_offer(client: FlaskClient, hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller)
    sign_in(client, hub, seller)
    page = text_of(client.get(f"/items/{listing.code}"))
    question = page.index("<details", page.index('id="withdraw"') - 200)
    assert page.index(f'action="/items/{listing.code}/withdraw"') > question, "the button lies inside the question"
    assert page.count(f'action="/items/{listing.code}/withdraw"') == 1
    token = token_of(client.get("/sell"))
    assert client.post(f"/items/{listing.code}/again", data={"csrf_token": token}).status_code == 404
    client.post(f"/items/{listing.code}/withdraw", data={"csrf_token": token})
    assert f'action="/items/{listing.code}/again"' in text_of(client.get(f"/items/{listing.code}"))
    begun = client.post(f"/items/{listing.code}/again", data={"csrf_token": token})
    assert begun.status_code == 303
    code = begun.location.removeprefix("/sell/")
    assert client.get(begun.location).location == f"/sell/{code}/photos", "only the photos are missing"
    with hub.look(actor(hub, seller)) as work:
        draft = queries.own_draft(work, code)
        assert (draft.draft, draft.id == listing.id) == (fresh(hub, listing.id).draft, False)
    sign_in(client, hub, make_user(hub))
    assert client.post(f"/items/{listing.code}/again", data={"csrf_token": token_of(client.get("/sell"))}).status_code == 404


# Staff


def test_staff_see_what_waits_and_approve_it(client: FlaskClient, hub: Hub, seller: User, operator: User) -> None:
    listing = make_listing(hub, seller, state="in_review", description="加微信 abc")
    sign_in(client, hub, operator)
    queue = text_of(client.get("/operator/listings"))
    assert listing.code in queue
    assert "1.2" in queue
    page = client.get(f"/operator/listings/{listing.code}")
    data = {"csrf_token": token_of(page), "version": hidden(page, "version")}
    assert client.post(f"/operator/listings/{listing.code}/approve", data=data).status_code == 303
    assert fresh(hub, listing.id).state == "active"
    assert listing.code not in text_of(client.get("/operator/listings"))


def test_a_rejection_needs_a_reason_and_the_seller_gets_it(client: FlaskClient, hub: Hub, seller: User, operator: User) -> None:
    listing = make_listing(hub, seller, state="in_review", description="加微信 abc")
    sign_in(client, hub, operator)
    page = client.get(f"/operator/listings/{listing.code}")
    data = {"csrf_token": token_of(page), "version": hidden(page, "version"), "reason": "  "}
    refused = client.post(f"/operator/listings/{listing.code}/reject", data=data)
    assert refused.status_code == 422
    assert 'id="reason-error"' in text_of(refused)
    long = client.post(f"/operator/listings/{listing.code}/reject", data={**data, "reason": "长" * 501})
    assert long.status_code == 422
    assert "长" * 501 in text_of(long)
    sent = client.post(f"/operator/listings/{listing.code}/reject", data={**data, "reason": "请删掉微信号。"})
    assert sent.status_code == 303
    assert fresh(hub, listing.id).state == "draft"
    with hub.look() as work:
        notice = work.session.scalars(select(Notice).where(Notice.user_id == seller.id).order_by(Notice.id.desc()).limit(1)).one()
        assert notice.values["reason"] == "请删掉微信号。"
    sign_in(client, hub, seller)
    assert "请删掉微信号。" in text_of(client.get(f"/sell/{listing.code}/check"))


def test_a_take_down_is_undone_only_by_another_operator(client: FlaskClient, hub: Hub, seller: User, operator: User) -> None:
    listing = make_listing(hub, seller)
    sign_in(client, hub, operator)
    page = client.get(f"/operator/listings/{listing.code}")
    data = {"csrf_token": token_of(page), "version": hidden(page, "version"), "reason": "照片与实物不符。"}
    assert client.post(f"/operator/listings/{listing.code}/take_down", data=data).status_code == 303
    removed = fresh(hub, listing.id)
    assert removed.state == "removed"
    with hub.look() as work:
        photo = queries.photos_of(work, listing.id)[0].code
    assert status_of(client, f"/media/{photo}/card.webp") == 404, "its photos are gone too"
    page = client.get(f"/operator/listings/{listing.code}")
    assert "/restore" not in text_of(page)
    with pytest.raises(SameOperator), hub.begin(actor(hub, operator)) as work:
        service.restore(work, listing.code, "没问题。", removed.version)
    sign_in(client, hub, make_member(hub, "operator"))
    page = client.get(f"/operator/listings/{listing.code}")
    data = {"csrf_token": token_of(page), "version": hidden(page, "version"), "reason": "核实过，没有问题。"}
    assert client.post(f"/operator/listings/{listing.code}/restore", data=data).status_code == 303
    assert fresh(hub, listing.id).state == "active"
    assert status_of(client, f"/media/{photo}/card.webp") == 200


def test_staff_decide_on_what_they_saw(client: FlaskClient, hub: Hub, seller: User, operator: User) -> None:
    listing = make_listing(hub, seller)
    sign_in(client, hub, operator)
    page = client.get(f"/operator/listings/{listing.code}")
    data = {"csrf_token": token_of(page), "version": hidden(page, "version"), "reason": "不符。"}
    for verb in (service.pause, service.resume):
        with hub.begin(actor(hub, seller)) as work:
            verb(work, listing.code)
    answer = client.post(f"/operator/listings/{listing.code}/take_down", data=data)
    assert answer.status_code == 409
    assert "不符。" in text_of(answer)
    assert fresh(hub, listing.id).state == "active"


def test_nobody_decides_about_their_own_listing(client: FlaskClient, hub: Hub) -> None:
    operator = make_member(hub, "operator")
    listing = make_listing(hub, operator, state="in_review", description="加微信 abc")
    sign_in(client, hub, operator)
    page = client.get(f"/operator/listings/{listing.code}")
    assert "/approve" not in text_of(page)
    with pytest.raises(ReviewerIsSeller), hub.begin(actor(hub, operator)) as work:
        service.approve(work, listing.code, listing.version)
    with pytest.raises(ReviewerIsSeller), hub.begin(actor(hub, operator)) as work:
        service.take_down(work, listing.code, "x", listing.version)
    data = {"csrf_token": token_of(client.get("/sell")), "version": str(listing.version)}
    assert client.post(f"/operator/listings/{listing.code}/approve", data=data).status_code == 403
    assert fresh(hub, listing.id).state == "in_review"


def test_a_listing_that_an_order_holds_is_not_taken_down(client: FlaskClient, hub: Hub, seller: User, operator: User) -> None:
    listing = make_listing(hub, seller, state="reserved")
    with pytest.raises(HeldByOrder), hub.begin(actor(hub, operator)) as work:
        service.take_down(work, listing.code, "x", listing.version)
    sign_in(client, hub, operator)
    assert "/take_down" not in text_of(client.get(f"/operator/listings/{listing.code}"))


def test_staff_do_not_read_drafts_that_were_never_sent_in(client: FlaskClient, hub: Hub, seller: User, operator: User) -> None:
    draft = make_listing(hub, seller, state="draft")
    sign_in(client, hub, operator)
    assert client.get(f"/operator/listings/{draft.code}").status_code == 404
    assert client.get(f"/items/{draft.code}").status_code == 404
    found = client.get(f"/operator/listings?code={draft.code}")
    assert found.status_code == 404
    assert draft.code in text_of(found), "what was typed is kept"


def test_staff_open_a_listing_by_its_address(client: FlaskClient, hub: Hub, seller: User, operator: User) -> None:
    listing = make_listing(hub, seller)
    sign_in(client, hub, operator)
    answer = client.get(f"/operator/listings?code=http://127.0.0.1:8000/items/{listing.code}/")
    assert (answer.status_code, answer.location) == (303, f"/operator/listings/{listing.code}")


@pytest.mark.parametrize("role", ["household", "appraiser", "officer"])
def test_nobody_else_opens_the_staffs_pages(client: FlaskClient, hub: Hub, seller: User, role: str) -> None:
    listing = make_listing(hub, seller)
    sign_in(client, hub, make_user(hub) if role == "household" else make_member(hub, role))
    assert client.get("/operator/listings").status_code == 403
    assert client.get(f"/operator/listings/{listing.code}").status_code == 403
    data = {"csrf_token": token_of(client.get("/sell")), "version": "2", "reason": "x"}
    assert client.post(f"/operator/listings/{listing.code}/take_down", data=data).status_code == 403
    assert fresh(hub, listing.id).state == "active"


def test_the_pages_need_a_known_number_of_queries(client: FlaskClient, hub: Hub, seller: User) -> None:
    """Twice as many listings must not mean more questions to the database."""
    sign_in(client, hub, seller)
    counted: list[int] = []
    seen: list[str] = []
    event.listen(hub.db.read, "before_cursor_execute", lambda *given: seen.append(given[2]))
    for _ in range(2):
        for state in ("draft", "active"):
            make_listing(hub, seller, state=state)
        seen.clear()
        for address in ("/sell", "/my/listings"):
            assert client.get(address).status_code == 200
        counted.append(len(seen))
    assert counted[0] == counted[1]


def test_a_listing_that_came_back_shows_its_new_answers_in_the_preview(client: FlaskClient, hub: Hub, seller: User) -> None:
    listing = make_listing(hub, seller, state="in_review", description="加微信 abc", price_fen=200_000)
    with hub.begin(actor(hub, make_member(hub, "operator"))) as work:
        service.reject(work, listing.code, "请删掉微信号。", listing.version)
    with hub.begin(actor(hub, seller)) as work:
        service.save_answer(work, listing.code, Screen("price", "price"), {"price": 123_400}, listing.revision)
    sign_in(client, hub, seller)
    assert "1,234" in text_of(client.get(f"/sell/{listing.code}/check"))
