"""Who a program speaks for: the bearer token of a request below /api/.

A session cookie means nothing there, so no other site can make a browser act; and a token means nothing on pages.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Protocol, cast

from flask import current_app, g, request

from app.kernel.errors import NotAllowed
from app.kernel.text import N_
from app.kernel.work import VISITOR, Actor

PATH = "/api/"


class Bearer(Protocol):
    """What the room of accounts knows about a token that works."""

    @property
    def actor(self) -> Actor: ...
    @property
    def token_id(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def scopes(self) -> frozenset[str]: ...
    @property
    def used_on(self) -> date | None: ...
    @property
    def today(self) -> date: ...


BearerLoader = Callable[[str], "Bearer | None"]


class TokenNeeded(NotAllowed):
    """No token was sent, and this operation is not for everybody."""

    status = 401
    code = "token_needed"
    message = N_("Please send an access token in the header “Authorization: Bearer …”.")


class TokenInvalid(NotAllowed):
    """The token was never issued, has expired or was revoked; which of these is not said."""

    status = 401
    code = "token_invalid"
    message = N_("This access token does not work (any more). Please issue a new one.")


class ScopeMissing(NotAllowed):
    """The token does not allow this; ``scope`` names what it lacks."""

    code = "scope_missing"
    message = N_("This access token does not allow “%(scope)s”.")
    shown = ("scope",)


def is_program() -> bool:
    """Whether the request is for the interface of programs."""
    return request.path.startswith(PATH)


def find_bearer() -> Bearer | None:
    """The bearer of this request; None when no token was sent. Raises TokenInvalid."""
    if "bearer" not in g:
        g.bearer = None
        header = request.headers.get("Authorization")
        if header is not None:
            kind, _, secret = header.partition(" ")
            loader = cast(BearerLoader, current_app.extensions["xunyi.bearer_loader"])
            usable = kind.lower() == "bearer" and 0 < len(secret) <= 200 and secret.isascii()
            found = loader(secret.strip()) if usable else None
            if found is None:
                raise TokenInvalid()
            g.bearer = found
    return cast("Bearer | None", g.bearer)


def actor() -> Actor:
    """The actor of a program's request: the token's person, or a visitor."""
    found = find_bearer()
    return found.actor if found is not None else VISITOR
