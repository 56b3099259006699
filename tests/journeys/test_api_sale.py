"""A whole sale by programs that hold nothing but the document: paths, bodies and next steps are read from it.

Three programs (seller, appraiser, buyer) know the operations by name, follow the links of answers, and fill bodies from
examples and schemas. Everything else (where an operation is, what it wants, what comes back) stands in the document.
"""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.credit import queries as credit
from app.kernel.hub import Hub
from tests.accounts.making import make_member, make_organisation, make_user
from tests.api.making import make_token
from tests.listings.making import make_imei, tiny_photo
from tests.payments.making import run_money

_keys = itertools.count(1)


class Reader:
    """A client that knows the document, a token, and nothing of our code."""

    def __init__(self, client: FlaskClient, document: dict[str, Any], secret: str | None = None) -> None:
        self.client, self.document, self.secret = client, document, secret
        self.operations = {
            operation["operationId"]: (method, path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }

    def resolve(self, value: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in value:
            found: Any = self.document
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            value = found
        return value

    def example(self, operation_id: str, **changes: Any) -> dict[str, Any]:
        """The body that the document shows, with what only this program can know."""
        content = self.operations[operation_id][2]["requestBody"]["content"]["application/json"]
        body = json.loads(json.dumps(content["example"]))
        schema = self.resolve(content["schema"])
        assert set(changes) <= set(schema["properties"]), f"{operation_id} reads no {set(changes) - set(schema['properties'])}"
        return {**body, **changes}

    def send(
        self, operation_id: str, parts: dict[str, str] | None = None, *, body: Any = None, raw: bytes = b"", **named: Any
    ) -> TestResponse:
        """Call an operation as the document says. ``named``: query values, and ``etag`` for If-Match."""
        method, path, operation = self.operations[operation_id]
        declared = {each["name"]: each for each in operation["parameters"]}
        headers = {"Accept-Language": "en"}
        address, query = path, {}
        for name, value in (parts or {}).items():
            assert declared[name]["in"] == "path"
            assert re.fullmatch(declared[name]["schema"]["pattern"], value), (name, value)
            address = address.replace("{" + name + "}", value)
        assert "{" not in address, address
        for name, parameter in declared.items():
            if parameter["in"] == "header" and parameter.get("required"):
                value = named.pop("etag") if name == "If-Match" else f"{parameter['example']}-{next(_keys)}"
                assert re.fullmatch(parameter["schema"]["pattern"], value), (name, value)
                headers[name] = value
        for name, value in named.items():
            assert declared[name]["in"] == "query", name
            query[name] = value
        if {"token": []} in operation["security"] or any(each.get("token") for each in operation["security"]):
            scheme = self.document["components"]["securitySchemes"]["token"]
            assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
            if self.secret:
                headers["Authorization"] = f"Bearer {self.secret}"
        content = operation.get("requestBody", {}).get("content", {})
        sent: dict[str, Any] = {}
        if raw:
            sent = {"data": raw, "content_type": next(kind for kind in content if kind == "image/jpeg")}
        elif body is not None:
            assert "application/json" in content
            sent = {"json": body}
        base = self.document["servers"][0]["url"].split("/", 3)[3]
        answer = self.client.open(f"/{base}{address}", method=method.upper(), headers=headers, query_string=query, **sent)
        self.check(operation_id, operation, answer)
        return answer

    def check(self, operation_id: str, operation: dict[str, Any], answer: TestResponse) -> None:
        """The answer is one of those that the document shows."""
        assert str(answer.status_code) in operation["responses"], (operation_id, answer.status_code, answer.text)
        shown = self.resolve(operation["responses"][str(answer.status_code)])
        for name in shown.get("headers", {}):
            if name != "Idempotent-Replayed" and (name, answer.status_code) != (
                "Retry-After",
                409,
            ):  # some answers of this status
                assert name in answer.headers, (operation_id, name)
        if answer.data:
            self.fits(answer.get_json(), shown["content"][answer.mimetype]["schema"], operation_id)

    def fits(self, value: Any, schema: dict[str, Any], place: str) -> None:
        """Enough of JSON Schema for what our answers use."""
        schema = self.resolve(schema)
        for each in schema.get("allOf", []):
            self.fits(value, each, place)
        if "anyOf" in schema:
            faults = []
            for each in schema["anyOf"]:
                try:
                    self.fits(value, each, place)
                    break
                except AssertionError as fault:
                    faults.append(fault)
            else:
                raise AssertionError(f"{place}: {value!r} fits nothing: {faults}")
        if "enum" in schema:
            assert value in schema["enum"], (place, value)
        kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
        if "type" in schema:
            assert isinstance(value, kinds[schema["type"]]), f"{place}: {value!r} is no {schema['type']}"
        if "pattern" in schema and isinstance(value, str):
            assert re.search(schema["pattern"], value), (place, value)
        if isinstance(value, dict):
            missing = set(schema.get("required", [])) - set(value)
            assert not missing, f"{place}: {missing} missing"
            properties = schema.get("properties", {})
            if schema.get("additionalProperties") is False:
                assert set(value) <= set(properties), f"{place}: {set(value) - set(properties)} not in the document"
            for name, each in value.items():
                if name in properties:
                    self.fits(each, properties[name], f"{place}.{name}")
        if isinstance(value, list) and "items" in schema:
            for number, each in enumerate(value):
                self.fits(each, schema["items"], f"{place}.{number}")

    def follow(self, operation_id: str, link: str, answer: TestResponse, parts: dict[str, str] | None = None) -> tuple[str, dict]:
        """Where a link of an answer leads: the operation, and its address parts out of this answer."""
        shown = self.operations[operation_id][2]["responses"][str(answer.status_code)]["links"][link]
        found = {}
        for name, expression in shown["parameters"].items():
            if expression.startswith("$request.path."):
                found[name] = (parts or {})[expression.removeprefix("$request.path.")]
                continue
            value: Any = answer.get_json()
            for step in expression.removeprefix("$response.body#/").split("/"):
                value = value[int(step)] if step.isdigit() else value[step]
            found[name] = value
        return shown["operationId"], found


@pytest.fixture
def people(hub: Hub) -> dict[str, User]:
    agency = make_organisation(hub, "agency", "清河检测")
    appraiser = make_user(hub, name="顾行简")
    make_member(hub, "appraiser", user=appraiser, organisation=agency)
    return {"seller": make_user(hub, name="沈知遥"), "buyer": make_user(hub, name="贺兰"), "appraiser": appraiser}


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    return app.test_client().get("/api/v1/openapi.json").get_json()


def reader(app: Flask, hub: Hub, document: dict[str, Any], user: User | None = None) -> Reader:
    return Reader(app.test_client(), document, make_token(hub, user).secret if user else None)


def offer(hub: Hub, seller: Reader) -> dict[str, Any]:
    """From nothing to an offer on sale: the seller answers what the category's schema asks."""
    kind = seller.send("listCategories").get_json()["items"][0]["code"]
    asked = seller.send("getCategorySchema", {"category": "phone"}).get_json()
    assert kind
    made = seller.send("createListing", body=seller.example("createListing", category="phone"))
    shown = seller.example("saveDraft")
    facts = {each["code"]: shown["facts"][each["code"]] for each in asked["attributes"] if each["code"] in shown["facts"]}
    facts["imei"] = make_imei()  # the number of the phone in hand
    answers = {}
    for question in asked["questions"]:
        alone = [option["code"] for option in question["options"] if option["alone"]]
        first = (alone or [option["code"] for option in question["options"]])[:1]
        answers[question["code"]] = {
            "percent": question["most"], "several": first, "choice": first[0] if first else None,
        }[question["kind"]]  # fmt: skip
    where, parts = seller.follow("createListing", "answers", made)
    saved = seller.send(where, parts, body={**shown, "facts": facts, "answers": answers}, etag=made.headers["ETag"])
    assert {lack["name"] for lack in saved.get_json()["missing"]} == {"photos"}
    where, parts = seller.follow("createListing", "photos", made)
    needed = [shot["code"] for shot in asked["shots"] if shot["required"]]
    for number, shot in enumerate((needed + ["other"] * asked["photos_least"])[: max(len(needed), asked["photos_least"])]):
        photo = seller.send(where, parts, raw=tiny_photo(number), shot=shot)
    where, parts = seller.follow("addPhoto", "photos", photo, parts)
    hub.drain()  # the worker prepares photos
    assert {each["state"] for each in seller.send(where, parts).get_json()["items"]} == {"ready"}
    where, parts = seller.follow("createListing", "publish", made)
    published = seller.send(where, parts)
    assert published.get_json()["state"] == "active"
    hub.drain()
    return published.get_json()


def appraise(hub: Hub, seller: Reader, appraiser: Reader, listing: dict[str, Any]) -> dict[str, Any]:
    """The seller asks an agency; its appraiser accepts, answers every item of the scheme, and signs."""
    agency = seller.send("listAgencies").get_json()["items"][0]["code"]
    asked = seller.send("requestAppraisal", body=seller.example("requestAppraisal", thing=listing["thing"], agency=agency))
    waiting = appraiser.send("listAppraisals", side="agency").get_json()["items"]
    assert [each["code"] for each in waiting] == [asked.get_json()["code"]]
    accepted = appraiser.send(*seller.follow("requestAppraisal", "accept", asked))
    order = {"code": accepted.get_json()["code"]}
    scheme = appraiser.send("getScheme", {"scheme": accepted.get_json()["scheme"]}).get_json()
    answers = {}
    for item in scheme["items"]:
        if not item["computed"]:
            answers[item["key"]] = item["choices"][0]["value"] if item["choices"] else (item["least"] or "A-0001")
    answers["battery_pct"] = "93"
    before = appraiser.send("getFindings", order)
    where, parts = appraiser.follow("getFindings", "save", before, order)
    saved = appraiser.send(where, parts, body={"answers": answers}, etag=before.headers["ETag"])
    assert saved.get_json()["refused"] == {}
    assert saved.get_json()["missing"] == []
    where, parts = appraiser.follow("saveFindings", "sign", saved, order)
    signed = appraiser.send(where, parts, body=appraiser.example(where, name="顾行简"), etag=saved.headers["ETag"])
    report = seller.send(*appraiser.follow("signReport", "report", signed)).get_json()
    assert report["is_newest"]
    hub.drain()
    return report


def test_a_whole_sale_with_only_the_document_in_hand(
    app: Flask, hub: Hub, people: dict[str, User], document: dict[str, Any]
) -> None:
    seller, buyer, appraiser = (reader(app, hub, document, people[name]) for name in ("seller", "buyer", "appraiser"))
    listing = offer(hub, seller)
    report = appraise(hub, seller, appraiser, listing)
    # A visitor finds it, with its grade, and asks what it is worth.
    visitor = reader(app, hub, document)
    found = visitor.send("searchListings", q="iPhone 13", tier=report["tier"], sort="price_up")
    assert found.get_json()["total"] == 1
    seen = visitor.send(*visitor.follow("searchListings", "listing", found)).get_json()
    assert seen["report"]["code"] == report["code"]
    assert seen["report"]["tier"] == report["tier"]
    worth = visitor.send(
        "getEstimate", category=seen["category"], brand=seen["facts"]["brand"], model=seen["facts"]["model"]
    ).get_json()
    assert worth["count"] == 0
    assert visitor.send("getSeller", {"code": seen["seller"]}).get_json()["summary"]["completed"] == 0
    # The buyer buys and pays; the provider's own word makes it paid.
    wanted = buyer.example("buy", listing=seen["code"], expected_price_fen=seen["price_fen"])
    bought = buyer.send("buy", body=wanted)
    assert bought.get_json()["actions"] == ["pay", "cancel"]
    where, parts = buyer.follow("buy", "pay", bought)
    paying = buyer.send(where, parts, body=buyer.example(where))
    run_money(hub)  # the provider's process and the worker
    payment = buyer.send(*buyer.follow("payPayment", "payment", paying, parts)).get_json()
    assert payment["state"] == "settled"
    # The seller is told, reads the address, and ships.
    order = {"code": bought.get_json()["code"]}
    notices = seller.send("listNotices").get_json()
    assert any(order["code"] in each["link"] for each in notices["items"])
    assert seller.send("readAllNotices").get_json()["marked"] == notices["unread"]
    assert seller.send("getOrder", order).get_json()["actions"][0] == "ship"
    assert seller.send("getAddress", order).get_json()["name"] == wanted["address"]["name"]
    carrier = seller.send("getTradeChoices").get_json()["carriers"][0]["code"]
    seller.send("shipOrder", order, body=seller.example("shipOrder", carrier=carrier))
    # The buyer receives, checks what was promised, and keeps it.
    received = buyer.send("receiveOrder", order)
    assert received.get_json()["state"] == "acceptance"
    promised = buyer.send("getPromise", order).get_json()
    assert promised["sha256"] == received.get_json()["promise_sha256"]
    where, parts = buyer.follow("receiveOrder", "accept", received, order)
    done = buyer.send(where, parts, etag=received.headers["ETag"])
    assert done.get_json()["state"] == "completed"
    run_money(hub)
    hub.drain()
    # The seller's money and record say so.
    money = seller.send("getMyMoney").get_json()
    assert {each["kind"] for each in money["lines"]} >= {"released"}
    assert seller.send("getMyRecord").get_json()["summary"]["completed"] == 1
    events = seller.send("listMyRecords").get_json()["items"]
    assert "order.completed" in {each["type"] for each in events}
    with hub.look() as work:
        assert credit.verify(work) == []


def test_a_meeting_is_arranged_and_handed_over_with_only_the_document_in_hand(
    app: Flask, hub: Hub, people: dict[str, User], document: dict[str, Any]
) -> None:
    seller, buyer = (reader(app, hub, document, people[name]) for name in ("seller", "buyer"))
    listing = offer(hub, seller)
    wanted = buyer.example("buy", listing=listing["code"], expected_price_fen=listing["price_fen"], delivery="meet")
    del wanted["address"]
    bought = buyer.send("buy", body=wanted)
    where, parts = buyer.follow("buy", "pay", bought)
    buyer.send(where, parts, body=buyer.example(where))
    run_money(hub)
    order = {"code": bought.get_json()["code"]}
    arranged = seller.send("arrangeMeeting", order, body=seller.example("arrangeMeeting"))
    digits = buyer.send("getMeetingCode", order).get_json()["digits"]
    wrong = str((int(digits) + 1) % 10**6).zfill(6)
    where, parts = seller.follow("arrangeMeeting", "hand_over", arranged, order)
    missed = seller.send(where, parts, body={"digits": wrong}).get_json()
    assert (missed["right"], missed["tries_left"]) == (False, 4)
    done = seller.send(where, parts, body={"digits": digits}).get_json()
    assert done["right"]
    assert done["order"]["state"] == "acceptance"
    # Something is wrong: the buyer says so, the seller answers, the buyer takes it back and keeps the item.
    reason = buyer.send("getTradeChoices").get_json()["problem_reasons"][0]["code"]
    buyer.send("reportProblem", order, body=buyer.example("reportProblem", reason=reason))
    seller.send("answerProblem", order, body=seller.example("answerProblem"))
    buyer.send("withdrawProblem", order)
    now = buyer.send("getOrder", order)
    where, parts = buyer.follow("getOrder", "accept", now, order)
    assert buyer.send(where, parts, etag=now.headers["ETag"]).get_json()["state"] == "completed"


def test_refusals_are_the_documents_too(app: Flask, hub: Hub, people: dict[str, User], document: dict[str, Any]) -> None:
    seller, buyer = (reader(app, hub, document, people[name]) for name in ("seller", "buyer"))
    listing = offer(hub, seller)
    wanted = buyer.example("buy", listing=listing["code"], expected_price_fen=listing["price_fen"])
    for body, status, code in (
        ({**wanted, "expected_price_fen": 1}, 409, "price_changed"),
        ({**wanted, "address": {"name": "", "phone": "1", "address": ""}}, 422, "bad_address"),
        ({**wanted, "gift": True}, 400, "unknown_field"),
        ({**wanted, "listing": "0" * 26}, 404, "listing_not_found"),
    ):
        answer = buyer.send("buy", body=body)
        assert (answer.status_code, answer.get_json()["code"]) == (status, code), answer.text
    assert buyer.send("buy", body={**wanted, "expected_price_fen": 1}).get_json()["price_fen"] == listing["price_fen"]
    assert seller.send("buy", body=wanted).get_json()["code"] == "own_thing"
    order = {"code": buyer.send("buy", body=wanted).get_json()["code"]}
    assert buyer.send("buy", body=wanted).get_json()["code"] == "listing_not_on_sale"
    early = buyer.send("receiveOrder", order).get_json()
    assert (early["code"], early["state"]) == ("bad_state", "awaiting_payment")
    assert "settle" in early["allowed"]
