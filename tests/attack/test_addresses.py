"""Addresses that nobody should ask for: others' things, hostile parts, parameters, headers and methods."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.routing import BuildError, Rule

from app.factory import ROOT
from tests.attack.size import FULL, some
from tests.attack.values.common import PAYLOADS
from tests.attack.values.paths import SEGMENTS
from tests.attack.vault import Vault
from tests.attack.visiting import Visitors
from tests.guards.conftest import ROLES, Town
from tests.guards.test_roles import ROWS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def visitors(town: Town, vault: Vault) -> Visitors:
    visitors = Visitors(town)
    vault.keep()
    return visitors


def rules(app: Flask, method: str) -> list[Rule]:
    """The rules of pages; the interface of programs is attacked from its own document."""
    found = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ()) and not rule.endpoint.startswith("api.")]
    return sorted(found, key=str)


def with_parts(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in rules(app, method) if rule.arguments]


def addresses(town: Town, rule: Rule) -> Iterator[tuple[str, str]]:
    """(kind, address) with the parts of each kind of thing in turn, also where that kind does not belong."""
    adapter = town.app.url_map.bind("127.0.0.1")
    default = {"code": "0" * 26, "photo_code": "0" * 26, "user_code": "0" * 26, "size": "card", "step": "price", "no": 1, "idx": 1,
               "verb": "pause", "token": "x" * 43, "name": "x.eml", "delivery_id": 1, "intent_id": "pi_0", "filename": "x"}  # fmt: skip
    for kind, parts in town.parts.items():
        mine = {name: parts.get(name, default.get(name, "0" * 26)) for name in rule.arguments}
        if set(rule.arguments) & set(parts):
            try:
                yield kind, str(adapter.build(rule.endpoint, mine))
            except (BuildError, ValueError):  # a verb of another page
                continue


def test_no_role_opens_what_the_address_was_not_made_for(town: Town, visitors: Visitors) -> None:
    """Every code of every thing in every address that takes a code, for every role: a page only where the matrix gives one."""
    faults, played = [], 0
    for rule in with_parts(town.app, "GET"):
        row = ROWS[f"{rule.endpoint} GET"]
        for kind, address in some(list(addresses(town, rule)), 6, rule.rule):
            for role in some(ROLES, 3, f"{rule.rule} {kind}"):
                status = visitors.status(role, "GET", address)
                played += 1
                if status >= 500:
                    faults.append(f"{address} as {role}: {status}")
                given = dict(zip(ROLES, row["statuses"], strict=True))[role]
                if status == 200 and (given >= 400 or not _fits(rule.endpoint, kind, row["kind"])):
                    faults.append(f"{address} ({kind}) as {role}: 200")
    assert not faults, "\n".join(faults)
    assert played > (3000 if FULL else 300)


ORDERS = {"purchase", "sale", "unpaid", "back_to_me", "back_to_seller", "sold_order", "api_purchase", "api_sale"}
APPRAISALS = {"asked_appraisal", "taken_appraisal", "paid_appraisal", "home_appraisal", "inspection_photo"}
# What else than the matrix's own example may stand at an address: an item page shows listings of every owner, and so on.
SAME = {
    "listing": {"own_listing"}, "own_listing": {"listing"}, "seller": {"household", "reg_appraiser"}, "household": {"seller", "reg_appraiser"},
    "sold_order": ORDERS, "purchase": {"sale", "unpaid", "back_to_me", "back_to_seller", "sold_order"}, "sale": {"purchase", "unpaid", "back_to_me", "back_to_seller", "sold_order"},
    "scheme_proposal": {"own_scheme_proposal"}, "own_scheme_proposal": {"scheme_proposal"}, "asked_appraisal": APPRAISALS, "taken_appraisal": APPRAISALS,
    "paid_appraisal": APPRAISALS, "home_appraisal": APPRAISALS, "public_photo": {"public_photo"},
    "price_import": {"other_import"}, "other_import": {"price_import"},
    "asked_review": {"decided_review", "lost_review", "lost_review_too"},
    "private_photo": {"public_photo", "draft"}, "case": set(), "purpose": {"purpose"}, "draft": {"own_listing"},
}  # fmt: skip


def _fits(endpoint: str, kind: str, expected: str) -> bool:
    kind = kind.removeprefix("api_")  # the same kinds of things again, for programs
    return kind == expected or kind in SAME.get(expected, set()) or endpoint == "static"


@pytest.mark.parametrize(
    "owner", ["purchase", "sale", "unpaid", "payment", "draft", "private_photo", "notice", "session", "asked_appraisal"]
)
def test_what_is_somebody_elses_cannot_be_written_to(town: Town, vault: Vault, visitors: Visitors, owner: str) -> None:
    """Each write that takes a code gets the codes of another household, from a household and from every kind of staff."""
    vault.restore()
    faults = []
    for rule in with_parts(town.app, "POST"):
        for kind, address in addresses(town, rule):
            if kind != owner:
                continue
            for role in some(["other", "appraiser", "dealer", "officer", "operator"], 2, f"{rule.rule} {kind}"):
                status = visitors.status(role, "POST", address)
                allowed = _may(rule.endpoint, kind, role)
                if status >= 500 or not (allowed or _is_refused(status, rule.endpoint, role)):
                    faults.append(f"{rule.endpoint} {kind} as {role}: {status}")
                if vault.changed():
                    if not allowed:
                        faults.append(f"{rule.endpoint} {kind} as {role}: something was written")
                    vault.restore()
    assert not faults, "\n".join(faults)


# What any member of the agency does at any of its orders, and any operator at any code: the step is refused, not the person.
OF_ANY_ORDER = {
    ("aftersales.carry_out", "operator"),
    ("appraisal.check_erasure", "appraiser"),
    ("appraisal.hand_back", "appraiser"),
    ("appraisal.receive", "appraiser"),
    ("appraisal.send_back", "appraiser"),
    ("appraisal.end_late", "operator"),
    ("appraisal.note_back", "operator"),
    ("peerreviews.name", "operator"),
    ("trades.give_back", "operator"),
}


def _is_refused(status: int, endpoint: str, role: str) -> bool:
    return status in (400, 403, 404) or (status in (409, 422) and (endpoint, role) in OF_ANY_ORDER)


def _may(endpoint: str, kind: str, role: str) -> bool:
    row = ROWS[f"{endpoint} POST"]
    return "provider" in row["policy"] or (
        kind == row["kind"] and dict(zip(ROLES, row["statuses"], strict=True))[role] not in (403, 404)
    )


def test_hostile_parts_of_an_address_are_not_found(town: Town, vault: Vault, visitors: Visitors) -> None:
    faults = []
    vault.restore()
    for method in ("GET", "POST"):
        for rule in with_parts(town.app, method):
            if rule.endpoint == "static":
                continue
            role = _reader(rule.endpoint, method)
            for segment in some(SEGMENTS, 8, f"{method} {rule.rule}"):
                address = re.sub(r"<[^>]+>", lambda _, segment=segment: segment, rule.rule)
                status = visitors.status(role, method, address)
                fine = {404, 400, 308, 405, 303, 422, 403} if method == "POST" else {404, 400, 308, 405, 303}
                fine |= {403} if role == NOBODY else set()
                if status not in fine and not (status == 200 and _reads_anyway(address)):
                    faults.append(f"{method} {address[:80]}: {status}")
            if vault.changed() and method == "POST":
                vault.restore()
    assert not faults, "\n".join(faults)


NOBODY = "household"  # stands for everybody where the matrix lets nobody in: pages of an agency's manager


def _reads_anyway(address: str) -> bool:
    """Pages whose part is a plain number or word that really is there: event 1, mailbox."""
    return (
        re.fullmatch(
            r"/credit/(log/)?events/0*[0-9]{1,3}\.(json|tlog-proof)|/credit/policies/seller/0*1\.json|/dev/mailbox/\.?|/sell/new|.*/\.\.?",
            address,
        )
        is not None
    )


def _reader(endpoint: str, method: str) -> str:
    """The role that gets furthest: the one that the matrix lets in."""
    row = ROWS[f"{endpoint} {method}"]
    of = dict(zip(ROLES, row["statuses"], strict=True))
    opened = [role for role, status in of.items() if status not in (303, 403, 404)]
    let_in = [role for role, status in of.items() if status not in (303, 403)]
    return (opened or let_in or [NOBODY])[-1]


# Parameters


def asked_names() -> list[str]:
    """Every parameter that any view reads from the address, found in the sources."""
    found: set[str] = set()
    for path in (ROOT / "app").rglob("*.py"):
        text = Path(path).read_text("utf-8")
        found |= set(re.findall(r"(?:request\.args|\bargs)\.(?:get|getlist)\(\s*\"(\w+)\"", text))
        found |= set(re.findall(r"(?:_whole|_yuan|short)\((?:args, )?\"(\w+)\"", text))
    return sorted(found | {"number", "phone", "storage", "code", "page"})


def test_the_list_of_parameters_is_found() -> None:
    assert {"q", "next", "before", "page", "thing", "shot", "back", "min", "max", "brand", "price"} <= set(asked_names())


VALUES = [
    "", "0", "-1", "1", "1e9", "9" * 18, "9" * 19, "9" * 400, "9223372036854775808", "%00", "%ff%fe", "%ed%a0%80", "%F0%9F%98%80", "%E2%80%AE", "a%0d%0ab",
    "%D9%A1", "%C2%B2", "%EF%BC%91", "NaN", "null", "*", "%25", "%5C", "%27%20OR%201=1--", "(" * 300, "%22" * 300, "a*b*c*d*", "%2B%2B%2B", "~1~2", "a%20AND%20NOT",
    "%CC%95%CC%96" * 500, "x" * 3500, "%E4%B8%80" * 400, *(quote(text, safe="") for text in PAYLOADS[:12]),
]  # fmt: skip


def test_hostile_parameters_never_break_a_page(town: Town, visitors: Visitors) -> None:
    faults = []
    pages = [("household", rule.rule) for rule in rules(town.app, "GET") if not rule.arguments and rule.endpoint != "static"]
    pages += [("operator", page) for _, page in pages if page.startswith("/operator")] + [
        ("officer", f"/oversight/{town.parts['purpose']['code']}")
    ]
    pages += [("appraiser", page) for _, page in pages if page.startswith("/appraiser")]
    pages += [
        ("household", f"/sell/{town.parts['draft']['code']}/{step}") for step in ("model", "condition", "price", "price/view")
    ]
    pages += [("visitor", f"/sellers/{town.parts['seller']['code']}")]
    for role, page in pages:
        for name in asked_names():
            for value in some(VALUES, 5, f"{page} {name}") if _reads(page, name) else some(VALUES, 1, f"{page} {name}"):
                status = visitors.status(role, "GET", f"{page}?{name}={value}")
                if status >= 500:
                    faults.append(f"{page}?{name}={value[:40]} as {role}: {status}")
        many = "&".join(f"{name}=1&{name}=2" for name in asked_names())
        queries = (
            many,
            "&".join(f"x{number}=1" for number in range(1000)),
            "q[]=1&q[a]=2",
            "&&&&",
            "=",
            "%",
            "?" * 500,
            "a" * 3500,
            "%80=%80",
        )
        for query in some(queries, 3, page):
            status = visitors.status(role, "GET", f"{page}?{query}")
            if status >= 500:
                faults.append(f"{page}?{query[:40]} as {role}: {status}")
    assert not faults, "\n".join(faults)


def _reads(page: str, name: str) -> bool:
    return (
        page.startswith(
            ("/search", "/worth", "/reports", "/notices", "/sell", "/operator/listings", "/oversight", "/sign-in", "/appraisals")
        )
        or name == "next"
    )


# Headers and methods

HEADERS = {
    "Accept": ["", "*/*", "text/html;q=abc", "a/b;q=9e999", "," * 2000, "application/json", "application/problem+json;q=0.1, text/html;q=0", "text/*;level=\"\\", "\xff\xfe", "a" * 8000],
    "Accept-Language": ["xx-yy-zz", "*", "zh;q=NaN", "," * 2000, "../../etc/passwd", "\xff", "a" * 4000],
    "Accept-Encoding": ["gzip;q=x", "*;q=0", "," * 500],
    "User-Agent": ["", "\xff" * 500, "<script>alert(1)</script>", "Chrome" * 2000, "() { :;}; echo", "%s%n"],
    "X-Request-Id": ["", "a" * 64, "a" * 5000, "<script>", "\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9", "aaaaaaaa bbbb", "../../../x"],
    "HX-Request": ["true", "false", "1", "\xff", "<b>"],
    "HX-Target": ["<script>", "\xff"],
    "If-None-Match": ["*", "\"", "W/\"", "\"a\",\"b\"" * 300, "\xff", ","],
    "If-Modified-Since": ["yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 99 Xyz 99999 99:99:99", "\xff", "0" * 3000],
    "If-Range": ["\"x\"", "garbage", "\xff", "Mon, 99 Xyz 99999 99:99:99"],
    "Range": ["bytes=0-0", "bytes=0-", "bytes=-1", "bytes=-0", "bytes=9-1", "bytes=99999999999999999999-", "bytes=0-0,1-1,2-2", "bytes=" + ",".join(["0-"] * 500), "bytes=a-b", "lines=1-2", "\xff"],
    "Cookie": ["", ";", "=", "a", "sid", "sid=", ";;;;", "sid=\"", "\xff=\xff", "a=b; " * 1500, "sid=a; sid=b", "lang=en; lang=../../x", "theme=<script>", "__proto__=1"],
    "Authorization": ["", "Bearer", "Bearer ", "Bearer " + "x" * 5000, "Basic !!!", "Basic /////w==", "Digest x", "\xff", "Bearer é"],
    "Content-Type": ["", "text/html; charset=utf-7", "application/x-www-form-urlencoded; charset=nonsense", "multipart/form-data", "a/b/c", "\xff", ";;;", "application/json; charset=\xff"],
    "Origin": ["null", "https://evil.example", "\xff", "http://[", ""],
    "X-HTTP-Method-Override": ["DELETE", "POST"],
    "Sec-Fetch-Site": ["", "cross-site", "\xff"],
    "Transfer-Encoding": ["chunked", "gzip, chunked", "x"],
    "Content-Length": ["-1", "abc", "99999999999999999999", "1_0", "１", ""],
    "Expect": ["100-continue", "x"],
    "Max-Forwards": ["0"],
}  # fmt: skip


@pytest.mark.parametrize("header", sorted(HEADERS))
def test_hostile_headers_never_break_an_answer(town: Town, header: str) -> None:
    parts = town.parts
    pages = [
        "/",
        "/search?q=iphone",
        "/account",
        "/nowhere",
        "/sign-in",
        "/static/css/base.css",
        "/healthz",
        "/credit/schemas.json",
    ]
    pages += [
        f"/media/{parts['public_photo']['code']}/card.webp",
        f"/items/{parts['listing']['code']}",
        f"/reports/{parts['report']['code']}.json",
    ]
    draft = parts["draft"]
    pages += [f"/sell/{draft['code']}/photos/{draft['photo_code']}/card.webp"]
    browser = town.browser("household")
    for value in HEADERS[header]:
        for page in some(pages, 3, f"{header} {value}"):
            answer = browser.get(page, headers={header: value})
            assert answer.status_code < 500, (page, value[:60])
            sent = [value for name, value in answer.headers if name not in ("Content-Security-Policy",)]
            assert not any("<script>" in value or "\xff" in value for value in sent), (page, value[:60])
            answer.close()


METHODS = [
    "PUT",
    "PATCH",
    "DELETE",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "MKCOL",
    "COPY",
    "LOCK",
    "SEARCH",
    "get",
    "POST ",
    "G\xcbT",
    "X" * 200,
]


def test_other_methods_do_nothing(town: Town, vault: Vault) -> None:
    vault.restore()
    browser = town.browser("household")
    vault.changed()
    faults = []
    for rule in sorted(
        {rule.rule: rule for rule in town.app.url_map.iter_rules() if not rule.endpoint.startswith("api.")}.values(), key=str
    ):
        kind = next((ROWS[name]["kind"] for name in ROWS if name.split()[0] == rule.endpoint), "none")
        address = town.address(rule.endpoint, kind)
        for method in some(METHODS, 4, rule.rule):
            answer = browser.open(address, method=method, headers={"X-HTTP-Method-Override": "POST"})
            if answer.status_code not in (400, 405) and not (method == "get" and answer.status_code <= 404):
                faults.append(f"{method} {address}: {answer.status_code}")
            answer.close()
        if vault.changed():
            faults.append(f"{address}: something was written")
    assert not faults, "\n".join(faults)


def test_personal_answers_are_kept_by_no_cache(town: Town) -> None:
    faults = []
    for name, row in ROWS.items():
        endpoint, method = name.split()
        if method != "GET" or "anyone" in row["policy"]:
            continue
        for role, status in zip(ROLES, row["statuses"], strict=True):
            if status != 200:
                continue
            answer = town.browser(role).get(town.address(endpoint, row["kind"]))
            control = answer.headers.get("Cache-Control", "")
            if "no-store" not in control and not ("private" in control and answer.mimetype.startswith("image/")):
                faults.append(f"{endpoint} as {role}: {control!r}")
            answer.close()
    assert not faults, "\n".join(faults)
