"""The forms of a sale, each sent wrong, empty, hostile and too late, by people who read Chinese: what they are told, what stays."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.kernel.hub import Hub
from tests.accounts.making import make_member, make_organisation, make_user, sign_in, token_of
from tests.appraisal.making import clean_answers, make_inspection
from tests.attack.crawling import Reader
from tests.goods.making import make_thing
from tests.listings.making import make_draft, make_listing
from tests.payments.making import begin_checkout
from tests.trades.making import ADDRESS, PRICE, REASON, make_order, user

VOID = ("input", "img", "meta", "link", "br", "hr", "use", "path", "circle", "rect")
SCRIPT = '"><script>alert(1)</script>{{7*7}}'
LONG = "长" * 3000
ODD = "甲\x00乙\u202e丙"
CHOICES = {"district", "delivery", "agency", "carrier", "reason", "item-mdm"}  # no control can hold what it does not offer
ENGLISH = re.compile(
    r"\b[A-Za-z']{2,}(?: [A-Za-z']{2,}){3,}"
)  # four English words in a row are a sentence that nobody translated


@dataclass
class Sheet:
    """A form as somebody has it open: who, on which page, sent where, with what a careful person would have typed."""

    who: User | None
    page: str
    good: dict[str, str]
    to: str = ""
    kept: tuple[str, ...] = ()  # the fields that are typed: they come back whatever was wrong
    carried: tuple[str, ...] = ()  # hidden fields to be taken from the page


@dataclass
class Wrong:
    """What is sent instead, the answer's status, and a word that the Chinese message must have."""

    fields: dict[str, str]
    status: int
    says: str
    without: tuple[str, ...] = field(default=())


def register(hub: Hub) -> Sheet:
    good = {"email": "xin@mail.example", "display_name": "新来的人", "password": "green lamp on the stairs"}
    return Sheet(None, "/register", good, kept=("email", "display_name"))


def sign_in_form(hub: Hub) -> Sheet:
    return Sheet(None, "/sign-in", {"email": "xin@mail.example", "password": "not the right one"}, kept=("email",))


def wizard(step: str, screen: str, **good: str) -> Callable[[Hub], Sheet]:
    def sheet(hub: Hub) -> Sheet:
        seller = make_user(hub)
        draft = make_draft(hub, seller)
        page = f"/sell/{draft.code}/{step}?q={screen}"
        return Sheet(seller, page, good, f"/sell/{draft.code}/{step}", tuple(good), ("revision", "screen"))

    return sheet


def request_appraisal(hub: Hub) -> Sheet:
    owner = make_user(hub)
    agency = make_organisation(hub, "agency")
    make_member(hub, "appraiser", organisation=agency)
    return Sheet(owner, f"/appraisals/request?thing={make_thing(hub, owner).code}", {"agency": agency.code})


def inspect(hub: Hub) -> Sheet:
    case = make_inspection(hub)
    good = {"item-battery_pct": "88", "item-erase_certificate": "QH-2026-0031", "item-mdm": "none"}
    return Sheet(case.appraiser, f"/appraisals/{case.code}/inspect", good, kept=tuple(good), carried=("rev",))


def sign(hub: Hub) -> Sheet:
    case = make_inspection(hub, clean_answers())
    return Sheet(case.appraiser, f"/appraisals/{case.code}/sign", {"name": "韩立秋"}, kept=("name",), carried=("rev",))


def buy(hub: Hub) -> Sheet:
    listing = make_listing(hub, make_user(hub))
    good = {"delivery": "parcel", **ADDRESS}
    return Sheet(make_user(hub), f"/items/{listing.code}/buy", good, kept=tuple(good), carried=("expected_price_fen",))


def checkout(hub: Hub) -> Sheet:
    order = make_order(hub, "awaiting_payment")
    intent = begin_checkout(hub, order.payment_code)
    return Sheet(user(hub, order.buyer_id), f"/sandbox/checkout/{intent}", {"decision": "pay"})


def order_form(state: str, side: str, step: str, page: str = "", delivery: str = "parcel", **good: str) -> Callable[[Hub], Sheet]:
    def sheet(hub: Hub) -> Sheet:
        order = make_order(hub, state, delivery=delivery)
        path = f"/orders/{order.code}"
        who = user(hub, order.buyer_id if side == "buyer" else order.seller_id)
        carried = ("expected_version",) if "expected_version" in good else ()
        return Sheet(who, path + page, good, f"{path}/{step}", tuple(set(good) - {"expected_version", "erased"}), carried)

    return sheet


def purpose(hub: Hub) -> Sheet:
    good = {"case_no": "SJ-2026-0117", "reason": "有人投诉这位卖家的手机拆修过没有说明。"}
    return Sheet(make_member(hub, "officer"), "/oversight", good, kept=tuple(good))


SHEETS: dict[str, Callable[[Hub], Sheet]] = {
    "register": register,
    "sign in": sign_in_form,
    "number": wizard("model", "number", imei="356938035643809"),
    "battery": wizard("condition", "battery", percent="88"),
    "notes": wizard("condition", "notes", description="自用两年，一直带壳。"),
    "price": wizard("price", "price", price="2380"),
    "place": wizard("place", "place", district="yubei", delivery="parcel"),
    "wipe": wizard("wipe", "wipe", lock_off="y", wiped="y"),
    "ask for an appraisal": request_appraisal,
    "inspect": inspect,
    "sign": sign,
    "buy": buy,
    "checkout": checkout,
    "ship": order_form("paid", "seller", "ship", carrier="sf", tracking_no="SF1234567890123", erased="y"),
    "meet": order_form("paid", "seller", "meeting", delivery="meet", place="观音桥地铁站 2 号口，周六下午三点", erased="y"),
    "digits": order_form("fulfilling", "seller", "meeting-code", delivery="meet", digits="12345"),
    "accept": order_form("acceptance", "buyer", "accept", expected_version=""),
    "problem": order_form("acceptance", "buyer", "problem", "/problem", reason="defect", text=REASON),
    "open a case": purpose,
}

WRONG: dict[str, dict[str, Wrong]] = {
    "register": {
        "wrong": Wrong({"email": "nobody", "password": "12345678"}, 422, "邮箱"),
        "missing": Wrong({}, 422, "没有填", ("email", "display_name", "password")),
        "hostile": Wrong({"display_name": ODD}, 422, "字符"),
        "too long": Wrong({"display_name": LONG}, 422, "长"),
    },
    "sign in": {"wrong": Wrong({}, 422, "对不上"), "missing": Wrong({}, 422, "没有填", ("email", "password"))},
    "number": {
        "wrong": Wrong({"imei": "356938035643800"}, 422, "核对"),
        "missing": Wrong({"imei": ""}, 422, "IMEI"),
        "hostile": Wrong({"imei": SCRIPT}, 422, "IMEI"),
    },
    "battery": {
        "wrong": Wrong({"percent": "101"}, 422, "100"),
        "missing": Wrong({}, 422, "", ("percent",)),
        "hostile": Wrong({"percent": SCRIPT}, 422, ""),
    },
    "notes": {"too long": Wrong({"description": LONG}, 422, "长"), "hostile": Wrong({"description": ODD}, 422, "字符")},
    "price": {
        "wrong": Wrong({"price": "-5"}, 422, "价"),
        "missing": Wrong({}, 422, "价", ("price",)),
        "hostile": Wrong({"price": SCRIPT}, 422, "价"),
    },
    "place": {
        "wrong": Wrong({"district": "atlantis"}, 422, ""),
        "missing": Wrong({}, 422, "", ("district", "delivery")),
        "hostile": Wrong({"delivery": SCRIPT}, 422, ""),
    },
    "wipe": {"missing": Wrong({}, 422, "", ("lock_off", "wiped"))},
    "ask for an appraisal": {
        "wrong": Wrong({"agency": "0" * 26}, 422, "选"),
        "missing": Wrong({}, 422, "机构", ("agency",)),
        "hostile": Wrong({"agency": SCRIPT}, 422, "选"),
    },
    "inspect": {
        "wrong": Wrong({"item-battery_pct": "140"}, 422, "100"),
        "hostile": Wrong({"item-battery_pct": SCRIPT}, 422, "数字"),
        "unknown answer": Wrong({"item-mdm": "perhaps"}, 422, "选"),
        "stale": Wrong({"rev": "7"}, 409, ""),
    },
    "sign": {
        "wrong": Wrong({"name": "别人"}, 422, "名"),
        "missing": Wrong({"name": ""}, 422, "没有填"),
        "hostile": Wrong({"name": SCRIPT}, 422, "名"),
        "stale": Wrong({"rev": "7"}, 409, ""),
    },
    "buy": {
        "wrong": Wrong({"phone": "12"}, 422, "手机"),
        "missing": Wrong({"name": "", "address": ""}, 422, "地址"),
        "hostile": Wrong({"name": ODD}, 422, "字符"),
        "script": Wrong({"name": SCRIPT, "phone": "1"}, 422, "手机"),
        "stale": Wrong({"expected_price_fen": str(PRICE - 100)}, 409, "价"),
    },
    "checkout": {"missing": Wrong({}, 422, "", ("decision",)), "hostile": Wrong({"decision": SCRIPT}, 422, "")},
    "ship": {
        "wrong": Wrong({"tracking_no": "12"}, 422, "单号"),
        "missing": Wrong({}, 422, "快递", ("carrier", "tracking_no", "erased")),
        "hostile": Wrong({"tracking_no": SCRIPT}, 422, "单号"),
    },
    "meet": {"missing": Wrong({}, 422, "", ("place", "erased")), "too long": Wrong({"place": "地" * 130}, 422, "")},
    "digits": {
        "wrong": Wrong({}, 422, "六"),
        "hostile": Wrong({"digits": SCRIPT}, 422, "长"),
        "letters": Wrong({"digits": "abcdef"}, 422, "六"),
    },
    "accept": {"stale": Wrong({"expected_version": "1"}, 409, ""), "hostile": Wrong({"expected_version": SCRIPT}, 422, "")},
    "problem": {
        "wrong": Wrong({"text": "短"}, 422, "10"),
        "missing": Wrong({}, 422, "", ("reason", "text")),
        "hostile": Wrong({"reason": SCRIPT}, 422, ""),
        "too long": Wrong({"text": LONG}, 422, "长"),
    },
    "open a case": {
        "missing": Wrong({}, 422, "没有填", ("case_no", "reason")),
        "too long": Wrong({"case_no": "9" * 70}, 422, "长"),
    },
}
CASES = [(form, kind) for form, kinds in WRONG.items() for kind in kinds]


class Words(HTMLParser):
    """What is told on a page in the places where refusals stand, and all that can be read on it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.told, self.all = "", ""
        self._open: list[tuple[str, bool]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        marks = (dict(attrs).get("class") or "").split()
        telling = {"error-summary", "field-error", "error-sentence", "error-list", "notice"} & set(marks)
        self._open.append((tag, bool(telling)))

    def handle_endtag(self, tag: str) -> None:
        while tag not in VOID and self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if {"script", "style", "code", "textarea", "title"} & {tag for tag, _told in self._open}:
            return
        self.all += data + "\n"
        if any(told for _tag, told in self._open):
            self.told += data + "\n"


def open_form(app: Flask, hub: Hub, name: str) -> tuple[FlaskClient, Sheet, dict[str, str]]:
    """The form as it stands in the browser: who has it open, and everything that would be sent."""
    sheet = SHEETS[name](hub)
    browser = app.test_client()
    if sheet.who is not None:
        sign_in(browser, hub, sheet.who)
    page = browser.get(sheet.page)
    assert page.status_code == 200, (name, page.status_code)
    hidden = {
        each.name: each.value for form in Reader(sheet.page, page.text).sheets for each in form.fields if each.kind == "hidden"
    }
    return browser, sheet, {"csrf_token": token_of(page), **sheet.good, **{each: hidden[each] for each in sheet.carried}}


def held(page: str) -> list[str]:
    """What the controls of the page hold; a choice counts when it is made."""
    fields = [each for form in Reader("/", page).sheets for each in form.fields]
    return [each.value for each in fields if each.kind != "radio" or each.chosen]


def assert_told_in_chinese(answer: TestResponse, says: str) -> None:
    words = Words(answer.text)
    assert 'lang="zh' in answer.text
    assert re.search("[一-鿿]{4}", words.told), words.told
    assert says in words.told, words.told
    assert not ENGLISH.search(words.all), ENGLISH.search(words.all)
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(("name", "kind"), CASES, ids=[f"{name}: {kind}" for name, kind in CASES])
def test_what_is_wrong_is_said_in_chinese_and_what_was_typed_stays(app: Flask, hub: Hub, name: str, kind: str) -> None:
    wrong = WRONG[name][kind]
    browser, sheet, whole = open_form(app, hub, name)
    sent = {key: value for key, value in {**whole, **wrong.fields}.items() if key not in wrong.without}
    answer = browser.post(sheet.to or sheet.page, data=sent)
    assert answer.status_code == wrong.status, answer.text
    assert_told_in_chinese(answer, wrong.says)
    shown = held(answer.text)
    for typed in sheet.kept:
        if sent.get(typed) and not (typed in wrong.fields and (typed in CHOICES or "\x00" in sent[typed])):
            assert sent[typed] in shown, (typed, shown)


@pytest.mark.parametrize("name", SHEETS)
def test_a_form_that_was_open_too_long_comes_back_in_chinese_with_what_was_typed(app: Flask, hub: Hub, name: str) -> None:
    browser, sheet, whole = open_form(app, hub, name)
    answer = browser.post(sheet.to or sheet.page, data={**whole, "csrf_token": "old"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 400
    assert_told_in_chinese(answer, "")
    shown = held(answer.text)
    for typed in sheet.kept:
        assert sheet.good[typed] in shown, (typed, shown)


@pytest.mark.parametrize(
    "asked",
    [
        "price_from=abc",
        "price_to=-1",
        "price_from=" + "9" * 40,
        "sort=%3Cscript%3Ealert(1)%3C/script%3E",
        "page=x",
        "storage=1e9",
    ],
)
def test_a_search_that_cannot_be_read_is_a_chinese_page(app: Flask, hub: Hub, asked: str) -> None:
    make_listing(hub, make_user(hub))
    answer = app.test_client().get(f"/search?q=苹果13&{asked}")
    assert answer.status_code in (200, 422)
    assert not ENGLISH.search(Words(answer.text).all)
    assert "<script>alert" not in answer.text
    assert "苹果13" in held(answer.text)
