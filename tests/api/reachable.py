"""Which refusals the code of an operation can raise, read from its source: calls are followed through our own functions.

What a function's own ``except`` takes is taken out, where it is named there and not raised again as it is. Calls through values
that only exist at run time (``home.sealer.open``) are not followed: those raise no refusal of ours.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from app.kernel.errors import DomainError


def refusals_in(function: Callable[..., Any]) -> frozenset[type[DomainError]]:
    """Every refusal that the function can let out."""
    return _of(_plain(function), ())


def _plain(function: Any) -> Any:
    function = inspect.unwrap(function)
    return function.__func__ if inspect.ismethod(function) else function


_known: dict[FunctionType, frozenset[type[DomainError]]] = {}


def _of(function: FunctionType, under_way: tuple[FunctionType, ...]) -> frozenset[type[DomainError]]:
    if function in _known:
        return _known[function]
    if function in under_way:
        return frozenset()
    found = frozenset(_Walk(function, (*under_way, function)).body())
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
        self.names = dict(inspect.getclosurevars(function).nonlocals) | {
            name: value for name, value in function.__globals__.items() if not name.startswith("__")
        }

    def body(self) -> set[type[DomainError]]:
        tree = _tree(self.function)
        return set() if tree is None else self.block(tree.body)

    def block(self, nodes: list[Any]) -> set[type[DomainError]]:
        found: set[type[DomainError]] = set()
        for node in nodes:
            found |= self.node(node)
        return found

    def node(self, node: ast.AST) -> set[type[DomainError]]:
        if isinstance(node, ast.Try):
            return self.attempt(node)
        found: set[type[DomainError]] = set()
        if isinstance(node, ast.Raise) and node.exc is not None:
            for each in ast.walk(node.exc):  # also both sides of "raise A() if ... else B()"
                raised = self.value(each)
                if isinstance(raised, type) and issubclass(raised, DomainError):
                    found.add(raised)
        if isinstance(node, ast.Call):
            called = self.value(node.func)
            for each in self.bodies(called):
                found |= _of(each, self.under_way)
        for child in ast.iter_child_nodes(node):
            found |= self.node(child)
        return found

    def attempt(self, node: ast.Try) -> set[type[DomainError]]:
        inside = self.block(node.body)
        for handler in node.handlers:
            kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type] if handler.type else []
            taken = [kind for kind in map(self.value, kinds) if isinstance(kind, type)]
            again = any(isinstance(each, ast.Raise) and each.exc is None for each in ast.walk(handler))
            if not again:
                inside = {each for each in inside if not any(issubclass(each, kind) for kind in taken)}
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
