"""What people type and paste is read as they meant it; what could deceive a reader is refused."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from app.listings.forms import EditForm
from app.trades.forms import BuyForm, CodeForm, ShipForm
from app.trades.rules import read_meet_code, read_tracking_no
from app.web.forms import clean, plain


@pytest.mark.parametrize("mark", [*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200c\u200d\u200e\u200f\ufeff"])
def test_invisible_marks_around_a_number_are_taken_away_and_nowhere_else(mark: str) -> None:
    assert plain(f"{mark} {mark}13800138000 {mark}") == "13800138000"
    if mark not in "\u200b\u200c\u200d\ufeff":  # these cannot turn the reading around
        for deceiving in (f"138{mark}00138000", f"{mark}txt.exe"):
            with pytest.raises(ValueError, match="unusable"):
                clean(deceiving)


def test_full_width_digits_in_a_line_become_the_usual_ones() -> None:
    assert clean("２ 号口，ＩＭＥＩ １２") == "2 号口，ＩＭＥＩ 12"
    assert clean("第１点\n第２点", lines=True) == "第１点\n第２点", "a longer text stays as it was written"
    assert plain("\u202d＋８６－１３８００１３８０００\u202c") == "+86-13800138000"
    assert plain("²③") == "²③", "only other shapes of the same sign, no guesses"


def test_every_number_may_be_typed_full_width(app: Flask) -> None:
    def post(**fields: str) -> MultiDict[str, str]:
        return MultiDict(fields)

    with app.test_request_context("/", method="POST"):
        buy = BuyForm(
            formdata=post(expected_price_fen="２３８０００", phone="\u202d１３８００１３８０００\u202c"), meta={"csrf": False}
        )
        assert (buy.expected_price_fen.data, buy.phone.data) == (238_000, "13800138000")
        assert EditForm(formdata=post(price="２２８０．５０"), meta={"csrf": False}).price.data == 228_050
        ship = ShipForm(formdata=post(tracking_no="ＳＦ１２３４５６７８９０"), meta={"csrf": False})
        assert read_tracking_no(ship.tracking_no.data or "") == "SF1234567890"
        code = CodeForm(formdata=post(digits="１２３　４５６"), meta={"csrf": False})
        assert read_meet_code(code.digits.data or "") == "123456"
