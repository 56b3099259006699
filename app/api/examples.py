"""An example value for every schema of the document: from its own examples where there are some, else the plainest that fits."""

from __future__ import annotations

from typing import Any

_DEEPEST = 12


def example_of(schema: dict[str, Any], schemas: dict[str, Any], depth: int = 0) -> Any:
    """A value that the schema accepts. ``schemas``: those of the document, by name."""
    if depth > _DEEPEST:
        return None
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas, depth + 1)
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return example_of(schema[several][0], schemas, depth + 1)
    kind = schema.get("type")
    if kind == "object":
        properties = schema.get("properties", {})
        if not properties and isinstance(schema.get("additionalProperties"), dict):
            return {}
        return {name: example_of(each, schemas, depth + 1) for name, each in properties.items()}
    if kind == "array":
        return [example_of(schema["items"], schemas, depth + 1)] if schema.get("items") else []
    if "default" in schema:
        return schema["default"]
    return {"string": "…", "integer": schema.get("minimum", 1), "number": 1, "boolean": True, "null": None}.get(str(kind))
