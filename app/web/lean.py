"""What compiled templates run on: Jinja's own parts, where they cost most of a page, and parts of pages that are kept.

A page says some thousand values and calls some two hundred macros. Jinja wraps every value in ``Markup`` before it is joined to
the page, and binds a macro's arguments in the most general way; the same page comes out without both. ``templating`` lets the
compiled templates take ``NAMES`` from here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from flask import request
from jinja2 import runtime
from jinja2.runtime import Context, missing
from markupsafe import Markup
from markupsafe import _escape_inner as _escaped  # type: ignore[attr-defined]  # the same on plain text, without a Markup around it
from markupsafe import escape as _escape

NAMES = ("Macro", "escape", "markup_join")  # what compiled templates have from here instead of from jinja2.runtime

KEPT_CHARACTERS = 8_000_000  # of kept parts in a process; two bytes each in memory


def _mark(text: str) -> Markup:
    """Plain text that is escaped already, marked as such: what ``Markup(text)`` does after looking what it got."""
    return str.__new__(Markup, text)


def escape(value: Any) -> str:
    """The value as it stands in the page. Only for what is joined to the page next: the result is not marked as escaped."""
    kind = type(value)
    if kind is str:
        return _escaped(value)  # type: ignore[no-any-return]
    if kind is Markup:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return str(value)
    return _escape(value)


def markup_join(values: Iterable[Any]) -> str:
    """``~`` between values: once one of them is markup, the others are escaped."""
    parts = list(values)
    if any(type(part) is Markup or hasattr(part, "__html__") for part in parts):
        return _mark("".join(map(escape, parts)))
    return "".join(map(str, parts))


class Macro(runtime.Macro):
    """A macro that fills its arguments at once in the usual case: no ``varargs``, ``kwargs`` or ``caller`` in it."""

    def quick(self, args: tuple[Any, ...], named: dict[str, Any]) -> str | None:
        """The macro's markup; None when the general way has to take it (and to say what is wrong with the call)."""
        if self.caller or self.catch_kwargs or self.catch_varargs or not self._default_autoescape:
            return None
        given = list(args)
        for name in self.arguments[len(args) :]:
            given.append(named.pop(name, missing))
        if named or len(given) != self._argument_count:
            return None
        return _mark(self._func(*given))


class LeanContext(Context):
    """Calls of macros without the detour that looks how everything may be called."""

    def call(__self, __obj: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """As Jinja's."""
        if type(__obj) is Macro and __self.eval_ctx.autoescape:
            named = dict(kwargs)
            named.pop("_block_vars", None)
            named.pop("_loop_vars", None)
            told = __obj.quick(args, named)
            if told is not None:
                return told
        return super().call(__obj, *args, **kwargs)


class Kept:
    """Parts of pages that were made before, by everything that they were made of; so nothing here can be out of date.

    Two halves: what is asked for moves into the young one, and when that is full the old one is dropped. Threads may meet in
    it: the worst is that a part is made twice.
    """

    def __init__(self, most: int = KEPT_CHARACTERS) -> None:
        self._most = most // 2
        self._young: dict[Hashable, str] = {}
        self._old: dict[Hashable, str] = {}
        self._characters = 0

    def part(self, macro: Callable[..., str], *args: Hashable, **named: Hashable) -> str:
        """What the macro says about these values, from memory where it has said it before.

        The macro must be imported (then it is compiled for one language and sees nothing of the page), and must use nothing
        but its arguments and addresses; the arguments must be hashable. tests/guards/test_templates.py looks after both.
        """
        values = (*args, *named.values())
        # Markup equals the text in it and 1 equals True, but they are not written alike: so the types are in the key.
        key = (macro, request.script_root, values, tuple(named), tuple(map(type, values)))
        told = self._young.get(key)
        if told is None:
            told = self._old.get(key)
            if told is None:
                told = macro(*args, **named)
            self._add(key, told)
        return told

    def _add(self, key: Hashable, told: str) -> None:
        if self._characters + len(told) > self._most:
            self._old, self._young, self._characters = self._young, {}, 0
        self._young[key] = told
        self._characters += len(told)
