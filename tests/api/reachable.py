"""Which refusals the code of an operation can raise, read from its source: calls are followed through our own functions.

What a function's own ``except`` takes is taken out, where it is named there and not raised again as it is. Calls through values
that only exist at run time (``home.sealer.open``) are not followed: those raise no refusal of ours.

A refusal that is handed on as a value (``Hindrance(LicenceEnded, ...)``) and raised where it arrives (``raise one.refusal(...)``)
counts for the first function around both: it may raise every refusal that is handed on anywhere below it. A raise of which nothing
can be read that way is kept as ``unread``, and the tests refuse it.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from app.kernel.errors import DomainError


@dataclass(frozen=True)
class Reading:
    """What a function can let out, what it hands on as a value, and the places of raises that could not be read so far."""

    raised: frozenset[type[DomainError]] = frozenset()
    handed: frozenset[type[Exception]] = frozenset()
    unread: frozenset[str] = frozenset()

    def __or__(self, other: Reading) -> Reading:
        return Reading(self.raised | other.raised, self.handed | other.handed, self.unread | other.unread)

    def matched(self) -> Reading:
        """Raises of a value are those of the refusals that are handed on here or below."""
        if not self.unread or not self.handed:
            return self
        return Reading(self.raised | frozenset(filter(_is_refusal, self.handed)), self.handed)  # type: ignore[arg-type]


def refusals_in(function: Callable[..., Any]) -> frozenset[type[DomainError]]:
    """Every refusal that the function can let out. Raises AssertionError where something raises what cannot be read."""
    found = _of(_plain(function), ())
    assert not found.unread, f"which refusal is raised cannot be read: {', '.join(sorted(found.unread))}"
    return found.raised


def _is_refusal(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, DomainError)


def _is_own_exception(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Exception) and value.__module__.split(".")[0] == "app"


def _plain(function: Any) -> Any:
    function = inspect.unwrap(function)
    return function.__func__ if inspect.ismethod(function) else function


_known: dict[FunctionType, Reading] = {}


def _of(function: FunctionType, under_way: tuple[FunctionType, ...]) -> Reading:
    if function in _known:
        return _known[function]
    if function in under_way:
        return Reading()
    found = _Walk(function, (*under_way, function)).body().matched()
    if not under_way:
        _known[function] = found
    return found


@cache
def _tree(function: FunctionType) -> ast.FunctionDef | None:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    return next((node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)), None)


class _Walk:
    def __init__(self, function: FunctionType, under_way: tuple[FunctionType, ...]) -> None:
        self.function, self.under_way = function, under_way
        self.again: set[ast.AST] = set()  # raises that let out what was caught: it is counted where it came from
        self.names = dict(inspect.getclosurevars(function).nonlocals) | {
            name: value for name, value in function.__globals__.items() if not name.startswith("__")
        }

    def body(self) -> Reading:
        tree = _tree(self.function)
        return Reading() if tree is None else self.block(tree.body)

    def block(self, nodes: Iterable[ast.AST]) -> Reading:
        found = Reading()
        for node in nodes:
            found |= self.node(node)
        return found

    def node(self, node: ast.AST) -> Reading:
        if isinstance(node, ast.Try):
            return self.attempt(node)
        if isinstance(node, ast.Raise):
            return self.raising(node)
        found = Reading()
        if isinstance(node, ast.Call):
            called = self.value(node.func)
            for each in self.bodies(called):
                found |= _of(each, self.under_way)
            if called in (isinstance, issubclass):
                return found | self.node(node.args[0])
        if isinstance(node, ast.Name | ast.Attribute) and _is_own_exception(value := self.value(node)):
            return found | Reading(handed=frozenset({value}))
        return found | self.block(ast.iter_child_nodes(node))

    def raising(self, node: ast.Raise) -> Reading:
        """The classes that stand in the raise; those that a function of ours makes for it; or nothing that can be read here."""
        if node.exc is None or node in self.again:
            return Reading()
        found = [value for each in ast.walk(node.exc) if isinstance(value := self.value(each), type)]
        named = [value for value in found if issubclass(value, BaseException)]  # also both sides of "A() if ... else B()"
        below = self.block(ast.iter_child_nodes(node.exc)) if isinstance(node.exc, ast.Call) else self.node(node.exc)
        if named:
            return Reading(frozenset(filter(_is_refusal, named)), unread=below.unread) | Reading(below.raised)
        made = Reading()
        if isinstance(node.exc, ast.Call):
            for each in self.bodies(self.value(node.exc.func)):
                made |= _of(each, self.under_way)
        if made.handed:
            return Reading(made.raised | frozenset(filter(_is_refusal, made.handed)) | below.raised)  # type: ignore[arg-type]
        place = f"{self.function.__module__}.{self.function.__qualname__}: raise {ast.unparse(node.exc)}"
        return below | Reading(unread=frozenset({place}))

    def attempt(self, node: ast.Try) -> Reading:
        inside = self.block(node.body)
        for handler in node.handlers:
            kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type] if handler.type else []
            taken = [kind for kind in map(self.value, kinds) if isinstance(kind, type)]
            again = {each for each in ast.walk(handler) if isinstance(each, ast.Raise) and _is_again(each, handler.name)}
            self.again |= again
            if not again:
                left = frozenset(each for each in inside.raised if not any(issubclass(each, kind) for kind in taken))
                inside = Reading(left, inside.handed, inside.unread)
            inside |= self.block(handler.body)
        return inside | self.block(node.orelse) | self.block(node.finalbody)

    def bodies(self, called: Any) -> Iterator[FunctionType]:
        """The functions of ours that a call runs."""
        if isinstance(called, type):
            called = getattr(called, "__init__", None)
        called = _plain(called) if callable(called) else None
        if isinstance(called, FunctionType) and called.__module__.split(".")[0] == "app":
            yield called

    def value(self, node: ast.AST) -> Any:
        """What a name or an attribute stands for, when it stands in the module; None otherwise."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id, getattr(builtins, node.id, None))
        if isinstance(node, ast.Attribute):
            owner = self.value(node.value)
            if isinstance(owner, ModuleType | type) or type(owner).__module__.startswith("app."):
                return getattr(owner, node.attr, None)
        if isinstance(node, ast.Subscript):  # a table of functions: any of them
            return None
        return None


def _is_again(node: ast.Raise, name: str | None) -> bool:
    """Whether what was caught is let out as it is."""
    return node.exc is None or (isinstance(node.exc, ast.Name) and node.exc.id == name)
