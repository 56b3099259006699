"""A claim that begins with the list of the buyer at delivery: filled in already, its photos evidence without being sent again."""

from __future__ import annotations

import hashlib

import pytest
from flask import Flask

from app.aftersales.states import PARTIAL
from app.kernel.errors import InvalidInput
from app.kernel.hub import Hub
from app.trades.models import Order
from app.trades.service import Found
from tests.accounts.making import send_form
from tests.aftersales.making import arrived, claim, pieces
from tests.aftersales.test_pages import browser
from tests.listings.making import tiny_photo
from tests.trades.comparing import hand_in
from tests.trades.making import as_buyer, user

GLASS, FRAME = "report:screen_glass", "report:frame"
CRACK, DENT = tiny_photo(5101), tiny_photo(5102)


def compared(hub: Hub) -> Order:
    """An order that has arrived with a cracked glass and a dented frame, by the buyer's list."""
    order = arrived(hub)
    hand_in(
        hub,
        order,
        {GLASS: Found("differs", "cracked", "右上角有一道裂纹。", CRACK), FRAME: Found("differs", "", "左下角凹了一块。", DENT)},
    )
    return order


def test_the_form_opens_filled_in_with_what_differs(hub: Hub, app: Flask) -> None:
    order = compared(hub)
    mine = browser(app, hub, user(hub, order.buyer_id))
    shown = mine.get(f"/orders/{order.code}/claim").text
    for key in (GLASS, FRAME):
        assert f'value="{key}" checked' in shown
    assert "report:touch&#34; checked" not in shown
    assert shown.count(" checked>") == 3, "two items and the reason"
    assert "右上角有一道裂纹。" in shown
    assert "左下角凹了一块。" in shown
    assert "2 photos of your list are evidence already" in shown
    answer = send_form(
        mine,
        f"/orders/{order.code}/claim",
        {
            "reason": "not_as_described",
            "items": [GLASS, FRAME],
            "text": "收到时屏幕右上角有裂纹，左下角凹了一块。",
            "remedy": "return_refund",
        },
    )
    assert answer.status_code == 303, "no photo has to be sent a second time"
    page = mine.get(answer.headers["Location"]).text
    assert "Seen at delivery" in page
    assert "Cover glass cracked" in page


def test_its_photos_are_chained_evidence_and_only_of_what_is_claimed(hub: Hub) -> None:
    order = compared(hub)
    fresh = tiny_photo(5103)
    row = claim(hub, order, items=[GLASS], photos=[CRACK, fresh], remedy=PARTIAL)
    assert [piece.row.sha256 for piece in pieces(hub, row)] == [hashlib.sha256(each).hexdigest() for each in (CRACK, fresh)]


def test_what_was_claimed_before_is_not_filled_in_again(hub: Hub, app: Flask) -> None:
    from app.aftersales import service

    order = compared(hub)
    row = claim(hub, order, items=[GLASS], photos=[])
    as_buyer(hub, order, service.withdraw, row.code, row.version)
    shown = browser(app, hub, user(hub, order.buyer_id)).get(f"/orders/{order.code}/claim").text
    assert f'value="{FRAME}" checked' in shown
    assert f'value="{GLASS}" checked' not in shown
    with pytest.raises(InvalidInput):
        claim(hub, order, items=["report:back_cover"], photos=[])


def test_without_a_list_nothing_is_filled_in(hub: Hub, app: Flask) -> None:
    order = arrived(hub)
    shown = browser(app, hub, user(hub, order.buyer_id)).get(f"/orders/{order.code}/claim").text
    assert " checked>" not in shown
