"""Parameters as Stripe knows them: forms are taken apart, and every name is looked up in the SDK's own typed dictionaries."""

from __future__ import annotations

import importlib
import re
import sys
import types
import typing
from typing import Any
from urllib.parse import parse_qsl

import typing_extensions

from tests.fakes.stripe.core import Refusal

_PART = re.compile(r"\[([^\]]*)\]")
_OPTIONS = {
    "idempotency_key",
    "stripe_account",
    "stripe_context",
    "stripe_version",
    "api_key",
    "headers",
    "content_type",
    "max_network_retries",
}


def from_form(text: str) -> dict[str, Any]:
    """``a[b][0][c]=1`` as nested dictionaries and lists."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        path = [name.split("[", 1)[0], *_PART.findall(name)]
        at = found
        for part in path[:-1]:
            at = at.setdefault(part, {})
        at[path[-1]] = value
    return typing.cast(dict[str, Any], _lists(found))


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(each) for name, each in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def check(params: dict[str, Any], shape: str) -> None:
    """Refuse what Stripe would not know. ``shape``: the typed dictionary, ``_refund_create_params.RefundCreateParams``."""
    module, name = shape.rsplit(".", 1)
    _check(params, getattr(importlib.import_module(f"stripe.params.{module}"), name), "")


def _check(params: Any, shape: Any, where: str) -> None:
    if not isinstance(params, dict):
        raise Refusal(400, "parameter_invalid_hash", f"Invalid hash: {where}", where)
    hints = {name: _hint(hint, shape) for name, hint in _hints(shape).items() if where or name not in _OPTIONS}
    for name, value in params.items():
        path = f"{where}[{name}]" if where else name
        if name not in hints:
            raise Refusal(400, "parameter_unknown", f"Received unknown parameter: {path}", path)
        _check_value(value, hints[name], shape, path)
    missing = sorted(name for name in shape.__required_keys__ if name in hints and name not in params)
    if missing:
        raise Refusal(400, "parameter_missing", f"Missing required param: {missing[0]}", missing[0])


def _check_value(value: Any, hint: Any, shape: Any, path: str) -> None:
    options = _options(hint, shape)
    inner = [each for each in options if typing_extensions.is_typeddict(each)]
    listed = [each for each in options if typing.get_origin(each) in (list, typing.Sequence)]
    if isinstance(value, dict) and inner:
        _check(value, inner[0], path)
    elif isinstance(value, list) and listed:
        for number, each in enumerate(value):
            _check_value(each, _hint(typing.get_args(listed[0])[0], shape), shape, f"{path}[{number}]")
    elif isinstance(value, (dict, list)) and not any(typing.get_origin(each) is dict or each is Any for each in options):
        raise Refusal(400, "parameter_invalid", f"Invalid value for {path}", path)
    elif options == [int] and not re.fullmatch(r"-?[0-9]+", str(value)):
        raise Refusal(400, "parameter_invalid_integer", f"Invalid integer: {path}", path)


def _hints(shape: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in reversed([shape, *getattr(shape, "__orig_bases__", ())]):
        found.update(getattr(base, "__annotations__", {}))
    return found


def _hint(hint: Any, shape: Any) -> Any:
    """A forward reference is looked up where the shape stands."""
    if isinstance(hint, typing.ForwardRef):
        hint = hint.__forward_arg__
    if isinstance(hint, str):
        return eval(hint, vars(sys.modules[shape.__module__]))
    return hint


def _options(hint: Any, shape: Any) -> list[Any]:
    hint = _hint(hint, shape)
    origin = typing.get_origin(hint)
    if origin in (typing_extensions.NotRequired, typing_extensions.Required, typing.NotRequired, typing.Required):
        return _options(typing.get_args(hint)[0], shape)
    if origin in (typing.Union, types.UnionType):
        return [each for arg in typing.get_args(hint) for each in _options(arg, shape)]
    return [hint]
