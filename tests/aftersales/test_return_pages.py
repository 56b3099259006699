"""The pages of a way back: each side sees its step, only the buyer and the seller see the address, nothing typed is lost."""

from __future__ import annotations

import pytest
from flask import Flask

from app.kernel.hub import Hub
from tests.accounts.making import make_member
from tests.aftersales.deciding import dispute_of, drawn
from tests.aftersales.going_back import HOME, OTHER_IMEI, going_back, receive, thing_of
from tests.aftersales.test_pages import browser
from tests.trades.making import user


@pytest.mark.parametrize(
    ("step", "seller_does", "buyer_does"),
    [("address", "return-address", "withdraw"), ("send", "receive-back", "send-back"), ("receive", "receive-back", "")],
)
def test_each_side_is_offered_its_step(hub: Hub, app: Flask, step: str, seller_does: str, buyer_does: str) -> None:
    row, order = going_back(hub, step)
    sellers = browser(app, hub, user(hub, order.seller_id)).get(f"/claims/{row.code}").text
    buyers = browser(app, hub, user(hub, order.buyer_id)).get(f"/claims/{row.code}").text
    staffs = browser(app, hub, make_member(hub, "operator")).get(f"/claims/{row.code}").text
    assert f'action="/claims/{row.code}/{seller_does}"' in sellers
    assert not buyer_does or f'action="/claims/{row.code}/{buyer_does}"' in buyers
    assert (HOME[2] in buyers, HOME[2] in sellers, HOME[2] in staffs) == (step != "address", step != "address", False)
    assert f"/claims/{row.code}/receive-back" not in buyers
    assert thing_of(hub, order).imei not in buyers + staffs


def test_after_another_unit_the_arbitrator_sees_the_last_signs_of_both_numbers(hub: Hub, app: Flask) -> None:
    row, order = going_back(hub, "receive")
    receive(hub, row, order, OTHER_IMEI)
    decides = drawn(hub, row)
    page = browser(app, hub, decides).get(f"/disputes/{dispute_of(hub, row).code}").text
    assert f"…{OTHER_IMEI[-4:]}" in page
    assert f"…{(thing_of(hub, order).imei or '')[-4:]}" in page
    assert f"/disputes/{dispute_of(hub, row).code}/rule" in page
    assert HOME[2] not in page
    assert HOME[2] not in browser(app, hub, user(hub, order.buyer_id)).get(f"/claims/{row.code}").text
