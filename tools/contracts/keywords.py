"""The keywords of JSON Schema 2020-12 that contain schemas: https://json-schema.org/draft/2020-12/json-schema-core."""

from collections.abc import Callable
from typing import Any

type Schema = dict[str, Any] | bool

ANNOTATIONS = frozenset(
    {"$comment", "$id", "$schema", "default", "deprecated", "description", "examples", "readOnly", "title", "writeOnly"}
)
HOLD_A_SCHEMA = frozenset(
    {
        *("additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"),
        *("unevaluatedItems", "unevaluatedProperties"),
    }
)
HOLD_SCHEMAS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
HOLD_NAMED_SCHEMAS = frozenset({"dependentSchemas", "patternProperties", "properties"})


def map_schemas(schema: dict[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """Return a schema in which `change` has replaced each direct subschema."""

    def changed(keyword: str, value: Any) -> Any:  # noqa: ANN401 - a schema's values are JSON
        if keyword in HOLD_A_SCHEMA:
            return change(value)
        if keyword in HOLD_SCHEMAS:
            return [change(item) for item in value]
        if keyword in HOLD_NAMED_SCHEMAS:
            return {name: change(item) for name, item in value.items()}
        return value

    return {keyword: changed(keyword, value) for keyword, value in schema.items()}


def without_annotations(schema: Schema) -> Schema:
    """Return the part of a schema that decides whether an event is valid."""
    if isinstance(schema, bool):
        return schema
    return map_schemas({key: value for key, value in schema.items() if key not in ANNOTATIONS}, without_annotations)
