"""The document as pages: for each operation what it wants and answers, and every code with its sentence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app.accounts.rules import SCOPES
from app.api import texts
from app.api.document import OF_ADDRESSES, codes_of, document
from app.api.faces import PREFIX, operations
from app.web.api.operation import Operation


@dataclass(frozen=True)
class Field:
    """One field of a body or of an answer, or one parameter."""

    name: str
    kind: str
    required: bool
    text: str


@dataclass(frozen=True)
class Shown:
    """One operation as the page shows it."""

    operation: Operation
    path: str
    parameters: list[Field]
    body: list[Field]
    body_example: str
    answer: list[Field]
    answer_example: str
    refusals: list[tuple[int, list[str]]]


@dataclass(frozen=True)
class Code:
    """One code: its status, its English sentence (marked for translation), and where it can come up."""

    code: str
    status: int
    sentence: str
    operations: list[str]


def by_tag() -> dict[str, list[Operation]]:
    """Every operation by its tag, in the order of the document."""
    found: dict[str, list[Operation]] = {name: [] for name in texts.TAGS}
    for operation in operations().values():
        found[operation.tag].append(operation)
    return {tag: each for tag, each in found.items() if each}


@lru_cache(maxsize=64)
def shown(base_url: str, tag: str) -> list[Shown]:
    """The operations of a tag as its page shows them. Raises KeyError for a tag without operations."""
    made = document(base_url)
    return [_shown(operation, made) for operation in by_tag()[tag]]


def codes() -> list[Code]:
    """Every code that any operation or address can answer, by name."""
    found: dict[str, Code] = {}
    for operation in operations().values():
        for status, sentences in codes_of(operation).items():
            for code, sentence in sentences.items():
                found.setdefault(code, Code(code, status, sentence, [])).operations.append(operation.id)
    for code, (status, sentence) in OF_ADDRESSES.items():
        found.setdefault(code, Code(code, status, sentence, []))
    return [found[code] for code in sorted(found)]


def scopes() -> dict[str, str]:
    """Scope -> sentence (marked for translation)."""
    return SCOPES


def _shown(operation: Operation, made: dict[str, Any]) -> Shown:
    said = made["paths"][operation.path][operation.method.lower()]
    schemas = made["components"]["schemas"]
    body = said.get("requestBody", {}).get("content", {}).get("application/json")
    success = said["responses"][str(operation.status if operation.answer is not None else 204)]
    answer = success.get("content", {}).get("application/json")
    parameters = [
        Field(
            each["name"],
            f"{_kind(each['schema'], schemas)}, {each['in']}",
            each.get("required", False),
            each.get("description", ""),
        )
        for each in said["parameters"]
        if each["name"] not in ("Accept-Language", "If-None-Match", "Idempotency-Key")
    ]
    return Shown(
        operation=operation,
        path=PREFIX + operation.path,
        parameters=parameters,
        body=_fields(body["schema"], schemas) if body else [],
        body_example=_pretty(body["example"]) if body else "",
        answer=_fields(answer["schema"], schemas) if answer else [],
        answer_example=_pretty(answer["example"]) if answer else "",
        refusals=[(status, sorted(codes)) for status, codes in codes_of(operation).items() if status < 500],
    )


def _fields(schema: dict[str, Any], schemas: dict[str, Any]) -> list[Field]:
    resolved = schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    needed = resolved.get("required", [])
    return [
        Field(name, _kind(each, schemas), name in needed, each.get("description", ""))
        for name, each in resolved.get("properties", {}).items()
    ]


def _kind(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    """A few words for a type: "list of integer", "phone | car", "OrderOut or null"."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(each, schemas) for each in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}), schemas)}"
    return str(schema.get("type", "value"))


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
