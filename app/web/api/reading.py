"""From a request to checked plain values: the body from its raw bytes, the query string, the conditions in headers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_origin

from flask import request
from flask_babel import gettext
from pydantic import BaseModel, ValidationError

from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.web.api.errors import (
    BadCondition,
    ConditionNeeded,
    KeyNeeded,
    MalformedBody,
    RepeatedField,
    Stale,
    UnknownField,
    WrongContentType,
)

Model = TypeVar("Model", bound=BaseModel)

_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
TAG_PATTERN = r'^"([0-9]{1,12})\.([0-9]{1,12})(\.[0-9a-f]{8})?\.[0-9a-f]{16}"$'
_TAG = re.compile(TAG_PATTERN[1:-1], re.ASCII)

# What is wrong with a value, by pydantic's name for it.
SENTENCES = {
    "missing": N_("Please fill this in."),
    "string_type": N_("This must be text."),
    "string_too_short": N_("This is too short: at least %(min_length)s characters."),
    "string_too_long": N_("This is too long: at most %(max_length)s characters."),
    "string_pattern_mismatch": N_("This does not have the expected form."),
    "int_type": N_("Please type a whole number with digits only."),
    "int_parsing": N_("Please type a whole number with digits only."),
    "int_from_float": N_("Please type a whole number with digits only."),
    "bool_type": N_("This must be true or false."),
    "bool_parsing": N_("This must be true or false."),
    "list_type": N_("This must be a list."),
    "dict_type": N_("This must be an object."),
    "model_type": N_("This must be an object."),
    "literal_error": N_("Please choose one of the answers."),
    "greater_than_equal": N_("The number must be at least %(ge)s."),
    "less_than_equal": N_("The number must be at most %(le)s."),
    "too_long": N_("There are too many of these: at most %(max_length)s."),
    "too_short": N_("There are too few of these: at least %(min_length)s."),
}
UNUSABLE = N_("This value cannot be used here.")
UNKNOWN_NAME = N_("This name is not known here.")
REPEATED_NAME = N_("Please send this only once.")


@dataclass(frozen=True)
class Seen:
    """What the program has seen of a thing, from the header If-Match: its state's version, its content's revision, and the mark
    of what belongs to it.

    The digest of the answer's bytes, which the tag holds too, is not compared: they differ by language.
    """

    version: int
    revision: int
    mark: str = ""

    def require(self, version: int, revision: int = 0, mark: str | None = None) -> None:
        """It still stands so; with None whatever the mark says. Raises Stale."""
        if (self.version, self.revision) != (version, revision) or mark not in (None, self.mark):
            raise Stale()


def read_body(model: type[Model] | None, raw: bytes) -> Model | None:
    """The body as the operation wants it, from the bytes as they came.

    Raises WrongContentType, MalformedBody, RepeatedField, UnknownField (400), or InvalidInput naming every field that is wrong
    (422).
    """
    if model is None:
        if raw.strip() not in (b"", b"{}"):
            raise MalformedBody(reason="this operation takes no body")
        return None
    if request.mimetype != "application/json":
        raise WrongContentType(wanted="application/json")
    try:
        found = model.model_validate_json(raw)
    except ValidationError as wrong:
        faults = wrong.errors(include_url=False)
        if not _is_malformed(faults):
            _refuse_repeated(raw)
        raise _refusal(faults) from None
    _refuse_repeated(raw)
    return found


def _refuse_repeated(raw: bytes) -> None:
    """Raises RepeatedField for JSON in which an object names a field twice: the model saw only the last."""
    repeated: dict[str, str] = {}

    def look(pairs: list[tuple[str, Any]]) -> None:
        for name, times in Counter(name for name, _value in pairs).items():
            if times > 1:
                repeated[_shown(name)] = REPEATED_NAME

    try:
        json.loads(raw, object_pairs_hook=look, parse_int=str, parse_float=str)
    except ValueError as wrong:  # the two readers do not agree what JSON is
        raise MalformedBody(reason=str(wrong)) from None
    if repeated:
        raise RepeatedField(dict(sorted(repeated.items())[:20]))


def read_query(model: type[Model] | None) -> Model | None:
    """The query string as the operation wants it. Raises UnknownField, or InvalidInput naming every field that is wrong."""
    fields = model.model_fields if model is not None else {}
    names = {(field.alias or name): field for name, field in fields.items()}
    if unknown := [name for name in request.args if name not in names]:
        raise UnknownField(dict.fromkeys(unknown, UNKNOWN_NAME))
    if model is None:
        return None
    given: dict[str, Any] = {}
    for name, field in names.items():
        texts = request.args.getlist(name)
        if not texts:
            continue
        if get_origin(field.annotation) is list:
            given[name] = texts
        elif len(texts) == 1:
            given[name] = texts[0]
        else:
            raise InvalidInput({name: REPEATED_NAME})
    try:
        return model.model_validate(given)
    except ValidationError as wrong:
        raise _refusal(wrong.errors(include_url=False)) from None


def read_key() -> str:
    """The idempotency key of this write. Raises KeyNeeded."""
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise KeyNeeded()
    return key


def read_condition(*, needed: bool) -> Seen | None:
    """What the program says that it has seen. Raises ConditionNeeded, BadCondition."""
    header = request.headers.get("If-Match")
    if header is None:
        if needed:
            raise ConditionNeeded()
        return None
    found = _TAG.fullmatch(header.strip())
    if found is None:
        raise BadCondition()
    return Seen(int(found[1]), int(found[2]), (found[3] or "").lstrip("."))


def _is_malformed(faults: Sequence[Mapping[str, Any]]) -> bool:
    return any(fault["type"] == "json_invalid" for fault in faults)


def _refusal(faults: Sequence[Mapping[str, Any]]) -> InvalidInput:
    if _is_malformed(faults):
        return MalformedBody(reason=str(faults[0].get("ctx", {}).get("error", "")))
    unknown = {_place(fault): UNKNOWN_NAME for fault in faults if fault["type"] == "extra_forbidden"}
    if unknown:
        return UnknownField(unknown)
    return InvalidInput({_place(fault): _sentence(fault) for fault in faults})


def _place(fault: Mapping[str, Any]) -> str:
    """Where in the body: "address.phone", "tier.0"."""
    return ".".join(_shown(part) for part in fault["loc"])[:200]


def _shown(part: int | str) -> str:
    """A name as it was sent is shown back short and plain."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(part))[:60]


def _sentence(fault: Mapping[str, Any]) -> str:
    """The sentence, filled already; a percent sign is doubled, because refusals fill their sentences once more."""
    message = SENTENCES.get(fault["type"], UNUSABLE)
    return filled(message, fault.get("ctx", {}))


def filled(message: str, values: Any) -> str:
    """A translated sentence with its values in it, safe to be passed on as a field's message."""
    return (gettext(message) % values).replace("%", "%%")
