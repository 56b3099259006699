"""The pages of claims: what they show to whom, and what they answer to wrong input."""

from __future__ import annotations

import base64
import io

from flask import Flask

from app.accounts.models import User
from app.aftersales.states import BUYER_TURN, REMEDIED
from app.kernel.hub import Hub
from app.trades.models import Order
from tests.accounts.making import make_member, make_user, send_form, sign_in
from tests.aftersales.making import ITEM, WORDS, arrived, fresh, make_claim, pieces
from tests.api.making import Program
from tests.listings.making import tiny_photo
from tests.media.making import prepare_once
from tests.trades.making import money_of, user


def browser(app: Flask, hub: Hub, person: User):
    client = app.test_client()
    client.set_cookie("lang", "en")
    sign_in(client, hub, person)
    return client


def form(**changes: object) -> dict[str, object]:
    whole: dict[str, object] = {
        "reason": "hidden_repair",
        "text": WORDS,
        "items": [ITEM],
        "remedy": "partial_refund",
        "amount": "200",
        "photos": (io.BytesIO(tiny_photo(501)), "glue.jpg"),
    }
    return {name: value for name, value in {**whole, **changes}.items() if value is not None}


def test_a_claim_is_opened_on_its_page_and_keeps_what_was_typed(hub: Hub, app: Flask) -> None:
    order = arrived(hub)
    mine = browser(app, hub, user(hub, order.buyer_id))
    shown = mine.get(f"/orders/{order.code}/claim").text
    assert "Screen glass" in shown
    refused = send_form(mine, f"/orders/{order.code}/claim", form(amount="99999"))
    assert refused.status_code == 422
    assert WORDS in refused.text
    assert "¥2,379.99" in refused.text
    answer = send_form(mine, f"/orders/{order.code}/claim", form())
    assert answer.status_code == 303
    page = mine.get(answer.headers["Location"]).text
    assert "The seller has your claim and answers it." in page
    assert mine.get(f"/orders/{order.code}/claim").status_code == 303, "the open claim is found again"
    held = mine.get(f"/orders/{order.code}").text
    assert "You have opened a claim about this item." in held
    assert "Everything is right: accept" not in held


def test_only_its_two_sides_and_staff_read_it(hub: Hub, app: Flask) -> None:
    row, order = make_claim(hub)
    photo = pieces(hub, row)[0].photo
    code = photo.code
    prepare_once(hub, photo.id)
    for person, status in (
        (user(hub, order.buyer_id), 200),
        (user(hub, order.seller_id), 200),
        (make_member(hub, "operator"), 200),
        (make_user(hub), 404),
        (make_member(hub, "officer"), 404),
    ):
        reader = browser(app, hub, person)
        assert reader.get(f"/claims/{row.code}").status_code == status
        assert reader.get(f"/claims/{row.code}/photos/{code}/card.webp").status_code == status
    assert app.test_client().get(f"/media/{code}/card.webp").status_code == 404, "evidence is nobody else's"


def test_what_somebody_wrote_is_never_markup(hub: Hub, app: Flask) -> None:
    nasty = "<script>alert(1)</script> 屏幕边缘有胶"
    row, order = make_claim(hub, text=nasty)
    shown = browser(app, hub, user(hub, order.seller_id)).get(f"/claims/{row.code}").text
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown


def _step(hub: Hub, app: Flask, person: User, row, step: str, **fields: object):
    return send_form(
        browser(app, hub, person), f"/claims/{row.code}/{step}", {"expected_version": fresh(hub, row).version, **fields}
    )


def test_offer_and_agreement_on_the_pages(hub: Hub, app: Flask) -> None:
    row, order = make_claim(hub)
    buyer, seller = user(hub, order.buyer_id), user(hub, order.seller_id)
    told = {"remedy": "partial_refund", "amount": "50", "words": "愿意退五十元，边缘的胶不影响使用。"}
    empty = _step(hub, app, seller, row, "offer", remedy="partial_refund", amount="50", words="短")
    assert empty.status_code == 422
    assert _step(hub, app, seller, row, "offer", **told).status_code == 303
    stale = send_form(browser(app, hub, buyer), f"/claims/{row.code}/agree", {"expected_version": 1})
    assert stale.status_code == 409
    assert _step(hub, app, buyer, row, "agree").status_code == 303
    assert fresh(hub, row).state == REMEDIED
    assert money_of(hub, order).refunded_fen == 5_000


def test_it_waits_on_the_desk_of_whoever_answers(hub: Hub, app: Flask) -> None:
    row, order = make_claim(hub)
    assert "Claims to answer" in browser(app, hub, user(hub, order.seller_id)).get("/desk").text
    assert "Claims to answer" not in browser(app, hub, user(hub, order.buyer_id)).get("/desk").text
    assert row.code in browser(app, hub, user(hub, order.seller_id)).get("/my/claims").text


def _program(app: Flask, hub: Hub, user_id: int) -> Program:
    return Program(app, hub, user(hub, user_id))


def test_programs_open_answer_and_settle(hub: Hub, app: Flask) -> None:
    order: Order = arrived(hub)
    buyer, seller = _program(app, hub, order.buyer_id), _program(app, hub, order.seller_id)
    items = buyer.call("listClaimItems", {"code": order.code}).get_json()["items"]
    assert ITEM in {each["key"] for each in items}
    body = {
        "reason": "hidden_repair",
        "text": WORDS,
        "items": [ITEM],
        "remedy": "partial_refund",
        "amount_fen": 20_000,
        "photos": [base64.b64encode(tiny_photo(601)).decode()],
    }
    assert buyer.call("openClaim", {"code": order.code}, body={**body, "photos": ["AAA"]}).status_code == 422
    opened = buyer.call("openClaim", {"code": order.code}, body=body)
    assert opened.status_code == 201
    code = {"code": opened.get_json()["code"]}
    seen = seller.call("getClaim", code).headers["ETag"]
    offered = seller.call(
        "offerOnClaim",
        code,
        body={"remedy": "partial_refund", "amount_fen": 9_000, "words": "愿意退九十元，胶不影响使用。"},
        headers={"If-Match": seen},
    )
    assert offered.get_json()["state"] == BUYER_TURN
    seen = buyer.call("getClaim", code).headers["ETag"]
    settled = buyer.call("agreeToOffer", code, headers={"If-Match": seen}).get_json()
    assert (settled["state"], settled["result_fen"]) == (REMEDIED, 9_000)
    assert [each["code"] for each in seller.call("listClaims").get_json()["items"]] == [code["code"]]
