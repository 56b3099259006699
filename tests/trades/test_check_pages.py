"""The pages of the checklist: what they show to whom, what they answer to wrong input, and the same for programs."""

from __future__ import annotations

import base64
import io
import re

from flask import Flask

from app.kernel.hub import Hub
from app.trades.states import COMPLETED
from tests.accounts.making import make_member, make_user, send_form
from tests.aftersales.making import arrived
from tests.api.making import Program
from tests.listings.making import tiny_photo
from tests.media.making import prepare_once
from tests.trades.comparing import differing, hand_in, listed
from tests.trades.making import fresh, user

GLASS = "report:screen_glass"


def number_of(hub: Hub, order, key: str) -> int:
    return [ask.item.key for ask in listed(hub, order).asks].index(key)


def test_a_difference_is_handed_in_and_leads_to_the_claim(hub: Hub, signed_in) -> None:
    order = arrived(hub)
    mine, glass = signed_in(user(hub, order.buyer_id)), number_of(hub, order, GLASS)
    assert "Compare it with what was promised" in mine.get(f"/orders/{order.code}").text
    page = mine.get(f"/orders/{order.code}/check").text
    assert "No mark" in page
    typed = {f"answer_{glass}": "differs", f"words_{glass}": "右上角有一道裂纹。", "rest": "y"}
    refused = send_form(mine, f"/orders/{order.code}/check", typed | {f"seen_{glass}": "nonsense"})
    assert refused.status_code == 422
    assert "右上角有一道裂纹。" in refused.text
    assert f'id="answer_{glass}-differs" name="answer_{glass}" value="differs" checked' in refused.text
    unmarked = send_form(mine, f"/orders/{order.code}/check", {key: typed[key] for key in typed if key != "rest"})
    assert unmarked.status_code == 422, "what is not marked is not taken as described by silence"
    sent = typed | {f"seen_{glass}": "cracked", f"photo_{glass}": (io.BytesIO(tiny_photo(6101)), "crack.jpg")}
    assert send_form(mine, f"/orders/{order.code}/check", sent).status_code == 303
    done = mine.get(f"/orders/{order.code}/check").text
    assert "Open the claim with these items" in done
    assert "Cover glass cracked" in done
    assert "gives Grade D in place of Grade S" in done
    again = {key: sent[key] for key in typed}
    assert send_form(mine, "/protection", again, to=f"/orders/{order.code}/check").status_code == 409
    assert differing(hub, order).keys() == {GLASS}


def test_all_as_described_is_one_press_from_accepting(hub: Hub, signed_in) -> None:
    order = arrived(hub)
    mine = signed_in(user(hub, order.buyer_id))
    assert send_form(mine, f"/orders/{order.code}/check", {"rest": "y"}).status_code == 303
    page = mine.get(f"/orders/{order.code}/check").text
    assert "Accept and let the seller be paid" in page
    assert "Open the claim" not in page
    version = fresh(hub, order).version
    assert re.search(rf'name="expected_version"[^>]*value="{version}"', page)
    assert send_form(mine, f"/orders/{order.code}/accept", {"expected_version": version}).status_code == 303
    assert fresh(hub, order).state == COMPLETED
    assert "All" in mine.get(f"/orders/{order.code}/check").text, "the list stays readable"


def test_both_sides_read_it_and_nobody_else(hub: Hub, signed_in, app: Flask) -> None:
    from app.trades.service import Found

    order = arrived(hub)
    hand_in(hub, order, {GLASS: Found("differs", "cracked", "<b>裂</b>纹", tiny_photo(6102))})
    with hub.look() as work:
        from app.trades.queries import checking

        photo = checking.differences_of(work, order.id)[0].photo
        assert photo is not None
        code, photo_id = photo.code, photo.id
    prepare_once(hub, photo_id)
    seen = {}
    for who, person in (
        ("buyer", user(hub, order.buyer_id)),
        ("seller", user(hub, order.seller_id)),
        ("stranger", make_user(hub)),
        ("officer", make_member(hub, "officer")),
    ):
        client = signed_in(person)
        paths = (f"/orders/{order.code}/check", f"/orders/{order.code}/check/photos/{code}/card.webp")
        seen[who] = [client.get(path).status_code for path in paths]
    assert seen == {"buyer": [200, 200], "seller": [200, 200], "stranger": [404, 404], "officer": [404, 404]}
    theirs = signed_in(user(hub, order.seller_id)).get(f"/orders/{order.code}/check").text
    assert "<b>裂" not in theirs
    assert "Accept and let the seller be paid" not in theirs
    other = arrived(hub)
    mine = signed_in(user(hub, other.buyer_id))
    assert mine.get(f"/orders/{other.code}/check/photos/{code}/card.webp").status_code == 404


def test_the_seller_has_no_list_to_fill_in(hub: Hub, signed_in) -> None:
    order = arrived(hub)
    theirs = signed_in(user(hub, order.seller_id))
    assert theirs.get(f"/orders/{order.code}/check").status_code == 303
    assert send_form(theirs, "/protection", {"rest": "y"}, to=f"/orders/{order.code}/check").status_code == 403


def test_programs_compare_too(hub: Hub, app: Flask) -> None:
    order = arrived(hub)
    buyer, seller = (Program(app, hub, user(hub, each)) for each in (order.buyer_id, order.seller_id))
    asked = buyer.call("getCheck", {"code": order.code}).get_json()
    assert asked["can_hand_in"]
    assert "cracked" in next(each for each in asked["asks"] if each["key"] == GLASS)["others"]
    line = {"key": GLASS, "answer": "differs", "seen": "cracked", "photo": base64.b64encode(tiny_photo(6103)).decode()}
    assert buyer.call("handInCheck", {"code": order.code}, body={"lines": [line]}).status_code == 422
    kept = buyer.call("handInCheck", {"code": order.code}, body={"lines": [line], "rest_is_same": True})
    assert kept.status_code == 201
    found = {each["key"]: each for each in kept.get_json()["lines"]}
    assert (found[GLASS]["answer"], found[GLASS]["seen"]["zh"]) == ("differs", "外屏碎裂")
    assert seller.call("getCheck", {"code": order.code}).get_json()["result"] == "differs"
