"""Resolves a schema: each `$ref` is replaced by its target, merged with the keywords beside the `$ref`."""

import json
from pathlib import Path
from typing import Any

from tools.contracts.keywords import ANNOTATIONS, Schema, map_schemas

# These keywords are independent of their neighbours; `properties` only if no other keyword covers the other members.
INDEPENDENT = frozenset(
    {
        *("type", "const", "enum", "pattern", "format", "multipleOf", "required", "properties"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("minLength", "maxLength", "minItems", "maxItems", "uniqueItems"),
    }
)


class ContractError(Exception):
    """A contract cannot be read; the message names the file and the remedy."""


def written_out(path: Path, events: Path) -> dict[str, Any]:
    """Return the schema of a file, without `$ref` and `$defs`.

    Args:
        path: The schema file.
        events: The folder that must contain every referenced file.

    Raises:
        ContractError: A reference has no target, is circular, or contradicts the keywords beside it.
    """
    schema = _resolve(read_object(path), path, events.resolve(), ())
    if not isinstance(schema, dict):
        raise ContractError(f"{path}: expected an object")
    return schema


def read_object(path: Path) -> dict[str, Any]:
    """Read a file with one JSON object.

    Raises:
        ContractError: The file does not exist, or contains something else.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ContractError(f"{_in_project(path)}: expected a file, which does not exist; add it") from error
    except UnicodeDecodeError as error:
        raise ContractError(f"{_in_project(path)}: expected JSON in UTF-8: {error}") from error
    except json.JSONDecodeError as error:
        place = f"{_in_project(path)}:{error.lineno}:{error.colno}"
        raise ContractError(f"{place}: expected JSON: {error.msg}") from error
    if not isinstance(document, dict):
        raise ContractError(f"{_in_project(path)}: expected a JSON object, found {type(document).__name__}")
    return document


def _in_project(path: Path) -> str:
    """Return a path in `events/` relative to the project."""
    folders = path.parts
    return "/".join(folders[max(place for place, name in enumerate(folders) if name == "events") :])


def _resolve(schema: Schema, path: Path, events: Path, seen: tuple[str, ...]) -> Schema:
    if isinstance(schema, bool):
        return schema
    beside = map_schemas(
        {key: value for key, value in schema.items() if key not in {"$ref", "$defs"}},
        lambda inner: _resolve(inner, path, events, seen),
    )
    if "$ref" not in schema:
        return beside
    file, _, pointer = schema["$ref"].partition("#")
    target = (path.parent / file).resolve() if file else path.resolve()
    step = f"{target}#{pointer}"
    if step in seen or not target.is_relative_to(events) or not target.is_file():
        raise ContractError(f"{path}: $ref: expected a file in events/ and no circle, found {schema['$ref']!r}")
    referred = _resolve(_at(read_object(target), pointer, f"{path}: {schema['$ref']}"), target, events, (*seen, step))
    return _both(referred, beside, str(path)) if isinstance(referred, dict) else referred and beside


def _at(document: Schema, pointer: str, where: str) -> Any:  # noqa: ANN401 - it is JSON
    found: Any = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or name not in found:
            raise ContractError(f"{where}: there is no {name!r}")
        found = found[name]
    return found


def _both(first: dict[str, Any], second: dict[str, Any], where: str) -> dict[str, Any]:
    """Return the schema of the events that fit both schemas; the second's annotations win."""
    one, other = (schema.keys() - ANNOTATIONS for schema in (first, second))
    for dependent, neighbours in ((one - INDEPENDENT, other), (other - INDEPENDENT, one)):
        if dependent and neighbours - (INDEPENDENT - {"properties"}):
            raise ContractError(
                f"{where}: {', '.join(sorted(dependent))} on one side of a $ref: merge both schemas by hand"
            )
    return first | second | {key: _value(key, first[key], second[key], where) for key in first.keys() & second.keys()}


def _value(keyword: str, first: Any, second: Any, where: str) -> Any:  # noqa: ANN401 - a schema's values are JSON
    if keyword in ANNOTATIONS or json.dumps(first) == json.dumps(second):
        return second
    if keyword == "required":
        return list(dict.fromkeys([*first, *second]))
    if keyword == "properties":
        names = dict.fromkeys([*first, *second])
        return {
            name: _both(first[name], second[name], f"{where}: {name}")
            if name in first and name in second
            else (first | second)[name]
            for name in names
        }
    raise ContractError(f"{where}: {keyword}: {first!r} and, beside the $ref, {second!r}; keep one")
