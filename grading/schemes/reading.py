"""YAML text to plain values, without YAML's traps and with the place of each fault.

YAML 1.1 turns a bare `no` into a boolean, `010` into eight, `1:30` into ninety, an unquoted comma in `{}` into a key
without a value, and keeps the last of two equal keys in silence. A scheme is a legal text: all of these are refused.
Decimal figures are read from their own digits, so no float ever exists.
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Any

import yaml
from yaml.composer import Composer, ComposerError

from grading.errors import Problem, SchemeError

Plain = None | str | bool | int | Decimal | datetime.date | list["Plain"] | dict[str, "Plain"]

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,12}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DEEPEST = 30
# The one place where "not known yet" is meant: an equivalent that nobody could read so far.
_NULL_ALLOWED = re.compile(r"tiers\[[0-9]+\]\.equivalents\.[a-z0-9_]+")


def read_document(file: str, data: bytes) -> dict[str, Plain]:
    """Read one scheme document. Raises SchemeError with every fault found, each with its path and line."""
    try:
        root = compose(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SchemeError(file, [Problem("", f"not UTF-8 text: {error.reason} at byte {error.start}")]) from error
    except yaml.YAMLError as error:
        raise SchemeError(file, [Problem("", f"not YAML: {error}")]) from error
    if not isinstance(root, yaml.MappingNode):
        raise SchemeError(file, [Problem("", "the document is not a map")])
    reader = _Reader()
    document = reader.mapping(root, "")
    if reader.problems:
        raise SchemeError(file, reader.problems)
    return document


def lines_of(data: bytes) -> dict[str, int]:
    """Every place of a document that is YAML (`sections[2].items[0].bands`) with the line on which it stands, from 1."""
    found: dict[str, int] = {}
    try:
        root = compose(data.decode("utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError):
        return found
    waiting = [] if root is None else [(root, "")]
    while waiting:
        node, path = waiting.pop()
        if path in found:  # an alias leads back: it was said by the reader
            continue
        found[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                name = str(key.value)
                here = f"{path}.{name}" if path else name
                waiting.append((value, here))
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(part, f"{path}[{number}]") for number, part in enumerate(node.value)]
    return found


def line_of(path: str, lines: dict[str, int]) -> int | None:
    """The line of a place, or of the nearest one around it that is there; None for a document that is no YAML."""
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path)


class _Bounded:
    """For a loader: composing stops at a depth that no scheme needs."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """One node, unless it is nested too deeply."""
        if self._depth > _DEEPEST:
            raise ComposerError(None, None, "nested too deeply")
        self._depth += 1
        try:
            node: yaml.Node | None = super().compose_node(parent, index)  # type: ignore[misc]  # the loader beside it
        finally:
            self._depth -= 1
        return node


class PlainLoader(_Bounded, yaml.SafeLoader):
    """safe_load's grammar, used without its conversion of values, which is what the traps are in."""


def _fast_loader() -> type[Any]:
    """The same over libyaml's events, 7 times faster, where PyYAML was built with it.

    Only its events: libyaml's own composer follows deep nesting until the process dies.
    """
    if not hasattr(yaml, "CSafeLoader"):
        return PlainLoader

    class FastLoader(_Bounded, Composer, yaml.CSafeLoader):
        def __init__(self, text: str) -> None:
            yaml.CSafeLoader.__init__(self, text)
            Composer.__init__(self)

    return FastLoader


LOADERS: tuple[type[Any], ...] = (_fast_loader(), PlainLoader)


def compose(text: str, loader_type: type[Any] = LOADERS[0]) -> yaml.Node | None:
    """The nodes of one document. Raises yaml.YAMLError."""
    loader = loader_type(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
    finally:
        loader.dispose()
    return node


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._seen: set[int] = set()

    def refuse(self, node: yaml.Node, path: str, message: str) -> None:
        self.problems.append(Problem(path, f"{message} (line {node.start_mark.line + 1})"))

    def value(self, node: yaml.Node, path: str) -> Plain:
        if id(node) in self._seen:
            self.refuse(node, path, "anchors and aliases are not used in schemes; write the value out")
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(part, f"{path}[{index}]") for index, part in enumerate(node.value)]
        return self.scalar(node, path)

    def mapping(self, node: yaml.MappingNode, path: str) -> dict[str, Plain]:
        result: dict[str, Plain] = {}
        for key_node, value_node in node.value:
            key = self.key(key_node, path)
            if key is None:
                continue
            here = f"{path}.{key}" if path else key
            if key in result:
                self.refuse(key_node, here, "this key appears twice")
                continue
            result[key] = self.value(value_node, here)
        return result

    def key(self, node: yaml.Node, path: str) -> str | None:
        if isinstance(node, yaml.ScalarNode):
            if node.tag == "tag:yaml.org,2002:str":
                return str(node.value)
            if node.tag == "tag:yaml.org,2002:bool":
                self.refuse(node, path, f"the key {node.value!r} is a boolean in YAML 1.1; rename or quote it")
                return None
            if node.tag == "tag:yaml.org,2002:null":
                self.refuse(node, path, "a key is empty; is there an unquoted comma?")
                return None
        self.refuse(node, path, f"the key {_shown(node)} is not text")
        return None

    def scalar(self, node: yaml.Node, path: str) -> Plain:
        text = str(node.value)
        kind = node.tag.rpartition(":")[2]
        if kind == "str" and node.tag == "tag:yaml.org,2002:str":
            return text
        if kind == "int" and _INTEGER.fullmatch(text):
            return int(text)
        if kind == "float" and _DECIMAL.fullmatch(text):
            return Decimal(text)
        if kind == "bool" and text in ("true", "false"):
            return text == "true"
        if kind == "timestamp" and _DAY.fullmatch(text):
            try:
                return datetime.date.fromisoformat(text)
            except ValueError:
                self.refuse(node, path, f"{text} is not a day of the calendar")
                return None
        if kind == "null":
            if not _NULL_ALLOWED.fullmatch(path):
                self.refuse(node, path, "no value; is there an unquoted comma?")
            return None
        if kind == "bool":
            self.refuse(node, path, f"{text!r} is a boolean in YAML 1.1; write true or false, or quote the word")
        else:
            self.refuse(node, path, f"{_shown(node)} is not a plain number, day, text, true or false; quote it if it is text")
        return None


def _shown(node: yaml.Node) -> str:
    return repr(node.value[:40]) if isinstance(node.value, str) else "(a list or map)"
