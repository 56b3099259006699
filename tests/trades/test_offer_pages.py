"""Bargaining on the pages and by program: nothing typed is lost, every step says what happens next."""

from __future__ import annotations

from flask import Flask

from app.kernel.hub import Hub
from tests.accounts.making import make_user, token_of
from tests.api.making import Program
from tests.listings.making import make_listing
from tests.trades.bargaining import LOW, make_negotiation, offer
from tests.trades.making import ADDRESS, user


def test_an_offer_goes_from_the_item_to_the_payment(signed_in, hub: Hub) -> None:
    seller, buyer = make_user(hub), make_user(hub)
    listing = make_listing(hub, seller)
    browser = signed_in(buyer)
    assert f'href="/items/{listing.code}/offer"' in browser.get(f"/items/{listing.code}").text
    page = browser.get(f"/items/{listing.code}/offer").text
    assert "At least ¥714, less than ¥2,380" in page
    token = token_of(browser.get(f"/items/{listing.code}/offer"))
    typed = {"csrf_token": token, "delivery": "parcel", **ADDRESS}
    refused = browser.post(f"/items/{listing.code}/offer", data={**typed, "price": "9999"})
    assert refused.status_code == 422
    assert "Please name a price between ¥714 and ¥2,379.99." in refused.text
    assert 'value="9999"' in refused.text
    assert ADDRESS["address"] in refused.text
    sent = browser.post(f"/items/{listing.code}/offer", data={**typed, "price": "2100"})
    assert sent.status_code == 303
    address = sent.location
    assert "Your ¥2,100 is with the other side." in browser.get(address).text
    assert browser.get(f"/items/{listing.code}/offer").location == address
    other_side = signed_in(seller)
    page = other_side.get(address).text
    assert "You are offered ¥2,100." in page
    assert "Waits for you" in other_side.get("/my/offers").text
    assert "Offers to answer" in other_side.get("/desk").text
    version = {"csrf_token": token_of(other_side.get(address)), "expected_version": "1"}
    assert other_side.post(f"{address}/counter", data={**version, "price": "2300"}).status_code == 303
    assert "The seller would take ¥2,300." in browser.get(address).text
    stale = browser.post(f"{address}/accept", data={"csrf_token": token, "expected_version": "1"})
    assert stale.status_code == 409
    accepted = browser.post(f"{address}/accept", data={"csrf_token": token, "expected_version": "2"})
    assert accepted.status_code == 303
    assert accepted.location.startswith("/pay/")
    assert "Agreed at ¥2,300." in other_side.get(address).text


def test_own_offer_is_not_answered_and_a_foreign_one_not_found(signed_in, hub: Hub) -> None:
    row = make_negotiation(hub)
    browser = signed_in(user(hub, row.buyer_id))
    token = token_of(browser.get(f"/offers/{row.code}"))
    answer = browser.post(f"/offers/{row.code}/decline", data={"csrf_token": token, "expected_version": "1"})
    assert (answer.status_code, "This is your own offer." in answer.text) == (403, True)
    assert browser.post(f"/offers/{row.code}/withdraw", data={"csrf_token": token, "expected_version": "1"}).status_code == 303
    assert signed_in(make_user(hub)).get(f"/offers/{row.code}").status_code == 404


def test_the_lowest_price_is_the_sellers_secret(signed_in, hub: Hub) -> None:
    seller = make_user(hub)
    listing = make_listing(hub, seller)
    browser = signed_in(seller)
    token = token_of(browser.get(f"/items/{listing.code}/floor"))
    assert browser.post(f"/items/{listing.code}/floor", data={"csrf_token": token, "floor": "9999999"}).status_code == 422
    assert browser.post(f"/items/{listing.code}/floor", data={"csrf_token": token, "floor": "2200"}).status_code == 303
    assert 'value="2200"' in browser.get(f"/items/{listing.code}/floor").text
    quiet = offer(hub, listing, make_user(hub))
    page = browser.get("/my/offers").text
    assert "Below your lowest price" in page
    assert "Waits for you" not in page
    assert "Offers to answer" not in browser.get("/desk").text
    buyer = signed_in(user(hub, quiet.buyer_id))
    for address in (f"/offers/{quiet.code}", f"/items/{listing.code}", f"/items/{listing.code}/offer"):
        assert "2,200" not in buyer.get(address, follow_redirects=True).text
    assert signed_in(make_user(hub)).get(f"/items/{listing.code}/floor").status_code == 404


def test_a_program_bargains_with_what_it_saw(app: Flask, hub: Hub) -> None:
    seller, buyer = make_user(hub), make_user(hub)
    listing = make_listing(hub, seller)
    ours, theirs = Program(app, hub, buyer), Program(app, hub, seller)
    body = {"price_fen": LOW, "delivery": "parcel", "address": ADDRESS}
    made = ours.ok("makeOffer", {"code": listing.code}, body=body)
    here = {"code": made["code"]}
    assert ours.refused("makeOffer", {"code": listing.code}, body=body) == (409, "already_bargaining")
    assert theirs.refused("counterOffer", here, body={"price_fen": 230_000})[0] == 428
    tag = theirs.call("getNegotiation", here).headers["ETag"]
    assert theirs.ok("counterOffer", here, body={"price_fen": 230_000}, headers={"If-Match": tag})["standing_fen"] == 230_000
    assert ours.refused("acceptOffer", here, headers={"If-Match": tag}) == (412, "stale")
    assert ours.ok("listNegotiations")["items"][0]["waits_for_you"] is True
    tag = ours.call("getNegotiation", here).headers["ETag"]
    order = ours.ok("acceptOffer", here, headers={"If-Match": tag})["order"]
    assert ours.ok("getOrder", {"code": order})["total_fen"] == 230_000
    assert theirs.ok("setFloor", {"code": make_listing(hub, seller).code}, body={"floor_fen": 200_000}) == {"floor_fen": 200_000}
