"""Requests and their answers: who may ask, which parameters exist, what is done, and what is kept under an idempotency key."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.stripe.core import API_VERSION, DAY, REFUND_PENDING, FakeStripe, Object, Refusal, plain
from tests.fakes.stripe.params import check, from_form

Given = dict[str, Any]
Handler = Callable[..., Object]
ROUTES: list[tuple[str, re.Pattern[str], str, Handler]] = []
KEYS_KEPT = DAY


class NoAnswer(Exception):
    """The connection broke: whoever asked does not know what was done."""


def route(method: str, path: str, shape: str) -> Callable[[Handler], Handler]:
    """``shape``: the SDK's typed dictionary of the parameters, after ``stripe.params``."""

    def register(handler: Handler) -> Handler:
        ROUTES.append((method, re.compile(re.sub(r"<\w+>", r"([A-Za-z0-9_]+)", path) + r"\Z"), shape, handler))
        return handler

    return register


def answer(fake: FakeStripe, method: str, url: str, headers: Mapping[str, str], body: str | bytes | None) -> tuple[int, Object]:
    """(status, body). Raises NoAnswer when the fault that was ordered is a broken connection."""
    with fake.lock:
        fault = fake.faults.pop(0) if fake.faults else ""
        parts = urlsplit(url)
        fake.calls.append((method, parts.path))
        if fault == "down":
            raise NoAnswer
        if fault == "before":
            return 500, {"error": {"type": "api_error", "message": "The fake was told to fail."}}
        status, found = _kept(fake, method, parts.path, parts.query, {k.lower(): v for k, v in headers.items()}, body, fault)
        if fault == "lost":
            raise NoAnswer
        return status, found


def _kept(
    fake: FakeStripe, method: str, path: str, query: str, headers: Mapping[str, str], body: str | bytes | None, fault: str
) -> tuple[int, Object]:
    """The first answer to a key is the answer for a day, an error of ours included."""
    text = body.decode() if isinstance(body, bytes) else body or ""
    key = headers.get("idempotency-key", "") if method == "POST" else ""
    known = fake.keys.get(key) if key else None
    if known is not None and fake.now() - known["at"] < KEYS_KEPT:
        if known["asked"] != (path, text):
            error = {
                "type": "idempotency_error",
                "message": "Keys for idempotent requests can only be used with the same parameters.",
            }
            return 400, {"error": error}
        return known["status"], known["found"]
    try:
        status, found = 200, _do(fake, method, path, query, headers, text)
    except Refusal as refusal:
        status, found = refusal.status, {"error": refusal.error}
    if fault == "after":
        status, found = 500, {"error": {"type": "api_error", "message": "The fake was told to fail after it had acted."}}
    if key and (status == 200 or status >= 500):
        fake.keys[key] = {"asked": (path, text), "status": status, "found": found, "at": fake.now()}
    return status, found


def _do(fake: FakeStripe, method: str, path: str, query: str, headers: Mapping[str, str], text: str) -> Object:
    if not re.fullmatch(r"Bearer sk_test_\w+", headers.get("authorization", "")):
        raise Refusal(401, "invalid_api_key", "Invalid API Key provided.", kind="invalid_request_error")
    if headers.get("stripe-version") != API_VERSION:
        raise Refusal(400, "invalid_version", "This fake speaks another version.")
    newer = path.startswith("/v2/")
    given: Given = from_form(query) if method != "POST" else json.loads(text or "{}") if newer else from_form(text)
    for wanted, pattern, shape, handler in ROUTES:
        found = pattern.match(path)
        if found and wanted == method:
            check(given, shape)
            made = plain(handler(fake, given, *found.groups()))
            return made | {"url": path} if made["object"] == "list" else made
    raise Refusal(404, "url_invalid", f"Unrecognized request URL ({method}: {path}).")


@route("POST", "/v1/checkout/sessions", "checkout._session_create_params.SessionCreateParams")
def create_session(fake: FakeStripe, given: Given) -> Object:
    items = given.get("line_items") or []
    if given.get("mode") != "payment" or not items or "success_url" not in given:
        raise Refusal(400, "parameter_missing", "A payment needs mode, line_items and success_url.")
    total = sum(int(each["price_data"]["unit_amount"]) * int(each.get("quantity", 1)) for each in items)
    currency = items[0]["price_data"]["currency"]
    if currency != currency.lower() or not 400 <= total <= 99_999_999:
        raise Refusal(400, "amount_too_small" if total < 400 else "parameter_invalid", "This amount or currency cannot be paid.")
    made = fake.new(
        "cs_test", "checkout.session", mode="payment", status="open", payment_status="unpaid", amount_total=total,
        currency=currency, metadata=dict(given.get("metadata") or {}), client_reference_id=given.get("client_reference_id"),
        payment_intent=None, success_url=given["success_url"], cancel_url=given.get("cancel_url"),
        expires_at=int(given.get("expires_at") or fake.now() + DAY), _payment_data=given.get("payment_intent_data") or {},
        _name=items[0]["price_data"]["product_data"]["name"],
    )  # fmt: skip
    made["url"] = f"{fake.site}/checkout/{made['id']}"
    return made


@route("GET", "/v1/checkout/sessions/<id>", "checkout._session_retrieve_params.SessionRetrieveParams")
def retrieve_session(fake: FakeStripe, given: Given, session_id: str) -> Object:
    session = fake.get(session_id, "checkout.session")
    if "payment_intent" in (given.get("expand") or []) and session["payment_intent"]:
        return session | {"payment_intent": fake.get(session["payment_intent"], "payment_intent")}
    return session


@route("POST", "/v1/checkout/sessions/<id>/expire", "checkout._session_expire_params.SessionExpireParams")
def expire_session(fake: FakeStripe, given: Given, session_id: str) -> Object:
    session = fake.get(session_id, "checkout.session")
    if session["status"] != "open":
        raise Refusal(400, "checkout_not_open", "Only a checkout that is open can be expired.")
    fake.expire(session)
    return session


@route("GET", "/v1/checkout/sessions", "checkout._session_list_params.SessionListParams")
def list_sessions(fake: FakeStripe, given: Given) -> Object:
    return page(given, fake.all("checkout.session"), payment_intent=given.get("payment_intent"))


@route("GET", "/v1/payment_intents/search", "_payment_intent_search_params.PaymentIntentSearchParams")
def search_payments(fake: FakeStripe, given: Given) -> Object:
    found = re.fullmatch(r"metadata\['(\w+)'\]:'([^']*)'", given["query"])
    if found is None:
        raise Refusal(400, "parameter_invalid", "This fake searches for one value of the metadata.", "query")
    rows = [each for each in fake.all("payment_intent") if each["metadata"].get(found[1]) == found[2]]
    return {"object": "search_result", "url": "/v1/payment_intents/search", "has_more": False, "next_page": None, "data": rows}


@route("GET", "/v1/payment_intents/<id>", "_payment_intent_retrieve_params.PaymentIntentRetrieveParams")
def retrieve_payment(fake: FakeStripe, given: Given, payment_id: str) -> Object:
    return fake.get(payment_id, "payment_intent")


@route("POST", "/v1/refunds", "_refund_create_params.RefundCreateParams")
def create_refund(fake: FakeStripe, given: Given) -> Object:
    payment = fake.get(given.get("payment_intent"), "payment_intent")
    if payment["latest_charge"] is None:
        raise Refusal(400, "charge_not_refundable", "This payment has no successful charge to refund.")
    charge = fake.get(payment["latest_charge"], "charge")
    left = charge["amount"] - charge["amount_refunded"]
    amount = int(given.get("amount") or left)
    if charge["disputed"]:
        raise Refusal(400, "charge_disputed", "This charge is disputed and cannot be refunded.")
    if left == 0:
        raise Refusal(400, "charge_already_refunded", "This charge has already been refunded.")
    if not 0 < amount <= left:
        raise Refusal(400, "amount_too_large", "This refund is greater than what is left of the charge.", "amount")
    refund = fake.new(
        "re", "refund", amount=amount, currency=charge["currency"], charge=charge["id"], payment_intent=payment["id"],
        status="pending", reason=given.get("reason"), metadata=dict(given.get("metadata") or {}), failure_reason=None,
        balance_transaction=None, _waits=True, _card=payment.get("_card"),
    )  # fmt: skip
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    told = len(fake.events.rows)
    fake.try_refund(refund)
    del fake.events.rows[told:]  # the event of its birth says how it stands
    fake.tell("refund.created", refund)
    fake.tell("charge.refunded", charge)
    assert refund["status"] == "succeeded" or refund["_waits"] or refund["_card"] == REFUND_PENDING
    return refund


@route("GET", "/v1/refunds", "_refund_list_params.RefundListParams")
def list_refunds(fake: FakeStripe, given: Given) -> Object:
    return page(given, fake.all("refund"), payment_intent=given.get("payment_intent"))


@route("POST", "/v1/transfers", "_transfer_create_params.TransferCreateParams")
def create_transfer(fake: FakeStripe, given: Given) -> Object:
    account, amount = fake.get(given["destination"], "v2.core.account"), int(given.get("amount", 0))
    if capability(account) != "active":
        raise Refusal(400, "insufficient_capabilities_for_transfer", "The destination may not be paid to.", "destination")
    source = given.get("source_transaction")
    if source:
        charge = fake.get(source, "charge")
        passed_on = sum(each["amount"] for each in fake.all("transfer") if each["source_transaction"] == source)
        if passed_on + amount > charge["amount"]:
            raise Refusal(400, "transfer_source_exceeded", "This is more than what is left of the source charge.", "amount")
    elif amount > fake.balance(available=True):
        raise Refusal(400, "balance_insufficient", "You have insufficient available funds in your Stripe account.")
    if amount <= 0:
        raise Refusal(400, "parameter_invalid_integer", "An amount is greater than nothing.", "amount")
    made = fake.new(
        "tr", "transfer", amount=amount, currency=given["currency"], destination=account["id"], amount_reversed=0, reversed=False,
        reversals={"object": "list", "has_more": False, "data": []}, source_transaction=source, transfer_group=given.get("transfer_group"), metadata=dict(given.get("metadata") or {}),
    )  # fmt: skip
    fake.move("transfer", -amount, made)
    account["_balance"] += amount
    fake.tell("transfer.created", made)
    return made


@route("GET", "/v1/transfers", "_transfer_list_params.TransferListParams")
def list_transfers(fake: FakeStripe, given: Given) -> Object:
    return page(given, fake.all("transfer"), transfer_group=given.get("transfer_group"), destination=given.get("destination"))


@route("POST", "/v1/transfers/<id>/reversals", "_transfer_create_reversal_params.TransferCreateReversalParams")
def reverse_transfer(fake: FakeStripe, given: Given, transfer_id: str) -> Object:
    transfer = fake.get(transfer_id, "transfer")
    account = fake.get(transfer["destination"], "v2.core.account")
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = int(given.get("amount") or left)
    if not 0 < amount <= left:
        raise Refusal(400, "amount_too_large", "This is more than what is left of the transfer.", "amount")
    if amount > account["_balance"]:
        raise Refusal(400, "balance_insufficient", "The receiver's balance is too low for this reversal.")
    made = fake.new("trr", "transfer_reversal", amount=amount, currency=transfer["currency"], transfer=transfer_id,
                    metadata=dict(given.get("metadata") or {}))  # fmt: skip
    account["_balance"] -= amount
    transfer["amount_reversed"] += amount
    transfer["reversals"]["data"].insert(0, made)
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    fake.move("transfer_refund", amount, made)
    fake.tell("transfer.reversed", transfer)
    return made


@route("GET", "/v1/transfers/<id>/reversals", "_transfer_list_reversals_params.TransferListReversalsParams")
def list_reversals(fake: FakeStripe, given: Given, transfer_id: str) -> Object:
    return page(given, fake.all("transfer_reversal"), transfer=transfer_id)


@route("GET", "/v1/balance_transactions", "_balance_transaction_list_params.BalanceTransactionListParams")
def list_lines(fake: FakeStripe, given: Given) -> Object:
    listed = page(given, fake.lines)
    if "data.source" in (given.get("expand") or []):
        listed["data"] = [each | {"source": fake.objects[each["source"]]} for each in listed["data"]]
    return listed


@route("POST", "/v2/core/accounts", "v2.core._account_create_params.AccountCreateParams")
def create_account(fake: FakeStripe, given: Given) -> Object:
    asked = ((given.get("configuration") or {}).get("recipient") or {}).get("capabilities") or {}
    if not (asked.get("stripe_balance") or {}).get("stripe_transfers", {}).get("requested"):
        raise Refusal(400, "parameter_missing", "This fake knows receivers only.", "configuration")
    if not (given.get("identity") or {}).get("country"):
        raise Refusal(400, "parameter_missing", "identity.country", "identity")
    state = {"recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True, "status": "pending"}}}}}
    return fake.new("acct", "v2.core.account", display_name=given.get("display_name"), configuration=state, _balance=0,
                    metadata=dict(given.get("metadata") or {}))  # fmt: skip


@route("GET", "/v2/core/accounts/<id>", "v2.core._account_retrieve_params.AccountRetrieveParams")
def retrieve_account(fake: FakeStripe, given: Given, account_id: str) -> Object:
    account = fake.get(account_id, "v2.core.account")
    return account if "configuration.recipient" in (given.get("include") or []) else account | {"configuration": None}


@route("POST", "/v2/core/account_links", "v2.core._account_link_create_params.AccountLinkCreateParams")
def create_link(fake: FakeStripe, given: Given) -> Object:
    account = fake.get(given["account"], "v2.core.account")
    back = given["use_case"]["account_onboarding"]["return_url"]
    account["_back"] = back
    return {"object": "v2.core.account_link", "account": account["id"], "url": f"{fake.site}/onboard/{account['id']}",
            "livemode": False, "created": "2026-01-01T00:00:00Z", "expires_at": "2026-01-01T00:05:00Z", "use_case": given["use_case"]}  # fmt: skip


def capability(account: Object) -> str:
    return str(account["configuration"]["recipient"]["capabilities"]["stripe_balance"]["stripe_transfers"]["status"])


def page(given: Given, rows: list[Object], **wanted: Any) -> Object:
    """Newest first, a page at a time."""
    found = [each for each in reversed(rows) if all(value is None or each.get(name) == value for name, value in wanted.items())]
    after = given.get("starting_after")
    start = next((number + 1 for number, each in enumerate(found) if each["id"] == after), 0) if after else 0
    limit = int(given.get("limit", 10))
    if not 1 <= limit <= 100:
        raise Refusal(400, "parameter_invalid_integer", "limit is between 1 and 100", "limit")
    return {"object": "list", "has_more": start + limit < len(found), "data": found[start : start + limit]}
