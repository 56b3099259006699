"""A program that holds nothing but the document: paths, bodies and next steps are read from it."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.kernel.hub import Hub
from tests.api.making import make_token
from tests.listings.making import tiny_photo

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
            address = address.replace("{" + name + "}", quote(value, safe=""))
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


def reader(app: Flask, hub: Hub, document: dict[str, Any], user: User | None = None) -> Reader:
    return Reader(app.test_client(), document, make_token(hub, user).secret if user else None)


def send_photos(hub: Hub, seller: Reader, listing: TestResponse, asked: dict[str, Any]) -> None:
    """The pictures that the category's schema asks for, and waiting until they are prepared."""
    where, parts = seller.follow("createListing", "photos", listing)
    needed = [shot["code"] for shot in asked["shots"] if shot["required"]]
    for number, shot in enumerate((needed + ["other"] * asked["photos_least"])[: max(len(needed), asked["photos_least"])]):
        photo = seller.send(where, parts, raw=tiny_photo(number), shot=shot)
    where, parts = seller.follow("addPhoto", "photos", photo, parts)
    hub.drain()  # the worker prepares photos
    assert {each["state"] for each in seller.send(where, parts).get_json()["items"]} == {"ready"}
