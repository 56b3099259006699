"""Each kind of value through the code that reads it in the product: a form's field, then the verb's own check."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from werkzeug.datastructures import MultiDict

from app.kernel.money import parse_yuan
from app.trades.forms import BuyForm
from app.trades.rules import read_address
from app.web.forms import Form, Line, Paragraph, Whole, Yuan
from grading.engine.answers import read_answers
from grading.errors import FindingsError
from grading.ids import IdCheck, check_credit_code, check_imei, check_resident_id, check_vin
from grading.schemes import load_scheme
from tests.attack.values import EMPTY, REFUSED


class _One(Form):
    """A form with a field of each base kind."""

    money = Yuan("money")
    whole = Whole("whole", most=2**31)
    line = Line("line", longest=100)
    paragraph = Paragraph("paragraph", longest=2000)


def _field(name: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        form = _One(formdata=MultiDict({name: text}), meta={"csrf": False})
        form.validate()
        field = form[name]
        if field.errors:
            return REFUSED
        return EMPTY if field.data in (None, "") else field.data

    return read


def _phone(text: str) -> Any:
    form = BuyForm(formdata=MultiDict({"phone": text, "delivery": "parcel", "expected_price_fen": "1"}), meta={"csrf": False})
    form.validate()
    if form.phone.errors:
        return REFUSED
    address, errors = read_address("沈知遥", form.phone.data or "", "重庆市渝北区云杉路 8 号")
    return REFUSED if "phone" in errors else address.phone


def _number(check: Callable[[str], IdCheck]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        found = check(text)
        return found.value if found.ok else REFUSED

    return read


def _day(text: str) -> Any:
    try:
        _, facts = read_answers(load_scheme("appliance-2026.1"), {}, {"start_date": text})
    except FindingsError:
        return REFUSED
    day = facts.get("start_date", EMPTY)
    assert day is EMPTY or isinstance(day, datetime.date)
    return day


READERS: dict[str, Callable[[str], Any]] = {
    "money": _field("money"),
    "whole": _field("whole"),
    "line": _field("line"),
    "paragraph": _field("paragraph"),
    "phone": _phone,
    "resident id": _number(check_resident_id),
    "credit code": _number(check_credit_code),
    "vin": _number(check_vin),
    "imei": _number(check_imei),
    "date": _day,
}


def strict_money(text: str) -> Any:
    """The kernel's own reading, which takes nothing but ASCII digits and a point."""
    try:
        return int(parse_yuan(text))
    except ValueError:
        return REFUSED
