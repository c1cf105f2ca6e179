"""Changes of the OpenAPI document that break clients.

An answer may gain members and narrow its values, and a request may gain optional members and widen its values; anything
else can break a client. Schemas are compared by the rules of the events' contracts (docs/decisions/0008).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tools.contracts.compatibility import breaks
from tools.contracts.keywords import map_schemas

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_JSON = "application/json"


def breaking_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each change between two OpenAPI 3.1 documents that can break a client of the old one."""
    after = dict(_operations(new))
    for name, operation in _operations(old):
        if name not in after:
            yield f"{name}: it was removed"
            continue
        for problem in _request(operation, after[name], old, new):
            yield f"{name}: {problem}"
        for problem in _answers(operation, after[name], old, new):
            yield f"{name}: {problem}"


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method in sorted(item.keys() & _METHODS):
            shared = item.get("parameters", [])
            operation = {**item[method], "parameters": [*shared, *item[method].get("parameters", [])]}
            yield f"{method.upper()} {path}", operation


def _request(
    old: Mapping[str, Any], new: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[str]:
    known, now = _parameters(old, before), _parameters(new, after)
    for key in sorted(known.keys() - now.keys()):
        yield f"the {key[0]} parameter {key[1]} was removed"
    for key, parameter in sorted(now.items()):
        if parameter.get("required") and not known.get(key, {}).get("required"):
            yield f"the {key[0]} parameter {key[1]} is required now"
        if key in known:
            was, schema = plain(known[key].get("schema", True), before), plain(parameter.get("schema", True), after)
            yield from (f"the {key[0]} parameter {key[1]} {problem}" for problem in _narrowed(was, schema, ""))
    body, body_now = _body(old.get("requestBody", {}), before), _body(new.get("requestBody", {}), after)
    if body is not None and body_now is not None:
        yield from (f"the body's {problem}" for problem in _narrowed(body, body_now, ""))
    elif body_now is not None and new["requestBody"].get("required"):
        yield "a body is required now"


def _narrowed(old: Any, new: Any, field: str) -> Iterator[str]:  # noqa: ANN401 - a schema
    """Find the values that the server took and takes no more."""
    if not (_is_object(old) and _is_object(new)):
        if any(breaks(new, old)):
            yield f"{field or 'value'} takes fewer values than before".lstrip("/")
        return
    members, members_now = old.get("properties", {}), new.get("properties", {})
    for name in sorted(members.keys() - members_now.keys()):
        yield f"{field}/{name} is not taken any more".lstrip("/")
    for name in sorted({*new.get("required", ())} - {*old.get("required", ())}):
        yield f"{field}/{name} is required now".lstrip("/")
    for name in sorted(members.keys() & members_now.keys()):
        yield from _narrowed(members[name], members_now[name], f"{field}/{name}")


def _answers(
    old: Mapping[str, Any], new: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[str]:
    """Compare the answers that clients build on: those of success."""
    for status, answer in sorted(old.get("responses", {}).items()):
        if not status.startswith("2"):
            continue
        now = new.get("responses", {}).get(status)
        if now is None:
            yield f"the answer {status} was removed"
            continue
        was, schema = _body(answer, before), _body(now, after)
        if was is not None and schema is None:
            yield f"the answer {status} has no JSON any more"
        elif was is not None:
            yield from (f"the answer {status}: {each.field or '/'}: {each.reason}" for each in breaks(was, schema))


def _parameters(operation: Mapping[str, Any], document: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    found = [_resolved(each, document) for each in operation["parameters"]]
    return {(each["in"], each["name"]): each for each in found}


def _body(holder: Mapping[str, Any], document: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a schema
    content = _resolved(holder, document).get("content", {})
    return plain(content[_JSON].get("schema", True), document) if _JSON in content else None


def _is_object(schema: Any) -> bool:  # noqa: ANN401 - a schema
    return isinstance(schema, dict) and "properties" in schema


def _resolved(holder: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in holder:
        found: Any = document
        for part in holder["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        holder = found
    return holder


def plain(schema: Any, document: Mapping[str, Any], inside: frozenset[str] = frozenset()) -> Any:  # noqa: ANN401 - JSON
    """Return a schema without references, and with `null` as a type; a schema inside itself becomes any value."""
    if not isinstance(schema, dict):
        return schema
    if reference := schema.get("$ref"):
        if reference in inside:
            return True
        return plain(_resolved(schema, document), document, inside | {reference})
    choices = schema.get("anyOf", [])
    others = [each for each in choices if each != {"type": "null"}]
    if len(others) == 1 and len(choices) > 1:
        only = plain(others[0], document, inside)
        if isinstance(only, dict) and isinstance(only.get("type"), str) and "enum" not in only and "const" not in only:
            return {**only, "type": [only["type"], "null"]}
    return map_schemas(schema, lambda each: plain(each, document, inside))
