"""The OpenAPI 3.1 document, made from the declarations of the operations and from nothing else."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, get_origin

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.accounts.rules import SCOPES
from app.api import texts
from app.api.examples import example_of
from app.api.faces import FACES, PREFIX, operations
from app.kernel.errors import BadState, Conflict, DomainError, InvalidInput, NotAllowed, NotFound, Unavailable
from app.kernel.idempotency import KeyOfAnotherRequest, StillAtWork
from app.web.api import errors
from app.web.api.operation import CODES, IMAGES, Operation, pattern_of
from app.web.api.reading import TAG_PATTERN
from app.web.api.shapes import EXAMPLE_CODE, PageQuery, Problem
from app.web.bearer import ScopeMissing, TokenInvalid, TokenNeeded
from app.web.refusals import FAULT, FOREIGN_HOST, HTTP_MESSAGES

REF = "#/components/schemas/{model}"
PROBLEM = "application/problem+json"

# Refusals of the frame itself that are no DomainError: code -> (status, sentence). Of operations (the first two of writes):
OF_THE_FRAME = {"http_400": (400, HTTP_MESSAGES[400]), "http_413": (413, HTTP_MESSAGES[413]), "fault": (500, FAULT)}
OF_WRITES = ("http_400", "http_413")
# ... and of addresses, before an operation is found.
OF_ADDRESSES = {
    "foreign_host": (400, FOREIGN_HOST),
    NotAllowed.code: (NotAllowed.status, NotAllowed.message),
    NotFound.code: (404, HTTP_MESSAGES[404]),
    "http_405": (405, HTTP_MESSAGES[405]),
}


def refusals_of(operation: Operation) -> dict[str, type[DomainError]]:
    """Code -> refusal, for everything that the operation can refuse as a DomainError: what it declares, and the frame's own."""
    found: list[type[DomainError]] = [errors.UnknownField, Unavailable]
    if operation.parts:
        found.append(NotFound)
    if operation.roles == ("anyone",):
        found.append(TokenInvalid)
    else:
        found += [TokenNeeded, TokenInvalid]
        if operation.scope is not None:
            found.append(ScopeMissing)
        if "member" not in operation.roles:
            found.append(NotAllowed)
    if operation.query is not None:
        found.append(InvalidInput)
        if issubclass(operation.query, PageQuery):
            found.append(errors.BadCursor)
    if operation.is_read:
        found.append(errors.TooManyRequests)  # where reading is limited
    else:
        found += [errors.KeyNeeded, KeyOfAnotherRequest, StillAtWork, Conflict, NotAllowed]
        if operation.limit is not None:
            found.append(errors.TooManyRequests)
        if not operation.upload:
            found.append(errors.MalformedBody)
    if operation.body is not None:
        found += [errors.WrongContentType, errors.RepeatedField, InvalidInput]
    if operation.upload:
        found.append(errors.WrongContentType)
    if operation.if_match:
        found += [errors.BadCondition, errors.Stale]
    if operation.if_match == "needed":
        found.append(errors.ConditionNeeded)
    return {each.code: each for each in (*operation.refusals, *found)}


def codes_of(operation: Operation) -> dict[int, dict[str, str]]:
    """Status -> code -> English sentence: every refusal that the operation documents."""
    found: dict[int, dict[str, str]] = {}
    for code, refusal in sorted(refusals_of(operation).items()):
        found.setdefault(refusal.status, {})[code] = refusal.message
    for code, (status, message) in OF_THE_FRAME.items():
        if code not in OF_WRITES or not operation.is_read:
            found.setdefault(status, {})[code] = message
    return dict(sorted(found.items()))


def document_bytes(base_url: str) -> bytes:
    return json.dumps(document(base_url), ensure_ascii=False, separators=(",", ":")).encode()


def document(base_url: str) -> dict[str, Any]:
    """The whole document for the marketplace at this address."""
    base = base_url.rstrip("/")
    schemas = _schemas()
    refusals: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for operation in operations().values():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas, refusals)
    for code, (status, message) in OF_ADDRESSES.items():
        refusals[f"Address{status}"] = _refusal(status, {code: message}, counted=False)
    return {
        "openapi": "3.1.1",
        "info": {"title": texts.TITLE, "version": texts.VERSION, "summary": texts.SUMMARY, "description": texts.DESCRIPTION},
        "servers": [{"url": f"{base}{PREFIX}"}],
        "externalDocs": {"url": f"{base}/developers", "description": "The same document as a page."},
        "tags": [{"name": face.tag, "description": texts.TAGS[face.tag]} for face in FACES],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "xunyi_…",
                    "description": texts.SECURITY + "\n\n" + "\n".join(f"- `{name}`: {text}" for name, text in SCOPES.items()),
                }
            },
            "headers": texts.HEADERS,
            "examples": _problems(base),
            "responses": refusals,
        },
    }


def _schemas() -> dict[str, Any]:
    """Every shape by its name: bodies as they are read, answers as they are written."""
    wanted: dict[tuple[type[BaseModel], str], None] = {(Problem, "serialization"): None}
    for operation in operations().values():
        if operation.body is not None:
            wanted[(operation.body, "validation")] = None
        if operation.answer is not None:
            wanted[(operation.answer, "serialization")] = None
    names = [name_of(model) for model, _ in wanted]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise RuntimeError(f"two shapes are called {', '.join(sorted(repeated))}")
    _, made = models_json_schema(list(wanted), ref_template=REF)  # type: ignore[arg-type]
    return dict(sorted(made.get("$defs", {}).items()))


def name_of(model: type[BaseModel]) -> str:
    """The name of a shape in the document."""
    return model.__name__.replace("[", "_").replace("]", "_")


def _operation(operation: Operation, schemas: dict[str, Any], refusals: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": _description(operation),
        "security": [{}] if operation.roles == ("anyone",) else [],
        "parameters": _parameters(operation),
        "responses": _responses(operation, schemas, refusals),
    }
    if operation.scope is not None or operation.roles != ("anyone",):
        described["security"].append({"token": [operation.scope] if operation.scope else []})
    if operation.body is not None:
        content: dict[str, Any] = {"schema": {"$ref": REF.format(model=name_of(operation.body))}}
        content["example"] = operation.example if operation.example is not None else example_of(content["schema"], schemas)
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    if operation.upload:
        described["requestBody"] = {"required": True, "content": {kind: {} for kind in IMAGES}}
    return described


def _description(operation: Operation) -> str:
    parts = [operation.description]
    roles = [role for role in operation.roles if role not in ("member", "anyone")]
    if roles:
        parts.append(f"Only for people with the role {' or '.join(roles)}.")
    if operation.scope is not None:
        needed = "Without a token, or without this scope, only what is public is shown. " if "anyone" in operation.roles else ""
        parts.append(f"{needed}Scope: `{operation.scope}`.")
    if operation.limit is not None:
        parts.append(f"At most {operation.limit.most} of this kind in {operation.limit.seconds} seconds.")
    return "\n\n".join(part for part in parts if part)


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for part in operation.parts:
        schema: dict[str, Any] = {"type": "string", "pattern": pattern_of(part)}
        if part in CODES:
            schema["examples"] = [EXAMPLE_CODE]
        found.append({"name": part, "in": "path", "required": True, "schema": schema})
    if operation.query is not None:
        found += _query(operation.query)
    found.append({"name": "Accept-Language", "in": "header", "schema": {"type": "string", "enum": ["zh", "en"], "default": "zh"}})
    if operation.is_read:
        found.append({"name": "If-None-Match", "in": "header", "description": texts.IF_NONE_MATCH, "schema": {"type": "string"}})
        return found
    key = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,100}$"}
    found.append(
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "description": texts.KEY,
            "schema": key,
            "example": "sale-17",
        }
    )
    if operation.if_match:
        tag = {"type": "string", "pattern": TAG_PATTERN}
        found.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": operation.if_match == "needed",
                "description": texts.IF_MATCH,
                "schema": tag,
            }
        )
    return found


def _query(model: type[BaseModel]) -> list[dict[str, Any]]:
    made = model.model_json_schema(mode="validation")
    found = []
    for name, schema in made["properties"].items():
        variants = [each for each in schema.get("anyOf", []) if each.get("type") != "null"]
        plain = {key: value for key, value in schema.items() if key not in ("anyOf", "title", "description")}
        plain = {**(variants[0] if variants else {}), **plain}
        if plain.get("default", "") is None:
            del plain["default"]
        parameter = {"name": name, "in": "query", "required": name in made.get("required", []), "schema": plain}
        if "description" in schema:
            parameter["description"] = schema["description"]
        if get_origin(model.model_fields[name].annotation) is list:
            parameter |= {"style": "form", "explode": True}
        found.append(parameter)
    return found


def _responses(operation: Operation, schemas: dict[str, Any], refusals: dict[str, Any]) -> dict[str, Any]:
    success: dict[str, Any] = {"description": texts.SUCCESS, "headers": _headers(operation)}
    if operation.answer is not None:
        schema = {"$ref": REF.format(model=name_of(operation.answer))}
        success["content"] = {"application/json": {"schema": schema, "example": example_of(schema, schemas)}}
    if operation.links:
        success["links"] = {
            name: {"operationId": target, "parameters": dict(parameters)}
            for name, (target, parameters) in operation.links.items()
        }
    found = {str(operation.status if operation.answer is not None else 204): success}
    if operation.is_read:
        found["304"] = {"description": texts.NOT_MODIFIED, "headers": _named("ETag")}
    for status, codes in codes_of(operation).items():
        made = _refusal(status, codes, counted=status != 401 if operation.limit is not None else status == 429)
        found[str(status)] = {"$ref": f"#/components/responses/{_shared(refusals, status, made)}"}
    return found


def _shared(refusals: dict[str, Any], status: int, made: dict[str, Any]) -> str:
    """The name under which a refusal stands in the document; the same refusal of several operations stands there once."""
    for number in range(1, len(refusals) + 2):
        name = f"Refused{status}_{number}"
        if refusals.setdefault(name, made) == made:
            return name
    raise AssertionError("unreachable")


def _headers(operation: Operation) -> dict[str, Any]:
    names = ["X-Request-Id"]
    if operation.is_read or operation.tagged:
        names.append("ETag")
    if not operation.is_read:
        names += ["Idempotent-Replayed", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy"]
    if operation.status == 201:
        names.append("Location")
    return _named(*names)


def _named(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _refusal(status: int, codes: dict[str, str], *, counted: bool) -> dict[str, Any]:
    examples = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
    schema = {
        "allOf": [
            {"$ref": REF.format(model="Problem")},
            {"type": "object", "properties": {"code": {"enum": sorted(codes)}, "status": {"const": status}}},
        ]
    }
    listed = ", ".join(f"`{code}`" for code in sorted(codes))
    answer: dict[str, Any] = {"description": f"{HTTPStatus(status).phrase}: {listed}"}
    names = ["X-Request-Id"]
    if status in (429, 503) or "request_in_progress" in codes:
        names.append("Retry-After")
    if status == 401:
        names.append("WWW-Authenticate")
    if status == 405:
        names.append("Allow")
    if counted:
        names += ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy"]
    return answer | {"headers": _named(*names), "content": {PROBLEM: {"schema": schema, "examples": examples}}}


def _problems(base: str) -> dict[str, Any]:
    """One example for each code that any operation or address can answer."""
    found: dict[str, Any] = {}
    for operation in operations().values():
        for status, codes in codes_of(operation).items():
            for code, message in codes.items():
                found[code] = {"summary": message, "value": _problem(status, code, message, base)}
    for code, (status, message) in OF_ADDRESSES.items():
        found.setdefault(code, {"summary": message, "value": _problem(status, code, message, base)})
    return dict(sorted(found.items()))


def _problem(status: int, code: str, message: str, base: str) -> dict[str, Any]:
    example: dict[str, Any] = {
        "type": f"{base}/developers#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": message,
        "request_id": "5f0c2a9e7b1d4c36",
    }
    if status == 422 and code != KeyOfAnotherRequest.code:
        example["errors"] = {"price_fen": "The number must be at least 1."}
    if code == BadState.code:
        example |= {"entity": "order", "state": "paid", "event": "receive", "allowed": ["ship", "buyer_cancel"]}
    return example
