"""Templates compiled once per language, with their sentences already in them, and addresses put together from remembered parts.

A page says some two hundred sentences and links to as many addresses. Looked up one by one at every request they cost more
than its database queries; both are always the same, so they are worked out once.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote_plus

from flask import Flask, has_request_context, request
from flask.templating import Environment
from jinja2 import FileSystemBytecodeCache, nodes
from jinja2.utils import LRUCache
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from app.web import languages, lean

TRANSLATE = frozenset({"_", "gettext"})
COMPILED = 400  # templates kept per language

_RUNTIME = "from jinja2.runtime import "  # how a compiled template begins
_PLACE = re.compile(r"%\((\w+)\)s")
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_OPTIONS = ("_anchor", "_method", "_scheme", "_external")  # of Flask's url_for
_QUERY_SAFE = "!$'()*,/:;?@"  # what werkzeug leaves as it is in query strings


class LanguageEnvironment(Environment):
    """Jinja's environment with one set of compiled templates per language."""

    def __init__(self, app: Flask, **options: Any) -> None:
        self._by_language: dict[str, LRUCache] = {}
        super().__init__(app, **options)

    @property
    def cache(self) -> LRUCache:  # type: ignore[override]
        """The templates of the reader's language."""
        key = languages.present().key
        if key not in self._by_language:
            self._by_language[key] = LRUCache(COMPILED)
        return self._by_language[key]

    @cache.setter
    def cache(self, _given: object) -> None:
        self._by_language.clear()

    context_class = lean.LeanContext

    def _generate(self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False) -> str:
        """The compiled template, with the names of ``lean`` in place of Jinja's own."""
        told = super()._generate(source, name, filename, defer_init)
        head, rest = told.split("\n", 1)
        if not head.startswith(_RUNTIME):
            raise RuntimeError(f"Jinja compiles templates in another way than we know: {head}")
        kept = ", ".join(each for each in head.removeprefix(_RUNTIME).split(", ") if each not in lean.NAMES)
        return f"{_RUNTIME}{kept}\nfrom app.web.lean import {', '.join(lean.NAMES)}\n{rest}"

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """One plain dictionary for all templates: Jinja's chain of two is walked through in Python at every rendering."""
        return {**self.globals, **d} if d else self.globals

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        return _Fold().visit(super()._parse(source, name, filename))  # type: ignore[no-any-return]


class CompiledFiles(FileSystemBytecodeCache):
    """Compiled templates in a folder; like the ones in memory they differ by language."""

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return super().get_cache_key(f"{languages.present().key}/{name}", filename)


class _Fold(NodeTransformer):
    """``_("a sentence")`` becomes the sentence; with values, the sentence that takes them. What is not literal stays a call."""

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        self.generic_visit(node)
        sentence = _sentence(node)
        if sentence is None:
            return node
        told = Markup(languages.present().say(sentence))  # noqa: S704 - a sentence of our own catalogue
        if not node.kwargs:
            return nodes.Const(told % {}, lineno=node.lineno)
        values = {one.key: one.value for one in node.kwargs}
        parts = _PLACE.split(told)  # text, name, text, name, ... text
        if "%" in "".join(parts[::2]).replace("%%", "") or not values.keys() >= set(parts[1::2]):
            return node  # a placeholder of another kind
        if all(isinstance(value, nodes.Const) for value in values.values()):  # Jinja would join constants without escaping
            return nodes.Const(told % {name: value.as_const() for name, value in values.items()}, lineno=node.lineno)
        pieces: list[nodes.Expr] = []
        for number, part in enumerate(parts):
            if number % 2:
                pieces.append(values[part])
            elif part:
                pieces.append(nodes.Const(Markup(part.replace("%%", "%")), lineno=node.lineno))  # noqa: S704 - as above
        return nodes.Concat(pieces, lineno=node.lineno)


def _sentence(node: nodes.Call) -> str | None:
    """The literal sentence that the call translates; None for every other call."""
    if not isinstance(node.node, nodes.Name) or node.node.name not in TRANSLATE or node.dyn_args or node.dyn_kwargs:
        return None
    first = node.args[0] if len(node.args) == 1 else None
    return first.value if isinstance(first, nodes.Const) and isinstance(first.value, str) else None


class Addresses:
    """``url_for`` of one application. What it remembers: the parts of an address between its values."""

    def __init__(self, app: Flask) -> None:
        self._build = app.url_for
        self._plans: dict[tuple[str, str, tuple[str, ...]], list[tuple[str, str, bool]] | None] = {}
        self._files: dict[tuple[str, str], str] = {}

    def anywhere(self, /, endpoint: str, **values: Any) -> str:
        """``Flask.url_for``, which views come to by ``flask.url_for``: it is given every option, most of them None."""
        for option in _OPTIONS:
            if values.get(option, "") is None:
                del values[option]
        return self.url_for(endpoint, **values) if has_request_context() else self._build(endpoint, **values)

    def url_for(self, /, endpoint: str, **values: Any) -> str:
        """The address, exactly as Flask builds it."""
        root = request.script_root
        if endpoint == "static" and len(values) == 1:
            return self._file(root, values["filename"])
        key = (root, endpoint, tuple(values))
        if key not in self._plans:
            self._plans[key] = self._plan(endpoint, values)
        plan = self._plans[key]
        if plan is None:
            return self._build(endpoint, **values)
        parts = []
        for text, name, is_query in plan:
            parts.append(text)
            if not name:
                continue
            value = values[name]
            kind = type(value)
            if kind is int or (kind is str and _PLAIN.fullmatch(value)):
                parts.append(str(value))
            elif kind is str and value and is_query:
                parts.append(quote_plus(value, safe=_QUERY_SAFE))
            else:
                return self._build(endpoint, **values)  # lists, nothing, what must be quoted within a path
        return "".join(parts)

    def _file(self, root: str, filename: str) -> str:
        if (root, filename) not in self._files:
            self._files[root, filename] = self._build("static", filename=filename)
        return self._files[root, filename]

    def _plan(self, endpoint: str, values: dict[str, Any]) -> list[tuple[str, str, bool]] | None:
        """(text, name of the value after it, whether it stands in the query string); None when only the router can tell."""
        if endpoint.startswith(".") or any(name.startswith("_") for name in values):
            return None
        marks = {f"zq{number}qz": name for number, name in enumerate(values)}
        try:
            built = self._build(endpoint, **{name: mark for mark, name in marks.items()})
        except ValueError:
            return None  # a value that must be a number has its own rules
        if "://" in built:
            return None
        plan, rest, is_query = [], built, False
        for mark in sorted(marks, key=built.index):
            text, rest = rest.split(mark, 1)
            is_query = is_query or "?" in text
            plan.append((text, marks[mark], is_query))
        return [*plan, (rest, "", False)]


def set_up(app: Flask) -> None:
    """Call before anything touches the application's templates."""
    app.jinja_environment = LanguageEnvironment
    addresses = Addresses(app)
    app.url_for = addresses.anywhere  # type: ignore[method-assign]
    app.jinja_env.globals["url_for"] = addresses.url_for
    app.jinja_env.globals["kept"] = lean.Kept().part
