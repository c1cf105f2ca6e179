"""The OpenAPI document of a service: FastAPI's, in a form that clients can be generated from.

Only requests for the document import this module.
"""

import json
from collections.abc import Iterator
from typing import Any

from pydantic.json_schema import models_json_schema

from functions.shared.auth.security_schemes import security_schemes
from functions.shared.problems import Problem, documented

_REFERENCE = "#/components/schemas/"
# Every operation can have these answers: 500 is the service's, the others come from the gateway, too.
EVERYWHERE = (429, 500, 502, 503, 504)


def complete(document: dict[str, Any], *, service: str) -> dict[str, Any]:
    """Add to FastAPI's document the answers and the security of every operation; make bodies fit for generators."""
    # Relative, so that the document is right under each address that a service has.
    document["servers"] = [{"url": "/"}]
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    _, definitions = models_json_schema([(Problem, "serialization")], ref_template=f"{_REFERENCE}{{model}}")
    schemas |= definitions["$defs"]
    for operation in _operations(document):
        operation["responses"] = _answers(operation["responses"])
        # An empty list says that the operation needs no token.
        operation.setdefault("security", [])
        for content in operation.get("requestBody", {}).get("content", {}).values():
            _tell_defaults(content["schema"], schemas)
        for answer in operation["responses"].values():
            _require_members(answer.get("content", {}).get("application/json", {}).get("schema", {}), schemas)
    document["components"]["securitySchemes"] = security_schemes(document, service=service)
    return document


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def _answers(described: dict[str, Any]) -> dict[str, Any]:
    """Add the answers of every operation; drop FastAPI's 422, which routes describe themselves."""
    if "application/json" in described.get("422", {}).get("content", {}):
        del described["422"]
    shared = {str(status): answer for status, answer in documented(*EVERYWHERE).items()}
    return dict(sorted({**described, **shared}.items()))


def _tell_defaults(body: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Tell the defaults of a request in words: generators make members with a `default` required, or send them."""
    for schema in _parts(body, schemas, set()):
        for member in schema.get("properties", {}).values():
            if "default" in member:
                told = f"`{json.dumps(member.pop('default'))}` if left out."
                member["description"] = f"{member.get('description', '')} {told}".lstrip()


def _require_members(answer: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Require every member of an answer, because a service also sends those with a default."""
    for schema in _parts(answer, schemas, set()):
        if "properties" in schema:
            schema["required"] = list(schema["properties"])


def _parts(schema: Any, schemas: dict[str, Any], seen: set[str]) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any part
    """Yield a schema, those in it, and those that it refers to."""
    if isinstance(schema, list):
        for each in schema:
            yield from _parts(each, schemas, seen)
    elif isinstance(schema, dict):
        yield schema
        name = schema.get("$ref", "").removeprefix(_REFERENCE)
        if name and name not in seen:
            seen.add(name)
            yield from _parts(schemas[name], schemas, seen)
        for each in schema.values():
            yield from _parts(each, schemas, seen)
