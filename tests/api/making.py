"""A program that speaks to the marketplace, and holds every answer against the document while it does."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import Any

from flask import Flask
from pydantic import TypeAdapter
from werkzeug.test import TestResponse

from app.accounts import tokens
from app.accounts.models import User
from app.accounts.rules import SCOPES
from app.api.document import codes_of
from app.api.faces import PREFIX, operations
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.web.api.operation import Operation

_keys = itertools.count(1)


def new_key() -> str:
    return f"key-{next(_keys)}"


def make_token(hub: Hub, user: User, scopes: Iterable[str] = tuple(SCOPES), *, days: int = 90) -> tokens.NewToken:
    with hub.begin(SYSTEM) as work:
        return tokens.issue(work, user.id, "test program", scopes, days)


class Program:
    """One program with one token (none: a visitor). ``call`` names an operation and fills its address."""

    def __init__(self, app: Flask, hub: Hub, user: User | None = None, scopes: Iterable[str] = tuple(SCOPES)) -> None:
        self.client = app.test_client()
        self.hub = hub
        self.secret = make_token(hub, user, scopes).secret if user is not None else None

    def call(
        self,
        operation_id: str,
        parts: dict[str, str] | None = None,
        *,
        body: Any = None,
        raw: bytes | None = None,
        kind: str | None = None,
        query: Any = None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> TestResponse:
        operation = operations()[operation_id]
        address = PREFIX + operation.path.format(**(parts or {}))
        sent: dict[str, str] = {"Accept-Language": "en"}
        if self.secret is not None:
            sent["Authorization"] = f"Bearer {self.secret}"
        if not operation.is_read:
            sent["Idempotency-Key"] = key or new_key()
        sent |= headers or {}
        data = raw
        if body is not None:
            data, kind = json.dumps(body).encode(), kind or "application/json"
        answer = self.client.open(
            address, method=operation.method, data=data, content_type=kind, query_string=query, headers=sent
        )
        check(operation, answer)
        return answer

    def ok(self, operation_id: str, parts: dict[str, str] | None = None, **sent: Any) -> Any:
        """The body of a success."""
        answer = self.call(operation_id, parts, **sent)
        assert answer.status_code < 300, (operation_id, answer.status_code, answer.text)
        return answer.get_json() if answer.data else None

    def refused(self, operation_id: str, parts: dict[str, str] | None = None, **sent: Any) -> tuple[int, str]:
        """Status and code of a refusal."""
        answer = self.call(operation_id, parts, **sent)
        assert answer.status_code >= 400, (operation_id, answer.status_code, answer.text)
        return answer.status_code, answer.get_json()["code"]


def check(operation: Operation, answer: TestResponse) -> None:
    """The answer is one that the document shows: its status, its code, its shape."""
    status = answer.status_code
    if status < 300:
        assert ("ETag" in answer.headers) == (operation.is_read or operation.tagged), f"{operation.id}: ETag"
        if operation.answer is None:
            assert (status, answer.data) == (204, b""), (operation.id, status)
            return
        assert status == operation.status, (operation.id, status)
        TypeAdapter(operation.answer).validate_json(answer.data, strict=True)
        return
    if status == 304:
        assert operation.is_read
        return
    assert answer.mimetype == "application/problem+json", (operation.id, status, answer.text)
    problem = answer.get_json()
    assert problem["code"] in codes_of(operation).get(status, {}), f"{operation.id}: {status} {problem['code']} is not documented"
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["X-Request-Id"]
