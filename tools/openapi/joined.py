"""docs/openapi.json: the documents of all services as one, from which clients of the whole platform are generated."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

DOCUMENT = "docs/openapi.json"
_SCHEME = "token"
_DESCRIPTION = """All services of the platform. Every request but the health checks needs an access token.

To try operations out, paste a token here, or sign in on the page of a service, which its tag links to."""


class JoinError(Exception):
    """Two services use one name for different things; the message lists the names."""


def joined(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return one document.

    Args:
        documents: The OpenAPI document of each service, by the service's name.

    Raises:
        JoinError: Two services have the same operation id, or one name for two schemas.
    """
    ordered = sorted(documents.items())
    conflicts = [*_repeated_ids(ordered), *_ambiguous_schemas(ordered)]
    if conflicts:
        raise JoinError("\n".join(conflicts))
    schemas = {name: schema for _, document in ordered for name, schema in document["components"]["schemas"].items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Platform", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [_tag(service, document) for service, document in ordered],
        "paths": {
            path: _open_to_any_token(item) for _, document in ordered for path, item in document["paths"].items()
        },
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {_SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def text_of(document: Mapping[str, Any]) -> str:
    """Return the content of the file."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _tag(service: str, document: Mapping[str, Any]) -> dict[str, Any]:
    page = {"url": f"/{service}/docs", "description": "Sign in and try it out"}
    return {"name": service, "description": document["info"]["description"], "externalDocs": page}


def _open_to_any_token(item: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the flows by which people and machine clients get tokens; `x-access` has the rule of each operation."""
    return {
        method: {**operation, "security": [{_SCHEME: []}]} if operation["security"] else operation
        for method, operation in item.items()
    }


def _repeated_ids(documents: list[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for service, document in documents:
        for path, item in document["paths"].items():
            for method, operation in item.items():
                first = owners.setdefault(operation["operationId"], f"{method.upper()} {path}")
                if first != f"{method.upper()} {path}":
                    yield (
                        f"{operation['operationId']}: {first} and {method.upper()} {path} have this operation id;"
                        f" rename a function in functions/{service}/routes.py"
                    )


def _ambiguous_schemas(documents: list[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    owners: dict[str, tuple[str, Any]] = {}
    for service, document in documents:
        for name, schema in document["components"]["schemas"].items():
            owner, first = owners.setdefault(name, (service, schema))
            if first != schema:
                yield (
                    f"{name}: {owner} and {service} have different schemas of this name;"
                    f" rename a class in functions/{service}/schemas.py"
                )
