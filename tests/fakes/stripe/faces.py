"""The two ways in: the SDK's HTTP client without a network, and a WSGI program for loopback with the test payer's pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

import stripe
from werkzeug.wrappers import Request, Response

from tests.fakes.stripe.calls import NoAnswer, answer
from tests.fakes.stripe.core import ASKS_FIRST, DECLINES, GOOD, FakeStripe, Refusal

PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>测试付款方 · Test payer</title>
<style>body{{font:1rem/1.6 sans-serif;max-width:30rem;margin:2rem auto;padding:0 1rem}}button{{font:inherit;min-height:2.75rem;
width:100%;margin:.25rem 0}}</style>
<h1>测试付款方 · Test payer</h1><p>这里不动用真钱。No real money is moved here.</p>{body}</html>"""


class InProcess(stripe.HTTPClient):
    """The fake as the SDK's own HTTP client: same requests, same retries, no network and no waiting."""

    name = "fake"

    def __init__(self, fake: FakeStripe) -> None:
        super().__init__()
        self.fake = fake

    def _sleep_time_seconds(self, num_retries: int) -> float:
        return 0.0

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_more: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        try:
            status, found = answer(self.fake, method.upper(), url, headers or {}, post_data)
        except NoAnswer:
            raise stripe.APIConnectionError("The fake does not answer.", should_retry=True) from None
        return json.dumps(found), status, {"request-id": "req_fake"}

    def close(self) -> None:
        return


def application(fake: FakeStripe) -> Any:
    """The same fake over HTTP, and the pages of the test payer."""

    @Request.application
    def serve(request: Request) -> Response:
        if request.path.startswith(("/v1/", "/v2/")):
            try:
                status, found = answer(fake, request.method, request.url, dict(request.headers), request.get_data())
            except NoAnswer:
                return Response(status=502)
            return Response(json.dumps(found), status, content_type="application/json")
        parts = request.path.strip("/").split("/")
        try:
            if len(parts) == 2 and parts[0] == "checkout":
                return _checkout(fake, request, parts[1])
            if len(parts) == 2 and parts[0] == "onboard":
                return _onboard(fake, request, parts[1])
        except Refusal as refusal:
            return _page(f"<p>{escape(str(refusal))}</p>", refusal.status)
        return _page("<p>没有这个页面。There is no such page.</p>", 404)

    return serve


def _checkout(fake: FakeStripe, request: Request, session_id: str) -> Response:
    session = fake.get(session_id, "checkout.session")
    if request.method == "POST":
        card = request.form.get("card", "")
        if card in ("yes", "no"):
            fake.confirm(session_id, yes=card == "yes")
        else:
            came = fake.pay(session_id, card)
            if came == "asked":
                return _page(_buttons("是你本人在付款吗？Is it you who pays?", {"yes": "是 Yes", "no": "不是 No"}))
        if session["payment_status"] == "paid":
            return Response(status=303, headers={"Location": session["success_url"]})
    cards = {GOOD: "付款 Pay", ASKS_FIRST[0]: "付款，银行先确认 Pay, my bank asks first"}
    cards |= {card: f"被拒 Declined: {why}" for card, (_, why) in DECLINES.items()}
    what = f"{escape(session['_name'])} · {session['amount_total'] / 100:.2f} {session['currency'].upper()}"
    return _page(_buttons(what, cards) + f'<p><a href="{escape(session["cancel_url"] or "")}">返回 Back</a></p>')


def _onboard(fake: FakeStripe, request: Request, account_id: str) -> Response:
    account = fake.get(account_id, "v2.core.account")
    if request.method == "POST":
        fake.onboard(account_id)
        return Response(status=303, headers={"Location": account["_back"]})
    return _page(_buttons("测试收款方 · Test receiver", {"": "我已回答所有问题 I have answered everything"}))


def _buttons(what: str, choices: Mapping[str, str]) -> str:
    made = "".join(f'<button name="card" value="{value}">{escape(label)}</button>' for value, label in choices.items())
    return f'<p>{what}</p><form method="post">{made}</form>'


def _page(body: str, status: int = 200) -> Response:
    return Response(PAGE.format(body=body), status, content_type="text/html; charset=utf-8")
