"""One declaration per operation: who may, what is read and answered, what can be refused, how often.

A room's ``api.py`` collects its operations in a ``Face``; ``app.api`` mounts them and makes the document from them. A handler
gets a ``Call`` with an open Work and gives back an ``Answer``; it parses nothing, commits nothing and decides nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from flask import Response, g, request
from pydantic import BaseModel

from app.kernel import idempotency, rates
from app.kernel.canonical import sha256_hex
from app.kernel.errors import DomainError, NotAllowed, NotFound
from app.kernel.idempotency import Kept
from app.kernel.rates import Limit, Standing
from app.kernel.work import VISITOR, Work
from app.web import bearer
from app.web.access import current_actor
from app.web.api.errors import TooManyRequests, WrongContentType
from app.web.api.reading import Seen, read_body, read_condition, read_key, read_query
from app.web.api.shapes import CODE_PATTERN
from app.web.bearer import ScopeMissing, TokenNeeded
from app.web.working import begin, hub, look

WRITES = Limit("api.write", most=240, seconds=60)
UPLOADS = Limit("api.upload", most=60, seconds=60)
PAYING = Limit("api.pay", most=20, seconds=60)

IMAGES = ("image/jpeg", "image/png", "image/webp")
CODES = ("code", "photo_code")  # parts of addresses that are public ids
PART_PATTERN = r"^[A-Za-z0-9_.-]{1,64}$"
REFERENCE_PATTERN = r"^[A-Za-z0-9_.-]{1,64}(/[A-Za-z0-9_.-]{1,32})?$"
REFERENCES = ("scheme",)  # parts that name a revision behind a slash, which a program may send as it is or as %2F


@dataclass(frozen=True)
class Tag:
    """From what an ETag is made besides the content: the version of the state, and the revision of what can be edited.

    ``mark`` (eight hexadecimal digits) stands for what belongs to the thing and is changed apart from it: photos of a draft.
    """

    version: int
    revision: int = 0
    mark: str = ""


@dataclass(frozen=True)
class Answer:
    """What an operation answers: a shape, how it stands for the next If-Match, and where a new thing is."""

    data: BaseModel | None = None
    tag: Tag | None = None
    location: str | None = None


@dataclass
class Call:
    """One request for a handler. ``work`` is open, except in operations that are not atomic: those open their own."""

    operation: Operation
    body: Any = None
    query: Any = None
    seen: Seen | None = None
    raw: bytes = b""  # of an upload
    open_work: Work | None = None

    @property
    def work(self) -> Work:
        assert self.open_work is not None, "this operation opens its own work"
        return self.open_work


@dataclass(frozen=True)
class Operation:
    """Everything that is known about one operation of the interface."""

    method: str
    path: str  # "/listings/{code}"
    id: str
    tag: str
    summary: str  # an English sentence marked for translation
    handler: Callable[..., Answer]
    answer: Any  # the shape of a success; None: nothing
    roles: tuple[str, ...] = ("member",)
    scope: str | None = None
    description: str = ""
    body: type[BaseModel] | None = None
    example: Any = None  # a body that works once its ids are real
    query: type[BaseModel] | None = None
    upload: bool = False
    status: int = 200
    refusals: tuple[type[DomainError], ...] = ()
    limit: Limit | None = None
    if_match: str = ""  # "needed", "read" or ""
    tagged: bool = False  # its ETag is good for If-Match
    is_atomic: bool = True
    links: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)  # name -> (operation, its parameters)

    @property
    def is_read(self) -> bool:
        return self.method == "GET"

    @property
    def rule(self) -> str:
        """The address as Flask writes it."""
        return re.sub(r"{(\w+)}", lambda part: f"<path:{part[1]}>" if part[1] in REFERENCES else f"<{part[1]}>", self.path)

    @property
    def parts(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    def gate(self) -> None:
        """Before anything is read: token, role, scope. Raises TokenInvalid, TokenNeeded, NotAllowed, ScopeMissing."""
        found = bearer.find_bearer()
        if "anyone" in self.roles:
            # A token that does not allow the scope shows no more than no token.
            if found is not None and self.scope is not None and self.scope not in found.scopes:
                g.actor = VISITOR
            return
        if found is None:
            raise TokenNeeded()
        if "member" not in self.roles and not any(found.actor.has(role) for role in self.roles):
            raise NotAllowed()
        if self.scope is not None and self.scope not in found.scopes:
            raise ScopeMissing(scope=self.scope)

    def view(self, **parts: str) -> Response:
        """Flask's view of the operation."""
        for name, value in parts.items():
            if not re.fullmatch(pattern_of(name), value, re.ASCII):
                raise NotFound()
        return _read(self, parts) if self.is_read else _write(self, parts)


def pattern_of(part: str) -> str:
    """What a part of an address may look like."""
    return CODE_PATTERN if part in CODES else REFERENCE_PATTERN if part in REFERENCES else PART_PATTERN


class Face:
    """A room's operations, in the order of the document."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.operations: list[Operation] = []

    def get(self, path: str, **declared: Any) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        return self._declare("GET", path, **declared)

    def post(self, path: str, **declared: Any) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        return self._declare("POST", path, **declared)

    def patch(self, path: str, **declared: Any) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        return self._declare("PATCH", path, **declared)

    def delete(self, path: str, **declared: Any) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        return self._declare("DELETE", path, **declared)

    def _declare(self, method: str, path: str, **declared: Any) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        if method != "GET":
            declared.setdefault("limit", UPLOADS if declared.get("upload") else WRITES)
        declared.setdefault("tag", self.tag)

        def keep(handler: Callable[..., Answer]) -> Callable[..., Answer]:
            doc = " ".join((handler.__doc__ or "").split())
            declared.setdefault("description", doc)
            self.operations.append(Operation(method=method, path=path, handler=handler, **declared))
            return handler

        return keep


def _read(operation: Operation, parts: Mapping[str, str]) -> Response:
    query = read_query(operation.query)
    call = Call(operation, query=query)
    if not operation.is_atomic:
        return _conditional(operation, operation.handler(call, **parts))
    with look() as work:
        call.open_work = work
        return _conditional(operation, operation.handler(call, **parts))


def _write(operation: Operation, parts: Mapping[str, str]) -> Response:
    _count(operation)  # first: what is refused is counted and told too
    key = read_key()
    if operation.upload:
        request.max_content_length = hub().settings.max_upload_mb * 1024 * 1024
    raw = request.get_data(cache=False)
    query = read_query(operation.query)
    if operation.upload and request.mimetype not in IMAGES:
        raise WrongContentType(wanted=", ".join(IMAGES))
    seen = read_condition(needed=operation.if_match == "needed") if operation.if_match else None
    body = None if operation.upload else read_body(operation.body, raw)
    owner, fingerprint = current_actor().code, _fingerprint(raw)
    call = Call(operation, body=body, query=query, seen=seen, raw=raw if operation.upload else b"")
    if operation.is_atomic:
        with begin() as work:
            kept = idempotency.claim(work, owner, key, fingerprint)
            if kept is None:
                call.open_work = work
                kept = _kept(operation, operation.handler(call, **parts))
                idempotency.keep(work, owner, key, kept.status, list(kept.headers), kept.body)
                return _response(kept)
        return _response(kept, replayed=True)
    with begin() as work:
        kept = idempotency.claim(work, owner, key, fingerprint)
    if kept is not None:
        return _response(kept, replayed=True)
    try:
        kept = _kept(operation, operation.handler(call, **parts))
    except DomainError:
        with begin() as work:
            idempotency.let_go(work, owner, key)
        raise
    with begin() as work:
        idempotency.keep(work, owner, key, kept.status, list(kept.headers), kept.body)
    return _response(kept)


def _count(operation: Operation) -> None:
    """Count the write in a transaction of its own. Raises TooManyRequests."""
    if operation.limit is None:
        return
    subject = current_actor().code
    standing = hub().db.run(VISITOR, partial(rates.count, limit=operation.limit, subject=subject))
    note_standing(standing)
    if standing.is_over:
        raise TooManyRequests(standing.reset_seconds)


def note_standing(standing: Standing) -> None:
    """Let the answer say how much is left, whatever the answer becomes."""
    g.rate_standing = standing


def rate_headers(answer: Response) -> Response:
    """After every request: the headers of the limit that was counted."""
    standing = cast("Standing | None", g.get("rate_standing"))
    if standing is not None:
        answer.headers["RateLimit-Limit"] = str(standing.limit.most)
        answer.headers["RateLimit-Remaining"] = str(standing.remaining)
        answer.headers["RateLimit-Reset"] = str(standing.reset_seconds)
        answer.headers["RateLimit-Policy"] = f"{standing.limit.most};w={standing.limit.seconds}"
    return answer


def _fingerprint(raw: bytes) -> str:
    """What makes two requests the same: method, address with its query, what was seen, kind and bytes of the body."""
    head = (request.method, request.full_path, request.headers.get("If-Match", ""), request.mimetype)
    return hashlib.sha256("\x00".join(head).encode("utf-8", "surrogatepass") + b"\x00" + raw).hexdigest()


def _kept(operation: Operation, answer: Answer) -> Kept:
    body = answer.data.model_dump_json().encode() if answer.data is not None else b""
    headers = []
    if answer.tag is not None:
        headers.append(("ETag", _etag(answer.tag, body)))
    if answer.location is not None:
        headers.append(("Location", answer.location))
    return Kept(operation.status if body else 204, tuple(headers), body)


def _etag(tag: Tag | None, body: bytes) -> str:
    digest = sha256_hex(body)[:16]
    if tag is None:
        return f'"{digest}"'
    parts = (tag.version, tag.revision, *([tag.mark] if tag.mark else []), digest)
    return '"' + ".".join(map(str, parts)) + '"'


def _response(kept: Kept, *, replayed: bool = False) -> Response:
    response = Response(kept.body, kept.status, mimetype="application/json" if kept.body else None)
    for name, value in kept.headers:
        response.headers[name] = value
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    response.headers["Cache-Control"] = "no-store"
    return response


def _conditional(operation: Operation, answer: Answer) -> Response:
    body = answer.data.model_dump_json().encode() if answer.data is not None else b""
    etag = _etag(answer.tag, body)
    held = request.headers.get("If-None-Match", "")
    if etag in [each.strip().removeprefix("W/") for each in held.split(",")]:
        response = Response(status=304)
    else:
        response = Response(body, operation.status, mimetype="application/json")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(("Authorization", "Accept-Language"))
    return response
