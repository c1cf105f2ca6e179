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
        for content in operation.get("requestBody", {}).get("content", {}).values():
            _tell_defaults(content["schema"], schemas)
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


def _tell_defaults(schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Tell the defaults of a request in words: generators make members with a `default` required, or send them."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].removeprefix(_REFERENCE)]
    for member in schema.get("properties", {}).values():
        if "default" in member:
            told = f"`{json.dumps(member.pop('default'))}` if left out."
            member["description"] = f"{member.get('description', '')} {told}".lstrip()
        _tell_defaults(member, schemas)
